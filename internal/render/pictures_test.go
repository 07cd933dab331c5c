package render

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
	"lectern/internal/picturefile"
)

// given is a fetcher that has its answers ready.
type given map[string]lectern.Picture

func (g given) Allowed(string) error { return nil }

func (g given) Fetch(_ context.Context, url string) (lectern.Picture, error) {
	a, ok := g[url]
	if !ok {
		return a, lectern.Fail(lectern.CodeAssetFailed, "The picture %s could not be loaded.", url)
	}
	a.URL = url
	return a, nil
}

func pictured(urls ...string) lectern.Deck {
	d := talk()
	d.Transitions = nil
	for i, u := range urls {
		d.Slides[i].Props["image"] = u
	}
	return d
}

// V1: all pictures are judged before anything is rendered, and every slide's fault is reported.
func TestV1PicturesAreJudgedBeforeAnythingIsRendered(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	whole := tiny("a")
	cut := append([]byte(nil), whole[:len(whole)/2]...)
	g.Fetcher = given{"http://a/1.png": {ContentType: "image/png", Body: cut, Pixels: 1}, "http://a/2.png": {ContentType: "image/png", Body: whole, Pixels: 1}}
	_, rec, err := g.run(t.Context(), t, pictured("http://a/1.png", "http://a/2.png", "http://a/3.png"), 1)
	f := lectern.AsFailure(err)
	if err == nil || f.Code != lectern.CodeAssetRefused || f.Slide != 1 || !strings.Contains(f.Message, "http://a/1.png cannot be used: it is a damaged PNG picture") {
		t.Fatalf("got %+v", f)
	}
	if len(f.Causes) != 1 || f.Causes[0].Slide != 3 || f.Causes[0].Code != lectern.CodeAssetFailed {
		t.Errorf("the third slide's fault: %+v", f.Causes)
	}
	if g.browser.calls != 0 || g.voices.calls != 0 || len(rec.steps) != 0 {
		t.Errorf("%d captures, %d narrations, %d steps before the fault", g.browser.calls, g.voices.calls, len(rec.steps))
	}
}

// H1: the pictures of one slide together are bounded, those that it holds itself and those that it loads.
func TestH1PicturesOfASlideAreBounded(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.Limits.SlidePixels = 100
	g.Fetcher = given{"http://a/1.png": {ContentType: "image/png", Body: tiny("a"), Pixels: 101}}
	_, err := g.prefetch(t.Context(), pictured("http://a/1.png"), t.TempDir())
	if f := lectern.AsFailure(err); err == nil || f.Slide != 1 || !strings.Contains(f.Message, "limits.slide_pixels") {
		t.Errorf("got %+v", f)
	}
	g.Limits.SlidePixels, g.Limits.PictureBytes = 101, 10
	_, err = g.prefetch(t.Context(), pictured("http://a/1.png"), t.TempDir())
	if f := lectern.AsFailure(err); err == nil || f.Code != lectern.CodeTooLarge || !strings.Contains(f.Message, "limits.picture_bytes") {
		t.Errorf("got %+v", f)
	}
}

// V1: what only the browser can decode is shown to it, once, before anything is rendered.
func TestV1TheBrowserJudgesWhatNobodyElseCan(t *testing.T) {
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
	g.Fetcher = given{"http://a/1.avif": {ContentType: "image/avif", Body: b}, "http://a/2.avif": {ContentType: "image/avif", Body: b}}
	d := pictured("http://a/1.avif", "http://a/2.avif")
	loaded, err := g.prefetch(t.Context(), d, t.TempDir())
	if err != nil || proofs.Load() != 1 {
		t.Fatalf("%v after %d proofs", err, proofs.Load())
	}
	page, _, _ := g.Library.Page(d, 0)
	if list, err := loaded.of(page); err != nil || len(list) != 1 || string(list[0].Body) != string(b) || list[0].URL != "http://a/1.avif" {
		t.Errorf("%v: %d pictures", err, len(list))
	}
	g.Judge = picturefile.NewJudge()
	g.browser.overflow = []lectern.Overflow{{Element: "damaged"}}
	if _, err := g.prefetch(t.Context(), d, t.TempDir()); !errors.Is(err, &lectern.Failure{Code: lectern.CodeAssetRefused}) {
		t.Errorf("got %v", err)
	}
}
