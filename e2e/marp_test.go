package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/markdown"
	"lectern/internal/soak"
	"lectern/internal/weblib"
)

// marpDeck reads a deck that marp-core draws. Pictures next to it become data addresses.
func marpDeck(t *testing.T, folder, text string) lectern.Deck {
	t.Helper()
	q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Name: "deck.md", Folder: folder, Bytes: []byte(text)},
		[]byte(`{"draw": "marp", "layout": "slide_only"}`), lectern.Limits{})
	if err != nil || len(q.Faults) > 0 {
		t.Fatal(err, q.Faults)
	}
	d := q.Deck.WithDefaults()
	for _, s := range d.Slides {
		images, _ := s.Props["images"].(map[string]any)
		for name, file := range images {
			b, err := os.ReadFile(filepath.Join(folder, fmt.Sprint(file)))
			if err != nil {
				delete(images, name) // the check of a deck refuses it
				continue
			}
			images[name] = "data:image/png;base64," + base64.StdEncoding.EncodeToString(b)
		}
	}
	d.Size = lectern.Size{Width: 960, Height: 540}
	return d
}

// slidesOfMarp returns how many slides marp-core makes of each deck.
func (d drawing) slidesOfMarp(t *testing.T, texts ...string) []int {
	t.Helper()
	lib, err := weblib.Marp()
	if err != nil {
		t.Fatal(err)
	}
	source, _ := json.Marshal(texts)
	c, err := d.browser.Capture(t.Context(), lectern.Page{Width: 16, Height: 16,
		HTML: `<!doctype html><html data-lectern><body><pre id="text">` + html.EscapeString(string(source)) +
			`</pre><script>` + lib.Script.Text + `</script><script>
const marp = new marpCore.Marp({inlineSVG: true, script: false, math: false});
window.__lectern = {ready: true, overflow: JSON.parse(document.getElementById("text").textContent)
  .map((text) => ({element: "n", hidden: marp.render(text).html.split("data-marpit-svg").length - 1}))};
</script></body></html>`}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, o := range c.Overflow {
		all = append(all, o.Hidden)
	}
	return all
}

// Every deck of Marp in the test data is drawn, and has as many slides for marp-core as for Lectern.
func (d drawing) marpDecks(t *testing.T) {
	runs := soak.Cases(t, "marp-heading-divider")
	for _, name := range []string{"marp-backgrounds", "marp-heading-divider", "marp-notes-and-directives"} {
		if !runs(name) {
			continue
		}
		folder := filepath.Join("..", "internal", "deck", "markdown", "testdata", name)
		text, err := os.ReadFile(filepath.Join(folder, "deck.md"))
		if err != nil {
			t.Fatal(err)
		}
		deck := marpDeck(t, folder, string(text))
		if n := d.slidesOfMarp(t, string(text))[0]; n != len(deck.Slides) {
			t.Errorf("%s: %d slides, and %d for marp-core", name, len(deck.Slides), n)
		}
		seen := map[string]int{}
		for i := range deck.Slides {
			page, warnings, err := d.library.Page(deck, i)
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			shot, err := d.browser.Capture(t.Context(), page, nil)
			if err != nil || len(shot.Overflow) > 0 {
				t.Errorf("%s, slide %d: %v %v", name, i+1, err, shot.Overflow)
			}
			if before, ok := seen[string(shot.PNG)]; ok {
				t.Errorf("%s: slides %d and %d look the same", name, before, i+1)
			}
			seen[string(shot.PNG)] = i + 1
		}
	}
}

// A deck of Marp runs no script, loads nothing and reads no file, whatever its HTML and its styles say. Text that would
// be two slides for marp-core fails in a sentence.
func (d drawing) marpReachesNothing(t *testing.T) {
	var heard atomic.Int64
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { heard.Add(1) }))
	defer canary.Close()
	text := strings.ReplaceAll(`---
marp: true
theme: gaia
style: |
  @import url("CANARY/a.css");
  @font-face { font-family: F; src: url(CANARY/a.woff2); }
  section { background: url(CANARY/b.png); font-family: F; }
backgroundImage: url(CANARY/c.png)
---

# A slide $x^2$

<script>document.body.textContent = "run"; fetch("CANARY/d")</script>
<img src="CANARY/e.png" onerror="fetch('CANARY/f')">
<iframe src="CANARY/g"></iframe> <meta http-equiv="refresh" content="0;url=CANARY/h">
<style>h1 { background: url("CANARY/i.png") }</style>

![bg](CANARY/j.png) ![](file:///etc/passwd) ![k](CANARY/k.png) [l](CANARY/l) $\includegraphics{CANARY/m.png}$ :rocket:
`, "CANARY", canary.URL)
	deck := marpDeck(t, t.TempDir(), text)
	for i := range deck.Slides {
		page, _, err := d.library.Page(deck, i)
		if err == nil {
			_, err = d.browser.Capture(t.Context(), page, nil)
		}
		if f := lectern.AsFailure(err); err != nil && f.Code != lectern.CodeAssetRefused {
			t.Error(err)
		}
	}
	if n := heard.Load(); n > 0 {
		t.Errorf("%d requests left the page", n)
	}
	deck.Slides[0].Props = map[string]any{"markdown": strings.Repeat("- an item\n", 40)}
	if page, _, err := d.library.Page(deck, 0); err != nil {
		t.Error(err)
	} else if c, err := d.browser.Capture(t.Context(), page, nil); err != nil || len(c.Overflow) != 1 ||
		c.Overflow[0].Unit != "clipped" {
		t.Errorf("forty items: %v %v", c.Overflow, err)
	}
	deck.Slides[0].Props = map[string]any{"markdown": "# One\n\n---\n\n# Two"}
	page, _, err := d.library.Page(deck, 0)
	if err == nil {
		_, err = d.browser.Capture(t.Context(), page, nil)
	}
	if err == nil || !strings.Contains(err.Error(), "makes 2 slides") {
		t.Errorf("two slides in one: %v", err)
	}
}

