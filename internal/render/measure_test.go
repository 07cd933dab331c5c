package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"lectern"
)

// V3: what a check says of a deck is what its render says, and the render finds the pictures that the check drew.
func TestV3MeasureSaysWhatTheRenderSays(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Size, d.Layout = lectern.Size{Width: 320, Height: 240}, lectern.LayoutSlideOnly
	g.browser.overflow = []lectern.Overflow{{Element: "items", Hidden: 12, Total: 30, Unit: "items"}, {Element: "title"}}
	g.library.props = map[string]string{"items": "bullets"}
	checked, _, err := g.Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var heard atomic.Int64
	m, err := g.Measure(t.Context(), checked, func(int) { heard.Add(1) })
	if err != nil || m.Slides != len(d.Slides) || heard.Load() != int64(len(d.Slides)) {
		t.Fatalf("%d of %d slides measured, %d heard of: %v", m.Slides, len(d.Slides), heard.Load(), err)
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
	var told []lectern.Warning
	for _, r := range rec.reports {
		told = append(told, r.Warnings...)
	}
	slices.SortStableFunc(told, func(a, b lectern.Warning) int { return a.Slide - b.Slide })
	if fmt.Sprint(told) != fmt.Sprint(m.Warnings) {
		t.Errorf("the render says %v, the check %v", told, m.Warnings)
	}
	if got := manifestOf(t, g, list).Warnings; len(got) != 2*len(d.Slides) {
		t.Errorf("the manifest has %d warnings", len(got))
	}
}

// The cache may lose the one of two files: then the page is looked at again.
func TestLostNotesAreMeasuredAgain(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Size, d.Slides = lectern.Size{Width: 320, Height: 240}, d.Slides[:1]
	g.browser.overflow = []lectern.Overflow{{Element: "title", Hidden: 1, Total: 2, Unit: "characters"}}
	checked, _, err := g.Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m, err := g.Measure(t.Context(), checked, nil)
		if err != nil || len(m.Warnings) != 1 {
			t.Fatalf("%+v, %v", m, err)
		}
		sh, err := g.drawer().sheet(t.Context(), checked, 0, &gallery{})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.cache.Drop(sh.key + ".json"); err != nil {
			t.Fatal(err)
		}
	}
	if g.browser.calls != 2 {
		t.Errorf("the page was drawn %d times", g.browser.calls)
	}
}

func TestMeasureWithoutChromiumSaysSo(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	g.browser.hook = func(_ context.Context, what string) error {
		return lectern.Fail(lectern.CodeMissingTool, "There is no Chromium.")
	}
	m, err := g.Measure(t.Context(), d, nil)
	if err != nil || m.Slides != 0 || len(m.Warnings) != 1 || m.Warnings[0].Code != "not_measured" || !strings.Contains(m.Warnings[0].Message, "There is no Chromium.") {
		t.Errorf("%+v, %v", m, err)
	}
}

// A measuring that is ended says how far it came.
func TestMeasureGivesWhatItHasWhenItIsEnded(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Size = lectern.Size{Width: 320, Height: 240}
	g.browser.overflow = []lectern.Overflow{{Element: "title"}}
	checked, _, err := g.Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	over := errors.New("time is over")
	ctx, end := context.WithCancelCause(t.Context())
	last := fmt.Sprint(d.Slides[len(d.Slides)-1].Props["title"])
	g.browser.hook = func(ctx context.Context, what string) error {
		if what != "capture "+last {
			return nil
		}
		<-ctx.Done() // a page that takes too long
		return context.Cause(ctx)
	}
	m, err := g.Measure(ctx, checked, func(done int) {
		if done == len(d.Slides)-1 {
			end(over)
		}
	})
	if !errors.Is(err, over) || m.Slides != len(d.Slides)-1 || len(m.Warnings) != m.Slides {
		t.Errorf("%+v, %v", m, err)
	}
}

// What a render would fail at, measuring fails at, with all slides; what may pass is a note.
func TestMeasureTellsFaultsFromBadMoments(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Size = lectern.Size{Width: 320, Height: 240}
	checked, _, err := g.Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	f := lectern.Fail(lectern.CodeCaptureFailed, "The browser ended twice.")
	f.Retryable = true
	g.browser.hook = func(_ context.Context, what string) error {
		if what == "version" {
			return nil
		}
		return f
	}
	m, err := g.Measure(t.Context(), checked, nil)
	if err != nil || m.Slides != 0 || len(m.Warnings) != len(d.Slides) || m.Warnings[1].Slide != 2 || m.Warnings[1].Code != "not_measured" {
		t.Errorf("%+v, %v", m, err)
	}
	f.Retryable = false
	_, err = g.Measure(t.Context(), checked, nil)
	if got := lectern.AsFailure(err); got.Code != lectern.CodeCaptureFailed || got.Slide != 1 || len(got.Causes) != len(d.Slides)-1 {
		t.Errorf("%+v", got)
	}
}
