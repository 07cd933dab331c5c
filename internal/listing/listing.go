// Package listing keeps what a service on a network lists: its voices, its avatars.
//
// A list is needed for every deck that is checked and for every question whether the server is ready, and changes a few
// times a year. So it is fetched once an hour. While the service is down, what was listed before is still returned, and
// the service is not asked again for a while: a dead service costs one wait, not one for each caller.
package listing

import (
	"context"
	"sync"
	"time"
)

// Options say what is listed and how long it counts. Fetch is required; zero fields have the defaults.
type Options[T any] struct {
	Fetch func(context.Context) (T, error)
	Fresh time.Duration    // how long a list is returned without asking; default 1 h
	Sulk  time.Duration    // how long after a failure nobody asks; default 30 s
	Limit time.Duration    // for one fetch, and so the longest that a caller waits; default 3 s
	Now   func() time.Time // nil: time.Now
}

// List is the newest list that is known. It is safe for concurrent use.
type List[T any] struct {
	o Options[T]

	mu    sync.Mutex // never held during a fetch
	have  T
	known bool // have is a list
	at    time.Time
	asked bool // a fetch has ended, at at
	err   error
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
	set(&o.Sulk, 30*time.Second)
	set(&o.Limit, 3*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &List[T]{o: o}
}

// Get returns the list. Callers that come while it is fetched for the first time wait together; later ones get the
// list of before. The value is shared: it must not be changed.
func (l *List[T]) Get(ctx context.Context) (T, error) {
	for {
		l.mu.Lock()
		have, known, err, busy := l.have, l.known, l.err, l.busy
		if age := l.o.Now().Sub(l.at); l.asked && (err == nil && age < l.o.Fresh || err != nil && age < l.o.Sulk) {
			l.mu.Unlock()
			if known {
				err = nil
			}
			return have, err
		}
		if busy == nil {
			busy = make(chan struct{})
			l.busy = busy
			// The fetch is everybody's: it goes on when the first caller has left.
			var fetching context.Context
			fetching, l.stop = context.WithTimeout(context.WithoutCancel(ctx), l.o.Limit)
			go l.fetch(fetching, l.stop, busy)
		}
		l.mu.Unlock()
		if known {
			return have, nil // old is better than late
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
