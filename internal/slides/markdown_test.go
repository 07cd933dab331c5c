package slides

import (
	"regexp"
	"strings"
	"testing"

	"lectern"
)

// text returns the page of a slide in Markdown, from its first element on.
func inMarkdown(t *testing.T, props map[string]any) (html string, p lectern.Page, warnings []lectern.Warning) {
	t.Helper()
	p, warnings = page(t, library(t), lectern.Slide{Template: "markdown", Props: props})
	return p.HTML[strings.Index(p.HTML, "<section"):], p, warnings
}

func TestMarkdownBecomesElements(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"- a\n- **b**":                {`<li data-item=""><span data-t="" dir="ltr" lang="en">a</span>`, `<strong>b</strong>`},
		"- [x] done\n- [ ] open":      {`<i class="box done"></i>`, `<i class="box"></i>`, `class="task"`},
		"|a|b|\n|-|-:|\n|1|2|":        {`class="sheet"`, `<th align="right">`, `<tr data-item="">`},
		"> quote":                     {`<blockquote>`},
		"a[^1]\n\n[^1]: note":         {`<sup>`, `class="footnotes"`, "note"},
		":smile: :no_such_emoji:":     {"😄", ":no_such_emoji:"},
		"[label](javascript:x) ~~d~~": {`<span class="link">label</span>`, "<del>d</del>"},
		"$5 and $6, $x^2$":            {`$5 and $6, <span class="tex">x^2</span>`},
		"$$\n\\frac{1}{2}\n$$\n\nend": {`class="formula"`, `\frac{1}{2}`, "end</p>"},
		"```go {2} lines title=\"a.go\"\nvar x = \"y\"\n\tz()\n```": {`<span class="key">var</span>`, `<span class="str">`,
			`class="marked"`, `class="lines numbered some"`, `a.go</p>`, `    `},
		"```nolang\n<b>\n```":  {"&lt;b&gt;"},
		"## <!-- fit --> Wide": {`<h2 class="fit"`},
		"<div style=\"position:fixed\" class=\"md\" id=\"x\" onclick=\"y\">in</div>": {
			`<div><span data-t="" dir="ltr" lang="en">in</span></div>`},
		"<b>raw</b><kbd>K</kbd><script>no()</script><svg><text>t</text></svg>": {"<b>raw</b>", "<kbd>K</kbd>"},
		"עברית\n\n日本語のテキスト":                                                    {`dir="rtl" lang="he"`, `lang="ja"`},
		"![w:300px the pier](a.png)":                                           {`<span class="missing">the pier</span>`},
	} {
		html, _, _ := inMarkdown(t, map[string]any{"title": "T", "markdown": text})
		for _, part := range want {
			if !strings.Contains(html, part) {
				t.Errorf("%q has no %q:\n%s", text, part, html)
			}
		}
		for _, bad := range []string{"<script>no", "position:fixed", "onclick", "javascript:", "<svg><text", `id="x"`} {
			if strings.Contains(html, bad) {
				t.Errorf("%q: %q is in the page", text, bad)
			}
		}
	}
}

// The addresses of pictures in the text are names: only the prop "images" says which picture is loaded.
func TestPicturesInMarkdown(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("a", 64)
	html, p, warnings := inMarkdown(t, map[string]any{
		"markdown": "![w:300px blur:3px pier](my%20pier.png \"t\")\n\n<img src='b.png' onerror=x> " +
			"![](https://example.com/c.png)",
		"images": map[string]any{"my%20pier.png": "asset:" + sum, "b.png": "https://example.com/b.png"},
		"backgrounds": []any{map[string]any{"image": "https://example.com/back.png", "fit": "40%",
			"filter": "opacity:.5 x:1"}},
		"side": "left", "split": "40%",
	})
	want := []string{lectern.PageAddress(sum), "https://example.com/b.png", "https://example.com/back.png"}
	if len(p.Assets) != len(want) || len(warnings) > 0 {
		t.Errorf("%q %v", p.Assets, warnings)
	}
	for _, part := range append(want, `style="width:450px;filter:blur(3px);"`, `alt="pier"`, "filter:opacity(.5)",
		"width:40%", `<span class="missing">c.png</span>`) {
		if !strings.Contains(html, part) {
			t.Errorf("%q is not in the page\n%s", part, html)
		}
	}
	if n := strings.Count(html, "<img"); n != 3 || strings.Contains(html, "onerror") || strings.Contains(html, "p/0") {
		t.Errorf("%d pictures\n%s", n, html)
	}
	l := library(t)
	d := deck("", lectern.LayoutSlideOnly, lectern.Slide{Template: "markdown", Props: map[string]any{
		"markdown": "![](a.png)", "images": map[string]any{"a.png": "pics/a.png"},
		"backgrounds": []any{map[string]any{"image": "b.png"}}}})
	var files []string
	for _, u := range l.Files(d) {
		files = append(files, u.Path+" "+u.Param)
	}
	if got := strings.Join(files, ", "); got !=
		"pics/a.png slides[0].props.images.a.png, b.png slides[0].props.backgrounds[0].image" {
		t.Error(got)
	}
}

