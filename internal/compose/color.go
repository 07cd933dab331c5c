package compose

import (
	"image"
)

// Conversion of RGB to bt709 in its limited range, in fixed point of 16 bits. Sums are kept exact, so that white is 235,
// black is 16 and grey has no colour.
const (
	yR, yG, yB = 11966, 40254, 4064
	uR, uG     = -6596, -22188 // −0.114572, −0.385428 times 224/255
	uB         = -(uR + uG)
	vG, vB     = -26145, -2639 // −0.454153, −0.045847 times 224/255
	vR         = -(vG + vB)
)

// threshold is an ordered dither: what is added before a value is cut to 8 bits, instead of a half. Eight bits in the limited
// range hold fewer steps than eight bits of RGB do, and in the soft gradients of a slide the steps would show as bands. It
// depends on the place in the whole picture alone, so a region converted by itself has the same pattern as its surroundings.
var threshold = bayer()

// dither is by how much the pattern is weakened. At full strength it covers every flat colour that falls between two steps, which
// an encoder pays for with half as many bits again and time to match (docs/PIPELINE.md); and browsers dither their gradients
// already. A quarter breaks up what rounding alone would line up.
const dither = 4

func bayer() (t [8][8]int32) {
	for y := range 8 {
		for x := range 8 {
			v := 0
			for bit := range 3 {
				a, b := (x^y)>>bit&1, y>>bit&1
				v |= (a<<1 | b) << (2 * (2 - bit))
			}
			t[y][x] = 1<<15 + (int32(2*v+1)<<9-1<<15)/dither
		}
	}
	return t
}

// Planes is a picture in 4:2:0, its three planes one after the other, as the encoder reads it.
type Planes struct {
	Width, Height int // both even
	Pix           []byte
}

// NewPlanes makes a picture. Its sides have to be even.
func NewPlanes(width, height int) *Planes {
	return &Planes{Width: width, Height: height, Pix: make([]byte, width*height*3/2)}
}

// Plate converts a whole slide, whose sides have to be even, with its alpha ignored.
func Plate(src *image.RGBA) *Planes {
	b := src.Bounds()
	p := NewPlanes(b.Dx(), b.Dy())
	for y := 0; y < p.Height; y += 2 {
		o := src.PixOffset(b.Min.X, b.Min.Y+y)
		p.convert(src.Pix[o:o+4*p.Width], src.Pix[o+src.Stride:o+src.Stride+4*p.Width], 0, y, 0, y)
	}
	return p
}

// convert writes two rows of RGBA pixels to x, y in p. They lie at atX, atY in the whole picture. All four are even, and the
// rows hold an even number of pixels. Chroma is the mean of four pixels, in their middle (the stream says so).
func (p *Planes) convert(top, bottom []byte, x, y, atX, atY int) {
	n := len(top) / 4
	half := p.Width / 2
	y0 := p.Pix[y*p.Width+x:][:n]
	y1 := p.Pix[(y+1)*p.Width+x:][:n]
	chroma := (y/2)*half + x/2
	u := p.Pix[p.Width*p.Height+chroma:][:n/2]
	v := p.Pix[p.Width*p.Height+half*(p.Height/2)+chroma:][:n/2]
	t0, t1, tc := &threshold[atY&7], &threshold[(atY+1)&7], &threshold[atY>>1&7]
	bottom = bottom[:len(top)]
	for i := 0; i+1 < n; i += 2 {
		a := top[4*i:][:8]
		b := bottom[4*i:][:8]
		r0, g0, b0 := int32(a[0]), int32(a[1]), int32(a[2])
		r1, g1, b1 := int32(a[4]), int32(a[5]), int32(a[6])
		r2, g2, b2 := int32(b[0]), int32(b[1]), int32(b[2])
		r3, g3, b3 := int32(b[4]), int32(b[5]), int32(b[6])
		d := (atX + i) & 7
		y0[i] = byte((yR*r0 + yG*g0 + yB*b0 + 16<<16 + t0[d]) >> 16)
		y0[i+1] = byte((yR*r1 + yG*g1 + yB*b1 + 16<<16 + t0[(d+1)&7]) >> 16)
		y1[i] = byte((yR*r2 + yG*g2 + yB*b2 + 16<<16 + t1[d]) >> 16)
		y1[i+1] = byte((yR*r3 + yG*g3 + yB*b3 + 16<<16 + t1[(d+1)&7]) >> 16)
		r, g, bl := r0+r1+r2+r3, g0+g1+g2+g3, b0+b1+b2+b3
		dc := tc[(atX+i)>>1&7] << 2
		u[i/2] = byte((uR*r + uG*g + uB*bl + 128<<18 + dc) >> 18)
		v[i/2] = byte((vR*r + vG*g + vB*bl + 128<<18 + dc) >> 18)
	}
}
