package builtin

import "lectern/internal/avatar/builtin/paint"

// gia is a woman of about thirty: oval face, hazel eyes, dark chestnut hair in loose waves to the shoulders.
func gia() *character {
	ch := &character{
		code: "gia", name: "Gia", gender: "female", about: "Warm and quick; makes the difficult sound easy.",
		skin: skin{
			light: paint.RGB(0xf9d5bb), base: paint.RGB(0xefbd9e), shade: paint.RGB(0xd69a7c),
			deep:  paint.RGB(0xa9694f),
			blush: paint.RGB(0xe58470), rim: paint.RGB(0xffe9d6),
		},
		eyes: eyes{
			x: 55, y: 6, half: 30, up: 13.8, down: 11.8, slant: 3.2, iris: 14.2,
			irisIn: paint.RGB(0xb98a4e), irisOut: paint.RGB(0x5f4427), lash: paint.RGB(0x26151a),
			lashes: 4.8, wing: 5.5,
			lidTone: paint.RGB(0xc98877), creaseOpacity: 0.62,
		},
		brow: brow{
			points: []paint.Point{{X: 22, Y: -32}, {X: 29, Y: -34.5}, {X: 49, Y: -40.5}, {X: 70, Y: -43},
				{X: 95, Y: -32}},
			width: []float64{2.5, 7, 8.6, 6.6, 1.5}, tone: paint.RGB(0x4a2c22), tip: paint.RGB(0x4f3025),
		},
		mouth: mouth{
			y: 118, half: 40, upper: 10, lower: 14, aperture: 38,
			tone: paint.RGB(0xc8695f), dark: paint.RGB(0xa54a49), light: paint.RGB(0xdf8a7b), line: paint.RGB(0x6b2527),
		},
		headBox: [4]float64{-230, -250, 230, 470}, backBox: [4]float64{-230, -200, 230,
			470}, raise: -40, follow: hanging, idle: 1.1,
	}
	s := &ch.skin
	ch.back = giaBack
	ch.head = func(c *paint.Canvas) { giaHead(c, s, &ch.eyes) }
	ch.neck = func(c *paint.Canvas) { giaNeck(c, s) }
	ch.looks = []look{{"casual", "Casual", giaCasual}, {"business", "Business", giaBusiness}}
	return ch
}

var giaHair = struct{ base, dark, deep, light, glow paint.Colour }{
	paint.RGB(0x5b3526), paint.RGB(0x38201a), paint.RGB(0x241413), paint.RGB(0x91593b), paint.RGB(0xc08a5c),
}

func giaOutline() *paint.Path {
	return paint.Blob(paint.P(0, -190), paint.P(-80, -170), paint.P(-116, -108), paint.P(-122, -40), paint.P(-121, 24),
		paint.P(-114, 78), paint.P(-97, 126),
		paint.P(-65, 168), paint.P(-29, 190), paint.P(1, 195), paint.P(31, 190), paint.P(67, 168), paint.P(98, 126),
		paint.P(114, 78), paint.P(121, 24), paint.P(122, -40), paint.P(116, -108), paint.P(80, -170))
}

func giaHead(c *paint.Canvas, s *skin, e *eyes) {
	m := &modelling{outline: giaOutline(), cheekX: 70, cheekY: 62, blush: 0.32, jaw: 0.75, nose: 22.5,
		noseY: 80, soft: 1}
	drawFace(c, s, m)
	in := c.Clip(m.outline)
	drawSockets(in, e, s)
	// A breath of colour on the lids.
	for _, side := range [2]float64{-1, 1} {
		in.Soft(paint.Ellipse(side*(e.x+6), e.y-19, 27, 9), paint.Flat(paint.RGB(0xb8695c).Alpha(0.26)), 6)
	}
	drawNose(in, s, m)
	in.Soft(paint.Taper([]paint.Point{paint.P(31, 78), paint.P(46, 98), paint.P(52, 116)}, []float64{1, 4, 1}),
		paint.Flat(s.shade.Alpha(0.5)), 3)
	in.Soft(paint.Taper([]paint.Point{paint.P(-30, 80), paint.P(-45, 98), paint.P(-51, 116)}, []float64{1, 3, 1}),
		paint.Flat(s.shade.Alpha(0.35)), 3)
	giaFront(c, in)
}

