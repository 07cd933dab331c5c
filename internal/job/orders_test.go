package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
)

// J7 J9: a run that was given up can place no order, announces nothing, and does not change the order of its
// successor. A second presentation finds the order and cannot place it again. The refusal of an order loses no
// report.
func TestOrders(t *testing.T) {
	t.Parallel()
	zombie, wake, woke := make(chan struct{}), make(chan struct{}), make(chan struct{})
	order := lectern.Order{Key: "abc", Engine: "elai", State: lectern.OrderIntended, Slide: 1}
	w := begin(t, func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		if j.Attempt == 1 && j.Deck.Title == "first" {
			close(zombie)
			<-wake // ignores ctx
			defer close(woke)
			if err := j.Orders.RecordOrder(context.WithoutCancel(ctx),
				order); !errors.Is(err, &lectern.Failure{Code: lectern.CodeStale}) {
				t.Errorf("J7: a stale order gave %v", err)
			}
			return []lectern.Artifact{{Kind: lectern.ArtifactVideo, Key: "z"}}, nil
		}
		r.Report(lectern.Reported{Warnings: []lectern.Warning{{Code: "said before the order"}}})
		o, found, err := j.Orders.Order(ctx, "abc")
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, j.Orders.RecordOrder(ctx, order)
		}
		if err := j.Orders.RecordOrder(ctx, order); !errors.Is(err, &lectern.Failure{Code: lectern.CodeConflict}) {
			t.Errorf("J9: placing the order again gave %v", err)
		}
		o.State, o.ExternalID = lectern.OrderCreated, "video-7"
		return nil, j.Orders.RecordOrder(ctx, o)
	}, func(o *job.Options) { o.CancelGrace = 20 * time.Millisecond })

	deck := testDeck(1)
	deck.Title = "first"
	p, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: deck, CallbackURL: "https://example.com"})
	if err != nil {
		t.Fatal(err)
	}
	<-zombie
	if _, err := w.svc.Cancel(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	w.until(p.ID, is(lectern.StatusCanceled))
	if _, err := w.svc.Retry(t.Context(), p.ID, lectern.Account{}); err != nil {
		t.Fatal(err)
	}
	w.until(p.ID, is(lectern.StatusCompleted))
	before := w.order("abc")
	if before.Presentation != p.ID || before.Attempt != 2 || before.State != lectern.OrderIntended ||
		before.UpdatedAt.IsZero() {
		t.Errorf("the order is %+v", before)
	}
	q := w.ended(w.create(1).ID)
	if got := w.order("abc"); got.Presentation != q.ID || got.ExternalID != "video-7" ||
		q.Status != lectern.StatusCompleted || len(q.Warnings) != 1 {
		t.Errorf("the order is %+v after the presentation %+v", got, q)
	}
	before = w.order("abc")
	close(wake)
	<-woke
	if err := w.svc.Stop(t.Context()); err != nil { // waits for the zombie
		t.Fatal(err)
	}
	if got := w.order("abc"); got != before {
		t.Errorf("J7: %+v became %+v", before, got)
	}
	var types []string
	for _, d := range w.deliveries(p.ID) {
		types = append(types, d.Type)
	}
	if len(types) != 6 || types[0] != "presentation.completed" {
		t.Errorf("J7: the deliveries, newest first, are %v", types)
	}
}

func (w *world) order(key string) lectern.Order {
	w.t.Helper()
	o, ok, err := w.store.Order(context.Background(), key)
	if err != nil || !ok {
		w.t.Fatalf("the order %s: %v %v", key, ok, err)
	}
	return o
}
