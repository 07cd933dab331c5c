package e2e

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/chrome"
	"lectern/internal/picture"
	"lectern/internal/slides"
	"lectern/internal/soak"
)

// Every template, in one theme after the other, looks the same whether the browser or Lectern draws the slide's
// background. No pixel differs by more than the browser's own rounding of three gradients, except some on the edges of
// shapes, whose smoothing depends on the tiles in which a busy browser draws a page. On average nothing is brighter or
// darker.
func TestBackgroundIsWhatABrowserDraws(t *testing.T) {
	t.Parallel()
	library, err := slides.New()
	if err != nil {
		t.Fatal(err)
	}
	browser := chrome.New(chrome.Options{Tabs: 2})
	defer browser.Close()
	themes := library.Themes()
	runs := soak.Cases(t, "title", "content", "big-image", "table-dark", "quote-center", "avatar-crm", "code",
		"hero-title")
	for i, template := range library.Templates() {
		if !runs(template.ID) {
			continue
		}
		theme := themes[i%len(themes)].ID
		t.Run(template.ID, func(t *testing.T) {
			d := lectern.Deck{Theme: theme, Size: lectern.Size{Width: 960, Height: 540}, FrameRate: 30,
				Layout: lectern.LayoutSlideOnly,
				Slides: []lectern.Slide{{Template: template.ID, Props: template.Sample}}}
			page, _, err := library.Page(d, 0)
			if err != nil {
				t.Fatal(err)
			}
			page.Assets = nil // a placeholder is drawn for a picture that does not load
			background, err := picture.Background(*page.Background, d.Size, page.Scale)
			if err != nil {
				t.Fatal(err)
			}
			apart := picture.Lay(captured(t, browser, page), background)
			page.Background, page.HTML = nil, strings.Replace(page.HTML, ` apart"`, `"`, 1)
			whole := image.NewRGBA(apart.Rect)
			draw.Draw(whole, whole.Rect, captured(t, browser, page), image.Point{}, draw.Src)
			most, sum, far := 0, 0, 0
			for k := range whole.Pix {
				d := int(apart.Pix[k]) - int(whole.Pix[k])
				sum += d
				most = max(most, d, -d)
				if d > 4 || -d > 4 {
					far++
				}
			}
			if mean := float64(sum) / float64(len(whole.Pix)); far > len(whole.Pix)/2000 || most > 64 || mean > 0.2 ||
				mean < -0.2 {
				t.Errorf("theme %s: %d of %d values differ by more than 4 of 255, the most by %d; the mean difference is %.2f",
					theme, far, len(whole.Pix), most, mean)
			}
			if far > 0 {
				t.Logf("%d values differ by up to %d", far, most)
			}
			if flat(whole) {
				t.Error("the page shows nothing")
			}
		})
	}
}

func captured(t *testing.T, b *chrome.Browser, p lectern.Page) image.Image {
	t.Helper()
	c, err := b.Capture(t.Context(), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(c.PNG))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// flat reports whether a picture has one colour.
func flat(img *image.RGBA) bool {
	one := image.NewRGBA(img.Rect)
	draw.Draw(one, one.Rect, image.NewUniform(img.At(0, 0)), image.Point{}, draw.Src)
	return bytes.Equal(one.Pix, img.Pix)
}
