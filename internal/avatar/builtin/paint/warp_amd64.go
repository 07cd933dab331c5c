package paint

import "golang.org/x/sys/cpu"

// eight is how many 32-bit values an AVX2 register holds: pixels here, samples in soften_amd64.go.
const eight = 8

// kernel draws the first n pixels of each row of a cell and returns n, a multiple of eight. It draws none if the
// processor has no AVX2 or the cell is not within p.
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

// within reports whether all places of a whole cell, and their right and lower neighbours, are within p. Opaque and
// mixed cells are (see Sprite.under), but cellAVX2 checks no bounds, so kernel makes sure.
func (c *corners) within(p *Sprite) bool {
	const n = cell - 1
	ul, ur, vl, vr := c.ul+n*c.dul, c.ur+n*c.dur, c.vl+n*c.dvl, c.vr+n*c.dvr
	x0, x1 := min(c.ul, c.ur, ul, ur), max(c.ul, c.ur, ul, ur)
	y0, y1 := min(c.vl, c.vr, vl, vr), max(c.vl, c.vr, vl, vr)
	return x0 >= 0 && y0 >= 0 && int(x1>>16)+1 < p.Width && int(y1>>16)+1 < p.Height && len(p.pix) >= p.Width*p.Height
}

// cellAVX2 does what corners.portable does, for the first 8*eights pixels of each row of a cell that is opaque (blend
// is 0) or mixed (blend is 1). It changes c.
//
//go:noescape
func cellAVX2(out *byte, stride, eights, rows int, pix *uint32, width int, c *corners, blend int)