// giaBack is the hair behind neck and shoulders.
func giaBack(c *paint.Canvas) {
	h := &giaHair
	p := paint.Blob(paint.P(0, -190), paint.P(-110, -160), paint.P(-158, -50), paint.P(-174, 70), paint.P(-178, 180),
		paint.P(-170, 262), paint.P(-128, 316), paint.P(-50, 322), paint.P(50, 322),
		paint.P(130, 316), paint.P(172, 260), paint.P(180, 180), paint.P(176, 70), paint.P(158, -50), paint.P(110, -160))
	c.Fill(p, paint.Linear(-180, 0, 190, 200, h.base, h.dark, h.deep))
	in := c.Clip(p)
	in.Soft(paint.Blob(paint.P(-96, 40), paint.P(-92, 240), paint.P(0, 310), paint.P(92, 240), paint.P(96, 40)),
		paint.Flat(h.deep.Alpha(0.85)), 18)
}

func giaFront(c, face *paint.Canvas) {
	h := &giaHair
	face.Soft(paint.Blob(paint.P(-122, 90), paint.P(-106, -30), paint.P(-84, -84), paint.P(-20, -128), paint.P(40, -134),
		paint.P(92, -78), paint.P(106, -24), paint.P(114, 90), paint.P(150, 60), paint.P(150, -220), paint.P(-150, -220),
		paint.P(-150, 60)), paint.Flat(paint.RGB(0x9a523b).Alpha(0.52)), 8)
	// Each side is one mass: from the parting over the temple, past the cheek, in waves to the shoulder, where it
	// ends in three tips.
	left := (&paint.Path{}).Move(38, -160)
	left.Through(paint.P(-2, -142), paint.P(-54, -108), paint.P(-90, -62), paint.P(-104, -6), paint.P(-107, 50),
		paint.P(-110, 100), paint.P(-118, 150), paint.P(-114, 204), paint.P(-108, 252), paint.P(-116, 296),
		paint.P(-142, 326))
	left.Through(paint.P(-148, 312), paint.P(-149, 306)).Through(paint.P(-158, 330), paint.P(-186, 340))
	left.Through(paint.P(-184, 322), paint.P(-182, 314)).Through(paint.P(-192, 322), paint.P(-210, 320))
	left.Through(paint.P(-208, 284), paint.P(-204, 238), paint.P(-198, 186), paint.P(-182, 128), paint.P(-176, 64),
		paint.P(-174, -10), paint.P(-164, -80), paint.P(-144, -150), paint.P(-104, -206), paint.P(-44, -234),
		paint.P(16, -236), paint.P(42, -218)).Close()
	right := (&paint.Path{}).Move(34, -162)
	right.Through(paint.P(62, -132), paint.P(94, -84), paint.P(106, -22), paint.P(110, 44), paint.P(113, 96),
		paint.P(122, 148), paint.P(120, 198), paint.P(112, 246), paint.P(116, 292), paint.P(138, 330))
	right.Through(paint.P(148, 314), paint.P(152, 306)).Through(paint.P(162, 326), paint.P(188, 334))
	right.Through(paint.P(186, 316), paint.P(186, 308)).Through(paint.P(195, 316), paint.P(212, 312))
	right.Through(paint.P(208, 276), paint.P(202, 232), paint.P(198, 182), paint.P(184, 122), paint.P(178, 60),
		paint.P(174, -14), paint.P(164, -84), paint.P(142, -154), paint.P(104, -206), paint.P(62, -228),
		paint.P(28, -228)).Close()
	for i, p := range [2]*paint.Path{right, left} {
		c.Draw(p.Shift(4, 8), paint.Style{Paint: paint.Flat(paint.RGB(0x4a2018).Alpha(0.45)), Blur: 6, Atop: true})
		a, b, d := h.base.Mix(h.light, 0.4), h.base, h.dark
		if i == 0 {
			a, b, d = h.base, h.dark.Mix(h.base, 0.5), h.deep
		}
		c.Fill(p, paint.Linear(-90, -210, 60, 340, a, b, d).At(0, 0.45, 1))
	}
	giaStrands(c.Clip(left), -1)
	giaStrands(c.Clip(right), 1)
	// The parting.
	c.Soft(paint.Taper([]paint.Point{paint.P(34, -226), paint.P(31, -190), paint.P(36, -160)}, []float64{1, 2.4, 5}),
		paint.Flat(h.deep.Alpha(0.7)), 1.6)
}

