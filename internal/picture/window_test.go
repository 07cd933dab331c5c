package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

func noise(w, h int, seed uint64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range img.Pix {
		img.Pix[i] = byte(r.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// exact converts to bt709 in its limited range, as the standard defines it.
func exact(c color.RGBA) (y, u, v float64) {
	r, g, b := float64(c.R)/255, float64(c.G)/255, float64(c.B)/255
	l := 0.2126*r + 0.7152*g + 0.0722*b
	return 16 + 219*l, 128 + 224*(b-l)/1.8556, 128 + 224*(r-l)/1.5748
}

func TestYUVIsBT709(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := color.RGBA{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b"), 255}
		img := image.NewRGBA(image.Rect(0, 0, 16, 16))
		draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
		p := ToYUV(img)
		y, u, v := exact(c)
		for name, plane := range map[string]struct {
			pix  []byte
			want float64
		}{"y": {p.Pix[:256], y}, "u": {p.Pix[256:320], u}, "v": {p.Pix[320:], v}} {
			sum := 0.0
			for _, b := range plane.pix {
				sum += float64(b)
				if math.Abs(float64(b)-plane.want) > 0.5+0.5/dither+0.01 {
					t.Fatalf("%v: %s is %d where %.3f is right", c, name, b, plane.want)
				}
			}
			// The weaker the dither, the larger the remaining rounding error.
			if mean := sum / float64(len(plane.pix)); math.Abs(mean-plane.want) > 0.5-0.5/dither+0.03 {
				t.Fatalf("%v: %s is %.3f on average where %.3f is right", c, name, mean, plane.want)
			}
		}
	})
}

func TestGreyHasNoChroma(t *testing.T) {
	t.Parallel()
	for g := range 256 {
		img := image.NewRGBA(image.Rect(0, 0, 8, 8))
		draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{byte(g), byte(g), byte(g), 255}), image.Point{}, draw.Src)
		p := ToYUV(img)
		for _, c := range p.Pix[64:] {
			if c != 128 {
				t.Fatalf("grey %d has chroma %d", g, c)
			}
		}
		for _, y := range p.Pix[:64] {
			if g == 0 && y != 16 || g == 255 && y != 235 {
				t.Fatalf("grey %d has luma %d", g, y)
			}
		}
	}
}

// piece cuts the region out of a whole picture.
func piece(p *YUV, r lectern.Rect) []byte {
	var out []byte
	plane := func(pix []byte, width, x, y, w, h int) {
		for row := range h {
			out = append(out, pix[(y+row)*width+x:][:w]...)
		}
	}
	n := p.Width * p.Height
	plane(p.Pix, p.Width, r.X, r.Y, r.Width, r.Height)
	plane(p.Pix[n:], p.Width/2, r.X/2, r.Y/2, r.Width/2, r.Height/2)
	plane(p.Pix[n+n/4:], p.Width/2, r.X/2, r.Y/2, r.Width/2, r.Height/2)
	return out
}

func drawWindow(t *rapid.T, size lectern.Size) Window {
	r := EvenRect(lectern.Rect{
		X: rapid.IntRange(-20, size.Width+20).Draw(t, "x"), Y: rapid.IntRange(-20, size.Height+20).Draw(t, "y"),
		Width: rapid.IntRange(1, size.Width*2).Draw(t, "w"), Height: rapid.IntRange(1, size.Height*2).
			Draw(t, "h")}, 1, size)
	return Window{At: r, Shape: rapid.SampledFrom([]lectern.Shape{lectern.ShapeCircle, lectern.ShapeRounded,
		lectern.ShapeSquare}).Draw(t, "shape"),
		Inset: rapid.Bool().Draw(t, "inset"), Ring: color.RGBA{200, 100, 0, 255}, Unit: rapid.Float64Range(0.2, 2).
			Draw(t, "unit")}
}

func TestATransparentAvatarLeavesNoSeam(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		slide := noise(64, 48, rapid.Uint64().Draw(t, "seed"))
		w := drawWindow(t, lectern.Size{Width: 64, Height: 48})
		w.Bake(slide)
		region := w.NewRegion(slide)
		got := region.Compose(image.NewRGBA(image.Rect(0, 0, w.At.Width, w.At.Height)))
		if want := piece(ToYUV(slide), w.At); string(got) != string(want) {
			t.Fatalf("the region differs from the slide at %+v", w.At)
		}
	})
}

func TestAnOpaqueAvatarCoversTheInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		slide := noise(64, 48, 1)
		w := drawWindow(t, lectern.Size{Width: 64, Height: 48})
		w.Bake(slide)
		frame := noise(w.At.Width, w.At.Height, 2)
		got := w.NewRegion(slide).Compose(frame)

		whole := image.NewRGBA(slide.Rect)
		copy(whole.Pix, slide.Pix)
		inset := w.ring()
		for y := range w.At.Height {
			for x := range w.At.Width {
				c := coverage(w.distance(float64(w.At.X+x)+0.5, float64(w.At.Y+y)+0.5, inset))
				c = math.Floor(c*255+0.5) / 255
				o, f := whole.PixOffset(w.At.X+x, w.At.Y+y), frame.PixOffset(x, y)
				for i := range 3 {
					whole.Pix[o+i] = byte(math.Floor(float64(frame.Pix[f+i])*c + float64(whole.Pix[o+i])*(1-c) + 0.5))
				}
			}
		}
		want := piece(ToYUV(whole), w.At)
		for i := range want {
			if d := int(got[i]) - int(want[i]); d > 1 || d < -1 {
				t.Fatalf("byte %d is %d instead of %d", i, got[i], want[i])
			}
		}
	})
}

// plainBake is Window.Bake with each pixel computed separately.
func plainBake(w Window, slide *image.RGBA) {
	if !w.Inset || w.Ring.A == 0 {
		return
	}
	spread, drop := shadowSpread*w.Unit, shadowDrop*w.Unit
	for y := range slide.Rect.Dy() {
		for x := range slide.Rect.Dx() {
			px, py := float64(x)+0.5, float64(y)+0.5
			p := slide.Pix[slide.PixOffset(x, y):][:3]
			c := coverage(w.distance(px, py, 0))
			if s := shadow(w.distance(px, py-drop, 0), spread); c < 1 && s > 0 {
				mix(p, 0, 0, 0, s)
			}
			if c > 0 {
				mix(p, w.Ring.R, w.Ring.G, w.Ring.B, c)
			}
		}
	}
}

// plainMask is Window.mask with each pixel computed separately.
func plainMask(w Window) ([]byte, []span) {
	mask, spans := make([]byte, 0, w.At.Width*w.At.Height), make([]span, w.At.Height)
	for y := range w.At.Height {
		for x := range w.At.Width {
			c := coverage(w.distance(float64(w.At.X+x)+0.5, float64(w.At.Y+y)+0.5, w.ring()))
			mask = append(mask, byte(c*255+0.5))
		}
		spans[y] = spanOf(mask[y*w.At.Width:])
	}
	return mask, spans
}

// spanOf reads a row of a mask. An empty row gives an empty span in its middle.
func spanOf(row []byte) span {
	mid := len(row) / 2
	s := span{end: len(row)}
	for s.end > mid && row[s.end-1] == 0 {
		s.end--
	}
	for s.seen < mid && row[s.seen] == 0 {
		s.seen++
	}
	for s.full = s.seen; s.full < s.end && row[s.full] < 255; {
		s.full++
	}
	for s.part = s.full; s.part < s.end && row[s.part] == 255; {
		s.part++
	}
	return s
}

// sameAsPlain reports where a window differs from the results of plainBake and plainMask.
func sameAsPlain(w Window, slide *image.RGBA) error {
	plain := image.NewRGBA(slide.Rect)
	copy(plain.Pix, slide.Pix)
	plainBake(w, plain)
	w.Bake(slide)
	for i, want := range plain.Pix {
		if got := slide.Pix[i]; got != want {
			return fmt.Errorf("%+v: byte %d of pixel %d,%d is %d, not %d", w, i%4, i%slide.Stride/4,
				i/slide.Stride, got, want)
		}
	}
	mask, spans := w.mask()
	wantMask, wantSpans := plainMask(w)
	for i, want := range wantMask {
		if mask[i] != want {
			return fmt.Errorf("%+v: the mask at %d,%d is %d, not %d", w, i%w.At.Width, i/w.At.Width, mask[i], want)
		}
	}
	for y, want := range wantSpans {
		if spans[y] != want {
			return fmt.Errorf("%+v: row %d of the mask is %+v, not %+v", w, y, spans[y], want)
		}
	}
	return nil
}

func TestAWindowEqualsOneComputedPixelByPixel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := lectern.Size{Width: 2 * rapid.IntRange(1, 70).Draw(t, "W"),
			Height: 2 * rapid.IntRange(1, 60).Draw(t, "H")}
		w := drawWindow(t, size)
		w.Unit = rapid.OneOf(rapid.Float64Range(0.01, 4), rapid.SampledFrom([]float64{1, 0.5, 2.0 / 3})).
			Draw(t, "measure")
		if rapid.Bool().Draw(t, "ringless") {
			w.Ring = color.RGBA{}
		}
		slide := noise(size.Width, size.Height, rapid.Uint64().Draw(t, "seed"))
		slide.Pix[3] = 7 // alpha stays unchanged
		if err := sameAsPlain(w, slide); err != nil {
			t.Fatal(err)
		}
	})
	// These windows have the size that they have in a video. The shadows of two of them reach a border of the picture.
	for shape, at := range map[lectern.Shape]image.Point{lectern.ShapeCircle: {80, 60}, lectern.ShapeRounded: {0, 0},
		lectern.ShapeSquare: {168, 108}} {
		w := Window{At: lectern.Rect{X: at.X, Y: at.Y, Width: 432, Height: 432}, Shape: shape, Inset: true, Unit: 1,
			Ring: color.RGBA{200, 100, 0, 255}}
		if err := sameAsPlain(w, noise(600, 540, 1)); err != nil {
			t.Error(err)
		}
	}
}

