package e2e

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
	"lectern/internal/chrome"
	"lectern/internal/slides"
	"lectern/internal/soak"
)

// drawing takes pictures of slides in Markdown.
type drawing struct {
	library *slides.Library
	browser *chrome.Browser
}

func (d drawing) shoot(ctx context.Context, t *testing.T, markdown string) lectern.Capture {
	t.Helper()
	page, _, err := d.library.Page(lectern.Deck{Size: lectern.Size{Width: 960, Height: 540}, FrameRate: 30,
		Layout: lectern.LayoutSlideOnly, Slides: []lectern.Slide{{Template: "markdown",
			Props: map[string]any{"title": "A title", "markdown": markdown}}}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.browser.Capture(ctx, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Libraries in the browser draw formulas, diagrams and slides of Marp. One browser takes all pictures.
func TestLibrariesDrawSlides(t *testing.T) {
	t.Parallel()
	library, err := slides.New()
	if err != nil {
		t.Fatal(err)
	}
	browser := chrome.New(chrome.Options{Tabs: 1})
	t.Cleanup(func() { _ = browser.Close() })
	d := drawing{library, browser}
	t.Run("formulas and diagrams are drawn", d.formulasAndDiagrams)
	t.Run("decks of Marp are drawn by marp-core", d.marpDecks)
	t.Run("decks of Marp reach nothing", d.marpReachesNothing)
	t.Run("slides begin where they begin for marp-core", d.marpSlidesBegin)
}

// Formulas and diagrams are drawn, the same each time. One that cannot be drawn is reported with its source. No part of
// them loads anything.
func (d drawing) formulasAndDiagrams(t *testing.T) {
	var heard atomic.Int64
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer canary.Close()
	runs := soak.Cases(t, "wrong formula", "flow")
	for name, c := range map[string]struct {
		markdown string
		unit     string // of what cannot be drawn; "": nothing
		why      string
	}{
		"inline":        {"The root $\\sqrt{x^2+1}$ is *not* $\\frac{a}{b}$.", "", ""},
		"block":         {"$$\n\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt\\pi}{2}\n$$", "", ""},
		"wide":          {"$$\n" + strings.Repeat("a_{1}+b_{2}\\cdot c^{3}+", 12) + "z\n$$", "", ""},
		"wrong formula": {"$$\n\\frac{1\n$$\n\nand $x$", "formula", "expected '}'"},
		"image formula": {"$\\includegraphics{" + canary.URL + "/a.png}$ $\\href{" + canary.URL + "}{x}$", "", ""},
		"flow": {"```mermaid\ngraph LR\n  A[Commit] --> B{Green?}\n  B -->|yes| C[Ship]\n  B -->|no| A\n```",
			"", ""},
		"sequence":      {"```mermaid\nsequenceDiagram\n  Alice->>Bob: Hello\n  Bob-->>Alice: Hi\n```", "", ""},
		"mindmap":       {"```mermaid\nmindmap\n  root((Talk))\n    Slides\n    Voice\n    Avatar\n```", "", ""},
		"wrong diagram": {"```mermaid\ngraph LR\n  A --> \n  --> [\n```", "diagram", "line"},
		"image diagram": {strings.ReplaceAll("```mermaid\n%%{init: {\"themeCSS\": \".node rect{fill:url(CANARY/c)}\"}}%%\n"+
			"flowchart LR\n  A@{ img: \"CANARY/b.png\", label: \"x\" } --> B[\"<img src='CANARY/d.png'>\"]\n```", "CANARY",
			canary.URL), "?", ""},
	} {
		if !runs(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			got := d.shoot(t.Context(), t, c.markdown)
			switch {
			case c.unit == "?": // whether it is drawn without its picture is left to the library
			case c.unit == "" && len(got.Overflow) > 0:
				t.Errorf("%+v", got.Overflow)
			case c.unit != "" && (len(got.Overflow) != 1 || got.Overflow[0].Unit != c.unit ||
				!strings.Contains(got.Overflow[0].Why, c.why) || got.Overflow[0].Source == "" ||
				got.Overflow[0].Element != "markdown"):
				t.Errorf("%+v", got.Overflow)
			}
			if (name == "flow" || soak.All()) && !bytes.Equal(got.PNG, d.shoot(t.Context(), t, c.markdown).PNG) {
				t.Error("a second picture differs")
			}
		})
	}
	if n := heard.Load(); n > 0 {
		t.Errorf("%d requests left the page", n)
	}
}
