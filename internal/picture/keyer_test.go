package picture

import (
	"image"
	"image/color"
	"math"
	"testing"

	"lectern"
)

// truth is a presenter with known alpha: soft discs of skin and dark cloth, and hair whose opacity falls to its edge.
func truth(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	disc := func(x, y int, cx, cy, r, soft float64) float64 {
		d := math.Hypot(float64(x)+0.5-cx*float64(w), float64(y)+0.5-cy*float64(h)) - r*float64(h)
		return min(max(0.5-d/soft, 0), 1)
	}
	for y := range h {
		for x := range w {
			cloth, hair, skin := disc(x, y, 0.5, 1.1, 0.45, 3), disc(x, y, 0.5, 0.38, 0.27, 24),
				disc(x, y, 0.5, 0.42, 0.19, 3)
			c, a := [3]float64{}, 0.0
			for _, l := range []struct{ r, g, b, a float64 }{{70, 50, 42, hair}, {50, 60, 110, cloth},
				{224, 172, 150, skin}} {
				c = [3]float64{c[0]*(1-l.a) + l.r*l.a, c[1]*(1-l.a) + l.g*l.a, c[2]*(1-l.a) + l.b*l.a}
				a = a*(1-l.a) + l.a
			}
			if a > 0 {
				m.SetNRGBA(x, y, color.NRGBA{byte(c[0]/a + 0.5), byte(c[1]/a + 0.5), byte(c[2]/a + 0.5),
					byte(a*255 + 0.5)})
			}
		}
	}
	return m
}

// Compared with known alpha, edges have their place and softness, and no visible pixel is green. The bounds are below
// what an eye sees: three hundredths of alpha on average, a tenth at worst, where thin hair is next to skin.
func TestKeyFindsTheKnownAlpha(t *testing.T) {
	t.Parallel()
	size := lectern.Size{Width: 1080, Height: 1080}
	m := truth(size.Width, size.Height)
	rgb := make([]byte, 3*size.Width*size.Height)
	for i := range size.Width * size.Height {
		p := m.Pix[4*i : 4*i+4]
		a := float64(p[3]) / 255
		for c, k := range [3]float64{0, 255, 0} {
			rgb[3*i+c] = byte(float64(p[c])*a + k*(1-a) + 0.5)
		}
	}
	out := image.NewRGBA(image.Rect(0, 0, size.Width, size.Height))
	NewKeyer(size, lectern.Backdrop{}).Key(rgb, out)
	sum, n, worst, green := 0.0, 0.0, 0.0, 0
	for i := range size.Width * size.Height {
		want, p := float64(m.Pix[4*i+3])/255, out.Pix[4*i:4*i+4]
		got := float64(p[3]) / 255
		switch {
		case want == 0 && p[3] != 0 || want == 1 && p[3] != 255:
			t.Fatalf("pixel %d has alpha %d where it is %g", i, p[3], want)
		case want > 0 && want < 1:
			d := math.Abs(got - want)
			sum, n, worst = sum+d, n+1, max(worst, d)
		}
		if p[0] > p[3] || p[1] > p[3] || p[2] > p[3] {
			t.Fatalf("pixel %d is %v: not premultiplied", i, p)
		}
		green = max(green, int(p[1])-int(max(p[0], p[2])))
	}
	t.Logf("alpha at %g edge pixels differs by %.3f on average, %.3f at worst; green excess %d", n, sum/n, worst, green)
	if sum/n > 0.03 || worst > 0.1 {
		t.Errorf("alpha differs by %.3f on average, %.3f at worst", sum/n, worst)
	}
	if green > 1 {
		t.Errorf("a kept pixel is greener than it is red or blue, by %d", green)
	}
}

func TestKeyDrawsTheBackdrop(t *testing.T) {
	t.Parallel()
	size := lectern.Size{Width: 8, Height: 64}
	rgb := make([]byte, 3*8*64)
	for i := 1; i < len(rgb); i += 3 {
		rgb[i] = 255
	}
	out := image.NewRGBA(image.Rect(0, 0, 8, 64))
	NewKeyer(size, lectern.Backdrop{Top: "#204060", Bottom: "#6080a0"}).Key(rgb, out)
	for y, want := range map[int][3]int{0: {0x20, 0x40, 0x60}, 32: {0x40, 0x60, 0x80}, 63: {0x60, 0x80, 0xa0}} {
		p := out.RGBAAt(3, y)
		if p.A != 255 || abs(int(p.R)-want[0]) > 1 || abs(int(p.G)-want[1]) > 1 || abs(int(p.B)-want[2]) > 1 {
			t.Errorf("row %d is %v", y, p)
		}
	}
}

func BenchmarkKey(b *testing.B) {
	size := lectern.Size{Width: 480, Height: 480}
	m := truth(size.Width, size.Height)
	rgb := make([]byte, 0, 3*480*480)
	for i := 0; i < len(m.Pix); i += 4 {
		a := int(m.Pix[i+3])
		rgb = append(rgb, byte(int(m.Pix[i])*a/255), byte((int(m.Pix[i+1])*a+255*(255-a))/255),
			byte(int(m.Pix[i+2])*a/255))
	}
	k, out := NewKeyer(size, lectern.Backdrop{Top: "#204060", Bottom: "#6080a0"}),
		image.NewRGBA(image.Rect(0, 0, 480, 480))
	b.ReportAllocs()
	for b.Loop() {
		k.Key(rgb, out)
	}
}

func abs(v int) int { return max(v, -v) }
