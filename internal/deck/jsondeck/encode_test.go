package jsondeck_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/schema/schematest"
)

// reread encodes a deck and reads it again.
func reread(t fataler, d lectern.Deck) lectern.Deck {
	text, err := jsondeck.Encode(d)
	if err != nil {
		t.Fatalf("%v", err)
	}
	q, err := jsondeck.ParseRequest(text, nil, lectern.Limits{})
	if err != nil || len(q.Faults) > 0 {
		t.Fatalf("%v %v\n%s", err, q.Faults, text)
	}
	for _, w := range q.Warnings {
		if w.Code != "unused_hold" {
			t.Fatalf("%+v\n%s", w, text)
		}
	}
	if again, err := jsondeck.Encode(q.Deck); err != nil || !bytes.Equal(text, again) {
		t.Fatalf("%v: written twice, it differs:\n%s\n%s", err, text, again)
	}
	return q.Deck
}

// maybe draws a value, or the zero value of its type: an empty field of the deck.
func maybe[T any](t *rapid.T, g *rapid.Generator[T], name string) T {
	if rapid.Bool().Draw(t, "has "+name) {
		return g.Draw(t, name)
	}
	var empty T
	return empty
}

// length draws a duration that a deck can have: whole milliseconds, above 0.
var length = rapid.Custom(func(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(1, 600_000).Draw(t, "ms")) * time.Millisecond
})

// text draws text as a parser leaves it: trimmed, without control characters.
var text = rapid.Custom(func(t *rapid.T) string {
	s := rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 .,:#*[]{}<>&\"'\\\n\téßЖ漢字🎉\u2028")), 1, 20, -1).Draw(t, "text")
	return strings.TrimSpace(s)
})

// value draws a prop's value.
func value(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kinds := []string{"text", "number", "whole", "flag"}
		if depth > 0 {
			kinds = append(kinds, "list", "object")
		}
		switch rapid.SampledFrom(kinds).Draw(t, "kind") {
		case "text":
			return rapid.StringOfN(rapid.RuneFrom([]rune("a <&\"\\\né漢🎉")), 0, 10, -1).Draw(t, "text")
		case "number":
			return rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, "number")
		case "whole":
			return float64(rapid.IntRange(-1<<53, 1<<53).Draw(t, "whole"))
		case "list":
			list := rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "list")
			if rapid.Bool().Draw(t, "with null") {
				list = append(list, nil)
			}
			if list == nil {
				list = []any{}
			}
			return list
		case "object":
			m := rapid.MapOfN(rapid.StringMatching(`[a-z][A-Za-z0-9]{0,6}`), value(depth-1), 0, 4).Draw(t, "object")
			if m == nil {
				m = map[string]any{}
			}
			return m
		}
		return rapid.Bool().Draw(t, "flag")
	})
}

// step draws a step as a parser leaves it.
var step = rapid.Custom(func(t *rapid.T) lectern.SlideStep {
	id := rapid.StringMatching(`[a-z][a-z0-9-]{0,6}`)
	s := lectern.SlideStep{Page: maybe(t, rapid.IntRange(1, 300), "page"), Ahead: maybe(t, rapid.IntRange(1, 20), "ahead"),
		Until: maybe(t, rapid.IntRange(1, 30), "until"), Hidden: rapid.SliceOfN(id, 0, 3).Draw(t, "hidden")}
	if len(s.Hidden) == 0 {
		s.Hidden = nil
	}
	return s
})

var voice = rapid.Custom(func(t *rapid.T) lectern.VoiceChoice {
	return lectern.VoiceChoice{
		Engine: maybe(t, text, "engine"), ID: maybe(t, text, "id"), Language: maybe(t, text, "language"),
		Gender: maybe(t, rapid.SampledFrom([]string{"female", "male"}), "gender"),
		Speed:  maybe(t, rapid.Float64Range(lectern.MinSpeed, lectern.MaxSpeed), "speed"),
	}
})

// props draws props as a parser returns them. It leaves out props that must have a certain type, such as title and
// items; decktest covers these.
func props(t *rapid.T) map[string]any {
	return rapid.MapOfN(rapid.StringMatching(`p[A-Za-z0-9]{0,6}`), value(3), 1, 5).Draw(t, "props")
}

