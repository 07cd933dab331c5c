package paint

import (
	"encoding/binary"
	"image"
	"math"
)

// View says how design units fall on a frame: design point (x, y) lies at pixel ((x-X0)*Scale, (y-Y0)*Scale).
type View struct{ X0, Y0, Scale float64 }

// Field says for a place on the frame, in design units, which place of a plate is seen there.
type Field func(x, y float64) (sx, sy float64)

// Warp draws plates through fields. It keeps its working memory from frame to frame; one Warp serves one goroutine.
type Warp struct {
	u, v []int32
}

const cell = 16 // pixels between the places at which a field is asked

// Draw lays p, bent by f, over dst. reach is how far, in design units, f moves anything at most.
func (w *Warp) Draw(dst *image.RGBA, view View, p *Plate, f Field, reach float64) {
	b := dst.Bounds()
	x0 := int(math.Floor((p.X0 - reach - view.X0) * view.Scale))
	y0 := int(math.Floor((p.Y0 - reach - view.Y0) * view.Scale))
	x1 := int(math.Ceil((p.X0 + float64(p.Width)/p.Scale + reach - view.X0) * view.Scale))
	y1 := int(math.Ceil((p.Y0 + float64(p.Height)/p.Scale + reach - view.Y0) * view.Scale))
	x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, b.Dx()), min(y1, b.Dy())
	if x0 >= x1 || y0 >= y1 {
		return
	}
	cols, rows := (x1-x0+cell-1)/cell, (y1-y0+cell-1)/cell
	w.sample(view, p, f, x0, y0, cols+1, rows+1)
	for j := range rows {
		for i := range cols {
			k := j*(cols+1) + i
			kind := p.under(w.u, w.v, k, k+cols+1)
			if kind == empty {
				continue
			}
			px, py := x0+i*cell, y0+j*cell
			w.cell(dst.Pix[py*dst.Stride+4*px:], dst.Stride, min(cell, x1-px), min(cell, y1-py), p, kind, k, k+cols+1)
		}
	}
}

// sample asks f at the corners of all cells and notes the answers as pixels of p, 16 bits behind the point.
func (w *Warp) sample(view View, p *Plate, f Field, x0, y0, nx, ny int) {
	if n := nx * ny; cap(w.u) < n {
		w.u, w.v = make([]int32, n), make([]int32, n)
	} else {
		w.u, w.v = w.u[:n], w.v[:n]
	}
	for j := range ny {
		y := (float64(y0+j*cell)+0.5)/view.Scale + view.Y0
		for i := range nx {
			x := (float64(x0+i*cell)+0.5)/view.Scale + view.X0
			sx, sy := f(x, y)
			w.u[j*nx+i] = fixed((sx-p.X0)*p.Scale - 0.5)
			w.v[j*nx+i] = fixed((sy-p.Y0)*p.Scale - 0.5)
		}
	}
}

func fixed(v float64) int32 { return int32(math.Round(min(max(v, -16000), 32000) * 65536)) }

// under says what p has below the cell with upper corners k, k+1 and lower corners l, l+1. A cell that reaches
// beyond p is mixed at best, and marked so that the careful loop draws it.
func (p *Plate) under(u, v []int32, k, l int) uint8 {
	ux0, ux1 := min(u[k], u[k+1], u[l], u[l+1])>>16, max(u[k], u[k+1], u[l], u[l+1])>>16+1
	vy0, vy1 := min(v[k], v[k+1], v[l], v[l+1])>>16, max(v[k], v[k+1], v[l], v[l+1])>>16+1
	if ux1 < 0 || vy1 < 0 || int(ux0) >= p.Width || int(vy0) >= p.Height {
		return empty
	}
	inside := ux0 >= 0 && vy0 >= 0 && int(ux1) < p.Width && int(vy1) < p.Height
	bx0, bx1 := max(int(ux0), 0)/block, min(int(ux1), p.Width-1)/block
	by0, by1 := max(int(vy0), 0)/block, min(int(vy1), p.Height-1)/block
	all, none := true, true
	for y := by0; y <= by1; y++ {
		for x := bx0; x <= bx1; x++ {
			t := p.kind[y*p.cols+x]
			all, none = all && t == opaque, none && t == empty
		}
	}
	switch {
	case none:
		return empty
	case !inside:
		return edge
	case all:
		return opaque
	}
	return mixed
}

const edge uint8 = 3 // reaches beyond the plate

func (w *Warp) cell(out []byte, stride, nx, ny int, p *Plate, kind uint8, k, l int) {
	c := w.between(k, l)
	from := 0
	if kind != edge {
		from = c.kernel(out, stride, nx, ny, p, kind)
	}
	if from < nx {
		c.portable(out, stride, from, nx, ny, p, kind)
	}
}

// corners are the places on a plate where a row of a cell begins and where its next cell's begins, and how far these
// are from the row before. Steps are cut toward 0, so every place in a cell lies between those of its four corners.
type corners struct{ ul, vl, ur, vr, dul, dvl, dur, dvr int32 }

