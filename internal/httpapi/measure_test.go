package httpapi_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/httpapi"
)

// measurer is a Measurer made of a function.
type measurer func(ctx context.Context, d lectern.Deck) (int, []lectern.Warning, error)

func (m measurer) Measure(ctx context.Context, d lectern.Deck) (int, []lectern.Warning, error) {
	return m(ctx, d)
}

const threeSlides = `{"slides":[{"template":"title"},{"template":"title"},{"template":"title"}]}`

// A dry run returns how many slides it measured and what does not fit on them.
func TestV3DryRunMeasures(t *testing.T) {
	t.Parallel()
	tooMuch := lectern.Warning{Code: "text_overflow", Slide: 2, Param: "slides[1].props.items",
		Message: "Of \"items\", 12 of 30 items do not fit."}
	for name, c := range map[string]struct {
		time    time.Duration
		measure httpapi.Measurer
		want    int
		note    string
	}{
		"all": {time.Hour, measurer(func(_ context.Context, d lectern.Deck) (int, []lectern.Warning, error) {
			return len(d.Slides), []lectern.Warning{tooMuch}, nil
		}), 3, "text_overflow"},
		"as many as the time allows": {time.Millisecond,
			measurer(func(ctx context.Context, _ lectern.Deck) (int, []lectern.Warning, error) {
				<-ctx.Done()
				return 2, []lectern.Warning{tooMuch}, context.Cause(ctx)
			}), 2, "text_overflow"},
		"no browser": {time.Hour, nil, 0, "not_measured"},
		"turned off": {0, measurer(func(context.Context, lectern.Deck) (int, []lectern.Warning, error) {
			panic("it is turned off")
		}), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(o *httpapi.Options) { o.CheckTime, o.Measure = c.time, c.measure })
			a := r.post("/v1/presentations?dry_run=true", threeSlides)
			if a.status != 200 {
				t.Fatalf("%d %s", a.status, a.body)
			}
			v := decode[httpapi.Checked](t, a)
			var codes []string
			for _, w := range v.Warnings {
				codes = append(codes, w.Code)
			}
			if v.Measured != c.want || v.Slides != 3 || strings.Join(codes, " ") != c.note {
				t.Errorf("%d of %d slides measured, with %v", v.Measured, v.Slides, codes)
			}
			if c.want > 0 && (len(v.Outline[1].Warnings) != 1 || v.Outline[1].Warnings[0] != tooMuch) {
				t.Errorf("the second slide has %v", v.Outline[1].Warnings)
			}
		})
	}
}

// A slide that a render would fail at is a fault in a dry run too.
func TestDryRunRefusesFaultsFoundByMeasuring(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) {
		o.CheckTime, o.Measure = time.Hour, measurer(func(context.Context, lectern.Deck) (int, []lectern.Warning, error) {
			return 1, nil, lectern.Fail(lectern.CodeAssetRefused, "The picture is damaged.").At(2)
		})
	})
	if a := r.post("/v1/presentations?dry_run=true", threeSlides); a.status/100 != 4 ||
		!strings.Contains(a.body, "The picture is damaged.") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Dry runs and previews have two places together: of three dry runs, the third measures when one of the others ends.
func TestDryRunsCannotCrowdOutPresentations(t *testing.T) {
	t.Parallel()
	busy, free := make(chan struct{}), make(chan struct{})
	r := newRig(t, func(o *httpapi.Options) {
		o.CheckTime, o.Measure = time.Hour,
			measurer(func(ctx context.Context, d lectern.Deck) (int, []lectern.Warning, error) {
				busy <- struct{}{}
				<-free
				return len(d.Slides), nil, nil
			})
	})
	done := make(chan int)
	for range 3 {
		go func() {
			done <- decode[httpapi.Checked](t, r.post("/v1/presentations?dry_run=true", threeSlides)).Measured
		}()
	}
	<-busy
	<-busy
	select {
	case <-busy:
		t.Error("three dry runs measure at once")
	case free <- struct{}{}: // one ends, and the third begins
		<-busy
	}
	close(free)
	for range 3 {
		if n := <-done; n != 3 {
			t.Errorf("%d slides measured", n)
		}
	}
}
