package tts

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// rough is noise whose samples are of very different sizes, so that the order of a sum shows in it.
func rough(n int, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 5))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(math.Ldexp(r.Float64()-0.5, -r.IntN(24)))
	}
	return out
}

// With the AVX2 kernel and without it the sound has the same bits.
func TestTheKernelResamplesLikeThePortableLoop(t *testing.T) {
	t.Parallel()
	pairs := [][2]int{{8000, 48000}, {11025, 48000}, {16000, 48000}, {22050, 48000}, {24000, 48000}, {44100, 48000},
		{48000, 44100}, {48000, 16000}, {50000, 48000}, {48000, 22050}}
	made := make([]*Resampler, len(pairs))
	for i, p := range pairs {
		made[i] = NewResampler(p[0], p[1])
		if made[i].taps%8 != 0 {
			t.Errorf("%v: the number of taps, %d, is not a multiple of eight", p, made[i].taps)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		r := rapid.SampledFrom(made).Draw(t, "resampler")
		in := rough(rapid.IntRange(0, 1500).Draw(t, "n"), rapid.Uint64().Draw(t, "seed"))
		want := make([]float32, r.Len(len(in)))
		r.portable(want, in, 0, len(want))
		same(t, r.Resample(in), want)

		// middle fills any range of outputs and leaves the others alone.
		from := min(r.outputAt(r.taps/2-1), len(want))
		to := max(from, min(r.outputAt(len(in)-r.taps/2), len(want)))
		a := rapid.IntRange(from, to).Draw(t, "from")
		b := rapid.IntRange(a, min(to, a+20)).Draw(t, "to")
		got := make([]float32, len(want))
		r.middle(got, in, a, b)
		clear(want[:a])
		clear(want[b:])
		same(t, got, want)
	})
}

func same(t *rapid.T, got, want []float32) {
	if len(got) != len(want) {
		t.Fatalf("%d samples, not %d", len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("sample %d of %d is %g, not %g", i, len(want), got[i], want[i])
		}
	}
}

// Every output is the sum over its whole filter, with silence around the input.
func TestResamplingSumsAllTaps(t *testing.T) {
	t.Parallel()
	for _, p := range [][2]int{{22050, 48000}, {48000, 16000}, {50000, 48000}} {
		r := NewResampler(p[0], p[1])
		for _, n := range []int{1, 50, 95, 96, 97, 400, 1000} {
			in := rough(n, uint64(n))
			for i, got := range r.Resample(in) {
				at := i * r.down
				var want float64
				for k, c := range r.phases[at%r.up] {
					if j := at/r.up - r.taps/2 + 1 + k; j >= 0 && j < n {
						want += float64(c) * float64(in[j])
					}
				}
				if math.Abs(float64(got)-want) > 1e-6 { // 2⁻²⁴ of sums that stay below 2, a few times
					t.Fatalf("%v, %d samples: output %d is %g, not %g", p, n, i, got, want)
				}
			}
		}
	}
}

func TestRoundedIsMathRound(t *testing.T) {
	t.Parallel()
	for i := -32767; i <= 32767; i++ {
		for _, x := range []float64{float64(i), float64(i) / 2, float64(i) + rand.Float64() - 0.5} {
			for _, x := range []float64{math.Nextafter(x, -1e9), x, math.Nextafter(x, 1e9)} {
				if got, want := rounded(x), int16(math.Round(x)); got != want {
					t.Fatalf("%v becomes %d, not %d", x, got, want)
				}
			}
		}
	}
}

func BenchmarkResample(b *testing.B) {
	r, in := NewResampler(22050, 48000), tone(22050, 22050, 300, 0.5)
	out := make([]float32, r.Len(len(in)))
	for _, way := range []struct {
		name string
		do   func()
	}{
		{"as on this machine", func() { r.Resample(in) }},
		{"portable", func() { r.portable(out, in, 0, len(out)) }},
	} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				way.do()
			}
		})
	}
}
