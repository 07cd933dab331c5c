package slides

import (
	"reflect"
	"strings"
	"testing"

	"lectern"
)

// A page says which words it shows: those of templates, of Markdown without its listings, and those that a page of a
// file has.
func TestPagesHaveTheWordsThatTheyShow(t *testing.T) {
	t.Parallel()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	const picture = "data:image/svg+xml;utf8,<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>"
	for name, c := range map[string]struct {
		slide lectern.Slide
		want  lectern.Shown
	}{
		"a template": {lectern.Slide{Template: "bullet-points", Props: map[string]any{"title": "The plan",
			"items": []any{"One bell", map[string]any{"title": "Two", "text": "wheels"}}}},
			lectern.Shown{Texts: []string{"The plan", "One bell", "Two", "wheels"}}},
		"a picture": {lectern.Slide{Template: "big-image", Props: map[string]any{"title": "Sea", "image": picture,
			"alt": "A fjord"}}, lectern.Shown{Texts: []string{"Sea"}, Alts: []string{"A fjord"}}},
		"a picture without words": {lectern.Slide{Template: "big-image", Props: map[string]any{"title": "Sea",
			"imageUrl": picture}}, lectern.Shown{Texts: []string{"Sea"}, Unlabelled: []string{"slides[0].props.imageUrl"}}},
		"Markdown": {lectern.Slide{Template: "markdown", Props: map[string]any{"title": "Pools", "page": "7",
			"markdown": "Two *kinds*:\n\n- small\n  - tiny\n- large\n\n```go\nfunc main() {}\n```\n\n![A lake](a) ![](a)",
			"images":   map[string]any{"a": picture}}},
			lectern.Shown{Texts: []string{"Pools", "Two kinds:", "small", "tiny", "large"}, Alts: []string{"A lake"},
				Unlabelled: []string{"slides[0].props.markdown"}}},
		"a page of a file": {lectern.Slide{Page: &lectern.PageOf{File: "asset:" + strings.Repeat("a", 64), Page: 1},
			Props: map[string]any{"title": "Ships", "text": []any{"Ships", "Berths"}, "alt": []any{"A crane"}}},
			lectern.Shown{Texts: []string{"Ships", "Berths"}, Alts: []string{"A crane"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, _, err := l.Page(lectern.Deck{Slides: []lectern.Slide{c.slide}}.WithDefaults(), 0)
			if err != nil || !reflect.DeepEqual(page.Shown, c.want) {
				t.Errorf("got %+v, want %+v (%v)", page.Shown, c.want, err)
			}
		})
	}
}
