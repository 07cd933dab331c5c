package webhooktest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"lectern"
	"lectern/internal/webhook"
)

// Fake is a store in memory that passes Run. It is safe for concurrent use.
type Fake struct {
	mu            sync.Mutex
	presentations map[string]lectern.Presentation
	endpoints     []lectern.Endpoint
	deliveries    []lectern.Delivery // in the order of their storage
	claimants     map[string]string  // claimer of a delivery, by its id
}

var _ webhook.Store = (*Fake)(nil)

// NewFake returns an empty store.
func NewFake() *Fake {
	return &Fake{presentations: map[string]lectern.Presentation{}, claimants: map[string]string{}}
}

// now returns the time of the store's clock.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Create stores a queued presentation.
func (f *Fake) Create(callback string, at time.Time) lectern.Presentation {
	return f.CreateOf(lectern.DefaultOwner, callback, at)
}

// CreateOf is Create for an owner.
func (f *Fake) CreateOf(owner, callback string, at time.Time) lectern.Presentation {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := lectern.NewPresentation(uuid.NewString(), lectern.Deck{Title: "A talk", Slides: make([]lectern.Slide, 1)}, at)
	p.Owner, p.CallbackURL = owner, callback
	f.presentations[p.ID] = p
	f.milestone(p, at)
	return p
}

// Apply applies events to a presentation and stores it with their milestones.
func (f *Fake) Apply(id string, at time.Time, events ...lectern.Event) (lectern.Presentation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.presentations[id]
	if !ok {
		return p, lectern.Fail(lectern.CodeNotFound, "There is no presentation %s.", id)
	}
	for _, ev := range events {
		next, change, err := p.Apply(ev, at)
		if err != nil {
			return p, err
		}
		if change == lectern.Visible && next.Status != p.Status {
			f.milestone(next, at)
		}
		p = next
	}
	f.presentations[id] = p
	return p, nil
}

func (f *Fake) milestone(p lectern.Presentation, at time.Time) {
	add := func(endpoint, address string) {
		f.deliveries = append(f.deliveries, lectern.Delivery{
			ID: "msg_" + uuid.NewString(), Owner: p.Owner, Endpoint: endpoint, URL: address,
			Type: lectern.WebhookType(p.Status), Presentation: p,
			State: lectern.DeliveryPending, NextAt: at, CreatedAt: at,
		})
	}
	if p.CallbackURL != "" {
		add("", p.CallbackURL)
	}
	for _, e := range f.endpoints {
		if e.Owner == p.Owner && !e.Disabled && (len(e.Types) == 0 ||
			slices.Contains(e.Types, lectern.WebhookType(p.Status))) {
			add(e.ID, e.URL)
		}
	}
}

// stream returns the key that deliveries with a common order share.
func stream(d lectern.Delivery) string {
	return fmt.Sprintf("%s %s %s", d.Presentation.ID, d.Endpoint, d.URL)
}

// ClaimDeliveries implements webhook.Outbox.
func (f *Fake) ClaimDeliveries(ctx context.Context, by string, lease time.Duration,
	limit int) ([]lectern.Delivery, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	heads := map[string]int64{} // the oldest untried version of each stream: later ones must wait
	for _, d := range f.deliveries {
		if d.State != lectern.DeliveryPending || d.Attempts > 0 {
			continue
		}
		if v, ok := heads[stream(d)]; !ok || d.Presentation.Version < v {
			heads[stream(d)] = d.Presentation.Version
		}
	}
	var due []int
	at := now()
	for i, d := range f.deliveries {
		if v, ok := heads[stream(d)]; d.State == lectern.DeliveryPending && !d.NextAt.After(at) &&
			(!ok || d.Presentation.Version <= v) {
			due = append(due, i)
		}
	}
	slices.SortFunc(due, func(a, b int) int {
		return cmp.Or(f.deliveries[a].NextAt.Compare(f.deliveries[b].NextAt), cmp.Compare(a, b))
	})
	var out []lectern.Delivery
	for _, i := range due[:min(limit, len(due))] {
		f.deliveries[i].NextAt = at.Add(lease)
		f.deliveries[i].Claim++
		f.claimants[f.deliveries[i].ID] = by
		out = append(out, f.whole(f.deliveries[i]))
	}
	return out, nil
}

// whole returns d with the current secrets.
func (f *Fake) whole(d lectern.Delivery) lectern.Delivery {
	for _, e := range f.endpoints {
		if e.ID == d.Endpoint {
			d.Secrets, d.Revision = slices.Clone(e.Secrets), e.Revision
		}
	}
	return d
}

