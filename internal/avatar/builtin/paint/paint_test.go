package paint

import (
	"image"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFillCoversTheShape(t *testing.T) {
	t.Parallel()
	c := NewCanvas(-10, -10, 10, 10, 4)
	c.Fill(Rect(-5, -5, 5, 2.5), Flat(RGB(0xff8000)))
	sum := 0.0
	for i := 3; i < len(c.pix); i += 4 {
		sum += float64(c.pix[i])
	}
	if want := 10 * 7.5 * 16.0; math.Abs(sum-want) > 1 {
		t.Errorf("the rectangle covers %.1f pixels, not %.1f", sum, want)
	}
	p := c.Sprite()
	if p.pix[40*p.Width+40] != 0xff0080ff {
		t.Errorf("a flat colour is drawn as %08x, not ff0080ff", p.pix[40*p.Width+40])
	}
}

func TestSoftEdgesKeepTheirWeight(t *testing.T) {
	t.Parallel()
	for _, blur := range []float64{0.3, 1, 2.5, 6} {
		c := NewCanvas(-40, -40, 40, 40, 2)
		c.Soft(Ellipse(0, 0, 10, 6), Flat(RGB(0xffffff)), blur)
		sum := 0.0
		for i := 3; i < len(c.pix); i += 4 {
			sum += float64(c.pix[i])
		}
		if want := math.Pi * 10 * 6 * 4; math.Abs(sum-want) > want*0.02 {
			t.Errorf("blurred by %v, an ellipse covers %.0f pixels, not %.0f", blur, sum, want)
		}
	}
}

func TestClipsLimitWhatIsPainted(t *testing.T) {
	t.Parallel()
	c := NewCanvas(0, 0, 20, 20, 1)
	in := c.Clip(Rect(5, 5, 15, 15))
	in.Clip(Rect(0, 0, 10, 20)).Fill(Rect(0, 0, 20, 20), Flat(RGB(0xffffff)))
	in.ClipOut(Rect(0, 0, 20, 12)).Fill(Rect(0, 0, 20, 20), Flat(RGB(0xffffff)))
	for _, q := range []struct {
		x, y int
		a    float32
	}{{7, 7, 1}, {12, 7, 0}, {12, 13, 1}, {7, 13, 1}, {2, 13, 0}, {17, 17, 0}} {
		if a := c.pix[(q.y*20+q.x)*4+3]; math.Abs(float64(a-q.a)) > 0.01 {
			t.Errorf("at %d,%d alpha is %v, not %v", q.x, q.y, a, q.a)
		}
	}
}

func TestSpritesStayPremultiplied(t *testing.T) {
	t.Parallel()
	c := NewCanvas(-20, -20, 20, 20, 3)
	c.Fill(Ellipse(0, 0, 15, 12), Linear(-15, 0, 15, 0, RGB(0xffffff), RGB(0x102030)))
	c.Soft(Ellipse(4, 4, 9, 9), Flat(RGB(0xff00ff).Alpha(0.4)), 3)
	c.Draw(Ellipse(-4, 0, 9, 9), Style{Paint: Flat(RGB(0xffffff)), Screen: true, Opacity: 0.5})
	c.Draw(Ellipse(0, 9, 30, 9), Style{Paint: Flat(RGB(0x00ff00)), Atop: true, Opacity: 0.5})
	for i, v := range c.Sprite().pix {
		a := v >> 24
		if v&255 > a || v>>8&255 > a || v>>16&255 > a {
			t.Fatalf("pixel %d is %08x, which is not premultiplied", i, v)
		}
	}
}

// A warp that moves nothing gives the sprite itself, at its own scale and on its own grid.
func TestWarpByNothingChangesNothing(t *testing.T) {
	t.Parallel()
	c := NewCanvas(0, 0, 100, 80, 1)
	c.Fill(Ellipse(50, 40, 35, 25), Linear(0, 0, 100, 0, RGB(0x3060ff), RGB(0xffe080)))
	p := c.Sprite()
	dst := image.NewRGBA(image.Rect(0, 0, 100, 80))
	var w Warp
	w.Draw(dst, View{Scale: 1}, nil, Layer{p, func(x, y float64) (float64, float64) { return x, y }, 4})
	want := p.Image()
	for i := range dst.Pix {
		if d := int(dst.Pix[i]) - int(want.Pix[i]); d > 1 || d < -1 {
			t.Fatalf("byte %d is %d, not %d", i, dst.Pix[i], want.Pix[i])
		}
	}
}

func TestWarpNeverReadsBeyondASprite(t *testing.T) {
	t.Parallel()
	c := NewCanvas(0, 0, 60, 50, 1)
	c.Fill(Rect(-5, -5, 70, 60), Flat(RGB(0xabcdef)))
	p := c.Sprite()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64Range(-3, 3).Draw(t, "a"), rapid.Float64Range(-3, 3).Draw(t, "b")
		dx, dy := rapid.Float64Range(-1e6, 1e6).Draw(t, "dx"), rapid.Float64Range(-200, 200).Draw(t, "dy")
		dst := image.NewRGBA(image.Rect(0, 0, rapid.IntRange(1, 90).Draw(t, "w"), rapid.IntRange(1, 90).Draw(t, "h")))
		var w Warp
		w.Draw(dst, View{X0: -3, Y0: 2, Scale: 1.3}, nil, Layer{p, func(x, y float64) (float64, float64) {
			return a*x +
				dx, b*y + x*0.2 + dy
		}, 300})
		for i := 0; i < len(dst.Pix); i += 4 {
			if q := dst.Pix[i : i+4]; q[0] > q[3] || q[1] > q[3] || q[2] > q[3] {
				t.Fatalf("pixel %d is %v, which is not premultiplied", i/4, q)
			}
		}
	})
}