// Colours of a slide: text on a colour or a picture is light or dark, whichever can be read. Others have a warning.
func TestColoursOfMarkdown(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"#012": "on-night", "white": "on-light", "rgb(250, 250, 240)": "on-light",
		"url(x)": "", "red;}": ""} {
		html, _, warnings := inMarkdown(t, map[string]any{"markdown": "x", "background": value})
		if want == "" != (len(warnings) == 1) || strings.Contains(html, value+"\"") && strings.Contains(value, ";") {
			t.Errorf("%q: %v", value, warnings)
		}
		if got := regexp.MustCompile(`on-(?:night|light)`).FindString(html); got != want {
			t.Errorf("%q: %q", value, got)
		}
	}
}

// A cover has the hero's background, and a title that fills its line gets its size from its length.
func TestLayoutsOfMarkdown(t *testing.T) {
	t.Parallel()
	_, plain, _ := inMarkdown(t, map[string]any{"title": "T", "markdown": "x"})
	html, cover, _ := inMarkdown(t, map[string]any{"title": "T", "markdown": "x", "layout": "cover"})
	if !strings.Contains(html, "v-cover hero") || cover.Background.To == plain.Background.To {
		t.Errorf("%+v", cover.Background)
	}
	html, _, _ = inMarkdown(t, map[string]any{"title": "Long words in a title that fills", "fit": "title"})
	if !strings.Contains(html, "--fs-title:max(40px,calc(") {
		t.Error(html)
	}
	html, _, warnings := inMarkdown(t, map[string]any{"title": "Code", "heading": "`Code`", "left": "a", "right": "b",
		"header": "**top**", "footer": "low", "page": "3"})
	for _, part := range []string{"<code>Code</code></h1>", `data-el="leftText"`, "<strong>top</strong>", ">low</span>",
		">3</span>"} {
		if !strings.Contains(html, part) || len(warnings) > 0 {
			t.Errorf("%q is not in the page, or %v", part, warnings)
		}
	}
}

// FuzzMarkdown: no text in Markdown makes a page with markup of its own, an address that was not checked, or a panic.
func FuzzMarkdown(f *testing.F) {
	l := library(f)
	f.Add("# A\n\n- b\n\n```go {1}\nx\n```\n\n|a|\n|-|\n|1|\n\n$x$ :smile: ![a](b \"c\") <b onclick=x> [^1]\n\n[^1]: n")
	f.Add(attack + "\n\n<img src=p/0><a href='javascript:x'>y</a><style>*{}</style><math><mtext></math>")
	f.Fuzz(func(t *testing.T, text string) {
		p, _, err := l.Page(deck("", lectern.LayoutPictureInPicture, lectern.Slide{Template: "markdown",
			Props: map[string]any{"title": "T", "markdown": text, "heading": text, "footer": text}}), 0)
		if err := sound(p, err); err != nil {
			t.Fatal(err)
		}
		html := p.HTML[strings.Index(p.HTML, "<section"):]
		for _, bad := range []string{"<style", "<iframe", "<a ", "<math", "<svg", "src=\"p/"} {
			if strings.Contains(strings.ToLower(html[:strings.Index(html, "<script")]), bad) {
				t.Fatalf("%q is in the page of %q", bad, text)
			}
		}
	})
}
