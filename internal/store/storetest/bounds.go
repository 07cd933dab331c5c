package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
)

// bounded returns a creation that must keep bounds.
func (b *bench) bounded(set func(*job.WriteSpec)) job.WriteSpec {
	s := b.newSpec()
	set(&s)
	return s
}

// H3: the number of waiting presentations and the bytes of the stored decks are bounded, whatever happens in between.
func limits(t *testing.T, b *bench) {
	two := func(s *job.WriteSpec) { s.Limits.Queued = 2 }
	first, second, third := b.bounded(two), b.bounded(two), b.bounded(two)
	outs := b.commit(first, second, third) // in one transaction
	same(t, "first", outs[0].Err, nil)
	same(t, "second", outs[1].Err, nil)
	wantCode(t, outs[2].Err, lectern.CodeRateLimited)
	_, err := b.store.Get(b.ctx(), third.ID)
	wantCode(t, err, lectern.CodeNotFound)
	same(t, "tickets", len(b.tickets), 2)
	wantCode(t, b.commit(b.bounded(two))[0].Err, lectern.CodeRateLimited)
	outs = b.commit(
		job.WriteSpec{ID: first.ID, At: b.tick(), Events: []lectern.Event{lectern.Began{Worker: "w"}}},
		b.bounded(two), b.bounded(two),
		job.WriteSpec{ID: second.ID, At: b.tick(), Events: []lectern.Event{lectern.CancelAsked{}}},
		b.bounded(two),
	)
	same(t, "in the place of the first", outs[1].Err, nil)
	wantCode(t, outs[2].Err, lectern.CodeRateLimited)
	same(t, "in the place of the second", outs[4].Err, nil)

	const deck = 120_000
	stored := func(s *job.WriteSpec) {
		s.Deck.Title = string(make([]byte, deck/6)) // each byte takes six in JSON
		s.Limits.Stored = 2*deck + 10_000
	}
	one, other := b.bounded(stored), b.bounded(stored)
	same(t, "one", b.commit(one)[0].Err, nil)
	same(t, "other", b.commit(other)[0].Err, nil)
	wantCode(t, b.commit(b.bounded(stored))[0].Err, lectern.CodeRateLimited)
	b.apply(one.ID, lectern.CancelAsked{})
	b.commit(job.WriteSpec{ID: one.ID, Mark: true})
	wantCode(t, b.commit(b.bounded(stored))[0].Err, lectern.CodeRateLimited)
	for range 2 { // a second purge frees nothing more
		b.commit(job.WriteSpec{ID: one.ID, Purge: true})
	}
	same(t, "after a purge", b.commit(b.bounded(stored))[0].Err, nil)
	wantCode(t, b.commit(b.bounded(stored))[0].Err, lectern.CodeRateLimited)
	same(t, "without a limit", b.commit(b.newSpec())[0].Err, nil)
}

// A key has its quota, and no other key's orders count for it.
func quotas(t *testing.T, b *bench) {
	of := func(key string, q lectern.Quota, long time.Duration) func(*job.WriteSpec) {
		return func(s *job.WriteSpec) { s.Create.KeyID, s.Quota, s.Estimate = key, q, long }
	}
	used := func(key string, want lectern.Usage) {
		t.Helper()
		got, err := b.store.Usage(b.ctx(), key, b.at.Add(-lectern.UsageWindow))
		same(t, "usage of "+key, err, nil)
		same(t, "usage of "+key, got, want)
	}
	used("k", lectern.Usage{})
	running := of("k", lectern.Quota{Running: 1, Queued: 1}, time.Minute)
	first := b.bounded(running)
	same(t, "first", b.commit(first)[0].Err, nil)
	start := b.at
	same(t, "second", b.commit(b.bounded(running))[0].Err, nil)
	wantCode(t, b.commit(b.bounded(running))[0].Err, lectern.CodeRateLimited)
	b.apply(first.ID, lectern.Began{Worker: "w"})
	wantCode(t, b.commit(b.bounded(running))[0].Err, lectern.CodeRateLimited)
	used("k", lectern.Usage{Running: 1, Queued: 1, Ordered: 2 * time.Minute,
		FreesAt: start.Truncate(5 * time.Minute).Add(5*time.Minute + lectern.UsageWindow)})
	b.apply(first.ID, lectern.Completed{Attempt: 1})
	same(t, "after an end", b.commit(b.bounded(running))[0].Err, nil)
	same(t, "another key", b.commit(b.bounded(of("l", lectern.Quota{Running: 1}, 0)))[0].Err, nil)
	queued := of("m", lectern.Quota{Queued: 1}, 0)
	same(t, "waiting", b.commit(b.bounded(queued))[0].Err, nil)
	wantCode(t, b.commit(b.bounded(queued))[0].Err, lectern.CodeRateLimited)

	minutes := of("k", lectern.Quota{Minutes: 5}, 2*time.Minute)
	same(t, "five minutes", b.commit(b.bounded(minutes))[0].Err, nil)
	wantCode(t, b.commit(b.bounded(minutes))[0].Err, lectern.CodeRateLimited)
	b.commit(job.WriteSpec{ID: first.ID, Mark: true}, job.WriteSpec{ID: first.ID, Purge: true})
	// An order counts even if its presentation was removed.
	wantCode(t, b.commit(b.bounded(minutes))[0].Err, lectern.CodeRateLimited)
	b.at = start.Add(lectern.UsageWindow + 6*time.Minute)
	b.commit(job.WriteSpec{Sweep: true})
	same(t, "a day later", b.commit(b.bounded(minutes))[0].Err, nil)
}

