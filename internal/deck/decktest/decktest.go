// Package decktest is the suite that every parser of the written form passes, whatever its syntax.
package decktest

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck"
)

// Fixture is a parser under test.
type Fixture struct {
	Parser deck.Parser
	// Write writes a tree of map[string]any, []any, strings, numbers, true, false and nil in the parser's syntax.
	Write  func(tree any) []byte
	Broken string       // a text that is not valid in the syntax
	Code   lectern.Code // of the failure for Broken
	Lines  bool         // faults name their line and column
}

// object is an object in a tree.
type object = map[string]any

// Run checks that a parser keeps the contract of deck.Parser.
func Run(t *testing.T, f Fixture) {
	t.Run("kind", f.kind)
	t.Run("form", f.form)
	t.Run("faults", f.faults)
	t.Run("settings", f.settings)
	t.Run("limits", f.limits)
	t.Run("languages", f.languages)
	t.Run("variables", f.variables)
}

func (f Fixture) parse(t *testing.T, tree any, settings []byte, lim lectern.Limits) (deck.Request, error) {
	t.Helper()
	return f.Parser.Parse(t.Context(), deck.Source{Bytes: f.Write(tree)}, settings, lim)
}

func (f Fixture) kind(t *testing.T) {
	k := f.Parser.Kind()
	if k.Name == "" || len(k.MediaTypes) == 0 || len(k.Endings) == 0 || k.Looks == nil {
		t.Fatalf("%+v", k)
	}
	for _, e := range k.Endings {
		if !strings.HasPrefix(e, ".") || e != strings.ToLower(e) {
			t.Errorf("the ending %q has no dot, or capitals", e)
		}
	}
	if !k.Looks(f.Write(object{"slides": []any{object{"title": "x"}}})) || k.Looks([]byte("\x89PNG")) || k.Looks(nil) {
		t.Error("Looks does not recognise a deck in its syntax, or accepts another text")
	}
}

