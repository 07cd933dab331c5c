package job

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"lectern"
	"lectern/internal/crashpoint"
)

// Deliveries returns the messages about milestones, for the CallbackURL and for each endpoint of the owner that
// subscribes to them, in the order of versions. A store inserts them in the transaction that stores the milestones. It
// is pure: the same milestone has the same message ID for the same address, however often its transaction is tried.
func Deliveries(announced []lectern.Presentation, endpoints []lectern.Endpoint, at time.Time) []lectern.Delivery {
	var out []lectern.Delivery
	for _, p := range announced {
		add := func(endpoint, url string) {
			sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s", p.ID, p.Version, endpoint))
			out = append(out, lectern.Delivery{
				ID: fmt.Sprintf("msg_%x", sum[:16]), Owner: p.Owner, Endpoint: endpoint, URL: url,
				Type:         lectern.WebhookType(p.Status),
				Presentation: p, State: lectern.DeliveryPending, NextAt: at, CreatedAt: at,
			})
		}
		if p.CallbackURL != "" {
			add("", p.CallbackURL)
		}
		for _, e := range endpoints {
			if e.Owner == p.Owner && !e.Disabled && (len(e.Types) == 0 ||
				slices.Contains(e.Types, lectern.WebhookType(p.Status))) {
				add(e.ID, e.URL)
			}
		}
	}
	return out
}

// announced returns the versions with a new status: the milestones that webhooks deliver.
func announced(before lectern.Presentation, versions []lectern.Presentation) []lectern.Presentation {
	var out []lectern.Presentation
	for _, v := range versions {
		if v.Status != before.Status {
			out = append(out, v)
		}
		before = v
	}
	return out
}

var _ lectern.Orders = (*run)(nil)

// Order implements lectern.Orders.
func (r *run) Order(ctx context.Context, key string) (lectern.Order, bool, error) {
	return r.s.opt.Store.Order(ctx, key)
}

// RecordOrder implements lectern.Orders. The write does not carry the run's pending report, since a refusal would lose
// it.
func (r *run) RecordOrder(ctx context.Context, o lectern.Order) error {
	at := r.s.now()
	o.Presentation, o.Attempt, o.UpdatedAt = r.id, r.attempt, at
	_, err := r.s.submit(ctx, WriteSpec{ID: r.id, At: at, Order: &o,
		Events: []lectern.Event{lectern.Reported{Attempt: r.attempt}}})
	if errors.Is(err, &lectern.Failure{Code: lectern.CodeStale}) {
		r.cancel(ErrLeaseLost)
	}
	if err == nil {
		crashpoint.Here(crashpoint.Point("order " + o.State))
	}
	return err
}

// Supersede returns an error where o may not replace old, which has the same key: an order that is only intended
// replaces nothing but a failed one.
func Supersede(old, o lectern.Order) error {
	if o.State == lectern.OrderIntended && old.State != lectern.OrderFailed {
		return lectern.Fail(lectern.CodeConflict, "Presentation %s has already ordered the render %.16s, and the order "+
			"is %s.", old.Presentation, old.Key, old.State)
	}
	return nil
}

// orderRetention is how long a ready or failed order is kept. Other orders stay: they may have cost money, and their
// outcome is not known.
const orderRetention = 30 * 24 * time.Hour

// Sweep has the times at or before which records are stale.
type Sweep struct {
	Keys       time.Time // reservations that expired
	Usage      time.Time // minutes of API keys that do not count any more
	Orders     time.Time // ready or failed ones, by UpdatedAt
	Deliveries time.Time // done ones, by DoneAt
}

// Sweep returns what w removes, if w is a sweep.
func (w Write) Sweep() (Sweep, bool) {
	at := w.spec.At
	return Sweep{Keys: at, Usage: at.Add(-lectern.UsageWindow), Orders: at.Add(-orderRetention),
		Deliveries: at.Add(-w.spec.KeepFor)}, w.spec.Sweep
}