func giaStrands(in *paint.Canvas, side float64) {
	h := &giaHair
	p := func(x, y float64) paint.Point { return paint.P(side*x, y) }
	op := 1.0
	if side > 0 {
		op = 0.62
	}
	strand := func(k float64, col paint.Colour, w, blur float64, pts ...paint.Point) {
		ws := make([]float64, len(pts))
		for i := range ws {
			ws[i] = w
		}
		ws[0], ws[len(ws)-1] = 0.6, 0.6
		in.Soft(paint.Taper(pts, ws), paint.Flat(col.Alpha(k*op)), blur)
	}
	// Shade toward the face, light on the crown and on the swell of each wave.
	strand(0.60/op, h.deep, 26, 8, p(30, -150), p(82, -96), p(112, -10), p(128, 70), p(142, 140),
		p(126, 210), p(116, 270), p(130, 320))
	strand(0.80, h.light, 30, 9, p(-10, -212), p(70, -188), p(126, -112), p(150, -24), p(158, 50))
	strand(0.55, h.glow, 11, 4, p(0, -210), p(72, -182), p(122, -110), p(144, -36))
	strand(0.75, h.light, 20, 7, p(160, 110), p(172, 170), p(182, 224), p(176, 290))
	strand(0.50, h.glow, 8, 3.5, p(166, 136), p(177, 186), p(184, 228), p(180, 270))
	strand(0.45, h.light, 12, 5, p(128, 196), p(128, 236), p(136, 276), p(150, 300))
	strand(0.65, h.deep, 14, 6, p(146, 84), p(166, 138), p(170, 176), p(160, 204))
	strand(0.75, h.dark, 7, 1.8, p(-6, -184), p(56, -152), p(108, -78), p(132, 8), p(144, 76), p(158, 132), p(152, 190),
		p(138, 244), p(148, 306))
	strand(0.65, h.dark, 5, 1.5, p(0, -200), p(72, -164), p(126, -82), p(150, 8), p(160, 80), p(174, 142), p(172, 200),
		p(164, 256), p(180, 312))
	strand(0.55, h.light, 5, 1.5, p(4, -174), p(60, -138), p(104, -64), p(126, 18), p(138, 84),
		p(150, 140), p(138, 204), p(128, 258), p(140, 312))
	strand(0.50, h.deep, 4, 1.4, p(20, -220), p(96, -184), p(146, -108), p(162, -10), p(170, 70),
		p(184, 138), p(194, 206), p(196, 262), p(212, 306))
	strand(0.45, h.glow, 3, 1.1, p(10, -192), p(76, -156), p(128, -76), p(148, 2), p(156, 66))
	strand(0.40, h.glow, 2.6, 1, p(156, 130), p(164, 180), p(156, 232), p(164, 286))
	// The rim light on the outer edge.
	strand(0.75, paint.RGB(0xd9a878), 5, 2, p(20, -235), p(104, -205), p(143, -150), p(164, -80),
		p(174, -8), p(177, 62), p(184, 126), p(199, 186), p(204, 240))
}