// form: every spelling of a field means the same, and fields that are not written are empty.
func (f Fixture) form(t *testing.T) {
	want := lectern.Deck{
		Title: "Talk", Theme: "light-modern", Size: lectern.Size{Width: 1280, Height: 720}, FrameRate: 25,
		Quality: lectern.QualityLow,
		Layout:  lectern.LayoutSideBySide, Avatar: "gia.casual", Voice: lectern.VoiceChoice{Engine: "flite", ID: "slt",
			Speed: 1.5},
		Hold: 2500 * time.Millisecond, KeyAvatar: new(false), Subtitles: lectern.SubtitlesOn,
		Metadata:    map[string]string{"order": "7"},
		Transitions: []lectern.Transition{{Type: "fade", Duration: time.Second}, {Type: "none"}},
		Slides: []lectern.Slide{
			{ID: "one", Template: "title", Props: object{"title": "Héllo\nworld", "count": 1.5, "flag": true},
				Narration: "Hello: yes, #1 [pause 1s].",
				AvatarBox: &lectern.Rect{X: 100, Y: 200, Width: 300, Height: 300}, Background: "#aabbcc", Hold: 4 * time.Second},
			{Template: "bullet-points", Props: object{"items": []any{"a", object{"text": "b"}, nil}},
				Positions: map[string]lectern.Point{"box": {X: 1, Y: 2}}},
		},
	}
	native := object{
		"title": "Talk", "theme": "light-modern", "size": object{"width": 1280, "height": 720}, "frameRate": 25,
		"quality": "low",
		"layout":  "side_by_side", "avatar": "gia.casual", "voice": object{"engine": "flite", "id": "slt", "speed": 1.5},
		"hold":      2.5,
		"keyAvatar": false, "subtitles": "on", "metadata": object{"order": "7"},
		"transitions": []any{object{"type": "fade", "duration": 1}, nil},
		"slides": []any{
			object{"id": "one", "template": "title", "props": object{"title": "Héllo\nworld", "count": 1.5, "flag": true},
				"narration": "Hello: yes, #1 [pause 1s].",
				"avatarBox": object{"x": 100, "y": 200, "width": 300, "height": 300}, "background": "#AABBCC", "hold": 4},
			object{"template": "bullet-points", "props": object{"items": []any{"a", object{"text": "b"}, nil}},
				"positions": object{"box": object{"x": 1, "y": 2}}},
		},
	}
	other := object{
		"project_name": "Talk", "theme": "light-modern", "resolution": []any{1280, 720}, "fps": 25, "quality": "low",
		"layout": "side-by-side", "avatar_code": "gia.casual", "voice_provider": "flite", "voice_id": "slt",
		"voice": object{"speed": 1.5}, "duration": 2.5,
		"use_avatar_mask": false, "subtitles": true, "metadata": object{"order": "7"},
		"transitions": []any{object{"type": "fade", "duration": 1}, nil},
		"slides_data": []any{
			object{"slideId": "one", "templateId": "title-slide", "title": "Héllo\nworld", "count": 1.5, "flag": true,
				"voiceover_text":  "Hello: yes, #1 [pause 1s].",
				"avatar_position": object{"x": 100, "y": 200, "width": 300, "height": 300}, "elai_background_color": "#abc",
				"hold": 4},
			object{"templateId": "bullet-points", "items": []any{"a", object{"text": "b"}, nil},
				"metadata": object{"element_positions": object{"box": object{"x": 1, "y": 2}}}},
		},
	}
	for name, tree := range map[string]object{"native": native, "other": other} {
		for range 3 { // parsing the same text again gives an equal deck
			q, err := f.parse(t, tree, nil, lectern.Limits{})
			if err != nil || len(q.Faults) > 0 || !reflect.DeepEqual(q.Deck, want) {
				t.Fatalf("%s: %v %v\ngot  %+v\nwant %+v", name, err, q.Faults, q.Deck, want)
			}
		}
	}
	q, err := f.parse(t, object{"slides": []any{object{}}, "theme": nil}, nil, lectern.Limits{})
	if err != nil || !reflect.DeepEqual(q.Deck, lectern.Deck{Slides: []lectern.Slide{{}}}) {
		t.Errorf("fields that are not written: %v %+v", err, q.Deck)
	}
}

