package render

import (
	"bufio"
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lectern"
)

// babble is an offline voice without an engine: each letter is a sound of its own.
type babble struct{ stretch float64 }

func (b babble) Resolve(_ context.Context, c lectern.VoiceChoice, script lectern.Script) (lectern.Reading,
	[]lectern.Warning, error) {
	if c.Language == "tlh" {
		return lectern.Reading{}, nil, lectern.Fail(lectern.CodeUnknownVoice, "No voice speaks it.")
	}
	return lectern.Reading{Script: script, Voice: lectern.Voice{Engine: "babble", ID: "b", Language: "en"}}, nil, nil
}

func (babble) Fingerprint(lectern.Reading) string { return "babble 1" }

func (b babble) Speak(_ context.Context, r lectern.Reading) (lectern.Narration, error) {
	return b.say(r.Script.Text), nil
}

// say makes a sound of each letter: three tones that only this letter has.
func (b babble) say(text string) lectern.Narration {
	var n lectern.Narration
	for _, w := range strings.Fields(text) {
		start := int64(len(n.Samples))
		for _, r := range w {
			if r < 'a' || r > 'z' {
				continue
			}
			rng := rand.New(rand.NewPCG(uint64(r), 1))
			at := int64(len(n.Samples))
			length := int(b.stretch * (0.06 + 0.04*rng.Float64()) * lectern.SampleRate)
			tones := []float64{200 + 600*rng.Float64(), 900 + 1200*rng.Float64(), 2400 + 2500*rng.Float64()}
			for i := range length {
				v := 0.0
				for k, hz := range tones {
					v += math.Sin(2*math.Pi*hz*float64(i)/lectern.SampleRate) / float64(k+1)
				}
				n.Samples = append(n.Samples, int16(5000*v))
			}
			n.Phonemes = append(n.Phonemes, lectern.Span{Text: string(r), Start: at, End: int64(len(n.Samples))})
		}
		n.Words = append(n.Words, lectern.Span{Text: w, Start: start, End: int64(len(n.Samples))})
	}
	return n
}

// tape is an asset in WAV. It counts how often it is fetched.
type tape struct {
	samples []int16
	fetched atomic.Int32
}

func (s *tape) Fetch(_ context.Context, _, path string) error {
	s.fetched.Add(1)
	return writeFile(path, func(w *bufio.Writer) error {
		n := uint32(2 * len(s.samples))
		_, _ = w.WriteString("RIFF")
		for _, v := range []any{36 + n, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(lectern.SampleRate),
			uint32(2 * lectern.SampleRate), uint16(2), uint16(16), []byte("data"), n, s.samples} {
			_ = binary.Write(w, binary.LittleEndian, v)
		}
		return nil
	})
}

func silence(seconds float64) []int16 { return make([]int16, int(seconds*lectern.SampleRate)) }

// spokenDeck is a deck whose slides say texts, with a fade between the first two.
func spokenDeck(texts ...string) lectern.Deck {
	d := lectern.Deck{Size: lectern.Size{Width: 320, Height: 240}, Quality: lectern.QualityLow,
		Layout: lectern.LayoutSlideOnly}
	if len(texts) > 1 {
		d.Transitions = []lectern.Transition{{Type: "fade", Duration: 200 * time.Millisecond}}
	}
	for _, text := range texts {
		d.Slides = append(d.Slides, lectern.Slide{Template: "content", Props: map[string]any{"title": text},
			Narration: text})
	}
	return d
}

var anAsset = "asset:" + strings.Repeat("b", 64)

func codes(r *recorder) (list []string) {
	for _, n := range r.reports {
		for _, w := range n.Warnings {
			list = append(list, w.Code)
		}
	}
	return list
}

