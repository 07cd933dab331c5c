package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"lectern"
	"lectern/internal/job"
)

// keyed returns the creation of a presentation under a key.
func (b *bench) keyed(key, fingerprint string) job.WriteSpec {
	s := b.newSpec()
	s.Key, s.Fingerprint = key, fingerprint
	return s
}

func (b *bench) reserve(key, fingerprint string) job.Outcome {
	b.t.Helper()
	return b.commit(job.WriteSpec{Reserve: true, Key: key, Fingerprint: fingerprint})[0]
}

func keys(t *testing.T, b *bench) {
	same(t, "first", b.reserve("k", "f"), job.Outcome{})
	wantCode(t, b.reserve("k", "f").Err, lectern.CodeKeyInUse)
	wantCode(t, b.reserve("k", "other").Err, lectern.CodeKeyMismatch)
	wantCode(t, b.commit(b.keyed("k", "other"))[0].Err, lectern.CodeKeyMismatch)
	same(t, "another key", b.reserve("l", "f"), job.Outcome{})

	first := b.keyed("k", "f")
	same(t, "completion", b.commit(first)[0].Replayed, false)
	p := b.apply(first.ID, lectern.Began{Worker: "w"})
	want := job.Outcome{Before: p, After: p, Replayed: true} // as it is now, not as it was
	same(t, "again", b.reserve("k", "f"), want)
	wantCode(t, b.reserve("k", "other").Err, lectern.CodeKeyMismatch)
	b.commit(job.WriteSpec{Release: true, Key: "k"}) // completed: of no effect
	b.at = b.at.AddDate(0, 1, 0)
	b.commit(job.WriteSpec{Sweep: true})
	same(t, "a month later", b.reserve("k", "f"), want)

	late := b.keyed("k", "f") // of a request that lost the key in between
	same(t, "a second completion", b.commit(late)[0], want)
	_, err := b.store.Get(b.ctx(), late.ID)
	wantCode(t, err, lectern.CodeNotFound)
	same(t, "tickets", len(b.tickets), 1)
}

func keyLifetimes(t *testing.T, b *bench) {
	b.reserve("released", "f")
	b.commit(job.WriteSpec{Release: true, Key: "released"}, job.WriteSpec{Release: true, Key: "nobody's"})
	same(t, "released", b.reserve("released", "g"), job.Outcome{})

	b.reserve("dead", "f")
	b.at = b.at.Add(job.KeyTimeout - time.Microsecond)
	wantCode(t, b.reserve("dead", "f").Err, lectern.CodeKeyInUse)
	b.at = b.at.Add(time.Microsecond)
	same(t, "after its process died", b.reserve("dead", "g"), job.Outcome{})
	b.at = b.at.Add(job.KeyTimeout - time.Microsecond)
	wantCode(t, b.reserve("dead", "g").Err, lectern.CodeKeyInUse) // it is a whole minute again

	spec := b.keyed("purged", "f")
	b.commit(spec)
	b.apply(spec.ID, lectern.CancelAsked{})
	b.commit(job.WriteSpec{ID: spec.ID, Mark: true})
	same(t, "while its presentation goes", b.reserve("purged", "g"), job.Outcome{})
	b.commit(job.WriteSpec{ID: spec.ID, Purge: true})
	wantCode(t, b.reserve("purged", "g").Err, lectern.CodeKeyInUse)
}

func keyAtomic(t *testing.T, b *bench) {
	b.reserve("k", "f")
	spec := b.keyed("k", "f")
	b.refuseWith(errRefused)
	if _, err := b.store.Commit(b.ctx(), []job.Write{job.TestWrite(t, spec)}); err == nil {
		t.Fatal("a presentation without a ticket was accepted")
	}
	b.refuseWith(nil)
	wantCode(t, b.reserve("k", "f").Err, lectern.CodeKeyInUse)
	same(t, "later", b.commit(spec)[0].Replayed, false)
}

// keyRace lets many requests with one key race, each as the service does it; some do not even reserve.
func keyRace(t *testing.T, b *bench) {
	const n = 24
	var wait sync.WaitGroup
	var mu sync.Mutex
	made := map[string]int{}
	at := b.tick()
	for i := range n {
		p := lectern.NewPresentation(uuid.NewString(), lectern.Deck{}, at)
		create := job.WriteSpec{ID: p.ID, At: at, Create: &p, Key: "k", Fingerprint: "f"}
		wait.Go(func() {
			if i%3 != 0 {
				outs, err := b.store.Commit(b.ctx(), []job.Write{job.TestWrite(t, job.WriteSpec{At: at, Reserve: true, Key: "k",
					Fingerprint: "f"})})
				if err != nil {
					t.Error(err)
					return
				}
				if outs[0].Err != nil {
					wantCode(t, outs[0].Err, lectern.CodeKeyInUse)
				}
			}
			outs, err := b.store.Commit(b.ctx(), []job.Write{job.TestWrite(t, create)})
			if err != nil || outs[0].Err != nil {
				t.Error(err, outs)
				return
			}
			mu.Lock()
			made[outs[0].After.ID]++
			mu.Unlock()
		})
	}
	wait.Wait()
	all, err := b.store.List(b.ctx(), job.Page{Limit: n})
	if err != nil || len(all) != 1 || made[all[0].ID] != n || len(b.tickets) != 1 {
		t.Errorf("J13: %d presentations, %d tickets, answers %v, %v", len(all), len(b.tickets), made, err)
	}
}

