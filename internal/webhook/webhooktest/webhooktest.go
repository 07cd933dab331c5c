// Package webhooktest is the suite that every outbox of webhooks passes, and the fake that passes it. The deliverer
// stores neither order nor records: its promises depend on the rules of this suite.
package webhooktest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/webhook"
)

// World is an empty store with functions that write presentations.
type World struct {
	Store webhook.Store
	// Create stores a queued presentation with the callback address callback, at a time.
	Create func(t *testing.T, callback string, at time.Time) lectern.Presentation
	// Apply stores the events of one write, which must be accepted.
	Apply func(t *testing.T, id string, at time.Time, events ...lectern.Event) lectern.Presentation
}

// Fixture opens a World for one test.
type Fixture func(t *testing.T) World

const (
	lease    = 30 * time.Second
	callback = "https://callback.example.com/hook?id=7"
	hook     = "https://hooks.example.com/lectern"
)

// Run runs the suite.
func Run(t *testing.T, open Fixture) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *suite)
	}{
		{"J4 every milestone is in the outbox with its version, and nothing else is", milestones},
		{"endpoints get the types that they want", wanted},
		{"a claim is a lease: until it ends by the store's clock, nobody else can claim the delivery", leases},
		{"the holder of an old claim records nothing", fenced},
		{"the claims of a dead node are freed at once, and no others", freed},
		{"a milestone waits for the first tries of the earlier ones, and for no later try", order},
		{"presentations and addresses do not wait for one another", independent},
		{"the longest due come first, at most as many as asked for", limits},
		{"the outcome of a try is recorded", records},
		{"a finished delivery stays finished", settled},
		{"endpoints are stored, replaced and removed", endpoints},
		{"a change of an endpoint needs the current revision", revisions},
		{"a delivery has the secrets that its endpoint has now", secrets},
		{"a delivery can be sent again", again},
		{"deliveries are listed, filtered, the newest first", list},
		{"many claimers never hold the same delivery", claimers},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, &suite{World: open(t), t: t, at: now().Add(-time.Hour)})
		})
	}
}

// suite is a World whose presentations are an hour old, on a clock that the test moves. Claims go by the store's own
// clock.
type suite struct {
	World
	t  *testing.T
	at time.Time
}

func (b *suite) tick(d time.Duration) time.Time {
	b.at = b.at.Add(d)
	return b.at
}

func (b *suite) create(address string) lectern.Presentation {
	b.t.Helper()
	return b.Create(b.t, address, b.tick(time.Second))
}

func (b *suite) apply(id string, events ...lectern.Event) lectern.Presentation {
	b.t.Helper()
	return b.Apply(b.t, id, b.tick(time.Second), events...)
}

// whole takes a presentation from queued to completed: three milestones.
func (b *suite) whole(address string) lectern.Presentation {
	b.t.Helper()
	p := b.create(address)
	b.apply(p.ID, lectern.Began{Worker: "w"})
	return b.apply(p.ID, lectern.Completed{Attempt: 1})
}

func (b *suite) claim(limit int) []lectern.Delivery {
	b.t.Helper()
	return b.claimFor("node", lease, limit)
}

func (b *suite) claimFor(by string, lease time.Duration, limit int) []lectern.Delivery {
	b.t.Helper()
	got, err := b.Store.ClaimDeliveries(b.t.Context(), by, lease, limit)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b *suite) finish(d lectern.Delivery, again time.Duration) {
	b.t.Helper()
	if err := b.Store.FinishDelivery(b.t.Context(), d, again); err != nil {
		b.t.Fatal(err)
	}
}

func (b *suite) free(by string) {
	b.t.Helper()
	if err := b.Store.FreeClaims(b.t.Context(), by); err != nil {
		b.t.Fatal(err)
	}
}

// stale checks that a claim has ended: a record of its holder is refused and changes nothing.
func (b *suite) stale(what string, d lectern.Delivery) {
	b.t.Helper()
	before := b.list(lectern.DeliveryFilter{})
	d.State, d.Attempts, d.DoneAt, d.Problem = lectern.DeliveryGivenUp, 7, b.at, "of a node that slept"
	fails(b.t, what, b.Store.FinishDelivery(b.t.Context(), d, 0), lectern.CodeStale)
	equal(b.t, what, b.list(lectern.DeliveryFilter{}), before)
}

