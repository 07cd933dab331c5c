package audio

import (
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
