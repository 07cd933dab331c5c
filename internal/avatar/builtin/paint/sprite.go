package paint

import (
	"encoding/binary"
	"image"
	"math"
)

const block = 16 // side of the squares that are marked as empty, opaque or mixed

const (
	empty uint8 = iota
	mixed
	opaque
)

// Sprite is a finished layer in 8 bits, premultiplied, ready to be warped. Its pixels are on the grid of the canvas
// from which it was made. A Sprite that several clips share must not be changed; see Clone.
type Sprite struct {
	Width, Height int
	X0, Y0, Scale float64
	pix           []uint32 // R in the lowest byte
	kind          []uint8  // per block
	cols          int
}

// Sprite finishes the canvas as a layer for warping.
func (c *Canvas) Sprite() *Sprite {
	p := c.finish(image.Rect(0, 0, c.Width, c.Height))
	p.survey()
	return p
}

// Patch finishes the painted part of the canvas as a small sprite for [Sprite.Over].
func (c *Canvas) Patch() *Sprite { return c.finish(c.painted()) }

// painted returns the smallest rectangle that contains everything painted, in pixels.
func (c *Canvas) painted() image.Rectangle {
	var r image.Rectangle
	t := c.tools.touched
	for y := t.Min.Y; y < t.Max.Y; y++ {
		row := c.pix[y*c.Width*4:][:c.Width*4]
		first, last := -1, -1
		for x := t.Min.X; x < t.Max.X; x++ {
			if row[4*x+3] > 0 {
				if first < 0 {
					first = x
				}
				last = x
			}
		}
		if first >= 0 {
			r = r.Union(image.Rect(first, y, last+1, y+1))
		}
	}
	return r
}

// finish converts a rectangle of the canvas to a sprite of 8 bits, dithered so that soft gradients do not band.
func (c *Canvas) finish(r image.Rectangle) *Sprite {
	p := &Sprite{Width: r.Dx(), Height: r.Dy(), X0: c.X0 + float64(r.Min.X)/c.Scale,
		Y0: c.Y0 + float64(r.Min.Y)/c.Scale, Scale: c.Scale, pix: make([]uint32, r.Dx()*r.Dy())}
	ox, oy := int(math.Round(c.X0*c.Scale)), int(math.Round(c.Y0*c.Scale))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out := p.pix[(y-r.Min.Y)*p.Width:][:p.Width]
		for x := r.Min.X; x < r.Max.X; x++ {
			v := c.pix[(y*c.Width+x)*4:][:4:4]
			if v[3] <= 0 {
				continue
			}
			th := 0.02 + 0.96*Noise(x+ox, y+oy)
			q := func(f float32) uint32 { return uint32(min(max(f, 0), v[3])*255 + th) }
			out[x-r.Min.X] = q(v[0]) | q(v[1])<<8 | q(v[2])<<16 | q(v[3])<<24
		}
	}
	return p
}

// Noise is the dithering threshold of pixel (x, y): a fixed pattern from 0 to 1 in which neighbours differ much.
func Noise(x, y int) float32 {
	f := 0.06711056*float64(x) + 0.00583715*float64(y)
	f = 52.9829189 * (f - math.Floor(f))
	return float32(f - math.Floor(f))
}

// Bytes is how much memory the sprite holds.
func (p *Sprite) Bytes() int { return 4*len(p.pix) + len(p.kind) }

// Clone returns a copy of p that the caller may change.
func (p *Sprite) Clone() *Sprite {
	q := *p
	q.pix = append([]uint32(nil), p.pix...)
	return &q
}

// survey marks each block of p as empty, opaque or mixed.
func (p *Sprite) survey() {
	p.cols = (p.Width + block - 1) / block
	rows := (p.Height + block - 1) / block
	p.kind = make([]uint8, p.cols*rows)
	for by := range rows {
		for bx := range p.cols {
			all, any := true, false
			for y := by * block; y < min((by+1)*block, p.Height); y++ {
				for x := bx * block; x < min((bx+1)*block, p.Width); x++ {
					a := p.pix[y*p.Width+x] >> 24
					all, any = all && a == 255, any || a > 0
				}
			}
			switch {
			case all:
				p.kind[by*p.cols+bx] = opaque
			case any:
				p.kind[by*p.cols+bx] = mixed
			}
		}
	}
}

// rect returns the part of p that q covers, in p's pixels.
func (p *Sprite) rect(q *Sprite) (r image.Rectangle, dx, dy int) {
	dx, dy = int(math.Round((q.X0-p.X0)*p.Scale)), int(math.Round((q.Y0-p.Y0)*p.Scale))
	return image.Rect(dx, dy, dx+q.Width, dy+q.Height).Intersect(image.Rect(0, 0, p.Width, p.Height)), dx, dy
}

// Meets reports whether p and q, of the same scale, share a pixel.
func (p *Sprite) Meets(q *Sprite) bool {
	r, _, _ := p.rect(q)
	return !r.Empty()
}

// Over draws q on p. Both have the same scale. It must not make transparent pixels opaque: patches are within the face.
func (p *Sprite) Over(q *Sprite) {
	r, dx, dy := p.rect(q)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		d := p.pix[y*p.Width+r.Min.X : y*p.Width+r.Max.X]
		s := q.pix[(y-dy)*q.Width+r.Min.X-dx:][:len(d)]
		for i, v := range s {
			if v == 0 {
				continue
			}
			d[i] = over(v, d[i])
		}
	}
}

// Restore copies the pixels below q from original to p.
func (p *Sprite) Restore(original, q *Sprite) {
	r, _, _ := p.rect(q)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(p.pix[y*p.Width+r.Min.X:y*p.Width+r.Max.X], original.pix[y*p.Width+r.Min.X:])
	}
}

// over composes s over d, both premultiplied.
func over(s, d uint32) uint32 {
	a := s >> 24
	k := 256 - a - a>>7
	rb := ((d&0x00ff00ff)*k + 0x00800080) >> 8 & 0x00ff00ff
	ga := ((d>>8&0x00ff00ff)*k + 0x00800080) & 0xff00ff00
	return s + (rb | ga)
}

// Image returns the sprite as a picture.
func (p *Sprite) Image() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i, v := range p.pix {
		binary.LittleEndian.PutUint32(m.Pix[4*i:], v)
	}
	return m
}
