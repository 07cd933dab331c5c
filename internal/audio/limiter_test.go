package audio

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The limiter searches for the lowest gain of its window only when that gain may have changed. The result is the same
// as if it searched at every sample.
func TestLimiterKnowsTheLowestGainOfItsWindow(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(1, 2))
	for name, sample := range map[string]func(i int) float64{
		"silence":          func(int) float64 { return 0 },
		"noise":            func(int) float64 { return dice.Float64()*4 - 2 },
		"rare peaks":       func(i int) float64 { return float64(i%977/976) * 1.5 },
		"one level":        func(i int) float64 { return 1.5 * float64(1-i%2*2) },
		"loud, then quiet": func(i int) float64 { return 2 * float64(1-i/3000%2) * (dice.Float64() - .5) },
	} {
		l := NewLimiter()
		for i := range 20_000 {
			l.Next(sample(i))
			lowest := 1.0
			for _, n := range l.need {
				lowest = min(lowest, n)
			}
			if lowest != l.lowest {
				t.Fatalf("%s, sample %d: the lowest gain is %v, want %v", name, i, l.lowest, lowest)
			}
		}
	}
}

func BenchmarkMakeUp(b *testing.B) {
	voice := sine(30*48000, 0.5, 300)
	for b.Loop() {
		MakeUp(1.5, voice)
	}
}

// A peak between two loud samples is limited although the samples after it are quiet.
func TestPeaksBetweenSamplesAreLimited(t *testing.T) {
	t.Parallel()
	l := NewLimiter()
	in, out := make([]float64, 1000), make([]float64, 1000)
	in[400], in[401] = 0.8, 0.8 // the curve through them reaches 1.02, 1.7 dB above the limit
	for i, x := range in {
		out[i] = l.Next(x)
	}
	// BS.1770's filter reads a peak at most 0.6 dB too low.
	if highest := between(out[500:800]); highest > l.limit*1.07 || highest < l.limit*0.9 {
		t.Errorf("the highest point is %.4f, the limit %.4f", highest, l.limit)
	}
	if plain := between(in[300:600]); plain < 1 {
		t.Errorf("the peak of the test's input is only %.4f", plain)
	}
}

// between returns the highest absolute value of the band-limited curve through samples, at eight points for each.
func between(samples []float64) float64 {
	highest := 0.0
	for p := range 8 * len(samples) {
		at, sum := float64(p)/8, 0.0
		for i, s := range samples {
			d := math.Pi * (at - float64(i))
			if d == 0 {
				sum += s
			} else {
				sum += s * math.Sin(d) / d
			}
		}
		highest = max(highest, math.Abs(sum))
	}
	return highest
}
