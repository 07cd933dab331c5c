package paint

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// Canvas is a picture being drawn, in premultiplied sRGB floats, with its place in design units: design point (x, y) is
// at pixel ((x-X0)*Scale, (y-Y0)*Scale). A Canvas is not safe for concurrent use.
type Canvas struct {
	Width, Height int
	X0, Y0, Scale float64
	pix           []float32
	clip          *mask
	tools         *tools
}

// tools are what all clips of one canvas share.
type tools struct {
	raster vector.Rasterizer
	alpha  image.Alpha
	line   [2][]float32
	free   [][]float32 // masks for reuse
	// touched contains everything painted on the canvas; the rest is transparent.
	touched image.Rectangle
}

// mask is coverage over a part of a canvas; outside of it coverage is 0.
type mask struct {
	r image.Rectangle
	v []float32
}

// NewCanvas makes a transparent canvas that covers the design rectangle from (x0,y0) to (x1,y1) at scale pixels a unit.
func NewCanvas(x0, y0, x1, y1, scale float64) *Canvas {
	// The corner is on a whole pixel of the design's grid, so that a part on its own canvas has exactly the pixels that
	// it has on a larger canvas.
	px, py := math.Floor(x0*scale), math.Floor(y0*scale)
	w, h := int(math.Ceil(x1*scale)-px), int(math.Ceil(y1*scale)-py)
	w, h = max(w, 1), max(h, 1)
	return &Canvas{Width: w, Height: h, X0: px / scale, Y0: py / scale, Scale: scale, pix: make([]float32, w*h*4),
		tools: &tools{}}
}

// Clear makes the canvas transparent again.
func (c *Canvas) Clear() {
	t := c.tools.touched
	for y := t.Min.Y; y < t.Max.Y; y++ {
		clear(c.pix[(y*c.Width+t.Min.X)*4 : (y*c.Width+t.Max.X)*4])
	}
	c.tools.touched = image.Rectangle{}
}

// Style is how a shape is filled.
type Style struct {
	Paint    Paint
	Opacity  float64 // 0 means 1
	Blur     float64 // standard deviation of a soft edge, in design units
	Multiply bool    // darken what is below instead of covering it
	Screen   bool    // lighten what is below instead of covering it
	Atop     bool    // only where the canvas is already painted
}

// Fill paints p.
func (c *Canvas) Fill(p *Path, paint Paint) { c.Draw(p, Style{Paint: paint}) }

// Soft paints p with a soft edge.
func (c *Canvas) Soft(p *Path, paint Paint, blur float64) { c.Draw(p, Style{Paint: paint, Blur: blur}) }

// Moved returns a view of the same canvas that moves all drawing by dx, dy design units.
func (c *Canvas) Moved(dx, dy float64) *Canvas {
	v := *c
	v.X0, v.Y0 = c.X0-dx, c.Y0-dy
	return &v
}

// Clip returns a view of the same canvas that can be painted only within p (and within c's own clip).
func (c *Canvas) Clip(p *Path) *Canvas { return c.ClipSoft(p, 0) }

// ClipSoft is Clip with a soft edge.
func (c *Canvas) ClipSoft(p *Path, blur float64) *Canvas {
	m := c.cover(p, blur)
	if c.clip != nil {
		for y := m.r.Min.Y; y < m.r.Max.Y; y++ {
			for x := m.r.Min.X; x < m.r.Max.X; x++ {
				m.v[(y-m.r.Min.Y)*m.r.Dx()+x-m.r.Min.X] *= c.clip.at(x, y)
			}
		}
	}
	v := *c
	v.clip = &m
	return &v
}

// ClipOut returns a view of the same canvas on which nothing within p can be painted.
func (c *Canvas) ClipOut(p *Path) *Canvas {
	m, all := c.cover(p, 0), image.Rect(0, 0, c.Width, c.Height)
	if c.clip != nil {
		all = c.clip.r
	}
	inv := mask{all, make([]float32, all.Dx()*all.Dy())}
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			v := 1 - m.at(x, y)
			if c.clip != nil {
				v *= c.clip.at(x, y)
			}
			inv.v[(y-all.Min.Y)*all.Dx()+x-all.Min.X] = v
		}
	}
	out := *c
	out.clip = &inv
	return &out
}

func (m *mask) at(x, y int) float32 {
	if !(image.Point{X: x, Y: y}).In(m.r) {
		return 0
	}
	return m.v[(y-m.r.Min.Y)*m.r.Dx()+x-m.r.Min.X]
}

// Draw paints p in a style.
func (c *Canvas) Draw(p *Path, s Style) {
	m := c.cover(p, s.Blur)
	if m.r.Empty() {
		return
	}
	if s.Opacity == 0 {
		s.Opacity = 1
	}
	defer c.tools.done(m)
	seen := m.r
	if c.clip != nil {
		seen = seen.Intersect(c.clip.r)
	}
	c.tools.touched = c.tools.touched.Union(seen)
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		cov := m.row(y, seen)
		if c.clip != nil {
			for i, v := range c.clip.row(y, seen) {
				if cov[i] > faint {
					cov[i] *= v
				}
			}
		}
		c.paint(cov, seen.Min.X, y, &s)
	}
}

// Coverage below faint counts as none.
const faint = 0.001

// row is m's coverage in row y of r, which is within m.
func (m *mask) row(y int, r image.Rectangle) []float32 {
	return m.v[(y-m.r.Min.Y)*m.r.Dx()+r.Min.X-m.r.Min.X:][:r.Dx()]
}

