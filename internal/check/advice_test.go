package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/check"
)

// pages is a library whose pages have the words in the prop "shown", a line each, and the pictures without words that
// the prop "bare" names.
type pages struct{ library }

func (l pages) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	p, more, err := l.library.Page(d, i)
	if text, ok := d.Slides[i].Props["shown"].(string); ok {
		p.Shown.Texts = strings.Split(text, "\n")
	}
	if field, ok := d.Slides[i].Props["bare"].(string); ok {
		p.Shown.Unlabelled = []string{fmt.Sprintf("slides[%d].props.%s", i, field)}
	}
	return p, more, err
}

// Each rule of an editor finds what it is for, and nothing in a slide next to it that is fine.
func TestAdvice(t *testing.T) {
	t.Parallel()
	shown := func(text string) map[string]any { return map[string]any{"title": "The plan", "shown": text} }
	long := strings.Repeat("We build it, and then we ship it to people. ", 70)
	for name, c := range map[string]struct {
		slide lectern.Slide
		want  string // code and field; "": no advice
	}{
		"said in other words": {lectern.Slide{Narration: "We are shipping a bell for each of the bicycles.",
			Props: shown("The plan\nShip one bell for every bicycle")}, ""},
		"never said": {lectern.Slide{Narration: "Here is what we are going to do.",
			Props: shown("The plan\nShip one bell for every bicycle\nClose the shop in Lyon")},
			"unsaid_text slides[0].narration"},
		"few words that are not said": {lectern.Slide{Narration: "Here is what we are going to do.",
			Props: shown("One bell")}, ""},
		"numbers that are said in words": {lectern.Slide{Narration: "Forty people came.", Props: shown("40 people\n2026 17")},
			""},
		"no narration":      {lectern.Slide{}, "no_narration slides[0].narration"},
		"a time of its own": {lectern.Slide{Hold: 4 * time.Second}, ""},
		"a pause":           {lectern.Slide{Narration: "[pause 4s]"}, ""},
		"a long slide":      {lectern.Slide{Narration: long}, "slide_long slides[0].narration"},
		"a picture without words": {lectern.Slide{Narration: "Look.", Props: map[string]any{"bare": "image"}},
			"no_alternative_text slides[0].props.image"},
		"a fast voice": {lectern.Slide{Narration: "Look.", Voice: lectern.VoiceChoice{Speed: 2}},
			"narration_fast slides[0].voice.speed"},
		"a sound that is too short": {lectern.Slide{Narration: long[:440], Sound: &lectern.SoundOf{
			File: "asset:" + strings.Repeat("a", 64), End: 6 * time.Second}}, "narration_fast slides[0].narration"},
		"a sound with its text": {lectern.Slide{Narration: long[:440], Sound: &lectern.SoundOf{
			File: "asset:" + strings.Repeat("a", 64), End: 30 * time.Second}}, ""},
		"too much to read": {lectern.Slide{Hold: 3 * time.Second, Props: shown(long[:440])}, "slide_short slides[0].hold"},
		"another language": {lectern.Slide{Narration: "deutsch"}, "voice_mismatch slides[0].voice"},
		"a sentence in capitals": {lectern.Slide{Narration: "Please: IT IS VERY IMPORTANT."},
			"capitals slides[0].narration"},
		"initialisms": {lectern.Slide{Narration: "It speaks HTTP SQL API and IMAP."}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.Library = pages{}
			o.Recognise = func(text string) (string, bool) { return "de", text == "deutsch" }
			d := lectern.Deck{Slides: []lectern.Slide{c.slide}}
			_, plain, err := check.New(o).Check(t.Context(), d)
			if err != nil || len(plain) > 0 {
				t.Fatalf("a check without advice: %v, %v", plain, err)
			}
			_, list, err := check.New(o).Advising().Check(t.Context(), d)
			var got []string
			for _, w := range list {
				got = append(got, w.Code+" "+w.Param)
				if !w.Advice || w.Slide != 1 || !strings.HasSuffix(w.Message, ".") {
					t.Errorf("got %+v", w)
				}
			}
			if s := strings.Join(got, ", "); err != nil || s != c.want {
				t.Errorf("got %q, want %q (%v)", s, c.want, err)
			}
		})
	}
}
