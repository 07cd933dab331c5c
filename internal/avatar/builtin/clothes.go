package builtin

import "lectern/internal/avatar/builtin/paint"

// fold is a crease in cloth: a dark taper next to a light one.
func fold(c *paint.Canvas, dark, light paint.Colour, w float64, pts ...paint.Point) {
	ws := make([]float64, len(pts))
	for i := range ws {
		ws[i] = w
	}
	ws[0], ws[len(ws)-1] = w*0.2, 0.4
	c.Soft(paint.Taper(pts, ws), paint.Flat(dark), w*0.32)
	side := make([]paint.Point, len(pts))
	for i, p := range pts {
		side[i] = paint.P(p.X-w*0.9, p.Y-w*0.15)
	}
	c.Soft(paint.Taper(side, ws), paint.Flat(light), w*0.38)
}

// softFold is a broad, shallow crease.
func softFold(c *paint.Canvas, dark, light paint.Colour, w float64, pts ...paint.Point) {
	ws := make([]float64, len(pts))
	for i := range ws {
		ws[i] = w * (1 - 0.6*float64(i)/float64(len(pts)))
	}
	ws[0], ws[len(ws)-1] = w*0.7, 0.5
	c.Soft(paint.Taper(pts, ws), paint.Flat(dark), w*0.42)
	up := make([]paint.Point, len(pts))
	for i, p := range pts {
		up[i] = paint.P(p.X, p.Y-w*0.95)
	}
	c.Soft(paint.Taper(up, ws), paint.Flat(light), w*0.42)
}

// raglan is the seam from the collar to the armpit: a fine dark line next to a raised edge.
func raglan(c *paint.Canvas, tone, dark, light paint.Colour, side, x0, y0, x1, y1 float64) {
	mid := paint.P(side*mix(x0, x1, 0.45), mix(y0, y1, 0.55))
	line := []paint.Point{paint.P(side*x0, y0), mid, paint.P(side*x1, y1)}
	c.Soft(paint.Taper(line, []float64{2.4, 2.4, 2}), paint.Flat(dark.Alpha(0.55)), 0.7)
	off := make([]paint.Point, 3)
	for i, p := range line {
		off[i] = paint.P(p.X+side*4, p.Y-2)
	}
	c.Soft(paint.Taper(off, []float64{4, 4, 3}), paint.Flat(light.Mix(tone, 0.3).Alpha(0.5)), 1.4)
}

// trunk is the outline of a clothed upper body, from the sides of the neck over the shoulders to below the frame. The
// cloth leaves the neck at nx, ny; the shoulder's point is sx, sy; arm is half the width at the arms.
func trunk(nx, ny, sx, sy, arm float64) *paint.Path {
	p := (&paint.Path{}).Move(-nx, ny)
	p.Through(paint.P(-nx-46, ny+24), paint.P(-sx+52, sy-32), paint.P(-sx+6, sy), paint.P(-sx-22, sy+66),
		paint.P(-arm, sy+240), paint.P(-arm-8, sy+460), paint.P(-arm-4, sy+700))
	p.Line(-arm, floorY+100).Line(arm, floorY+100).Line(arm+4, sy+700)
	p.Through(paint.P(arm+8, sy+460), paint.P(arm, sy+240), paint.P(sx+22, sy+66), paint.P(sx-6, sy),
		paint.P(sx-52, sy-32), paint.P(nx+46, ny+24), paint.P(nx, ny))
	return p.Close()
}