// A recording that is divided by times is heard in the video as it is, to the sample and without gaps, whatever the
// transitions are. A second run reads nothing.
func TestARecordingIsDividedByTimes(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	sound := &tape{}
	for i := range lectern.SampleRate {
		sound.samples = append(sound.samples, rising(float64(i)/lectern.SampleRate))
	}
	g.Files = sound
	d := spokenDeck("", "")
	d.Recording = &lectern.Recording{File: anAsset, Starts: []time.Duration{0, 410 * time.Millisecond}}
	list, _, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(t, g, list)
	if m.Frames != 30 || m.Slides[0].Samples != 19_200 || *m.Slides[1].Speech != 19_200 || m.Slides[1].Samples != 28_800 ||
		*m.Slides[1].Recorded != 19_200 {
		t.Errorf("the video has %d frames; the slides %+v", m.Frames, m.Slides)
	}
	if c := likeness(sound.samples, g.decoded(t, g.path(t, list, lectern.ArtifactAudio))[:48_000]); c < 0.99 {
		t.Errorf("the sound resembles the recording only by %.3f", c)
	}
	if _, again, err := g.run(t.Context(), t, d, 2); err != nil || sound.fetched.Load() != 1 {
		t.Errorf("a second run: %v, %v, and the recording is read %d times", err, codes(again), sound.fetched.Load())
	}
	d.Recording.Starts[1] = time.Second
	_, _, err = g.run(t.Context(), t, d, 3)
	if f := lectern.AsFailure(err); f.Code != lectern.CodeInvalidDeck || f.Param != "recording.starts[1]" {
		t.Errorf("a time after the end: %v", err)
	}
}

// Without times the recording is divided by what the slides say: in the pauses between them, although pauses inside a
// slide are longer. A slide without words stays for its hold. The captions are where the words are said.
func TestARecordingIsDividedByItsWords(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.References = babble{1}
	voice := babble{1.2}
	first, second, third := voice.say("some words of the first one"), voice.say("and a few more of them"),
		voice.say("others are said on the last")
	sound := &tape{}
	add := func(parts ...[]int16) {
		for _, p := range parts {
			sound.samples = append(sound.samples, p...)
		}
	}
	add(silence(0.3), first.Samples, silence(0.9), second.Samples)
	end := int64(len(sound.samples))
	add(silence(0.5))
	next := int64(len(sound.samples))
	add(third.Samples, silence(0.3))
	g.Files = sound
	d := spokenDeck("some words of the first one. and a few more of them.", "", "others are said on the last.")
	d.Hold = time.Second
	d.Recording = &lectern.Recording{File: anAsset}
	list, r, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := manifestOf(t, g, list)
	whole := m.Slides[0].Samples + m.Slides[1].Samples + m.Slides[2].Samples
	if at := m.Slides[0].Samples; at < end || at > next || whole != int64(len(sound.samples)) {
		t.Errorf("the first slide ends at %d, not in the pause from %d to %d; the slides have %d samples of %d", at, end,
			next, whole, len(sound.samples))
	}
	if m.Slides[1].Frames < 30 {
		t.Errorf("the slide without words stays for %d frames, less than its hold", m.Slides[1].Frames)
	}
	begins := []int64{14_400, 14_400 + first.Words[1].Start} // of the first words
	for i, want := range begins {
		if off := m.Slides[0].Words[i].Start - want; off < -2400 || off > 2400 {
			t.Errorf("%q begins %d samples from where it is said", m.Slides[0].Words[i].Text, off)
		}
	}
	if len(m.Slides[2].Words) != 6 || len(codes(r)) != 0 {
		t.Errorf("the last slide has the words %v; warnings: %v", m.Slides[2].Words, codes(r))
	}
	if _, _, err := g.run(t.Context(), t, d, 2); err != nil || sound.fetched.Load() != 1 {
		t.Errorf("a second run: %v, and the recording is read %d times", err, sound.fetched.Load())
	}
	d.Slides[0].Narration, d.Slides[2].Narration = "zzz xxx qqq zzz vvv zzz", "kkk jjj kkk jjj kkk www zz"
	if _, _, err = g.run(t.Context(), t, d, 3); err == nil || lectern.AsFailure(err).Code != lectern.CodeInvalidDeck {
		t.Errorf("a recording of another talk: %v", err)
	}
	g.References = nil
	if _, _, err = g.run(t.Context(), t, d, 4); err == nil || lectern.AsFailure(err).Code != lectern.CodeMissingTool {
		t.Errorf("without an offline voice: %v", err)
	}
}

