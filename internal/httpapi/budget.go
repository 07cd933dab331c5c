package httpapi

import (
	"net/netip"
	"sync"
	"time"

	"lectern"
)

// later is a failure that says when the same request may succeed.
type later struct {
	*lectern.Failure
	after time.Duration
}

func (l *later) Unwrap() error { return l.Failure }

func inAWhile(after time.Duration, format string, args ...any) error {
	f := lectern.Fail(lectern.CodeRateLimited, format, args...)
	f.Retryable = true
	return &later{f, after}
}

// source returns what counts as one address: for IPv6 the network of 64 bits, which one machine usually has to itself.
func source(a netip.Addr) netip.Addr {
	if a.Is6() && !a.Is4In6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

// The pace of wrong keys from one address: wrongKeys in a row, then one every wrongKeyPace.
const (
	wrongKeys    = 10
	wrongKeyPace = 6 * time.Second
	maxSources   = 10_000 // addresses that are remembered
)

// attempts counts wrong keys by address. It is not consulted for right keys, so that nobody can lock out others who
// share the address. Each address has a token bucket, which fills with time. Beyond maxSources, full buckets are
// forgotten first.
type attempts struct {
	mu   sync.Mutex
	full map[netip.Addr]time.Time // when the bucket of an address that failed is full again
}

func newAttempts() *attempts { return &attempts{full: map[netip.Addr]time.Time{}} }

// fail counts a wrong key. It returns how long to wait before the next one; 0: the pace is not exceeded.
func (a *attempts) fail(from netip.Addr, now time.Time) time.Duration {
	from = source(from)
	a.mu.Lock()
	defer a.mu.Unlock()
	at, known := a.full[from]
	if !known && len(a.full) >= maxSources {
		a.forget(now)
	}
	if at.Before(now) {
		at = now
	}
	missing := at.Sub(now)
	if missing >= wrongKeys*wrongKeyPace {
		return missing - (wrongKeys-1)*wrongKeyPace // a refused key is not counted, so that trying does not lengthen the wait
	}
	a.full[from] = at.Add(wrongKeyPace)
	return 0
}

// forget makes room: it removes the addresses whose buckets are full and, if there are none, any one.
func (a *attempts) forget(now time.Time) {
	for from, at := range a.full {
		if !at.After(now) {
			delete(a.full, from)
		}
	}
	for from := range a.full {
		if len(a.full) < maxSources {
			return
		}
		delete(a.full, from)
	}
}

// streams counts long requests: event streams and long polls.
type streams struct {
	all, each int // the limits: of all addresses together, and of each
	mu        sync.Mutex
	now       int
	by        map[netip.Addr]int
}

func newStreams(all, each int) *streams {
	return &streams{all: all, each: each, by: map[netip.Addr]int{}}
}

// enter counts a request in, and leave counts it out. Beyond a limit, the error is a *later.
func (s *streams) enter(from netip.Addr) (leave func(), err error) {
	from = source(from)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.now >= s.all:
		return nil, inAWhile(5*time.Second, "%d event streams and long polls are open, which is the limit of this server "+
			"(limits.streams). Try again in a moment.", s.all)
	case s.by[from] >= s.each:
		return nil, inAWhile(5*time.Second, "Your address has %d event streams and long polls open, which is the limit "+
			"(limits.streams_per_address). Close one, or poll the list of presentations instead.", s.each)
	}
	s.now++
	s.by[from]++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
		if s.by[from]--; s.by[from] == 0 {
			delete(s.by, from)
		}
	}, nil
}
