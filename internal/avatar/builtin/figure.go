package builtin

import (
	"image"
	"math"
	"sync"

	"lectern"
	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// figure is one character in one look, drawn in layers for one size of window. It is immutable and shared by clips.
type figure struct {
	ch                *character
	view              paint.View
	scale             float64 // pixels of a layer to a design unit
	back, torso, head *paint.Sprite
}

// Bytes is the memory that the layers hold.
func (f *figure) Bytes() int {
	n := f.torso.Bytes() + f.head.Bytes()
	if f.back != nil {
		n += f.back.Bytes()
	}
	return n
}

// finer is the ratio of a layer's resolution to the frame's, so that warping does not blur.
func finer(scale float64) float64 {
	if scale < 0.9 {
		return 1.5
	}
	return 1.25
}

// finest is the largest scale at which layers are drawn; above it they are enlarged. A figure has no finer details, and
// a window of 4K would cost hundreds of megabytes.
const finest = 2.5

func drawFigure(ch *character, lk *look, s lectern.Size) *figure {
	f := &figure{ch: ch, view: framing(s)}
	f.scale = math.Min(f.view.Scale*finer(f.view.Scale), finest)
	const spare = 24.0 // design units drawn beyond the window, because motion brings them into it
	x0, y0 := f.view.X0-spare, f.view.Y0-spare
	x1, y1 := f.view.X0+float64(s.Width)/f.view.Scale+spare, f.view.Y0+float64(s.Height)/f.view.Scale+spare
	canvas := func(b [4]float64) *paint.Canvas {
		return paint.NewCanvas(math.Max(b[0], x0), math.Max(b[1], y0), math.Min(b[2], x1), math.Min(b[3], y1), f.scale)
	}
	if ch.back != nil {
		c := canvas(ch.backBox)
		ch.back(c)
		f.back = c.Sprite()
	}
	c := canvas([4]float64{-430, 60, 430, floorY + spare})
	ch.neck(c.Moved(0, ch.raise/2))
	lk.draw(c.Moved(0, ch.raise))
	f.torso = c.Sprite()
	c = canvas(ch.headBox)
	ch.head(c)
	f.head = c.Sprite()
	return f
}

// sprite kinds.
const (
	eyesKind = iota
	browsKind
	mouthKind
)

// spriteKey identifies a sprite by character, scale and state. The caller quantises states.
type spriteKey struct {
	code  string
	kind  int
	scale float64
	state [speech.Parts + 1]int16
}

// fine returns the number of steps of a value from 0 to 1 in sprites of a scale: about four steps for each pixel of the
// largest movement in a face (the lower lip, 32 units).
func fine(scale float64) float64 { return math.Ceil(32*scale*4/8) * 8 }

func quantise(v, steps float64) int16 { return int16(math.Round(v * steps)) }

// sprites caches the moving parts of faces.
type sprites struct {
	cache *cache
	spare sync.Pool // of *brush
}

// brush is a canvas for sprites of one kind and scale, with its working memory.
type brush struct {
	box    [4]float64
	scale  float64
	canvas *paint.Canvas
}

func (s *sprites) draw(box [4]float64, scale float64, art func(c *paint.Canvas)) *paint.Sprite {
	b, ok := s.spare.Get().(*brush)
	if !ok || b.box != box || b.scale != scale {
		b = &brush{box, scale, paint.NewCanvas(box[0], box[1], box[2], box[3], scale)}
	}
	b.canvas.Clear()
	art(b.canvas)
	p := b.canvas.Patch()
	s.spare.Put(b)
	return p
}

func (s *sprites) eyes(f *figure, p *pose) *paint.Sprite {
	n := fine(f.scale) / 2
	k := spriteKey{code: f.ch.code, kind: eyesKind, scale: f.scale}
	k.state[0], k.state[1] = quantise(p.lids[0], n), quantise(p.lids[1], n)
	k.state[2], k.state[3] = quantise(p.gaze.X, n), quantise(p.gaze.Y, n)
	k.state[4] = quantise(p.smile, 8)
	return s.cache.get(k, func() sized {
		lids := [2]float64{float64(k.state[0]) / n, float64(k.state[1]) / n}
		gaze := paint.P(float64(k.state[2])/n, float64(k.state[3])/n)
		return s.draw(eyesBox, f.scale, func(c *paint.Canvas) {
			drawEyes(c, &f.ch.eyes, &f.ch.skin, lids, gaze, float64(k.state[4])/8)
		})
	}).(*paint.Sprite)
}

func (s *sprites) brows(f *figure, p *pose) *paint.Sprite {
	n := fine(f.scale) / 2
	k := spriteKey{code: f.ch.code, kind: browsKind, scale: f.scale}
	k.state[0], k.state[1], k.state[2] = quantise(p.brows[0], n), quantise(p.brows[1], n), quantise(p.frown, n)
	return s.cache.get(k, func() sized {
		raise := [2]float64{float64(k.state[0]) / n, float64(k.state[1]) / n}
		return s.draw(browsBox, f.scale,
			func(c *paint.Canvas) { drawBrows(c, &f.ch.brow, raise, float64(k.state[2])/n) })
	}).(*paint.Sprite)
}

func (s *sprites) mouth(f *figure, p *pose) *paint.Sprite {
	n := fine(f.scale)
	k := spriteKey{code: f.ch.code, kind: mouthKind, scale: f.scale}
	for i := range speech.Jaw { // the sprite leaves out the jaw, which warps the head
		steps := n
		if i != speech.Open {
			steps = n / 2
		}
		k.state[i] = quantise(p.mouth[i], steps)
	}
	k.state[speech.Parts] = quantise(p.smile, n/2)
	return s.cache.get(k, func() sized {
		var m speech.Mouth
		for i := range speech.Jaw {
			steps := n
			if i != speech.Open {
				steps = n / 2
			}
			m[i] = float64(k.state[i]) / steps
		}
		return s.draw(mouthBox, f.scale, func(c *paint.Canvas) {
			drawMouth(c, &f.ch.mouth, &f.ch.skin, m, float64(k.state[speech.Parts])/(n/2))
		})
	}).(*paint.Sprite)
}

// reach is the largest distance, in design units, that a pose moves any point.
const reach = 48.0

// easel draws a figure in poses. It reuses its memory, so only one goroutine may use it.
type easel struct {
	fig     *figure
	sprites *sprites
	face    *paint.Sprite // the head with its sprites on
	laid    [3]*paint.Sprite
	warp    paint.Warp
}

func newEasel(f *figure, s *sprites) *easel { return &easel{fig: f, sprites: s, face: f.head.Clone()} }

// draw draws the figure on dst, in front of a backdrop. A nil backdrop is transparent.
func (e *easel) draw(dst *image.RGBA, g *backdrop, p *pose) {
	f := e.fig
	e.lay([3]*paint.Sprite{e.sprites.eyes(f, p), e.sprites.brows(f, p), e.sprites.mouth(f, p)})
	layers := make([]paint.Layer, 0, 3)
	if f.back != nil {
		layers = append(layers, paint.Layer{Sprite: f.back, Field: p.headField(f.ch.mouth.y, hanging, true),
			Reach: reach})
	}
	layers = append(layers, paint.Layer{Sprite: f.torso, Field: p.torsoField(), Reach: reach},
		paint.Layer{Sprite: e.face, Field: p.headField(f.ch.mouth.y, f.ch.follow, false), Reach: reach})
	var pix []byte
	if g != nil {
		pix = g.pix
	}
	e.warp.Draw(dst, f.view, pix, layers...)
}

// lay replaces the sprites on the face. It draws an unchanged sprite again only if that sprite overlaps one that it
// draws or removes.
func (e *easel) lay(next [3]*paint.Sprite) {
	var again [3]bool
	for i := range next {
		again[i] = next[i] != e.laid[i]
	}
	for range next { // a sprite that is drawn again may overlap the next one
		for i := range next {
			for k := range next {
				again[k] = again[k] || again[i] && (next[k].Meets(next[i]) ||
					e.laid[i] != nil && next[k].Meets(e.laid[i]))
			}
		}
	}
	for i, old := range e.laid {
		if again[i] && old != nil {
			e.face.Restore(e.fig.head, old)
		}
	}
	for i, s := range next {
		if again[i] {
			e.face.Over(s)
		}
	}
	e.laid = next
}
