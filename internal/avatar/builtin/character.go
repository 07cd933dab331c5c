package builtin

import (
	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// character is one person: measures, tones and the drawing of each layer. Layers are drawn once for each size; eyes,
// brows and mouth are drawn as sprites on the head.
type character struct {
	code, name, gender, about string
	looks                     []look
	skin                      skin
	eyes                      eyes
	brow                      brow
	mouth                     mouth
	back                      func(c *paint.Canvas) // hair behind neck and shoulders; may be nil
	head                      func(c *paint.Canvas) // face, ears, nose, and the hair in front of them
	neck                      func(c *paint.Canvas)
	headBox, backBox          [4]float64
	follow                    func(y float64) float64 // part of the head's motion that its layer follows at y
	raise                     float64                 // moves the shoulders down, in design units; below 0: up
	idle                      float64                 // scales the head's idle motion; 1 is normal
}

// look is one set of clothes.
type look struct {
	code, name string
	draw       func(c *paint.Canvas) // over the neck
}

func cast() []*character { return []*character{mikhailo(), gia()} }

// rigid is the follow function of a head without hair on the shoulders.
func rigid(float64) float64 { return 1 }

// hanging is the follow function of hair that falls to the shoulders.
func hanging(y float64) float64 { return 1 - 0.85*speech.Smooth((y-150)/260) }

// drawEar draws the ear on the given side; the face covers its root.
func drawEar(c *paint.Canvas, s *skin, side, x, y float64) {
	p := func(dx, dy float64) paint.Point { return paint.P(side*(x+dx), y+dy) }
	ear := paint.Blob(p(-10, -36), p(8, -44), p(21, -30), p(20, -4), p(12, 22), p(2, 38), p(-8, 34), p(-12, 0))
	tone, fold := s.base, s.shade
	if side > 0 {
		tone, fold = s.base.Mix(s.shade, 0.65), s.deep
	}
	c.Fill(ear, paint.Linear(0, y-44, 0, y+40, tone, tone.Mix(s.blush, 0.35)))
	in := c.Clip(ear)
	in.Soft(paint.Blob(p(-6, -22), p(6, -30), p(13, -20), p(10, -2), p(4, 12), p(-6, 18)),
		paint.Flat(fold.Alpha(0.75)), 3)
	in.Soft(paint.Taper([]paint.Point{p(-4, -34), p(10, -38), p(18, -24), p(15, 0), p(7, 20)},
		[]float64{2, 5, 5, 4, 2}), paint.Flat(s.light.Alpha(0.5)), 1.2)
	in.Soft(paint.Ellipse(side*(x-6), y+2, 9, 30), paint.Flat(s.deep.Alpha(0.5)), 5)
}

// modelling is the position of a face's planes.
type modelling struct {
	outline *paint.Path
	cheekX  float64 // centre of the cheek on either side
	cheekY  float64
	blush   float64
	jaw     float64 // strength of the jaw's shade
	nose    float64 // half width of the nose at its wings
	noseY   float64 // its lower edge
	soft    float64 // 0: marked planes, 1: round ones
}

// drawFace fills the face and models it under a light from the upper left.
func drawFace(c *paint.Canvas, s *skin, m *modelling) {
	c.Fill(m.outline, paint.Linear(-120, -150, 120, 190, s.light, s.base, s.base.Mix(s.shade, 0.55)).At(0, 0.48, 1))
	in := c.Clip(m.outline)
	// The plane that turns away from the light: the far side of brow, cheek and jaw.
	far := paint.Blob(paint.P(104, -190), paint.P(100, -70), paint.P(112, -8), paint.P(97, 58), paint.P(80, 120),
		paint.P(38, 172), paint.P(0, 204), paint.P(60, 240), paint.P(190, 180), paint.P(190, -150))
	in.Soft(far, paint.Flat(s.shade.Alpha(0.30)), 3+2*m.soft)
	in.Soft(far.Shift(4, 0), paint.Flat(s.shade.Alpha(0.42)), 13+4*m.soft)
	in.Soft(far.Shift(24, 2), paint.Flat(s.deep.Alpha(0.26)), 11)
	near := paint.Blob(paint.P(-190, 20), paint.P(-128, 40), paint.P(-112, 110), paint.P(-70, 172), paint.P(-20, 206),
		paint.P(-100, 240), paint.P(-200, 160))
	in.Soft(near, paint.Flat(s.shade.Alpha(0.34*m.jaw)), 10)
	in.Soft(paint.Ellipse(0, 214, 84, 26), paint.Flat(s.shade.Alpha(0.5*m.jaw)), 9)
	// Light on forehead and near cheek.
	in.Soft(paint.Ellipse(-30, -92, 62, 34), paint.Flat(s.light.Mix(paint.RGB(0xffffff), 0.25).Alpha(0.42)), 22)
	in.Soft(paint.Ellipse(-m.cheekX-4, m.cheekY-16, 25, 15),
		paint.Flat(s.light.Mix(paint.RGB(0xffffff), 0.3).Alpha(0.42)), 10)
	in.Soft(paint.Ellipse(m.cheekX-6, m.cheekY-16, 20, 12), paint.Flat(s.light.Alpha(0.42)), 9)
	// Warmth of the cheeks.
	for _, side := range [2]float64{-1, 1} {
		in.Soft(paint.Ellipse(side*(m.cheekX+6), m.cheekY+8, 31, 23), paint.Flat(s.blush.Alpha(m.blush)), 13)
	}
	// Chin.
	in.Soft(paint.Ellipse(-4, 168, 25, 13), paint.Flat(s.light.Alpha(0.45)), 9)
}

// drawSockets draws the soft shade around the eyes.
func drawSockets(c *paint.Canvas, e *eyes, s *skin) {
	for _, side := range [2]float64{-1, 1} {
		k := 0.30
		if side > 0 {
			k = 0.40
		}
		x := side * e.x
		c.Soft(paint.Blob(paint.P(x-side*34, e.y-20), paint.P(x, e.y-27), paint.P(x+side*36, e.y-18),
			paint.P(x+side*32, e.y+6), paint.P(x, e.y+13), paint.P(x-side*36, e.y+8)), paint.Flat(s.shade.Alpha(k+0.14)), 7)
		c.Soft(paint.Ellipse(x-side*32, e.y-6, 9, 15), paint.Flat(s.deep.Alpha(k*0.75)), 6)
		// A faint fold below the eye.
		c.Draw(paint.Taper([]paint.Point{paint.P(x-side*24, e.y+21), paint.P(x-side*2, e.y+26.5), paint.P(x+side*20, e.y+22)},
			[]float64{0.6, 3.4, 0.6}), paint.Style{Paint: paint.Flat(s.shade.Alpha(0.55)), Blur: 2.0})
	}
}

// drawNose builds the nose from shade and light alone.
func drawNose(c *paint.Canvas, s *skin, m *modelling) {
	w, y := m.nose, m.noseY
	side := (&paint.Path{}).Move(13, -34)
	side.Through(paint.P(11, -8), paint.P(12, 24), paint.P(16, 50), paint.P(w+1, y-14), paint.P(w+2, y-3),
		paint.P(w-8, y+3), paint.P(4, y+5), paint.P(5, y-8), paint.P(6, 44), paint.P(4, 10), paint.P(7, -22)).Close()
	c.Draw(side, paint.Style{Paint: paint.Linear(0, -34, 0, y, s.shade.Alpha(0.55), s.shade.Alpha(0.40),
		s.shade.Alpha(0.95)).At(0, 0.4, 1), Blur: 3.6})
	// Wings.
	c.Soft(paint.Taper([]paint.Point{paint.P(w-3, y-22), paint.P(w+3, y-11), paint.P(w-3, y-1)}, []float64{1, 5, 2}),
		paint.Flat(s.deep.Alpha(0.55)), 2.4)
	c.Soft(paint.Taper([]paint.Point{paint.P(-w+4, y-20), paint.P(-w-1.5, y-10), paint.P(-w+4, y-1)},
		[]float64{0.8, 3.4, 1.4}), paint.Flat(s.shade.Alpha(0.85)), 2.0)
	// Underside with its shadow on the lip, nostrils within it.
	c.Soft(paint.Blob(paint.P(-w+5, y-2), paint.P(-9, y+1.5), paint.P(2, y+4.5), paint.P(w-3, y-1), paint.P(w-5, y+5),
		paint.P(4, y+10), paint.P(-w+10, y+5)), paint.Flat(s.deep.Alpha(0.52)), 2.8)
	c.Soft(paint.Blob(paint.P(-w+8, y-2.6), paint.P(-w+14, y-4.2), paint.P(-5, y+0.6), paint.P(-11, y+1.8)),
		paint.Flat(s.deep.Mix(paint.RGB(0x3a1a14), 0.5).Alpha(0.62)), 1.1)
	c.Soft(paint.Blob(paint.P(w-7, y-2.6), paint.P(w-13, y-4.2), paint.P(6, y+0.8), paint.P(12, y+1.8)),
		paint.Flat(s.deep.Mix(paint.RGB(0x3a1a14), 0.5).Alpha(0.62)), 1.1)
	c.Soft(paint.Ellipse(16, y+12, 15, 5), paint.Flat(s.shade.Alpha(0.5)), 4)
	// Light along the bridge and on the tip.
	hi := s.light.Mix(paint.RGB(0xffffff), 0.45)
	c.Soft(paint.Taper([]paint.Point{paint.P(-4, -26), paint.P(-4.5, 12), paint.P(-4, 44)}, []float64{2, 6, 7}),
		paint.Linear(0, -26, 0, 46, hi.Alpha(0.04), hi.Alpha(0.34), hi.Alpha(0.46), hi.Alpha(0.2)).
			At(0, 0.4, 0.75, 1), 3.4)
	c.Soft(paint.Ellipse(-5, y-19, 5.5, 4.5), paint.Flat(hi.Alpha(0.62)), 3)
	// Philtrum.
	c.Soft(paint.Taper([]paint.Point{paint.P(1, y+10), paint.P(1.2, y+23)}, []float64{5, 8}),
		paint.Flat(s.shade.Alpha(0.45)), 2.2)
	c.Soft(paint.Taper([]paint.Point{paint.P(-4.5, y+11), paint.P(-6, y+23)}, []float64{2, 3}),
		paint.Flat(s.light.Alpha(0.30)), 2.0)
}
