// Package slots bounds the concurrent uses of a shared resource: processor cores, browser tabs, a voice engine.
//
// Waiters are served in the order in which they came, so small requests do not overtake a large one for ever. Each
// engine has its own slots, so a slow or busy engine does not delay callers of another one. A caller holds a slot while
// it works, and never while it waits for the next attempt at a call.
package slots

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// Slots is a semaphore that reports its use. It is safe for concurrent use.
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

// Do waits for n slots and calls do while it holds them. If ctx ends before they are free, Do returns ctx's cause and
// does not call do.
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

// Use is the use of a resource. All numbers are slots.
type Use struct {
	Name     string
	Capacity int
	InUse    int
	Waiting  int // requested, and not free yet
}

// Use returns what is in use now.
func (s *Slots) Use() Use {
	return Use{s.name, s.capacity, int(s.inUse.Load()), int(s.waiting.Load())}
}