func giaNeck(c *paint.Canvas, s *skin) {
	neck := (&paint.Path{}).Move(-54, 110)
	neck.Through(paint.P(-53, 190), paint.P(-57, 244), paint.P(-82, 282),
		paint.P(-150, 312)).Line(-150, 560).Line(150, 560).Line(150, 312)
	neck.Through(paint.P(84, 282), paint.P(58, 244), paint.P(54, 190), paint.P(55, 110)).Close()
	c.Fill(neck, paint.Linear(-90, 0, 90, 0, s.base.Mix(s.light, 0.3), s.base, s.shade.Mix(s.base, 0.35)))
	in := c.Clip(neck)
	in.Soft(paint.Blob(paint.P(-90, 90), paint.P(-74, 168), paint.P(-44, 208), paint.P(-4, 228), paint.P(36, 238),
		paint.P(68, 240), paint.P(100, 190), paint.P(90, 90)), paint.Flat(s.deep.Alpha(0.55)), 6)
	in.Soft(paint.Blob(paint.P(26, 200), paint.P(44, 264), paint.P(90, 330), paint.P(150, 300), paint.P(90, 170)),
		paint.Flat(s.deep.Alpha(0.30)), 9)
	in.Soft(paint.Ellipse(1, 322, 15, 13), paint.Flat(s.shade.Alpha(0.75)), 6)
	in.Soft(paint.Taper([]paint.Point{paint.P(-18, 322), paint.P(-64, 308), paint.P(-150, 316)}, []float64{6, 7, 3}),
		paint.Flat(s.light.Alpha(0.6)), 3.5)
	in.Soft(paint.Taper([]paint.Point{paint.P(-20, 330), paint.P(-70, 318), paint.P(-150, 328)}, []float64{4, 5, 3}),
		paint.Flat(s.shade.Alpha(0.55)), 3.5)
	in.Soft(paint.Taper([]paint.Point{paint.P(22, 330), paint.P(72, 316), paint.P(150, 328)}, []float64{4, 5, 3}),
		paint.Flat(s.shade.Alpha(0.6)), 3.5)
	in.Soft(paint.Taper([]paint.Point{paint.P(-30, 214), paint.P(-22, 266), paint.P(-8, 310)}, []float64{2, 6, 2}),
		paint.Flat(s.shade.Alpha(0.40)), 4)
}

func giaCasual(c *paint.Canvas) {
	tone, dark, light := paint.RGB(0xd9a24e), paint.RGB(0x94602a), paint.RGB(0xf2cd86)
	body := trunk(86, 272, 262, 392, 294)
	hole := (&paint.Path{}).Move(-70, 240).Through(paint.P(-70, 310), paint.P(-50, 366), paint.P(0, 410), paint.P(52, 366),
		paint.P(74, 310), paint.P(74, 240)).Close()
	in := shadeTrunk(c.ClipOut(hole), body, tone, dark, light, 262, 392)
	raglan(in, tone, dark, light, -1, 108, 312, 198, 466)
	raglan(in, tone, dark, light, 1, 110, 312, 202, 466)
	in.Soft(paint.Ellipse(-78, 520, 62, 44), paint.Flat(light.Alpha(0.30)), 30)
	in.Soft(paint.Ellipse(70, 590, 110, 30), paint.Flat(dark.Alpha(0.22)), 26)
	softFold(in, dark.Alpha(0.42), light.Alpha(0.25), 18, paint.P(-198, 484), paint.P(-146, 528), paint.P(-96, 534))
	softFold(in, dark.Alpha(0.38), light.Alpha(0.18), 18, paint.P(202, 484), paint.P(152, 530), paint.P(102, 540))
	softFold(in, dark.Alpha(0.32), light.Alpha(0.2), 16, paint.P(-196, 532), paint.P(-150, 590), paint.P(-112, 612))
	fold(in, dark.Alpha(0.30), light.Alpha(0.2), 9, paint.P(-70, 650), paint.P(0, 676), paint.P(90, 650))
	hairShadow(in, dark)
	rimLight(in, paint.RGB(0xffe6b8), 86, 272, 262, 392)
	veeBand(c, tone, dark, light)
	pendant(c)
}

