package paint

import (
	"encoding/binary"
	"image"
	"math"
	"slices"
)

// View maps design units to a frame: design point (x, y) is at pixel ((x-X0)*Scale, (y-Y0)*Scale).
type View struct{ X0, Y0, Scale float64 }

// Field maps a place on the frame, in design units, to the place of the sprite that is shown there.
type Field func(x, y float64) (sx, sy float64)

// Layer is a sprite that is warped by a field.
type Layer struct {
	Sprite *Sprite
	Field  Field
	Reach  float64 // the largest distance, in design units, that Field moves a point
}

// Warp draws layers. It reuses its memory from frame to frame, so only one goroutine may use it.
type Warp struct {
	layers []bent
}

// bent is a layer divided into cells of a frame, from x0, y0 up to but not including x1, y1.
type bent struct {
	sprite         *Sprite
	x0, y0, x1, y1 int
	cols, rows     int
	u, v           []int32 // the cells' corners on the sprite, cols+1 in a row
	kind           []uint8 // what the sprite shows in each cell
}

const cell = 16 // pixels between the places at which a field is evaluated

// Draw draws backdrop and then layers, the lowest first, on dst. The rows of backdrop are as wide as those of dst; a
// nil backdrop is transparent. Draw leaves out parts that an opaque part of a higher layer covers.
func (w *Warp) Draw(dst *image.RGBA, view View, backdrop []byte, layers ...Layer) {
	size := dst.Bounds().Size()
	for len(w.layers) < len(layers) {
		w.layers = append(w.layers, bent{})
	}
	w.layers = w.layers[:len(layers)]
	for i := range layers {
		w.layers[i].bend(&layers[i], view, size)
	}
	w.backdrop(dst, backdrop)
	for i := range w.layers {
		l := &w.layers[i]
		for k, kind := range l.kind {
			r := l.place(k)
			if kind == empty || hidden(r, w.layers[i+1:]) {
				continue
			}
			at := k/l.cols*(l.cols+1) + k%l.cols
			l.cell(dst.Pix[r.Min.Y*dst.Stride+4*r.Min.X:], dst.Stride, r.Dx(), r.Dy(), kind, at, at+l.cols+1)
		}
	}
}

// backdrop draws the visible parts of the backdrop.
func (w *Warp) backdrop(dst *image.RGBA, backdrop []byte) {
	size := dst.Bounds().Size()
	for y := 0; y < size.Y; y += cell {
		band := image.Rect(0, y, 0, min(y+cell, size.Y))
		for band.Min.X < size.X {
			end := min(band.Min.X+cell, size.X)
			if hidden(image.Rect(band.Min.X, band.Min.Y, end, band.Max.Y), w.layers) {
				band.Min.X = end
				continue
			}
			for end < size.X && !hidden(image.Rect(end, band.Min.Y, min(end+cell, size.X), band.Max.Y), w.layers) {
				end = min(end+cell, size.X)
			}
			for row := band.Min.Y; row < band.Max.Y; row++ {
				line := dst.Pix[row*dst.Stride:][4*band.Min.X : 4*end]
				if backdrop == nil {
					clear(line)
				} else {
					copy(line, backdrop[4*(row*size.X+band.Min.X):])
				}
			}
			band.Min.X = end
		}
	}
}

// hidden reports whether one of layers covers all of r. It may return false where only several layers together cover r.
func hidden(r image.Rectangle, layers []bent) bool {
	for i := range layers {
		if layers[i].covers(r) {
			return true
		}
	}
	return false
}

// covers reports whether l is opaque all over r, which is not empty.
func (l *bent) covers(r image.Rectangle) bool {
	if r.Min.X < l.x0 || r.Min.Y < l.y0 || r.Max.X > l.x1 || r.Max.Y > l.y1 {
		return false
	}
	i0, i1 := (r.Min.X-l.x0)/cell, (r.Max.X-1-l.x0)/cell
	for j := (r.Min.Y - l.y0) / cell; j <= (r.Max.Y-1-l.y0)/cell; j++ {
		for _, kind := range l.kind[j*l.cols:][i0 : i1+1] {
			if kind != opaque {
				return false
			}
		}
	}
	return true
}

// place returns the rectangle of cell k of l in the frame.
func (l *bent) place(k int) image.Rectangle {
	x, y := l.x0+k%l.cols*cell, l.y0+k/l.cols*cell
	return image.Rect(x, y, min(x+cell, l.x1), min(y+cell, l.y1))
}