func TestPatchesAreDrawnAndRemoved(t *testing.T) {
	t.Parallel()
	c := NewCanvas(0, 0, 40, 40, 1.5)
	c.Fill(Rect(0, 0, 40, 40), Flat(RGB(0x808080)))
	base := c.Sprite()
	d := NewCanvas(10, 10, 20, 20, 1.5)
	d.Fill(Ellipse(15, 15, 4, 4), Flat(RGB(0xff0000)))
	patch := d.Patch()
	p := base.Clone()
	p.Over(patch)
	if p.pix[22*p.Width+22] != 0xff0000ff {
		t.Errorf("the patch is not where it was drawn: its middle is %08x", p.pix[22*p.Width+22])
	}
	p.Restore(base, patch)
	for i := range p.pix {
		if p.pix[i] != base.pix[i] {
			t.Fatalf("pixel %d is not restored", i)
		}
	}
}

func FuzzHex(f *testing.F) {
	for _, s := range []string{"#12ab3F", "#12ab3f80", "red", "#12345", "#1234567", "#\xff\xff\xff", "# 1 2 3",
		"#+1-2+3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Hex(s)
		if err != nil {
			return
		}
		for _, v := range []float32{c.R, c.G, c.B, c.A} {
			if v < 0 || v > 1 {
				t.Fatalf("%q gives %+v", s, c)
			}
		}
		for _, r := range s[1:] {
			if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'f' || r >= 'A' && r <= 'F') {
				t.Fatalf("%q is read as a colour", s)
			}
		}
	})
}

// A canvas's touched rectangle contains everything painted on it, and is empty after Clear.
func TestClearedCanvasIsLikeANewOne(t *testing.T) {
	t.Parallel()
	used := NewCanvas(-20, -10, 20, 15, 1.5)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Float64Range(-25, 25)
		x, y, blur := at.Draw(t, "x"), at.Draw(t, "y"), rapid.Float64Range(0, 4).Draw(t, "blur")
		hole := Ellipse(at.Draw(t, "hole"), 2, 9, 6)
		draw := func(c *Canvas) *Sprite {
			c.Moved(2, -1).Soft(Ellipse(x, y, 5, 3), Linear(0, y-3, 0, y+3, RGB(0xff0000), RGB(0x00ff00)), blur)
			c.ClipOut(hole).Fill(Rect(x-3, y, x+8, y+4), Flat(RGB(0x8080ff)))
			c.Clip(hole).Draw(Rect(y, x, y+9, x+9),
				Style{Paint: Radial(x, y, 5, 5, RGB(0), RGB(0xffffff)), Multiply: true})
			return c.Patch()
		}
		used.Clear()
		for _, v := range used.pix {
			if v != 0 {
				t.Fatal("something is left on a cleared canvas")
			}
		}
		got, fresh := draw(used), NewCanvas(-20, -10, 20, 15, 1.5)
		want := draw(fresh)
		if whole := fresh.finish(image.Rect(0, 0, fresh.Width, fresh.Height)); paintedOf(whole) != paintedOf(want) {
			t.Fatal("a patch lacks painted pixels")
		}
		if got.Width != want.Width || got.Height != want.Height || got.X0 != want.X0 || got.Y0 != want.Y0 ||
			!slices.Equal(got.pix, want.pix) {
			t.Fatal("a canvas that was used before gives another patch")
		}
	})
}

// paintedOf counts the pixels of a sprite that are not empty.
func paintedOf(p *Sprite) (n int) {
	for _, v := range p.pix {
		if v != 0 {
			n++
		}
	}
	return n
}

func TestPaintAcrossIsTheColourOfTheWholeRow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Float64Range(-50, 50)
		x, y, y0 := at.Draw(t, "x"), at.Draw(t, "y"), at.Draw(t, "y0")
		p := Linear(at.Draw(t, "x0"), y0, 7, y0+rapid.Float64Range(0.1, 60).Draw(t, "height"), RGB(0x102030),
			RGB(0xf0e0d0), RGB(0))
		p.dx *= float64(rapid.IntRange(0, 1).Draw(t, "slant"))
		if c, same := p.across(y); same && c != p.colour(x, y) {
			t.Fatalf("at %g,%g it is %v, not %v", x, y, p.colour(x, y), c)
		}
	})
}
