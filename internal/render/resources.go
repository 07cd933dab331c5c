package render

import (
	"context"
	"runtime"

	"golang.org/x/sync/semaphore"
)

// Slots says how much may be done at once in a process. Zero fields get defaults that fit the machine.
type Slots struct {
	Encoders int // cores that encoders may use together; default: all
	Tabs     int // pages in the browser; default 2
	Voices   int // narrations being spoken; default: half the cores, at least 2
}

// Resources are shared by all presentations of a process. Whoever waits longest is served first.
type Resources struct {
	slots    Slots
	encoders *semaphore.Weighted
	tabs     *semaphore.Weighted
	voices   *semaphore.Weighted
}

// NewResources makes the slots.
func NewResources(s Slots) *Resources {
	if s.Encoders <= 0 {
		s.Encoders = runtime.NumCPU()
	}
	if s.Tabs <= 0 {
		s.Tabs = 2
	}
	if s.Voices <= 0 {
		s.Voices = max(runtime.NumCPU()/2, 2)
	}
	return &Resources{slots: s, encoders: semaphore.NewWeighted(int64(s.Encoders)),
		tabs: semaphore.NewWeighted(int64(s.Tabs)), voices: semaphore.NewWeighted(int64(s.Voices))}
}

// with does something while it has n slots of s.
func with(ctx context.Context, s *semaphore.Weighted, n int, do func() error) error {
	if err := s.Acquire(ctx, int64(n)); err != nil {
		return context.Cause(ctx)
	}
	defer s.Release(int64(n))
	return do()
}

// share is how many encoder slots one encode of a presentation with n of them takes, and so how many threads it uses: all of
// them for a single one, one where there are enough to keep the machine busy.
func (r *Resources) share(n int) int {
	return max(1, r.slots.Encoders/max(1, min(n, r.slots.Encoders)))
}