// Whatever stands around it, a line begins a slide for Lectern where it does for marp-core.
func (d drawing) marpSlidesBegin(t *testing.T) {
	marks := []string{"---", "***", "- - -", "___", "--", "# A", "Text", "A\n---", "- item", "  - more",
		"    ---", "1. one", "> quote", "> ---", "```", "```\n---\n```", "~~~", "<div>", "</div>",
		"<div>\n---\n</div>", "| a |\n|---|", "", "", "<!-- note -->", "<!--\n---\n-->",
		"<!-- _class: lead -->", "`---`", "\\---", "$$\n---\n$$", "   ---", "[a]: b"}
	r := rand.New(rand.NewPCG(16, 1))
	var texts []string
	for range soak.Rounds(50, 900) {
		text := "---\nmarp: true\n---\n\n# First\n"
		for range 1 + r.IntN(14) {
			text += marks[r.IntN(len(marks))] + "\n" + strings.Repeat("\n", r.IntN(2))
		}
		texts = append(texts, text+"\nLast\n")
	}
	var made []int
	for part := range slices.Chunk(texts, 100) { // a page may take only so much processor time
		made = append(made, d.slidesOfMarp(t, part...)...)
	}
	for i, n := range made {
		q, err := markdown.Parser{}.Parse(t.Context(), deck.Source{Name: "deck.md", Bytes: []byte(texts[i])}, nil,
			lectern.Limits{})
		if err != nil {
			t.Fatalf("%v of %q", err, texts[i])
		}
		if len(q.Faults) == 0 && len(q.Deck.Slides) != n {
			t.Errorf("%d slides, and %d for marp-core: %q", len(q.Deck.Slides), n, texts[i])
		}
	}
}
