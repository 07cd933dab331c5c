package slides

import (
	"encoding/json"
	"html"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/weblib"
)

// marpPage returns the page of a slide that marp-core draws, and the data for its script.
func marpPage(t testing.TB, l *Library, props map[string]any) (lectern.Page, marpSlide, []lectern.Warning, error) {
	t.Helper()
	p, warnings, err := l.Page(deck("", lectern.LayoutSlideOnly, lectern.Slide{Template: "marp", Props: props}), 0)
	if err != nil {
		return p, marpSlide{}, nil, err
	}
	return p, dataOf(t, p.HTML), warnings, nil
}

// dataOf returns the data in a page.
func dataOf(t testing.TB, page string) (s marpSlide) {
	t.Helper()
	_, rest, _ := strings.Cut(page, `id="deck">`)
	data, _, _ := strings.Cut(rest, "</script>")
	if err := json.Unmarshal([]byte(data), &s); err != nil {
		t.Fatalf("%v in %.300q", err, data)
	}
	return s
}

// The page of a slide of Marp has the slide as data, which cannot end the element that it is in. It loads the pictures
// that the deck names, under their own addresses, and has KaTeX only if there may be a formula.
func TestPagesOfMarpHaveTheirSlideAsData(t *testing.T) {
	t.Parallel()
	l := library(t)
	sum := strings.Repeat("a", 64)
	text := "# </script><script>alert(1)</script> {{.Slide}}\n\n\tcode  \n<!-- fit -->"
	p, s, warnings, err := marpPage(t, l, map[string]any{"title": "T", "markdown": text, "theme": "gaia", "page": "3",
		"style": "section{color:red}</style>", "class": "lead invert",
		"images": map[string]any{"a.png": "asset:" + sum, "b.png": "https://example.com/b.png"}})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if s.Markdown != text || s.Page != "3" || s.Front["theme"] != "gaia" || s.Front["paginate"] != "true" ||
		s.Front["class"] != "lead invert" || s.Front["style"] != "section{color:red}</style>" {
		t.Errorf("%+v", s)
	}
	want := []string{lectern.PageAddress(sum), "https://example.com/b.png"}
	if !slices.Equal(p.Assets, want) || s.Images["a.png"] != want[0] || s.Images["b.png"] != want[1] ||
		p.Params[want[1]] != "slides[0].props.images.b.png" || p.Background != nil {
		t.Errorf("%q %q %q", p.Assets, s.Images, p.Params)
	}
	if strings.Contains(p.HTML, "alert(1)</script>") || strings.Contains(p.HTML, "data:font/woff2;base64,") {
		t.Error("the text is markup, or the page has fonts for formulas")
	}
	p, _, _, _ = marpPage(t, l, map[string]any{"markdown": "$x$"})
	if !strings.Contains(p.HTML, "data:font/woff2;base64,") {
		t.Error("the page of a formula has no KaTeX")
	}
	for _, template := range l.Templates() {
		if template.ID == marpTemplate {
			t.Error("the template is listed")
		}
	}
}

// A slide of Marp has the same faults as others: refused pictures, and warnings of unknown props.
func TestFaultsOfMarpSlides(t *testing.T) {
	t.Parallel()
	l := library(t)
	_, _, _, err := marpPage(t, l, map[string]any{"markdown": "x", "images": map[string]any{"a": "file:///etc/passwd"}})
	f := lectern.AsFailure(err)
	if err == nil || f.Code != lectern.CodeAssetRefused || f.Param != "slides[0].props.images.a" {
		t.Errorf("%v", err)
	}
	_, _, warnings, _ := marpPage(t, l, map[string]any{"markdown": "x", "bogus": "y"})
	if len(warnings) != 1 || warnings[0].Code != "unknown_prop" {
		t.Errorf("%+v", warnings)
	}
	doc, err := l.Document(deck("", lectern.LayoutSlideOnly, lectern.Slide{Template: "marp",
		Props: map[string]any{"title": "Its title", "markdown": "x"}}))
	if err != nil || !strings.Contains(doc, "Its title") {
		t.Errorf("a preview without its title: %v", err)
	}
}

// FuzzMarp: no slide of Marp is markup in its page, and its script reads what the deck has.
func FuzzMarp(f *testing.F) {
	l := library(f)
	f.Add("# A\n\n$x$ ![bg](a.png)", "section{}", "lead")
	f.Add(attack, attack, attack)
	f.Add(" ", "0", "0")
	f.Add("\u2028</script><!--<script>", "]]>", "\x00")
	small := extras{scripts: []weblib.Script{weblib.NewScript("run()")}} // the libraries would only make it slow
	f.Fuzz(func(t *testing.T, text, style, class string) {
		v, chosen, _ := l.view(deck("", lectern.LayoutSlideOnly, lectern.Slide{Template: "marp",
			Props: map[string]any{"markdown": text, "style": style, "class": class}}), 0)
		page, err := v.marpSlide().page(chosen, small)
		if err != nil {
			t.Fatal(err)
		}
		if s := dataOf(t, page); !empty(text) && s.Markdown != strings.TrimRight(sourceOf(text), "\n") {
			t.Fatalf("%q is %q", text, s.Markdown)
		}
		rest := ownScript.ReplaceAllString(page, "")
		if strings.Count(rest, "<script") != 1 || strings.Count(rest, "</style>") != 1 ||
			strings.Count(html.UnescapeString(rest), "'sha256-") != 1 || len(ownScript.FindAllString(page, -1)) != 1 {
			t.Fatalf("markup of %q, %q, %q is in the page", text, style, class)
		}
	})
}
