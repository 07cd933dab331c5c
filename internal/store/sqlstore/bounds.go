package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/sqlstore/rows"
)

// tally is what a transaction knows of the store's load, read once, and how it changes that load.
type tally struct {
	locked  bool  // stored was read, and other transactions that change it wait for the end of this one
	stored  int64 // bytes of all decks before the transaction: the total
	delta   int64 // what the transaction adds to the total
	written int64 // how much of delta is in the total already
	queued  int64 // presentations that wait; -1: not counted
}

// addOrdered adds estimate to what a key has ordered. With keyID "" it does nothing.
func (w *writer) addOrdered(ctx context.Context, keyID string, at time.Time, estimate time.Duration) error {
	if keyID == "" {
		return nil
	}
	return w.q.AddKeyUsage(ctx, rows.AddKeyUsageParams{KeyID: keyID, At: micros(usageRow(at)),
		Estimate: estimate.Microseconds()})
}

// judge checks a creation or a retry against its bounds. size is how many bytes of decks it adds. Transactions wait for
// each other here, so that two at the same time cannot both take the last place.
func (w *writer) judge(ctx context.Context, b job.Bounds, size int64) (refused, err error) {
	if !w.tally.locked {
		if err := w.lock(ctx, size); err != nil {
			return nil, err
		}
	}
	l := job.Load{Stored: w.tally.stored + w.tally.delta + size}
	if b.Limits.Queued > 0 {
		if w.tally.queued < 0 {
			if w.tally.queued, err = w.q.CountWaiting(ctx); err != nil {
				return nil, err
			}
		}
		l.Queued = int(w.tally.queued)
	}
	if q := b.Quota; b.KeyID != "" && (q.Running > 0 || q.Queued > 0) {
		if err := countOf(ctx, w.q, b.KeyID, &l.Key); err != nil {
			return nil, err
		}
	}
	if b.KeyID != "" && b.Quota.Minutes > 0 {
		if err := ordered(ctx, w.q, b.KeyID, b.Since(), &l.Key); err != nil {
			return nil, err
		}
	}
	return b.Judge(l), nil
}

// lock reads the total and locks it for this transaction. It already adds what the creation most likely adds, which
// spares a query at the end; settle subtracts it if the creation is refused.
func (w *writer) lock(ctx context.Context, size int64) error {
	add := w.tally.delta + size
	total, err := w.q.AddToTotal(ctx, add)
	if err != nil {
		return err
	}
	w.tally.locked, w.tally.stored, w.tally.written = true, total-add, add
	return nil
}

// counted updates the number of presentations that wait after one has changed its status.
func (w *writer) counted(before, after lectern.Status) {
	if w.tally.queued < 0 {
		return
	}
	if before == lectern.StatusQueued {
		w.tally.queued--
	}
	if after == lectern.StatusQueued {
		w.tally.queued++
	}
}

// counts keeps the totals between transactions where no other process writes. A transaction takes them and puts them
// back when it commits; after a failed one they are counted again.
type counts struct {
	mu    sync.Mutex
	known bool
	tally tally
}

func (c *counts) take() tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known {
		return tally{queued: -1}
	}
	c.known = false
	return c.tally
}

func (c *counts) put(t tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.stored, t.delta, t.written = t.stored+t.delta, 0, 0
	c.tally, c.known = t, true
}

// usageRow returns the end of the five minutes that include at. An order counts for a day from this time, and so for up
// to five minutes more than a day.
func usageRow(at time.Time) time.Time { return at.Truncate(5 * time.Minute).Add(5 * time.Minute) }

// settle writes what the transaction changes of the total.
func (w *writer) settle(ctx context.Context) error {
	rest := w.tally.delta - w.tally.written
	if rest == 0 {
		return nil
	}
	_, err := w.q.AddToTotal(ctx, rest)
	return err
}

