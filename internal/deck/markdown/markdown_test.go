package markdown_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/markdown"
)

func parse(t *testing.T, text, settings string) deck.Request {
	t.Helper()
	q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Name: "deck.md", Bytes: []byte(text)}, []byte(settings),
		lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// result is what a case's README.txt says about a slide.
type result struct {
	title     string
	narration string
	props     map[string]any // those that are given must be equal; nil: the prop must be absent
	hold      time.Duration
}

// Every case gives the slides, titles and narrations that its README.txt states.
func TestCases(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file     string
		slides   []result
		warnings []string // the beginning of code and message
		faults   []string // a part of each message
	}{
		"plain-markdown": {"deck.md", []result{
			{title: "Just Markdown"},
			{title: "After a rule", props: map[string]any{"markdown": "> quote\n\n- [x] done\n- [ ] open"}},
		}, []string{"no_narration No slide has narration"}, nil},
		"marp-backgrounds": {"deck.md", []result{
			{title: "Split left 40 %", narration: "The picture takes two fifths on the left.",
				props: map[string]any{"side": "left", "split": "40%", "backgrounds": []any{map[string]any{"image": "a.png"}}}},
			{title: "Two on the right", props: map[string]any{"side": "right", "split": nil}},
			{title: "Stacked, filtered", props: map[string]any{"direction": "vertical", "backgrounds": []any{
				map[string]any{"image": "a.png"}, map[string]any{"image": "b.png", "filter": "blur:3px opacity:.5"}}}},
			{props: map[string]any{"images": map[string]any{"a.png": "a.png", "b.png": "b.png"}}},
			{title: "The picture is missing", props: map[string]any{"backgrounds": []any{
				map[string]any{"image": "missing.png", "fit": "contain"}}}},
			{title: "The picture is remote", props: map[string]any{"backgrounds": nil}},
		}, []string{"remote_picture Line 33: The picture \"https://example.invalid/remote.png\""}, nil},
		"marp-heading-divider": {"deck.md", []result{
			{title: "First", props: map[string]any{"markdown": "$E = mc^2$ and prices of $5 and $6."}},
			{title: "Second"}, {title: "Third"},
		}, []string{"no_narration"}, nil},
		"marp-notes-and-directives": {"deck.md", []result{
			{title: "Opening", narration: "This is the first note.",
				props: map[string]any{"fit": "title", "layout": "center", "page": nil, "header": "Header **bold**",
					"footer": "Page of ours"}},
			{title: "Fences do not split", narration: "This note has two lines.\n\nclass dismissed, we move on",
				props: map[string]any{"background": "#123456", "color": "white", "layout": nil, "page": "2"}},
			{title: "Setext heading", props: map[string]any{"layout": "center", "tone": "invert", "color": "yellow",
				"page": "2", "markdown": "* appears first\n* appears second\n\n1) ordered fragment"}},
		}, []string{"theme_replaced"}, nil},
		"slidev-clicks-src-hide": {"slides.md", []result{
			{title: "Start", narration: "Welcome.\n\nHere is one.\n\nHere is two.\n\nAnd three.",
				props: map[string]any{"markdown": "- one\n- two\n- three", "layout": "cover"}},
			{title: "Imported one", narration: "First imported note."}, {title: "Imported two"},
			{title: "Left", narration: "Lines two and three. All of it.", props: map[string]any{"left": "# Left",
				"right": "# Right\n\n```ts\nconst a = 1\nconst b = 2\nconst c = 3\n```", "titlePlace": "body"}},
			{title: "Block front matter", props: map[string]any{"layout": "center",
				"markdown": "```mermaid\ngraph LR\n  A --> B\n```"}},
		}, []string{"theme_replaced"}, nil},
		"slidev-import-escapes": {"slides.md", []result{{title: "Start"}}, []string{"theme_replaced", "no_narration"},
			[]string{"etc/passwd\" is outside the folder", "slides.md\" imports itself"}},
		"reveal-markdown": {"deck.md", []result{
			{title: "Level one", narration: "Spoken on the first slide.", props: map[string]any{"markdown": nil}},
			{title: "Two", narration: "Spoken on the second slide. It has two lines.",
				props: map[string]any{"background": "#ff0000", "markdown": "- a\n- b"}},
			{title: "Vertical", narration: "a list\nin the notes"},
		}, nil, nil},
		"narakeet-directions": {"source.md", []result{
			{narration: "[pause 1000ms]\n\nThis sentence is read aloud.\n\n[pause 2000ms]\n\nThis one in another voice. " +
				"*Stress this.* **And this.**"},
			{title: "A text slide", hold: 3 * time.Second, props: map[string]any{"markdown": "* one"}},
			{hold: time.Second},
			{narration: "Read (this in brackets) slowly."},
		}, []string{"voice_ignored The voice \"brian\"", "voice_ignored The voice \"victoria\"",
			"music_ignored The music \"music.mp3\"", "direction_ignored Line 34: The direction (audio: own.wav)",
			"direction_ignored Line 38: The direction (callout", "direction_ignored Line 47: The direction (voice-speed"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join("testdata", name)
			text, err := os.ReadFile(filepath.Join(folder, c.file))
			if err != nil {
				t.Fatal(err)
			}
			q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Name: c.file, Folder: folder, Bytes: text},
				[]byte(`{"draw": "lectern"}`), lectern.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if len(q.Deck.Slides) != len(c.slides) {
				t.Fatalf("%d slides, not %d: %+v", len(q.Deck.Slides), len(c.slides), q.Deck.Slides)
			}
			for i, want := range c.slides {
				compare(t, i+1, q.Deck.Slides[i], want)
			}
			begin(t, q.Warnings, c.warnings)
			if len(q.Faults) != len(c.faults) {
				t.Errorf("faults: %+v", q.Faults)
			}
			for i, part := range c.faults[:min(len(c.faults), len(q.Faults))] {
				if f := q.Faults[i]; !strings.Contains(f.Message, part) || f.Line == 0 {
					t.Errorf("%+v has no %q, or no line", f, part)
				}
			}
			if len(c.faults) == 0 {
				if err := q.Judge(lectern.Join(q.Deck.Validate(lectern.Limits{}))); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func compare(t *testing.T, n int, got lectern.Slide, want result) {
	t.Helper()
	title, _ := got.Props["title"].(string)
	if title != want.title || got.Narration != want.narration || got.Hold != want.hold || got.ID == "" ||
		got.Template != "markdown" {
		t.Errorf("slide %d: %+v", n, got)
	}
	for name, v := range want.props {
		if !reflect.DeepEqual(got.Props[name], v) {
			t.Errorf("slide %d: %s is %#v, not %#v", n, name, got.Props[name], v)
		}
	}
}

// begin checks that warnings begin with the texts in want, in any order.
func begin(t *testing.T, warnings []lectern.Warning, want []string) {
	t.Helper()
	left := slices.Clone(want)
	for _, w := range warnings {
		text := w.Code + " " + w.Message
		i := slices.IndexFunc(left, func(s string) bool { return strings.HasPrefix(text, s) })
		if i < 0 {
			t.Errorf("the warning %q was not expected", text)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		t.Errorf("no warnings %q in %+v", left, warnings)
	}
}

// The signs of a dialect decide in a fixed order, and a setting or the front matter names another one.
func TestDialects(t *testing.T) {
	t.Parallel()
	for text, slides := range map[string]int{
		"---\nmarp: true\ntransition: fade\n---\n# A\n\n***\n\n# B":                          2, // before Slidev's sign
		"---\ntransition: fade\n---\n# A\n\n***\n\n# B":                                      1, // Slidev has no ***
		"# A\n\n---\nlayout: center\n---\n\n# B":                                             2, // front matter of a slide
		"# A\n\n<v-clicks>\n\n- x\n\n</v-clicks>\n\n***\n\n# B":                              1,
		"# A\n\n`<v-clicks>`\n\n***\n\n# B":                                                  2, // in code it is no sign
		"<!-- _class: lead -->\n# A\n\n***\n\n# B":                                           2,
		"# A\n\nNote: said\n\n***\n\n# B":                                                    1, // reveal.js has no ***
		"(pause: 1)\n\nSaid.\n\n***\n":                                                       1,
		"# A\n\n***\n\n# B\n\nText\n---\n":                                                   2, // a heading
		"---\n\n# A\n\n---\n\n# B\n":                                                         2, // no front matter
		"# A\n\n- x\n\n  ---\n\n- y\n\n> a\n>\n> ---\n>\n> b\n\n<p>\n---\n</p>\n":            1, // rules inside other blocks
		"---\ntitle: x\nheadingDivider: [2]\n---\n# A\n\n## B\n\n# C\n\n## D\n":              3,
		"---\nverticalSeparator: ^\\n--\\n$\n---\n# A\n\n--\n\n# B\n\nNote: x\n\n---\n\n# C": 3,
	} {
		if q := parse(t, text, ""); len(q.Deck.Slides) != slides || len(q.Faults) > 0 {
			t.Errorf("%q: %d slides %v", text, len(q.Deck.Slides), q.Faults)
		}
	}
	text := "# A\n\n***\n\n# B"
	if q := parse(t, text, `{"dialect":"slidev"}`); len(q.Deck.Slides) != 1 {
		t.Errorf("%+v", q.Deck.Slides)
	}
	if q := parse(t, "---\ndialect: reveal.js\n---\n"+text, ""); len(q.Deck.Slides) != 1 {
		t.Errorf("%+v", q.Deck.Slides)
	}
	if q := parse(t, text, `{"dialect":"latex"}`); len(q.Faults) != 1 || q.Faults[0].Param != "settings.dialect" {
		t.Errorf("%+v", q.Faults)
	}
}

// Fields of a front matter become fields of the deck; settings of the request win, and faults have lines.
func TestFrontMatter(t *testing.T) {
	t.Parallel()
	q := parse(t, "---\ntitle: A talk: the sequel\nauthor: Ada\nlang: en-GB\nsize: 4:3\nvoice: anna\navatar: gia.casual\n"+
		"info: |\n  More.\ncolor: #fff\nlectern:\n  layout: slide_only\n  theme: corporate-blue\ntheme: gaia\n---\n# X\n\n"+
		"<!-- Said. -->\n", `{"title":"Other"}`)
	want := lectern.Deck{Title: "Other", Theme: "corporate-blue", Size: lectern.Size{Width: 1440, Height: 1080},
		Layout: lectern.LayoutSlideOnly, Avatar: "gia.casual", Voice: lectern.VoiceChoice{ID: "anna"}, Language: "en-GB",
		Metadata: map[string]string{"author": "Ada"}}
	slides := q.Deck.Slides
	q.Deck.Slides = nil
	if !reflect.DeepEqual(q.Deck, want) || len(slides) != 1 || slides[0].Props["color"] != "#fff" {
		t.Errorf("%+v %+v", q.Deck, slides)
	}
	q = parse(t, "---\ntheme: neon\nlang: no language\nhold: soon\n---\n# X\n", "")
	f := lectern.AsFailure(q.Judge(lectern.Join(q.Deck.Validate(lectern.Limits{}))))
	lines := map[string]int{}
	for _, one := range f.Faults() {
		lines[one.Param] = one.Line
	}
	if lines["hold"] != 4 || lines["language"] != 3 {
		t.Errorf("%v", lines)
	}
	_, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Bytes: []byte("---\ntitle: [x\n---\n# X\n")}, nil,
		lectern.Limits{})
	if f := lectern.AsFailure(err); f == nil || f.Code != lectern.CodeInvalidYAML || f.Line < 2 {
		t.Errorf("%+v", f)
	}
}

// Where the check finds a fault in a slide, the line is that of the picture, the note or the slide.
func TestPositions(t *testing.T) {
	t.Parallel()
	q := parse(t, "# One\n\n---\n\n# Two\n\nText ![x](pics/a.png)\n\n<!--\nSaid.\n-->\n\n---\n\n![bg](b.png)\n", "")
	got := q.Locate([]string{"slides[1].props.images.pics/a.png", "slides[1].narration", "slides[1].props.markdown",
		"slides[2].props.backgrounds[0].image", "slides[0]", "theme"})
	want := []deck.Position{{Line: 7, Column: 11}, {Line: 9, Column: 1}, {Line: 5, Column: 1}, {Line: 15, Column: 1},
		{Line: 1, Column: 1}, {Line: 1, Column: 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// Notes become narrations: signs of Markdown are not spoken, marks of narrations stay.
func TestNotes(t *testing.T) {
	t.Parallel()
	for note, want := range map[string]string{
		"Plain words.":                                "Plain words.",
		"one\ntwo\n\nthree":                           "one two\n\nthree",
		"# Head\n\n- a\n- b\n\n1. c":                  "Head\n\na\nb\n\nc",
		"**bold**, _soft_ and ~~gone~~ `x*y`":         "**bold**, *soft* and gone `x*y`",
		"see [the page](https://e.org) ![alt](a.png)": "see the page alt",
		"wait [pause 2s] go [click:2] on":             "wait [pause 2s] go on",
		`a \* b \_ c &amp; d &lt;e&gt;`:               `a \* b _ c & d \<e>`,
		"<speak>Hi <break time=\"1s\"/></speak>":      "<speak>Hi <break time=\"1s\"/></speak>",
		"un*believ*able":                              "unbelievable",
		"    indented by an editor":                   "indented by an editor",
		"| a | b |\n|---|---|\n| 1 | 2 |":             "a, b\n1, 2",
		" ":                                           "",
	} {
		q := parse(t, "# X\n\n<!-- "+note+" -->\n", "")
		if got := q.Deck.Slides[0].Narration; got != want {
			t.Errorf("%q\n got %q\nwant %q", note, got, want)
		}
	}
}

// Ids come from the content of a slide: a slide before it does not change them, and they are unique.
func TestIDsAreStable(t *testing.T) {
	t.Parallel()
	ids := func(text string) (out []string) {
		for _, s := range parse(t, text, "").Deck.Slides {
			out = append(out, s.ID)
		}
		return out
	}
	got := ids("# Über uns\n\n---\n\nSome words, no heading\n\n---\n\n# Über uns\n\n---\n\n<!-- id: mine -->\n# Last\n")
	if want := []string{"über-uns", "some-words-no-heading", "über-uns-2", "mine"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if more := ids("# New\n\n---\n\n# Über uns\n\n---\n\nSome words, no heading\n"); !slices.Equal(more,
		append([]string{"new"}, got[:2]...)) {
		t.Errorf("%q", more)
	}
}

// Braces are variables only where the deck or the request has variables.
func TestBraces(t *testing.T) {
	t.Parallel()
	text := "# {{name}}\n\nHi {{name}}, `{{ .Name }}`\n\n<!-- Hi {{name}}. -->\n"
	q := parse(t, text, "").Choose(lectern.Choice{})
	if s := q.Deck.Slides[0]; len(q.Faults)+len(q.Warnings) > 0 || s.Props["title"] != "{{name}}" ||
		s.Props["markdown"] != "Hi {{name}}, `{{ .Name }}`" || s.Narration != "Hi {{name}}." {
		t.Errorf("%+v %+v %+v", s, q.Faults, q.Warnings)
	}
	q = parse(t, "---\nvariables: {name: Ada}\n---\n"+text, "").Choose(lectern.Choice{})
	if s := q.Deck.Slides[0]; len(q.Faults) > 0 || s.Props["title"] != "Ada" {
		t.Errorf("%+v %+v", s, q.Faults)
	}
}

// Listings: of several steps the last counts; infos of other tools become those of the template.
func TestListings(t *testing.T) {
	t.Parallel()
	for info, want := range map[string]string{
		"ts {1|2-3|all}": "ts", "ts {1|2-3}": "ts {2-3}", "ts {2,4-5}{lines:true}": "ts {2,4-5} lines",
		"js [1,4-8|10]": "js {10}", "ts [file.ts] {3} twoslash": `ts {3} title="file.ts"`, "go": "go", "": "",
		"ts {monaco-run}": "ts", "python {none}": "python", "ts{1}": "ts {1}",
	} {
		q := parse(t, "# X\n\n```"+info+"\nx\n```\n", "")
		if got := q.Deck.Slides[0].Props["markdown"]; got != "```"+want+"\nx\n```" {
			t.Errorf("%q: %q", info, got)
		}
	}
	q := parse(t, "# X\n\n````md magic-move {lines: true}\n```ts\n1\n```\n\n```ts {1}\n2\n```\n````\n", `{"dialect":"slidev"}`)
	if got := q.Deck.Slides[0].Props["markdown"]; got != "```ts {1}\n2\n```" {
		t.Errorf("%q", got)
	}
}

// A snippet or an import comes only from the folder of the deck, even through a symbolic link.
func TestFilesStayInTheFolder(t *testing.T) {
	t.Parallel()
	folder, outside := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(folder, "a.go"):       "x\n// #region part\ny\n// #endregion\nz\n",
		filepath.Join(outside, "secret.md"): "canary",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(outside, "secret.md"), filepath.Join(folder, "link.md")); err != nil {
		t.Fatal(err)
	}
	text := "# A\n\n<<< @/a.go#part\n\n---\nsrc: ./link.md\n---\n\n---\n\n<<< ../secret.md\n\n---\n\n<<< @/none.go\n"
	q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Name: "deck.md", Folder: folder, Bytes: []byte(text)}, nil,
		lectern.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := q.Deck.Slides[0].Props["markdown"]; got != "````go\ny\n````" {
		t.Errorf("%q", got)
	}
	if len(q.Faults) != 2 || strings.Contains(fmt.Sprint(q), "canary") {
		t.Errorf("%+v", q)
	}
	begin(t, q.Warnings, []string{"no_narration", "snippet_missing Line"})
}

// Components are named once, and their text stays; styles and scripts go, without their text.
func TestComponents(t *testing.T) {
	t.Parallel()
	q := parse(t, "# X\n\n<Box><b>kept</b></Box> <Box>too</Box>\n\n<style scoped>a{}</style>\n\n<script>x</script>\n"+
		"\n`<Raw>` <https://e.org>\n\n<!-- Said. -->\n", "")
	if got := q.Deck.Slides[0].Props["markdown"]; got != "<b>kept</b> too\n\n\n\n\n\n`<Raw>` <https://e.org>" {
		t.Errorf("%q", got)
	}
	begin(t, q.Warnings, []string{"unknown_component Line 3: The component <Box>", "style_ignored", "script_ignored"})
}

// A text that is no deck, or beyond a limit, is refused with a sentence.
func TestRefused(t *testing.T) {
	t.Parallel()
	for text, code := range map[string]lectern.Code{"": lectern.CodeInvalidDeck, "\xff\xfe": lectern.CodeInvalidDeck,
		strings.Repeat("x", 2000): lectern.CodeTooLarge} {
		_, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Bytes: []byte(text)}, nil, lectern.Limits{BodyBytes: 1000})
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != code {
			t.Errorf("%.10q: %v", text, err)
		}
	}
	q := parse(t, "# A\n\n<!-- never closed\n\n---\n\n# B\n", "")
	if len(q.Faults) != 1 || q.Faults[0].Line != 3 {
		t.Errorf("%+v", q.Faults)
	}
	q = parse(t, "---\nhide: true\ntransition: fade\n---\n# A\n", "")
	if len(q.Faults) != 1 || !strings.Contains(q.Faults[0].Message, "no slide that is shown") {
		t.Errorf("%+v", q.Faults)
	}
	for text, code := range map[string]lectern.Code{strings.Repeat("> ", 50_000): lectern.CodeInvalidDeck,
		"# X\n\n" + strings.Repeat("[a](", 50_000): lectern.CodeTooLarge} {
		q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Bytes: []byte(text)}, nil, lectern.Limits{})
		if f := lectern.AsFailure(errors.Join(err, q.Judge(nil))); f == nil || f.Code != code || f.Line == 0 {
			t.Errorf("%.10q: %+v", text, f)
		}
	}
	for text, want := range map[string]bool{"# Title\n\ntext": true, "---\nmarp: true\n---\n# A": true,
		"# comment\ntitle: x\n": false, "---\ntitle: x\n": false, "title: x": false, `{"a":1}`: false, "\x89PNG": false} {
		if got := (markdown.Parser{}).Kind().Looks([]byte(text)); got != want {
			t.Errorf("%q looks like Markdown: %v", text, got)
		}
	}
}