// hairShadow is the shadow of the ends of the hair on the shoulders.
func hairShadow(in *paint.Canvas, dark paint.Colour) {
	in.Soft(paint.Ellipse(-158, 346, 62, 30), paint.Flat(dark.Alpha(0.55)), 11)
	in.Soft(paint.Ellipse(178, 348, 64, 32), paint.Flat(dark.Alpha(0.60)), 12)
}

// pendant is a fine chain with a small gold drop.
func pendant(c *paint.Canvas) {
	gold, glint := paint.RGB(0xc9973f), paint.RGB(0xffeab8)
	chain := []paint.Point{paint.P(-62, 284), paint.P(-40, 326), paint.P(-14, 356), paint.P(0, 364), paint.P(15, 356),
		paint.P(42, 326), paint.P(65, 284)}
	ws := []float64{1.6, 1.8, 1.8, 1.8, 1.8, 1.8, 1.6}
	c.Soft(paint.Taper(shifted(chain, 3), ws), paint.Flat(paint.RGB(0x8a4a38).Alpha(0.45)), 1.4)
	c.Draw(paint.Taper(chain, ws), paint.Style{Paint: paint.Linear(-60, 0, 60, 0, glint, gold, glint.Mix(gold, 0.6),
		gold)})
	c.Soft(paint.Ellipse(2, 373, 7, 7), paint.Flat(paint.RGB(0x8a4a38).Alpha(0.45)), 2)
	c.Fill(paint.Ellipse(0.5, 370, 6.4, 6.4), paint.Linear(-5, 364, 6, 376, glint, gold, paint.RGB(0x8d6122)))
}

// veeBand is the ribbed edge of a V neck.
func veeBand(c *paint.Canvas, tone, dark, light paint.Colour) {
	outer := []paint.Point{{X: -90, Y: 284}, {X: -90, Y: 324}, {X: -60, Y: 386}, {X: 0, Y: 434}, {X: 62, Y: 386},
		{X: 96, Y: 324}, {X: 94, Y: 284}}
	inner := []paint.Point{{X: 62, Y: 262}, {X: 68, Y: 312}, {X: 46, Y: 364}, {X: 0, Y: 404}, {X: -44, Y: 364},
		{X: -64, Y: 312}, {X: -58, Y: 262}}
	band := (&paint.Path{}).Move(outer[0].X, outer[0].Y).Through(outer[1:]...).Through(paint.P(80, 266),
		inner[0]).Through(inner[1:]...).Through(paint.P(-76, 266), outer[0]).Close()
	c.Soft(band.Shift(2, 6), paint.Flat(dark.Alpha(0.55)), 5)
	c.Fill(band, paint.Linear(-110, 260, 110, 420, light, tone, tone.Mix(dark, 0.5)))
	in := c.Clip(band)
	for i := range 41 {
		t := (float64(i) + 0.5) / 41 * 6
		k := min(int(t), 5)
		f := t - float64(k)
		a, b := outer[k].Mix(outer[k+1], f), inner[6-k].Mix(inner[5-k], f)
		in.Soft(paint.Taper([]paint.Point{a, b}, []float64{2.6, 2.2}), paint.Flat(dark.Alpha(0.28)), 0.9)
	}
	in.Soft(paint.Taper(reverse(inner), []float64{5, 7, 8, 8, 8, 7, 5}), paint.Flat(dark.Alpha(0.38)), 2.6)
}

