package picture

import (
	"encoding/binary"
	"image"
)

// Conversion of RGB to bt709 in its limited range, in fixed point of 16 bits. Sums are kept exact, so that white is
// 235, black is 16 and grey has no colour.
const (
	yR, yG, yB = 11966, 40254, 4064
	uR, uG     = -6596, -22188 // −0.114572, −0.385428 times 224/255
	uB         = -(uR + uG)
	vG, vB     = -26145, -2639 // −0.454153, −0.045847 times 224/255
	vR         = -(vG + vB)
)

// threshold is an ordered dither: what is added before a value is cut to 8 bits, instead of a half. Eight bits in the
// limited range hold fewer steps than eight bits of RGB do, and in the soft gradients of a slide the steps would show
// as bands. It depends on the place in the whole picture alone, so a region converted by itself has the same pattern
// as its surroundings.
var threshold = bayer()

// dither is by how much the pattern is weakened. At full strength it covers every flat colour that falls between two steps, which
// an encoder pays for with half as many bits again and time to match (docs/TUNING.md); and backgrounds are dithered
// already. A quarter breaks up what rounding alone would line up.
const dither = 4

func bayer() (t [8][8]int32) {
	for y := range 8 {
		for x := range 8 {
			t[y][x] = 1<<15 + (int32(2*order(x, y)+1)<<9-1<<15)/dither
		}
	}
	return t
}

// order is the place of a pixel in Bayer's pattern of 8×8, from 0 to 63.
func order(x, y int) (v int) {
	for bit := range 3 {
		a, b := (x^y)>>bit&1, y>>bit&1
		v |= (a<<1 | b) << (2 * (2 - bit))
	}
	return v
}

// YUV is a picture in 4:2:0 (bt709, limited range), its three planes one after the other, as the encoder reads it.
type YUV struct {
	Width, Height int // both even
	Pix           []byte
}

// NewYUV makes a picture. Its sides have to be even.
func NewYUV(width, height int) *YUV {
	return &YUV{Width: width, Height: height, Pix: make([]byte, width*height*3/2)}
}

// ToYUV converts a whole slide, whose sides have to be even, with its alpha ignored.
func ToYUV(src *image.RGBA) *YUV {
	b := src.Bounds()
	p := NewYUV(b.Dx(), b.Dy())
	for y := 0; y < p.Height; y += 2 {
		o := src.PixOffset(b.Min.X, b.Min.Y+y)
		p.convert(src.Pix[o:o+4*p.Width], src.Pix[o+src.Stride:o+src.Stride+4*p.Width], 0, y, 0, y)
	}
	return p
}

// convert writes two rows of RGBA pixels to x, y in p, their alpha ignored, and reports whether all of them are
// opaque. They are at atX, atY in the whole picture. All four are even, and the rows hold an even number of pixels.
// Chroma is the mean of four pixels, in their middle (the stream says so).
func (p *YUV) convert(top, bottom []byte, x, y, atX, atY int) bool {
	n := len(top) / 4
	half := p.Width / 2
	chroma := (y/2)*half + x/2
	s := strip{top: top[:4*n], bottom: bottom[:4*n], atX: atX, atY: atY,
		y0: p.Pix[y*p.Width+x:][:n], y1: p.Pix[(y+1)*p.Width+x:][:n],
		u: p.Pix[p.Width*p.Height+chroma:][:n/2], v: p.Pix[p.Width*p.Height+half*(p.Height/2)+chroma:][:n/2]}
	return s.convert()>>24 == 255
}

// strip is two rows of pixels and where they go: an even number of them, half as many in u and v.
type strip struct {
	top, bottom  []byte
	y0, y1, u, v []byte
	atX, atY     int
}

// Two pixels are handled in one word, each channel of them in 32 bits of its own: a channel times a factor of 16
// bits, and the sum of three of those, stay below that.
const (
	pair   = 0x000000ff_000000ff
	blacks = 16<<16 | 16<<(16+32)
)

// portable converts a strip, and gives the bits that all of its pixels have in common. What a kernel does instead for
// some processor has to give the same, bit for bit.
func (s *strip) portable() uint32 {
	top, y0, y1, u := s.top, s.y0, s.y1, s.u
	bottom, v := s.bottom[:len(top)], s.v[:len(u)]
	t0, t1, tc := pairs(s.atY), pairs(s.atY+1), &threshold[s.atY>>1&7]
	common := ^uint64(0)
	for i := range u {
		at := (s.atX>>1 + i) & 7
		a, b := binary.LittleEndian.Uint64(top[8*i:]), binary.LittleEndian.Uint64(bottom[8*i:])
		common &= a & b
		ar, ag, ab := a&pair, a>>8&pair, a>>16&pair
		br, bg, bb := b&pair, b>>8&pair, b>>16&pair
		l0 := yR*ar + yG*ag + yB*ab + t0[at&3]
		l1 := yR*br + yG*bg + yB*bb + t1[at&3]
		binary.LittleEndian.PutUint16(y0[2*i:], uint16(l0>>16&0xff|l0>>40&0xff00))
		binary.LittleEndian.PutUint16(y1[2*i:], uint16(l1>>16&0xff|l1>>40&0xff00))
		ar, ag, ab = ar+br, ag+bg, ab+bb
		r, g, bl := int32(ar)+int32(ar>>32), int32(ag)+int32(ag>>32), int32(ab)+int32(ab>>32)
		dc := 128<<18 + tc[at]<<2
		u[i] = byte((uR*r + uG*g + uB*bl + dc) >> 18)
		v[i] = byte((vR*r + vG*g + vB*bl + dc) >> 18)
	}
	return uint32(common) & uint32(common>>32)
}

// pairs are the thresholds of a row, with black, for two pixels at a time.
func pairs(y int) (t [4]uint64) {
	row := &threshold[y&7]
	for i := range t {
		t[i] = blacks + uint64(row[2*i]) + uint64(row[2*i+1])<<32
	}
	return t
}
