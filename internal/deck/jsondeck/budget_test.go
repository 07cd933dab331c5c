package jsondeck

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck/form"
)

// A body with too many values is refused with the name of the setting, wherever in the body the values are.
func TestH2TokensAreCounted(t *testing.T) {
	t.Parallel()
	zeros := "[" + strings.Repeat("0,", 200_000) + "0]"
	for name, body := range map[string]string{
		"an unknown field":   `{"title":"x","junk":` + zeros + `,"slides":[]}`,
		"inside metadata":    `{"slides":[{"metadata":{"junk":` + zeros + `}}]}`,
		"props":              `{"slides":[{"props":{"items":` + zeros + `}}]}`,
		"the list of slides": `{"slides":` + zeros + `}`,
		"a list alone":       zeros,
		"empty objects":      `{"junk":[` + strings.Repeat("{},", 100_000) + `{}]}`,
		"empty lists":        `{"junk":[` + strings.Repeat("[],", 100_000) + `[]]}`,
		"names":              `{"junk":{` + wide(60_000) + `}}`,
		"names at the top":   `{` + wide(60_000) + `}`,
	} {
		_, _, err := Parse(body, lectern.Limits{JSONTokens: 100_000})
		f, ok := errors.AsType[*lectern.Failure](err)
		if !ok || f.Code != lectern.CodeTooLarge || !strings.Contains(f.Message, "100000 names, values and brackets") ||
			!strings.Contains(f.Message, "limits.json_tokens") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := ParseRequest(`{"slides":[{"title":"x"}]}`,
		`{"metadata":{"a":"`+strings.Repeat("x", 10)+`"},"junk":`+zeros+`}`, lectern.Limits{JSONTokens: 100_000})
	if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != lectern.CodeTooLarge || f.Param != "settings" {
		t.Errorf("settings: %v", err)
	}
}

// wide is n fields of an object, n0 to n(n-1).
func wide(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"n%d":0`, i)
	}
	return b.String()
}

// Names, values and brackets count as tokens, also those of the settings.
func TestH2NamesValuesAndBracketsAreTokens(t *testing.T) {
	t.Parallel()
	const deck, settings = `{"slides":[{"title":"x"}],"junk":[1,{},[]]}`, `{"title":"y"}`
	const tokens = 2 + 1 + 2 + 2 + 2 + 1 + 2 + 1 + 2 + 2 + 4
	if _, err := ParseRequest(deck, settings, lectern.Limits{JSONTokens: tokens}); err != nil {
		t.Errorf("with exactly as many tokens as allowed: %v", err)
	}
	if _, err := ParseRequest(deck, settings, lectern.Limits{JSONTokens: tokens - 1}); err == nil {
		t.Error("a deck with one token too many is accepted")
	}
}

// The value of an unknown field is never built.
func TestH2UnknownFieldsStayText(t *testing.T) {
	t.Parallel()
	const text = `[[1,2],{"a":{"b":[3]}}]`
	s := scanner{text: text, budget: &budget{100, 100}}
	if v, bad := s.later(); bad != nil || s.pos != len(text) {
		t.Fatal(bad)
	} else if _, ok := v.(form.Later); !ok {
		t.Errorf("the value is %#v, not a form.Later", v)
	}
	q, err := parse(`{"junk":`+text+`,"slides":[{"title":"x"}]}`, "", lectern.Limits{})
	if err != nil || len(q.Warnings) != 1 || !strings.Contains(q.Warnings[0].Message, `"junk"`) {
		t.Errorf("%v, warnings %v", err, q.Warnings)
	}
}

// A name that occurs twice in one object is refused, also with escapes in it, and inside unknown fields.
func TestNamesThatOccurTwice(t *testing.T) {
	t.Parallel()
	many := wide(40)
	for _, body := range []string{
		`{"a":1,"\u0061":2}`, `{"junk":{"a":1,"\u0061":2}}`, `{"junk":[{"x":{"a":1},"a":1,"x":2}]}`,
		`{"slides":[{"title":"x","title":"y"}]}`,
		`{` + many + `,"n7":1}`, `{"junk":{` + many + `,"n7":1}}`, `{"slides":[{"props":{` + many + `,"n39":1}}]}`,
		`{"junk":{"a":{"a":{"b":1}},"b":{},"b":{}}}`,
	} {
		_, _, err := Parse(body, lectern.Limits{})
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != lectern.CodeInvalidJSON ||
			!strings.Contains(f.Message, "occurs twice") {
			t.Errorf("%.60s: %v", body, err)
		}
	}
	for _, body := range []string{`{"junk":{"a":{"a":{"a":1}},"b":{"a":1},"c":{"b":1}},"slides":[{"title":"x"}]}`,
		`{"slides":[{"props":{` + many + `}}],"junk":{"x":{` + many + `},"n1":0}}`} {
		if _, _, err := Parse(body, lectern.Limits{}); err != nil {
			t.Errorf("%.60s: %v", body, err)
		}
	}
}

// A value that is built later equals one that is built at once.
func TestLateValuesAreTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawJSON(t, 3)
		b := budget{1 << 20, 1 << 20}
		late := scanner{text: text, budget: &b}
		v, bad := late.later()
		if bad != nil {
			t.Fatalf("%s: %s", text, bad.what)
		}
		used := b.limit - b.left
		b = budget{1 << 20, 1 << 20}
		early := scanner{text: text, budget: &b, depth: 1}
		if _, bad := early.value(); bad != nil || used != b.limit-b.left {
			t.Fatalf("%s: %d tokens, then %d", text, used, b.limit-b.left)
		}
		o := &form.Object{}
		o.Add("x", v)
		got, _ := o.Get("x")
		again := scanner{text: text, depth: 1}
		want, _ := again.value()
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s:\n%#v\n%#v", text, got, want)
		}
	})
}

func drawJSON(t *rapid.T, depth int) string {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind = min(kind, 3)
	}
	switch kind {
	case 0:
		return rapid.SampledFrom([]string{"true", "false", "null"}).Draw(t, "word")
	case 1:
		return rapid.SampledFrom([]string{"0", "-1.5e7", "12"}).Draw(t, "number")
	case 2, 3:
		return rapid.SampledFrom([]string{`""`, `"a\u0062"`, `"ö\n"`}).Draw(t, "string")
	case 4:
		var parts []string
		for range rapid.IntRange(0, 12).Draw(t, "entries") {
			parts = append(parts, drawJSON(t, depth-1))
		}
		return "[" + strings.Join(parts, " , ") + "]"
	}
	var parts []string
	for i := range rapid.IntRange(0, 12).Draw(t, "fields") {
		parts = append(parts, fmt.Sprintf("\"k%d\" : %s", i, drawJSON(t, depth-1)))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// A number has a bounded length, and a fault in a long line shows only the text around it.
func TestLongNumbersAndLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("9", 2000)
	_, _, err := Parse(`{"slides":[{"title":"x","n":`+long+`}]}`, lectern.Limits{})
	if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != lectern.CodeInvalidJSON ||
		!strings.Contains(f.Message, "more than 1000 characters") || len(f.Detail) > 500 {
		t.Errorf("%v", err)
	}
	_, _, err = Parse(`{"slides":[{"title":"`+strings.Repeat("ö", 100_000)+`","n":nope,"b":"`+strings.Repeat("ä",
		100_000)+`"}]}`, lectern.Limits{})
	if f, ok := errors.AsType[*lectern.Failure](err); !ok || len([]rune(f.Detail)) > 200 ||
		!strings.Contains(f.Detail, "öö\",\"n\":nope,\"b\":\"ä") {
		t.Errorf("%v %+v", err, f)
	}
}
