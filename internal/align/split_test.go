package align_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"lectern"
	"lectern/internal/align"
	"lectern/internal/soak"
)

// The recordings of the table are by a voice that is never the reference. Pauses inside slides are longer than those
// between slides, 5 % of the words are changed, one sentence is left out, and there is noise at 20 dB. 95 % of the cuts
// are within 150 ms of the middle of the pause between the slides, and none is inside a word.
func TestRecordingsOfATalkAreCutBetweenTheSlides(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "espeak en-us-male")
	for _, c := range []struct{ engine, id string }{
		{"espeak", "en-us-male"}, {"espeak", "en-gb-female"}, {"flite", "slt"},
	} {
		name := c.engine + " " + c.id
		if !runs(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			speaker, ref := voiceOf(t, "flite", "awb"), voiceOf(t, c.engine, c.id)
			var s score
			var sound time.Duration
			for k := range soak.Rounds(1, 20) {
				o := order{seed: uint64(k), slides: soak.Rounds(4, 12), changed: 0.05, skipped: 1, snr: 20, pink: k%2 == 1}
				x, err := record(t.Context(), speaker, tableText, o)
				if err != nil {
					t.Fatal(err)
				}
				cuts, err := split(t.Context(), ref, x)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.add(x, cuts); err != nil {
					t.Fatal(err)
				}
				sound += time.Duration(len(x.samples)) * time.Second / second
			}
			t.Logf("awb, aligned by %s, %s of sound: %s", name, sound.Round(time.Second), &s)
			if s.within(150*time.Millisecond) < 0.95 || s.inside > 0 {
				t.Errorf("too few of the cuts are right: %s", &s)
			}
		})
	}
}

func split(ctx context.Context, ref align.Reference, x talk) ([]align.Cut, error) {
	rec, err := align.Listen(ctx, bytes.NewReader(bytesOf(x.samples)))
	if err != nil {
		return nil, err
	}
	return align.Split(ctx, ref, rec, scripts(x.notes))
}

// babble is a reference without an engine: each letter is a sound of its own, 60 to 100 ms long.
type babble struct{ stretch float64 }

func (b babble) Render(_ context.Context, script lectern.Script) (lectern.Narration, error) {
	return b.speak(script.Text), nil
}

func TestAnEqualVoiceIsAlignedToAFrame(t *testing.T) {
	t.Parallel()
	text := "the first words of a slide and then a few others that are not the same"
	n := babble{1.3}.speak(text)
	rec := listen(t, n.Samples)
	a, err := align.Words(t.Context(), babble{1}, rec, lectern.Plain(text), align.Prior{})
	if err != nil || a.Spread || len(a.Words) != len(n.Words) {
		t.Fatalf("%v, %+v", err, a)
	}
	for i, w := range a.Words {
		if d := w.Start - n.Words[i].Start; max(d, -d) > second/40 {
			t.Errorf("%q begins %d samples from its place", w.Text, d)
		}
	}
	// The same again, with the voice's own times, which are 50 ms late.
	late := slices.Clone(n.Words)
	for i := range late {
		late[i].Start, late[i].End = late[i].Start+second/20, late[i].End+second/20
	}
	b, err := align.Words(t.Context(), babble{1}, rec, lectern.Plain(text), align.Prior{Words: late})
	if err != nil || b.Spread || !slices.Equal(a.Words, b.Words) {
		t.Errorf("%v, %+v", err, b)
	}
}

func listen(t *testing.T, samples []int16) *align.Recording {
	t.Helper()
	rec, err := align.Listen(t.Context(), bytes.NewReader(bytesOf(samples)))
	if err != nil || rec.Samples() != int64(len(samples)) {
		t.Fatal(err)
	}
	return rec
}

func TestSlidesWithoutNotesGetNoSpeech(t *testing.T) {
	t.Parallel()
	b := babble{1}
	first, second := b.speak("some words of the first one"), b.speak("others are said on the second one")
	silence := make([]int16, lectern.SampleRate/2)
	sound := slices.Concat(silence, first.Samples, silence, second.Samples)
	cuts, err := align.Split(t.Context(), b, listen(t, sound), scripts([]string{"", "some words of the first one", "",
		"others are said on the second one", "…"}))
	if err != nil || len(cuts) != 4 {
		t.Fatal(err, cuts)
	}
	start, end := int64(len(silence)), int64(len(silence)+len(first.Samples))
	total := int64(len(sound))
	for i, within := range []span{{0, start}, {end, end + start}, {end, end + start}, {total, total}} {
		if c := cuts[i]; c.At < within.start || c.At > within.end {
			t.Errorf("cut %d is at %d, not in %v", i+1, c.At, within)
		}
	}
}

func TestWhatCannotBeAlignedIsAFailure(t *testing.T) {
	t.Parallel()
	b := babble{1}
	rec := listen(t, b.speak("some words").Samples)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		rec   *align.Recording
		notes []string
		code  lectern.Code
	}{
		"no notes":        {t.Context(), rec, []string{"", "…"}, lectern.CodeInvalidDeck},
		"empty recording": {t.Context(), listen(t, nil), []string{"some", "words"}, lectern.CodeInvalidDeck},
		"canceled":        {canceled, rec, []string{"some", "words"}, lectern.CodeCanceled},
	} {
		if _, err := align.Split(c.ctx, b, c.rec, scripts(c.notes)); !errors.Is(err, &lectern.Failure{Code: c.code}) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if cuts, err := align.Split(t.Context(), b, rec, scripts([]string{"one slide"})); err != nil || len(cuts) != 0 {
		t.Errorf("one slide: %v, %v", cuts, err)
	}
	_, err := align.Listen(canceled, bytes.NewReader(nil))
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeCanceled}) {
		t.Error(err)
	}
	if a, err := align.Words(t.Context(), b, rec, lectern.Plain("…"), align.Prior{}); err != nil || len(a.Words) > 0 {
		t.Error(err, a)
	}
}

// Words that the sound does not say are spread over it, and marked so.
func TestAnotherTextIsSpreadOverTheLoudStretches(t *testing.T) {
	t.Parallel()
	b := babble{1}
	text := "a text which is many times longer than what is said, with more and more words to the very end of it"
	n := b.speak("short")
	a, err := align.Words(t.Context(), b, listen(t, n.Samples), lectern.Plain(text), align.Prior{})
	if err != nil || !a.Spread || a.Score != 0 || len(a.Words) != len(b.speak(text).Words) {
		t.Fatalf("%v, %+v", err, a)
	}
	at := int64(0)
	for _, w := range a.Words {
		if w.Start < at || w.End < w.Start || w.End > int64(len(n.Samples))+960 {
			t.Errorf("%v after %d", w, at)
		}
		at = w.End
	}
	if fmt.Sprint(a.Confidence) != fmt.Sprint(make([]float64, len(a.Words))) {
		t.Error(a.Confidence)
	}
}
