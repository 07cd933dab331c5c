package deck_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
)

// spoken lists what is heard on each slide of a deck, translations included.
func spoken(d lectern.Deck) (list []string) {
	if d.Recording != nil {
		list = append(list, d.Recording.File)
	}
	for _, s := range d.Slides {
		what := s.Narration
		if s.Sound != nil {
			what += "+" + s.Sound.File
		}
		if t, ok := s.Translations["de"]; ok {
			what += fmt.Sprintf("/%s%v", t.Narration, t.Revisions)
		}
		list = append(list, what)
	}
	return list
}

// The setting narration chooses between recordings and spoken texts in every kind of deck that people write.
func TestNarrationSettingOfWrittenDecks(t *testing.T) {
	t.Parallel()
	const yaml = `
slides:
- {title: One, narration: One., sound: {file: one.m4a}}
- {title: Two, narration: Two., translations: {de: {narration: Zwei., revisions: {narration: r, props.title: s}}}}
- {title: Three}
`
	const whole = "recording: {file: talk.m4a}\nslides: [{title: One, narration: One.}]"
	const markdown = "# One\n\n<!-- Said. -->\n\n---\n\n# Two\n"
	for _, c := range []struct{ name, text, settings, want string }{
		{"d.yaml", yaml, "", "[One.+one.m4a Two./Zwei.map[narration:r props.title:s] ]"},
		{"d.yaml", yaml, `{"narration":"recorded"}`, "[One.+one.m4a /map[props.title:s] ]"},
		{"d.yaml", yaml, "narration: notes", "[One. Two./Zwei.map[narration:r props.title:s] ]"},
		{"d.yaml", yaml, `{"narration":"none","title":"T"}`, "[ /map[props.title:s] ]"},
		{"d.yaml", whole, `{"narration":"recorded"}`, "[talk.m4a One.]"},
		{"d.yaml", whole, `{"narration":"notes"}`, "[One.]"},
		{"d.yaml", whole, `{"narration":"none"}`, "[]"},
		{"d.md", markdown, "", "[Said. ]"},
		{"d.md", markdown, `{"narration":"none"}`, "[ ]"},
		{"d.md", markdown, `{"narration":"notes"}`, "[Said. ]"},
	} {
		q, err := all.Parsers().Parse(t.Context(), deck.Source{Name: c.name, Bytes: []byte(c.text)}, []byte(c.settings),
			lectern.Limits{})
		if err != nil || len(q.Faults) > 0 {
			t.Fatal(c.name, c.settings, err, q.Faults)
		}
		if got := fmt.Sprint(spoken(q.Deck)); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.name, c.settings, got, c.want)
		}
		for _, w := range q.Warnings {
			if w.Code == "unknown_field" {
				t.Errorf("%s %s: %s", c.name, c.settings, w.Message)
			}
		}
	}
}

// A wrong value, and a file of notes for a deck that has its own texts, are faults of the settings.
func TestNarrationSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	for settings, param := range map[string]string{`{"narration":"loud"}`: "settings.narration",
		`{"narration":7}`: "settings.narration", `{"notes":"x"}`: "settings.notes"} {
		for _, s := range []deck.Source{{Name: "d.json", Bytes: []byte(`{"slides":[{"title":"One"}]}`)},
			{Name: "d.md", Bytes: []byte("# One\n")}} {
			_, err := all.Parsers().Parse(t.Context(), s, []byte(settings), lectern.Limits{})
			if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Param != param {
				t.Errorf("%s %s: %v", s.Name, settings, err)
			}
		}
	}
}

// reported is a parser of a file of two slides, one of which is hidden, with a recording of the whole talk.
type reported struct{ named }

func (reported) Parse(_ context.Context, _ deck.Source, settings []byte, _ lectern.Limits) (deck.Request, error) {
	return deck.Request{
		Deck: lectern.Deck{Recording: &lectern.Recording{File: "talk.m4a"},
			Slides: []lectern.Slide{{Narration: "Notes."}}},
		Report: []deck.SlideReport{{Slide: 1, Source: 1, Narration: deck.Notes}, {Source: 2, Narration: deck.Nothing}},
		Heard:  deck.Narration(settings),
	}, nil
}

// The report names the recording of a whole talk for the slides that are shown, unless it is not to be heard.
func TestTheReportNamesTheRecordingOfATalk(t *testing.T) {
	t.Parallel()
	c := deck.NewCatalogue(reported{named{deck.Kind{Looks: func([]byte) bool { return true }}}})
	for mode, want := range map[deck.Narration]deck.Narration{"": deck.Recorded, deck.Notes: deck.Notes} {
		q, err := c.Parse(t.Context(), deck.Source{}, []byte(mode), lectern.Limits{})
		if err != nil || q.Report[0].Narration != want || q.Report[1].Narration != deck.Nothing {
			t.Errorf("%q: %+v, %v", mode, q.Report, err)
		}
	}
}
