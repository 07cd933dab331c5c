package tts

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
)

func tone(rate, n int, hz, amplitude float64) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return out
}

// strength is the amplitude of a frequency in the middle half of samples (a Fourier sum with a Hann window).
func strength(samples []float32, rate int, hz float64) float64 {
	mid := samples[len(samples)/4 : len(samples)*3/4]
	var re, im, sum float64
	for i, v := range mid {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(mid)))
		s, c := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re, im, sum = re+w*float64(v)*c, im+w*float64(v)*s, sum+w
	}
	return 2 * math.Hypot(re, im) / sum
}

// The passband is flat within 0.1 dB, and what would mirror at the old rate's Nyquist frequency is 75 dB down.
func TestResamplerKeepsThePassbandAndRemovesImages(t *testing.T) {
	t.Parallel()
	for _, from := range []int{8000, 16000, 22050, 24000, 44100} {
		r := NewResampler(from, 48000)
		for _, part := range []float64{0.02, 0.2, 0.5, 0.7, 0.88} {
			hz := part * float64(from) / 2
			out := r.Resample(tone(from, from/8, hz, 0.5))
			if db := 20 * math.Log10(strength(out, 48000, hz)/0.5); math.Abs(db) > 0.1 {
				t.Errorf("%d Hz: %.0f Hz passes at %+.2f dB", from, hz, db)
			}
			image := float64(from) - hz
			if image > 24000 {
				image = 48000 - image
			}
			if db := 20 * math.Log10(strength(out, 48000, image)/0.5+1e-12); db > -75 {
				t.Errorf("%d Hz: %.0f Hz leaves an image at %.0f Hz with %.1f dB", from, hz, image, db)
			}
		}
	}
	// Down: sound above the new Nyquist frequency does not come back as an alias.
	out := NewResampler(48000, 16000).Resample(tone(48000, 6000, 9000, 0.5))
	if db := 20 * math.Log10(strength(out, 16000, 7000)/0.5+1e-12); db > -75 {
		t.Errorf("9 kHz comes back at 7 kHz with %.1f dB", db)
	}
}

func TestResamplerKeepsLengthAndTimes(t *testing.T) {
	t.Parallel()
	rates := []int{8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000}
	made := map[int]*Resampler{}
	for _, r := range rates {
		made[r] = NewResampler(r, 48000)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SampledFrom(rates).Draw(t, "rate")
		r, n := made[from], rapid.IntRange(0, 3000).Draw(t, "n")
		at := rapid.IntRange(0, max(0, n-1)).Draw(t, "at")
		in := make([]float32, n)
		if n > 0 {
			in[at] = 1
		}
		out := r.Resample(in)
		if want := int(math.Round(float64(n) * 48000 / float64(from))); len(out) != want || r.Len(n) != want {
			t.Fatalf("%d samples become %d, want %d", n, len(out), want)
		}
		if n == 0 {
			return
		}
		// An impulse stays where Map says, to a sample.
		best := 0
		for i, v := range out {
			if v > out[best] {
				best = i
			}
		}
		if d := int64(best) - min(r.Map(int64(at)), int64(len(out)-1)); d < -1 || d > 1 {
			t.Fatalf("the impulse at %d is at %d, Map says %d", at, best, r.Map(int64(at)))
		}
		if a, b := r.Map(int64(at)), r.Map(int64(at+1)); a > b {
			t.Fatalf("Map goes back: %d, %d", a, b)
		}
	})
}

func TestMatchIsOrderedAndCoversBoth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		letter := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		a, b := rapid.SliceOfN(letter, 0, 20).Draw(t, "a"), rapid.SliceOfN(letter, 0, 20).Draw(t, "b")
		differ := func(x, y string) float64 {
			if x == y {
				return 0
			}
			return 1
		}
		m := Match(a, b, differ)
		if len(m) != len(a)+1 || m[0] != 0 || m[len(a)] != len(b) && len(a) > 0 || !slices.IsSorted(m) || m[len(a)] > len(b) {
			t.Fatalf("Match(%v, %v) = %v", a, b, m)
		}
		if slices.Equal(a, b) {
			for i, j := range m {
				if i != j {
					t.Fatalf("equal sequences match as %v", m)
				}
			}
		}
	})
}

func drawSpans(t *rapid.T, name string, n int64) []lectern.Span {
	cuts := rapid.SliceOfN(rapid.Int64Range(0, n), 2, 24).Draw(t, name)
	slices.Sort(cuts)
	var out []lectern.Span
	for i := 0; i+1 < len(cuts); i += 2 {
		out = append(out, lectern.Span{Text: "x", Start: cuts[i], End: cuts[i+1]})
	}
	return out
}

func ordered(t *rapid.T, spans []lectern.Span, n int64) {
	at := int64(0)
	for _, s := range spans {
		if s.Start < at || s.End < s.Start || s.End > n {
			t.Fatalf("the spans %v are not in order within %d samples", spans, n)
		}
		at = s.End
	}
}

// Words without a time share the time of a neighbour. The timed words around them keep their outer edges.
func TestFillGivesTimesToWordsWithoutOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const n = 10_000
		spans := drawSpans(t, "spans", n)
		weights := make([]float64, len(spans))
		for i := range spans {
			weights[i] = rapid.Float64Range(1, 9).Draw(t, "weight")
			if rapid.Bool().Draw(t, "untimed") {
				spans[i].Start, spans[i].End = 0, 0
			}
		}
		Fill(spans, weights, n)
		ordered(t, spans, n)
	})
	words := []lectern.Span{{Start: 0, End: 100}, {}, {Start: 200, End: 300}}
	Fill(words, []float64{3, 1, 1}, 400)
	if want := []lectern.Span{{Start: 0, End: 75}, {Start: 75, End: 100},
		{Start: 200, End: 300}}; !slices.Equal(words, want) {
		t.Errorf("filled %v, want %v", words, want)
	}
}

