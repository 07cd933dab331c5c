package job

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"lectern"
)

// hub wakes the watchers of a presentation and hands them the versions that this process committed, so that a thousand
// watchers do not each read a change from the store. It holds only what is in the store (J4), and only while there are
// watchers. A watcher that cannot find its next version here reads the store. So a slow watcher delays no other, and
// after a lost signal or a lost answer of a commit the watcher waits for its next poll.
type hub struct {
	mu      sync.Mutex // guards watched; held for a map access and a few copies
	watched map[string]*watched
}

type watched struct {
	waiting map[chan struct{}]struct{}
	recent  []lectern.Presentation // the last versions that were committed here, without a gap
}

// recentVersions is how many versions a watcher may lag before it reads the store.
const recentVersions = 32

// subscribe returns a channel that gets a signal after each commit to the presentation, and a function that ends the
// subscription.
func (h *hub) subscribe(id string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watched == nil {
		h.watched = map[string]*watched{}
	}
	w := h.watched[id]
	if w == nil {
		w = &watched{waiting: map[chan struct{}]struct{}{}}
		h.watched[id] = w
	}
	w.waiting[c] = struct{}{}
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(w.waiting, c)
		if len(w.waiting) == 0 && h.watched[id] == w {
			delete(h.watched, id)
		}
	}
}

// notify wakes the watchers of a presentation. versions are those that this process just committed, in order; without
// any, watchers read the store.
func (h *hub) notify(id string, versions ...lectern.Presentation) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.watched[id]
	if w == nil {
		return
	}
	if len(versions) == 0 {
		w.recent = nil
	}
	for _, v := range versions {
		if n := len(w.recent); n > 0 && v.Version != w.recent[n-1].Version+1 {
			w.recent = nil // another process has written in between
		}
		w.recent = append(w.recent, v)
	}
	if n := len(w.recent); n > recentVersions {
		w.recent = append([]lectern.Presentation(nil), w.recent[n-recentVersions:]...)
	}
	for c := range w.waiting {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// after returns the versions that follow version without a gap; there may be none. If known is false, the caller reads
// the store.
func (h *hub) after(id string, version int64) (next []lectern.Presentation, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.watched[id]
	if w == nil || len(w.recent) == 0 {
		return nil, false
	}
	i := version + 1 - w.recent[0].Version
	if i < 0 || i > int64(len(w.recent)) {
		return nil, false
	}
	for _, p := range w.recent[i:] {
		next = append(next, copied(p))
	}
	return next, true
}

// copied returns a copy of p. A reader who changes it changes nothing for others (J1).
func copied(p lectern.Presentation) lectern.Presentation {
	p.Metadata, p.Warnings = maps.Clone(p.Metadata), slices.Clone(p.Warnings)
	if p.Error != nil {
		f := *p.Error
		f.Causes = slices.Clone(f.Causes)
		p.Error = &f
	}
	return p
}

// notifyAll wakes all watchers. It is for when any presentation may have changed.
func (h *hub) notifyAll() {
	h.mu.Lock()
	ids := make([]string, 0, len(h.watched))
	for id := range h.watched {
		ids = append(ids, id)
	}
	h.mu.Unlock()
	for _, id := range ids {
		h.notify(id)
	}
}

const (
	watchBatch = 64
	// A watcher also reads the store once in this time, since a signal of another process may get lost. A process that is
	// alone on its store loses none.
	watchPoll      = 2 * time.Second
	watchPollAlone = time.Minute
)

// Watch returns the presentation as it was at each stored version above after, in order and without repeats, as they
// are committed (J5). It ends after a terminal version that nothing follows, when ctx ends (silently), or with an
// error, which is its last pair: CodeNotFound for an unknown presentation or one that is removed meanwhile. The
// versions between milestones are forgotten CleanupDelay after the end.
func (s *Service) Watch(ctx context.Context, id string, after int64) iter.Seq2[lectern.Presentation, error] {
	return func(yield func(lectern.Presentation, error) bool) {
		wake, done := s.hub.subscribe(id)
		defer done()
		pace := watchPollAlone
		if s.opt.Peers != nil {
			pace = watchPoll
		}
		poll := time.NewTicker(pace)
		defer poll.Stop()
		for look := true; ; {
			batch, known := s.hub.after(id, after)
			if look || !known {
				var err error
				if batch, err = s.opt.Store.Versions(ctx, id, after, watchBatch); err != nil {
					if ctx.Err() == nil {
						yield(lectern.Presentation{}, err)
					}
					return
				}
			}
			for i, p := range batch {
				if i == len(batch)-1 {
					p = s.placed(ctx, p)
				}
				if ctx.Err() != nil || !yield(p, nil) {
					return
				}
				after = p.Version
			}
			if len(batch) == watchBatch {
				continue
			}
			if look || !known || len(batch) > 0 { // otherwise the signal was for a version that it already has
				if over, err := s.over(ctx, id, after, batch); over || err != nil {
					if err != nil && ctx.Err() == nil {
						yield(lectern.Presentation{}, err)
					}
					return
				}
			}
			select {
			case <-ctx.Done():
				return
			case <-wake:
				look = false
			case <-poll.C:
				look = true
			}
		}
	}
}

// over reports whether the presentation has ended and nothing follows version after.
func (s *Service) over(ctx context.Context, id string, after int64, batch []lectern.Presentation) (bool, error) {
	if n := len(batch); n > 0 && !batch[n-1].Status.Terminal() {
		return false, nil
	}
	p, err := s.opt.Store.Get(ctx, id)
	return err == nil && p.Status.Terminal() && p.Version <= after, err
}
