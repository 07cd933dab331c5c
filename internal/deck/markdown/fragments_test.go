package markdown_test

import (
	"fmt"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/markdown"
)

func read(t testing.TB, text, settings string) (lectern.Slide, deck.Request) {
	t.Helper()
	q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Name: "deck.md", Bytes: []byte(text)}, []byte(settings),
		lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if faults := q.Deck.Validate(lectern.Limits{}); len(q.Deck.Slides) != 1 || len(faults) > 0 {
		t.Fatalf("%d slides, %v", len(q.Deck.Slides), faults)
	}
	return q.Deck.Slides[0], q
}

// told writes the steps of a slide: the hidden fragments before each click.
func told(s lectern.Slide) string {
	var list []string
	for i, click := range s.Clicks() {
		list = append(list, fmt.Sprintf("%d:%s", click,
			strings.ReplaceAll(strings.Join(s.Steps[i].Hidden, ","), "fragment-", "")))
	}
	return strings.Join(list, " ")
}

// The steps of a slide are Slidev's clicks and Marp's lists with * and ), and its notes keep the marks of clicks.
func TestFragmentsBecomeSteps(t *testing.T) {
	t.Parallel()
	const slidev, marp, ours = "---\nclicks: 1\n---\n\n# A\n\n", "---\nmarp: true\n---\n\n# A\n\n",
		"---\nmarp: true\ntheme: light-modern\n---\n\n# A\n\n"
	for name, c := range map[string]struct{ text, steps, shown string }{
		"Slidev's lists": {slidev + "<v-clicks>\n\n- one\n  - in\n- [ ] two\n\n</v-clicks>", "1:1,2 2:2",
			"- <i data-step=\"fragment-1\"></i>one\n  - in\n- [ ] <i data-step=\"fragment-2\"></i>two"},
		"two levels": {slidev + "<v-clicks depth=\"2\">\n\n- one\n  - in\n- two\n\n</v-clicks>",
			"1:1,2,3 2:2,3 3:3", ""},
		"two at once": {slidev + "<v-clicks every=\"2\">\n\n- a\n- b\n- c\n\n</v-clicks>", "1:1,2,3 2:3", ""},
		"a word": {slidev + "A <v-click>late</v-click> word", "1:1",
			`A <span data-step="fragment-1">late</span> word`},
		"blocks": {slidev + "<v-click>\n\nX\n\n</v-click>\n<v-after>\n\nY\n\n</v-after>", "1:1,2", ""},
		"attributes": {slidev + `<div v-click="3">X</div> <p v-click>Y</p>`, "1:1,2 3:1",
			`<div data-step="fragment-1">X</div>`},
		"a click far away":    {slidev + `<v-click at="+2">X</v-click><v-click>Y</v-click>`, "2:1,2 3:2", ""},
		"in a listing":        {slidev + "```html\n<v-click>\n- x\n```\n`<v-click>`", "", "<v-click>"},
		"marp-core":           {marp + "* one\n  * in\n- two\n\n1) three\n2. four", "1:1,2,3 2:2,3 3:3", "* one\n  * in"},
		"other lists of ours": {ours + "* one\n- two\n\n* three\n\n***bold***", "1:1,2 2:2", "- two"},
		"a list of ours":      {ours + "* one\n\n1) two", "1:1,2 2:2", "* <i data-step=\"fragment-1\"></i>one"},
	} {
		s, _ := read(t, c.text+"\n\n<!-- Zero. [click] One. [click:2] Three. -->", `{"steps":true}`)
		if got := told(s); got != c.steps {
			t.Errorf("%s: the steps are %q, want %q", name, got, c.steps)
		}
		if text, _ := s.Props["markdown"].(string); !strings.Contains(text, c.shown) {
			t.Errorf("%s: the text is %q", name, text)
		}
		if s.Narration != "Zero. [click] One. [click:2] Three." {
			t.Errorf("%s: the narration is %q", name, s.Narration)
		}
		s, _ = read(t, c.text+"\n\n<!-- Zero. [click] One. -->", "")
		if text := fmt.Sprint(s.Props); s.Steps != nil || strings.Contains(text, "data-step") || s.Narration != "Zero. One." {
			t.Errorf("%s: without steps the slide is %+v", name, s)
		}
	}
}

func TestMoreClicksThanStepsAreJoined(t *testing.T) {
	t.Parallel()
	s, q := read(t, "---\nclicks: 1\n---\n\n<v-clicks>\n\n"+strings.Repeat("- x\n", 25)+"\n</v-clicks>", `{"steps":true}`)
	if n := len(s.Steps); n != lectern.MaxSteps || len(s.Steps[n-1].Hidden) != 6 ||
		!strings.Contains(fmt.Sprint(q.Warnings), "clicks_joined") {
		t.Errorf("%d steps, the last of which hides %v; %v", n, s.Steps[n-1].Hidden, q.Warnings)
	}
}

// Whatever a deck has, its steps are valid, and hide only fragments.
func FuzzFragments(f *testing.F) {
	for _, s := range []string{"---\nclicks: 1\n---\n<v-clicks at=\"+2\" every=2>\n- a\n  * b\n<v-click>x</v-clicks>",
		"---\nmarp: true\n---\n* a\n1) b\n* # c", "<v-click><v-after at='9'/></v-click></v-click><b v-click='x'>",
		"---\nmarp: true\ntheme: light-modern\n---\n> * a\n***\n* * *"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Name: "deck.md", Bytes: []byte(text)},
			[]byte(`{"steps":true}`), lectern.Limits{BodyBytes: 1 << 20})
		if err != nil {
			return
		}
		for _, fault := range q.Deck.Validate(lectern.Limits{}) {
			if strings.Contains(fault.Param, ".steps") {
				t.Fatalf("%q: %+v", text, fault)
			}
		}
	})
}
