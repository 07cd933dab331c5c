package job

import (
	"context"
	"sync"
)

// tracker counts running operations. Unlike a sync.WaitGroup it refuses new ones once a caller waits, so that no late
// one escapes the wait.
type tracker struct {
	mu      sync.Mutex
	n       int
	closing bool
	idle    chan struct{} // made with closing; closed when n is 0
}

// enter counts one more operation and returns true. Once the tracker is closing, it returns false.
func (t *tracker) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing {
		return false
	}
	t.n++
	return true
}

func (t *tracker) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n--
	if t.closing && t.n == 0 {
		close(t.idle)
	}
}

// spawn runs f in a goroutine that the tracker counts. Once the tracker is closing, it returns false and does not run
// f.
func (t *tracker) spawn(f func()) bool {
	if !t.enter() {
		return false
	}
	go func() {
		defer t.leave()
		f()
	}()
	return true
}

// close refuses newcomers and waits for the rest until ctx ends. It may be called again.
func (t *tracker) close(ctx context.Context) error {
	t.mu.Lock()
	if !t.closing {
		t.closing = true
		t.idle = make(chan struct{})
		if t.n == 0 {
			close(t.idle)
		}
	}
	idle := t.idle
	t.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
