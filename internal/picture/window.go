package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"math"

	"lectern"
)

// Window is the place of an avatar on a slide, in video pixels.
type Window struct {
	At    lectern.Rect // even in all four numbers, inside the picture
	Shape lectern.Shape
	Ring  color.RGBA // around an inset window; alpha 0: no ring and no shadow
	Inset bool       // the window is drawn over the slide, with a ring and a shadow
	Unit  float64    // video pixels to a slide pixel; scales ring, shadow and corners
}

// Measures in slide pixels.
const (
	ringWidth    = 6.0
	cornerRadius = 36.0
	shadowSpread = 34.0 // from the edge of the window to the end of its shadow
	shadowDrop   = 14.0
	shadowAlpha  = 0.42
)

// EvenRect converts r from slide pixels to pixels of a video of the given size: all four numbers even, inside the
// picture, at least 2×2. unit is the number of video pixels to a slide pixel.
func EvenRect(r lectern.Rect, unit float64, size lectern.Size) lectern.Rect {
	span := func(at, length, side int) (int, int) {
		side &^= 1
		from := int(math.Round(float64(at)*unit/2)) * 2
		to := int(math.Round(float64(at+length)*unit/2)) * 2
		from = min(max(from, 0), side-2)
		to = min(max(to, from+2), side)
		return from, to - from
	}
	var e lectern.Rect
	e.X, e.Width = span(r.X, r.Width, size.Width)
	e.Y, e.Height = span(r.Y, r.Height, size.Height)
	return e
}

// distance returns how far a point is outside the window's outline, shrunk by inset. Inside it is negative.
func (w Window) distance(x, y, inset float64) float64 {
	hw, hh := float64(w.At.Width)/2, float64(w.At.Height)/2
	x, y = math.Abs(x-float64(w.At.X)-hw), math.Abs(y-float64(w.At.Y)-hh)
	radius := 0.0
	switch w.Shape {
	case lectern.ShapeCircle:
		radius = min(hw, hh)
	case lectern.ShapeRounded:
		radius = min(cornerRadius*w.Unit, hw, hh)
	}
	dx, dy := x-(hw-radius), y-(hh-radius)
	return math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - radius + inset
}

// aside returns the distance of the i-th pixel to the right of the window's middle, in the row at y. It never falls as
// i grows. The i-th pixel to the left and the pixels of the mirrored row have exactly the same distance.
func (w Window) aside(i int, y, inset float64) float64 {
	return w.distance(float64(w.At.X+w.At.Width/2+i)+0.5, y, inset)
}

// reached counts the pixels of half a row that are inside: those before the first one outside. It searches from guess,
// for which the result of the row before is good.
func reached(guess, half int, inside func(i int) bool) int {
	for guess > 0 && !inside(guess-1) {
		guess--
	}
	for guess < half && inside(guess) {
		guess++
	}
	return guess
}

func coverage(distance float64) float64 { return min(max(0.5-distance, 0), 1) }

// ring returns the width of the ring in video pixels; 0 means no ring.
func (w Window) ring() float64 {
	if !w.Inset || w.Ring.A == 0 {
		return 0
	}
	return max(ringWidth*w.Unit, 1)
}

// Bake draws the still parts of the window on the slide: the shadow, and the ring as a filled shape whose inside the
// avatar will cover. A window that is not inset changes nothing.
func (w Window) Bake(slide *image.RGBA) {
	if !w.Inset || w.Ring.A == 0 {
		return
	}
	spread, drop := shadowSpread*w.Unit, shadowDrop*w.Unit
	reach := int(spread+drop) + 2
	area := image.Rect(w.At.X-reach, w.At.Y-reach, w.At.X+w.At.Width+reach,
		w.At.Y+w.At.Height+reach).Intersect(slide.Bounds())
	mid := w.At.X + w.At.Width/2
	half := max(mid-area.Min.X, area.Max.X-mid)
	inner := 0
	for y := area.Min.Y; y < area.Max.Y; y++ {
		py := float64(y) + 0.5
		inner = reached(inner, half, func(i int) bool { return coverage(w.aside(i, py, 0)) == 1 })
		row := slide.Pix[slide.PixOffset(area.Min.X, y):][:4*area.Dx()]
		for x := max(mid-inner, area.Min.X); x < min(mid+inner, area.Max.X); x++ { // the window covers the shadow here
			p := row[4*(x-area.Min.X):][:3]
			p[0], p[1], p[2] = w.Ring.R, w.Ring.G, w.Ring.B
		}
		c := 1.0
		for i := inner; i < half; i++ {
			if c > 0 {
				c = coverage(w.aside(i, py, 0))
			}
			s := shadow(w.aside(i, py-drop, 0), spread)
			if c == 0 && s <= 0 { // further out there is none either, except for rounding errors that change no byte
				break
			}
			for _, x := range [2]int{mid - 1 - i, mid + i} {
				if x >= area.Min.X && x < area.Max.X {
					w.tint(row[4*(x-area.Min.X):][:3], s, c)
				}
			}
		}
	}
}

