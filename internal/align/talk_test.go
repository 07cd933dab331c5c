package align_test

import (
	"context"
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/align"
	"lectern/internal/tts"
	"lectern/internal/tts/espeak"
	"lectern/internal/tts/flite"
)

// TestMain lets the test binary be the child process of espeak.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		os.Exit(espeak.ChildMain(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// tableText has the sentences of the table. The constants are fitted by others, which are in testdata/fit.txt.
//
//go:embed testdata/table.txt
var tableText string

// reader is a voice of an engine as a reference.
type reader struct {
	engine tts.Engine
	voice  lectern.Voice
}

func (r reader) Render(ctx context.Context, script lectern.Script) (lectern.Narration, error) {
	return r.engine.Speak(ctx, script, r.voice)
}

// voiceOf returns a voice by the name of its engine and its id.
func voiceOf(t testing.TB, engine, id string) reader {
	t.Helper()
	var e tts.Engine = flite.New(flite.Options{})
	if engine == espeak.Name {
		es := espeak.New(espeak.Options{Command: []string{os.Args[0], "child"}})
		t.Cleanup(func() { _ = es.Close() })
		e = es
	}
	voices, err := e.Voices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range voices {
		if v.ID == id {
			return reader{e, v}
		}
	}
	t.Fatalf("%s has no voice %s", engine, id)
	return reader{}
}

// span is a stretch of a recording, in samples.
type span struct{ start, end int64 }

// talk is a recording of a deck, of which everything is known.
type talk struct {
	notes   []string // of each slide, as written
	samples []int16
	gaps    []span         // the pauses between slides
	words   []lectern.Span // as said
}

// order says how a talk is made.
type order struct {
	seed    uint64
	slides  int
	changed float64 // share of the words that are said differently
	skipped int     // sentences that are not said
	snr     float64 // dB; 0: no noise
	pink    bool
}

const second = lectern.SampleRate

// record lets a voice give a talk. Pauses between slides are at most 600 ms; inside slides some are longer.
func record(ctx context.Context, speaker reader, text string, o order) (talk, error) {
	rng := rand.New(rand.NewPCG(o.seed, 7))
	sentences := strings.Split(strings.TrimSpace(text), "\n")
	rng.Shuffle(len(sentences), func(i, j int) { sentences[i], sentences[j] = sentences[j], sentences[i] })
	vocabulary := strings.Fields(strings.ToLower(strings.Map(letter, text)))
	speaker.voice.Speed = 0.9 + 0.25*rng.Float64()

	counts, total := make([]int, o.slides), 0
	for i := range counts {
		counts[i] = 2 + rng.IntN(3)
		total += counts[i]
	}
	silent := map[int]bool{}
	for len(silent) < o.skipped {
		silent[rng.IntN(total)] = true
	}
	var out talk
	silence := func(least, longest float64) {
		n := int((least + (longest-least)*rng.Float64()) * second)
		out.samples = append(out.samples, make([]int16, n)...)
	}
	silence(0.1, 0.8)
	k := 0
	for slide, n := range counts {
		out.notes = append(out.notes, strings.Join(sentences[k:k+n], " "))
		if slide > 0 {
			from := int64(len(out.samples))
			silence(0.3, 0.6)
			out.gaps = append(out.gaps, span{from, int64(len(out.samples))})
		}
		for s := range n {
			said := change(rng, sentences[k], vocabulary, o.changed)
			if k++; silent[k-1] {
				continue
			}
			if s > 0 && !(s == 1 && silent[k-2]) {
				silence(0.25, 1.6)
			}
			narration, err := speaker.Render(ctx, lectern.Plain(said))
			if err != nil {
				return out, err
			}
			at := int64(len(out.samples))
			for _, w := range narration.Words {
				out.words = append(out.words, lectern.Span{Text: w.Text, Start: w.Start + at, End: w.End + at})
			}
			out.samples = append(out.samples, narration.Samples...)
		}
	}
	silence(0.1, 0.8)
	if o.snr > 0 {
		addNoise(rng, out.samples, o.snr, o.pink)
	}
	return out, nil
}

func letter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == ' ' || r == '\n' {
		return r
	}
	return ' '
}

