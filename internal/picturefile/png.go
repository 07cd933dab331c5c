package picturefile

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/zlib"
)

// maxProfile is the largest colour profile that is kept, once inflated. Those of printers have two megabytes.
const maxProfile = 4 << 20

// pngShown are the chunks that affect the pixels. All others are left out, texts and animation among them.
var pngShown = []string{"IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "sBIT", "eXIf"}

// pngHeader is the chunk IHDR.
type pngHeader struct {
	width, height int
	bits          int // of a pixel
	interlaced    bool
}

type pngChunk struct {
	name string
	data []byte // without length, name and checksum
	raw  []byte // with them
}

// nextPNG reads the chunk at the beginning of b. A critical one has the right checksum.
func nextPNG(b []byte) (pngChunk, *Unfit) {
	if len(b) < 12 {
		return pngChunk{}, damaged("PNG", cutOff)
	}
	n := be32(b)
	if uint64(n)+12 > uint64(len(b)) {
		return pngChunk{}, damaged("PNG", cutOff)
	}
	c := pngChunk{string(b[4:8]), b[8 : 8+n], b[:12+n]}
	if critical := b[4]&0x20 == 0; critical && crc32.ChecksumIEEE(b[4:8+n]) != be32(b[8+n:]) {
		return pngChunk{}, damaged("PNG", "a checksum in it is wrong")
	}
	return c, nil
}

func readIHDR(d []byte) (pngHeader, *Unfit) {
	if len(d) != 13 || be32(d) == 0 || be32(d) > 1<<31-1 || be32(d[4:]) == 0 || be32(d[4:]) > 1<<31-1 {
		return pngHeader{}, damaged("PNG", "its header is wrong")
	}
	depth, colour := int(d[8]), d[9]
	channels, depths := 0, []int{8, 16}
	switch colour {
	case 0:
		channels, depths = 1, []int{1, 2, 4, 8, 16}
	case 2:
		channels = 3
	case 3:
		channels, depths = 1, []int{1, 2, 4, 8}
	case 4:
		channels = 2
	case 6:
		channels = 4
	}
	if channels == 0 || !slices.Contains(depths, depth) || d[10] != 0 || d[11] != 0 || d[12] > 1 {
		return pngHeader{}, damaged("PNG", "its header is wrong")
	}
	return pngHeader{int(be32(d)), int(be32(d[4:])), channels * depth, d[12] == 1}, nil
}

// maxPNGSide is the longest side that browsers read: a bound of libpng.
const maxPNGSide = 1_000_000

func inspectPNG(body []byte, lim Limits) (Picture, *Unfit) {
	var p Picture
	var kept []pngChunk
	rest, whole, began := body[8:], true, false
	for {
		c, u := nextPNG(rest)
		if u != nil {
			return p, u
		}
		rest = rest[len(c.raw):]
		if len(kept) == 0 {
			if c.name != "IHDR" {
				return p, damaged("PNG", "its header is missing")
			}
			h, u := readIHDR(c.data)
			if u != nil {
				return p, u
			}
			if p, u = measure(body, h.width, h.height, lim); u != nil {
				return p, u
			}
			if max(h.width, h.height) > maxPNGSide {
				return p, unfit("it has %d × %d pixels, and no side of a PNG may have more than %d", h.width,
					h.height, maxPNGSide)
			}
		} else if c.name == "IHDR" {
			return p, damaged("PNG", "it has two headers")
		}
		began = began || c.name == "IDAT"
		if slices.Contains(pngShown, c.name) && fitsPNG(c) {
			kept = append(kept, c)
		} else {
			whole = false
		}
		if c.name == "IEND" {
			break
		}
	}
	if !began {
		return p, damaged("PNG", "it has no pixels")
	}
	if !whole || len(rest) > 0 {
		p.Body = slices.Clone(body[:8])
		for _, c := range kept {
			p.Body = append(p.Body, c.raw...)
		}
	}
	return p, nil
}

// fitsPNG reports whether a chunk is small enough to be kept after it is inflated.
func fitsPNG(c pngChunk) bool {
	switch c.name {
	case "IHDR", "PLTE", "IDAT", "IEND":
		return true
	case "iCCP":
		i := bytes.IndexByte(c.data, 0)
		if i < 0 || i+2 > len(c.data) {
			return false
		}
		r, err := zlib.NewReader(bytes.NewReader(c.data[i+2:]))
		if err != nil {
			return false
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, maxProfile+1))
		return err == nil && n <= maxProfile
	}
	return len(c.data) <= 64<<10
}

// decodePNG inflates and discards every row. The header bounds the bytes that it reads.
func decodePNG(body []byte) *Unfit {
	var h pngHeader
	var data [][]byte
	for rest := body[8:]; ; {
		c, u := nextPNG(rest)
		if u != nil {
			return u
		}
		rest = rest[len(c.raw):]
		switch c.name {
		case "IHDR":
			if h, u = readIHDR(c.data); u != nil {
				return u
			}
			continue
		case "IDAT":
			data = append(data, c.data)
			continue
		case "IEND":
		default:
			continue
		}
		break
	}
	wrong := damaged("PNG", "its pixels cannot be read")
	r, err := zlib.NewReader(&parts{list: data})
	if err != nil {
		return wrong
	}
	defer r.Close()
	buf := make([]byte, 64<<10)
	for _, pass := range h.passes() {
		row := 1 + (pass.width*h.bits+7)/8
		if pass.width == 0 {
			continue
		}
		for range pass.height {
			filter := true
			for left := row; left > 0; {
				n, err := io.ReadFull(r, buf[:min(left, len(buf))])
				if err != nil {
					if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
						return damaged("PNG", "some of its pixels are missing")
					}
					return wrong
				}
				if filter && buf[0] > 4 {
					return wrong
				}
				filter = false
				left -= n
			}
		}
	}
	if _, err := r.Read(buf[:1]); err != nil && !errors.Is(err, io.EOF) { // reads up to the checksum
		return wrong
	}
	return nil
}

type pngPass struct{ width, height int }

// passes returns the passes of the rows: one, or the seven of an interlaced picture.
func (h pngHeader) passes() []pngPass {
	if !h.interlaced {
		return []pngPass{{h.width, h.height}}
	}
	var out []pngPass
	for _, a := range [7][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2},
		{0, 1, 1, 2}} {
		w, ht := (h.width-a[0]+a[2]-1)/a[2], (h.height-a[1]+a[3]-1)/a[3]
		if w > 0 && ht > 0 {
			out = append(out, pngPass{w, ht})
		}
	}
	return out
}

// parts reads one slice after the other.
type parts struct{ list [][]byte }

func (p *parts) Read(b []byte) (int, error) {
	for len(p.list) > 0 {
		if n := copy(b, p.list[0]); n > 0 || len(b) == 0 {
			p.list[0] = p.list[0][n:]
			return n, nil
		}
		p.list = p.list[1:]
	}
	return 0, io.EOF
}
