package builtin

import (
	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// skin is the set of tones of one person's skin.
type skin struct {
	light, base, shade, deep, blush, rim paint.Colour
}

// eyes is the size and colour of a pair of eyes.
type eyes struct {
	x, y          float64 // centre of the viewer's right eye
	half          float64 // half width
	up, down      float64 // height of the lids' middle above and below the centre
	slant         float64 // how far the outer corner is above the centre
	iris          float64 // radius
	irisIn        paint.Colour
	irisOut       paint.Colour
	lash          paint.Colour
	lashes        float64 // thickness of the upper lash line
	wing          float64 // length of the outer lashes
	lidTone       paint.Colour
	creaseOpacity float64
}

// brow is one brow, for the viewer's right side; the left one mirrors it.
type brow struct {
	points []paint.Point
	width  []float64
	tone   paint.Colour
	tip    paint.Colour
}

// mouth is the size and colour of a mouth at rest.
type mouth struct {
	y, half      float64
	upper, lower float64 // thickness of the lips
	tone, dark   paint.Colour
	light, line  paint.Colour
	aperture     float64 // height of the opening at Open = 1
}

// eyesBox, browsBox and mouthBox are the parts of the head that sprites cover, in design units.
var (
	eyesBox  = [4]float64{-106, -40, 106, 46}
	browsBox = [4]float64{-116, -92, 116, -10}
	mouthBox = [4]float64{-84, 70, 84, 190}
)

func drawEyes(c *paint.Canvas, e *eyes, s *skin, lids [2]float64, gaze paint.Point, smile float64) {
	for i, side := range [2]float64{-1, 1} {
		drawEye(c, e, s, side, lids[i], gaze, smile)
	}
}

// eyeCurve returns the lid line from the inner to the outer corner with its middle at y.
func eyeCurve(e *eyes, side, y, bias float64) []paint.Point {
	cx := side * e.x
	in, out := paint.P(cx-side*e.half, e.y+4.5), paint.P(cx+side*(e.half+1), e.y-e.slant)
	mid := func(t, k float64) paint.Point {
		p := in.Mix(out, t)
		return paint.P(p.X, p.Y+(y-p.Y)*k)
	}
	return []paint.Point{in, mid(0.26-bias, 0.80), mid(0.50-bias/2, 1), mid(0.76, 0.78), out}
}

func drawEye(c *paint.Canvas, e *eyes, s *skin, side, lid float64, gaze paint.Point, smile float64) {
	cx := side * e.x
	closedY := e.y + e.down - 3
	topY := closedY + (e.y-e.up-closedY)*lid
	lowY := e.y + e.down - 2.2*smile - 1.6*(1-lid)
	upper, lower := eyeCurve(e, side, topY, 0.02), eyeCurve(e, side, lowY, -0.03)

	// The lid's skin, from the crease down to the lashes.
	crease := eyeCurve(e, side, e.y-e.up-6.5+2.5*(1-lid), 0.01)
	crease[0].Y -= 3
	crease[4] = crease[4].Add(paint.P(side*3, -3))
	lidSkin := (&paint.Path{}).Move(crease[0].X, crease[0].Y).Through(crease[1:]...).Line(upper[4].X, upper[4].Y).
		Through(reverse(upper[:4])...).Close()
	c.Draw(lidSkin, paint.Style{Paint: paint.Linear(cx, e.y-e.up-6, cx, e.y+e.down, s.shade.Mix(e.lidTone, 0.5),
		s.base.Mix(e.lidTone, 0.35), s.shade), Blur: 0.5})

	if lid > 0.04 {
		open := (&paint.Path{}).Move(upper[0].X, upper[0].Y).Through(upper[1:]...).Through(reverse(lower[:4])...).
			Close()
		in := c.Clip(open)
		in.Fill(open, paint.Linear(cx-side*e.half*0.2, e.y-e.up, cx, e.y+e.down, paint.RGB(0xd9d0cb),
			paint.RGB(0xf6f1ec), paint.RGB(0xe9dfd9)))
		in.Soft(paint.Ellipse(cx+e.half*1.05, e.y+2, e.half*0.42, e.up*1.4), paint.Flat(s.shade.Alpha(0.35)), 3)
		in.Fill(paint.Ellipse(cx-side*(e.half-1), e.y+4.5, 4.2, 4), paint.Flat(s.blush.Alpha(0.75)))
		drawIris(in, e, cx+gaze.X*8.5-side*0.6, e.y-1.5+gaze.Y*5)
		// The lid's shadow on the eye.
		sh := (&paint.Path{}).Move(upper[0].X, upper[0].Y-6).Line(upper[4].X, upper[4].Y-6).Line(upper[4].X,
			upper[4].Y+2).Through(reverse(shifted(upper[1:4], 4.6))...).Line(upper[0].X, upper[0].Y).Close()
		in.Soft(sh, paint.Flat(paint.RGB(0x2b1a22).Alpha(0.46)), 1.6)
		r := e.iris
		in.Fill(paint.Ellipse(cx+gaze.X*8.5-side*0.6-r*0.36, e.y-1.5+gaze.Y*5-r*0.34, r*0.23, r*0.25),
			paint.Flat(paint.RGB(0xffffff).Alpha(0.97)))
	}
	lashLine(c, e, side, lid, upper, lower)
	c.Fill(paint.Taper(crease, []float64{0.4, 1.6, 2.2, 2.0, 0.5}), paint.Flat(s.deep.Alpha(e.creaseOpacity)))
}

func drawIris(c *paint.Canvas, e *eyes, x, y float64) {
	r := e.iris
	c.Fill(paint.Ellipse(x, y, r, r), paint.Flat(e.irisOut.Mix(paint.RGB(0x0c0a10), 0.45)))
	c.Fill(paint.Ellipse(x, y, r-1.1, r-1.1), paint.Linear(x, y-r, x, y+r, e.irisOut.Mix(paint.RGB(0x0c0a10), 0.35),
		e.irisOut, e.irisIn).At(0, 0.45, 1))
	c.Soft(paint.Ellipse(x+1.5, y+r*0.45, r*0.62, r*0.42),
		paint.Flat(e.irisIn.Mix(paint.RGB(0xffffff), 0.25).Alpha(0.55)), 2)
	c.Fill(paint.Ellipse(x, y, r*0.47, r*0.47), paint.Flat(paint.RGB(0x120d12)))
	c.Soft(paint.Ellipse(x+r*0.40, y+r*0.42, r*0.15, r*0.13), paint.Flat(paint.RGB(0xffffff).Alpha(0.35)), 0.5)
}

func lashLine(c *paint.Canvas, e *eyes, side, lid float64, upper, lower []paint.Point) {
	t := e.lashes
	top := append([]paint.Point(nil), shifted(upper, -t*0.22)...)
	if e.wing > 0 {
		end := top[4]
		top = append(top, paint.P(end.X+side*e.wing, end.Y-e.wing*(0.62*lid-0.25*(1-lid))))
		c.Fill(paint.Taper(top, []float64{t * 0.35, t * 0.9, t * 1.15, t * 1.1, t * 0.8, 0.3}), paint.Flat(e.lash))
	} else {
		c.Fill(paint.Taper(top, []float64{t * 0.3, t * 0.85, t, t, t * 0.5}), paint.Flat(e.lash))
	}
	c.Draw(paint.Taper(shifted(lower, 0.4), []float64{0.5, 0.9, 1.1, 1.5, 1.6}),
		paint.Style{Paint: paint.Flat(e.lash.Alpha(0.42)), Blur: 0.4})
}

func shifted(p []paint.Point, dy float64) []paint.Point {
	out := make([]paint.Point, len(p))
	for i, v := range p {
		out[i] = paint.P(v.X, v.Y+dy)
	}
	return out
}

func reverse(p []paint.Point) []paint.Point {
	out := make([]paint.Point, len(p))
	for i, v := range p {
		out[len(p)-1-i] = v
	}
	return out
}

func drawBrows(c *paint.Canvas, b *brow, raise [2]float64, frown float64) {
	for i, side := range [2]float64{-1, 1} {
		n := len(b.points)
		pts := make([]paint.Point, n)
		for k, p := range b.points {
			t := float64(k) / float64(n-1) // 0 inside, 1 outside
			lift := raise[i] * (9 + 5*speech.Smooth(1-2*abs(t-0.45)))
			pts[k] = paint.P(side*(p.X-frown*4*(1-t)), p.Y-lift+frown*5*(1-t))
		}
		if side < 0 { // the two sides of a face differ a little
			pts = shifted(pts, -1.6)
			pts[n/2].Y -= 1.2
		}
		body := paint.Taper(pts, b.width)
		x0, x1 := pts[0].X, pts[n-1].X
		c.Draw(body, paint.Style{Paint: paint.Linear(x0, 0, x1, 0, b.tone.Alpha(0), b.tone.Alpha(0.55),
			b.tone.Alpha(0.94), b.tone, b.tip).At(0, 0.13, 0.32, 0.5, 1), Blur: 0.7})
	}
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
