package slides

import (
	"strings"
	"testing"

	"lectern"
	"lectern/internal/weblib"
)

// Only a page with a formula has KaTeX, and only one with a diagram has Mermaid. A page of another slide is the same as
// that of a deck without either.
func TestPagesHaveTheLibrariesOfTheirParts(t *testing.T) {
	t.Parallel()
	katex, err := weblib.KaTeX()
	if err != nil {
		t.Fatal(err)
	}
	mermaid, err := weblib.Mermaid()
	if err != nil {
		t.Fatal(err)
	}
	const graph = "```mermaid\ngraph LR\n  A --> B\n```"
	for name, c := range map[string]struct {
		props             map[string]any
		formulas, diagram bool
	}{
		"text":        {map[string]any{"markdown": "It costs $5 and $6.\n\n```go\nvar x int\n```"}, false, false},
		"inline":      {map[string]any{"markdown": "Let $x^2$ be."}, true, false},
		"block":       {map[string]any{"markdown": "$$\n\\sum_i i\n$$"}, true, false},
		"title":       {map[string]any{"heading": "On $e^x$", "markdown": "text"}, true, false},
		"column":      {map[string]any{"left": "a", "right": "$b$"}, true, false},
		"diagram":     {map[string]any{"markdown": graph}, false, true},
		"both":        {map[string]any{"markdown": graph + "\n\n$x$"}, true, true},
		"raw element": {map[string]any{"markdown": `<span class="katex">x</span><svg class="mermaid"></svg>`}, false, false},
	} {
		c.props["title"] = "T"
		p, warnings := page(t, library(t), lectern.Slide{Template: "markdown", Props: c.props})
		for what, has := range map[string][2]bool{
			"KaTeX":             {c.formulas, strings.Contains(p.HTML, katex.Script.Text)},
			"KaTeX's fonts":     {c.formulas, strings.Contains(p.HTML, "font-src data:")},
			"Mermaid":           {c.diagram, strings.Contains(p.HTML, mermaid.Script.Text)},
			"a drawing script":  {c.formulas || c.diagram, strings.Contains(p.HTML, "katex.render")},
			"styles of drawing": {c.formulas || c.diagram, strings.Contains(p.HTML, ".diagram svg{")},
		} {
			if has[0] != has[1] {
				t.Errorf("%s: it has %s: %v", name, what, has[1])
			}
		}
		if len(warnings) > 0 {
			t.Errorf("%s: %v", name, warnings)
		}
		if !c.formulas && !c.diagram && len(p.HTML) > 100_000 {
			t.Errorf("%s: the page has %d bytes", name, len(p.HTML))
		}
	}
}

// The slide with a formula changes nothing on the slide next to it.
func TestFormulasLeaveOtherSlidesAlone(t *testing.T) {
	t.Parallel()
	l := library(t)
	plain := lectern.Slide{Template: "markdown", Props: map[string]any{"title": "T", "markdown": "text"}}
	drawn := lectern.Slide{Template: "markdown", Props: map[string]any{"title": "T", "markdown": "$x$"}}
	alone, _, err := l.Page(deck("", "", plain, plain), 0)
	if err != nil {
		t.Fatal(err)
	}
	beside, _, err := l.Page(deck("", "", plain, drawn), 0)
	if err != nil || alone.HTML != beside.HTML {
		t.Errorf("another slide's formula changes the page: %v", err)
	}
}

// The source of a diagram is text for the browser only: it is escaped, and it is not text of the slide.
func TestDiagramsAreTheirSource(t *testing.T) {
	t.Parallel()
	html, _, _ := inMarkdown(t, map[string]any{"title": "T",
		"markdown": "```Mermaid {scale:0.8}\ngraph LR\n  A[\"<img src=x onerror=y>\"] --> B\n```"})
	want := `<div class="diagram" data-c=""><pre data-t="">graph LR` + "\n" +
		`  A[&#34;&lt;img src=x onerror=y&gt;&#34;] --&gt; B</pre></div>`
	if !strings.Contains(html, want) {
		t.Errorf("no %s in\n%.3000s", want, html[strings.Index(html, "diagram"):])
	}
}
