package slides

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

// Code keeps its indentation in every form in which a deck can write it.
func TestV5CodeKeepsItsIndentation(t *testing.T) {
	t.Parallel()
	l := library(t)
	for name, value := range map[string]any{
		"text":         "\n\nif x:\n\tif y:\n\t  go(\"<b>\")\r\n\n",
		"list":         []any{"if x:", "\tif y:", "\t  go(\"<b>\")"},
		"object":       map[string]any{"code": "if x:\n\tif y:\n\t  go(\"<b>\")"},
		"with bidi":    "if x:\n\tif \u202ey:\n\t  go(\"<b>\")",
		"tab, in line": "if\tx:\n\tif y:\n\t  go(\"<b>\")",
	} {
		p, warnings := page(t, l, lectern.Slide{Template: "code", Props: map[string]any{"title": "T", "code": value,
			"language": "text", "lineNumbers": true, "highlight": []any{1, "3-9"}}})
		first := "if x:"
		if strings.HasPrefix(name, "tab") {
			first = "if  x:"
		}
		for n, line := range []string{first, "    if y:", `      go(&#34;&lt;b&gt;&#34;)`} {
			if !strings.Contains(p.HTML, "<code data-t data-box>"+line+"</code>") {
				t.Errorf("%s: line %d is not %q", name, n+1, line)
			}
		}
		if n := strings.Count(p.HTML, `class="marked"`); n != 2 || len(warnings) != 0 {
			t.Errorf("%s: %d lines are highlighted, want 2; warnings %v", name, n, warnings)
		}
	}
	p, _ := page(t, l, lectern.Slide{Template: "code", Props: map[string]any{"title": "T", "code": "\tx", "tabs": 2}})
	if !strings.Contains(p.HTML, "<code data-t data-box>  x</code>") {
		t.Error("a tab of 2 columns is not 2 spaces")
	}
}

func TestCodeHasColours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ language, code, class, word string }{
		{"go", "func main() { x := 5 // five\n}", "key", "func"},
		{"go", "func main() { x := 5 // five\n}", "com", "// five"},
		{"go", "x := `a\nb`", "str", "`a\nb`"},
		{"python", "x = '''it's'''\ny", "str", "'''it's'''"},
		{"python", "print(None)", "num", "None"},
		{"rust", "fn f(x: &'a str, y: &'a str)", "fn", "f"},
		{"sql", "SELECT a FROM b -- all", "key", "SELECT"},
		{"sql", "SELECT a FROM b -- all", "com", "-- all"},
		{"bash", "echo $# # how many", "com", "# how many"},
		{"json", `{"a": "b"}`, "key", `"a"`},
		{"json", `{"a": "b"}`, "str", `"b"`},
		{"html", `<a href="x">it's</a>`, "str", `"x"`},
		{"html", `<a href="x">it's</a>`, "key", "a"},
		{"c++", `auto s = "a\"b";`, "str", `"a\"b"`},
		{"go", `s := "no end`, "str", `"no end`},
	} {
		name := c.language
		if other, ok := syntaxAliases[name]; ok {
			name = other
		}
		found := false
		for _, p := range syntaxes[name].parts(c.code) {
			found = found || p == CodePart{c.class, c.word}
		}
		if !found {
			t.Errorf("%s: %q has no %s in %v", c.language, c.code, c.word, syntaxes[name].parts(c.code))
		}
	}
	_, warnings := page(t, library(t), lectern.Slide{Template: "code", Props: map[string]any{"title": "T", "code": "x",
		"language": "klingon"}})
	if len(warnings) != 1 || warnings[0].Code != "unknown_language" {
		t.Errorf("an unknown language: %v", warnings)
	}
}

// For any code, the coloured parts joined are the code.
func TestNoCodeIsLost(t *testing.T) {
	t.Parallel()
	names := []string{"", "go", "python", "html", "json", "bash", "rust", "sql", "yaml", "c", "ruby"}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(),
			rapid.StringOf(rapid.SampledFrom([]rune("ab1_ \n\t\"'`\\/*#-<>=!:@$(){}é漢ש")))).Draw(t, "code")
		checkParts(t, text, rapid.SampledFrom(names).Draw(t, "language"))
	})
}

// checkParts fails if the parts of a text are not the text, or if one of them is empty.
func checkParts(t interface{ Fatalf(string, ...any) }, text, language string) {
	if text == "" {
		return
	}
	var b strings.Builder
	for _, p := range syntaxes[language].parts(text) {
		if p.S == "" {
			t.Fatalf("an empty part of %q", text)
		}
		b.WriteString(p.S)
	}
	if b.String() != text {
		t.Fatalf("%q became %q", text, b.String())
	}
}

func FuzzCode(f *testing.F) {
	f.Add("func main() { /* x */ \"y\" }", "go")
	f.Add("<!-- <a b='c'> -->", "html")
	f.Fuzz(func(t *testing.T, text, language string) {
		checkParts(t, text, language)
	})
}

// The colours of code have a contrast of 4.5 to 1 on the pane and on highlighted lines.
func TestV5ContrastOfCode(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, id := range l.themeOrder {
		th := l.themes[id]
		for _, c := range []string{th.Base.Bright, th.Good, th.Base.Warm, th.Base.Ink, th.Base.Muted} {
			for _, pane := range []string{th.Base.Surface, th.Base.Surface2} {
				if got := readable(c, th.Base.Ink, th.Base.Surface, th.Base.Surface2); contrast(got, pane) < 4.5 {
					t.Errorf("%s: the contrast of %s on %s is %.2f, below 4.5", id, got, pane, contrast(got, pane))
				}
			}
		}
	}
}

// A warning names the invalid part of an option of a listing.
func TestV5InvalidOptionsOfCodeAreNamed(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, c := range []struct {
		name, value, odd string
	}{
		{"highlight", "1, 2", ""}, {"highlight", "1-2", ""}, {"highlight", "2-9", ""}, {"highlight", "9", "9"},
		{"highlightLines", "1, zz", "zz"}, {"highlight", "2-1", "2-1"}, {"highlight", "0", "0"},
		{"tabs", "8", ""}, {"tabs", "wide", "wide"}, {"tabs", "99", "99"},
	} {
		_, warnings := page(t, l, lectern.Slide{Template: "code",
			Props: map[string]any{"title": "T", "code": "a\nb", c.name: c.value}})
		switch {
		case c.odd == "" && len(warnings) > 0:
			t.Errorf("%s %q: %v", c.name, c.value, warnings)
		case c.odd != "" && (len(warnings) != 1 || warnings[0].Param != "slides[0].props."+c.name ||
			!strings.Contains(warnings[0].Message, `"`+c.odd+`"`)):
			t.Errorf("%s %q: %v", c.name, c.value, warnings)
		}
	}
}
