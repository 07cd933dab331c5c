package render

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
)

// thai is a segmenter that knows the words of one text.
type thai struct {
	words []string
	err   error
	calls atomic.Int32
}

func (s *thai) Segment(_ context.Context, _, text string) ([]int, error) {
	s.calls.Add(1)
	if strings.Join(s.words, "") != text {
		return nil, errors.New("this is not the narration's text")
	}
	var at []int
	n := 0
	for _, w := range s.words {
		at, n = append(at, n), n+len(w)
	}
	return at, s.err
}

// V4: the words of scripts without spaces are found in a step of the run, once, and captions end between them. Where
// that fails, a warning says so. Marks are in none of the texts (S7).
func TestV4CaptionsEndBetweenWords(t *testing.T) {
	t.Parallel()
	words := strings.Split("ประเทศไทย|มี|ประชากร|มากกว่า|หกสิบ|ล้าน|คน|และ|มี|ภาษา|ไทย|เป็น|ภาษา|ราชการ|ซึ่ง|ใช้|กัน|ทั่ว|ประเทศ|มา|เป็น|เวลา|นาน", "|")
	g, s := newRig(t), &thai{words: words}
	g.Pipeline.Segmenter = s
	d := brief()
	d.Layout, d.Slides[0].Narration = lectern.LayoutSlideOnly, "[pause 200ms]**"+strings.Join(words, "")+"**<b></b>{\\an8}"
	texts := func(again bool) string {
		t.Helper()
		list, rec, err := g.run(t.Context(), t, d, 1)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(rec.steps, func(s lectern.Step) bool { return s.Kind == lectern.StepSegment })
		if i < 0 && s.err == nil || i >= 0 && (rec.steps[i].Slide != 1 || rec.steps[i].Reused != again) {
			t.Errorf("the step is %d of %v", i, rec.steps)
		}
		var all []string
		for _, kind := range []lectern.ArtifactKind{lectern.ArtifactCaptions, lectern.ArtifactCaptionVTT,
			lectern.ArtifactTranscript} {
			b, err := os.ReadFile(g.path(t, list, kind))
			if err != nil {
				t.Fatal(err)
			}
			if strings.ContainsAny(string(b), "*<{") || strings.Contains(string(b), "pause") {
				t.Errorf("there are marks in %s", b)
			}
			all = append(all, string(b))
		}
		return all[0]
	}
	lines := strings.Split(strings.TrimSpace(texts(false)), "\n")
	ends, n := map[int]bool{}, 0
	for _, w := range words {
		n += len(w)
		ends[n] = true
	}
	at := 0
	for _, l := range lines {
		if strings.ContainsAny(l, "0123456789") {
			continue
		}
		if at += len(l); !ends[at] {
			t.Errorf("%q ends inside a word", l)
		}
	}
	if at != n {
		t.Errorf("%d of %d bytes are captioned:\n%s", at, n, strings.Join(lines, "\n"))
	}
	if texts(true); s.calls.Load() != 1 {
		t.Errorf("the words were found %d times", s.calls.Load())
	}

	g, s = newRig(t), &thai{words: words, err: errors.New("no dictionary")}
	g.Pipeline.Segmenter = s
	list, rec, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	warned := false
	for _, r := range rec.reports {
		for _, w := range r.Warnings {
			warned = warned || w.Code == "caption_words" && w.Slide == 1
		}
	}
	if !warned || len(list) == 0 {
		t.Error("no warning says that the words were not found")
	}
}

// S5: a narration without words is not a failure. Its slide is held, with a warning that the check gives too.
func TestS5SilentNarrationsAreHeld(t *testing.T) {
	t.Parallel()
	for _, text := range []string{".", "…", "—", "!?", "🎉", "*", "<speak>…</speak>"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			g, d := newRig(t), brief()
			d.Layout, d.Slides[0].Narration = lectern.LayoutSlideOnly, text
			settled, warnings, err := g.Check(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			noted := slices.ContainsFunc(warnings, func(w lectern.Warning) bool {
				return w.Code == "narration_silent" &&
					w.Slide == 1
			})
			if !noted || settled.Slides[0].Narration != "" {
				t.Errorf("%v, and the narration is %q", warnings, settled.Slides[0].Narration)
			}
			list, _, err := g.run(t.Context(), t, d, 1)
			if err != nil {
				t.Fatal(err)
			}
			m := manifestOf(t, g, list)
			if !slices.ContainsFunc(m.Warnings, func(w lectern.Warning) bool { return w.Code == "narration_silent" }) {
				t.Errorf("the render has the warnings %v", m.Warnings)
			}
			silent := brief()
			silent.Layout, silent.Slides[0].Narration = lectern.LayoutSlideOnly, ""
			without, _, err := g.run(t.Context(), t, silent, 1)
			if err != nil {
				t.Fatal(err)
			}
			if n := manifestOf(t, g, without).Frames; m.Frames != n {
				t.Errorf("%d frames, and %d without narration", m.Frames, n)
			}
		})
	}
}

// S7: a slide whose narration is only a pause is held for that long. A mark that is left out has a warning with its
// slide.
func TestS7NotesAndPausesAlone(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), brief()
	d.Slides[0].Narration, d.Slides[1].Narration = "[pause 2s]", "Hello [gesture] there."
	settled, warnings, err := g.Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if settled.HoldOf(0) != 2e9 || len(warnings) != 1 || warnings[0].Code != "narration_mark" || warnings[0].Slide != 2 {
		t.Errorf("held for %v, %v", settled.HoldOf(0), warnings)
	}
}
