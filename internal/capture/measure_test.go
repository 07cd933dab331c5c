package capture

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"lectern"
)

// If the cache has lost the list of what does not fit, but not the picture, the page is drawn again.
func TestALostOverflowListIsMadeAgain(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	d.Slides = d.Slides[:1]
	g.browser.overflow = []lectern.Overflow{{Element: "title", Hidden: 1, Total: 2, Unit: "characters"}}
	for range 2 {
		m, err := g.Measure(t.Context(), g.cache, d, nil)
		if err != nil || len(m.Warnings) != 1 {
			t.Fatalf("%+v, %v", m, err)
		}
		sh, err := g.Sheet(t.Context(), d, 0, &Pictures{})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.cache.Drop(sh.Key + overflowEnding); err != nil {
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
	m, err := g.Measure(t.Context(), g.cache, d, nil)
	if err != nil || m.Slides != 0 || len(m.Warnings) != 1 || m.Warnings[0].Code != "not_measured" ||
		!strings.Contains(m.Warnings[0].Message, "There is no Chromium.") {
		t.Errorf("%+v, %v", m, err)
	}
}

// If its context ends, Measure returns the slides that it has measured.
func TestACanceledMeasureReturnsItsResults(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	g.browser.overflow = []lectern.Overflow{{Element: "title"}}
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
	m, err := g.Measure(ctx, g.cache, d, func(done int) {
		if done == len(d.Slides)-1 {
			end(over)
		}
	})
	if !errors.Is(err, over) || m.Slides != len(d.Slides)-1 || len(m.Warnings) != m.Slides {
		t.Errorf("%+v, %v", m, err)
	}
}

// The error of Measure contains the failures of all slides. A retryable failure is only a warning.
func TestMeasureWarnsOfRetryableFailures(t *testing.T) {
	t.Parallel()
	g, d := newRig(t), talk()
	f := lectern.Fail(lectern.CodeCaptureFailed, "The browser ended twice.")
	f.Retryable = true
	g.browser.hook = func(_ context.Context, what string) error {
		if what == "version" {
			return nil
		}
		return f
	}
	m, err := g.Measure(t.Context(), g.cache, d, nil)
	if err != nil || m.Slides != 0 || len(m.Warnings) != len(d.Slides) || m.Warnings[1].Slide != 2 ||
		m.Warnings[1].Code != "not_measured" {
		t.Errorf("%+v, %v", m, err)
	}
	f.Retryable = false
	_, err = g.Measure(t.Context(), g.cache, d, nil)
	if got := lectern.AsFailure(err); got.Code != lectern.CodeCaptureFailed || got.Slide != 1 ||
		len(got.Causes) != len(d.Slides)-1 {
		t.Errorf("%+v", got)
	}
}
