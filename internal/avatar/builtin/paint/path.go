// Package paint is the small vector renderer of the built-in characters: paths, gradients, clips and soft shadows on
// one side, and a mesh warp that moves finished pictures on the other.
//
// It exists because a character is drawn in two ways: once, slowly and well, as layered vector art; then thousands of
// times, fast, by warping the finished layers. [Canvas] does the first in 32-bit floats, so that twenty soft shadows on
// one cheek do not band. [Sprite] and [Warp] do the second in 8 bits, with as little work for each pixel as Go allows.
package paint

import "math"

// Point is a place in design units.
type Point struct{ X, Y float64 }

// P makes a Point.
func P(x, y float64) Point { return Point{x, y} }

// Add returns p moved by q.
func (p Point) Add(q Point) Point { return Point{p.X + q.X, p.Y + q.Y} }

// Mix returns the point t of the way from p to q.
func (p Point) Mix(q Point, t float64) Point { return Point{p.X + (q.X-p.X)*t, p.Y + (q.Y-p.Y)*t} }

type verb uint8

const (
	moveTo verb = iota
	lineTo
	cubeTo
	closePath
)

// Path is an outline made of straight and cubic pieces. Open pieces are closed when filled.
type Path struct {
	verbs  []verb
	points []Point
}

// Move starts a new piece at x, y.
func (p *Path) Move(x, y float64) *Path {
	p.verbs, p.points = append(p.verbs, moveTo), append(p.points, Point{x, y})
	return p
}

// Line goes straight to x, y.
func (p *Path) Line(x, y float64) *Path {
	p.verbs, p.points = append(p.verbs, lineTo), append(p.points, Point{x, y})
	return p
}

// Curve goes to x, y along a cubic curve with two control points.
func (p *Path) Curve(x1, y1, x2, y2, x, y float64) *Path {
	p.verbs, p.points = append(p.verbs, cubeTo), append(p.points, Point{x1, y1}, Point{x2, y2}, Point{x, y})
	return p
}

// Close closes the piece.
func (p *Path) Close() *Path {
	p.verbs = append(p.verbs, closePath)
	return p
}

// Append adds the pieces of q.
func (p *Path) Append(q *Path) *Path {
	p.verbs, p.points = append(p.verbs, q.verbs...), append(p.points, q.points...)
	return p
}

// Map returns the path with every point moved by f.
func (p *Path) Map(f func(Point) Point) *Path {
	q := &Path{verbs: p.verbs, points: make([]Point, len(p.points))}
	for i, v := range p.points {
		q.points[i] = f(v)
	}
	return q
}

// Mirror returns the path reflected at the vertical line x = 0.
func (p *Path) Mirror() *Path { return p.Map(func(v Point) Point { return Point{-v.X, v.Y} }) }

// Shift returns the path moved by dx, dy.
func (p *Path) Shift(dx, dy float64) *Path {
	return p.Map(func(v Point) Point { return Point{v.X + dx, v.Y + dy} })
}

// Ellipse is an ellipse around x, y.
func Ellipse(x, y, rx, ry float64) *Path {
	const k = 0.5522847498
	p := &Path{}
	p.Move(x+rx, y)
	p.Curve(x+rx, y+k*ry, x+k*rx, y+ry, x, y+ry)
	p.Curve(x-k*rx, y+ry, x-rx, y+k*ry, x-rx, y)
	p.Curve(x-rx, y-k*ry, x-k*rx, y-ry, x, y-ry)
	p.Curve(x+k*rx, y-ry, x+rx, y-k*ry, x+rx, y)
	return p.Close()
}

// Rect is a rectangle.
func Rect(x0, y0, x1, y1 float64) *Path {
	return (&Path{}).Move(x0, y0).Line(x1, y0).Line(x1, y1).Line(x0, y1).Close()
}

// Blob is a closed smooth curve through points.
func Blob(points ...Point) *Path {
	p := &Path{}
	spline(p, points, true)
	return p.Close()
}

