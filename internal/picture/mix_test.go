package picture

import (
	"testing"

	"pgregory.net/rapid"
)

// Each byte of a mix is the rounded weighted mean of the two bytes. At shares 0 and 1 it is one of them.
func TestMixIsTheMean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "bytes")
		a := rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "leaving")
		b := rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "coming")
		k := rapid.IntRange(0, 256).Draw(t, "share of 256")
		dst := make([]byte, n)
		Mix(dst, a, b, float64(k)/256)
		for i, v := range dst {
			if want := byte((int(a[i])*(256-k) + int(b[i])*k + 128) / 256); v != want {
				t.Fatalf("byte %d of %d and %d at %d/256 is %d, not %d", i, a[i], b[i], k, v, want)
			}
		}
	})
}

func BenchmarkMix1080(b *testing.B) {
	dst, from, to := make([]byte, 1920*1080*3/2), make([]byte, 1920*1080*3/2), make([]byte, 1920*1080*3/2)
	for b.Loop() {
		Mix(dst, from, to, 0.4)
	}
}
