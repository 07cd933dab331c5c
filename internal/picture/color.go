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

// threshold is an ordered dither: it is added, instead of a half, before a value is truncated to 8 bits. Eight bits in
// the limited range hold fewer steps than eight bits of RGB, and the steps would show as bands in the soft gradients of
// a slide. It depends only on the place in the whole picture, so a region that is converted alone has the same pattern
// as its surroundings.
var threshold = bayer()

// dither is the divisor of the pattern's strength. At full strength the pattern covers every flat colour between two
// steps, which costs an encoder half as many bits again and the same in time (docs/TUNING.md). Backgrounds are dithered
// already, so a quarter of the strength is enough to avoid the bands of plain rounding.
const dither = 4

func bayer() (t [8][8]int32) {
	for y := range 8 {
		for x := range 8 {
			t[y][x] = 1<<15 + (int32(2*order(x, y)+1)<<9-1<<15)/dither
		}
	}
	return t
}

// order returns a pixel's number in Bayer's pattern of 8×8, from 0 to 63.
func order(x, y int) (v int) {
	for bit := range 3 {
		a, b := (x^y)>>bit&1, y>>bit&1
		v |= (a<<1 | b) << (2 * (2 - bit))
	}
	return v
}

// YUV is a picture in 4:2:0 (bt709, limited range) with its three planes one after the other, as the encoder reads it.
type YUV struct {
	Width, Height int // both even
	Pix           []byte
}

// NewYUV makes a picture. Its sides must be even.
func NewYUV(width, height int) *YUV {
	return &YUV{Width: width, Height: height, Pix: make([]byte, width*height*3/2)}
}

// ToYUV converts a whole slide and ignores its alpha. The sides must be even.
func ToYUV(src *image.RGBA) *YUV {
	b := src.Bounds()
	p := NewYUV(b.Dx(), b.Dy())
	for y := 0; y < p.Height; y += 2 {
		o := src.PixOffset(b.Min.X, b.Min.Y+y)
		p.convert(src.Pix[o:o+4*p.Width], src.Pix[o+src.Stride:o+src.Stride+4*p.Width], 0, y, 0, y)
	}
	return p
}

// convert writes two rows of RGBA pixels at x, y in p. It ignores their alpha, but reports whether all of them are
// opaque. In the whole picture the rows are at atX, atY. All four numbers are even, and the rows hold an even number of
// pixels. Chroma is the mean of four pixels, in their middle, which the stream declares.
func (p *YUV) convert(top, bottom []byte, x, y, atX, atY int) bool {
	n := len(top) / 4
	half := p.Width / 2
	chroma := (y/2)*half + x/2
	s := strip{top: top[:4*n], bottom: bottom[:4*n], atX: atX, atY: atY,
		y0: p.Pix[y*p.Width+x:][:n], y1: p.Pix[(y+1)*p.Width+x:][:n],
		u: p.Pix[p.Width*p.Height+chroma:][:n/2], v: p.Pix[p.Width*p.Height+half*(p.Height/2)+chroma:][:n/2]}
	return s.convert()>>24 == 255
}

// strip is two rows of pixels and their destination: an even number of pixels, half as many in u and v.
type strip struct {
	top, bottom  []byte
	y0, y1, u, v []byte
	atX, atY     int
}

// One word holds two pixels, each channel in its own 32 bits: a channel times a factor of 16 bits, and the sum of three
// of those, fit in 32 bits.
const (
	pair   = 0x000000ff_000000ff
	blacks = 16<<16 | 16<<(16+32)
)

// portable converts a strip and returns the bits that all of its pixels have in common. A processor's own kernel must
// give the same result, bit for bit.
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

// pairs returns the thresholds of a row, with the black level added, for two pixels at a time.
func pairs(y int) (t [4]uint64) {
	row := &threshold[y&7]
	for i := range t {
		t[i] = blacks + uint64(row[2*i]) + uint64(row[2*i+1])<<32
	}
	return t
}
