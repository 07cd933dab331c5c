package slides

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/picturefile"
)

// bounds are the limits of one picture.
var bounds = picturefile.Limits{Pixels: 40_000_000, Elements: 100_000}

func svg(inner string) string {
	return "data:image/svg+xml;base64," +
		base64.StdEncoding.EncodeToString(
			[]byte(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`+
				inner+`</svg>`))
}

func pngData(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

func TestRefusedPicturesNameTheirProp(t *testing.T) {
	t.Parallel()
	l := library(t)
	for _, bad := range []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "file:///etc/passwd",
		"ftp://example.com/a.png", "/etc/passwd", "photo.png", "//example.com/a.png",
		"data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD4=", "data:,x", "data:image/png;base64,",
		"data:image/png;base64,@@@", "data:image/png",
		"vbscript:x", "blob:https://example.com/1", "http://", "https:example.com", "https://user:pass@example.com/a.png",
		"https://example.com/a\"onerror=x", "http://[::1",
		svg(`<script>alert(1)</script>`), svg(`<g onload="alert(1)"/>`), svg(`<foreignObject/>`),
		svg(`<image href="https://example.com/x.png"/>`), svg(`<a xlink:href="javascript:alert(1)"/>`),
		svg(`<style>@import "https://example.com/x.css"</style>`), svg(`<rect fill="url(https://example.com/x)"/>`),
		svg(`<g>`), svg(`<animate attributeName="href"/>`),
		"data:image/svg+xml,<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>", "https://example.com/" + strings.Repeat("a", maxAddress),
	} {
		_, _, err := l.Page(deck("", "", lectern.Slide{Template: "title"}, lectern.Slide{Template: "big-image",
			Props: map[string]any{"title": "x", "imageUrl": bad}}), 1)
		f := lectern.AsFailure(err)
		if err == nil || f.Code != lectern.CodeAssetRefused || f.Slide != 2 || f.Param != "slides[1].props.imageUrl" {
			t.Errorf("%.80q: %+v", bad, f)
		}
	}
	_, _, err := l.Page(deck("", "", lectern.Slide{Template: "benefits-list",
		Props: map[string]any{"items": []any{"a", map[string]any{"title": "b", "icon": "file:///x.png"}}}}), 0)
	if f := lectern.AsFailure(err); f == nil || f.Param != "slides[0].props.items[1].icon" {
		t.Errorf("an icon: %+v", f)
	}
}

func TestDamagedAndHugePicturesAreRefused(t *testing.T) {
	t.Parallel()
	good := pngData(t)
	raw, _ := base64.StdEncoding.DecodeString(good[len("data:image/png;base64,"):])
	huge := bytes.Clone(raw)
	// a width and height of a billion; its checksum is wrong as well
	copy(huge[16:24], []byte{0x40, 0, 0, 0, 0x40, 0, 0, 0})
	for name, b := range map[string][]byte{"cut": raw[:20], "huge": huge} {
		if _, err := readPicture("data:image/png;base64,"+base64.StdEncoding.EncodeToString(b), bounds); err == nil {
			t.Errorf("the %s picture was accepted", name)
		}
	}
	if _, err := readPicture(good, bounds); err != nil {
		t.Error(err)
	}
}

func TestWebPicturesAreListedOnceInTheFormOfRequests(t *testing.T) {
	t.Parallel()
	p, _ := page(t, library(t), lectern.Slide{Template: "four-box-grid", Props: map[string]any{"items": []any{
		map[string]any{"title": "a", "icon": "HTTPS://Example.COM:443?q=1&r=ü#part"},
		map[string]any{"title": "b", "image": "https://example.com/?q=1&r=%C3%BC"},
		map[string]any{"title": "c", "image": map[string]any{"url": "http://example.com/b.png"}},
		map[string]any{"title": "d", "image": pngData(t)},
	}}})
	want := []string{"https://example.com/?q=1&r=%C3%BC", "http://example.com/b.png"}
	if !slices.Equal(p.Assets, want) {
		t.Errorf("assets %q", p.Assets)
	}
	if !strings.Contains(p.HTML, `src="https://example.com/?q=1&amp;r=%C3%BC"`) {
		t.Error("the address is not in the page")
	}
}

func FuzzPicture(f *testing.F) {
	f.Add("https://example.com/a.png")
	f.Add("pictures/a.png")
	f.Add("data:image/svg+xml,<svg/>")
	f.Add("data:image/png;base64,iVBORw0KGgo=")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := readPicture(s, bounds)
		if err != nil {
			return
		}
		if p.path != "" { // a file next to the deck, which pages do not show
			if !fs.ValidPath(p.path) {
				t.Errorf("%q is not a relative path", p.path)
			}
			return
		}
		u := string(p.URL)
		if strings.ContainsAny(u, "\"'<> \n") {
			t.Errorf("%q has characters that an address must not have", u)
		}
		if p.Remote {
			if v, err := url.Parse(u); err != nil || v.Scheme != "http" && v.Scheme != "https" || v.Host == "" {
				t.Errorf("%q is not a web address", u)
			}
		} else if !strings.HasPrefix(u, "data:image/") {
			t.Errorf("%q is not a picture", u)
		}
	})
}

func TestTypographyOfEachLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"en", `He said "yes" and it's 'fine'...`, "He said “yes” and it’s ‘fine’…"},
		{"en", "A - B and 10 % of 5 km", "A\u00a0– B and 10\u00a0% of 5\u00a0km"},
		{"en", "wait--what", "wait—what"},
		{"de", `Das "Wort"`, "Das „Wort“"},
		{"fr", `Un "mot" !`, "Un «\u202fmot\u202f»\u202f!"},
		{"uk", `Це "слово" і в ньому`, "Це «слово» і\u00a0в\u00a0ньому"},
		{"en", "€ 1,900", "€\u00a01,900"},
		{"en", `a 5" pipe`, "a 5″ pipe"},
		{"en", `<b>"x"</b>`, `<b>"x"</b>`},
		{"en", "fmt.Println('x');", "fmt.Println('x');"},
		{"", "", ""},
	} {
		if got := polish(c[1], c[0]); got != c[2] {
			t.Errorf("polish(%q, %s) = %q, want %q", c[1], c[0], got, c[2])
		}
	}
}

func TestTextHasItsLanguageAndDirection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ s, deck, lang, dir string }{
		{"Hello world", "", "en", "ltr"},
		{"Hallo Welt", "de-DE", "de-DE", "ltr"},
		{"مرحبا بالعالم", "en", "ar", "rtl"},
		{"سلام دنیا", "fa", "fa", "rtl"},
		{"שלום", "", "he", "rtl"},
		{"資料がそのまま", "", "ja", "ltr"},
		{"让幻灯片", "", "zh-Hans", "ltr"},
		{"讓投影片", "zh-TW", "zh-TW", "ltr"},
		{"슬라이드", "", "ko", "ltr"},
		{"Слайди", "", "uk", "ltr"},
		{"Слайды", "ru", "ru", "ltr"},
		{"नमस्ते", "", "hi", "ltr"},
		{"สวัสดี", "", "th", "ltr"},
		{"42 %", "", "", ""},
		{"", "", "", ""},
	} {
		if got := language(c.s, c.deck); got != c.lang {
			t.Errorf("language(%q, %q) = %q, want %q", c.s, c.deck, got, c.lang)
		}
		if got := direction(c.s); got != c.dir {
			t.Errorf("direction(%q) = %q, want %q", c.s, got, c.dir)
		}
	}
	p, _ := page(t, library(t), lectern.Slide{Template: "content", Props: map[string]any{"title": "مرحبا بالعالم",
		"content": "نص قصير"}})
	if !strings.Contains(p.HTML, `dir="rtl" lang="ar" style=`) {
		t.Error("the slide does not run from right to left")
	}
}