// tint draws the shadow over a pixel, and the ring over both.
func (w Window) tint(p []byte, shadow, ring float64) {
	if shadow > 0 {
		mix(p, 0, 0, 0, shadow)
	}
	if ring > 0 {
		mix(p, w.Ring.R, w.Ring.G, w.Ring.B, ring)
	}
}

// shadow returns the darkness of a soft shadow at a distance from the edge of its object.
func shadow(distance, spread float64) float64 {
	t := min(max((distance+spread*0.6)/(spread*1.6), 0), 1)
	return shadowAlpha * (1 - t*t*(3-2*t))
}

func mix(p []byte, r, g, b byte, share float64) {
	for i, c := range [3]byte{r, g, b} {
		p[i] = byte(float64(p[i])*(1-share) + float64(c)*share + 0.5)
	}
}

// Region composes an avatar's frames with the part of the slide behind them. One Region serves all frames of a slide
// and allocates nothing for a frame. It is not safe for concurrent use.
type Region struct {
	at     lectern.Rect
	behind *image.RGBA // the part of the slide, with the window drawn on it
	mask   []byte      // the avatar's opacity in each pixel
	pairs  []rows
	planes *YUV
	row    [2][]byte
}

// rows is two rows of a region. The avatar is visible in the pixels from..to, and fully visible in full..part, if that
// is not empty. All four are even.
type rows struct {
	from, full, part, to int
	left, right          [2]run // from..full and part..to
}

// run is a part of a row: the slide behind it, and the avatar's opacity.
type run struct{ behind, mask []byte }

// span is a row of the mask: opacity 0 before seen and from end on, full opacity from full to part. Without a pixel of
// full opacity, both are end.
type span struct{ seen, full, part, end int }

// NewRegion returns a Region over slide, on which the window has been drawn by Bake.
func (w Window) NewRegion(slide *image.RGBA) *Region {
	g := &Region{at: w.At, behind: image.NewRGBA(image.Rect(0, 0, w.At.Width, w.At.Height)),
		planes: NewYUV(w.At.Width, w.At.Height)}
	width := w.At.Width
	var spans []span
	g.mask, spans = w.mask()
	for y := range w.At.Height {
		o := slide.PixOffset(slide.Rect.Min.X+w.At.X, slide.Rect.Min.Y+w.At.Y+y)
		copy(g.behind.Pix[y*4*width:(y+1)*4*width], slide.Pix[o:o+4*width])
	}
	for i := range g.row {
		g.row[i] = make([]byte, 4*width)
	}
	// The parts at the window's edge are stored one after the other, because they are read for each frame.
	rim := make([]byte, 0, 40*(width+w.At.Height))
	aside := func(b []byte) []byte {
		rim = append(rim, b...)
		return rim[len(rim)-len(b):]
	}
	for y := 0; y < w.At.Height; y += 2 {
		r := rowsOf(spans[y], spans[y+1])
		for i := range 2 {
			left, right := g.piece(y+i, r.from, r.full), g.piece(y+i, r.part, r.to)
			r.left[i] = run{aside(left.behind), aside(left.mask)}
			r.right[i] = run{aside(right.behind), aside(right.mask)}
		}
		g.pairs = append(g.pairs, r)
		o := y * 4 * width
		g.planes.convert(g.behind.Pix[o:o+4*width], g.behind.Pix[o+4*width:o+8*width], 0, y, w.At.X, w.At.Y+y)
	}
	return g
}

func rowsOf(a, b span) rows {
	if a.seen == a.end && b.seen == b.end {
		return rows{}
	}
	r := rows{from: min(a.seen, b.seen) &^ 1, to: (max(a.end, b.end) + 1) &^ 1}
	if r.full, r.part = (max(a.full, b.full)+1)&^1, min(a.part, b.part)&^1; r.full >= r.part {
		r.full, r.part = r.to, r.to
	}
	return r
}

