package yamldeck_test

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck/yamldeck"
)

// A deck is written as people write it, with the schema in the first line.
func TestAWrittenDeck(t *testing.T) {
	t.Parallel()
	d := lectern.Deck{Title: "true", Size: lectern.Size{Width: 1440, Height: 1080}, Hold: 1500 * time.Millisecond,
		Slides: []lectern.Slide{
			{ID: "s1", Page: &lectern.PageOf{File: "deck.files/0f.pdf", Page: 3}, Props: map[string]any{"title": "# One: two"},
				Narration: "Hello.\n\nA second paragraph."},
			{Sound: &lectern.SoundOf{File: "deck.files/1a.m4a", Start: 250 * time.Microsecond}, Template: "title",
				Props: map[string]any{"items": []any{"a", 2.5, true}}},
		}}
	got, err := yamldeck.Encode(d, "deck.files/deck.schema.json")
	const want = `# yaml-language-server: $schema=deck.files/deck.schema.json
title: 'true'
size: [1440, 1080]
hold: 1.5
slides:
- id: s1
  page: {file: deck.files/0f.pdf, page: 3}
  props:
    title: '# One: two'
  narration: |-
    Hello.

    A second paragraph.
- template: title
  props:
    items:
    - a
    - 2.5
    - true
  sound: {file: deck.files/1a.m4a, start: 0.00025}
`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}

// Any deck that is written is read as the same deck, whatever its texts look like.
func TestWrittenDecksReadTheSame(t *testing.T) {
	t.Parallel()
	signs := rapid.RuneFrom([]rune("aZ09 .,:#*[]{}<>&\"'\\|>-?!%@`~=\n\téßЖ漢字🎉\u2028\u00a0"))
	words := rapid.SampledFrom([]string{"true", "null", "~", "1e3", "0x1f", "2026-11-30", "- a", "a: b", "no", "=", "<<"})
	text := rapid.OneOf(rapid.StringOfN(signs, 1, 40, -1), words)
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		kinds := []*rapid.Generator[any]{
			rapid.Map(text, func(s string) any { return s }), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
			rapid.Map(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64), func(x float64) any { return x }),
			rapid.Map(rapid.IntRange(-1<<53, 1<<53), func(n int) any { return float64(n) }),
		}
		if depth > 0 {
			kinds = append(kinds,
				rapid.Map(rapid.SliceOfN(value(depth-1), 0, 3), func(l []any) any { return append([]any{}, l...) }),
				rapid.Map(rapid.MapOfN(rapid.StringMatching(`[a-z][A-Za-z0-9]{0,6}`), value(depth-1), 0, 3),
					func(m map[string]any) any { return m }))
		}
		return rapid.OneOf(kinds...)
	}
	props := rapid.MapOfN(rapid.StringMatching(`p[A-Za-z0-9]{0,6}`), value(2), 1, 4)
	rapid.Check(t, func(t *rapid.T) {
		trimmed := func(name string) string { return strings.TrimSpace(text.Draw(t, name)) }
		d := lectern.Deck{Title: trimmed("title"), Variables: map[string]string{"a": trimmed("value")},
			Metadata: map[string]string{text.Draw(t, "key"): text.Draw(t, "metadata")},
			Slides: []lectern.Slide{
				{Props: props.Draw(t, "props"), Narration: trimmed("narration"), Template: "title", Sound: &lectern.SoundOf{
					File: "a b.wav", Start: time.Duration(rapid.Int64Range(1, 1e12).Draw(t, "start")),
					End: time.Duration(rapid.Int64Range(1, 1e12).Draw(t, "end"))}},
				{Page: &lectern.PageOf{File: trimmed("file"), Page: 2}, Hold: time.Millisecond},
			}}
		written, err := yamldeck.Encode(d, "s.json")
		if err != nil {
			t.Fatal(err)
		}
		q, err := read(string(written), lectern.Limits{})
		if err != nil || len(q.Faults) > 0 || !reflect.DeepEqual(q.Deck, d) {
			t.Fatalf("%v %v\ngot  %+v\nwant %+v\n%s", err, q.Faults, q.Deck, d, written)
		}
		if again, err := yamldeck.Encode(q.Deck, "s.json"); err != nil || !bytes.Equal(again, written) {
			t.Fatalf("written twice, it differs: %v\n%s\n%s", err, written, again)
		}
	})
}
