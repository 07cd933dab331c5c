package builtin

import "lectern/internal/avatar/builtin/paint"

// mikhailo is a man of about forty: square jaw, short brown hair swept to his left, a day's beard.
func mikhailo() *character {
	ch := &character{
		code: "mikhailo", name: "Mikhailo", gender: "male",
		about: "Calm and matter-of-fact; explains rather than sells.",
		skin: skin{
			light: paint.RGB(0xf3c8a6), base: paint.RGB(0xe5ae8a), shade: paint.RGB(0xc98a68),
			deep:  paint.RGB(0x9a5e45),
			blush: paint.RGB(0xd97f63), rim: paint.RGB(0xffe3c9),
		},
		eyes: eyes{
			x: 57, y: 2, half: 30.5, up: 12.6, down: 10.8, slant: 1.5, iris: 13.4,
			irisIn: paint.RGB(0x8fb0bd), irisOut: paint.RGB(0x46687a), lash: paint.RGB(0x2d1c19), lashes: 4.2,
			lidTone: paint.RGB(0xc58e70), creaseOpacity: 0.60,
		},
		brow: brow{
			points: []paint.Point{{X: 23, Y: -34}, {X: 30, Y: -36.5}, {X: 50, Y: -42}, {X: 72, Y: -43},
				{X: 97, Y: -31}},
			width: []float64{4, 10.5, 13, 10.5, 2}, tone: paint.RGB(0x3a251c), tip: paint.RGB(0x3f2a20),
		},
		mouth: mouth{
			y: 121, half: 46, upper: 9.2, lower: 12.6, aperture: 40,
			tone: paint.RGB(0xb96b58), dark: paint.RGB(0x954d41), light: paint.RGB(0xcf8673), line: paint.RGB(0x5d2a25),
		},
		headBox: [4]float64{-190, -250, 190, 236}, raise: -26, follow: rigid, idle: 1,
	}
	s := &ch.skin
	ch.head = func(c *paint.Canvas) { mikhailoHead(c, s, &ch.eyes) }
	ch.neck = func(c *paint.Canvas) { mikhailoNeck(c, s) }
	ch.looks = []look{{"business", "Business", mikhailoBusiness}, {"casual", "Casual", mikhailoCasual}}
	return ch
}

func mikhailoOutline() *paint.Path {
	return paint.Blob(paint.P(0, -196), paint.P(-82, -176), paint.P(-122, -112), paint.P(-130, -40), paint.P(-129, 30),
		paint.P(-124, 84), paint.P(-108, 132),
		paint.P(-76, 174), paint.P(-38, 198), paint.P(1, 204), paint.P(41, 198), paint.P(79, 174), paint.P(109, 132),
		paint.P(124, 84), paint.P(129, 30), paint.P(130, -40), paint.P(122, -112), paint.P(82, -176))
}

func mikhailoHead(c *paint.Canvas, s *skin, e *eyes) {
	m := &modelling{outline: mikhailoOutline(), cheekX: 74, cheekY: 62, blush: 0.30, jaw: 1, nose: 27, noseY: 82}
	drawEar(c, s, -1, 130, 26)
	drawEar(c, s, 1, 130, 26)
	drawFace(c, s, m)
	in := c.Clip(m.outline)
	beard(in)
	drawSockets(in, e, s)
	drawNose(in, s, m)
	// The folds from the nose to the mouth.
	in.Soft(paint.Taper([]paint.Point{paint.P(36, 78), paint.P(52, 98), paint.P(60, 120)}, []float64{1, 5, 1}),
		paint.Flat(s.deep.Alpha(0.34)), 3)
	in.Soft(paint.Taper([]paint.Point{paint.P(-35, 80), paint.P(-51, 98), paint.P(-59, 120)}, []float64{1, 4, 1}),
		paint.Flat(s.shade.Alpha(0.6)), 3)
	mikhailoHair(c, in)
}