var tags = rapid.SampledFrom([]string{"de", "de-AT", "zh-Hant-TW", "uk", "no", "es-419"})

// revisions draws the revisions of a translation; nil: it has none.
func revisions(t *rapid.T, fields ...string) map[string]string {
	m := rapid.MapOfN(rapid.SampledFrom(fields), rapid.StringMatching(`r[0-9a-f]{12}`), 0, 2).Draw(t, "revisions")
	if len(m) == 0 {
		return nil
	}
	return m
}

var translation = rapid.Custom(func(t *rapid.T) lectern.Translation {
	tr := lectern.Translation{Narration: maybe(t, text, "narration"), Voice: maybe(t, voice, "voice"),
		Revisions: revisions(t, "narration", "props.title"), Section: maybe(t, text, "section")}
	if rapid.Bool().Draw(t, "has props") {
		tr.Props = props(t)
	}
	return tr
})

// languages adds languages and variables to a deck.
func languages(t *rapid.T, d *lectern.Deck) {
	d.Language = maybe(t, tags, "language")
	if rapid.Bool().Draw(t, "has variables") {
		d.Variables = rapid.MapOfN(rapid.StringMatching(`[A-Za-z_][A-Za-z0-9_.-]{0,8}`), text, 1, 4).Draw(t, "variables")
	}
	if rapid.Bool().Draw(t, "has a translated title") {
		d.Translations = map[string]lectern.DeckTranslation{tags.Draw(t, "tag"): {
			Title: maybe(t, text, "title"), Voice: maybe(t, voice, "voice"), Revisions: revisions(t, "title"),
		}}
	}
	for i := range d.Slides {
		if rapid.Bool().Draw(t, "has translations") {
			d.Slides[i].Translations = rapid.MapOfN(tags, translation, 1, 3).Draw(t, "translations")
		}
	}
}

var writtenSlide = rapid.Custom(func(t *rapid.T) lectern.Slide {
	hundredth := rapid.Custom(func(t *rapid.T) float64 {
		return float64(rapid.IntRange(-10_000, 200_000).Draw(t,
			"n")) / 100
	})
	s := lectern.Slide{
		ID: maybe(t, text, "id"), Template: maybe(t, rapid.SampledFrom([]string{"title", "content", "big-image-left"}),
			"template"),
		Narration: maybe(t, text, "narration"), Voice: maybe(t, voice, "voice"), Hold: maybe(t, length, "hold"),
		Background: maybe(t, rapid.StringMatching(`#[0-9a-f]{6}`), "background"), Section: maybe(t, text, "section"),
	}
	if rapid.Bool().Draw(t, "has props") {
		s.Props = props(t)
	}
	if rapid.Bool().Draw(t, "has page") {
		s.Page = &lectern.PageOf{File: maybe(t, text, "file"), Page: rapid.IntRange(-1, 300).Draw(t, "page")}
		s.Steps = rapid.SliceOfN(step, 0, 3).Draw(t, "steps")
		if len(s.Steps) == 0 {
			s.Steps = nil
		}
	}
	if rapid.Bool().Draw(t, "has sound") {
		s.Sound = &lectern.SoundOf{File: maybe(t, text, "sound"), Start: maybe(t, length, "start"),
			End: maybe(t, length, "end")}
	}
	if rapid.Bool().Draw(t, "has box") {
		side, place := rapid.IntRange(1, 2000), rapid.IntRange(-500, 2000)
		s.AvatarBox = &lectern.Rect{X: place.Draw(t, "x"), Y: place.Draw(t, "y"), Width: side.Draw(t, "w"),
			Height: side.Draw(t, "h")}
	}
	if rapid.Bool().Draw(t, "has positions") {
		point := rapid.Custom(func(t *rapid.T) lectern.Point {
			return lectern.Point{X: hundredth.Draw(t, "x"), Y: hundredth.Draw(t, "y")}
		})
		s.Positions = rapid.MapOfN(rapid.StringMatching(`[A-Za-z_]{1,8}`), point, 1, 4).Draw(t, "positions")
	}
	return s
})