// The body never overlaps the avatar's window, for any place of the window.
func TestTextNeverOverlapsTheAvatar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := deck("", rapid.SampledFrom(lectern.Layouts()).Draw(t, "layout"), lectern.Slide{})
		d.Size = rapid.SampledFrom([]lectern.Size{{Width: 1920, Height: 1080}, {Width: 1080, Height: 1920},
			{Width: 1080, Height: 1080}, {Width: 1440, Height: 1080}, {Width: 1280, Height: 720}}).Draw(t, "size")
		if rapid.Bool().Draw(t, "boxed") {
			d.Slides[0].AvatarBox = &lectern.Rect{X: rapid.IntRange(0, 1500).Draw(t, "x"),
				Y: rapid.IntRange(0, 1500).Draw(t, "y"), Width: rapid.IntRange(100, 900).Draw(t, "w"),
				Height: rapid.IntRange(100, 900).Draw(t, "h")}
		}
		f := newFrame(d, 0)
		body := lectern.Rect{X: f.stage.X + f.bodyLeft, Y: f.stage.Y, Width: f.stage.Width - f.bodyLeft - f.bodyRight,
			Height: f.stage.Height}
		if body.Empty() {
			t.Fatalf("no space is left for text: %+v", f)
		}
		if !f.buried && !intersect(body, f.window).Empty() {
			t.Fatalf("the body %+v reaches into the window %+v", body, f.window)
		}
		if whole := (lectern.Rect{Width: f.page.Width, Height: f.page.Height}); intersect(body, whole) != body {
			t.Fatalf("the body %+v leaves the page", body)
		}
	})
}

// Without an avatar, text may use the whole page. An avatar in a corner takes space from the body only.
func TestSpaceForTextDependsOnTheLayout(t *testing.T) {
	t.Parallel()
	f := newFrame(deck("", lectern.LayoutSlideOnly, lectern.Slide{}), 0)
	if f.mode != "full" || f.bodyRight != 0 || !f.keep.Empty() || f.stage != (lectern.Rect{X: 96, Y: 96, Width: 1728,
		Height: 888}) {
		t.Errorf("%+v", f)
	}
	f = newFrame(deck("", lectern.LayoutPictureInPicture, lectern.Slide{}), 0)
	if f.mode != "corner" || f.bodyRight != 504 || f.headRight != 0 {
		t.Errorf("%+v", f)
	}
}

func TestLongTextsAreCutWithAWarning(t *testing.T) {
	t.Parallel()
	many := make([]any, 500)
	for i := range many {
		many[i] = "point"
	}
	p, warnings := page(t, library(t), lectern.Slide{Template: "content",
		Props: map[string]any{"content": strings.Repeat("word ", 100_000), "items": many}})
	if len(p.HTML) > 200_000 {
		t.Errorf("the page has %d bytes", len(p.HTML))
	}
	if !slices.ContainsFunc(warnings, func(w lectern.Warning) bool { return w.Code == "text_cut" && w.Slide == 1 }) {
		t.Errorf("warnings %v", warnings)
	}
}
