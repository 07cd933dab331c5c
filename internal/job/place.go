package job

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"lectern"
)

// Place is where a presentation stands in the queue.
type Place struct {
	Position int           // 1: next
	Ahead    time.Duration // estimated video of those before it
}

// Waiting is a presentation that waits, in the order of the queue.
type Waiting struct {
	ID       string
	Estimate time.Duration
}

// Pace describes the runs under way and the recent speed of rendering.
type Pace struct {
	Took    time.Duration // of presentations that were rendered lately, in one run each
	Made    time.Duration // the estimated video of the same presentations
	Running []Running
}

// Running is a presentation that is being rendered.
type Running struct {
	Started   time.Time
	Heartbeat time.Time
	ETA       time.Duration // at Heartbeat; 0: unknown
	Estimate  time.Duration // of its video
}

// begin estimates when the run of a waiting presentation begins: ahead is the estimated video of those before it in the
// queue, and slots is how many runs there are at once. Its error is about as large as that of the estimates; not ok:
// there are no slots, or too little was measured yet.
//
// The work ahead is treated like a liquid: it spreads over all slots, each from the time when it becomes free.
func (p Pace) begin(ahead time.Duration, slots int, now time.Time) (at time.Time, ok bool) {
	if slots <= 0 {
		return time.Time{}, false
	}
	factor := 0.0
	if p.Made > 0 {
		factor = float64(p.Took) / float64(p.Made)
	}
	var left []time.Duration // of the slots that are taken
	for _, r := range p.Running {
		l, known := r.left(factor, now)
		if !known {
			return time.Time{}, false
		}
		left = append(left, l)
	}
	slices.Sort(left)
	if n := len(left) - slots; n > 0 { // runs of a node that is gone, or that now has fewer slots
		left = left[n:]
	}
	free := make([]time.Duration, max(slots-len(left), 0), slots)
	left = append(free, left...)
	if factor == 0 && ahead > 0 {
		return time.Time{}, false
	}
	work := time.Duration(min(float64(ahead)*factor, float64(farthest)))
	level := left[0]
	for i := 1; i <= len(left); i++ {
		if i == len(left) || work <= time.Duration(i)*(left[i]-level) {
			level += work / time.Duration(i)
			break
		}
		work -= time.Duration(i) * (left[i] - level)
		level = left[i]
	}
	return now.Add(level), true
}

// farthest bounds the estimates, so that they do not overflow.
const farthest = 365 * 24 * time.Hour

// left returns how much longer r runs; not ok: unknown.
func (r Running) left(factor float64, now time.Time) (time.Duration, bool) {
	switch {
	case r.ETA > 0:
		return max(r.ETA-now.Sub(r.Heartbeat), 0), true
	case factor > 0 && r.Estimate > 0:
		return max(time.Duration(min(float64(r.Estimate)*factor, float64(farthest)))-now.Sub(r.Started), 0), true
	}
	return 0, false
}

// paceAge is how long a measured pace is used.
const paceAge = time.Second

// pacer caches the pace for a moment, so that many callers who want their place cause one measurement. It holds no lock
// during the query (J14): callers that come at the same time share one answer.
type pacer struct {
	last  atomic.Pointer[measured]
	asked singleflight.Group
}

// measured is a pace as it was at a time.
type measured struct {
	at    time.Time
	pace  Pace
	slots int
}

func (s *Service) pace(ctx context.Context) (Pace, int, error) {
	if m := s.pacer.last.Load(); m != nil && time.Since(m.at) < paceAge {
		return m.pace, m.slots, nil
	}
	answer := s.pacer.asked.DoChan("", func() (any, error) {
		m, err := s.measure(context.WithoutCancel(ctx)) // other callers may wait for it when this one has left
		if err == nil {
			s.pacer.last.Store(m)
		}
		return m, err
	})
	select {
	case <-ctx.Done():
		return Pace{}, 0, ctx.Err()
	case r := <-answer:
		if r.Err != nil {
			return Pace{}, 0, r.Err
		}
		m := r.Val.(*measured)
		return m.pace, m.slots, nil
	}
}

// measure asks the store for the pace, and the peers for their workers.
func (s *Service) measure(ctx context.Context) (*measured, error) {
	slots := s.opt.Workers
	if s.opt.Idle {
		slots = 0
	}
	if s.opt.Peers != nil {
		var err error
		if slots, err = s.opt.Peers.Workers(ctx); err != nil {
			return nil, err
		}
	}
	p, err := s.opt.Store.Pace(ctx)
	if err != nil {
		return nil, err
	}
	return &measured{at: time.Now(), pace: p, slots: slots}, nil
}

// placed returns p with its place in the queue and the expected start of its work, as they are now; neither is
// versioned. It returns p unchanged if p does not wait, has begun meanwhile, or its place cannot be read: a missing
// place is no reason to fail.
func (s *Service) placed(ctx context.Context, p lectern.Presentation) lectern.Presentation {
	if p.Status != lectern.StatusQueued {
		return p
	}
	place, ok, err := s.opt.Store.Place(ctx, p.ID)
	if err != nil || !ok {
		return p
	}
	return s.foreseen(ctx, p, place)
}

// foreseen returns p with place and the start that follows from it.
func (s *Service) foreseen(ctx context.Context, p lectern.Presentation, place Place) lectern.Presentation {
	p.QueuePosition = place.Position
	if pace, slots, err := s.pace(ctx); err == nil {
		if at, ok := pace.begin(place.Ahead, slots, s.now()); ok {
			p.StartAt = at
		}
	}
	return p
}

// Up to fewPlaces places are read one by one. For more, the queue is read once, up to maxWaiting presentations.
const (
	fewPlaces  = 4
	maxWaiting = 10_000
)

// placedAll is placed for a page of a list.
func (s *Service) placedAll(ctx context.Context, page []lectern.Presentation) []lectern.Presentation {
	queued := 0
	for _, p := range page {
		if p.Status == lectern.StatusQueued {
			queued++
		}
	}
	places := map[string]Place{}
	if queued > fewPlaces {
		waiting, err := s.opt.Store.Waiting(ctx, maxWaiting)
		if err != nil {
			return page
		}
		var ahead time.Duration
		for i, w := range waiting {
			places[w.ID] = Place{i + 1, ahead}
			ahead += w.Estimate
		}
	}
	for i, p := range page {
		if place, ok := places[p.ID]; ok && p.Status == lectern.StatusQueued {
			page[i] = s.foreseen(ctx, p, place)
		} else if queued <= fewPlaces {
			page[i] = s.placed(ctx, p)
		}
	}
	return page
}