// A retry is checked as a creation is, against the queue and the caller's quota. Its minutes count again.
func retriesBounded(t *testing.T, b *bench) {
	end := func(s job.WriteSpec) { b.apply(s.ID, lectern.CancelAsked{}) }
	again := func(s job.WriteSpec, set func(*job.WriteSpec)) error {
		w := job.WriteSpec{ID: s.ID, At: b.tick(), Events: []lectern.Event{lectern.Retried{KeyID: "l"}}}
		set(&w)
		return b.commit(w)[0].Err
	}
	long := func(s *job.WriteSpec) { s.Create.KeyID, s.Estimate = "k", 2*time.Minute }
	first, second := b.bounded(long), b.bounded(long)
	b.commit(first, second)
	end(first)
	one := func(w *job.WriteSpec) { w.Limits.Queued = 1 }
	wantCode(t, again(first, one), lectern.CodeRateLimited)
	got, err := b.store.Get(b.ctx(), first.ID)
	same(t, "refused", err, nil)
	same(t, "refused", got.Status, lectern.StatusCanceled)
	same(t, "refused", got.KeyID, "k")
	end(second)
	wantCode(t, again(first, func(w *job.WriteSpec) { w.Quota.Minutes = 1 }), lectern.CodeTooLarge)
	tickets := len(b.tickets)
	same(t, "there is room", again(first, one), nil)
	same(t, "tickets", len(b.tickets), tickets+1)
	got, err = b.store.Get(b.ctx(), first.ID)
	same(t, "again", err, nil)
	same(t, "again", got.KeyID, "l")
	u, err := b.store.Usage(b.ctx(), "l", b.at.Add(-lectern.UsageWindow))
	same(t, "usage", err, nil)
	same(t, "queued", u.Queued, 1)
	same(t, "ordered", u.Ordered, 2*time.Minute)
	wantCode(t, again(second, func(w *job.WriteSpec) { w.Quota.Running = 1 }), lectern.CodeRateLimited)
	wantCode(t, again(second, func(w *job.WriteSpec) { w.Quota.Minutes = 3 }), lectern.CodeRateLimited)
	same(t, "four minutes", again(second, func(w *job.WriteSpec) { w.Quota.Minutes = 4 }), nil)
	wantCode(t, again(first, one), lectern.CodeConflict) // it waits already
}

// Concurrent creations are checked one after another: of two, one passes where there is space for one.
func boundsRace(t *testing.T, b *bench) {
	const n, room = 24, 5
	var wait sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for i := range n {
		s := b.newSpec()
		s.At = s.Create.CreatedAt
		if i%2 == 0 {
			s.Limits.Queued = room
		} else {
			s.Limits.Queued = room
			s.Create.KeyID, s.Quota = "k", lectern.Quota{Queued: room, Minutes: 1000}
		}
		wait.Go(func() {
			outs, err := b.store.Commit(b.ctx(), []job.Write{job.TestWrite(t, s)})
			if err != nil {
				t.Error(err)
				return
			}
			if outs[0].Err != nil {
				wantCode(t, outs[0].Err, lectern.CodeRateLimited)
				return
			}
			mu.Lock()
			made++
			mu.Unlock()
		})
	}
	wait.Wait()
	all, err := b.store.List(b.ctx(), job.Page{Limit: n})
	if err != nil || len(all) != room || made != room {
		t.Errorf("%d presentations, %d answers, want %d; %v", len(all), made, room, err)
	}
}

// The place of a presentation is that of its ticket: interrupted ones first, then in the order of arrival.
func places(t *testing.T, b *bench) {
	var made []job.WriteSpec
	for i := range 4 {
		s := b.newSpec()
		s.Estimate = time.Duration(i+1) * time.Minute
		b.commit(s)
		made = append(made, s)
	}
	places := func() map[string]string {
		t.Helper()
		out := map[string]string{}
		for i, s := range made {
			if p, ok, err := b.store.Place(b.ctx(), s.ID); err != nil {
				t.Error(err)
			} else if ok {
				out[string(rune('a'+i))] = fmt.Sprint(p.Position, " ", p.Ahead)
			}
		}
		all, err := b.store.Waiting(b.ctx(), 10)
		same(t, "waiting", err, nil)
		same(t, "waiting", len(all), len(out))
		return out
	}
	same(t, "at first", places(), map[string]string{"a": "1 0s", "b": "2 1m0s", "c": "3 3m0s", "d": "4 6m0s"})
	b.apply(made[0].ID, lectern.Began{Worker: "w"})
	b.apply(made[1].ID, lectern.CancelAsked{})
	same(t, "after a start and a cancel", places(), map[string]string{"c": "1 0s", "d": "2 3m0s"})
	b.apply(made[1].ID, lectern.Retried{})
	b.apply(made[0].ID, lectern.Released{Attempt: 1})
	same(t, "after a retry and an interruption", places(), map[string]string{"a": "1 0s", "c": "2 1m0s", "d": "3 4m0s",
		"b": "4 8m0s"})
	_, ok, err := b.store.Place(b.ctx(), "nobody")
	same(t, "of nobody", ok, false)
	same(t, "of nobody", err, nil)

	b.apply(made[0].ID, lectern.Began{Worker: "w"})
	b.apply(made[2].ID, lectern.Began{Worker: "w"})
	started := b.at
	b.apply(made[0].ID, lectern.Completed{Attempt: 2}) // it was interrupted, so it does not count for the pace
	b.apply(made[2].ID, lectern.Completed{Attempt: 1})
	took := b.at.Sub(started)
	b.apply(made[3].ID, lectern.Began{Worker: "w"})
	began := b.at
	pace, err := b.store.Pace(b.ctx())
	same(t, "pace", err, nil)
	same(t, "pace", pace, job.Pace{Took: took, Made: 3 * time.Minute, Running: []job.Running{{Started: began,
		Heartbeat: began, Estimate: 4 * time.Minute}}})
}