// The words of a slide's sound are those of its text, where they are said. Without a voice that reads the text, and for
// a text that is not said, they are spread over the sound, with a warning in every run.
func TestTheWordsOfASoundAreFoundInIt(t *testing.T) {
	t.Parallel()
	const text = "the words that are said here"
	for name, c := range map[string]struct {
		language, text, warning string
		runs                    int
	}{
		"the text":      {"", text, "", 1},
		"other words":   {"", "one", "recording_text", 2},
		"another voice": {"tlh", text, "recording_voice", 1},
		"no text":       {"", "", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			g.References = babble{1}
			g.Align = func(text string, samples []int16) []lectern.Span {
				return []lectern.Span{{Text: text, End: int64(len(samples))}}
			}
			said := babble{1.3}.say(text)
			sound := &tape{samples: append(silence(0.5), said.Samples...)}
			g.Files = sound
			d := spokenDeck(c.text)
			d.Slides[0].Voice.Language = c.language
			d.Slides[0].Sound = &lectern.SoundOf{File: anAsset}
			for attempt := range c.runs {
				list, r, err := g.run(t.Context(), t, d, attempt+1)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(codes(r), " "); got != c.warning {
					t.Errorf("run %d warns of %q, want %q", attempt+1, got, c.warning)
				}
				words := manifestOf(t, g, list).Slides[0].Words
				if c.text == "" && len(words) > 0 || c.text != "" && len(words) == 0 {
					t.Errorf("the words are %v", words)
				}
				if c.warning != "" || c.text == "" {
					continue
				}
				for i, w := range words {
					if off := w.Start - 24_000 - said.Words[i].Start; off < -2400 || off > 2400 {
						t.Errorf("%q begins %d samples from where it is said", w.Text, off)
					}
				}
			}
		})
	}
}

// The mouth moves with the recording: the clip of a recorded slide gets the sounds of its text where they are said.
func TestTheMouthFollowsARecording(t *testing.T) {
	t.Parallel()
	const text = "mama papa"
	said := babble{1.2}.say(text)
	u := &speaker{references: babble{1}}
	s := &slide{index: 0, number: 1, script: lectern.ParseScript(text)}
	ref, _, err := (&outline{deck: spokenDeck(text)}).referenceFor(t.Context(), u.references, s)
	if err != nil {
		t.Fatal(err)
	}
	a, err := u.words(t.Context(), s, pcmOf(said.Samples), said.Samples, ref)
	if err != nil || a.Spread != "" || len(a.Phonemes) != len(said.Phonemes) {
		t.Fatalf("%+v, %v", a, err)
	}
	for i, p := range a.Phonemes {
		if off := p.Start - said.Phonemes[i].Start; p.Text != said.Phonemes[i].Text || off < -1440 || off > 1440 {
			t.Errorf("%q begins %d samples from where it is said", p.Text, off)
		}
	}
}

func pcmOf(samples []int16) (b []byte) {
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

// A damaged list of cuts leaves the cache, so that the next attempt makes it again.
func TestADamagedListOfCutsIsMadeAgain(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.Files = &tape{samples: silence(1)}
	d := spokenDeck("", "")
	d.Recording = &lectern.Recording{File: anAsset, Starts: []time.Duration{0, 500 * time.Millisecond}}
	_, r, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.steps {
		if s.Kind == lectern.StepDivide {
			path, _ := g.cache.Get(s.Key + ".cuts")
			if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, _, err = g.run(t.Context(), t, d, 2); err == nil || lectern.AsFailure(err).Code != lectern.CodeInternal {
		t.Errorf("with a damaged list: %v", err)
	}
	if _, _, err = g.run(t.Context(), t, d, 3); err != nil {
		t.Errorf("after that: %v", err)
	}
}