func giaBusiness(c *paint.Canvas) {
	tone, dark, light := paint.RGB(0x6d2f45), paint.RGB(0x36121f), paint.RGB(0x9c546c)
	blouse(c)
	body := trunk(86, 270, 268, 390, 298)
	gap := (&paint.Path{}).Move(-80, 240).Through(paint.P(-66, 345), paint.P(-38, 460),
		paint.P(2, 600)).Line(6, 600).Through(paint.P(42, 460), paint.P(70, 345), paint.P(84, 240)).Close()
	in := shadeTrunk(c.ClipOut(gap), body, tone, dark, light, 268, 390)
	softFold(in, dark.Alpha(0.5), light.Alpha(0.18), 15, paint.P(-206, 460), paint.P(-164, 506), paint.P(-128, 524))
	softFold(in, dark.Alpha(0.42), light.Alpha(0.14), 15, paint.P(212, 460), paint.P(172, 508), paint.P(136, 526))
	in.Soft(paint.Taper([]paint.Point{paint.P(4, 600), paint.P(8, 780), paint.P(6, 1100)}, []float64{4, 6, 6}),
		paint.Flat(dark.Alpha(0.9)), 1.5)
	hairShadow(in, dark)
	rimLight(in, paint.RGB(0xe0a3b5), 86, 270, 268, 390)
	for _, side := range [2]float64{-1, 1} {
		p := func(x, y float64) paint.Point { return paint.P(side*x, y) }
		fall := (&paint.Path{}).Move(p(60, 254).X, 254)
		fall.Through(p(74, 252), p(108, 282), p(138, 332), p(152, 378)).Line(p(118, 396).X, 396).
			Line(p(140, 420).X, 420)
		fall.Through(p(106, 496), p(54, 566), p(4, 612)).Line(p(0, 600).X, 600)
		fall.Through(p(36, 460), p(62, 350), p(68, 290), p(60, 254)).Close()
		c.Soft(fall.Shift(side*2+3, 8), paint.Flat(dark.Alpha(0.55)), 7)
		a, b := light.Mix(tone, 0.25), tone
		if side > 0 {
			a, b = tone.Mix(light, 0.25), tone.Mix(dark, 0.35)
		}
		c.Fill(fall, paint.Linear(side*150, 300, side*20, 540, a, b))
		l := c.Clip(fall)
		l.Soft(paint.Taper([]paint.Point{p(62, 258), p(64, 340), p(40, 456), p(4, 600)}, []float64{5, 7, 7, 4}),
			paint.Flat(light.Alpha(0.45)), 2.5)
		l.Soft(paint.Taper([]paint.Point{p(78, 338), p(104, 378), p(120, 397)}, []float64{1, 3.2, 3}),
			paint.Flat(dark.Alpha(0.85)), 1.2)
	}
}

// blouse is the visible silk between the lapels.
func blouse(c *paint.Canvas) {
	tone, shade, deep := paint.RGB(0xf7efe6), paint.RGB(0xd9c6b8), paint.RGB(0xa48d80)
	p := (&paint.Path{}).Move(-84, 282).Through(paint.P(-68, 326), paint.P(-36, 376),
		paint.P(0, 404)).Through(paint.P(38, 375), paint.P(72, 326), paint.P(88, 282)).Line(150, 700).Line(-150, 700).Close()
	c.Soft(p.Shift(0, -4), paint.Flat(paint.RGB(0x8a4a38).Alpha(0.4)), 5)
	c.Fill(p, paint.Linear(-90, 300, 90, 460, tone, tone.Mix(shade, 0.5), shade))
	in := c.Clip(p)
	in.Soft(paint.Taper([]paint.Point{paint.P(-104, 270), paint.P(-72, 324), paint.P(-34, 380), paint.P(0, 408),
		paint.P(36, 379), paint.P(76, 323), paint.P(110, 268)}, []float64{5, 7, 7, 7, 7, 7, 5}),
		paint.Flat(paint.RGB(0xffffff).Alpha(0.7)), 2)
	fold(in, shade.Mix(deep, 0.4).Alpha(0.7), tone.Alpha(0.8), 8, paint.P(-50, 372), paint.P(-30, 450), paint.P(-6, 540))
	fold(in, shade.Mix(deep, 0.5).Alpha(0.6), tone.Alpha(0.5), 8, paint.P(48, 372), paint.P(34, 450), paint.P(16, 540))
	fold(in, shade.Alpha(0.8), tone.Alpha(0.6), 6, paint.P(-8, 412), paint.P(4, 480), paint.P(4, 560))
}
