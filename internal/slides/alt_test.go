package slides

import (
	"strings"
	"testing"

	"lectern"
)

// Pictures of slides and of items have their alternative text. Without one, alt is empty: the picture is decoration.
func TestPicturesHaveAlternativeTexts(t *testing.T) {
	t.Parallel()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	const address = "https://e.example/a.png"
	for _, c := range []struct {
		template string
		props    map[string]any
		want     string
	}{
		{"big-image", map[string]any{"title": "x", "image": address, "alt": "A fjord \"at night\""},
			`alt="A fjord &#34;at night&#34;"`},
		{"big-image-left", map[string]any{"title": "x", "imageUrl": address, "image_alt": "A fjord"}, `alt="A fjord"`},
		{"quote-center", map[string]any{"quote": "x", "author": "Ann", "image": address, "altText": "Ann"}, `alt="Ann"`},
		{"title", map[string]any{"title": "x", "image": address, "alt": "A hall"}, `alt="A hall"`},
		{"thank-you", map[string]any{"title": "x", "image": address, "alt": "A hall"}, `alt="A hall"`},
		{"benefits-list", map[string]any{"title": "x",
			"items": []any{map[string]any{"title": "y", "image": address, "alt": "A lock"}}}, `alt="A lock"`},
		{"big-image", map[string]any{"title": "x", "image": address}, `alt=""`},
	} {
		page, warnings, err := l.Page(lectern.Deck{Slides: []lectern.Slide{{Template: c.template,
			Props: c.props}}}.WithDefaults(), 0)
		if err != nil || len(warnings) > 0 || !strings.Contains(page.HTML, c.want) {
			t.Errorf("%s: error %v, warnings %v; want %s in the page", c.template, err, warnings, c.want)
		}
	}
}