func TestEvenRectStaysInside(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := lectern.Size{Width: 2 * rapid.IntRange(1, 2000).Draw(t, "W"),
			Height: 2 * rapid.IntRange(1, 2000).Draw(t, "H")}
		in := rapid.IntRange(-5000, 5000)
		r := EvenRect(lectern.Rect{X: in.Draw(t, "x"), Y: in.Draw(t, "y"), Width: in.Draw(t, "w"),
			Height: in.Draw(t, "h")}, rapid.Float64Range(0.1, 4).Draw(t, "unit"), size)
		if r.X%2 != 0 || r.Y%2 != 0 || r.Width%2 != 0 || r.Height%2 != 0 || r.X < 0 || r.Y < 0 || r.Width < 2 ||
			r.Height < 2 || r.X+r.Width > size.Width || r.Y+r.Height > size.Height {
			t.Fatalf("%+v in %+v", r, size)
		}
	})
	if got := EvenRect(lectern.Rect{X: 1392, Y: 552, Width: 480, Height: 480}, 1,
		lectern.Size{Width: 1920, Height: 1080}); got != (lectern.Rect{X: 1392, Y: 552, Width: 480, Height: 480}) {
		t.Errorf("an even rectangle became %+v", got)
	}
}

func TestDiv255(t *testing.T) {
	t.Parallel()
	for v := range uint32(255*255 + 1) {
		if want := uint32(math.Round(float64(v) / 255)); div255(v) != want {
			t.Fatalf("%d/255 is %d, not %d", v, want, div255(v))
		}
	}
}

func TestComposingAllocatesNothing(t *testing.T) {
	w := Window{At: lectern.Rect{X: 10, Y: 10, Width: 40, Height: 40}, Shape: lectern.ShapeCircle, Inset: true, Unit: 1,
		Ring: color.RGBA{A: 255}}
	region, frame := w.NewRegion(noise(64, 64, 1)), noise(40, 40, 2)
	if n := testing.AllocsPerRun(10, func() { region.Compose(frame) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

// solid makes a whole picture opaque, like the frames of an avatar on a backdrop.
func solid(m *image.RGBA) *image.RGBA {
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return m
}

func BenchmarkComposeCircle480(b *testing.B) {
	w := Window{At: lectern.Rect{X: 1392, Y: 552, Width: 480, Height: 480}, Shape: lectern.ShapeCircle, Inset: true,
		Unit: 1, Ring: color.RGBA{A: 255}}
	slide := noise(1920, 1080, 1)
	w.Bake(slide)
	region, frame := w.NewRegion(slide), solid(noise(480, 480, 2))
	for b.Loop() {
		region.Compose(frame)
	}
}

func BenchmarkWindow432(b *testing.B) {
	w := Window{At: lectern.Rect{X: 1440, Y: 600, Width: 432, Height: 432}, Shape: lectern.ShapeCircle, Inset: true,
		Unit: 1, Ring: color.RGBA{A: 255}}
	slide := noise(1920, 1080, 1)
	b.Run("bake", func(b *testing.B) {
		for b.Loop() {
			w.Bake(slide)
		}
	})
	b.Run("region", func(b *testing.B) {
		for b.Loop() {
			w.NewRegion(slide)
		}
	})
}

func BenchmarkComposeHalf1080(b *testing.B) {
	w := Window{At: lectern.Rect{X: 960, Y: 0, Width: 960, Height: 1080}, Shape: lectern.ShapeSquare, Unit: 1}
	slide := noise(1920, 1080, 1)
	region, frame := w.NewRegion(slide), noise(960, 1080, 2)
	for b.Loop() {
		region.Compose(frame)
	}
}

func BenchmarkBakeAndConvert1080(b *testing.B) {
	w := Window{At: lectern.Rect{X: 1392, Y: 552, Width: 480, Height: 480}, Shape: lectern.ShapeCircle, Inset: true,
		Unit: 1, Ring: color.RGBA{A: 255}}
	slide := noise(1920, 1080, 1)
	for b.Loop() {
		w.Bake(slide)
		ToYUV(slide)
	}
}
