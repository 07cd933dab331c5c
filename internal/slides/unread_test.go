package slides

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lectern"
)

// A warning names each prop that the template does not have, with its slide.
func TestV3UnknownPropsAreNamed(t *testing.T) {
	t.Parallel()
	l := library(t)
	many := map[string]any{"title": "T"}
	for i := range 20 {
		many[fmt.Sprintf("strange_%c", 'a'+i)] = "x"
	}
	for name, c := range map[string]struct {
		template string
		props    map[string]any
		want     []string // params
	}{
		"known":            {"title", map[string]any{"title": "T", "subtitle": "S"}, nil},
		"other spelling":   {"title", map[string]any{"heading": "T", "Sub Title": "S"}, nil},
		"misspelt":         {"title", map[string]any{"title": "T", "tilte": "x"}, []string{"slides[0].props.tilte"}},
		"another alphabet": {"title", map[string]any{"title": "T", "заголовок": "x"}, []string{"slides[0].props.заголовок"}},
		"said twice":       {"title", map[string]any{"title": "T", "heading": "x"}, []string{"slides[0].props.heading"}},
		"looks": {"title", map[string]any{"title": "T", "fontSize": 20, "color": "red"},
			[]string{"slides[0].props.color", "slides[0].props.fontSize"}},
		"empty": {"title", map[string]any{"title": "T", "tilte": " ", "x": nil, "y": []any{}}, nil},
		"notes": {"title", map[string]any{"title": "T", "speakerNotes": "n", "imagePrompt": "p", "$schema": "s"},
			nil},
		"in items": {"bullet-points", map[string]any{"title": "T", "items": []any{map[string]any{"text": "a", "bogus": 1.0},
			map[string]any{"text": "b", "bogus": 2.0}}}, []string{"slides[0].props.items"}},
		"blank": {"title", map[string]any{"tilte": "x"}, []string{"slides[0].props.tilte", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, warnings := page(t, l, lectern.Slide{Template: c.template, Props: c.props})
			var got []string
			for _, w := range warnings {
				if w.Slide != 1 || w.Code != "unknown_prop" && w.Code != "slide_empty" {
					t.Errorf("warning: %+v", w)
				}
				got = append(got, w.Param)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("warnings name %q, want %q: %v", got, c.want, warnings)
			}
		})
	}
	_, warnings := page(t, l, lectern.Slide{Template: "title", Props: many})
	if len(warnings) != maxUnread+1 || !strings.Contains(warnings[maxUnread].Message, "12 more props") {
		t.Errorf("of 20 unknown props: %v", warnings)
	}
}

// The type of a prop is known under all of its spellings. Options other than alternative texts have none, nor have
// unknown props.
func TestPropKinds(t *testing.T) {
	t.Parallel()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ template, prop, want string }{
		{"title", "title", "text"}, {"bullet-points", "items", "list"}, {"big-image", "imageUrl", "image"},
		{"photo", "image_url", "image"}, {"code", "code", "code"},
		{"source-code", "snippet", "code"}, {"code", "title", "text"}, {"code", "language", ""},
		{"big-image-left", "fit", "choice"}, {"table-dark", "tableData", "table"},
		{"process-steps", "step1Title", "list"}, {"title", "nobody", ""}, {"big-image", "imageAlt", "text"},
		{"nobody", "content", "text"}, {"title", "notes", ""},
	} {
		if got := l.PropKind(c.template, c.prop); got != c.want {
			t.Errorf("%s of %s: %q, want %q", c.prop, c.template, got, c.want)
		}
	}
}
