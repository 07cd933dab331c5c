package builtin

import (
	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// lips is the geometry of a mouth in one state, in design units.
type lips struct {
	l, r       paint.Point // corners
	top, low   float64     // middle of the opening's upper and lower edge
	gap        float64     // low - top
	tu, tl     float64     // thickness of the lips
	half       float64
	full       float64 // how round the opening's edge is, 0 to 1
	teethLow   float64 // lower edge of the upper teeth
	teethHigh  float64 // upper edge of the lower teeth
	innerUpper []paint.Point
	innerLower []paint.Point
}

// shapeLips computes the geometry.
func shapeLips(f *mouth, m speech.Mouth, smile float64) lips {
	var g lips
	wide := m[speech.Wide]
	g.half = f.half * (1 + 0.17*max(wide, 0) + 0.60*min(wide, 0) + 0.07*smile)
	open := max(m[speech.Open], 0) * f.aperture * (1 - 0.16*smile)
	tuck, press, round := m[speech.Tuck], m[speech.Press], m[speech.Round]
	g.full = min(0.25+0.75*round+0.2*m[speech.Open], 1)
	// The opening's edges leave the lip line as soon as the lips part; raised lips need a parted mouth.
	parted := speech.Smooth(open / 7)
	g.top = f.y - 0.20*open - 4.2*m[speech.Upper]*parted - 1.5*round*parted
	g.low = f.y + 0.80*open + 3.2*m[speech.Lower]*parted
	g.top -= 4.5 * tuck * parted
	g.low += (f.y + 2.2 - g.low) * tuck
	g.low = max(g.low, g.top)
	g.gap = g.low - g.top
	drop := 0.22*open - 10.5*smile*(1-0.7*round) - 3*tuck
	drop = mix(drop, (g.top+g.low)/2-f.y, 0.75*round)
	g.l, g.r = paint.P(-g.half, f.y+drop+0.6), paint.P(g.half+0.8, f.y+drop-0.5)
	g.tu = f.upper * (1 - 0.30*press - 0.12*max(wide, 0) - 0.10*m[speech.Open] + 0.22*round - 0.18*m[speech.Upper])
	g.tl = f.lower * (1 - 0.26*press - 0.10*max(wide, 0) - 0.08*m[speech.Open] + 0.20*round - 0.45*tuck)
	jaw := 0.80*open + 1
	g.teethLow = f.y + 3.4 + 1.2*parted - 7*round*(1-m[speech.Teeth])
	g.teethHigh = f.y + 4.6 + (1-m[speech.Teeth])*max(jaw*0.72, 1)
	g.innerUpper = g.edge(g.top, 1.3*(1-round))
	g.innerLower = g.edge(g.low, 0)
	return g
}

// edge runs from the left to the right corner through y in the middle; bow dents its middle down.
func (g *lips) edge(y, bow float64) []paint.Point {
	near, far := mix(0.70, 0.90, g.full), mix(0.26, 0.56, g.full) // the edge's height as a part of its largest height
	at := func(x, k float64) paint.Point {
		c := g.l.Mix(g.r, (x+1)/2)
		return paint.P(c.X, c.Y+(y-c.Y)*k)
	}
	mid := at(0, 1)
	return []paint.Point{g.l, at(-0.88, far), at(-0.56, near), at(-0.22, 0.99), paint.P(mid.X, mid.Y+bow),
		at(0.22, 0.99), at(0.56, near), at(0.88, far), g.r}
}

func drawMouth(c *paint.Canvas, f *mouth, s *skin, m speech.Mouth, smile float64) {
	g := shapeLips(f, m, smile)
	shadeAround(c, f, s, &g, m, smile)
	opening := (&paint.Path{}).Move(g.l.X, g.l.Y).Through(g.innerUpper[1:]...).Through(reverse(g.innerLower[:8])...).
		Close()
	if g.gap > 0.3 {
		drawInside(c.Clip(opening), f, &g, m)
	}
	drawLips(c, f, s, &g, m)
	if out := m[speech.Out]; out > 0.02 {
		tongueTip(c, f, &g, out)
	}
}

// shadeAround draws the soft shade around the lips: below the lower lip and in the corners.
func shadeAround(c *paint.Canvas, f *mouth, s *skin, g *lips, m speech.Mouth, smile float64) {
	y := g.low + g.tl
	c.Soft(paint.Ellipse(1.5, y+5.5, g.half*0.56, 3.8), paint.Flat(s.shade.Mix(s.deep, 0.35).Alpha(0.62)), 3.6)
	k := 0.16 + 0.30*smile + 0.2*max(m[speech.Wide], 0)
	for _, p := range [2]paint.Point{g.l, g.r} {
		side := 1.0
		if p.X < 0 {
			side = -1
		}
		c.Soft(paint.Ellipse(p.X+side*3.6, p.Y+0.6, 2.6, 4.4), paint.Flat(s.deep.Alpha(k)), 2.6)
	}
	if r := m[speech.Round]; r > 0.02 { // lips that are pushed forward cast a shadow around them
		c.Soft(paint.Ellipse(0, f.y+2, g.half+9, g.tu+g.tl+g.gap*0.5+5), paint.Flat(s.shade.Alpha(0.35*r)), 5)
	}
}

func drawInside(c *paint.Canvas, f *mouth, g *lips, m speech.Mouth) {
	h := g.half + 4
	c.Fill(paint.Rect(-h, g.top-8, h, g.low+8), paint.Linear(0, g.top, 0, g.low+2, paint.RGB(0x2a0d12),
		paint.RGB(0x48161b), paint.RGB(0x6a2427)))
	// Tongue: a mound that rises with its tip.
	rise := m[speech.Tongue]
	ty := g.low + 7 - 0.30*g.gap - rise*g.gap*0.30
	c.Soft(paint.Ellipse(0, ty+9, g.half*0.66, 14+rise*2), paint.Linear(0, ty-5, 0, ty+16, paint.RGB(0xc9696a),
		paint.RGB(0x9c4148)), 1.0)
	c.Soft(paint.Ellipse(0.5, ty+6, 2.2, 8), paint.Flat(paint.RGB(0x7a2f38).Alpha(0.45)), 1.6)
	// Lower teeth, then the upper ones in front of them.
	if g.teethHigh < g.low+2 {
		teethRow(c, g, g.teethHigh, g.teethHigh+11, false)
	}
	if g.teethLow > g.top+3 { // lips that are pushed forward hide the teeth
		teethRow(c, g, f.y-14, g.teethLow, true)
	}
	// The upper lip's shadow falls on the teeth.
	sh := (&paint.Path{}).Move(g.l.X-4, g.top-12).Line(g.r.X+4, g.top-12).Line(g.r.X, g.r.Y).
		Through(reverse(shifted(g.innerUpper[1:8], 2.4))...).Line(g.l.X, g.l.Y).Close()
	c.Soft(sh, paint.Flat(paint.RGB(0x3a1016).Alpha(0.55)), 1.7)
}

// teethRow draws a row of teeth as one shape that is darker towards the sides. The upper row has a gently scalloped
// edge and lines between its teeth.
func teethRow(c *paint.Canvas, g *lips, y0, y1 float64, upper bool) {
	w := min(g.half*0.86, 35)
	p := &paint.Path{}
	side := paint.RGB(0x8a6b62)
	mid := paint.RGB(0xf1e8df)
	if upper {
		p.Move(-w, y0).Line(w, y0).Line(w, y1-5)
		p.Through(paint.P(w*0.74, y1-2.2), paint.P(w*0.42, y1-0.2), paint.P(w*0.22, y1+0.5), paint.P(0, y1-0.1),
			paint.P(-w*0.22, y1+0.5), paint.P(-w*0.42, y1-0.2), paint.P(-w*0.74, y1-2.2), paint.P(-w, y1-5))
	} else {
		mid = paint.RGB(0xd9c9bf)
		w *= 0.84
		p.Move(-w, y1).Line(w, y1).Line(w, y0+3.5)
		p.Through(paint.P(w*0.6, y0+0.8), paint.P(0, y0), paint.P(-w*0.6, y0+0.8), paint.P(-w, y0+3.5))
	}
	p.Close()
	c.Draw(p, paint.Style{Paint: paint.Linear(-w, 0, w, 0, side, mid.Mix(side, 0.18), mid, mid.Mix(side, 0.10),
		mid.Mix(side, 0.45), side.Mix(paint.RGB(0x2a0d12), 0.3)).At(0, 0.2, 0.42, 0.6, 0.8, 1), Blur: 0.45})
	if upper {
		for _, x := range [...]float64{-0.50, -0.25, 0, 0.25, 0.50} {
			c.Draw(paint.Rect(x*w-0.35, y1-9, x*w+0.35, y1+0.4),
				paint.Style{Paint: paint.Flat(side.Alpha(0.26)), Blur: 0.35})
		}
	}
}

func tongueTip(c *paint.Canvas, f *mouth, g *lips, out float64) {
	y := g.teethLow + 0.5
	w := g.half * 0.46
	tip := paint.Blob(paint.P(-w, y-1), paint.P(0, y-2.2), paint.P(w, y-1), paint.P(w*0.82, y+4.5*out),
		paint.P(0, y+7.6*out), paint.P(-w*0.82, y+4.5*out))
	c.Soft(tip.Shift(0, 1.6), paint.Flat(paint.RGB(0x5a1c22).Alpha(0.5*out)), 1.4)
	c.Draw(tip, paint.Style{Paint: paint.Linear(0, y-2, 0, y+8, paint.RGB(0xa9505a), paint.RGB(0xdd8583)),
		Opacity: min(out*1.6, 1), Blur: 0.4})
}

func drawLips(c *paint.Canvas, f *mouth, s *skin, g *lips, m speech.Mouth) {
	press := m[speech.Press]
	// Upper lip: two peaks and a bow above the edge.
	bow := 0.34 * (1 - 0.7*m[speech.Round])
	top := func(x, k float64) paint.Point {
		i := g.l.Mix(g.r, (x+1)/2)
		return paint.P(i.X, i.Y+(g.top-g.tu*k-i.Y)*(1-0.04*abs(x)))
	}
	upper := (&paint.Path{}).Move(g.l.X-1, g.l.Y)
	e := 0.42 + 0.2*g.full
	upper.Through(paint.P(mix(g.l.X, 0, 0.36), mix(g.l.Y, g.top-g.tu, e+0.14)), top(-0.20, 1),
		top(0, 1-bow), top(0.20, 1),
		paint.P(mix(g.r.X, 0, 0.36), mix(g.r.Y, g.top-g.tu, e+0.14)), paint.P(g.r.X+1, g.r.Y))
	upper.Through(reverse(g.innerUpper[:8])...).Close()
	c.Draw(upper, paint.Style{Paint: paint.Linear(0, g.top-g.tu, 0, g.top+1.5, f.tone.Mix(s.base, 0.18), f.tone,
		f.dark).At(0, 0.45, 1), Blur: 0.5})

	lower := (&paint.Path{}).Move(g.l.X-0.6, g.l.Y).Through(g.innerLower[1:]...)
	bot := g.low + g.tl
	out := func(x, k float64) paint.Point {
		i := g.l.Mix(g.r, (x+1)/2)
		return paint.P(i.X, mix(i.Y, bot, k))
	}
	near, far := mix(0.66, 0.86, g.full), mix(0.30, 0.56, g.full)
	lower.Through(out(0.86, far), out(0.58, near), out(0.25, 0.985), out(-0.25, 1), out(-0.58, near), out(-0.86, far),
		g.l).Close()
	c.Draw(lower, paint.Style{Paint: paint.Linear(0, g.low, 0, bot, f.tone.Mix(f.dark, 0.35), f.light,
		f.tone.Mix(s.shade, 0.25)).At(0, 0.42, 1), Blur: 0.55})
	hl := paint.Ellipse(-g.half*0.16, g.low+g.tl*0.42, g.half*0.30, g.tl*0.17)
	c.Clip(lower).Soft(hl, paint.Flat(paint.RGB(0xffffff).Alpha(0.20*(1-0.5*press))), 1.7)

	// The line in which closed lips meet; when they part, it stays in the corners.
	closed := 1 - speech.Smooth(g.gap/5)
	if closed > 0.01 {
		mid := make([]paint.Point, 9)
		for i := range mid {
			mid[i] = g.innerUpper[i].Mix(g.innerLower[i], 0.5)
		}
		mid[4].Y += 0.5
		c.Draw(paint.Taper(mid, []float64{0.6, 1.4, 1.9, 2.3, 2.5, 2.3, 1.8, 1.3, 0.6}),
			paint.Style{Paint: paint.Flat(f.line), Opacity: 0.25 + 0.75*closed, Blur: 0.4})
	}
	for _, p := range [2]paint.Point{g.l, g.r} {
		c.Soft(paint.Ellipse(p.X, p.Y, 1.8, 1.1), paint.Flat(f.line.Alpha(0.42)), 1.0)
	}
}

func mix(a, b, t float64) float64 { return a + (b-a)*t }