// beard is a day's growth: a dark shade over jaw, chin and upper lip that leaves the lips free.
func beard(in *paint.Canvas) {
	tone := paint.RGB(0x63402f)
	p := paint.Blob(paint.P(-136, 10), paint.P(-118, 60), paint.P(-88, 98), paint.P(-52, 100), paint.P(-30, 94),
		paint.P(0, 97), paint.P(30, 94), paint.P(52, 100), paint.P(88, 98), paint.P(118, 60), paint.P(136, 10),
		paint.P(150, 120), paint.P(90, 215), paint.P(0, 230), paint.P(-90, 215), paint.P(-150, 120))
	in.Draw(p, paint.Style{Paint: paint.Flat(tone.Alpha(0.26)), Blur: 9})
	in.Draw(paint.Blob(paint.P(-140, 60), paint.P(-112, 104), paint.P(-72, 140), paint.P(-40, 150), paint.P(0, 152),
		paint.P(40, 150), paint.P(72, 140), paint.P(112, 104), paint.P(140, 60), paint.P(120, 220), paint.P(0, 240),
		paint.P(-120, 220)), paint.Style{Paint: paint.Flat(tone.Alpha(0.22)), Blur: 8})
}

func mikhailoHair(c, face *paint.Canvas) {
	base, dark, light, glow := paint.RGB(0x4b3226), paint.RGB(0x2b1b16), paint.RGB(0x7a5540), paint.RGB(0xb08463)
	// The hair's shadow on the forehead.
	face.Soft(paint.Blob(paint.P(-126, -30), paint.P(-112, -92), paint.P(-70, -122), paint.P(-10, -126), paint.P(56, -116),
		paint.P(102, -84), paint.P(122, -30), paint.P(150, -200), paint.P(-150, -200)),
		paint.Flat(paint.RGB(0x96553b).Alpha(0.58)), 7)
	// The top: one mass that rises from the parting and falls to the far side.
	top := (&paint.Path{}).Move(-104, -84)
	top.Through(paint.P(-118, -74), paint.P(-136, -92), paint.P(-141, -146), paint.P(-122, -190), paint.P(-84, -220),
		paint.P(-34, -240), paint.P(24, -242), paint.P(80, -226), paint.P(121, -190), paint.P(139, -146), paint.P(140, -100),
		paint.P(134, -66))
	top.Through(paint.P(124, -70), paint.P(116, -92), paint.P(104, -108), paint.P(80, -116), paint.P(46, -116),
		paint.P(6, -126), paint.P(-34, -137), paint.P(-66, -134), paint.P(-88, -116), paint.P(-104, -84)).Close()
	c.Draw(top.Shift(1, 4), paint.Style{Paint: paint.Flat(paint.RGB(0x4a2a1e).Alpha(0.4)), Blur: 3, Atop: true})
	c.Fill(top, paint.Linear(-120, -220, 110, -70, base.Mix(light, 0.5), base, dark).At(0, 0.48, 1))
	in := c.Clip(top)
	// Shade on the near side below the parting and on the far side.
	in.Soft(paint.Blob(paint.P(-150, -60), paint.P(-160, -130), paint.P(-122, -178), paint.P(-92, -162),
		paint.P(-76, -132), paint.P(-104, -60)), paint.Flat(dark.Alpha(0.55)), 7)
	strandAt := []paint.Point{paint.P(-72, -138), paint.P(-92, -164), paint.P(-108, -192)}
	in.Soft(paint.Taper(strandAt, []float64{5, 3.5, 0.5}), paint.Flat(dark.Alpha(0.8)), 1.2)
	in.Soft(paint.Blob(paint.P(64, -96), paint.P(104, -150), paint.P(140, -190), paint.P(170, -110), paint.P(140, -40)),
		paint.Flat(dark.Alpha(0.65)), 10)
	strand := func(op float64, col paint.Colour, w, blur float64, pts ...paint.Point) {
		ws := make([]float64, len(pts))
		for i := range ws {
			ws[i] = w
		}
		ws[0], ws[len(ws)-1] = w*0.25, 0.5
		in.Soft(paint.Taper(pts, ws), paint.Flat(col.Alpha(op)), blur)
	}
	strand(0.62, light, 26, 5, paint.P(-80, -150), paint.P(-50, -196), paint.P(6, -214), paint.P(66, -202),
		paint.P(108, -166))
	strand(0.55, glow, 9, 2.2, paint.P(-76, -160), paint.P(-44, -200), paint.P(8, -214), paint.P(60, -204))
	strand(0.50, light, 9, 2, paint.P(-64, -138), paint.P(-30, -168), paint.P(24, -178), paint.P(80, -160),
		paint.P(116, -122))
	strand(0.40, glow, 4, 1.2, paint.P(-54, -142), paint.P(-18, -166), paint.P(32, -172), paint.P(78, -156))
	strand(0.75, dark, 6, 1.2, paint.P(-74, -138), paint.P(-40, -178), paint.P(14, -194), paint.P(72, -182),
		paint.P(118, -140), paint.P(128, -90))
	strand(0.65, dark, 5, 1.2, paint.P(-56, -135), paint.P(-16, -154), paint.P(38, -156), paint.P(88, -134),
		paint.P(112, -100))
	strand(0.55, dark, 5, 1.4, paint.P(-86, -146), paint.P(-64, -198), paint.P(-8, -226), paint.P(58, -220),
		paint.P(106, -190))
	strand(0.45, light, 4, 1.2, paint.P(-30, -134), paint.P(20, -138), paint.P(66, -122), paint.P(90, -98))
	strand(0.50, dark, 3, 1, paint.P(-12, -132), paint.P(30, -130), paint.P(64, -114))
	strand(0.35, light, 4, 1.4, paint.P(-134, -110), paint.P(-132, -150), paint.P(-112, -182))
	// Sides, cut short: they thin out towards the ear and into the beard.
	for _, side := range [2]float64{-1, 1} {
		p := func(x, y float64) paint.Point { return paint.P(side*x, y) }
		temple := paint.Blob(p(100, -150), p(134, -150), p(139, -100), p(138, -44), p(133, -4), p(129, 40), p(123, 54),
			p(120, 22), p(118, -16), p(113, -52), p(103, -86), p(96, -120))
		a := dark.Mix(base, 0.45)
		if side > 0 {
			a = dark.Mix(base, 0.15)
		}
		c.Draw(temple, paint.Style{Paint: paint.Linear(0, -140, 0, 56, a.Alpha(0), a, a, a.Alpha(0.66),
			a.Alpha(0.10)).At(0, 0.2, 0.66, 0.82, 1), Blur: 1.1})
	}
	// The rim light on the hair, from the back.
	in.Soft(paint.Taper([]paint.Point{paint.P(30, -238), paint.P(84, -222), paint.P(124, -186), paint.P(140, -140),
		paint.P(140, -90)}, []float64{1, 6, 7, 6, 2}), paint.Flat(paint.RGB(0xe0b592).Alpha(0.62)), 2.0)
	in.Soft(paint.Taper([]paint.Point{paint.P(-141, -120), paint.P(-124, -186), paint.P(-84, -215), paint.P(-30, -236),
		paint.P(20, -238)}, []float64{2, 5, 6, 5, 2}), paint.Flat(paint.RGB(0xd2a682).Alpha(0.55)), 2.0)
}

