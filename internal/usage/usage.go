// Package usage counts what a run of a presentation uses: processor time, characters that voices spoke, clips that
// avatar services made, and their cost at the operator's prices.
//
// A run puts its [Meter] into its context, and the code that uses something adds it to that meter: internal/proc adds
// the processor time of a program that has ended, the decorator of a voice engine adds characters, an avatar engine
// adds clips. So no port needs a parameter for the meter. Work without a run, such as a check or a preview, is not
// counted.
//
// The processor time of the server process, and of the browser that all presentations share, belongs to no single run.
// A [Ledger] divides it equally among the runs that are active.
package usage

import (
	"context"
	"sync"
	"syscall"
	"time"

	"lectern"
)

// Price is what a provider charges. The zero Price means that the price is not known.
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

// With returns ctx with a meter. A nil meter counts nothing.
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

// Characters adds characters that were sent to a voice engine.
func (m *Meter) Characters(engine string, n int) { m.add(func() { m.characters[engine] += int64(n) }) }

// Clip adds a clip that an avatar service made.
func (m *Meter) Clip(engine string, d time.Duration) { m.add(func() { m.clips[engine] += d }) }

// Read returns what was counted until now. The figures never decrease.
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

// priced adds the engine's name and the cost to u.
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

	mu   sync.Mutex      // not held while a source is read
	last []time.Duration // what each source returned at the last division
	at   time.Time       // of the last Update that divided
	runs map[*Meter]struct{}
}

// NewLedger makes a ledger that divides the processor time of this process and of other sources, such as the browser.
// Each source returns the time that it has used since its start.
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

// Begin adds a run, which gets a share of the time that is used from now on. The caller calls end once, at the run's
// end.
func (l *Ledger) Begin(m *Meter) (end func()) {
	if l == nil {
		return func() {}
	}
	l.divide(func() { l.runs[m] = struct{}{} })
	return func() { l.divide(func() { delete(l.runs, m) }) }
}

// pause is the shortest time between two divisions by [Ledger.Update], since reading the browser's time takes a
// millisecond or more.
const pause = 5 * time.Second

// Update divides the time that was used until now, unless another Update did so less than pause ago. Runs call it
// before they report.
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

// divide adds to each run its share of the time that was used since the last division, and then calls change with the
// lock held.
func (l *Ledger) divide(change func()) {
	now := make([]time.Duration, len(l.sources))
	for i, read := range l.sources {
		now[i] = read()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	used := time.Duration(0)
	for i, t := range now {
		if t > l.last[i] { // else another call, which read the source later, came first
			used += t - l.last[i]
			l.last[i] = t
		}
	}
	for m := range l.runs {
		m.CPU(used / time.Duration(len(l.runs)))
	}
	change()
}