// purge removes the rows of a presentation that is marked for removal. Its assets were used until at.
func (w *writer) purge(ctx context.Context, id string, at time.Time) error {
	size, err := w.q.GetDeckSize(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		size, err = 0, nil
	}
	if err != nil {
		return err
	}
	w.tally.delta -= size
	if err := w.q.UseAssetsOf(ctx, rows.UseAssetsOfParams{UsedAt: micros(at), PresentationID: id}); err != nil {
		return err
	}
	return w.q.DeletePresentation(ctx, id)
}

// countOf sets in u how many presentations of a key are queued and running.
func countOf(ctx context.Context, q *rows.Queries, keyID string, u *lectern.Usage) error {
	list, err := q.CountOfKey(ctx, keyID)
	for _, r := range list {
		switch lectern.Status(r.Status) {
		case lectern.StatusQueued:
			u.Queued = int(r.Number)
		case lectern.StatusProcessing:
			u.Running = int(r.Number)
		}
	}
	return err
}

// ordered sets in u what a key has ordered after since, and when the oldest of these orders stops counting.
func ordered(ctx context.Context, q *rows.Queries, keyID string, since time.Time, u *lectern.Usage) error {
	sum, err := q.GetKeyUsage(ctx, rows.GetKeyUsageParams{KeyID: keyID, At: micros(since)})
	u.Ordered = time.Duration(sum.Estimate) * time.Microsecond
	if sum.Oldest > 0 {
		u.FreesAt = fromMicros(sum.Oldest).Add(lectern.UsageWindow)
	}
	return err
}

// Usage implements job.Reader.
func (s *Store) Usage(ctx context.Context, keyID string, since time.Time) (lectern.Usage, error) {
	var u lectern.Usage
	err := errors.Join(countOf(ctx, s.q, keyID, &u), ordered(ctx, s.q, keyID, since, &u))
	return u, s.failure("count what the API key has ordered", err)
}

// Place implements job.Reader.
func (s *Store) Place(ctx context.Context, id string) (job.Place, bool, error) {
	p, err := s.q.GetPlace(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return job.Place{}, false, nil
	}
	if err != nil {
		return job.Place{}, false, s.failure("find the place in the queue", err)
	}
	ahead, err := s.q.GetAhead(ctx, rows.GetAheadParams{Resumed: p.Resumed, Ticket: p.Ticket, ID: id})
	return job.Place{
		Position: int(ahead.Number) + 1, Ahead: time.Duration(ahead.Estimate) * time.Microsecond,
	}, true, s.failure("find the place in the queue", err)
}

// Waiting implements job.Reader.
func (s *Store) Waiting(ctx context.Context, limit int) ([]job.Waiting, error) {
	list, err := s.q.ListWaiting(ctx, int64(limit))
	out := make([]job.Waiting, len(list))
	for i, r := range list {
		out[i] = job.Waiting{ID: r.ID, Estimate: time.Duration(r.Estimate) * time.Microsecond}
	}
	return out, s.failure("read the queue", err)
}

// finished is how many of the latest renders the pace is measured from.
const finished = 20

// Pace implements job.Reader.
func (s *Store) Pace(ctx context.Context) (job.Pace, error) {
	var p job.Pace
	done, err := s.q.ListFinished(ctx, finished)
	if err != nil {
		return p, s.failure("measure the pace", err)
	}
	for _, r := range done {
		p.Took += time.Duration(r.CompletedAt-r.StartedAt) * time.Microsecond
		p.Made += time.Duration(r.Estimate) * time.Microsecond
	}
	work, err := s.q.ListAtWork(ctx)
	for _, r := range work {
		p.Running = append(p.Running, job.Running{
			Started: fromMicros(r.StartedAt), Heartbeat: fromMicros(r.LastHeartbeat),
			ETA:      time.Duration(r.Eta) * time.Microsecond,
			Estimate: time.Duration(r.Estimate) * time.Microsecond,
		})
	}
	return p, s.failure("measure the pace", err)
}
