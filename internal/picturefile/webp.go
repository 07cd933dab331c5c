package picturefile

import (
	"encoding/binary"
	"slices"
)

type riffChunk struct {
	name string
	data []byte
	raw  []byte // with name, length and padding
}

// nextRIFF reads the chunk at the beginning of b.
func nextRIFF(b []byte) (riffChunk, *Unfit) {
	if len(b) < 8 || uint64(le32(b[4:]))+8 > uint64(len(b)) {
		return riffChunk{}, damaged("WebP", cutOff)
	}
	n := int(le32(b[4:]))
	return riffChunk{string(b[:4]), b[8 : 8+n], b[:min(8+n+n&1, len(b))]}, nil
}

// bitstream reads the size from the beginning of compressed pixels.
func (c riffChunk) bitstream() (w, h int, u *Unfit) {
	d := c.data
	switch {
	case c.name == "VP8 " && len(d) >= 10 && d[0]&1 == 0 && d[3] == 0x9d && d[4] == 1 && d[5] == 0x2a:
		w, h = le16(d[6:])&0x3fff, le16(d[8:])&0x3fff
	case c.name == "VP8L" && len(d) >= 5 && d[0] == 0x2f:
		v := le32(d[1:])
		w, h = int(v&0x3fff)+1, int(v>>14&0x3fff)+1
	}
	if w == 0 || h == 0 {
		return 0, 0, damaged("WebP", "its header is wrong")
	}
	return w, h, nil
}

// webpFile is the first frame of a WebP.
type webpFile struct {
	width, height int // of the canvas
	whole         bool
	pixels        riffChunk   // VP8 or VP8L
	alpha         []riffChunk // one or none, of VP8
	profile       []riffChunk // one or none
	frame         []byte      // the header of the first of several frames; nil: the file is a still
	shape         [4]int      // of that frame: left, top, width, height
}

func inspectWebP(body []byte, lim Limits) (Picture, *Unfit) {
	f, u := readWebP(body, lim)
	if u != nil {
		return Picture{}, u
	}
	p, u := measure(body, f.width, f.height, lim)
	if u == nil {
		p.Body = f.still()
	}
	return p, u
}

// readWebP reads the chunks up to the first frame's pixels.
func readWebP(b []byte, lim Limits) (f webpFile, u *Unfit) {
	size := uint64(le32(b[4:])) + 8
	if size > uint64(len(b)) || size < 12 {
		return f, damaged("WebP", cutOff)
	}
	rest := b[12:size]
	c, u := nextRIFF(rest)
	if u != nil {
		return f, u
	}
	if c.name != "VP8X" {
		f.pixels, f.whole = c, true
		if f.width, f.height, u = c.bitstream(); u == nil {
			_, u = measure(nil, f.width, f.height, lim)
		}
		return f, u
	}
	if len(c.data) < 10 {
		return f, damaged("WebP", "its header is wrong")
	}
	f.width, f.height = le24(c.data[4:])+1, le24(c.data[7:])+1
	if _, u := measure(nil, f.width, f.height, lim); u != nil {
		return f, u
	}
	return f, f.extended(rest[len(c.raw):], c.data[0]&2 != 0)
}

// extended reads the chunks after the header.
func (f *webpFile) extended(rest []byte, animated bool) *Unfit {
	for len(rest) > 0 {
		c, u := nextRIFF(rest)
		if u != nil {
			return u
		}
		rest = rest[len(c.raw):]
		switch c.name {
		case "ICCP":
			if f.profile == nil && len(c.data) <= maxProfile {
				f.profile = []riffChunk{c}
			}
		case "ALPH":
			if !animated && f.alpha == nil {
				f.alpha = []riffChunk{c}
			}
		case "VP8 ", "VP8L":
			if animated {
				continue
			}
			f.pixels = c
			w, h, u := c.bitstream()
			if u == nil && (w != f.width || h != f.height) {
				u = damaged("WebP", "its parts state different sizes")
			}
			return u
		case "ANMF":
			if animated {
				return f.first(c)
			}
		}
	}
	return damaged("WebP", "it has no pixels")
}

// first reads the first frame of an animation.
func (f *webpFile) first(c riffChunk) *Unfit {
	if len(c.data) < 16 {
		return damaged("WebP", cutOff)
	}
	d := c.data
	f.frame = d[:16]
	f.shape = [4]int{2 * le24(d), 2 * le24(d[3:]), le24(d[6:]) + 1, le24(d[9:]) + 1}
	if f.shape[0]+f.shape[2] > f.width || f.shape[1]+f.shape[3] > f.height {
		return damaged("WebP", "its first frame is larger than the picture")
	}
	for rest := d[16:]; len(rest) > 0; {
		c, u := nextRIFF(rest)
		if u != nil {
			return u
		}
		rest = rest[len(c.raw):]
		switch c.name {
		case "ALPH":
			f.alpha = []riffChunk{c}
		case "VP8 ", "VP8L":
			f.pixels = c
			w, h, u := c.bitstream()
			if u == nil && (w != f.shape[2] || h != f.shape[3]) {
				u = damaged("WebP", "its parts state different sizes")
			}
			return u
		}
	}
	return damaged("WebP", "it has no pixels")
}

// covers reports whether the first frame is the whole picture.
func (f *webpFile) covers() bool {
	return f.frame == nil || f.shape == [4]int{0, 0, f.width, f.height}
}

// still writes a file that holds only the first frame, without metadata.
func (f *webpFile) still() []byte {
	var flags byte
	if len(f.profile) > 0 {
		flags |= 0x20
	}
	if len(f.alpha) > 0 || f.pixels.name == "VP8L" {
		flags |= 0x10
	}
	out := []byte("RIFF\x00\x00\x00\x00WEBP")
	if !f.whole {
		if !f.covers() {
			flags |= 0x12
		}
		w, h := f.width-1, f.height-1
		out = append(out, "VP8X\x0a\x00\x00\x00"...)
		out = append(out, flags, 0, 0, 0, byte(w), byte(w>>8), byte(w>>16), byte(h), byte(h>>8), byte(h>>16))
	}
	for _, c := range f.profile {
		out = appendRIFF(out, c.name, c.data)
	}
	if f.covers() {
		for _, c := range append(slices.Clone(f.alpha), f.pixels) {
			out = appendRIFF(out, c.name, c.data)
		}
	} else {
		frame := slices.Clone(f.frame)
		for _, c := range append(slices.Clone(f.alpha), f.pixels) {
			frame = appendRIFF(frame, c.name, c.data)
		}
		out = appendRIFF(out, "ANIM", make([]byte, 6))
		out = appendRIFF(out, "ANMF", frame)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-8))
	return out
}

// plain writes the pixels of a still in the simplest form, which every decoder reads.
func (f *webpFile) plain() []byte {
	p := webpFile{width: f.width, height: f.height, pixels: f.pixels, whole: true}
	if f.pixels.name == "VP8 " && len(f.alpha) > 0 {
		p.whole, p.alpha = false, f.alpha
	}
	return p.still()
}

func appendRIFF(out []byte, name string, data []byte) []byte {
	out = append(out, name...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	out = append(out, data...)
	if len(data)&1 == 1 {
		out = append(out, 0)
	}
	return out
}
