package job_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/job"
)

// J13: many identical requests with one key race; each reserves and submits as a handler does. One presentation is
// made, and every request is answered with it.
func TestKeyRace(t *testing.T) {
	t.Parallel()
	w := begin(t, succeed)
	const n = 60
	var wg sync.WaitGroup
	var mu sync.Mutex
	given, made := map[string]int{}, 0
	for range n {
		wg.Go(func() {
			for try := range 1000 { // many more than the first request needs
				p, replayed, err := w.svc.Reserve(t.Context(), "", "k", "f")
				if errors.Is(err, &lectern.Failure{Code: lectern.CodeKeyInUse}) && try < 999 {
					continue
				}
				if err == nil && !replayed {
					p, err = w.svc.Submit(t.Context(), lectern.Submission{Deck: testDeck(1), Key: "k", Fingerprint: "f"})
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				given[p.ID]++
				if !replayed {
					made++
				}
				mu.Unlock()
				return
			}
		})
	}
	wg.Wait()
	all, _, err := w.svc.List(t.Context(), lectern.Query{Limit: 100})
	if err != nil || len(all) != 1 || made != 1 || given[all[0].ID] != n {
		t.Errorf("J13: %d presentations, %d of them made, given as %v; %v", len(all), made, given, err)
	}
}

// J13: a key refuses a different request. It is free again when its request has failed, a minute after its process has
// died, and when its presentation is removed.
func TestKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, succeed, func(o *job.Options) { o.SweepInterval, o.LeaseTimeout = 12*time.Hour, 24*time.Hour })
		reserve := func(fingerprint string, want lectern.Code) {
			t.Helper()
			_, replayed, err := w.svc.Reserve(t.Context(), "", "k", fingerprint)
			if want == "" && err != nil || want != "" && !errors.Is(err, &lectern.Failure{Code: want}) || replayed {
				t.Errorf("reserve for %s gave %v, %v", fingerprint, replayed, err)
			}
		}
		reserve("f", "")
		reserve("f", lectern.CodeKeyInUse)
		reserve("g", lectern.CodeKeyMismatch)
		if err := w.svc.ReleaseKey(t.Context(), "", "k"); err != nil {
			t.Fatal(err)
		}
		reserve("g", "")
		time.Sleep(job.KeyTimeout + time.Second)
		reserve("f", "")
		if _, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: testDeck(1), Key: "k",
			Fingerprint: "g"}); !errors.Is(err, &lectern.Failure{Code: lectern.CodeKeyMismatch}) {
			t.Errorf("the request that came back after its reservation had ended: %v", err)
		}
		p, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: testDeck(1), Key: "k", Fingerprint: "f"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Hour)
		again, replayed, err := w.svc.Reserve(t.Context(), "", "k", "f")
		if err != nil || !replayed || again.ID != p.ID || again.Status != lectern.StatusCompleted {
			t.Errorf("a day later the key gives %+v, %v, %v", again, replayed, err)
		}
		if err := w.svc.Delete(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
		reserve("g", "")
	})
}

// J12: stale records are removed by the service itself: settled orders and finished deliveries, neither of them early.
func TestSweep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(ctx context.Context, j lectern.Job, _ lectern.Reporter) ([]lectern.Artifact, error) {
			for _, s := range []lectern.OrderState{lectern.OrderSubmitted, lectern.OrderReady} {
				if err := j.Orders.RecordOrder(ctx, lectern.Order{Key: string(s), State: s}); err != nil {
					return nil, err
				}
			}
			return nil, nil
		}, func(o *job.Options) { o.SweepInterval, o.LeaseTimeout = 12*time.Hour, 24*time.Hour })
		p, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: testDeck(1), CallbackURL: "https://example.com"})
		if err != nil {
			t.Fatal(err)
		}
		end := w.ended(p.ID)
		claimed, err := w.store.ClaimDeliveries(t.Context(), "node", time.Minute, 1)
		if err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		d := claimed[0]
		d.State, d.DoneAt = lectern.DeliveryDelivered, end.CompletedAt
		if err := w.store.FinishDelivery(t.Context(), d, 0); err != nil {
			t.Fatal(err)
		}
		ordered := func(s lectern.OrderState) bool {
			_, ok, err := w.store.Order(t.Context(), string(s))
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		time.Sleep(7*24*time.Hour - time.Second)
		synctest.Wait()
		if n := len(w.deliveries(p.ID)); n != 3 {
			t.Errorf("%d deliveries within the retention", n)
		}
		time.Sleep(13 * time.Hour)
		synctest.Wait()
		if n := len(w.deliveries(p.ID)); !w.gone(p.ID) || n != 2 {
			t.Errorf("%d deliveries after the retention; the presentation is gone: %v", n, w.gone(p.ID))
		}
		if !ordered(lectern.OrderReady) {
			t.Error("an order was removed together with its presentation")
		}
		time.Sleep(24 * 24 * time.Hour)
		synctest.Wait()
		if ordered(lectern.OrderReady) || !ordered(lectern.OrderSubmitted) {
			t.Error("after a month, the settled order is still stored, or the open one was removed")
		}
	})
}

// deliveries returns the deliveries about id in the outbox, the newest first.
func (w *world) deliveries(id string) []lectern.Delivery {
	w.t.Helper()
	list, err := w.store.Deliveries(context.Background(), lectern.DeliveryFilter{Presentation: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// A presentation has the owner and the API key that made it. A list shows one owner's presentations, or all. The same
// idempotency key of two owners is two keys.
func TestOwners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, succeed)
		made := map[string]string{}
		for _, owner := range []string{"a", "b", ""} {
			if _, replayed, err := w.svc.Reserve(t.Context(), owner, "k", "f"); err != nil || replayed {
				t.Fatal(owner, replayed, err)
			}
			p, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: testDeck(1), Owner: owner, KeyID: "id" + owner,
				Key: "k", Fingerprint: "f"})
			if err != nil {
				t.Fatal(err)
			}
			if owner == "" {
				owner = lectern.DefaultOwner
			}
			got, err := w.svc.Get(t.Context(), p.ID)
			if err != nil || got.Owner != owner || p.Owner != owner || got.KeyID != p.KeyID || p.KeyID == "" {
				t.Errorf("%s's presentation is %+v, %v", owner, got, err)
			}
			made[owner] = p.ID
		}
		for owner, id := range made {
			page, _, err := w.svc.List(t.Context(), lectern.Query{Owner: owner})
			if err != nil || len(page) != 1 || page[0].ID != id {
				t.Errorf("the list of %s is %+v, %v", owner, page, err)
			}
			again, replayed, err := w.svc.Reserve(t.Context(), owner, "k", "f")
			if err != nil || !replayed || again.ID != id {
				t.Errorf("the key of %s gives %s, %v, %v", owner, again.ID, replayed, err)
			}
		}
		if all, _, err := w.svc.List(t.Context(), lectern.Query{}); err != nil || len(all) != 3 {
			t.Errorf("the list of all has %d, %v", len(all), err)
		}
	})
}
