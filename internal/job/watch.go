package job

import (
	"context"
	"iter"
	"sync"
	"time"

	"lectern"
)

// hub wakes those who watch a presentation. It carries no state: a watcher reads the store (J4), so that a slow one
// costs nobody anything and a lost wake-up costs one poll.
type hub struct {
	mu      sync.Mutex // guards waiting; held for a map access
	waiting map[string]map[chan struct{}]struct{}
}

// subscribe gives a channel that gets a signal after each commit to the presentation, and its end.
func (h *hub) subscribe(id string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting == nil {
		h.waiting = map[string]map[chan struct{}]struct{}{}
	}
	if h.waiting[id] == nil {
		h.waiting[id] = map[chan struct{}]struct{}{}
	}
	h.waiting[id][c] = struct{}{}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.waiting[id], c)
		if len(h.waiting[id]) == 0 {
			delete(h.waiting, id)
		}
	}
}

func (h *hub) notify(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.waiting[id] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// notifyAll wakes everyone: nobody knows what has changed.
func (h *hub) notifyAll() {
	h.mu.Lock()
	ids := make([]string, 0, len(h.waiting))
	for id := range h.waiting {
		ids = append(ids, id)
	}
	h.mu.Unlock()
	for _, id := range ids {
		h.notify(id)
	}
}

const (
	watchBatch = 64
	watchPoll  = 2 * time.Second // for what no signal announced: another process's commit
)

// Watch gives the presentation as it was at each stored version above after, in order and without repeats, as they
// are committed (J5). It ends after a terminal version that nothing follows, when ctx ends (silently), or with an
// error, which is its last pair: CodeNotFound for an unknown presentation or one that is removed meanwhile. The
// versions between milestones are forgotten CleanupDelay after the end.
func (s *Service) Watch(ctx context.Context, id string, after int64) iter.Seq2[lectern.Presentation, error] {
	return func(yield func(lectern.Presentation, error) bool) {
		wake, done := s.hub.subscribe(id)
		defer done()
		poll := time.NewTicker(watchPoll)
		defer poll.Stop()
		for {
			batch, err := s.opt.Store.Versions(ctx, id, after, watchBatch)
			if err != nil {
				if ctx.Err() == nil {
					yield(lectern.Presentation{}, err)
				}
				return
			}
			for _, p := range batch {
				if ctx.Err() != nil || !yield(p, nil) {
					return
				}
				after = p.Version
			}
			if len(batch) == watchBatch {
				continue
			}
			if over, err := s.over(ctx, id, after, batch); over || err != nil {
				if err != nil && ctx.Err() == nil {
					yield(lectern.Presentation{}, err)
				}
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-wake:
			case <-poll.C:
			}
		}
	}
}

// over reports whether nothing follows version after.
func (s *Service) over(ctx context.Context, id string, after int64, batch []lectern.Presentation) (bool, error) {
	if n := len(batch); n > 0 && !batch[n-1].Status.Terminal() {
		return false, nil
	}
	p, err := s.opt.Store.Get(ctx, id)
	return err == nil && p.Status.Terminal() && p.Version <= after, err
}