// shadeTrunk models a body of cloth: light on the near shoulder, shade on the far side, arms apart from the chest.
func shadeTrunk(c *paint.Canvas, body *paint.Path, tone, dark, light paint.Colour, sx, sy float64) *paint.Canvas {
	c.Fill(body, paint.Linear(-sx, sy-60, sx*0.9, sy+460, light.Mix(tone, 0.35), tone, tone.Mix(dark, 0.55)).At(0, 0.42,
		1))
	in := c.Clip(body)
	in.Soft(paint.Blob(paint.P(sx*0.50, sy-90), paint.P(sx*0.70, sy+40), paint.P(sx*0.62, sy+300),
		paint.P(sx*0.62, sy+900), paint.P(sx*2, sy+900), paint.P(sx*2, sy-60)), paint.Flat(dark.Alpha(0.50)), 34)
	in.Soft(paint.Ellipse(-sx*0.66, sy+4, sx*0.28, 42), paint.Flat(light.Alpha(0.55)), 26)
	// The arms' inner edges.
	for _, side := range [2]float64{-1, 1} {
		x := side * (sx - 62)
		in.Soft(paint.Taper([]paint.Point{paint.P(x+side*10, sy+70), paint.P(x, sy+170), paint.P(x-side*2, sy+330),
			paint.P(x+side*4, sy+640), paint.P(x+side*4, sy+1000)}, []float64{2, 12, 14, 14, 14}),
			paint.Flat(dark.Alpha(0.75)), 5)
		in.Soft(paint.Taper([]paint.Point{paint.P(x+side*26, sy+70), paint.P(x+side*18, sy+190), paint.P(x+side*18, sy+420),
			paint.P(x+side*22, sy+1000)}, []float64{4, 16, 18, 18}), paint.Flat(light.Alpha(0.22)), 9)
	}
	// The head's shadow on shoulders and chest.
	in.Soft(paint.Ellipse(26, 262, 128, 46), paint.Flat(dark.Alpha(0.42)), 20)
	return in
}

// rimLight is the light on the shoulders' edges, from behind.
func rimLight(in *paint.Canvas, tone paint.Colour, nx, ny, sx, sy float64) {
	for _, side := range [2]float64{-1, 1} {
		k := 0.55
		if side < 0 {
			k = 0.42
		}
		in.Soft(paint.Taper([]paint.Point{paint.P(side*(nx+30), ny+14), paint.P(side*(sx-52), sy-31),
			paint.P(side*(sx-6), sy+1), paint.P(side*(sx+20), sy+66), paint.P(side*(sx+30), sy+170)}, []float64{1, 5, 6, 5, 1}),
			paint.Flat(tone.Alpha(k)), 2.4)
	}
}

func mikhailoBusiness(c *paint.Canvas) {
	tone, dark, light := paint.RGB(0x2c3a57), paint.RGB(0x141c30), paint.RGB(0x4d6188)
	shirt(c, paint.RGB(0xf2f4f8), paint.RGB(0xc3cbdb), paint.RGB(0x8e9ab3))
	body := trunk(92, 262, 318, 388, 352)
	// The jacket shows the shirt down to the button.
	gap := (&paint.Path{}).Move(-104, 200).Through(paint.P(-98, 262), paint.P(-72, 350), paint.P(-36, 490),
		paint.P(4, 640)).Line(8, 640).Through(paint.P(44, 490), paint.P(76, 350), paint.P(100, 262),
		paint.P(108, 200)).Close()
	in := shadeTrunk(c.ClipOut(gap), body, tone, dark, light, 318, 388)
	softFold(in, dark.Alpha(0.5), light.Alpha(0.16), 16, paint.P(-250, 452), paint.P(-196, 500), paint.P(-150, 520))
	softFold(in, dark.Alpha(0.4), light.Alpha(0.12), 16, paint.P(256, 452), paint.P(206, 502), paint.P(160, 524))
	fold(in, dark.Alpha(0.5), light.Alpha(0.2), 7, paint.P(-120, 720), paint.P(-60, 690), paint.P(0, 668))
	fold(in, dark.Alpha(0.5), light.Alpha(0.2), 7, paint.P(140, 730), paint.P(80, 694), paint.P(16, 668))
	in.Soft(paint.Taper([]paint.Point{paint.P(6, 640), paint.P(10, 800), paint.P(8, 1100)}, []float64{4, 6, 6}),
		paint.Flat(dark.Alpha(0.9)), 1.5)
	rimLight(in, paint.RGB(0x9fb4dd), 92, 262, 318, 388)
	lapels(c, tone, dark, light)
}