// faults: all are found, under the names that their author wrote.
func (f Fixture) faults(t *testing.T) {
	q, err := f.parse(t, object{
		"theme": 7, "hold": -1, "slides_data": []any{object{"title": []any{"x"}}, "none",
			object{"voiceover_text": 7, "voice": object{"speed": 9}}},
	}, nil, lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	fail, ok := errors.AsType[*lectern.Failure](q.Judge(lectern.Join(q.Deck.Validate(lectern.Limits{}))))
	if !ok {
		t.Fatal("the deck has no faults")
	}
	want := map[string]int{"theme": 0, "hold": 0, "slides_data[0].title": 1, "slides_data[1]": 2,
		"slides_data[2].voiceover_text": 3, "slides_data[2].voice.speed": 3}
	for _, one := range fail.Faults() {
		if slide, ok := want[one.Param]; !ok || slide != one.Slide || one.Message == "" {
			t.Errorf("%+v", one)
		}
		if f.Lines != (one.Line > 0 && one.Column > 0) {
			t.Errorf("the position of %s is line %d, column %d", one.Param, one.Line, one.Column)
		}
		delete(want, one.Param)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	for _, text := range []string{"", " \n", f.Broken} {
		_, err := f.Parser.Parse(t.Context(), deck.Source{Bytes: []byte(text)}, nil, lectern.Limits{})
		if fail, ok := errors.AsType[*lectern.Failure](err); !ok || fail.Code != f.Code ||
			!strings.Contains(fail.Message, "line ") {
			t.Errorf("%q: %+v", text, err)
		}
	}
	for _, tree := range []any{[]any{1}, "text", 7} {
		_, err := f.parse(t, tree, nil, lectern.Limits{})
		if fail, ok := errors.AsType[*lectern.Failure](err); !ok || fail.Code != lectern.CodeInvalidDeck {
			t.Errorf("%v: %v", tree, err)
		}
	}
}

func (f Fixture) settings(t *testing.T) {
	tree := object{"projectName": "Old", "theme": "dark-purple", "slides": []any{object{"title": "x"}}}
	for _, settings := range [][]byte{f.Write(object{"title": "New", "preset": "draft"}),
		[]byte(`{"title":"New","preset":"draft"}`)} {
		q, err := f.parse(t, tree, settings, lectern.Limits{})
		if err != nil || q.Deck.Title != "New" || q.Deck.Theme != "dark-purple" ||
			q.Deck.Size != (lectern.Size{Width: 1280, Height: 720}) || q.Deck.Quality != lectern.QualityLow {
			t.Errorf("%s: %v %+v", settings, err, q.Deck)
		}
	}
	for settings, param := range map[string]string{`{"slides":[]}`: "settings.slides", `[]`: "settings", `{`: "settings",
		`null`: "settings"} {
		_, err := f.parse(t, tree, []byte(settings), lectern.Limits{})
		if fail, ok := errors.AsType[*lectern.Failure](err); !ok || fail.Param != param {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

// limits: a deck beyond a limit is refused with the name of the setting, before its tree is built.
func (f Fixture) limits(t *testing.T) {
	many := make([]any, 5000)
	for name, c := range map[string]struct {
		tree any
		lim  lectern.Limits
		says string
	}{
		"bytes": {object{"slides": []any{object{"title": strings.Repeat("x", 500)}}}, lectern.Limits{BodyBytes: 400},
			"limits.body"},
		"values":  {object{"slides": []any{object{"items": many}}}, lectern.Limits{JSONTokens: 4000}, "limits.json_tokens"},
		"unknown": {object{"slides": []any{object{}}, "junk": many}, lectern.Limits{JSONTokens: 4000}, "limits.json_tokens"},
		"settings": {object{"slides": []any{object{"items": many[:1500]}}, "junk": many[:1500]},
			lectern.Limits{JSONTokens: 3000}, "limits.json_tokens"},
	} {
		_, err := f.parse(t, c.tree, nil, c.lim)
		if fail, ok := errors.AsType[*lectern.Failure](err); !ok || fail.Code != lectern.CodeTooLarge ||
			!strings.Contains(fail.Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	deep := any("x")
	for range 200 {
		deep = []any{deep}
	}
	_, err := f.parse(t, object{"slides": []any{object{"items": deep}}}, nil, lectern.Limits{})
	if fail, ok := errors.AsType[*lectern.Failure](err); !ok || fail.Code != f.Code {
		t.Errorf("200 levels: %v", err)
	}
	slides := make([]any, 30)
	for i := range slides {
		slides[i] = object{"title": "x"}
	}
	lim := lectern.Limits{Slides: 20}
	q, err := f.parse(t, object{"slides": slides}, nil, lim)
	if err != nil || q.Judge(lectern.Join(q.Deck.Validate(lim))) == nil {
		t.Errorf("30 slides where 20 are allowed: %v", err)
	}
}

// languages: a slide's translations are read, with any spelling of tags and fields, and faults in them name the field.
func (f Fixture) languages(t *testing.T) {
	tree := object{
		"language": "EN", "translations": object{"de_at": object{"title": "Vortrag", "voice": "anna",
			"revisions": object{"title": "r1"}}},
		"slides_data": []any{object{
			"id": "one", "title": "Hello", "narration": "Hello there.",
			"translations": object{
				"de": object{"narration": "Hallo.", "props": object{"title": "Hallo", "big_word": "Wort"},
					"revisions": object{"narration": "r2", "props.big_word": "r3"}},
				"no":    object{"voiceover_text": "Hei.", "title": "Hei"},
				"uk-UA": object{},
				"fr":    nil,
			},
		}},
	}
	q, err := f.parse(t, tree, nil, lectern.Limits{})
	want := lectern.Deck{
		Language: "en",
		Translations: map[string]lectern.DeckTranslation{"de-AT": {Title: "Vortrag", Voice: lectern.VoiceChoice{ID: "anna"},
			Revisions: map[string]string{"title": "r1"}}},
		Slides: []lectern.Slide{{
			ID: "one", Props: object{"title": "Hello"}, Narration: "Hello there.",
			Translations: map[string]lectern.Translation{
				"de": {Narration: "Hallo.", Props: object{"title": "Hallo", "bigWord": "Wort"},
					Revisions: map[string]string{"narration": "r2", "props.bigWord": "r3"}},
				"no":    {Narration: "Hei.", Props: object{"title": "Hei"}},
				"uk-UA": {},
			},
		}},
	}
	if err != nil || len(q.Faults)+len(q.Warnings) > 0 || !reflect.DeepEqual(q.Deck, want) {
		t.Fatalf("%v %v %v\ngot  %+v\nwant %+v", err, q.Faults, q.Warnings, q.Deck, want)
	}
	q, err = f.parse(t, object{"slides_data": []any{object{"narration": "Hi.", "translations": object{
		"de": "Hallo", "DE": object{}, "de-de": object{"narration": 7, "revisions": object{"narration": 8}},
		"no language": object{}, "fr": object{"narration": "Salut {{x}}."},
	}}}}, nil, lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	at := "slides_data[0].translations."
	f.judged(t, q, []string{at + "de-de.narration", at + "de-de.revisions.narration", at + "no language"})
	f.judged(t, q.Choose(lectern.Choice{Language: "fr"}), []string{at + "fr.narration"})
	f.judged(t, q.Choose(lectern.Choice{Language: "pl"}), []string{"language"})
}

// judged checks that the fields in want have faults, and that every fault has a position.
func (f Fixture) judged(t *testing.T, q deck.Request, want []string) {
	t.Helper()
	fail, ok := errors.AsType[*lectern.Failure](q.Judge(lectern.Join(q.Deck.Validate(lectern.Limits{}))))
	if !ok {
		t.Fatalf("there are no faults of %v", want)
	}
	found := map[string]bool{}
	for _, one := range fail.Faults() {
		found[one.Param] = true
		if one.Message == "" || f.Lines && (one.Line == 0 || one.Column == 0) {
			t.Errorf("%+v", one)
		}
	}
	for _, param := range want {
		if !found[param] {
			t.Errorf("no fault of %s: %v", param, found)
		}
	}
}

// variables: values are strings, a number is kept as it was written, and the settings' values replace the deck's by
// name.
func (f Fixture) variables(t *testing.T) {
	tree := object{"variables": object{"customer": "Acme", "year": 2026, "a.b-c": "x"},
		"slides": []any{object{"title": "{{ customer }} {{year}} {{a.b-c}}", "narration": "{{custmer}}"}}}
	q, err := f.parse(t, tree, []byte(`{"variables":{"customer":"Globex"}}`), lectern.Limits{})
	if err != nil || !reflect.DeepEqual(q.Deck.Variables, map[string]string{"customer": "Globex", "year": "2026",
		"a.b-c": "x"}) {
		t.Fatalf("%v %v", err, q.Deck.Variables)
	}
	q = q.Choose(lectern.Choice{})
	if q.Deck.Slides[0].Props["title"] != "Globex 2026 x" || q.Deck.Variables != nil {
		t.Errorf("%+v", q.Deck)
	}
	f.judged(t, q, []string{"slides[0].narration"})
	q, err = f.parse(t, object{"variables": object{"a": true, "b c": "x"}, "slides": []any{object{}}}, nil,
		lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	f.judged(t, q, []string{"variables.a", "variables.b c"})
}
