package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
)

// Store is what every store implements: the job's store, the outbox from which webhooks are delivered, and the store of
// assets.
type Store interface {
	job.Store
	// ClaimDeliveries returns pending deliveries that are due by the store's clock, the longest due first, at most
	// limit. It skips those that come after a delivery of the same presentation and address whose first try has not
	// ended. A claim belongs to by, and moves NextAt to lease from now.
	ClaimDeliveries(ctx context.Context, by string, lease time.Duration, limit int) ([]lectern.Delivery, error)
	// FinishDelivery ends the claim d.Claim and records State, Attempts, DoneAt, StatusCode and Problem. A delivery that
	// stays pending is due again after the time again. A claim that has ended already is CodeStale.
	FinishDelivery(ctx context.Context, d lectern.Delivery, again time.Duration) error
	// FreeClaims ends the claims of by, or all claims where by is empty. Their deliveries are due at once.
	FreeClaims(ctx context.Context, by string) error
	// Deliveries returns the deliveries that f selects, the newest first.
	Deliveries(ctx context.Context, f lectern.DeliveryFilter) ([]lectern.Delivery, error)
	// Backlog returns how many deliveries are pending, and when the oldest was made; zero where there is none.
	Backlog(ctx context.Context) (pending int64, oldest time.Time, err error)
	// Delivery returns a delivery; an unknown id is CodeNotFound.
	Delivery(ctx context.Context, id string) (lectern.Delivery, error)
	// Redeliver makes a delivery pending again, due at once, with no tries so far. An unknown id is CodeNotFound; a
	// delivery whose endpoint is gone is CodeConflict.
	Redeliver(ctx context.Context, id string) (lectern.Delivery, error)
	// Endpoints returns all endpoints, the oldest first.
	Endpoints(ctx context.Context) ([]lectern.Endpoint, error)
	// PutEndpoint replaces the revision of e with the next; with Revision 0 it adds a new endpoint. If another revision
	// is stored, or none, it returns CodeStale and changes nothing. If e is disabled, its pending deliveries are given
	// up.
	PutEndpoint(ctx context.Context, e lectern.Endpoint) error
	// DeleteEndpoint removes an endpoint and gives up its pending deliveries. An unknown id is CodeNotFound.
	DeleteEndpoint(ctx context.Context, id string) error
	// InsertKey stores an API key; one whose id or hash exists is CodeConflict.
	InsertKey(ctx context.Context, k lectern.Key) error
	// Keys returns all API keys, the oldest first.
	Keys(ctx context.Context) ([]lectern.Key, error)
	// DeleteKey removes an API key, and reports whether there was one.
	DeleteKey(ctx context.Context, id string) (bool, error)
	Assets
}

const callback = "https://callback.example.com/hook?id=7&x=%20"

// called makes a presentation whose callback address is callback.
func (b *bench) called() lectern.Presentation {
	b.t.Helper()
	s := b.newSpec()
	s.Create.CallbackURL = callback
	b.commit(s)
	return *s.Create
}