// shirt is the visible part between the lapels: body, placket, open collar.
func shirt(c *paint.Canvas, tone, shade, deep paint.Colour) {
	body := (&paint.Path{}).Move(-98, 262).Through(paint.P(-60, 300), paint.P(-24, 366),
		paint.P(0, 396)).Through(paint.P(26, 364), paint.P(62, 300), paint.P(100, 262)).Line(150, 700).Line(-150, 700).Close()
	c.Fill(body, paint.Linear(-90, 300, 90, 420, tone, tone.Mix(shade, 0.5), shade))
	in := c.Clip(body)
	in.Soft(paint.Blob(paint.P(10, 380), paint.P(60, 300), paint.P(140, 280), paint.P(140, 700), paint.P(30, 700)),
		paint.Flat(deep.Alpha(0.35)), 14)
	in.Soft(paint.Taper([]paint.Point{paint.P(2, 396), paint.P(4, 520), paint.P(6, 690)}, []float64{3, 3, 3}),
		paint.Flat(deep.Alpha(0.8)), 1)
	in.Soft(paint.Taper([]paint.Point{paint.P(18, 400), paint.P(20, 520), paint.P(20, 690)}, []float64{2, 2, 2}),
		paint.Flat(deep.Alpha(0.4)), 1)
	for _, y := range [...]float64{436, 512, 588} {
		in.Soft(paint.Ellipse(10.5, y+1.5, 5, 5), paint.Flat(deep.Alpha(0.7)), 1)
		in.Fill(paint.Ellipse(10, y, 4.6, 4.6), paint.Linear(6, y-4, 14, y+4, paint.RGB(0xffffff), shade))
	}
	fold(in, shade.Mix(deep, 0.4).Alpha(0.7), tone.Alpha(0.8), 7, paint.P(-40, 420), paint.P(-26, 500), paint.P(-8, 560))
	for _, side := range [2]float64{-1, 1} {
		p := func(x, y float64) paint.Point { return paint.P(side*x, y) }
		a, b, d, e, f := p(72, 220), p(118, 282), p(84, 376), p(12, 392), p(54, 312)
		wing := (&paint.Path{}).Move(a.X, a.Y).Through(p(82, 217), p(102, 240),
			b).Line(d.X, d.Y).Line(e.X, e.Y).Through(p(28, 356), f, p(70, 268), a).Close()
		c.Soft(wing.Shift(3, 7), paint.Flat(deep.Mix(paint.RGB(0x1c2233), 0.4).Alpha(0.6)), 5)
		near, far := tone, tone.Mix(shade, 0.45)
		if side > 0 {
			near, far = tone.Mix(shade, 0.35), shade
		}
		c.Fill(wing, paint.Linear(0, 230, 0, 392, near, far))
		w := c.Clip(wing)
		w.Soft(paint.Taper([]paint.Point{p(73, 222), p(71, 266), p(55, 312), p(29, 356), p(12, 390)},
			[]float64{8, 10, 9, 7, 2}), paint.Flat(deep.Alpha(0.40)), 5)
	}
}

func lapels(c *paint.Canvas, tone, dark, light paint.Colour) {
	for _, side := range [2]float64{-1, 1} {
		p := func(x, y float64) paint.Point { return paint.P(side*x, y) }
		fall := (&paint.Path{}).Move(p(103, 248).X, 248)
		fall.Through(p(126, 272), p(152, 316), p(170, 372)).Line(p(126, 392).X, 392).Line(p(156, 424).X, 424)
		fall.Through(p(118, 510), p(60, 596), p(4, 650)).Line(p(0, 640).X, 640)
		fall.Through(p(36, 506), p(70, 380), p(90, 290), p(96, 262), p(103, 248)).Close()
		c.Soft(fall.Shift(side*2+3, 8), paint.Flat(dark.Alpha(0.55)), 7)
		a, b := light.Mix(tone, 0.35), tone
		if side > 0 {
			a, b = tone.Mix(light, 0.25), tone.Mix(dark, 0.35)
		}
		c.Fill(fall, paint.Linear(side*160, 300, side*20, 560, a, b))
		in := c.Clip(fall)
		in.Soft(paint.Taper([]paint.Point{p(104, 252), p(82, 326), p(52, 446), p(4, 640)}, []float64{5, 7, 7, 4}),
			paint.Flat(light.Alpha(0.42)), 2.5)
		in.Soft(paint.Taper([]paint.Point{p(90, 332), p(112, 372), p(128, 392)}, []float64{1, 3.4, 3}),
			paint.Flat(dark.Alpha(0.85)), 1.2)
		in.Soft(paint.Taper([]paint.Point{p(160, 420), p(118, 508), p(58, 596)}, []float64{2, 4, 2}),
			paint.Flat(dark.Alpha(0.5)), 1.6)
	}
}