var writtenDeck = rapid.Custom(func(t *rapid.T) lectern.Deck {
	side := rapid.IntRange(90, 2000)
	d := lectern.Deck{
		Title: maybe(t, text, "title"), Theme: maybe(t, text, "theme"),
		FrameRate: maybe(t, rapid.SampledFrom(lectern.FrameRates()), "frame rate"),
		Quality:   maybe(t, rapid.SampledFrom(lectern.Qualities()), "quality"),
		Layout:    maybe(t, rapid.SampledFrom(lectern.Layouts()), "layout"),
		Corner:    maybe(t, rapid.SampledFrom(append(lectern.Corners(), lectern.CornerAuto)), "corner"),
		Avatar:    maybe(t, rapid.SampledFrom([]string{"gia", "elai:gia.casual"}), "avatar"),
		Voice:     maybe(t, voice, "voice"), Hold: maybe(t, length, "hold"),
		Subtitles: maybe(t, rapid.SampledFrom([]lectern.Subtitles{lectern.SubtitlesOn, lectern.SubtitlesOff}), "subtitles"),
		Slides:    rapid.SliceOfN(writtenSlide, 1, 4).Draw(t, "slides"),
	}
	if rapid.Bool().Draw(t, "has size") {
		d.Size = lectern.Size{Width: 2 * side.Draw(t, "w"), Height: 2 * side.Draw(t, "h")}
	}
	if rapid.Bool().Draw(t, "says whether the avatar is keyed") {
		d.KeyAvatar = new(rapid.Bool().Draw(t, "keyed"))
	}
	if rapid.Bool().Draw(t, "has metadata") {
		d.Metadata = rapid.MapOfN(rapid.String(), rapid.String(), 1, 4).Draw(t, "metadata")
	}
	if rapid.Bool().Draw(t, "has a recording") {
		d.Recording = &lectern.Recording{File: maybe(t, text, "file"),
			Starts: maybe(t, rapid.SliceOfN(length, 1, 4), "starts")}
	}
	languages(t, &d)
	for range rapid.IntRange(0, 3).Draw(t, "transitions") {
		kind := rapid.SampledFrom(lectern.TransitionTypes()).Draw(t, "transition")
		join := lectern.Transition{Type: kind}
		if kind != lectern.TransitionNone {
			join.Duration = min(length.Draw(t, "duration"), lectern.MaxTransition)
		}
		d.Transitions = append(d.Transitions, join)
	}
	return d
})

// A deck that is written is read as the same deck. If it has no faults, it is valid by the schema.
func TestEncodedDecksReadTheSame(t *testing.T) {
	t.Parallel()
	valid := schematest.Compile(t)
	rapid.Check(t, func(t *rapid.T) {
		d := writtenDeck.Draw(t, "deck")
		if got := reread(t, d); !reflect.DeepEqual(got, d) {
			t.Fatalf("got  %+v\nwant %+v", got, d)
		}
		whole := d.WithDefaults()
		if got := reread(t, whole); !reflect.DeepEqual(got, whole) {
			t.Fatalf("with defaults: got  %+v\nwant %+v", got, whole)
		}
		for _, faultless := range []lectern.Deck{d, whole} {
			text, err := jsondeck.Encode(faultless)
			if err == nil && len(faultless.Validate(lectern.Limits{})) == 0 {
				err = valid(text)
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
		}
	})
}

// The edition of any deck in any language has one language and no variables. An edition of an edition is the same, and
// making one does not change the deck.
func TestAnEditionIsSettled(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := writtenDeck.Draw(t, "deck")
		before := reread(t, d)
		c := lectern.Choice{Language: maybe(t, tags, "to render"), Variables: map[string]string{"a": "{{b}} [pause]"}}
		d.Slides[0].Narration = maybe(t, rapid.SampledFrom([]string{"{{a}}", "x {{ a }} \\{{b}}", "{{nobody}}"}),
			"with variables")
		before.Slides[0].Narration = d.Slides[0].Narration
		e := d.Edition(c)
		if !reflect.DeepEqual(d, before) {
			t.Fatalf("the deck has changed: %+v", d)
		}
		for _, f := range e.Faults {
			if f.Slide > len(d.Slides) || f.Message == "" || f.Param == "" {
				t.Fatalf("%+v", f)
			}
		}
		if e.Deck.Variables != nil || len(e.Deck.Languages()) > 1 || len(e.Deck.Slides) != len(d.Slides) {
			t.Fatalf("%+v", e.Deck)
		}
		if c.Language != "" && len(e.Faults) == 0 && e.Deck.Language != c.Language {
			t.Fatalf("the edition is in %q, not in %q", e.Deck.Language, c.Language)
		}
		if again := e.Deck.Edition(lectern.Choice{Literal: true}); len(again.Faults)+len(again.Warnings) > 0 ||
			!reflect.DeepEqual(again.Deck, e.Deck) {
			t.Fatalf("%v %v\nagain %+v\nfirst %+v", again.Faults, again.Warnings, again.Deck, e.Deck)
		}
	})
}

