package render

import (
	"context"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// Slots says how much may be done at once in a process. Zero fields get defaults that fit the machine.
type Slots struct {
	Encoders int // cores that encoders may use together; default: all
	Tabs     int // pages in the browser; default 2
	Voices   int // narrations being spoken; default: half the cores, at least 2
	Avatars  int // external renders of avatars that are awaited; default 4
}

// Resources are shared by all presentations of a process. Whoever waits longest is served first.
type Resources struct {
	slots    Slots
	encoders *resource
	tabs     *resource
	voices   *resource
	avatars  *resource
	drawn    atomic.Int64 // slides that are kept in memory for encoders
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
	if s.Avatars <= 0 {
		s.Avatars = 4
	}
	return &Resources{slots: s, encoders: newResource("encoders", s.Encoders), tabs: newResource("tabs", s.Tabs),
		voices:  newResource("voices", s.Voices),
		avatars: newResource("avatars", s.Avatars)}
}

// resource is a semaphore with fair queues that knows how much of it is in use.
type resource struct {
	*semaphore.Weighted
	name     string
	capacity int
	inUse    atomic.Int64
	waiting  atomic.Int64
}

func newResource(name string, capacity int) *resource {
	return &resource{Weighted: semaphore.NewWeighted(int64(capacity)), name: name, capacity: capacity}
}

// Use is how much of a resource is in use.
type Use struct {
	Name     string
	Capacity int
	InUse    int
	Waiting  int // slots that were asked for and are not there
}

// Uses gives what is in use of each resource.
func (r *Resources) Uses() []Use {
	var out []Use
	for _, s := range []*resource{r.encoders, r.tabs, r.voices, r.avatars} {
		out = append(out, Use{s.name, s.capacity, int(s.inUse.Load()), int(s.waiting.Load())})
	}
	return out
}

// with does something while it has n slots of s.
func with(ctx context.Context, s *resource, n int, do func() error) error {
	s.waiting.Add(int64(n))
	err := s.Acquire(ctx, int64(n))
	s.waiting.Add(-int64(n))
	if err != nil {
		return context.Cause(ctx)
	}
	s.inUse.Add(int64(n))
	defer func() {
		s.inUse.Add(-int64(n))
		s.Release(int64(n))
	}()
	return do()
}

// Tabs are the pages of the browser, for whoever draws slides.
func (r *Resources) Tabs() *Tabs { return &Tabs{r.tabs} }

// Tabs implements capture.Tabs.
type Tabs struct{ all *resource }

// Count is how many there are.
func (t *Tabs) Count() int { return t.all.capacity }

// Use calls do while it has one of them.
func (t *Tabs) Use(ctx context.Context, do func() error) error { return with(ctx, t.all, 1, do) }

// share is how many encoder slots one encode of a presentation with n of them takes, and so how many threads it uses:
// all of them for a single one, one where there are enough to keep the machine busy.
func (r *Resources) share(n int) int {
	return max(1, r.slots.Encoders/max(1, min(n, r.slots.Encoders)))
}
