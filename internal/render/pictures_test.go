package render

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
	"lectern/internal/capture/capturetest"
)

func pictured(urls ...string) lectern.Deck {
	d := talk()
	d.Transitions = nil
	for i, u := range urls {
		d.Slides[i].Props["image"] = u
	}
	return d
}

// V1: all pictures are checked before anything is rendered, and every slide's fault is reported.
func TestV1PicturesAreCheckedBeforeAnythingIsRendered(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	whole := capturetest.Tiny("a")
	cut := append([]byte(nil), whole[:len(whole)/2]...)
	g.Fetcher = capturetest.Given{"http://a/1.png": {ContentType: "image/png", Body: cut, Pixels: 1},
		"http://a/2.png": {ContentType: "image/png", Body: whole, Pixels: 1}}
	_, rec, err := g.run(t.Context(), t, pictured("http://a/1.png", "http://a/2.png", "http://a/3.png"), 1)
	f := lectern.AsFailure(err)
	if err == nil || f.Code != lectern.CodeAssetRefused || f.Slide != 1 ||
		!strings.Contains(f.Message, "http://a/1.png cannot be used: it is a damaged PNG picture") {
		t.Fatalf("got %+v", f)
	}
	if len(f.Causes) != 1 || f.Causes[0].Slide != 3 || f.Causes[0].Code != lectern.CodeAssetFailed {
		t.Errorf("the third slide's fault: %+v", f.Causes)
	}
	if g.browser.calls != 0 || g.voices.calls != 0 || len(rec.steps) != 0 {
		t.Errorf("%d captures, %d narrations, %d steps before the fault", g.browser.calls, g.voices.calls, len(rec.steps))
	}
}

// V3: measuring a deck gives the warnings that its render gives, and the render reuses the pictures that were drawn for
// it.
func TestV3MeasureWarnsAsTheRenderDoes(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Size, d.Layout = lectern.Size{Width: 320, Height: 240}, lectern.LayoutSlideOnly
	g.browser.overflow = []lectern.Overflow{{Element: "items", Hidden: 12, Total: 30, Unit: "items"}, {Element: "title"}}
	g.library.props = map[string]string{"items": "bullets"}
	checked, _, err := g.Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var reported atomic.Int64
	m, err := g.Capture.Measure(t.Context(), g.cache, checked, func(int) { reported.Add(1) })
	if err != nil || m.Slides != len(d.Slides) || reported.Load() != int64(len(d.Slides)) {
		t.Fatalf("%d of %d slides measured, %d reported: %v", m.Slides, len(d.Slides), reported.Load(), err)
	}
	first := m.Warnings[0]
	if first.Code != "text_overflow" || first.Slide != 1 || first.Param != "slides[0].props.bullets" ||
		!strings.HasPrefix(first.Message, `Of "bullets", 12 of 30 items do not fit`) {
		t.Errorf("the first warning is %+v", first)
	}
	drawn := g.browser.calls
	list, rec, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	if g.browser.calls != drawn {
		t.Errorf("the render drew %d pages again", g.browser.calls-drawn)
	}
	var warnings []lectern.Warning
	for _, r := range rec.reports {
		warnings = append(warnings, r.Warnings...)
	}
	slices.SortStableFunc(warnings, func(a, b lectern.Warning) int { return a.Slide - b.Slide })
	if fmt.Sprint(warnings) != fmt.Sprint(m.Warnings) {
		t.Errorf("the render warns %v, the measurement %v", warnings, m.Warnings)
	}
	if got := manifestOf(t, g, list).Warnings; len(got) != 2*len(d.Slides) {
		t.Errorf("the manifest has %d warnings", len(got))
	}
}