// A deck in the dialect of the older service, too, is read as the same deck after it is written.
func TestDecksOfTheOlderDialectAreEncoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		request, err := json.Marshal(drawDeck(t))
		if err != nil {
			t.Fatal(err)
		}
		q, err := jsondeck.ParseRequest(request, nil, lectern.Limits{})
		if err != nil || len(q.Faults) > 0 {
			t.Fatalf("%v %v\n%s", err, q.Faults, request)
		}
		if got := reread(t, q.Deck); !reflect.DeepEqual(got, q.Deck) {
			t.Fatalf("got  %+v\nwant %+v\n%s", got, q.Deck, request)
		}
	})
}

// Values that are out of bounds stay so when a deck is written and read, so that it gets the same faults.
func TestEncodeKeepsWhatIsOutOfBounds(t *testing.T) {
	t.Parallel()
	for _, one := range []string{
		`{"hold":-1,"slides":[{}]}`, `{"slides":[{"hold":0}]}`, `{"voice":{"speed":0},"slides":[{}]}`,
		`{"frameRate":-1,"slides":[{}]}`,
		`{"transitions":[{"type":"fade","duration":9},{"type":"none","duration":9}],"slides":[{},{},{}]}`,
		`{"transitions":[""],"slides":[{},{}]}`,
		`{"slides":[]}`,
	} {
		q, err := jsondeck.ParseRequest([]byte(one), nil, lectern.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := reread(t, q.Deck); !reflect.DeepEqual(got, q.Deck) && len(q.Deck.Slides) > 0 {
			t.Errorf("%s:\ngot  %+v\nwant %+v", one, got, q.Deck)
		}
	}
}

// A deck is written as people write it: in seconds, with names in a fixed order, without empty fields.
func TestEncodedForm(t *testing.T) {
	t.Parallel()
	got, err := jsondeck.Encode(lectern.Deck{
		Title: "A <b> & c", Size: lectern.Size{Width: 1280, Height: 720}, Hold: 2500 * time.Millisecond,
		Transitions: []lectern.Transition{{Type: "fade", Duration: 750 * time.Millisecond}, {Type: "none"}},
		Slides: []lectern.Slide{{ID: "one", Template: "title", Props: map[string]any{"title": "Hi", "n": 1.5},
			Narration: "Hello."}},
	})
	want := `{
  "title": "A <b> & c",
  "size": [
    1280,
    720
  ],
  "hold": 2.5,
  "transitions": [
    {
      "type": "fade",
      "duration": 0.75
    },
    {
      "type": "none"
    }
  ],
  "slides": [
    {
      "id": "one",
      "template": "title",
      "props": {
        "n": 1.5,
        "title": "Hi"
      },
      "narration": "Hello."
    }
  ]
}
`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	bad := map[string]any{"f": func() {}}
	if _, err := jsondeck.Encode(lectern.Deck{Slides: []lectern.Slide{{Props: bad}}}); err == nil {
		t.Error("a prop that cannot be written as JSON is accepted")
	}
}
