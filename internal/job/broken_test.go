package job_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"lectern"
	"lectern/internal/job"
)

// Each type below is the real store with one rule broken, as a careless change might break it.

var breaks = []struct {
	rule   string
	broken breaker
	says   []string // the findings contain one of these
}{
	{"J2 what is completed comes back to life", revive(lectern.StatusCompleted), []string{"J2", "does not fit the model"}},
	{"J2 what has failed comes back to life", revive(lectern.StatusFailed), []string{"J2", "does not fit the model"}},
	{"J2 what was canceled comes back to life", revive(lectern.StatusCanceled), []string{"J2", "does not fit the model"}},
	{"J3 progress is read lower than it was", lower, []string{"J3"}},
	{"J4 the answer comes before the commit", tooEarly, []string{"does not fit the model"}},
	{"J5 a version comes twice", stutter, []string{"J5"}},
	{"J6 a write is lost", forget, []string{"does not fit the model", "J6"}},
	{"J7 a stale attempt writes", unfenced, []string{"does not fit the model", "J7"}},
}

// revive breaks J2: an ended presentation is processed again without a retry.
func revive(end lectern.Status) breaker {
	return func(s job.Store, g database) (job.Store, func()) {
		return reviving{s, g, func(now lectern.Status) bool { return now == end }}, func() {}
	}
}

type reviving struct {
	job.Store
	database database
	ends     func(lectern.Status) bool
}

func (s reviving) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	outs, err := s.Store.Commit(ctx, writes)
	for _, out := range outs {
		if out.Err == nil && s.ends(out.After.Status) && !out.Before.Status.Terminal() {
			err = errors.Join(err, s.database.exec(ctx, "UPDATE presentations SET status = 'processing', progress = 9990, "+
				"version = version + 1 WHERE id = ?", out.After.ID))
		}
	}
	return outs, err
}

// lower breaks J3: every third version is read with a lower progress than it has.
func lower(s job.Store, _ database) (job.Store, func()) { return lowering{s}, func() {} }

type lowering struct{ job.Store }

func lowered(p lectern.Presentation) lectern.Presentation {
	if p.Version%3 == 0 && p.Status == lectern.StatusProcessing {
		p.Progress /= 256
	}
	return p
}

func (s lowering) Get(ctx context.Context, id string) (lectern.Presentation, error) {
	p, err := s.Store.Get(ctx, id)
	return lowered(p), err
}

func (s lowering) Versions(ctx context.Context, id string, after int64, limit int) ([]lectern.Presentation, error) {
	all, err := s.Store.Versions(ctx, id, after, limit)
	for i := range all {
		all[i] = lowered(all[i])
	}
	return all, err
}

// tooEarly breaks J4: the caller gets its answer, and notifies the watchers, before the transaction.
func tooEarly(s job.Store, _ database) (job.Store, func()) {
	e := &early{Store: s}
	return e, e.pending.Wait
}

type early struct {
	job.Store
	pending sync.WaitGroup
}

func (s *early) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	outs, ok := foresee(ctx, s.Store, writes)
	if !ok {
		return s.Store.Commit(ctx, writes)
	}
	s.pending.Go(func() {
		spend(5 * time.Millisecond)
		_, _ = s.Store.Commit(context.WithoutCancel(ctx), writes)
	})
	return outs, nil
}

// foresee computes the outcomes of writes without making them. Not ok: a write creates or removes a presentation.
func foresee(ctx context.Context, s job.Store, writes []job.Write) ([]job.Outcome, bool) {
	now := map[string]lectern.Presentation{}
	outs := make([]job.Outcome, len(writes))
	for i, w := range writes {
		if _, _, creates := w.Creation(); creates || w.Mark() || w.Purge() || w.Settle() {
			return nil, false
		}
		p, known := now[w.ID()]
		if !known {
			var err error
			if p, err = s.Get(ctx, w.ID()); err != nil {
				return nil, false
			}
		}
		e, err := w.Apply(p)
		outs[i] = job.Outcome{Before: p, After: e.After, Versions: e.Versions, Err: err}
		now[w.ID()] = e.After
	}
	return outs, true
}

// stutter breaks J5: a stream that reads on gets its last version again.
func stutter(s job.Store, _ database) (job.Store, func()) { return stuttering{s}, func() {} }

type stuttering struct{ job.Store }

func (s stuttering) Versions(ctx context.Context, id string, after int64, limit int) ([]lectern.Presentation, error) {
	if after%5 == 4 {
		all, err := s.Store.Versions(ctx, id, after-1, limit)
		if len(all) > 1 {
			return all, err
		}
	}
	return s.Store.Versions(ctx, id, after, limit)
}

// forget breaks J6: every ninth transaction is answered and never committed.
func forget(s job.Store, _ database) (job.Store, func()) { return &forgetting{Store: s}, func() {} }

type forgetting struct {
	job.Store
	n atomic.Int64
}

func (s *forgetting) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	if s.n.Add(1)%9 == 0 {
		if outs, ok := foresee(ctx, s.Store, writes); ok {
			return outs, nil
		}
	}
	return s.Store.Commit(ctx, writes)
}

// unfenced breaks J7: a write that is refused because its attempt is over is committed all the same.
func unfenced(s job.Store, g database) (job.Store, func()) { return fenceless{s, g}, func() {} }

type fenceless struct {
	job.Store
	database database
}

func (s fenceless) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	outs, err := s.Store.Commit(ctx, writes)
	if err != nil {
		return outs, err
	}
	for i, out := range outs {
		if !errors.Is(out.Err, &lectern.Failure{Code: lectern.CodeStale}) || out.Before.Attempt < 2 ||
			out.Before.Status != lectern.StatusProcessing {
			continue
		}
		if err := s.database.exec(ctx, "UPDATE presentations SET attempt = attempt - 1 WHERE id = ?",
			out.Before.ID); err != nil {
			return outs, err
		}
		again, err := s.Store.Commit(ctx, writes[i:i+1])
		if err != nil {
			return outs, err
		}
		outs[i] = again[0]
	}
	return outs, nil
}
