// Package slots bounds how much is done at once with something that is shared: cores, browser tabs, a voice engine.
//
// Waiters are served in the order in which they came, and a large request is not passed by small ones for ever. Each
// engine has slots of its own, so that one that is slow, or that refuses and is asked again later, delays nobody who
// uses another. A slot is held while work is done and never while a caller waits for its next attempt.
package slots

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// Slots is a semaphore that knows how much of it is in use. It is safe for concurrent use.
type Slots struct {
	weighted *semaphore.Weighted
	name     string
	capacity int
	inUse    atomic.Int64
	waiting  atomic.Int64
}

// New makes capacity slots, at least one. The name is for metrics.
func New(name string, capacity int) *Slots {
	capacity = max(capacity, 1)
	return &Slots{weighted: semaphore.NewWeighted(int64(capacity)), name: name, capacity: capacity}
}

// Do does something while it holds n slots. Where ctx ends before they are free, Do returns its cause and does nothing.
func (s *Slots) Do(ctx context.Context, n int, do func() error) error {
	s.waiting.Add(int64(n))
	err := s.weighted.Acquire(ctx, int64(n))
	s.waiting.Add(-int64(n))
	if err != nil {
		return context.Cause(ctx)
	}
	s.inUse.Add(int64(n))
	defer func() {
		s.inUse.Add(-int64(n))
		s.weighted.Release(int64(n))
	}()
	return do()
}

// Capacity is how many slots there are.
func (s *Slots) Capacity() int { return s.capacity }

// Use is how much of something is in use.
type Use struct {
	Name     string
	Capacity int
	InUse    int
	Waiting  int // slots that were asked for and are not there
}

// Use returns what is in use now.
func (s *Slots) Use() Use {
	return Use{s.name, s.capacity, int(s.inUse.Load()), int(s.waiting.Load())}
}