func mikhailoCasual(c *paint.Canvas) {
	tone, dark, light := paint.RGB(0x3f6b62), paint.RGB(0x1c3a36), paint.RGB(0x6f9c90)
	body := trunk(88, 256, 312, 386, 346)
	hole := (&paint.Path{}).Move(-82, 200).Through(paint.P(-72, 290), paint.P(-38, 322), paint.P(2, 332), paint.P(42, 321),
		paint.P(75, 289), paint.P(85, 200)).Close()
	in := shadeTrunk(c.ClipOut(hole), body, tone, dark, light, 312, 386)
	raglan(in, tone, dark, light, -1, 104, 282, 246, 452)
	raglan(in, tone, dark, light, 1, 106, 282, 250, 452)
	softFold(in, dark.Alpha(0.5), light.Alpha(0.22), 18, paint.P(-246, 470), paint.P(-188, 512), paint.P(-130, 520))
	softFold(in, dark.Alpha(0.42), light.Alpha(0.16), 18, paint.P(250, 470), paint.P(194, 516), paint.P(138, 526))
	softFold(in, dark.Alpha(0.36), light.Alpha(0.18), 16, paint.P(-244, 520), paint.P(-190, 580), paint.P(-150, 600))
	fold(in, dark.Alpha(0.35), light.Alpha(0.15), 9, paint.P(-60, 640), paint.P(20, 668), paint.P(120, 640))
	rimLight(in, paint.RGB(0xb9dccb), 96, 258, 312, 386)
	crewCollar(c, tone, dark, light)
}

// crewCollar is the ribbed neckband of a sweater.
func crewCollar(c *paint.Canvas, tone, dark, light paint.Colour) {
	outer := []paint.Point{{X: -100, Y: 254}, {X: -82, Y: 308}, {X: -44, Y: 344}, {X: 2, Y: 356}, {X: 48, Y: 343},
		{X: 86, Y: 308}, {X: 103, Y: 254}}
	inner := []paint.Point{{X: 79, Y: 236}, {X: 69, Y: 286}, {X: 40, Y: 316}, {X: 2, Y: 326}, {X: -37, Y: 317},
		{X: -66, Y: 287}, {X: -76, Y: 236}}
	band := (&paint.Path{}).Move(outer[0].X, outer[0].Y).Through(outer[1:]...).Through(paint.P(94, 240),
		inner[0]).Through(inner[1:]...).Through(paint.P(-91, 240), outer[0]).Close()
	c.Soft(band.Shift(2, 7), paint.Flat(dark.Alpha(0.6)), 5)
	c.Fill(band, paint.Linear(-100, 250, 100, 350, light, tone, dark.Mix(tone, 0.5)))
	in := c.Clip(band)
	for i := range 33 {
		t := (float64(i) + 0.5) / 33 * 6
		k := min(int(t), 5)
		f := t - float64(k)
		a, b := outer[k].Mix(outer[k+1], f), inner[6-k].Mix(inner[5-k], f)
		in.Soft(paint.Taper([]paint.Point{a, b}, []float64{3, 2.4}), paint.Flat(dark.Alpha(0.30)), 1)
	}
	in.Soft(paint.Taper(reverse(inner), []float64{6, 8, 9, 9, 9, 8, 6}), paint.Flat(dark.Alpha(0.45)), 3)
}