func mikhailoNeck(c *paint.Canvas, s *skin) {
	neck := (&paint.Path{}).Move(-74, 120)
	neck.Through(paint.P(-73, 200), paint.P(-78, 244), paint.P(-104, 278),
		paint.P(-150, 306)).Line(-150, 420).Line(150, 420).Line(150, 306)
	neck.Through(paint.P(106, 278), paint.P(79, 244), paint.P(74, 200), paint.P(75, 120)).Close()
	c.Fill(neck, paint.Linear(-80, 0, 84, 0, s.base, s.base.Mix(s.shade, 0.45), s.shade).At(0, 0.45, 1))
	in := c.Clip(neck)
	// The head's shadow, longer on the far side.
	in.Soft(paint.Blob(paint.P(-110, 100), paint.P(-98, 168), paint.P(-58, 214), paint.P(-6, 236), paint.P(48, 246),
		paint.P(86, 250), paint.P(120, 200), paint.P(110, 100)), paint.Flat(s.deep.Alpha(0.62)), 6)
	in.Soft(paint.Blob(paint.P(40, 200), paint.P(62, 262), paint.P(120, 330), paint.P(160, 300), paint.P(100, 180)),
		paint.Flat(s.deep.Alpha(0.40)), 9)
	// Collarbones and the hollow between.
	in.Soft(paint.Ellipse(0, 322, 20, 16), paint.Flat(s.shade.Alpha(0.7)), 7)
	in.Soft(paint.Taper([]paint.Point{paint.P(-24, 318), paint.P(-70, 302), paint.P(-130, 306)}, []float64{8, 6, 2}),
		paint.Flat(s.light.Alpha(0.5)), 4)
	in.Soft(paint.Taper([]paint.Point{paint.P(-34, 216), paint.P(-24, 268), paint.P(-8, 312)}, []float64{3, 8, 3}),
		paint.Flat(s.shade.Alpha(0.4)), 5)
	in.Soft(paint.Ellipse(2, 252, 9, 15), paint.Flat(s.light.Alpha(0.22)), 5)
}
