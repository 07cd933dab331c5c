package picturefile

import (
	"compress/lzw"
	"errors"
	"io"
	"slices"
)

// gifFrame is the first picture of a GIF.
type gifFrame struct {
	width, height int
	code          int      // bits of a literal
	data          [][]byte // the parts of its compressed pixels
	end           int      // the offset after it in the file
}

func inspectGIF(body []byte, lim Limits) (Picture, *Unfit) {
	f, w, h, u := readGIF(body, lim)
	if u != nil {
		return Picture{}, u
	}
	still := body
	if len(body) != f.end+1 || body[f.end] != 0x3b {
		still = append(slices.Clone(body[:f.end]), 0x3b)
	}
	return measure(still, w, h, lim)
}

// readGIF reads to the end of the first picture. w and h are those of the canvas that holds it.
func readGIF(b []byte, lim Limits) (f gifFrame, w, h int, u *Unfit) {
	cut := damaged("GIF", cutOff)
	if len(b) < 13 {
		return f, 0, 0, cut
	}
	w, h = le16(b[6:]), le16(b[8:])
	if _, u := measure(nil, w, h, lim); u != nil {
		return f, 0, 0, u
	}
	i := 13
	if b[10]&0x80 != 0 {
		i += 3 << (b[10]&7 + 1)
	}
	for i < len(b) {
		switch b[i] {
		case 0x21:
			if _, i = gifBlocks(b, i+2); i < 0 {
				return f, 0, 0, cut
			}
			continue
		case 0x2c:
		case 0x3b:
			return f, 0, 0, damaged("GIF", "it has no pixels")
		default:
			return f, 0, 0, damaged("GIF", "it has an unknown part")
		}
		if i+10 > len(b) {
			return f, 0, 0, cut
		}
		d := b[i+1:]
		f.width, f.height = le16(d[4:]), le16(d[6:])
		w, h = max(w, le16(d)+f.width), max(h, le16(d[2:])+f.height)
		if f.width == 0 || f.height == 0 {
			return f, 0, 0, damaged("GIF", "it has no pixels")
		}
		if _, u := measure(nil, w, h, lim); u != nil {
			return f, 0, 0, u
		}
		if i += 10; d[8]&0x80 != 0 {
			i += 3 << (d[8]&7 + 1)
		}
		if i >= len(b) {
			return f, 0, 0, cut
		}
		f.code = int(b[i])
		if f.code < 2 || f.code > 8 {
			return f, 0, 0, damaged("GIF", "its pixels cannot be read")
		}
		if f.data, f.end = gifBlocks(b, i+1); f.end < 0 {
			return f, 0, 0, cut
		}
		return f, w, h, nil
	}
	return f, 0, 0, cut
}

// gifBlocks reads blocks up to the empty one. end is negative if that is missing.
func gifBlocks(b []byte, i int) (list [][]byte, end int) {
	for i < len(b) {
		n := int(b[i])
		i++
		if n == 0 {
			return list, i
		}
		if i+n > len(b) {
			break
		}
		list = append(list, b[i:i+n])
		i += n
	}
	return nil, -1
}

// decodeGIF reads and discards the pixels of the first picture.
func decodeGIF(body []byte) *Unfit {
	f, _, _, u := readGIF(body, Limits{})
	if u != nil {
		return u
	}
	r := lzw.NewReader(&parts{list: f.data}, lzw.LSB, f.code)
	defer r.Close()
	want := int64(f.width) * int64(f.height)
	n, err := io.Copy(io.Discard, io.LimitReader(r, want))
	if n == want {
		return nil
	}
	if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("GIF", "some of its pixels are missing")
	}
	return damaged("GIF", "its pixels cannot be read")
}