func (b *suite) delivered(d lectern.Delivery) {
	b.t.Helper()
	d.State, d.DoneAt, d.StatusCode = lectern.DeliveryDelivered, b.at, 200
	d.Attempts++
	b.finish(d, 0)
}

func (b *suite) list(f lectern.DeliveryFilter) []lectern.Delivery {
	b.t.Helper()
	got, err := b.Store.Deliveries(b.t.Context(), f)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

func (b *suite) put(e lectern.Endpoint) lectern.Endpoint {
	b.t.Helper()
	if e.Secrets == nil {
		e.Secrets = []string{webhook.NewSecret()}
	}
	if e.URL == "" {
		e.URL = hook
	}
	e.CreatedAt = b.tick(time.Second)
	if err := b.Store.PutEndpoint(b.t.Context(), e); err != nil {
		b.t.Fatal(err)
	}
	e.Owner, e.Revision = lectern.DefaultOwner, e.Revision+1
	return e
}

// kinds returns the types of deliveries, in the same order.
func kinds(list []lectern.Delivery) []string {
	out := []string{}
	for _, d := range list {
		out = append(out, d.Type)
	}
	return out
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func fails(t *testing.T, what string, err error, code lectern.Code) {
	t.Helper()
	if !errors.Is(err, &lectern.Failure{Code: code}) {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}

func milestones(t *testing.T, b *suite) {
	p := b.create(callback)
	made := b.at
	b.apply(p.ID, lectern.Began{Worker: "w"})
	b.apply(p.ID, lectern.Reported{Attempt: 1, Progress: 5000, Stage: lectern.StageEncoding})
	b.apply(p.ID, lectern.Beat{Attempt: 1})
	end := b.apply(p.ID, lectern.Completed{Attempt: 1})
	b.whole("") // no subscriber
	all := b.list(lectern.DeliveryFilter{})
	slices.Reverse(all)
	equal(t, "milestones", kinds(all), []string{"presentation.queued", "presentation.processing",
		"presentation.completed"})
	if len(all) != 3 {
		t.FailNow()
	}
	ids := map[string]bool{}
	for i, d := range all {
		ids[d.ID] = true
		if d.ID == "" || d.URL != callback || d.Endpoint != "" || d.State != lectern.DeliveryPending ||
			d.Attempts != 0 || !d.DoneAt.IsZero() {
			t.Errorf("delivery %d is %+v", i, d)
		}
	}
	if len(ids) != 3 {
		t.Errorf("ids repeat: %v", ids)
	}
	if first := all[0]; !first.CreatedAt.Equal(made) || !first.NextAt.Equal(made) || first.Presentation.Version != 1 ||
		first.Presentation.Progress != 0 {
		t.Errorf("the first is %+v, made at %s", first, made)
	}
	if last := all[2]; last.Presentation.Version != end.Version || last.Presentation.Progress != lectern.Done ||
		last.Presentation.Title != p.Title {
		t.Errorf("the last has %+v, not the version of its milestone", last.Presentation)
	}
}

func wanted(t *testing.T, b *suite) {
	b.put(lectern.Endpoint{ID: "all"})
	b.put(lectern.Endpoint{ID: "ends", Types: []string{"presentation.completed", "presentation.failed"}})
	b.put(lectern.Endpoint{ID: "off", Disabled: true})
	if err := b.Store.PutEndpoint(t.Context(), lectern.Endpoint{ID: lectern.CallbackEndpoint, Disabled: true,
		Secrets: []string{webhook.NewSecret()}, CreatedAt: b.at}); err != nil {
		t.Fatal(err)
	}
	b.whole("")
	equal(t, "without types", len(b.list(lectern.DeliveryFilter{Endpoint: "all"})), 3)
	equal(t, "with types", kinds(b.list(lectern.DeliveryFilter{Endpoint: "ends"})), []string{"presentation.completed"})
	equal(t, "everything", len(b.list(lectern.DeliveryFilter{})), 4)
}

func leases(t *testing.T, b *suite) {
	p := b.create(callback)
	before := now()
	got := b.claim(10)
	if len(got) != 1 || got[0].Presentation.ID != p.ID || got[0].Claim != 1 ||
		got[0].NextAt.Before(before.Add(lease)) || got[0].NextAt.After(now().Add(lease)) {
		t.Fatalf("claimed %+v", got)
	}
	if again := b.claim(10); len(again) > 0 {
		t.Errorf("claimed twice: %+v", again)
	}
	b.delivered(got[0])
	b.create(callback)
	got = b.claimFor("node", 0, 10) // a lease that ends at once
	again := b.claim(10)
	if len(got) != 1 || len(again) != 1 || again[0].ID != got[0].ID || again[0].Attempts != 0 || again[0].Claim != 2 {
		t.Errorf("after the lease: %+v, then %+v", got, again)
	}
}

func fenced(t *testing.T, b *suite) {
	b.put(lectern.Endpoint{ID: "one"})
	b.create("")
	slow := b.claimFor("slow", 0, 1)[0]
	quick := b.claimFor("quick", lease, 1)[0]
	b.stale("an expired claim on a delivery that another node has claimed", slow)
	if more := b.claim(10); len(more) > 0 {
		t.Errorf("the refused record freed the claim: %+v", more)
	}
	quick.Attempts = 1
	b.finish(quick, 0)
	b.stale("a claim that was finished", quick)
	b.stale("an older claim", slow)

	held := b.claim(1)[0]
	if _, err := b.Store.Redeliver(t.Context(), held.ID); err != nil {
		t.Fatal(err)
	}
	b.stale("a delivery that is to be sent again", held)
	held = b.claim(1)[0]
	if err := b.Store.DeleteEndpoint(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	b.stale("a delivery that was given up with its endpoint", held)

	alone := b.create(callback)
	same := b.claimFor("node", 0, 1)[0]
	equal(t, "an expired claim on a delivery that no node has claimed since", same.Presentation.ID, alone.ID)
	b.delivered(same)
}

func freed(t *testing.T, b *suite) {
	b.create(callback)
	b.create(callback)
	dead, alive := b.claimFor("dead", lease, 1)[0], b.claimFor("alive", lease, 1)[0]
	b.free("dead")
	b.stale("a claim that was freed", dead) // the node was only paused
	got := b.claim(10)
	if len(got) != 1 || got[0].ID != dead.ID || got[0].Attempts != 0 || got[0].Claim != dead.Claim+1 {
		t.Fatalf("freed: %+v", got)
	}
	b.stale("a claim on a delivery that another node has claimed", dead)
	b.free("dead") // twice changes nothing
	b.free("nobody")
	equal(t, "claims of live nodes", len(b.claim(10)), 0)
	got[0].State, got[0].DoneAt = lectern.DeliveryDelivered, b.at
	b.finish(got[0], 0)
	b.free("") // a process that starts alone
	if got = b.claim(10); len(got) != 1 || got[0].ID != alive.ID {
		t.Errorf("freed: %+v", got)
	}

	got[0].Attempts = 1
	b.finish(got[0], time.Hour)
	b.free("node")
	b.free("")
	equal(t, "a delivery without a claim that waits for its next try", len(b.claim(10)), 0)
}

func independent(t *testing.T, b *suite) {
	b.put(lectern.Endpoint{ID: "one"})
	b.put(lectern.Endpoint{ID: "two", URL: "https://two.example.com/"})
	b.whole(callback)
	b.whole(callback)
	got := b.claim(10)
	equal(t, "first of each", len(got), 6)
	for _, d := range got {
		equal(t, "type", d.Type, "presentation.queued")
	}
	b.delivered(got[0])
	next := b.claim(10)
	if len(next) != 1 || next[0].Presentation.ID != got[0].Presentation.ID || next[0].URL != got[0].URL ||
		next[0].Type != "presentation.processing" {
		t.Errorf("after it: %+v", next)
	}
}

func limits(t *testing.T, b *suite) {
	var ids []string
	for range 5 {
		ids = append(ids, b.create(callback).ID)
	}
	var got []string
	for _, n := range []int{2, 2, 2} {
		some := b.claim(n)
		if len(some) > n {
			t.Fatalf("%d for a limit of %d", len(some), n)
		}
		for _, d := range some {
			got = append(got, d.Presentation.ID)
		}
	}
	equal(t, "order of claims", got, ids)
}

func records(t *testing.T, b *suite) {
	b.create(callback)
	d := b.claim(1)[0]
	d.Attempts, d.StatusCode, d.Problem = 3, 503, "It answered 503 – „später“."
	before := now()
	b.finish(d, 90*time.Second)
	got := b.list(lectern.DeliveryFilter{})[0]
	if got.State != lectern.DeliveryPending || got.Attempts != 3 || got.StatusCode != 503 || got.Problem != d.Problem ||
		!got.DoneAt.IsZero() ||
		got.NextAt.Before(before.Add(90*time.Second)) || got.NextAt.After(now().Add(90*time.Second)) {
		t.Errorf("on record: %+v", got)
	}
	if _, err := b.Store.Redeliver(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	d = b.claim(1)[0]
	d.State, d.Attempts, d.StatusCode, d.Problem, d.DoneAt = lectern.DeliveryDelivered, 4, 204, "", b.tick(time.Minute)
	b.finish(d, 0)
	got = b.list(lectern.DeliveryFilter{})[0]
	if got.State != lectern.DeliveryDelivered || got.Attempts != 4 || got.StatusCode != 204 || got.Problem != "" ||
		!got.DoneAt.Equal(b.at) {
		t.Errorf("on record: %+v", got)
	}
	err := b.Store.FinishDelivery(t.Context(), lectern.Delivery{ID: "msg_nobody", State: lectern.DeliveryDelivered}, 0)
	fails(t, "a delivery that does not exist", err, lectern.CodeStale)
}

func settled(t *testing.T, b *suite) {
	b.create(callback)
	d := b.claim(1)[0]
	b.delivered(d)
	b.stale("a delivery that is done", d)
	if more := b.claim(10); len(more) > 0 {
		t.Errorf("it is claimed again: %+v", more)
	}
}

func endpoints(t *testing.T, b *suite) {
	one := b.put(lectern.Endpoint{ID: "one", Types: []string{"presentation.completed"},
		Secrets: []string{"whsec_b", "whsec_a;until=2026-11-25T10:00:00Z"}})
	b.put(lectern.Endpoint{ID: "two"})
	got, err := b.Store.Endpoints(t.Context())
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	equal(t, "round trip", got[0], one)
	one.Disabled, one.Types = true, nil
	if err := b.Store.PutEndpoint(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if got, err = b.Store.Endpoints(t.Context()); err != nil || len(got) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	one.Revision++
	equal(t, "replaced", got[0], one)

	three := b.put(lectern.Endpoint{ID: "three", URL: "https://three.example.com/"})
	b.create("")
	three.Disabled = true
	b.put(three)
	for _, d := range b.list(lectern.DeliveryFilter{Endpoint: "three"}) {
		if d.State != lectern.DeliveryGivenUp || d.Problem == "" {
			t.Errorf("its endpoint is disabled: %+v", d)
		}
	}
	if err := b.Store.DeleteEndpoint(t.Context(), "three"); err != nil {
		t.Fatal(err)
	}
	b.whole("")
	if err := b.Store.DeleteEndpoint(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	for _, d := range b.list(lectern.DeliveryFilter{Endpoint: "two"}) {
		if d.State != lectern.DeliveryGivenUp || d.Problem == "" || d.DoneAt.IsZero() {
			t.Errorf("its endpoint is gone: %+v", d)
		}
	}
	if rest := b.claim(10); len(rest) > 0 {
		t.Errorf("claimed for a removed endpoint: %+v", rest)
	}
	fails(t, "removed twice", b.Store.DeleteEndpoint(t.Context(), "two"), lectern.CodeNotFound)
	if got, err = b.Store.Endpoints(t.Context()); err != nil || len(got) != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

func secrets(t *testing.T, b *suite) {
	e := b.put(lectern.Endpoint{ID: "one", Secrets: []string{"whsec_old"}})
	b.create("")
	e.Secrets = []string{"whsec_new", "whsec_old"}
	e = b.put(e)
	d := b.claim(1)[0]
	equal(t, "secrets", d.Secrets, e.Secrets)
	equal(t, "revision", []int64{d.Revision, e.Revision}, []int64{2, 2})
	if err := b.Store.DeleteEndpoint(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	gone := b.list(lectern.DeliveryFilter{})[0]
	equal(t, "without its endpoint", []any{gone.Secrets, gone.Revision}, []any{[]string(nil), 0})
}

// revisions checks that of two concurrent changes of an endpoint one is refused.
func revisions(t *testing.T, b *suite) {
	old := b.put(lectern.Endpoint{ID: "one"})
	b.create("")
	new := old
	new.Secrets = []string{"whsec_new"}
	new = b.put(new)
	stale := func(what string, e lectern.Endpoint, want []lectern.Endpoint) {
		t.Helper()
		e.Disabled = true
		fails(t, what, b.Store.PutEndpoint(t.Context(), e), lectern.CodeStale)
		got, err := b.Store.Endpoints(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		equal(t, what, got, want)
	}
	stale("an old revision", old, []lectern.Endpoint{new})
	stale("a new endpoint whose id exists", lectern.Endpoint{ID: "one"}, []lectern.Endpoint{new})
	equal(t, "its pending deliveries", len(b.list(lectern.DeliveryFilter{State: lectern.DeliveryPending})), 1)
	if err := b.Store.DeleteEndpoint(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	stale("one that was removed", new, []lectern.Endpoint{})
}

func again(t *testing.T, b *suite) {
	b.put(lectern.Endpoint{ID: "one"})
	b.create("")
	d := b.claim(1)[0]
	d.State, d.Attempts, d.DoneAt, d.StatusCode, d.Problem = lectern.DeliveryGivenUp, 11, b.at, 500, "no"
	b.finish(d, 0)
	got, err := b.Store.Redeliver(t.Context(), d.ID)
	if err != nil || got.ID != d.ID || got.State != lectern.DeliveryPending || got.Attempts != 0 ||
		!got.DoneAt.IsZero() || got.Problem != "" {
		t.Fatalf("%+v %v", got, err)
	}
	if some := b.claim(10); len(some) != 1 || some[0].ID != d.ID {
		t.Errorf("not due: %+v", some)
	}
	_, err = b.Store.Redeliver(t.Context(), "msg_nobody")
	fails(t, "unknown", err, lectern.CodeNotFound)
	if err := b.Store.DeleteEndpoint(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	_, err = b.Store.Redeliver(t.Context(), d.ID)
	fails(t, "its endpoint is gone", err, lectern.CodeConflict)
}

func list(t *testing.T, b *suite) {
	b.put(lectern.Endpoint{ID: "one"})
	p := b.whole(callback)
	other := b.create(callback)
	all := b.list(lectern.DeliveryFilter{})
	equal(t, "all", len(all), 8)
	for i := range all[1:] {
		if all[i].CreatedAt.Before(all[i+1].CreatedAt) {
			t.Errorf("%d is older than %d", i, i+1)
		}
	}
	b.delivered(b.claim(1)[0])
	for _, c := range []struct {
		filter lectern.DeliveryFilter
		want   int
	}{
		{lectern.DeliveryFilter{Presentation: p.ID}, 6},
		{lectern.DeliveryFilter{Presentation: other.ID}, 2},
		{lectern.DeliveryFilter{Endpoint: "one"}, 4},
		{lectern.DeliveryFilter{Endpoint: lectern.CallbackEndpoint}, 4},
		{lectern.DeliveryFilter{State: lectern.DeliveryDelivered}, 1},
		{lectern.DeliveryFilter{State: lectern.DeliveryPending, Presentation: p.ID}, 5},
		{lectern.DeliveryFilter{Limit: 3}, 3},
		{lectern.DeliveryFilter{Presentation: "nobody"}, 0},
	} {
		equal(t, fmt.Sprintf("%+v", c.filter), len(b.list(c.filter)), c.want)
	}
}

func claimers(t *testing.T, b *suite) {
	const n = 40
	for range n {
		b.create(callback)
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for {
				got, err := b.Store.ClaimDeliveries(t.Context(), "node", lease, 3)
				if err != nil {
					t.Error(err)
					return
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, d := range got {
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
