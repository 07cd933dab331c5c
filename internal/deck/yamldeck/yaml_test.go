package yamldeck_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/decktest"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/yamldeck"
)

func write(tree any) []byte {
	b, err := yaml.Dump(tree)
	if err != nil {
		panic(err)
	}
	return b
}

func TestParser(t *testing.T) {
	t.Parallel()
	decktest.Run(t, decktest.Fixture{Parser: yamldeck.Parser{}, Write: write, Broken: "slides:\n  - title: [x\n",
		Code: lectern.CodeInvalidYAML, Lines: true})
}

func read(text string, lim lectern.Limits) (deck.Request, error) {
	return yamldeck.Parser{}.Parse(context.Background(), deck.Source{Bytes: []byte(text)}, nil, lim)
}

// A deck as people write it, with comments, block texts, an anchor and YAML's own spellings of numbers.
func TestADeckAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	q, err := read(`# A talk.
title: Yes, a talk
hold: +1.5
frameRate: 0x19
voice: &v {language: en-GB, speed: .5}
slides:
  - template: title
    title: 2026-11-30
    narration: |
      First line.
      Second line.
  - title: "no"
    voice: *v
    narration: >-
      folded
      text
`, lectern.Limits{})
	if err != nil || len(q.Faults)+len(q.Warnings) > 0 {
		t.Fatal(err, q.Faults, q.Warnings)
	}
	voice := lectern.VoiceChoice{Language: "en-GB", Speed: 0.5}
	want := lectern.Deck{Title: "Yes, a talk", Hold: 1500e6, FrameRate: 25, Voice: voice, Slides: []lectern.Slide{
		{Template: "title", Props: map[string]any{"title": "2026-11-30"}, Narration: "First line.\nSecond line."},
		{Props: map[string]any{"title": "no"}, Voice: voice, Narration: "folded text"},
	}}
	if !reflect.DeepEqual(q.Deck, want) {
		t.Errorf("got  %+v\nwant %+v", q.Deck, want)
	}
}