func (b *bench) deliveries(f lectern.DeliveryFilter) []lectern.Delivery {
	b.t.Helper()
	d, err := b.store.Deliveries(b.ctx(), f)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func (b *bench) claim() []lectern.Delivery {
	b.t.Helper()
	return b.claimFor("node", time.Minute)
}

func (b *bench) claimFor(by string, lease time.Duration) []lectern.Delivery {
	b.t.Helper()
	d, err := b.store.ClaimDeliveries(b.ctx(), by, lease, 100)
	if err != nil {
		b.t.Fatal(err)
	}
	return d
}

func (b *bench) finish(d lectern.Delivery, again time.Duration) {
	b.t.Helper()
	if err := b.store.FinishDelivery(b.ctx(), d, again); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) endpoint(e lectern.Endpoint) lectern.Endpoint {
	b.t.Helper()
	e.URL, e.Secrets, e.CreatedAt = "https://hooks.example.com/"+e.ID, []string{"whsec_" + e.ID}, b.tick()
	if err := b.store.PutEndpoint(b.ctx(), e); err != nil {
		b.t.Fatal(err)
	}
	e.Owner, e.Revision = lectern.DefaultOwner, e.Revision+1
	return e
}

func outbox(t *testing.T, b *bench) {
	b.endpoint(lectern.Endpoint{ID: "all"})
	b.endpoint(lectern.Endpoint{ID: "ends", Types: []string{"presentation.completed", "presentation.canceled"}})
	b.endpoint(lectern.Endpoint{ID: "off", Disabled: true})
	p := b.called()
	same(t, "callback", b.get(p.ID), p)
	want := []lectern.Presentation{p}
	for _, events := range [][]lectern.Event{
		{lectern.Began{Worker: "w"}},
		{lectern.Reported{Attempt: 1, Progress: 100, Warnings: []lectern.Warning{{Code: "c", Message: "m", Slide: 1}}}},
		{lectern.Beat{Attempt: 1}},
		{lectern.CancelAsked{}},
		{lectern.Released{Attempt: 1}}, // canceled
		{lectern.Retried{}},
		{lectern.Began{Worker: "w"}, lectern.Reported{Attempt: 2, Progress: 200}, lectern.Completed{Attempt: 2}},
	} {
		out := b.commit(job.WriteSpec{ID: p.ID, At: b.tick(), Events: events})[0]
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		for _, v := range out.Versions {
			if v.Status != want[len(want)-1].Status {
				want = append(want, v)
			}
		}
	}
	same(t, "milestones", len(want), 6)
	versions := func(endpoint string) []lectern.Presentation {
		var out []lectern.Presentation
		for _, d := range b.deliveries(lectern.DeliveryFilter{Endpoint: endpoint, Presentation: p.ID}) {
			out = append([]lectern.Presentation{d.Presentation}, out...)
			if d.Type != lectern.WebhookType(d.Presentation.Status) || d.State != lectern.DeliveryPending ||
				!d.NextAt.Equal(d.CreatedAt) {
				t.Errorf("delivery %+v", d)
			}
		}
		return out
	}
	same(t, "to the callback", versions(lectern.CallbackEndpoint), want)
	same(t, "to the endpoint for all types", versions("all"), want)
	same(t, "to the endpoint for two types", versions("ends"), []lectern.Presentation{want[2], want[5]})
	same(t, "to the disabled endpoint", len(versions("off")), 0)
	d := b.deliveries(lectern.DeliveryFilter{Endpoint: "all", Limit: 1})[0]
	same(t, "secrets", d.Secrets, []string{"whsec_all"})
	one, err := b.store.Delivery(b.ctx(), d.ID)
	same(t, "one of them", one, d)
	same(t, "one of them", err, nil)
	_, err = b.store.Delivery(b.ctx(), "msg_nobody")
	wantCode(t, err, lectern.CodeNotFound)
}

func outboxAtomic(t *testing.T, b *bench) {
	spec := b.newSpec()
	spec.Create.CallbackURL = callback
	p := b.called()
	b.refuseWith(errRefused)
	_, err := b.store.Commit(b.ctx(), []job.Write{
		job.TestWrite(t, job.WriteSpec{ID: p.ID, At: b.tick(),
			Events: []lectern.Event{lectern.Began{}}}), job.TestWrite(t, spec),
	})
	if err == nil {
		t.Fatal("a presentation without a ticket was accepted")
	}
	b.refuseWith(nil)
	same(t, "deliveries", len(b.deliveries(lectern.DeliveryFilter{})), 1)
}

// staleWebhooks: no webhook is sent for the write of a run that lost its lease (J7).
func staleWebhooks(t *testing.T, b *bench) {
	p := b.called()
	b.apply(p.ID, lectern.Began{})
	b.apply(p.ID, lectern.Released{Attempt: 1})
	b.apply(p.ID, lectern.Began{})
	before := b.deliveries(lectern.DeliveryFilter{})
	same(t, "deliveries", len(before), 4)
	for _, e := range []lectern.Event{
		lectern.Completed{Attempt: 1}, lectern.Broke{Attempt: 1, Failure: *lectern.Fail(lectern.CodeInternal, "late")},
		lectern.Stopped{Attempt: 1}, lectern.Released{Attempt: 1},
	} {
		wantCode(t, b.commit(job.WriteSpec{ID: p.ID, At: b.tick(), Events: []lectern.Event{e}})[0].Err, lectern.CodeStale)
	}
	same(t, "deliveries after writes of a stale run", b.deliveries(lectern.DeliveryFilter{}), before)
}

func turns(t *testing.T, b *bench) {
	b.endpoint(lectern.Endpoint{ID: "all"})
	p, q := b.called(), b.called()
	b.apply(p.ID, lectern.Began{})
	b.apply(p.ID, lectern.Completed{Attempt: 1})
	before := time.Now().Truncate(time.Microsecond)
	got := b.claimFor("node", 0)
	same(t, "the first of each", len(got), 4)
	same(t, "the longest due first", got[0].Presentation.ID, p.ID)
	for _, d := range got {
		same(t, "type", d.Type, "presentation.queued")
		if d.NextAt.Before(before) || d.NextAt.After(time.Now()) {
			t.Errorf("a lease of length 0 ends at %s", d.NextAt)
		}
	}
	got = b.claim()
	same(t, "claimed again, since the leases are over", len(got), 4)
	same(t, "claimed", len(b.claim()), 0)
	d := got[0]
	d.Attempts, d.StatusCode, d.Problem = 1, 500, "no"
	b.finish(d, time.Hour)
	got = b.claim() // V9
	if len(got) != 1 || got[0].Type != "presentation.processing" || got[0].Presentation.ID == q.ID {
		t.Fatalf("after a delivery that waits for its second try: %+v", got)
	}
	same(t, "after a delivery in its first try", len(b.claim()), 0)
	next := got[0]
	d, err := b.store.Redeliver(b.ctx(), d.ID) // otherwise its next try is in an hour
	same(t, "again", err, nil)
	got = b.claim()
	same(t, "its next try", len(got), 1)
	d = got[0]
	d.State, d.Attempts, d.DoneAt = lectern.DeliveryDelivered, 2, b.tick()
	b.finish(d, 0)
	next.State, next.Attempts, next.DoneAt = lectern.DeliveryDelivered, 1, b.tick()
	b.finish(next, 0)
	got = b.claim()
	if len(got) != 1 || got[0].Type != "presentation.completed" || got[0].Presentation.ID == q.ID {
		t.Errorf("after both: %+v", got)
	}
	stored, err := b.store.Delivery(b.ctx(), d.ID)
	d.NextAt = stored.NextAt
	same(t, "delivered", stored, d)
	same(t, "delivered", err, nil)
}

// lateRecords: of two nodes that have claimed a delivery, only the later can record its result, whatever their clocks.
func lateRecords(t *testing.T, b *bench) {
	b.called()
	slow := b.claimFor("slow", 0)[0]
	quick := b.claimFor("quick", time.Minute)[0]
	same(t, "claims", []int64{slow.Claim, quick.Claim}, []int64{1, 2})
	slow.State, slow.DoneAt, slow.Attempts = lectern.DeliveryGivenUp, b.tick(), 1
	wantCode(t, b.store.FinishDelivery(b.ctx(), slow, 0), lectern.CodeStale)
	same(t, "after the late record", b.deliveries(lectern.DeliveryFilter{}), []lectern.Delivery{quick})
	quick.Attempts = 1
	b.finish(quick, time.Hour)
	wantCode(t, b.store.FinishDelivery(b.ctx(), quick, 0), lectern.CodeStale)
	slow.ID = "msg_nobody"
	wantCode(t, b.store.FinishDelivery(b.ctx(), slow, 0), lectern.CodeStale)
}

// deadClaims: the deliveries that a dead node has claimed are due at once; the claims of others stay.
func deadClaims(t *testing.T, b *bench) {
	b.called()
	dead := b.claimFor("dead", time.Hour)[0]
	b.called()
	alive := b.claimFor("alive", time.Hour)[0]
	if err := b.store.FreeClaims(b.ctx(), "dead"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.store.FinishDelivery(b.ctx(), dead, 0), lectern.CodeStale)
	got := b.claim()
	if len(got) != 1 || got[0].ID != dead.ID || got[0].Claim != 2 {
		t.Fatalf("freed: %+v", got)
	}
	b.finish(got[0], time.Hour)
	if err := b.store.FreeClaims(b.ctx(), ""); err != nil {
		t.Fatal(err)
	}
	got = b.claim()
	if len(got) != 1 || got[0].ID != alive.ID || got[0].Claim != 2 {
		t.Errorf("freed with all: %+v", got)
	}
}

func backlog(t *testing.T, b *bench) {
	holds := func(what string, pending int64, oldest time.Time) {
		t.Helper()
		n, since, err := b.store.Backlog(b.ctx())
		same(t, what, err, nil)
		same(t, what, n, pending)
		same(t, what, since, oldest)
	}
	holds("nothing", 0, time.Time{})
	first, second := b.called(), b.called()
	b.apply(first.ID, lectern.Began{})
	holds("all", 3, first.CreatedAt)
	got := b.claim()
	holds("claimed", 3, first.CreatedAt)
	got[0].State, got[0].DoneAt = lectern.DeliveryDelivered, b.tick()
	b.finish(got[0], 0)
	holds("one delivered", 2, second.CreatedAt)
	got[1].Attempts = 1
	b.finish(got[1], time.Hour)
	holds("one waits for its next try", 2, second.CreatedAt)
}

func endpointsGo(t *testing.T, b *bench) {
	gone, off := b.endpoint(lectern.Endpoint{ID: "gone", Types: []string{"presentation.queued"}}),
		b.endpoint(lectern.Endpoint{ID: "off"})
	list, err := b.store.Endpoints(b.ctx())
	same(t, "endpoints", list, []lectern.Endpoint{gone, off})
	same(t, "endpoints", err, nil)
	b.create()
	before := off
	off.Disabled = true
	if err := b.store.PutEndpoint(b.ctx(), off); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.store.PutEndpoint(b.ctx(), before), lectern.CodeStale) // it would undo that change
	if err := b.store.DeleteEndpoint(b.ctx(), "gone"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, b.store.PutEndpoint(b.ctx(), gone), lectern.CodeStale)
	wantCode(t, b.store.DeleteEndpoint(b.ctx(), "gone"), lectern.CodeNotFound)
	all := b.deliveries(lectern.DeliveryFilter{State: lectern.DeliveryGivenUp})
	same(t, "given up", len(all), 2)
	for _, d := range all {
		if d.DoneAt.IsZero() || d.Problem == "" {
			t.Errorf("given up as %+v", d)
		}
	}
	same(t, "claimed", len(b.claim()), 0)
	b.create()
	same(t, "deliveries since", len(b.deliveries(lectern.DeliveryFilter{})), 2)

	d := b.deliveries(lectern.DeliveryFilter{Endpoint: "gone"})[0]
	_, err = b.store.Redeliver(b.ctx(), d.ID)
	wantCode(t, err, lectern.CodeConflict)
	_, err = b.store.Redeliver(b.ctx(), "msg_nobody")
	wantCode(t, err, lectern.CodeNotFound)
	off.Disabled, off.Revision = false, 2
	if err := b.store.PutEndpoint(b.ctx(), off); err != nil {
		t.Fatal(err)
	}
	d, err = b.store.Redeliver(b.ctx(), b.deliveries(lectern.DeliveryFilter{Endpoint: "off"})[0].ID)
	if err != nil || d.State != lectern.DeliveryPending || d.Attempts != 0 || d.Problem != "" || !d.DoneAt.IsZero() {
		t.Errorf("again: %+v, %v", d, err)
	}
	same(t, "claimed again", len(b.claim()), 1)
}