// piece returns the pixels from..to of row y.
func (g *Region) piece(y, from, to int) run {
	o := y * g.at.Width
	return run{g.behind.Pix[4*(o+from) : 4*(o+to)], g.mask[o+from : o+to]}
}

// mask returns the avatar's opacity in each pixel, and each row as a span.
func (w Window) mask() ([]byte, []span) {
	width, height, half := w.At.Width, w.At.Height, w.At.Width/2
	mask, spans := make([]byte, width*height), make([]span, height)
	inset, all := w.ring(), bytes.Repeat([]byte{255}, width)
	full := 0
	for y := range height / 2 {
		seen := func(i int) byte { return byte(coverage(w.aside(i, float64(w.At.Y+y)+0.5, inset))*255 + 0.5) }
		full = reached(full, half, func(i int) bool { return seen(i) == 255 })
		row := mask[y*width:][:width]
		copy(row[half-full:half+full], all)
		end := full
		for ; end < half; end++ {
			m := seen(end)
			if m == 0 {
				break
			}
			row[half-1-end], row[half+end] = m, m
		}
		s := span{seen: half - end, full: half - full, part: half + full, end: half + end}
		if full == 0 {
			s.full, s.part = s.end, s.end
		}
		copy(mask[(height-1-y)*width:], row)
		spans[y], spans[height-1-y] = s, s
	}
	return mask, spans
}

// Bytes is the size of a composed picture.
func (g *Region) Bytes() int { return len(g.planes.Pix) }

// Compose draws a frame of the window's size over the slide, masked by the window, and returns the opaque picture. It
// is valid until the next call.
func (g *Region) Compose(frame *image.RGBA) []byte {
	for i := range g.pairs {
		r, y := &g.pairs[i], 2*i
		if r.full < r.part && g.straight(frame, y, r.full, r.part) {
			g.through(frame, y, r.from, &r.left)
			g.through(frame, y, r.part, &r.right)
			continue
		}
		g.through(frame, y, r.from, &[2]run{g.piece(y, r.from, r.to), g.piece(y+1, r.from, r.to)})
	}
	return g.planes.Pix
}

// straight converts the pixels from..to of rows y and y+1, where the frame has full opacity, without reading the slide.
// It reports whether the pixels are opaque. If not, its output is invalid.
func (g *Region) straight(frame *image.RGBA, y, from, to int) bool {
	row := func(y int) []byte { return frame.Pix[y*frame.Stride+4*from:][:4*(to-from)] }
	top, bottom := row(y), row(y+1)
	if top[3] < 255 || bottom[3] < 255 { // a frame with transparent parts is mostly transparent here
		return false
	}
	return g.planes.convert(top, bottom, from, y, g.at.X+from, g.at.Y+y)
}

// through converts pixels of rows y and y+1, from x on, over the slide.
func (g *Region) through(frame *image.RGBA, y, x int, runs *[2]run) {
	n := 4 * len(runs[0].mask)
	if n == 0 {
		return
	}
	for i := range runs {
		runs[i].lay(g.row[i][:n], frame.Pix[(y+i)*frame.Stride+4*x:][:n])
	}
	g.planes.convert(g.row[0][:n], g.row[1][:n], x, y, g.at.X+x, g.at.Y+y)
}

// lay writes src over the slide into dst.
func (r *run) lay(dst, src []byte) {
	copy(dst, r.behind)
	for x, m := range r.mask {
		switch {
		case m == 0:
		case m == 255 && src[4*x+3] == 255:
			binary.LittleEndian.PutUint32(dst[4*x:], binary.LittleEndian.Uint32(src[4*x:]))
		default:
			over(dst[4*x:][:4], src[4*x:][:4], uint32(m))
		}
	}
}

// over draws a premultiplied pixel with opacity mask/255 over an opaque one.
func over(dst, src []byte, mask uint32) {
	rest := 255 - div255(uint32(src[3])*mask)
	for i := range 3 {
		dst[i] = byte(min(div255(uint32(src[i])*mask+uint32(dst[i])*rest), 255))
	}
}

// div255 divides by 255, rounded, exactly for all products of bytes.
func div255(v uint32) uint32 { return (v + 128 + (v+128)>>8) >> 8 }