// Faults of the parser and of the check name the line and the column of the field.
func TestFaultsHaveLines(t *testing.T) {
	t.Parallel()
	q, err := read("theme: neon\nslides:\n  - title: x\n  - props:\n      title: [y]\n    voice:\n      speed: "+
		"9\ntransitions:\n  - {type: fade, duration: 8}\n", lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	faults := q.Deck.Validate(lectern.Limits{})
	faults = append(faults, *lectern.Fail(lectern.CodeUnknownTheme, "No.").On("theme"),
		*lectern.Fail(lectern.CodeInvalidDeck, "No.").On("slides[0].props.title.text"))
	f, ok := errors.AsType[*lectern.Failure](q.Judge(lectern.Join(faults)))
	if !ok {
		t.Fatal("the deck has no faults")
	}
	got := map[string][2]int{}
	for _, one := range f.Faults() {
		got[one.Param] = [2]int{one.Line, one.Column}
	}
	want := map[string][2]int{"slides[1].props.title": {5, 7}, "slides[1].voice.speed": {7, 7},
		"transitions[0].duration": {9, 18}, "theme": {1, 1}, "slides[0].title.text": {3, 5}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// Invalid YAML, and YAML that JSON cannot express, are refused with a position.
func TestRefusedYAML(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"slides:\n\t- x":              "(line 2, column",
		"slides: []\nslides: []":      `"slides" occurs twice in one mapping (line 2, column 1)`,
		"a: !!python/object x":        "tags such as",
		"a: !thing {b: 1}":            "tags such as !thing",
		"a: !thing [b]":               "tags such as !thing",
		"slides: [{<<: 1}]":           "a merge key (<<) names a mapping",
		"a: &a {<<: *a}":              "nested more than 64",
		"? [a]\n: b":                  "must be a string",
		"slides: []\n---\nslides: []": "it has two documents, and a deck is one",
		"a: .inf":                     ".inf is not a number here",
		"a: &a [*a]":                  "nested more than 64",
		"a: *nobody":                  "line 1",
	} {
		_, err := read(text, lectern.Limits{})
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != lectern.CodeInvalidYAML ||
			!strings.Contains(f.Message, says) || f.Line == 0 {
			t.Errorf("%q: %+v", text, err)
		}
	}
}

// A merge key adds the fields that a mapping does not have. Faults in them have the position of what was merged.
func TestMergeKeys(t *testing.T) {
	t.Parallel()
	q, err := read("one: &one {hold: 2, narration: x}\ntwo: &two {hold: 3, template: title}\nslides:\n"+
		"- <<: *one\n  narration: own\n- <<: [*two, *one]\n- <<: *one\n  props:\n    <<: *two\n", lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s := q.Deck.Slides
	if s[0].Narration != "own" || s[0].Hold != 2*time.Second || s[1].Hold != 3*time.Second || s[1].Template != "title" ||
		s[1].Narration != "x" || s[2].Props["template"] != "title" {
		t.Errorf("%+v", s)
	}
	at := q.Locate([]string{"slides[0].hold", "slides[1].template", "slides[2].props.hold", "slides[0].narration"})
	if want := []deck.Position{{Line: 1, Column: 12}, {Line: 2, Column: 21}, {Line: 2, Column: 12},
		{Line: 5, Column: 3}}; !slices.Equal(at, want) {
		t.Errorf("%v, not %v", at, want)
	}
}

// Bombs, which are small texts with very many aliases, levels or values, are refused with bounded memory.
func TestBombsAreRefused(t *testing.T) {
	laughs := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for _, c := range "bcdefghij" {
		prev := string(c - 1)
		laughs += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+prev+",", 10), ",") + "]\n"
	}
	for name, text := range map[string]string{
		"aliases":   laughs + "slides: [{items: *j}]\n",
		"values":    "slides: [" + strings.Repeat("0,", 3_000_000) + "0]",
		"lines":     "junk:\n" + strings.Repeat("- 0\n", 3_000_000),
		"names":     "junk: {" + strings.Repeat("a: b, ", 1_000_000) + "}",
		"depth":     strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"steps":     strings.Repeat("- ", 100_000) + "x",
		"anchors":   strings.Repeat("&a ", 1_000_000),
		"complex":   strings.Repeat("? ", 100_000),
		"quoted":    "slides: [\"]\"," + strings.Repeat("0,", 3_000_000) + "0]",
		"directive": "%TAG ! tag:x,2000:\n---\n" + strings.Repeat("!a ", 100_000),
	} {
		before := allocated()
		_, err := read(text, lectern.Limits{})
		used := allocated() - before
		f, ok := errors.AsType[*lectern.Failure](err)
		if !ok || f.Code != lectern.CodeTooLarge && f.Code != lectern.CodeInvalidYAML {
			t.Errorf("%s: %v", name, err)
		}
		if used > 200<<20 {
			t.Errorf("%s: %d MB were allocated for %d KB", name, used>>20, len(text)>>10)
		}
	}
}

func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// JSON is YAML: every example reads the same by both parsers.
func TestExamplesReadTheSame(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("../../../examples/*.json")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		j, err := jsondeck.Parser{}.Parse(t.Context(), deck.Source{Bytes: b}, nil, lectern.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if y, err := read(string(b), lectern.Limits{}); err != nil || !reflect.DeepEqual(y.Deck, j.Deck) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse: no text panics. A refusal has a sentence of bounded length and a code other than internal. An accepted
// text gives the same deck when it is read again.
func FuzzParse(f *testing.F) {
	f.Add([]byte("title: x\nslides:\n  - {title: y, narration: |\n      z\n    }\n"))
	f.Add([]byte("slides: &a\n- b: *a\n"))
	f.Add([]byte("\ufeff---\n? a\n: [1, 0x1f, .5, 1e3, ~, yes, 2020-01-01]\n...\n"))
	f.Add([]byte(`{"slides":[{"title":"x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		lim := lectern.Limits{BodyBytes: 1 << 20, JSONTokens: 5000}
		q, err := yamldeck.Parser{}.Parse(t.Context(), deck.Source{Bytes: data}, nil, lim)
		if err != nil {
			fail, ok := errors.AsType[*lectern.Failure](err)
			if !ok || fail.Message == "" || fail.Code == lectern.CodeInternal || len(fail.Message) > 1000 ||
				!utf8.ValidString(fail.Message) {
				t.Fatalf("%v", err)
			}
			return
		}
		_ = q.Judge(lectern.Join(q.Deck.Validate(lim)))
		again, err := yamldeck.Parser{}.Parse(t.Context(), deck.Source{Bytes: data}, nil, lim)
		if err != nil || !reflect.DeepEqual(q.Deck, again.Deck) {
			t.Fatalf("read twice, it differs: %+v %+v %v", q.Deck, again.Deck, err)
		}
	})
}