// FinishDelivery implements webhook.Outbox.
func (f *Fake) FinishDelivery(ctx context.Context, d lectern.Delivery, again time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, old := range f.deliveries {
		if old.ID == d.ID && old.Claim == d.Claim && f.claimants[d.ID] != "" {
			at := &f.deliveries[i]
			at.State, at.Attempts, at.NextAt, at.DoneAt, at.StatusCode, at.Problem = d.State, d.Attempts,
				now().Add(again), d.DoneAt, d.StatusCode, d.Problem
			delete(f.claimants, d.ID)
			return nil
		}
	}
	return lectern.Fail(lectern.CodeStale, "The claim on the delivery %s has ended.", d.ID)
}

// FreeClaims implements webhook.Outbox.
func (f *Fake) FreeClaims(ctx context.Context, by string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.deliveries {
		if d := &f.deliveries[i]; f.claimants[d.ID] != "" && (by == "" || by == f.claimants[d.ID]) {
			d.NextAt = now()
			delete(f.claimants, d.ID)
		}
	}
	return nil
}

// Endpoints implements webhook.Endpoints.
func (f *Fake) Endpoints(context.Context) ([]lectern.Endpoint, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := slices.Clone(f.endpoints)
	for i := range out {
		out[i].Types, out[i].Secrets = slices.Clone(out[i].Types), slices.Clone(out[i].Secrets)
	}
	return out, nil
}

// PutEndpoint implements webhook.Endpoints.
func (f *Fake) PutEndpoint(_ context.Context, e lectern.Endpoint) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	e.Types, e.Secrets = slices.Clone(e.Types), slices.Clone(e.Secrets)
	e.Owner = cmp.Or(e.Owner, lectern.DefaultOwner)
	i := slices.IndexFunc(f.endpoints, func(o lectern.Endpoint) bool { return o.ID == e.ID })
	if i < 0 && e.Revision != 0 || i >= 0 && e.Revision != f.endpoints[i].Revision {
		return lectern.Fail(lectern.CodeStale, "The webhook %s was changed or removed in the meantime.", e.ID)
	}
	if e.Revision++; i >= 0 {
		f.endpoints[i] = e
	} else {
		f.endpoints = append(f.endpoints, e)
	}
	if e.Disabled {
		f.giveUp(e.ID, "Its webhook was disabled.")
	}
	return nil
}

// DeleteEndpoint implements webhook.Endpoints.
func (f *Fake) DeleteEndpoint(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.endpoints, func(o lectern.Endpoint) bool { return o.ID == id })
	if i < 0 {
		return lectern.Fail(lectern.CodeNotFound, "There is no webhook %s.", id)
	}
	f.endpoints = slices.Delete(f.endpoints, i, i+1)
	f.giveUp(id, "Its webhook was removed.")
	return nil
}

func (f *Fake) giveUp(endpoint, why string) {
	for i := range f.deliveries {
		if d := &f.deliveries[i]; d.Endpoint == endpoint && d.State == lectern.DeliveryPending {
			d.State, d.DoneAt, d.Problem = lectern.DeliveryGivenUp, now(), why
			delete(f.claimants, d.ID)
		}
	}
}

// Deliveries implements webhook.Records.
func (f *Fake) Deliveries(_ context.Context, q lectern.DeliveryFilter) ([]lectern.Delivery, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []lectern.Delivery
	for _, d := range slices.Backward(f.deliveries) {
		if q.Owner != "" && d.Owner != q.Owner || q.Presentation != "" && d.Presentation.ID != q.Presentation ||
			q.State != "" && d.State != q.State ||
			q.Endpoint == lectern.CallbackEndpoint && d.Endpoint != "" || q.Endpoint != "" &&
			q.Endpoint != lectern.CallbackEndpoint && d.Endpoint != q.Endpoint {
			continue
		}
		if out = append(out, f.whole(d)); len(out) == cmp.Or(q.Limit, 100) {
			break
		}
	}
	return out, nil
}

// Delivery implements webhook.Records.
func (f *Fake) Delivery(_ context.Context, id string) (lectern.Delivery, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.deliveries {
		if d.ID == id {
			return f.whole(d), nil
		}
	}
	return lectern.Delivery{}, lectern.Fail(lectern.CodeNotFound, "There is no delivery %s.", id)
}

// Redeliver implements webhook.Records.
func (f *Fake) Redeliver(_ context.Context, id string) (lectern.Delivery, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.deliveries {
		d := &f.deliveries[i]
		if d.ID != id {
			continue
		}
		if d.Endpoint != "" && !slices.ContainsFunc(f.endpoints,
			func(e lectern.Endpoint) bool { return e.ID == d.Endpoint }) {
			return *d, lectern.Fail(lectern.CodeConflict, "The webhook of this delivery was removed.")
		}
		d.State, d.Attempts, d.NextAt, d.DoneAt, d.StatusCode, d.Problem = lectern.DeliveryPending, 0, now(),
			time.Time{}, 0, ""
		delete(f.claimants, id)
		return f.whole(*d), nil
	}
	return lectern.Delivery{}, lectern.Fail(lectern.CodeNotFound, "There is no delivery %s.", id)
}