// change replaces a share of the words by others, keeping the mark after a word.
func change(rng *rand.Rand, sentence string, vocabulary []string, share float64) string {
	words := strings.Fields(sentence)
	for i, w := range words {
		if rng.Float64() >= share {
			continue
		}
		mark := ""
		if strings.ContainsAny(w[len(w)-1:], ".,;:") {
			mark = w[len(w)-1:]
		}
		words[i] = vocabulary[rng.IntN(len(vocabulary))] + mark
	}
	return strings.Join(words, " ")
}

// addNoise adds white or pink noise, by snr dB weaker than the speech.
func addNoise(rng *rand.Rand, samples []int16, snr float64, pink bool) {
	speech, n := 0.0, 0
	for _, s := range samples {
		if s != 0 {
			speech, n = speech+float64(s)*float64(s), n+1
		}
	}
	noise, power := make([]float64, len(samples)), 0.0
	var pole [3]float64
	for i := range noise {
		x := rng.NormFloat64()
		if pink { // Kellet's filter
			pole[0] = 0.99765*pole[0] + x*0.0990460
			pole[1] = 0.96300*pole[1] + x*0.2965164
			pole[2] = 0.57000*pole[2] + x*1.0526913
			x = pole[0] + pole[1] + pole[2] + x*0.1848
		}
		noise[i] = x
		power += x * x
	}
	gain := math.Sqrt(speech / float64(max(n, 1)) / (power / float64(len(noise))) / math.Pow(10, snr/10))
	for i, x := range noise {
		samples[i] = int16(min(max(float64(samples[i])+gain*x, math.MinInt16), math.MaxInt16))
	}
}

func bytesOf(samples []int16) []byte {
	out := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		out = binary.LittleEndian.AppendUint16(out, uint16(s))
	}
	return out
}

func scripts(notes []string) []lectern.Script {
	out := make([]lectern.Script, len(notes))
	for i, n := range notes {
		out[i] = lectern.ParseScript(n)
	}
	return out
}

// score is how far cuts are from the middle of the pause between the slides.
type score struct {
	off    []time.Duration
	inside int // cuts in words
}

func (s *score) add(x talk, cuts []align.Cut) error {
	if len(cuts) != len(x.gaps) {
		return fmt.Errorf("%d cuts for %d slides", len(cuts), len(x.notes))
	}
	for i, c := range cuts {
		s.note(c.At - (x.gaps[i].start+x.gaps[i].end)/2)
		for _, w := range x.words {
			if w.Start < c.At && c.At < w.End {
				s.inside++
			}
		}
	}
	return nil
}

// note adds a distance in samples.
func (s *score) note(off int64) {
	s.off = append(s.off, time.Duration(max(off, -off))*time.Second/second)
}

func (s *score) within(d time.Duration) float64 {
	n := 0
	for _, o := range s.off {
		if o <= d {
			n++
		}
	}
	return float64(n) / float64(max(len(s.off), 1))
}

func (s *score) String() string {
	if len(s.off) == 0 {
		return "no cuts"
	}
	o := slices.Sorted(slices.Values(s.off))
	q := func(share float64) int64 { return o[min(int(share*float64(len(o))), len(o)-1)].Milliseconds() }
	return fmt.Sprintf("%d: median %d ms, p90 %d, p95 %d, worst %d, within 150 ms %.1f %%, inside words %d",
		len(o), q(0.5), q(0.9), q(0.95), o[len(o)-1].Milliseconds(), 100*s.within(150*time.Millisecond), s.inside)
}

// speak makes a sound of each letter: three tones that only this letter has.
func (b babble) speak(text string) lectern.Narration {
	var n lectern.Narration
	for _, w := range strings.Fields(text) {
		start := int64(len(n.Samples))
		for _, r := range w {
			if r > 'z' {
				continue
			}
			rng := rand.New(rand.NewPCG(uint64(r), 1))
			length := int(b.stretch * (0.06 + 0.04*rng.Float64()) * second)
			tones := []float64{200 + 600*rng.Float64(), 900 + 1200*rng.Float64(), 2400 + 2500*rng.Float64()}
			for i := range length {
				v := 0.0
				for k, hz := range tones {
					v += math.Sin(2*math.Pi*hz*float64(i)/second) / float64(k+1)
				}
				n.Samples = append(n.Samples, int16(5000*v))
			}
		}
		if int64(len(n.Samples)) > start {
			n.Words = append(n.Words, lectern.Span{Text: w, Start: start, End: int64(len(n.Samples))})
		}
	}
	return n
}
