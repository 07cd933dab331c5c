package storetest

import (
	"testing"

	"lectern"
	"lectern/internal/job"
)

func passwords(t *testing.T, b *bench) {
	wants := func(what, id string, want lectern.Unlock) {
		t.Helper()
		if got, err := b.store.Unlock(b.ctx(), id); err != nil || got != want {
			t.Errorf("%s: the password is %+v (opened %t, erased %t), %v", what, got.Password, got.Opened, got.Erased, err)
		}
	}
	protected := func() string {
		spec := b.newSpec()
		spec.Password = "canary 'ü'"
		b.commit(spec)
		return spec.ID
	}
	unlocked := func(id string, attempt int) error {
		return b.commit(job.WriteSpec{ID: id, At: b.tick(), Unlocked: true,
			Events: []lectern.Event{lectern.Reported{Attempt: attempt}}})[0].Err
	}
	kept := lectern.Unlock{Password: "canary 'ü'"}

	none := b.running().ID
	wants("a deck without one", none, lectern.Unlock{})
	b.apply(none, lectern.Stopped{Attempt: 1})
	wants("a deck without one that has ended", none, lectern.Unlock{})

	id := protected()
	wants("a new deck", id, kept)
	b.apply(id, lectern.Began{Worker: "w"}, lectern.Released{Attempt: 1}, lectern.Began{Worker: "w"})
	wants("after a crash", id, kept)
	wantCode(t, unlocked(id, 1), lectern.CodeStale)
	wants("after a stale run", id, kept)
	if err := unlocked(id, 2); err != nil {
		t.Error(err)
	}
	wants("open", id, lectern.Unlock{Opened: true})
	b.apply(id, lectern.Broke{Attempt: 2, Failure: lectern.Failure{Code: lectern.CodeInternal}})
	b.apply(id, lectern.Retried{})
	wants("a retry of what was open", id, lectern.Unlock{Opened: true})

	for what, end := range map[string][]lectern.Event{
		"canceled while it waits": {lectern.CancelAsked{}},
		"failed": {lectern.Began{Worker: "w"},
			lectern.Broke{Attempt: 1, Failure: lectern.Failure{Code: lectern.CodeInternal}}},
		"canceled":  {lectern.Began{Worker: "w"}, lectern.Stopped{Attempt: 1}},
		"completed": {lectern.Began{Worker: "w"}, lectern.Completed{Attempt: 1}},
	} {
		id := protected()
		b.apply(id, end...)
		wants(what, id, lectern.Unlock{Erased: true})
	}
	_, err := b.store.Unlock(b.ctx(), "no-such-id")
	wantCode(t, err, lectern.CodeNotFound)
}