func orders(t *testing.T, b *bench) {
	p, q := b.running(), b.running()
	record := func(run lectern.Presentation, o lectern.Order) error {
		o.Presentation, o.Attempt, o.UpdatedAt = run.ID, run.Attempt, b.tick()
		return b.commit(job.WriteSpec{ID: run.ID, At: b.at, Order: &o,
			Events: []lectern.Event{lectern.Reported{Attempt: run.Attempt}}})[0].Err
	}
	stored := func(key string) lectern.Order {
		o, ok, err := b.store.Order(b.ctx(), key)
		if !ok || err != nil {
			t.Errorf("order %s: %v %v", key, ok, err)
		}
		return o
	}
	if _, ok, err := b.store.Order(b.ctx(), "abc"); ok || err != nil {
		t.Errorf("an unknown order: %v %v", ok, err)
	}
	o := lectern.Order{Key: "abc", Engine: "elai", State: lectern.OrderIntended, Slide: 2, Part: 1}
	history := len(b.history(p.ID, 0))
	same(t, "intended", record(p, o), nil)
	wantCode(t, record(q, o), lectern.CodeConflict) // whichever presentation ordered it
	wantCode(t, record(p, o), lectern.CodeConflict)
	for _, state := range []lectern.OrderState{lectern.OrderCreated, lectern.OrderSubmitting, lectern.OrderSubmitted,
		lectern.OrderReady} {
		o.State, o.ExternalID, o.Detail = state, "video-7", "Queued – „bald“."
		same(t, string(state), record(p, o), nil)
		want := o
		want.Presentation, want.Attempt, want.UpdatedAt = p.ID, 1, b.at
		same(t, string(state), stored("abc"), want)
		again := o
		again.State = lectern.OrderIntended
		wantCode(t, record(q, again), lectern.CodeConflict)
	}
	o.State = lectern.OrderFailed
	same(t, "failed", record(p, o), nil)
	o.State = lectern.OrderIntended
	same(t, "ordered again", record(q, o), nil)
	same(t, "versions", len(b.history(p.ID, 0)), history)

	b.apply(q.ID, lectern.Released{Attempt: 1})
	b.apply(q.ID, lectern.Began{Worker: "w2"})
	before := stored("abc")
	o.State = lectern.OrderSubmitting
	wantCode(t, record(q, o), lectern.CodeStale) // J7: its next step may cost money
	same(t, "after a stale write", stored("abc"), before)
}

// An order costs money, so it outlives its presentation: for good while it is open, for a month once it is settled.
func orderLifetimes(t *testing.T, b *bench) {
	p := b.running()
	states := []lectern.OrderState{
		lectern.OrderIntended, lectern.OrderCreated, lectern.OrderSubmitting, lectern.OrderSubmitted, lectern.OrderReady,
		lectern.OrderFailed,
	}
	at := b.tick()
	for _, s := range states {
		o := lectern.Order{Key: string(s), State: s, Presentation: p.ID, Attempt: 1, UpdatedAt: at}
		b.commit(job.WriteSpec{ID: p.ID, Order: &o, Events: []lectern.Event{lectern.Reported{Attempt: 1}}})
	}
	left := func(when time.Time) (n int) {
		b.at = when
		b.commit(job.WriteSpec{Sweep: true})
		for _, s := range states {
			if _, ok, err := b.store.Order(b.ctx(), string(s)); err != nil {
				t.Error(err)
			} else if ok {
				n++
			}
		}
		return n
	}
	b.apply(p.ID, lectern.Broke{Attempt: 1, Failure: *lectern.Fail(lectern.CodeTimeout, "no")})
	b.commit(job.WriteSpec{ID: p.ID, Mark: true}, job.WriteSpec{ID: p.ID, Purge: true})
	same(t, "after the purge", left(at.Add(time.Hour)), 6)
	same(t, "before the month is over", left(at.AddDate(0, 0, 30).Add(-time.Microsecond)), 6)
	same(t, "after it", left(at.AddDate(0, 0, 30)), 4)
}
