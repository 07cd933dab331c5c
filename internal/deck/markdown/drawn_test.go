package markdown_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/markdown"
)

// The front matter, or a setting, decides who draws a deck.
func TestWhoDrawsADeck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ front, settings, template, fault string }{
		"says that it is Marp's":    {front: "marp: true", template: "marp"},
		"a theme of Marp":           {front: "marp: true\ntheme: gaia", template: "marp"},
		"a theme of Lectern":        {front: "marp: true\ntheme: dark-purple", template: "markdown"},
		"a theme in the settings":   {front: "marp: true", settings: `{"theme": "dark-purple"}`, template: "markdown"},
		"a theme in lectern":        {front: "marp: true\nlectern: {theme: dark-purple}", template: "markdown"},
		"only signs of Marp":        {front: "paginate: true", template: "markdown"},
		"the dialect is named":      {front: "title: x", settings: `{"dialect": "marp"}`, template: "marp"},
		"named in the front matter": {front: "draw: marp", template: "marp"},
		"the setting wins":          {front: "marp: true\ndraw: marp", settings: `{"draw": "lectern"}`, template: "markdown"},
		"plain":                     {front: "title: x", template: "markdown"},
		"unknown":                   {front: "draw: pencil", template: "markdown", fault: "use \"lectern\" or \"marp\""},
		"Slidev's": {front: "drawings: {}", settings: `{"draw": "marp"}`, template: "markdown",
			fault: "Slidev"},
	} {
		q := parse(t, "---\n"+c.front+"\n---\n\n# A\n", c.settings)
		if got := q.Deck.Slides[0].Template; got != c.template {
			t.Errorf("%s: drawn by %s", name, got)
		}
		if c.fault == "" && len(q.Faults) > 0 || c.fault != "" && (len(q.Faults) != 1 ||
			!strings.Contains(q.Faults[0].Message, c.fault)) {
			t.Errorf("%s: %v", name, q.Faults)
		}
	}
}

// A slide that marp-core draws has its own text and all directives that hold for it, and nothing of its notes: an
// edited note draws no slide again.
func TestSlidesForMarpCoreStandAlone(t *testing.T) {
	t.Parallel()
	const text = `---
marp: true
theme: gaia
_class: lead
paginate: true
footer: F
size: 4:3
style: "section { color: red }"
---

# One

![bg left:40%](a%20b.png)

<!-- NOTE -->

---

<style>h1 { color: blue }</style>
<style scoped>h2 { color: green }</style>
<!-- _backgroundColor: "#123456" -->

## Two

![w:100px](c.png)
`
	said := func(note string) []lectern.Slide {
		q := parse(t, strings.Replace(text, "NOTE", note, 1), "")
		if len(q.Faults) > 0 || len(q.Warnings) > 0 {
			t.Fatal(q.Faults, q.Warnings)
		}
		return q.Deck.Slides
	}
	const style = "section { color: red }\nh1 { color: blue }"
	slides := said("Hello.")
	for i, want := range []map[string]any{
		{"title": "One", "markdown": "# One\n\n![bg left:40%](a%20b.png)", "theme": "gaia", "class": "lead", "footer": "F",
			"size": "4:3", "page": "1", "style": style, "images": map[string]any{"a%20b.png": "a b.png"}},
		{"title": "Two", "markdown": "<style scoped>h2 { color: green }</style>\n\n\n## Two\n\n![w:100px](c.png)",
			"theme": "gaia", "footer": "F", "size": "4:3", "page": "2", "style": style, "backgroundColor": "#123456",
			"images": map[string]any{"c.png": "c.png"}},
	} {
		if got := slides[i].Props; !sameProps(got, want) {
			t.Errorf("slide %d:\n%#v\nnot\n%#v", i+1, got, want)
		}
	}
	if slides[0].Narration != "Hello." || !sameProps(said("Goodbye.")[0].Props, slides[0].Props) {
		t.Errorf("the note is %q, or changes the slide", slides[0].Narration)
	}
}

func sameProps(a, b map[string]any) bool { return reflect.DeepEqual(a, b) }

// Decks of Marp in the test data have the same titles and narrations, whoever draws them.
func TestNarrationIsTheSameWhoeverDraws(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"marp-backgrounds", "marp-heading-divider", "marp-notes-and-directives"} {
		folder := filepath.Join("testdata", name)
		text, err := os.ReadFile(filepath.Join(folder, "deck.md"))
		if err != nil {
			t.Fatal(err)
		}
		var both [2][]lectern.Slide
		for i, settings := range []string{`{"draw": "marp"}`, `{"draw": "lectern"}`} {
			q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Name: "deck.md", Folder: folder, Bytes: text},
				[]byte(settings), lectern.Limits{})
			if err != nil || len(q.Faults) > 0 {
				t.Fatal(err, q.Faults)
			}
			both[i] = q.Deck.Slides
		}
		if len(both[0]) != len(both[1]) {
			t.Fatalf("%s: %d and %d slides", name, len(both[0]), len(both[1]))
		}
		for i := range both[0] {
			a, b := both[0][i], both[1][i]
			if a.ID != b.ID || a.Narration != b.Narration || a.Props["title"] != b.Props["title"] || a.Template == b.Template {
				t.Errorf("%s, slide %d: %q %q and %q %q", name, i+1, a.ID, a.Narration, b.ID, b.Narration)
			}
		}
	}
}
