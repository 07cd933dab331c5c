package capture

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
	"lectern/internal/capture/capturetest"
	"lectern/internal/picturefile"
)

// pictured is a deck whose first slides show the pictures at these addresses.
func pictured(urls ...string) lectern.Deck {
	d := talk()
	for i, u := range urls {
		d.Slides[i].Props["image"] = u
	}
	return d
}

// The pixels of all pictures of a slide, and the bytes of all pictures of a deck, are bounded.
func TestH1PicturesAreBoundedTogether(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.o.Limits.SlidePixels = 100
	g.o.Fetcher = capturetest.Given{"http://a/1.png": {ContentType: "image/png", Body: capturetest.Tiny("a"), Pixels: 101}}
	_, err := g.Load(t.Context(), pictured("http://a/1.png"), t.TempDir())
	if f := lectern.AsFailure(err); err == nil || f.Slide != 1 || !strings.Contains(f.Message, "limits.slide_pixels") {
		t.Errorf("got %+v", f)
	}
	g.o.Limits.SlidePixels, g.o.Limits.PictureBytes = 101, 10
	_, err = g.Load(t.Context(), pictured("http://a/1.png"), t.TempDir())
	if f := lectern.AsFailure(err); err == nil || f.Code != lectern.CodeTooLarge ||
		!strings.Contains(f.Message, "limits.picture_bytes") {
		t.Errorf("got %+v", f)
	}
}

// A picture that only the browser can decode is decoded by it, once for each content.
func TestV1TheBrowserDecodesWhatNothingElseCan(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	b, err := os.ReadFile("../picturefile/testdata/still.avif")
	if err != nil {
		t.Fatal(err)
	}
	var proofs atomic.Int32
	g.browser.hook = func(_ context.Context, what string) error {
		if strings.Contains(what, proofURL) {
			proofs.Add(1)
		}
		return nil
	}
	g.o.Fetcher = capturetest.Given{"http://a/1.avif": {ContentType: "image/avif", Body: b},
		"http://a/2.avif": {ContentType: "image/avif", Body: b}}
	d := pictured("http://a/1.avif", "http://a/2.avif")
	loaded, err := g.Load(t.Context(), d, t.TempDir())
	if err != nil || proofs.Load() != 1 {
		t.Fatalf("%v after %d proofs", err, proofs.Load())
	}
	page, _, _ := g.library.Page(d, 0)
	if list, err := loaded.of(page); err != nil || len(list) != 1 || string(list[0].Body) != string(b) ||
		list[0].URL != "http://a/1.avif" {
		t.Errorf("%v: %d pictures", err, len(list))
	}
	g.o.Judge = picturefile.NewJudge()
	g.browser.overflow = []lectern.Overflow{{Element: "damaged"}}
	if _, err := g.Load(t.Context(), d, t.TempDir()); !errors.Is(err, &lectern.Failure{Code: lectern.CodeAssetRefused}) {
		t.Errorf("got %v", err)
	}
}