// paint lays a style's colour, where it covers, over the row y from x on.
func (c *Canvas) paint(cov []float32, x, y int, s *Style) {
	py, op := (float64(y)+0.5)/c.Scale+c.Y0, float32(s.Opacity)
	col, same := s.Paint.across(py)
	row := c.pix[(y*c.Width+x)*4:][:4*len(cov)]
	for i, v := range cov {
		if v <= faint {
			continue
		}
		if !same {
			col = s.Paint.colour((float64(x+i)+0.5)/c.Scale+c.X0, py)
		}
		a := col.A * v * op
		d := row[4*i:][:4:4]
		if s.Multiply || s.Screen {
			tint(d, col, a, s.Screen)
			continue
		}
		if s.Atop {
			a *= d[3]
			d[0] += (col.R*d[3] - d[0]) * a
			d[1] += (col.G*d[3] - d[1]) * a
			d[2] += (col.B*d[3] - d[2]) * a
			continue
		}
		k := 1 - a
		d[0], d[1], d[2], d[3] = d[0]*k+col.R*a, d[1]*k+col.G*a, d[2]*k+col.B*a, d[3]*k+a
	}
}

// tint multiplies or screens the painted part of d by col, with strength a.
func tint(d []float32, col Colour, a float32, screen bool) {
	for i, v := range [3]float32{col.R, col.G, col.B} {
		t := d[i] * v
		if screen {
			t = d[i] + v*(d[3]-d[i])
		}
		d[i] += (t - d[i]) * a
	}
}

// cover returns the coverage of p, with a soft edge if blur is more than 0.2 pixels.
func (c *Canvas) cover(p *Path, blur float64) mask {
	lo, hi := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, v := range p.points {
		lo.X, lo.Y, hi.X, hi.Y = math.Min(lo.X, v.X), math.Min(lo.Y, v.Y), math.Max(hi.X, v.X), math.Max(hi.Y, v.Y)
	}
	pad := math.Ceil(blur*c.Scale*3) + 1
	all := image.Rect(0, 0, c.Width, c.Height)
	if c.clip != nil {
		all = c.clip.r
	}
	all = all.Inset(-int(pad)) // the blur reaches in from just outside
	r := image.Rect(int(math.Floor((lo.X-c.X0)*c.Scale-pad)), int(math.Floor((lo.Y-c.Y0)*c.Scale-pad)),
		int(math.Ceil((hi.X-c.X0)*c.Scale+pad)), int(math.Ceil((hi.Y-c.Y0)*c.Scale+pad))).Intersect(all)
	if len(p.points) == 0 || r.Empty() {
		return mask{}
	}
	v := c.rasterise(p, r)
	if s := blur * c.Scale; s > 0.2 {
		c.tools.soften(v, r.Dx(), r.Dy(), s)
	}
	m := mask{r.Intersect(image.Rect(0, 0, c.Width, c.Height)), v}
	if m.r != r {
		m.v = crop(v, r, m.r)
	}
	return m
}

func crop(v []float32, from, to image.Rectangle) []float32 {
	out := make([]float32, to.Dx()*to.Dy())
	for y := to.Min.Y; y < to.Max.Y; y++ {
		copy(out[(y-to.Min.Y)*to.Dx():][:to.Dx()], v[(y-from.Min.Y)*from.Dx()+to.Min.X-from.Min.X:])
	}
	return out
}

// mask returns memory for n values, whatever they are.
func (t *tools) mask(n int) []float32 {
	for i, m := range t.free {
		if cap(m) >= n {
			t.free[i] = t.free[len(t.free)-1]
			t.free = t.free[:len(t.free)-1]
			return m[:n]
		}
	}
	return make([]float32, n, n+n/2)
}

// done returns a mask's memory to the pool.
func (t *tools) done(m mask) {
	if cap(m.v) > 0 && len(t.free) < 4 {
		t.free = append(t.free, m.v)
	}
}

// shares are the 255ths.
var shares = func() (t [256]float32) {
	for i := range t {
		t[i] = float32(i) / 255
	}
	return t
}()

func (c *Canvas) rasterise(p *Path, r image.Rectangle) []float32 {
	z := &c.tools.raster
	z.Reset(r.Dx(), r.Dy())
	z.DrawOp = draw.Src
	ox, oy := c.X0*c.Scale+float64(r.Min.X), c.Y0*c.Scale+float64(r.Min.Y)
	at := func(q Point) (x, y float32) { return float32(q.X*c.Scale - ox), float32(q.Y*c.Scale - oy) }
	k := 0
	for i, v := range p.verbs {
		switch v {
		case moveTo:
			if i > 0 {
				z.ClosePath()
			}
			x, y := at(p.points[k])
			z.MoveTo(x, y)
			k++
		case lineTo:
			x, y := at(p.points[k])
			z.LineTo(x, y)
			k++
		case cubeTo:
			bx, by := at(p.points[k])
			cx, cy := at(p.points[k+1])
			dx, dy := at(p.points[k+2])
			z.CubeTo(bx, by, cx, cy, dx, dy)
			k += 3
		case closePath:
			z.ClosePath()
		}
	}
	z.ClosePath()
	n := r.Dx() * r.Dy()
	a := &c.tools.alpha
	if cap(a.Pix) < n {
		a.Pix = make([]uint8, n)
	}
	a.Pix, a.Stride, a.Rect = a.Pix[:n], r.Dx(), image.Rect(0, 0, r.Dx(), r.Dy())
	z.Draw(a, a.Rect, image.Opaque, image.Point{})
	v := c.tools.mask(n)
	for i, b := range a.Pix {
		v[i] = shares[b]
	}
	return v
}