// between gives the first row of the cell with upper corners k, k+1 and lower corners l, l+1.
func (w *Warp) between(k, l int) corners {
	c := corners{ul: w.u[k], vl: w.v[k], ur: w.u[k+1], vr: w.v[k+1]}
	c.dul, c.dvl = (w.u[l]-c.ul)/cell, (w.v[l]-c.vl)/cell
	c.dur, c.dvr = (w.u[l+1]-c.ur)/cell, (w.v[l+1]-c.vr)/cell
	return c
}

// portable draws the pixels from..nx of a cell's rows. What a kernel does instead for some processor has to give the
// same, bit for bit.
func (c corners) portable(out []byte, stride, from, nx, ny int, p *Plate, kind uint8) {
	for j := range ny {
		row := out[j*stride:][4*from : 4*nx : 4*nx]
		du, dv := (c.ur-c.ul)/cell, (c.vr-c.vl)/cell
		u, v := c.ul+int32(from)*du, c.vl+int32(from)*dv
		switch kind {
		case opaque:
			solidRow(row, p.pix, p.Width, u, v, du, dv)
		case mixed:
			blendRow(row, p.pix, p.Width, u, v, du, dv)
		default:
			p.edgeRow(row, u, v, du, dv)
		}
		c.ul, c.vl, c.ur, c.vr = c.ul+c.dul, c.vl+c.dvl, c.ur+c.dur, c.vr+c.dvr
	}
}

// The loops below mix four neighbours by weights that sum to 256. The four channels of a pixel travel in one word, 16
// bits each (see spread); a channel times 256 still fits. This is written out in each loop: as a call it costs half as
// much again.

const (
	lanes   = 0x00ff00ff00ff00ff
	halves  = 0x0080008000800080
	evenRGB = 0x00ff00ff
)

// spread gives each channel of a pixel 16 bits: R, B, G, A from the lowest.
func spread(c uint32) uint64 { return uint64(c&evenRGB) | uint64(c&^evenRGB)<<24 }

func solidRow(row []byte, pix []uint32, stride int, u, v, du, dv int32) {
	for ; len(row) >= 4; row = row[4:] {
		i := int(v>>16)*stride + int(u>>16)
		a, b := pix[i:i+2:i+2], pix[i+stride:i+stride+2:i+stride+2]
		fx, fy := uint64(u>>8)&255, uint64(v>>8)&255
		w := fx * fy >> 8
		s := spread(a[0])*(256-fx-fy+w) + spread(a[1])*(fx-w) + spread(b[0])*(fy-w) + spread(b[1])*w
		s = (s + halves) >> 8 & lanes
		binary.LittleEndian.PutUint32(row, uint32(s)|uint32(s>>24))
		u, v = u+du, v+dv
	}
}

func blendRow(row []byte, pix []uint32, stride int, u, v, du, dv int32) {
	for ; len(row) >= 4; row = row[4:] {
		i := int(v>>16)*stride + int(u>>16)
		a, b := pix[i:i+2:i+2], pix[i+stride:i+stride+2:i+stride+2]
		if a[0]|a[1]|b[0]|b[1] != 0 {
			fx, fy := uint64(u>>8)&255, uint64(v>>8)&255
			w := fx * fy >> 8
			s := spread(a[0])*(256-fx-fy+w) + spread(a[1])*(fx-w) + spread(b[0])*(fy-w) + spread(b[1])*w
			s = (s + halves) >> 8 & lanes
			p := uint32(s) | uint32(s>>24)
			if p>>24 != 255 {
				p = over(p, binary.LittleEndian.Uint32(row))
			}
			binary.LittleEndian.PutUint32(row, p)
		}
		u, v = u+du, v+dv
	}
}

// edgeRow is blendRow where the plate may end; beyond it there is nothing.
func (p *Plate) edgeRow(row []byte, u, v, du, dv int32) {
	get := func(x, y int) uint32 {
		if x < 0 || y < 0 || x >= p.Width || y >= p.Height {
			return 0
		}
		return p.pix[y*p.Width+x]
	}
	for ; len(row) >= 4; row = row[4:] {
		x, y := int(u>>16), int(v>>16)
		s := bilinear(get(x, y), get(x+1, y), get(x, y+1), get(x+1, y+1), uint32(u>>8)&255, uint32(v>>8)&255)
		if s != 0 {
			binary.LittleEndian.PutUint32(row, over(s, binary.LittleEndian.Uint32(row)))
		}
		u, v = u+du, v+dv
	}
}

// bilinear mixes four pixels, fx and fy from 0 to 255. Four equal pixels give themselves.
func bilinear(a, b, c, d, fx, fy uint32) uint32 {
	x, y := uint64(fx), uint64(fy)
	w := x * y >> 8
	s := spread(a)*(256-x-y+w) + spread(b)*(x-w) + spread(c)*(y-w) + spread(d)*w
	s = (s + halves) >> 8 & lanes
	return uint32(s) | uint32(s>>24)
}
