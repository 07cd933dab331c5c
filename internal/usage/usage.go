// Package usage counts what a run of a presentation uses: processor time, characters that voices spoke, clips that
// avatar services made, and what those cost at the prices that the operator set.
//
// A run puts its [Meter] into its context, and whoever uses something on its behalf adds it: internal/proc the
// processor time of a program that has ended, a voice engine's decorator the characters, an avatar engine the clips. So
// no port has a parameter for it, and what is done without a run (a check, a preview) is not counted.
//
// The processor time of the server itself, and of the browser that all presentations share, belongs to no run alone. A
// [Ledger] divides it equally among the runs of the moment.
package usage

import (
	"context"
	"sync"
	"syscall"
	"time"

	"lectern"
)

// Price is what a provider charges. The zero Price is none: nothing is known of the cost.
type Price struct {
	Micros   int64  // millionths of Currency, for a million characters or for a minute of clips
	Currency string // ISO 4217, such as EUR; "": no price
}

// Meter counts the use of one run. All methods may be called on nil, which counts nothing, and by any goroutine.
type Meter struct {
	prices map[string]Price // by provider

	mu         sync.Mutex
	cpu, video time.Duration
	characters map[string]int64
	clips      map[string]time.Duration
}

// NewMeter makes a meter with the prices of the providers that have one.
func NewMeter(prices map[string]Price) *Meter {
	return &Meter{prices: prices, characters: map[string]int64{}, clips: map[string]time.Duration{}}
}

type key struct{}

// With adds a meter to a context; nil: nothing is counted with it.
func With(ctx context.Context, m *Meter) context.Context { return context.WithValue(ctx, key{}, m) }

// From returns the meter of a context, or nil.
func From(ctx context.Context) *Meter {
	m, _ := ctx.Value(key{}).(*Meter)
	return m
}

func (m *Meter) add(do func()) {
	if m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		do()
	}
}

// CPU adds processor time.
func (m *Meter) CPU(d time.Duration) { m.add(func() { m.cpu += d }) }

// Video adds the length of a finished video.
func (m *Meter) Video(d time.Duration) { m.add(func() { m.video += d }) }

// Characters adds characters that a voice engine was given.
func (m *Meter) Characters(engine string, n int) { m.add(func() { m.characters[engine] += int64(n) }) }

// Clip adds a clip that an avatar service made.
func (m *Meter) Clip(engine string, d time.Duration) { m.add(func() { m.clips[engine] += d }) }

// Read returns what was counted until now. No figure is ever lower than at an earlier read.
func (m *Meter) Read() (c lectern.Consumption) {
	m.add(func() {
		c.CPU, c.Video = m.cpu, m.video
		for engine, n := range m.characters {
			c = c.Plus(one(m.priced(engine, lectern.ProviderUse{Characters: n})))
		}
		for engine, d := range m.clips {
			c = c.Plus(one(m.priced(engine, lectern.ProviderUse{Avatar: d})))
		}
	})
	return c
}

func one(u lectern.ProviderUse) lectern.Consumption {
	return lectern.Consumption{Providers: []lectern.ProviderUse{u}}
}

// priced completes what was used of an engine.
func (m *Meter) priced(engine string, u lectern.ProviderUse) lectern.ProviderUse {
	p := m.prices[engine]
	u.Provider, u.Currency = engine, p.Currency
	if p.Currency != "" {
		u.Cost = p.Micros*u.Characters/1_000_000 + p.Micros*u.Avatar.Milliseconds()/time.Minute.Milliseconds()
	}
	return u
}

// Ledger divides processor time that is used for several runs at once. All methods may be called on nil, which divides
// nothing, and by any goroutine.
type Ledger struct {
	sources []func() time.Duration

	mu   sync.Mutex // not held while a source is read
	last []time.Duration
	at   time.Time
	runs map[*Meter]struct{}
}

// NewLedger makes a ledger of this process's own time and of other sources, such as the browser's: each returns all the
// time that was used since its start.
func NewLedger(others ...func() time.Duration) *Ledger {
	l := &Ledger{sources: append([]func() time.Duration{own}, others...), runs: map[*Meter]struct{}{}}
	l.last = make([]time.Duration, len(l.sources))
	return l
}

// own is the processor time of this process.
func own() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Begin makes a run share what is used from now on, until end is called, once.
func (l *Ledger) Begin(m *Meter) (end func()) {
	if l == nil {
		return func() {}
	}
	l.divide(func() { l.runs[m] = struct{}{} })
	return func() { l.divide(func() { delete(l.runs, m) }) }
}

// pause is how often [Ledger.Update] divides at most: a look at the browser costs a millisecond or more.
const pause = 5 * time.Second

// Update divides what was used until now, unless that was done a moment ago. Runs call it before they report.
func (l *Ledger) Update() {
	if l == nil {
		return
	}
	l.mu.Lock()
	due := time.Since(l.at) >= pause
	if due {
		l.at = time.Now()
	}
	l.mu.Unlock()
	if due {
		l.divide(func() {})
	}
}

// divide gives each run its share of what was used since the last time, and then makes a change.
func (l *Ledger) divide(change func()) {
	now := make([]time.Duration, len(l.sources))
	for i, read := range l.sources {
		now[i] = read()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	used := time.Duration(0)
	for i, t := range now {
		if t > l.last[i] { // another may have read later and been here before
			used += t - l.last[i]
			l.last[i] = t
		}
	}
	for m := range l.runs {
		m.CPU(used / time.Duration(len(l.runs)))
	}
	change()
}
