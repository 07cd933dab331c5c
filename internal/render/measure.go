package render

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"lectern"
)

// Measured says what came of measuring a deck.
type Measured struct {
	Slides   int               // how many slides were measured
	Warnings []lectern.Warning // by slide; without those of Check
}

// Measure draws the slides of a settled deck in order, as a run does, and says what does not fit on them. The
// pictures go into the cache, where a later run finds them. each hears of every slide that is done; nil: nobody
// listens. It is called by several goroutines.
//
// Where there is no Chromium nothing is measured, and a warning says so. A slide whose picture fails for a reason
// that may pass is not counted, and a warning says so. A slide that a run would fail at is a failure, with those of
// other slides as its causes. When ctx ends, Measure returns what was measured so far with the cause.
func (p *Pipeline) Measure(ctx context.Context, d lectern.Deck, each func(done int)) (Measured, error) {
	if _, err := p.Browser.Version(ctx); err != nil {
		if ctx.Err() != nil {
			return Measured{}, context.Cause(ctx)
		}
		f := lectern.AsFailure(orElse(err, lectern.CodeCaptureFailed, "The browser could not be started."))
		return Measured{Warnings: []lectern.Warning{{Code: "not_measured",
			Message: "No slide was measured, so that text that does not fit is not known yet: " + f.Message}}}, nil
	}
	dir, err := os.MkdirTemp("", "lectern-pictures-")
	if err != nil {
		return Measured{}, failed(ctx, err, 0)
	}
	defer os.RemoveAll(dir)
	pictures, err := p.prefetch(ctx, d, dir)
	if err != nil {
		return Measured{}, err
	}
	cache, release := p.Cache()
	defer release()
	m := &measuring{drawer: p.drawer(), deck: d, cache: cache, pictures: pictures, each: each}
	var wg sync.WaitGroup
	for range min(p.Resources.slots.Tabs, len(d.Slides)) {
		wg.Go(func() { m.work(ctx) })
	}
	wg.Wait()
	slices.SortStableFunc(m.done.Warnings, func(a, b lectern.Warning) int { return a.Slide - b.Slide })
	slices.SortFunc(m.faults, func(a, b *lectern.Failure) int { return a.Slide - b.Slide })
	switch {
	case len(m.faults) > 0:
		return m.done, joinFailures(m.faults)
	case m.done.Slides < len(d.Slides) && ctx.Err() != nil:
		return m.done, context.Cause(ctx)
	}
	return m.done, nil
}

// measuring is one call of Measure.
type measuring struct {
	drawer
	deck       lectern.Deck
	cache      Cache
	pictures   *gallery
	each       func(done int)
	background pageBackground
	next       atomic.Int64

	mu     sync.Mutex
	done   Measured
	faults []*lectern.Failure
}

// work measures slides until there are no more.
func (m *measuring) work(ctx context.Context) {
	for ctx.Err() == nil {
		i := int(m.next.Add(1)) - 1
		if i >= len(m.deck.Slides) {
			return
		}
		var warnings []lectern.Warning
		err := guardOn(i+1, func() (err error) {
			warnings, err = m.slide(ctx, i)
			return err
		})
		if !m.note(ctx, i+1, warnings, err) {
			return
		}
	}
}

// note keeps what came of a slide, and reports whether to go on.
func (m *measuring) note(ctx context.Context, slide int, warnings []lectern.Warning, err error) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		err = failed(ctx, err, slide)
		if ctx.Err() != nil {
			return false
		}
		if f := lectern.AsFailure(err); f.Retryable {
			m.done.Warnings = append(m.done.Warnings, lectern.Warning{Code: "not_measured", Slide: slide,
				Message: "The slide was not measured: " + f.Message})
		} else if m.faults = append(m.faults, f); len(m.faults) >= maxCauses {
			return false
		}
		return true
	}
	m.done.Slides++
	m.done.Warnings = append(m.done.Warnings, warnings...)
	if m.each != nil {
		m.each(m.done.Slides)
	}
	return true
}

// slide measures slide i.
func (m *measuring) slide(ctx context.Context, i int) ([]lectern.Warning, error) {
	sh, err := m.sheet(ctx, m.deck, i, m.pictures)
	if err != nil {
		return nil, err
	}
	if _, ok := m.cache.Get(sh.key + ".png"); !ok {
		write := func(path string) error {
			return guard(func() error { return m.draw(ctx, m.cache, m.deck.Size, sh, &m.background, path, nil) })
		}
		if _, err := m.cache.Make(ctx, sh.key+".png", write); err != nil {
			return nil, err
		}
	}
	return m.lacking(ctx, m.cache, sh, i+1)
}

// lacking warns of what does not fit on a slide whose picture is in the cache.
func (p drawer) lacking(ctx context.Context, cache Cache, sh sheet, slide int) ([]lectern.Warning, error) {
	// The two files are written together, but the cache may have let go of this one.
	path, err := cache.Make(ctx, sh.key+".json", func(path string) error {
		return p.tabs.Do(ctx, 1, func() error {
			c, err := p.browser.Capture(ctx, sh.page, sh.assets)
			if err != nil {
				return orElse(err, lectern.CodeCaptureFailed, "The browser could not draw the slide.")
			}
			return writeOverflow(path, c.Overflow)
		})
	})
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	var list []lectern.Overflow
	if err != nil || json.Unmarshal(b, &list) != nil {
		_ = cache.Drop(sh.key + ".json") // damaged; the next look at the slide measures it again
		return []lectern.Warning{{Code: "not_measured", Slide: slide,
			Message: "What does not fit on the slide could not be read."}}, nil
	}
	var warnings []lectern.Warning
	for _, o := range list {
		warnings = append(warnings, overflowing(sh.page, slide, o))
	}
	return warnings, nil
}

// overflowing is the warning of an element that does not fit.
func overflowing(page lectern.Page, slide int, o lectern.Overflow) lectern.Warning {
	w := lectern.Warning{Code: "text_overflow", Slide: slide}
	name := o.Element
	if prop, ok := page.Props[o.Element]; ok {
		name = prop
		w.Param = fmt.Sprintf("slides[%d].props.%s", slide-1, prop)
	}
	switch {
	case o.Unit == unitBroken:
		w.Message = fmt.Sprintf("Of %q, %d of %d lines are too long for one line, even in the smallest type, and go on in the next. "+
			"Break them where you want them broken.", name, o.Hidden, o.Total)
	case o.Hidden > 0 && o.Total > 0:
		w.Message = fmt.Sprintf("Of %q, %d of %d %s do not fit, even in the smallest type. Shorten it, or move some of it to another slide.",
			name, o.Hidden, o.Total, o.Unit)
	default:
		w.Message = fmt.Sprintf("The text of %q does not fit, even in the smallest type. Shorten it, or move some of it to another slide.", name)
	}
	return w
}

// unitBroken is the unit of lines that had to be broken, though nothing of them is lost.
const unitBroken = "broken lines"
