package paint

import "golang.org/x/sys/cpu"

// eight is how many pixels the kernel draws at a time.
const eight = 8

// kernel draws the first pixels of each row of a cell within p, and returns their number.
func (c corners) kernel(out []byte, stride, nx, ny int, p *Sprite, kind uint8) int {
	n := nx / eight * eight
	if !cpu.X86.HasAVX2 || n == 0 || !c.within(p) {
		return 0
	}
	out = out[:(ny-1)*stride+4*n]
	blend := 0
	if kind == mixed {
		blend = 1
	}
	cellAVX2(&out[0], stride, n/eight, ny, &p.pix[0], p.Width, &c, blend)
	return n
}

// within reports whether a whole cell, and the right and lower neighbours of all its places, are within p. For opaque
// and mixed cells that is known already (see Sprite.under), but a kernel has no other check of its bounds.
func (c *corners) within(p *Sprite) bool {
	const n = cell - 1
	ul, ur, vl, vr := c.ul+n*c.dul, c.ur+n*c.dur, c.vl+n*c.dvl, c.vr+n*c.dvr
	x0, x1 := min(c.ul, c.ur, ul, ur), max(c.ul, c.ur, ul, ur)
	y0, y1 := min(c.vl, c.vr, vl, vr), max(c.vl, c.vr, vl, vr)
	return x0 >= 0 && y0 >= 0 && int(x1>>16)+1 < p.Width && int(y1>>16)+1 < p.Height && len(p.pix) >= p.Width*p.Height
}

// cellAVX2 is corners.portable for eights times 8 pixels of each of rows, in a cell that is opaque (blend is 0) or
// mixed (1). It changes c.
//
//go:noescape
func cellAVX2(out *byte, stride, eights, rows int, pix *uint32, width int, c *corners, blend int)
