package paint

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSofteningEqualsThatOfSingleLines(t *testing.T) {
	t.Parallel()
	var here, single tools
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 60).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h")
		radius := rapid.Float64Range(0.05, 20).Draw(t, "radius")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
		a := make([]float32, w*h)
		for i := range a {
			a[i] = float32(r.UintN(256)) / 255
			if r.UintN(3) == 0 {
				a[i] = float32(r.UintN(2))
			}
		}
		b := slices.Clone(a)
		s := math.Sqrt(radius * (radius + 1)) // the deviation whose boxes have this radius
		here.soften(a, w, h, s)
		q := (math.Sqrt(1+4*s*s) - 1) / 2
		single.narrow(b, w, h, q, int(q)+2)
		for i := range b {
			if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
				t.Fatalf("%d×%d softened by %g: sample %d is %g, not %g", w, h, s, i, a[i], b[i])
			}
		}
	})
}

func BenchmarkSoften(b *testing.B) {
	w, h, r := 70, 45, 2.1
	for _, way := range []struct {
		name string
		do   func(*tools, []float32)
	}{
		{"as on this machine", func(t *tools, v []float32) { t.soften(v, w, h, math.Sqrt(r*(r+1))) }},
		{"narrow", func(t *tools, v []float32) { t.narrow(v, w, h, r, int(r)+2) }},
	} {
		b.Run(fmt.Sprintf("%d×%d/%s", w, h, way.name), func(b *testing.B) {
			var t tools
			v := make([]float32, w*h)
			for b.Loop() {
				for i := range v {
					v[i] = float32(i & 7)
				}
				way.do(&t, v)
			}
		})
	}
}
