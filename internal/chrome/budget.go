package chrome

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"lectern"
)

// sampleEvery is the interval at which the use of a busy browser is measured. A picture that is finished sooner is not
// measured.
const sampleEvery = 50 * time.Millisecond

// errHeavy ends a page that used too much processor time, errBloated a browser that used too much memory.
var (
	errHeavy   = errors.New("the page used up its processor time")
	errBloated = errors.New("the browser used up its memory")
)

// usage is what all processes of a browser use.
type usage struct {
	cpu    time.Duration // since their start, including processes that have ended
	memory int64         // bytes; memory that two processes share counts twice
}

// meter bounds the cost of the pages of one browser. It measures only while pictures are taken.
//
// Processor time is divided equally among the pictures being taken, since Chromium does not say which process belongs
// to which tab. Pictures take tenths of a second, so a page that computes for seconds is soon the only one. Memory
// beyond the bound ends the whole browser at once. Each of its pages is tried again alone (see crowd), and a page that
// exceeds the bound alone fails.
type meter struct {
	memory  int64         // bytes of the whole browser
	page    time.Duration // processor time of one picture
	measure func() usage
	kill    func() // ends every process of the browser

	mu    sync.Mutex
	shots map[*charge]struct{}
	wake  chan struct{}

	bloated atomic.Bool // the browser was ended because of its memory
}

// charge is the cost of one picture so far.
type charge struct {
	used  time.Duration
	began time.Time
	end   context.CancelCauseFunc
	sole  bool // it was the only picture when the browser was ended because of its memory
}

func newMeter(o Options, measure func() usage, kill func()) *meter {
	return &meter{memory: o.Memory, page: o.Page, measure: measure, kill: kill, shots: map[*charge]struct{}{},
		wake: make(chan struct{}, 1)}
}

// enter begins to charge a picture. end is called if the picture costs too much. leave must follow.
func (m *meter) enter(end context.CancelCauseFunc) *charge {
	c := &charge{began: time.Now(), end: end}
	m.mu.Lock()
	m.shots[c] = struct{}{}
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return c
}

// leave ends the charging.
func (m *meter) leave(c *charge) {
	m.mu.Lock()
	delete(m.shots, c)
	m.mu.Unlock()
}

func (m *meter) busy() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.shots) > 0
}

// run measures until done is closed.
func (m *meter) run(done <-chan struct{}) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-m.wake:
		}
		var last usage
		var at time.Time
		tick.Reset(sampleEvery)
		for m.busy() {
			select {
			case <-done:
				return
			case now := <-tick.C:
				u := m.measure()
				spent := sampleEvery // the first measurement includes time before these pictures
				if !at.IsZero() {
					spent = u.cpu - last.cpu
				}
				m.charge(now, spent, u.memory)
				last, at = u, now
			}
		}
		tick.Reset(time.Hour)
	}
}

// charge divides the processor time since the last measurement, and ends pictures that exceed their bound.
func (m *meter) charge(now time.Time, spent time.Duration, memory int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.shots) == 0 {
		return
	}
	if m.memory > 0 && memory > m.memory {
		m.bloated.Store(true)
		for c := range m.shots {
			c.sole = len(m.shots) == 1
			c.end(errBloated)
		}
		go m.kill()
		return
	}
	share := spent / time.Duration(len(m.shots))
	for c := range m.shots {
		// A picture that has just begun is not charged for time before it.
		c.used += min(share, now.Sub(c.began)*time.Duration(runtime.GOMAXPROCS(0)))
		if m.page > 0 && c.used > m.page {
			c.end(errHeavy)
		}
	}
}

// wasSole reports whether the picture was the only one when the browser was ended because of its memory.
func (m *meter) wasSole(c *charge) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return c.sole
}

// crowd lets pictures be taken together, or one of them alone.
type crowd struct {
	places *semaphore.Weighted
	size   int64
}

func newCrowd(tabs int) crowd { return crowd{semaphore.NewWeighted(int64(tabs)), int64(tabs)} }

// join waits for a place in the browser, or for all of them; leave releases it.
func (c crowd) join(ctx context.Context, alone bool) (leave func(), err error) {
	n := int64(1)
	if alone {
		n = c.size
	}
	if err := c.places.Acquire(ctx, n); err != nil {
		return nil, context.Cause(ctx)
	}
	return func() { c.places.Release(n) }, nil
}

// tooHeavy and tooBloated return the failures of a page that costs too much.
func (b *Browser) tooHeavy(err error) *lectern.Failure {
	return lectern.Fail(lectern.CodeCaptureFailed,
		"The slide's page needs more than %g s of processor time to be drawn, the limit (chromium.page). "+
			"Use simpler or fewer drawings and effects on it.", b.o.Page.Seconds()).Because(err)
}

func (b *Browser) tooBloated(err error) *lectern.Failure {
	return lectern.Fail(lectern.CodeCaptureFailed,
		"The slide's page needs more memory in the browser than %s, the limit (chromium.memory). "+
			"Use smaller or fewer pictures on it.", bytesInWords(b.o.Memory)).Because(err)
}

// bytesInWords writes a size as the settings do.
func bytesInWords(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}} {
		if n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + " " + u.name
		}
	}
	return strconv.FormatInt(n>>10, 10) + " KiB"
}
