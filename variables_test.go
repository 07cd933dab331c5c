package lectern

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// filled fills in a text, as a narration and as a title, and returns the title and the edition.
func filled(narration string, values map[string]string) (string, Edition) {
	e := Deck{Variables: values,
		Slides: []Slide{{Narration: narration, Props: map[string]any{"title": narration}}}}.Edition(Choice{})
	title, _ := e.Deck.Slides[0].Props["title"].(string)
	return title, e
}

// A name in double braces is a variable, with or without blanks. Other words in braces are text, and so are braces
// after a backslash.
func TestVariablesInTexts(t *testing.T) {
	t.Parallel()
	values := map[string]string{"a": "Ann", "b.c-1": "{{a}}", "_x": ""}
	for text, want := range map[string]string{
		"{{a}}":                    "Ann",
		"Hi {{ a }}{{\ta}}!":       "Hi AnnAnn!",
		"{{b.c-1}}":                "{{a}}", // a value is not filled in again
		"[{{_x}}]":                 "[]",
		`\{{a}} {{a}}`:             "{{a}} Ann",
		"{{{a}}}":                  "{Ann}",
		"{{}} {{ }} { {a} } {{a}":  "{{}} {{ }} { {a} } {{a}",
		"{{a\n}}":                  "{{a\n}}",
		"}}{{a}}{{":                "}}Ann{{",
		"no braces":                "no braces",
		"{{#if a}}x{{/if}}{{a|b}}": "{{#if a}}x{{/if}}{{a|b}}",
	} {
		if got, e := filled(text, values); got != want || len(e.Faults) > 0 {
			t.Errorf("%q: %q, %v", text, got, e.Faults)
		}
	}
	_, e := filled("{{#if a}}", values)
	if got := params(e); !slices.Contains(got, "literal_braces slides[0].props.title") ||
		!slices.Contains(got, "literal_braces slides[0].narration") {
		t.Errorf("%v", got)
	}
}

// Variables are filled in in title, narration, lists and objects in props, and in translations; not in names of props,
// in code and in metadata.
func TestVariablesAreFilledInInAllTexts(t *testing.T) {
	t.Parallel()
	d := Deck{
		Title: "For {{c}}", Language: "en", Metadata: map[string]string{"k": "{{c}}"},
		Variables:    map[string]string{"c": "Acme", "de": "ja"},
		Translations: map[string]DeckTranslation{"de": {Title: "Für {{c}}"}},
		Slides: []Slide{{Template: "code", Narration: "Dear {{c}}.",
			Props: map[string]any{"code": "{{c}} {{x}}", "items": []any{"{{c}}", map[string]any{"{{c}}": "{{c}}"}, 1.5}},
			Translations: map[string]Translation{"de": {Narration: "{{de}}, {{c}}.",
				Props: map[string]any{"items": []any{"{{c}}"}}}}}},
	}
	kinds := func(template, prop string) string {
		if template == "code" && prop == "code" {
			return "code"
		}
		return "text"
	}
	e := d.Edition(Choice{Variables: map[string]string{"c": "Globex"}, Kinds: kinds})
	s := e.Deck.Slides[0]
	if len(params(e)) > 0 || e.Deck.Title != "For Globex" || s.Script().Text != "Dear Globex." ||
		e.Deck.Metadata["k"] != "{{c}}" ||
		!reflect.DeepEqual(s.Props,
			map[string]any{"code": "{{c}} {{x}}", "items": []any{"Globex", map[string]any{"{{c}}": "Globex"}, 1.5}}) {
		t.Errorf("%v %+v", params(e), e.Deck)
	}
	e = d.Edition(Choice{Language: "de", Kinds: kinds})
	if len(params(e)) > 0 || e.Deck.Title != "Für Acme" || e.Deck.Slides[0].Script().Text != "ja, Acme." {
		t.Errorf("%v %+v", params(e), e.Deck)
	}
	if d.Slides[0].Narration != "Dear {{c}}." || d.Slides[0].Props["code"] != "{{c}} {{x}}" {
		t.Error("the deck itself has changed")
	}
	if e := d.Edition(Choice{Literal: true}); e.Deck.Slides[0].Narration != "Dear {{c}}." || len(params(e)) > 0 {
		t.Errorf("%v", params(e))
	}
	if got := d.VariableNames(kinds); !slices.Equal(got, []string{"c", "de"}) {
		t.Errorf("%v", got)
	}
}

// Each undefined variable is a fault with its field, its slide and a similar name. An unused value is a warning.
func TestUndefinedAndUnusedVariables(t *testing.T) {
	t.Parallel()
	d := Deck{
		Variables: map[string]string{"customer": "Acme", "unused": "x", "later": "y"},
		Slides: []Slide{
			{Narration: "{{custmer}} and {{nobody}}", Translations: map[string]Translation{"de": {Narration: "{{later}}"}}},
			{Props: map[string]any{"items": []any{"x", map[string]any{"text": "{{custmer}}"}}}},
		},
	}
	e := d.Edition(Choice{})
	want := []string{"undefined_variable slides[0].narration", "undefined_variable slides[0].narration",
		"undefined_variable slides[1].props.items[1].text",
		"unused_variable variables.customer", "unused_variable variables.unused"}
	if got := params(e); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if f := e.Faults[2]; f.Slide != 2 || !strings.Contains(f.Message, `Did you mean "customer"?`) {
		t.Errorf("%+v", f)
	}
}

