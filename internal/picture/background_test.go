package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

// The mean of every 8×8 pixels is the gradient itself, and every pixel is less than a step from it.
func TestBackgroundRoundsWithoutLoss(t *testing.T) {
	t.Parallel()
	g := lectern.Background{From: "#102030", To: "#14283c", Angle: 180}
	img, err := Background(g, lectern.Size{Width: 64, Height: 512}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for y := 0; y < 512; y += 8 {
		sum := [3]float64{}
		for dy := range 8 {
			for x := range 64 {
				c := img.RGBAAt(x, y+dy)
				for i, v := range [3]byte{c.R, c.G, c.B} {
					sum[i] += float64(v) / 512
					exact := [3]float64{16, 32, 48}[i] + [3]float64{4, 8, 12}[i]*(float64(y+dy)+0.5)/512
					if math.Abs(float64(v)-exact) > 1 {
						t.Fatalf("pixel %d, %d has %d instead of %.2f", x, y+dy, v, exact)
					}
				}
			}
		}
		for i, v := range sum {
			exact := [3]float64{16, 32, 48}[i] + [3]float64{4, 8, 12}[i]*(float64(y)+4)/512
			if math.Abs(v-exact) > 0.1 {
				t.Errorf("rows from %d have %.3f of channel %d instead of %.3f", y, v, i, exact)
			}
		}
	}
}

// A light has its own colour in the middle, half of it at half its reach, and none beyond its reach. It grows with the
// page's scale.
func TestBackgroundLights(t *testing.T) {
	t.Parallel()
	for _, scale := range []float64{1, 2} {
		n := int(200 * scale)
		img, err := Background(lectern.Background{From: "#000000", To: "#000000", Lights: []lectern.Light{
			{X: 50, Y: 50, RadiusX: 100, RadiusY: 50, Colour: "#c86400", Alpha: 1, Reach: 80},
		}}, lectern.Size{Width: n, Height: n}, scale)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ x, y, want float64 }{{100, 100, 200}, {140, 100, 100}, {60, 100, 100},
			{100, 120, 100}, {181, 100, 0}, {100, 141, 0}, {0, 0, 0}} {
			if got := float64(img.RGBAAt(int(c.x*scale), int(c.y*scale)).R); math.Abs(got-c.want) > 4 {
				t.Errorf("scale %g: at %g, %g there is %g instead of %g", scale, c.x, c.y, got, c.want)
			}
		}
	}
	for _, g := range []lectern.Background{{From: "red", To: "#000000"}, {From: "#000000", To: "#00000g"},
		{From: "#000000", To: "#000000", Lights: []lectern.Light{{Colour: ""}}}} {
		if img, err := Background(g, lectern.Size{Width: 2, Height: 2}, 1); err == nil {
			t.Errorf("%+v gives %v", g, img)
		}
	}
}

// Lay differs from image/draw by at most a step in 255. Transparent and opaque pixels are exact.
func TestLay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, h := rapid.IntRange(1, 9).Draw(rt, "w"), rapid.IntRange(1, 3).Draw(rt, "h")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		top, background := image.NewNRGBA(image.Rect(0, 0, w, h)), image.NewRGBA(image.Rect(0, 0, w, h))
		for i := range top.Pix {
			top.Pix[i], background.Pix[i] = byte(r.Uint32()), byte(r.Uint32())
			if i%4 == 3 {
				top.Pix[i], background.Pix[i] = []byte{0, 0, 255, 255, byte(r.Uint32())}[r.IntN(5)], 255
			}
		}
		want, before := image.NewRGBA(background.Rect), bytes.Clone(background.Pix)
		draw.Draw(want, want.Rect, background, image.Point{}, draw.Src)
		draw.Draw(want, want.Rect, top, image.Point{}, draw.Over)
		alpha := bytes.Clone(top.Pix)
		got := Lay(top, background)
		for i := range got.Pix {
			most := 1
			if a := alpha[i|3]; a == 0 || a == 255 {
				most = 0
			}
			if d := int(got.Pix[i]) - int(want.Pix[i]); d > most || -d > most {
				rt.Fatalf("byte %d of %d×%d is %d instead of %d", i, w, h, got.Pix[i], want.Pix[i])
			}
		}
		if !bytes.Equal(before, background.Pix) {
			rt.Fatal("the background was changed")
		}
	})
	opaque := image.NewGray(image.Rect(0, 0, 2, 2))
	opaque.SetGray(1, 1, color.Gray{Y: 7})
	if got := Lay(opaque, image.NewRGBA(opaque.Rect)).RGBAAt(1, 1); got != (color.RGBA{7, 7, 7, 255}) {
		t.Errorf("a picture without an alpha channel becomes %v", got)
	}
}

// image/png reads the pixels that PNG wrote.
func TestPNG(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(rt, "w"), rapid.IntRange(1, 40).Draw(rt, "h")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 2))
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		for i := range img.Pix {
			img.Pix[i] = byte(r.Uint32() >> (r.Uint32() % 9))
			if i%4 == 3 {
				img.Pix[i] = 255
			}
		}
		b, err := PNG(img)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			rt.Fatal(err)
		}
		back, ok := got.(*image.RGBA)
		if !ok || back.Rect != img.Rect || !bytes.Equal(back.Pix, img.Pix) {
			rt.Fatalf("%T of %v came back", got, got.Bounds())
		}
	})
}

func BenchmarkBackground(b *testing.B) {
	g := lectern.Background{From: "#110c35", To: "#241263", Angle: 160, Lights: []lectern.Light{
		{X: 88, Y: 0, RadiusX: 1500, RadiusY: 1150, Colour: "#7048f6", Alpha: 0.48, Reach: 70},
		{X: -6, Y: 108, RadiusX: 1200, RadiusY: 900, Colour: "#ff8c5c", Alpha: 0.16, Reach: 68},
	}}
	for b.Loop() {
		if _, err := Background(g, lectern.Size{Width: 1920, Height: 1080}, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPNG(b *testing.B) {
	img, err := Background(lectern.Background{From: "#110c35", To: "#241263", Angle: 160},
		lectern.Size{Width: 1920, Height: 1080}, 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := PNG(img); err != nil {
			b.Fatal(err)
		}
	}
}
