package capture

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"lectern"
	"lectern/internal/fail"
)

// Measured is the result of measuring a deck.
type Measured struct {
	Slides   int               // how many slides were measured
	Warnings []lectern.Warning // in the order of the slides; without those of the check
}

// Measure draws the slides of a checked deck in order, as a run does, and reports what does not fit on them. The
// pictures are stored in the cache, where a later run finds them. each is called with the number of finished slides, by
// several goroutines; it may be nil.
//
// Without Chromium no slide is measured, and a warning says so. A slide that fails with a retryable failure is not
// counted, and a warning says so. Another failure is returned, with those of other slides as its causes. If ctx ends,
// Measure returns the result so far, and the cause.
func (c *Capturer) Measure(ctx context.Context, cache Cache, d lectern.Deck, each func(done int)) (Measured, error) {
	if _, err := c.o.Browser.Version(ctx); err != nil {
		if ctx.Err() != nil {
			return Measured{}, context.Cause(ctx)
		}
		f := lectern.AsFailure(fail.Else(err, lectern.CodeCaptureFailed, "The browser could not be started."))
		return Measured{Warnings: []lectern.Warning{{Code: "not_measured",
			Message: "No slide was measured, so text that does not fit is found only in a render: " + f.Message}}}, nil
	}
	dir, err := os.MkdirTemp("", "lectern-pictures-")
	if err != nil {
		return Measured{}, fail.On(ctx, err, 0)
	}
	defer os.RemoveAll(dir)
	pictures, err := c.Load(ctx, d, dir)
	if err != nil {
		return Measured{}, err
	}
	m := &measuring{Capturer: c, deck: d, cache: cache, pictures: pictures, each: each}
	var wg sync.WaitGroup
	for range min(c.o.Tabs.Capacity(), len(d.Slides)) {
		wg.Go(func() { m.work(ctx) })
	}
	wg.Wait()
	slices.SortStableFunc(m.done.Warnings, func(a, b lectern.Warning) int { return a.Slide - b.Slide })
	slices.SortFunc(m.faults, func(a, b *lectern.Failure) int { return a.Slide - b.Slide })
	switch {
	case len(m.faults) > 0:
		return m.done, fail.Join(m.faults)
	case m.done.Slides < len(d.Slides) && ctx.Err() != nil:
		return m.done, context.Cause(ctx)
	}
	return m.done, nil
}

// measuring is one call of Measure.
type measuring struct {
	*Capturer
	deck       lectern.Deck
	cache      Cache
	pictures   *Pictures
	each       func(done int)
	background Backgrounds
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
		if m.deck.Slides[i].Page != nil {
			continue // a page of a file is as its author made it
		}
		var warnings []lectern.Warning
		err := fail.GuardOn(i+1, func() (err error) {
			warnings, err = m.slide(ctx, i)
			return err
		})
		if !m.note(ctx, i+1, warnings, err) {
			return
		}
	}
}

// note stores the result of a slide, and reports whether to continue with other slides.
func (m *measuring) note(ctx context.Context, slide int, warnings []lectern.Warning, err error) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		err = fail.On(ctx, err, slide)
		if ctx.Err() != nil {
			return false
		}
		if f := lectern.AsFailure(err); f.Retryable {
			m.done.Warnings = append(m.done.Warnings, lectern.Warning{Code: "not_measured", Slide: slide,
				Message: "The slide was not measured: " + f.Message})
		} else if m.faults = append(m.faults, f); len(m.faults) >= fail.MaxCauses {
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
	sh, err := m.Sheet(ctx, m.deck, i, m.pictures)
	if err != nil {
		return nil, err
	}
	if _, ok := m.cache.Get(sh.Key + pictureEnding); !ok {
		write := func(path string) error {
			return fail.Guard(func() error { return m.Draw(ctx, m.cache, m.deck.Size, sh, &m.background, path, nil) })
		}
		if _, err := m.cache.Make(ctx, sh.Key+pictureEnding, write); err != nil {
			return nil, err
		}
	}
	return m.Overflow(ctx, m.cache, sh, i+1)
}

// Overflow returns the warnings of what does not fit on a slide whose picture is in the cache.
func (c *Capturer) Overflow(ctx context.Context, cache Cache, sh Sheet, slide int) ([]lectern.Warning, error) {
	// The picture and this list are written together, but the cache may have evicted the list.
	path, err := cache.Make(ctx, sh.Key+overflowEnding, func(path string) error {
		return c.o.Tabs.Do(ctx, 1, func() error {
			shot, err := c.shoot(ctx, sh)
			if err != nil {
				return err
			}
			return writeOverflow(path, shot.Overflow)
		})
	})
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	var list []lectern.Overflow
	if err != nil || json.Unmarshal(b, &list) != nil {
		_ = cache.Drop(sh.Key + overflowEnding) // it is damaged; the next call makes it again
		return []lectern.Warning{{Code: "not_measured", Slide: slide,
			Message: "The list of what does not fit on the slide could not be read. Check the deck again."}}, nil
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
	case o.Unit == unitFormula || o.Unit == unitDiagram:
		w.Code = o.Unit + "_not_drawn"
		w.Message = fmt.Sprintf("The %s %q cannot be drawn, so its source is shown: %s.", o.Unit,
			lectern.Shorten(o.Source), strings.TrimRight(o.Why, ".: "))
	case o.Unit == unitClipped:
		w.Message = "The slide is cut off: it has more text than fits, and Marp makes no text smaller. Shorten it, or move " +
			"some of it to another slide."
	case o.Unit == unitBroken:
		w.Message = fmt.Sprintf("Of %q, %d of %d lines are too long, even in the smallest type, and were broken. To choose "+
			"the places, break the lines in the deck.", name, o.Hidden, o.Total)
	case o.Hidden > 0 && o.Total > 0:
		w.Message = fmt.Sprintf("Of %q, %d of %d %s do not fit, even in the smallest type. Shorten it, or move some of it "+
			"to another slide.", name, o.Hidden, o.Total, o.Unit)
	default:
		w.Message = fmt.Sprintf("The text of %q does not fit, even in the smallest type. Shorten it, or move some of it to "+
			"another slide.", name)
	}
	return w
}

// unitClipped is the unit of a slide that another program draws, which cuts off what does not fit.
const unitClipped = "clipped"

// The units of parts that could not be drawn.
const (
	unitFormula = "formula"
	unitDiagram = "diagram"
)

// unitBroken is the unit of lines that had to be broken. They are still shown whole.
const unitBroken = "broken lines"