// bend fits a layer to a frame.
func (l *bent) bend(y *Layer, view View, size image.Point) {
	p, reach := y.Sprite, y.Reach
	l.sprite = p
	l.x0 = max(int(math.Floor((p.X0-reach-view.X0)*view.Scale)), 0)
	l.y0 = max(int(math.Floor((p.Y0-reach-view.Y0)*view.Scale)), 0)
	l.x1 = min(int(math.Ceil((p.X0+float64(p.Width)/p.Scale+reach-view.X0)*view.Scale)), size.X)
	l.y1 = min(int(math.Ceil((p.Y0+float64(p.Height)/p.Scale+reach-view.Y0)*view.Scale)), size.Y)
	l.cols, l.rows = 0, 0
	if l.x0 < l.x1 && l.y0 < l.y1 {
		l.cols, l.rows = (l.x1-l.x0+cell-1)/cell, (l.y1-l.y0+cell-1)/cell
		l.sample(view, y.Field)
	}
	l.kind = slices.Grow(l.kind[:0], l.cols*l.rows)[:l.cols*l.rows]
	for k := range l.kind {
		at := k/l.cols*(l.cols+1) + k%l.cols
		l.kind[k] = p.under(l.u, l.v, at, at+l.cols+1)
	}
}

// sample evaluates f at the corners of all cells and stores the results as pixels of the sprite, with 16 fractional
// bits.
func (l *bent) sample(view View, f Field) {
	p, nx, ny := l.sprite, l.cols+1, l.rows+1
	l.u, l.v = slices.Grow(l.u[:0], nx*ny)[:nx*ny], slices.Grow(l.v[:0], nx*ny)[:nx*ny]
	for j := range ny {
		y := (float64(l.y0+j*cell)+0.5)/view.Scale + view.Y0
		for i := range nx {
			x := (float64(l.x0+i*cell)+0.5)/view.Scale + view.X0
			sx, sy := f(x, y)
			l.u[j*nx+i] = fixed((sx-p.X0)*p.Scale - 0.5)
			l.v[j*nx+i] = fixed((sy-p.Y0)*p.Scale - 0.5)
		}
	}
}

func fixed(v float64) int32 { return int32(math.Round(min(max(v, -16000), 32000) * 65536)) }

// under returns what p shows in the cell with upper corners k, k+1 and lower corners l, l+1. A cell that reaches beyond
// p is never opaque, and is marked for the loop that checks bounds.
func (p *Sprite) under(u, v []int32, k, l int) uint8 {
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

const edge uint8 = 3 // reaches beyond the sprite

// cell draws the cell with upper corners k, k+1 and lower corners low, low+1.
func (l *bent) cell(out []byte, stride, nx, ny int, kind uint8, k, low int) {
	c := l.between(k, low)
	if kind == edge {
		c.edge(out, stride, nx, ny, l.sprite)
		return
	}
	if from := c.kernel(out, stride, nx, ny, l.sprite, kind); from < nx {
		c.portable(out, stride, from, nx, ny, l.sprite, kind)
	}
}

// edge draws a cell that reaches beyond its sprite row by row, because most of its rows are within the sprite.
func (c corners) edge(out []byte, stride, nx, ny int, p *Sprite) {
	for j := range ny {
		row, one := out[j*stride:], corners{ul: c.ul, vl: c.vl, ur: c.ur, vr: c.vr}
		if from := one.kernel(row, stride, nx, 1, p, mixed); from < nx {
			one.portable(row, stride, from, nx, 1, p, edge)
		}
		c.ul, c.vl, c.ur, c.vr = c.ul+c.dul, c.vl+c.dvl, c.ur+c.dur, c.vr+c.dvr
	}
}

// corners holds the places on a sprite where a row of a cell and the same row of the next cell begin, and their
// distances from the row above. Steps are truncated toward 0, so every place in a cell is between those of its four
// corners.
type corners struct{ ul, vl, ur, vr, dul, dvl, dur, dvr int32 }

// between returns the first row of the cell with upper corners k, k+1 and lower corners low, low+1.
func (l *bent) between(k, low int) corners {
	c := corners{ul: l.u[k], vl: l.v[k], ur: l.u[k+1], vr: l.v[k+1]}
	c.dul, c.dvl = (l.u[low]-c.ul)/cell, (l.v[low]-c.vl)/cell
	c.dur, c.dvr = (l.u[low+1]-c.ur)/cell, (l.v[low+1]-c.vr)/cell
	return c
}

// portable draws the pixels from..nx of a cell's rows. A processor's own kernel must give the same result, bit for bit.
func (c corners) portable(out []byte, stride, from, nx, ny int, p *Sprite, kind uint8) {
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
// bits each (see spread); a channel times 256 still fits. The loops for opaque and mixed cells repeat the code of
// bilinear, because as a call it costs half as much again.

const (
	lanes   = 0x00ff00ff00ff00ff
	halves  = 0x0080008000800080
	evenRGB = 0x00ff00ff
)

// spread widens each channel of a pixel to 16 bits: R, B, G, A from the lowest.
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

// edgeRow is blendRow for places where the sprite may end; beyond it everything is transparent.
func (p *Sprite) edgeRow(row []byte, u, v, du, dv int32) {
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

// bilinear mixes four pixels, fx and fy from 0 to 255. Four equal pixels give that pixel.
func bilinear(a, b, c, d, fx, fy uint32) uint32 {
	x, y := uint64(fx), uint64(fy)
	w := x * y >> 8
	s := spread(a)*(256-x-y+w) + spread(b)*(x-w) + spread(c)*(y-w) + spread(d)*w
	s = (s + halves) >> 8 & lanes
	return uint32(s) | uint32(s>>24)
}
