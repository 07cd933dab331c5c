// Package listing caches the lists of a service on a network: its voices, its avatars.
//
// Every check of a deck and every test of readiness needs a list, which changes a few times in a year. So it is fetched
// once an hour. While the service is down, the last list is still returned, and no request is sent for a while: a dead
// service costs one wait, not one for each caller.
package listing

import (
	"context"
	"sync"
	"time"
)

// Options say how to fetch a list and how long to keep it. Fetch is required; zero fields have the defaults.
type Options[T any] struct {
	Fetch func(context.Context) (T, error)
	Fresh time.Duration    // how long a list is returned without a new fetch; default 1 h
	Rest  time.Duration    // from a failed fetch to the next one; default 30 s
	Limit time.Duration    // for one fetch, and so the longest time that a caller waits; default 3 s
	Now   func() time.Time // nil: time.Now
}

// List caches the newest known list. It is safe for concurrent use.
type List[T any] struct {
	o Options[T]

	mu    sync.Mutex // never held during a fetch
	have  T          // the newest list, if known
	known bool
	at    time.Time // when the last fetch ended, if asked
	asked bool
	err   error         // of the last fetch
	busy  chan struct{} // closed when the fetch in progress has ended; nil: there is none
	stop  context.CancelFunc
}

// New makes a list. It fetches nothing yet.
func New[T any](o Options[T]) *List[T] {
	set := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	set(&o.Fresh, time.Hour)
	set(&o.Rest, 30*time.Second)
	set(&o.Limit, 3*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &List[T]{o: o}
}

// Get returns the list. During the first fetch all callers wait for it. During later fetches they get the last list.
// The value is shared and must not be changed.
func (l *List[T]) Get(ctx context.Context) (T, error) {
	for {
		l.mu.Lock()
		have, known, err, busy := l.have, l.known, l.err, l.busy
		if age := l.o.Now().Sub(l.at); l.asked && (err == nil && age < l.o.Fresh || err != nil && age < l.o.Rest) {
			l.mu.Unlock()
			if known {
				err = nil
			}
			return have, err
		}
		if busy == nil {
			busy = make(chan struct{})
			l.busy = busy
			// All callers share the fetch, so it continues if the context of this caller ends.
			var fetching context.Context
			fetching, l.stop = context.WithTimeout(context.WithoutCancel(ctx), l.o.Limit)
			go l.fetch(fetching, l.stop, busy)
		}
		l.mu.Unlock()
		if known {
			return have, nil // the last list now is better than a new one later
		}
		select {
		case <-busy:
		case <-ctx.Done():
			var none T
			return none, context.Cause(ctx)
		}
	}
}

func (l *List[T]) fetch(ctx context.Context, stop context.CancelFunc, done chan struct{}) {
	defer close(done)
	defer stop()
	list, err := l.o.Fetch(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at, l.asked, l.err, l.busy = l.o.Now(), true, err, nil
	if err == nil {
		l.have, l.known = list, true
	}
}

// Warm begins to fetch the list, so that the first caller finds it. It does not wait.
func (l *List[T]) Warm(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_, _ = l.Get(ctx)
}

// Close ends a fetch in progress and waits for it.
func (l *List[T]) Close() error {
	l.mu.Lock()
	busy, stop := l.busy, l.stop
	l.mu.Unlock()
	if busy != nil {
		stop()
		<-busy
	}
	return nil
}