func TestSpreadPlacesWordsInLoudStretches(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const n = 10_000
		weights := rapid.SliceOfN(rapid.Float64Range(1, 9), 1, 12).Draw(t, "weights")
		out := Spread(weights, drawSpans(t, "loud", n))
		if len(out) != len(weights) {
			t.Fatalf("%d spans for %d words", len(out), len(weights))
		}
		ordered(t, out, n)
	})
	loud := []lectern.Span{{Start: 100, End: 200}, {Start: 500, End: 600}}
	if got, want := Spread([]float64{1, 1}, loud), loud; !slices.Equal(got, want) {
		t.Errorf("two words over two stretches: %v, want %v", got, want)
	}
}

// fake says each sentence as a tone, with silence around it, one stretch for each word.
func fake(rate int, lead, word time.Duration, amplitude float64) func(context.Context, Sentence) (Utterance, error) {
	return func(_ context.Context, s Sentence) (Utterance, error) {
		u := Utterance{Rate: rate, Samples: make([]float32, samplesOf(lead, rate))}
		for range s.Words {
			at := int64(len(u.Samples))
			u.Samples = append(u.Samples, tone(rate, samplesOf(word, rate), 300, amplitude)...)
			end := int64(len(u.Samples))
			u.Words = append(u.Words, lectern.Span{Start: at, End: end})
			u.Phonemes = append(u.Phonemes, lectern.Span{Text: "a", Start: at, End: end})
			u.Samples = append(u.Samples, make([]float32, samplesOf(200*time.Millisecond, rate))...)
		}
		return u, nil
	}
}

// Whatever the rate, the loudness and the silence of an engine, the narration has the same level, pauses and times.
func TestComposeGivesTheSameLevelPausesAndTimes(t *testing.T) {
	t.Parallel()
	const text = "One two.\n\nThree! Four."
	for _, rate := range []int{8000, 22050, 48000} {
		for _, amplitude := range []float64{0.02, 0.99} {
			n, err := Compose(t.Context(), text, lectern.Voice{ID: "v"}, Prepare(lectern.Plain(text), "en", nil),
				fake(rate, time.Second, 300*time.Millisecond, amplitude))
			if err != nil {
				t.Fatal(err)
			}
			if l := SpeechLevel(n.Samples, lectern.SampleRate); math.Abs(l+20) > 1 {
				t.Errorf("%d Hz at %g: level %.1f dB", rate, amplitude, l)
			}
			var got []time.Duration
			for i := 1; i < len(n.Words); i++ {
				got = append(got, time.Duration(n.Words[i].Start-n.Words[i-1].End)*time.Second/lectern.SampleRate)
			}
			for i, want := range []time.Duration{200 * time.Millisecond, 650 * time.Millisecond, 350 * time.Millisecond} {
				if d := got[i] - want; d < -25*time.Millisecond || d > 25*time.Millisecond {
					t.Errorf("%d Hz: gap %d is %v, want %v", rate, i, got[i], want)
				}
			}
			for _, w := range n.Words {
				mid := n.Samples[w.Start+(w.End-w.Start)/4 : w.End-(w.End-w.Start)/4]
				if l := SpeechLevel(mid, lectern.SampleRate); l < -25 {
					t.Errorf("%q is at %.1f dB where it is said", w.Text, l)
				}
			}
		}
	}
}

func TestComposeReturnsFaultsAndNoSamples(t *testing.T) {
	t.Parallel()
	text := "One two."
	all := Prepare(lectern.Plain(text), "en", nil)
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		say  func(context.Context, Sentence) (Utterance, error)
		want error
	}{
		"error":  {func(context.Context, Sentence) (Utterance, error) { return Utterance{}, broken }, broken},
		"silent": {fake(16000, time.Second, 300*time.Millisecond, 0), &lectern.Failure{Code: lectern.CodeVoiceFailed}},
		"empty": {func(context.Context, Sentence) (Utterance, error) {
			return Utterance{Rate: 16000, Words: make([]lectern.Span, 2)}, nil
		}, &lectern.Failure{Code: lectern.CodeVoiceFailed}},
		"words lost": {func(context.Context, Sentence) (Utterance, error) { return Utterance{Rate: 16000}, nil },
			&lectern.Failure{Code: lectern.CodeInternal}},
	} {
		if n, err := Compose(t.Context(), text, lectern.Voice{}, all, c.say); !errors.Is(err, c.want) || len(n.Samples) > 0 {
			t.Errorf("%s: %v, %d samples", name, err, len(n.Samples))
		}
	}
	long := strings.Repeat("word. ", 30)
	slow := func(_ context.Context, s Sentence) (Utterance, error) {
		samples := tone(8000, 8000, 200, 0.3)
		return Utterance{Rate: 8000, Samples: samples, Words: make([]lectern.Span, len(s.Words))}, nil
	}
	if _, err := compose(t.Context(), long, lectern.Voice{}, Prepare(lectern.Plain(long), "en", nil)[:20], slow,
		10*time.Second); !errors.Is(err, &lectern.Failure{Code: lectern.CodeTooLarge}) {
		t.Errorf("more audio than allowed gives %v", err)
	}
}