// Through continues p smoothly through points. It begins at p's last point, or at the first of points if p is empty.
func (p *Path) Through(points ...Point) *Path {
	if len(p.points) > 0 {
		points = append([]Point{p.points[len(p.points)-1]}, points...)
	}
	spline(p, points, false)
	return p
}

// spline adds a centripetal-like Catmull-Rom spline through pts as cubic pieces. A short piece also shortens the
// tangent of its longer neighbour, so that unevenly spaced points make no loops.
func spline(p *Path, pts []Point, closed bool) {
	n := len(pts)
	if n == 0 {
		return
	}
	if len(p.points) == 0 || closed {
		p.Move(pts[0].X, pts[0].Y)
	}
	at := func(i int) Point {
		if closed {
			return pts[(i+n)%n]
		}
		return pts[min(max(i, 0), n-1)]
	}
	last := n - 1
	if closed {
		last = n
	}
	for i := range last {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		b1 := handle(a, b, c, b, c, 1)
		c1 := handle(b, c, d, c, b, -1)
		if !closed && i == 0 {
			b1 = b.Mix(c1, 1.0/3)
		}
		if !closed && i == last-1 {
			c1 = c.Mix(b1, 1.0/3)
		}
		p.Curve(b1.X, b1.Y, c1.X, c1.Y, c.X, c.Y)
	}
}

// handle returns the control point of at, on the side of to, for a curve through prev, at and next.
func handle(prev, mid, next, at, to Point, sign float64) Point {
	tx, ty := next.X-prev.X, next.Y-prev.Y
	l := math.Hypot(tx, ty)
	if l == 0 {
		return at
	}
	span := math.Hypot(to.X-at.X, to.Y-at.Y)
	other := math.Hypot(mid.X-prev.X, mid.Y-prev.Y)
	if sign < 0 {
		other = math.Hypot(next.X-mid.X, next.Y-mid.Y)
	}
	h := math.Min(span, 1.8*math.Max(other, span*0.3)) / 3
	return Point{at.X + sign*tx/l*h, at.Y + sign*ty/l*h}
}

// Taper is a brush stroke through points: width[i] is its full width at points[i], interpolated smoothly between.
func Taper(points []Point, width []float64) *Path {
	const fine = 10
	var mid []Point
	var w []float64
	guide := &Path{}
	spline(guide, points, false)
	cur, k, seg := Point{}, 0, 0
	for _, v := range guide.verbs {
		if v == moveTo {
			cur = guide.points[k]
			k++
			mid, w = append(mid, cur), append(w, width[0])
			continue
		}
		a, b, c := guide.points[k], guide.points[k+1], guide.points[k+2]
		for i := 1; i <= fine; i++ {
			t := float64(i) / fine
			mid = append(mid, cubic(cur, a, b, c, t))
			s := t * t * (3 - 2*t)
			w = append(w, width[seg]+(width[seg+1]-width[seg])*s)
		}
		cur, k, seg = c, k+3, seg+1
	}
	n := len(mid)
	left, right := make([]Point, n), make([]Point, n)
	for i := range mid {
		a, b := mid[max(i-1, 0)], mid[min(i+1, n-1)]
		l := math.Max(math.Hypot(b.X-a.X, b.Y-a.Y), 1e-9)
		nx, ny := -(b.Y-a.Y)/l*w[i]/2, (b.X-a.X)/l*w[i]/2
		left[i], right[n-1-i] = Point{mid[i].X + nx, mid[i].Y + ny}, Point{mid[i].X - nx, mid[i].Y - ny}
	}
	p := &Path{}
	p.Move(left[0].X, left[0].Y)
	for _, v := range append(left[1:], right...) {
		p.Line(v.X, v.Y)
	}
	return p.Close()
}

func cubic(a, b, c, d Point, t float64) Point {
	u := 1 - t
	k0, k1, k2, k3 := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
	return Point{k0*a.X + k1*b.X + k2*c.X + k3*d.X, k0*a.Y + k1*b.Y + k2*c.Y + k3*d.Y}
}