func deliveryLifetimes(t *testing.T, b *bench) {
	p := b.called()
	b.apply(p.ID, lectern.CancelAsked{})
	b.commit(job.WriteSpec{ID: p.ID, Settle: true}, job.WriteSpec{ID: p.ID, Mark: true},
		job.WriteSpec{ID: p.ID, Purge: true})
	d := b.claim()[0]
	same(t, "the delivery of a removed presentation", d.Presentation, p)
	d.State, d.DoneAt = lectern.DeliveryDelivered, b.tick()
	b.finish(d, 0)
	done := b.at
	left := func(at time.Time) int {
		b.at = at
		b.commit(job.WriteSpec{Sweep: true}) // the retention is an hour
		return len(b.deliveries(lectern.DeliveryFilter{Presentation: p.ID}))
	}
	same(t, "within the retention", left(done.Add(time.Hour-time.Microsecond)), 2)
	same(t, "after it", left(done.Add(time.Hour)), 1)
	same(t, "the pending one", left(done.AddDate(1, 0, 0)), 1)
}

func claimers(t *testing.T, b *bench) {
	const n = 30
	for range n {
		b.called()
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]int{}
	for range 6 {
		wait.Go(func() {
			for {
				some, err := b.store.ClaimDeliveries(b.ctx(), "node", time.Minute, 3)
				if err != nil {
					t.Error(err)
				}
				if len(some) == 0 {
					return
				}
				mu.Lock()
				for _, d := range some {
					seen[d.ID]++
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if len(seen) != n {
		t.Errorf("%d of %d claimed", len(seen), n)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s was claimed %d times", id, times)
		}
	}
}
