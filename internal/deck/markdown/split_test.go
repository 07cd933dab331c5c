package markdown

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck"
)

// pieces are parts of which a random deck is made.
var pieces = []string{"# A\n", "## B\n\n", "text\n", "\n", "---\n", "\n---\n\n", "***\n", "----\n",
	"```yaml\n---\n```\n", "```\n", "````md\n", "<!-- note -->\n", "<!--\n---\n-->\n", "<!-- _class: lead -->", "<!--",
	"-->", "- item\n", "  ---\n", "> quote\n", "layout: center\n", "src: ./x.md\n", "::right::\n", "Note: said\n",
	"(pause: 1)\n\n", "![bg left](a.png)\n", "`code", "`", "| a | b |\n|---|---|\n", "<v-click>\n", "</v-click>\n",
	"{{ x }}", "$$\n", "<<< @/x.go\n", "\t", "é世界 👩‍💻", "\\", "&lt;"}

func randomText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), "")
	})
}

// The slides and the marks between them are the text: cutting and joining loses nothing, in every dialect.
func TestCuttingLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := newSource("", []byte(randomText().Draw(t, "text"))).text
		_, from := head(src)
		for _, dialect := range Dialects() {
			c := cutter{dialect: dialect}
			at := from
			for _, part := range c.cut(src, from) {
				if part.from < at || part.to < part.from || part.to > len(src) {
					t.Fatalf("%s: %+v after %d", dialect, part, at)
				}
				mark := src[at:part.from]
				if part.front != (span{}) {
					mark = src[at:part.front.from] + src[part.front.to:part.from]
				}
				if strings.Trim(strings.ReplaceAll(mark, "yaml", ""), "`*_- \t\n") != "" {
					t.Fatalf("%s: the mark %q has text", dialect, mark)
				}
				at = part.to
			}
			if at != len(src) {
				t.Fatalf("%s: the end %q is lost", dialect, src[at:])
			}
		}
	})
}

// Every word outside directives, comments and components is on a slide, in a narration, or in the front matter.
func TestNoWordIsLost(t *testing.T) {
	t.Parallel()
	words := []string{"alpha", "beta", "gamma", "delta"}
	marks := []string{"\n\n---\n\n", "\n\n", " ", "\n- ", "\n\n# ", "\n\n> ", "\n\n```go\n", "\n```\n\n", " `x` ", " **",
		"** "}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		n := rapid.IntRange(1, 30).Draw(t, "n")
		for range n {
			b.WriteString(rapid.SampledFrom(words).Draw(t, "word"))
			b.WriteString(rapid.SampledFrom(marks).Draw(t, "mark"))
		}
		for _, dialect := range []string{dialectPlain, dialectMarp, dialectReveal, dialectSlidev, dialectNarakeet} {
			q, err := Parser{}.Parse(t.Context(), deck.Source{Bytes: []byte(b.String())}, []byte(`{"dialect":"`+dialect+`"}`),
				lectern.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, s := range q.Deck.Slides {
				all := s.Narration
				for _, name := range []string{"markdown", "left", "right"} {
					part, _ := s.Props[name].(string)
					all += " " + part
				}
				if s.Props["titlePlace"] == nil && s.Template != marpTemplate {
					title, _ := s.Props["title"].(string)
					all += " " + title
				}
				for _, w := range words {
					found += strings.Count(all, w)
				}
			}
			if found != n {
				t.Fatalf("%s: %d of %d words in %+v", dialect, found, n, q.Deck.Slides)
			}
		}
	})
}

// FuzzParse: no text panics. A refusal has a sentence of bounded length and a code other than internal. An accepted
// text gives the same deck when it is read again, and no file outside the folder is opened.
func FuzzParse(f *testing.F) {
	for _, p := range pieces {
		f.Add("# A\n\n" + p + "\n---\n\n# B\n" + p)
	}
	f.Add("---\nmarp: true\nheadingDivider: 2\n---\n" + strings.Join(pieces, ""))
	f.Add("---\ntransition: fade\n---\n" + strings.Join(pieces, "\n\n"))
	f.Fuzz(func(t *testing.T, text string) {
		lim := lectern.Limits{BodyBytes: 1 << 20, JSONTokens: 5000}
		q, err := Parser{}.Parse(t.Context(), deck.Source{Bytes: []byte(text)}, nil, lim)
		if err != nil {
			fail, ok := errors.AsType[*lectern.Failure](err)
			if !ok || fail.Message == "" || fail.Code == lectern.CodeInternal || len(fail.Message) > 1000 ||
				!utf8.ValidString(fail.Message) {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, w := range q.Warnings {
			if len(w.Message) > 1000 || !utf8.ValidString(w.Message) || w.Slide < 0 {
				t.Fatalf("%+v", w)
			}
		}
		_ = q.Judge(lectern.Join(q.Deck.Validate(lim)))
		again, err := Parser{}.Parse(t.Context(), deck.Source{Bytes: []byte(text)}, nil, lim)
		if err != nil || !reflect.DeepEqual(q.Deck, again.Deck) {
			t.Fatalf("read twice, it differs: %+v %+v %v", q.Deck, again.Deck, err)
		}
	})
}

// A line "---" below a table, or below definitions of links, begins a slide. Below text it makes a heading of the text.
func TestRulesBelowTables(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"| a | b |\n|---|---|\n| 1 | 2 |\n---\n\n# B": 2, "| a |\n|---|\n---\n# B": 2, "x\n| a |\n|:-:|\ny\n - - -\n# B": 2,
		"[a]: b\n---\n# B": 2, "[a]: b 'c'\n[d]: <e>\n---\n# B": 2,
		"a | b\n--- | --- | ---\nc\n---\n# B": 1, "A\n---\n# B": 1, "[a] b\n---\n# B": 1, "| a |\n|---|\n--\n# B": 1,
		"# | a |\n|---|\n": 1,
	} {
		if got := len(cutter{dialect: dialectMarp}.cut(text, 0)); got != want {
			t.Errorf("%q: %d slides, not %d", text, got, want)
		}
	}
}