// Filled-in texts and the number of variables are bounded.
func TestVariablesAreBounded(t *testing.T) {
	t.Parallel()
	d := Deck{Variables: map[string]string{"a": strings.Repeat("x", MaxVariableLen)}, Slides: []Slide{
		{Narration: strings.Repeat("{{a}}", 100_000)}, {Props: map[string]any{"title": strings.Repeat("{{a}}", 1000)}},
	}}
	e := d.Edition(Choice{Limits: Limits{BodyBytes: 1 << 20}})
	if got := params(e); !slices.Equal(got, []string{"too_large slides[0].narration"}) ||
		e.Deck.Slides[0].Narration != d.Slides[0].Narration {
		t.Errorf("%v", got)
	}
	d.Slides = d.Slides[1:]
	if e := d.Edition(Choice{}); len(e.Faults) > 0 || len(e.Deck.Validate(Limits{})) == 0 {
		t.Errorf("%v", e.Faults)
	}
	many := Deck{Variables: map[string]string{}, Slides: []Slide{{Narration: "{{x}}"}}}
	for i := range MaxVariables + 1 {
		many.Variables["v"+strings.Repeat("x", i)] = ""
	}
	if got := params(many.Edition(Choice{})); !slices.Equal(got, []string{"invalid_deck variables"}) {
		t.Errorf("%v", got)
	}
}

// Marks inside a value are text. Marks around it stay marks.
func TestValuesHaveNoMarks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ narration, value, want string }{
		{"Hello {{v}}.", "[pause 9s] *x* `y` <b>z</b> {\\an8} &amp;", "Hello [pause 9s] *x* `y` <b>z</b> {\\an8} &amp;."},
		{"Hello [pause 2s] {{v}}", "Ann", "Hello {2s}Ann"},
		{"*{{v}}* and `{{v}}!`", "a*b", "{a*b} and a*b!"},
		{"[{{v}}](https://e.example) there", "a](b) [c", "a](b) [c there"},
		{"[{{v}}] [pause {{v}}]", "pause 9s", "[pause 9s]"}, // a pause with an invalid length is removed, with a note
		{"<speak>{{v}}</speak>", "</speak>&lt;[pause]", "</speak>&lt;[pause]"},
		{"a[pause]{{v}}", "b", "a {1s}b"},
		{`\{{v}} [pause]`, "b", "{{v}}{1s}"},
		{"{{v}}{{v}}", "\ufdd1[pause]\ufdd0", "[pause][pause]"},
	} {
		e := Deck{Variables: map[string]string{"v": c.value}, Slides: []Slide{{Narration: c.narration}}}.Edition(Choice{})
		if got := shown(e.Deck.Slides[0].Script()); got != c.want {
			t.Errorf("%q: got %q, want %q", c.narration, got, c.want)
		}
	}
}

// Every value is said unchanged, and it does not affect the marks around it.
func TestValuesAreSaidUnchanged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringOf(rapid.RuneFrom([]rune("ab [](){}<>*`\\&;/=\"pause1s\n漢"))).Draw(t, "value")
		before := rapid.SampledFrom([]string{"", "Say ", "*Say* ", "[pause] ", "<speak>", "x \\[ "}).Draw(t, "before")
		e := Deck{Variables: map[string]string{"v": value},
			Slides: []Slide{{Narration: before + "{{v}} end [pause 2s]"}}}.Edition(Choice{})
		got, plain := e.Deck.Slides[0].Script(), ParseScript(before+"V end [pause 2s]")
		if want := strings.Replace(plain.Text, "V", value, 1); got.Text != want {
			t.Fatalf("%q: %q, not %q", value, got.Text, want)
		}
		if len(got.Marks) != len(plain.Marks) {
			t.Fatalf("%q: %v", value, got.Marks)
		}
	})
}

// FuzzVariables: filling in never panics, never changes text outside of variables, and turns valid UTF-8 into valid
// UTF-8.
func FuzzVariables(f *testing.F) {
	f.Add("Hello {{a}} \\{{b}} {{{c}}}", "x{{a}}")
	f.Add("{{", "}}")
	f.Add("[{{a}}](b) `{{a}}` \ufdd0[pause]\ufdd1 \ufdd0", "\ufdd1*x*")
	f.Fuzz(func(t *testing.T, text, value string) {
		d := Deck{Variables: map[string]string{"a": value},
			Slides: []Slide{{Narration: text, Props: map[string]any{"title": text}}}}
		e := d.Edition(Choice{})
		s := e.Deck.Slides[0]
		script := s.Script()
		if utf8.ValidString(text) && utf8.ValidString(value) &&
			(!utf8.ValidString(s.Narration) || !utf8.ValidString(script.Text)) {
			t.Fatalf("%q %q: %q", text, value, script.Text)
		}
		for at := range script.Text {
			if from := script.Source(at); from < 0 || from > len(s.Narration) {
				t.Fatalf("position %d of the text comes from %d of the narration", at, from)
			}
		}
		if !strings.Contains(text, "{{") && !strings.Contains(text, "\\") && s.Props["title"] != text {
			t.Fatalf("%q became %q", text, s.Props["title"])
		}
		var parts strings.Builder
		for p := range variableParts(text) {
			parts.WriteString(p.text + p.name)
		}
		if len(parts.String()) > len(text) {
			t.Fatalf("%q has parts %q", text, parts.String())
		}
	})
}
