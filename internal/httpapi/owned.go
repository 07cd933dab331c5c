package httpapi

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/http"

	"lectern"
)

// mine is the job service, restricted to the owner of one key. All handlers use it: a presentation of another owner is
// not found, as if it had never existed.
type mine struct {
	jobs  Jobs
	key   lectern.Key
	quota lectern.Quota // the server's setting: each bound applies to every key that does not set its own
}

// mine returns the job service for the key of r.
func (s *server) mine(r *http.Request) mine { return mine{s.Jobs, visitOf(r.Context()).key, s.Quota} }

func (m mine) owner() string { return cmp.Or(m.key.Owner, lectern.DefaultOwner) }

// bounds returns the quota of the key. For a bound that the key does not set, the server's setting applies. Without a
// key there are no bounds.
func (m mine) bounds() lectern.Quota {
	if m.key.ID == "" {
		return lectern.Quota{}
	}
	q := m.key.Quota
	return lectern.Quota{
		Running: cmp.Or(q.Running, m.quota.Running), Queued: cmp.Or(q.Queued, m.quota.Queued),
		Minutes: cmp.Or(q.Minutes, m.quota.Minutes),
	}
}

// Submit creates a presentation of this owner.
func (m mine) Submit(ctx context.Context, sub lectern.Submission) (lectern.Presentation, error) {
	sub.Owner, sub.KeyID, sub.Quota = m.owner(), m.key.ID, m.bounds()
	p, err := m.jobs.Submit(ctx, sub)
	return p, ofKey(err)
}

// ofKey sets the param of a refusal that the Idempotency-Key is the reason for.
func ofKey(err error) error {
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok || f.Code != lectern.CodeKeyMismatch && f.Code != lectern.CodeKeyInUse {
		return err
	}
	c := *f
	c.Param = "Idempotency-Key"
	return &c
}

// Reserve claims an Idempotency-Key among those of this owner.
func (m mine) Reserve(ctx context.Context, key, fingerprint string) (lectern.Presentation, bool, error) {
	p, replayed, err := m.jobs.Reserve(ctx, m.owner(), key, fingerprint)
	return p, replayed, ofKey(err)
}

// ReleaseKey frees an Idempotency-Key of this owner.
func (m mine) ReleaseKey(ctx context.Context, key string) error {
	return m.jobs.ReleaseKey(ctx, m.owner(), key)
}

// Get returns a presentation of this owner.
func (m mine) Get(ctx context.Context, id string) (lectern.Presentation, error) {
	p, err := m.jobs.Get(ctx, id)
	if err == nil && cmp.Or(p.Owner, lectern.DefaultOwner) != m.owner() {
		// the sentence of the store for an id that never existed
		return lectern.Presentation{}, lectern.Fail(lectern.CodeNotFound, "There is no presentation %.64q.", id)
	}
	return p, err
}

// List returns a page of this owner's presentations.
func (m mine) List(ctx context.Context, q lectern.Query) ([]lectern.Presentation, string, error) {
	q.Owner = m.owner()
	return m.jobs.List(ctx, q)
}

// Watch yields the versions of p, which Get has returned. It need not check the owner again, who never changes.
func (m mine) Watch(ctx context.Context, p lectern.Presentation, after int64) iter.Seq2[lectern.Presentation, error] {
	return m.jobs.Watch(ctx, p.ID, after)
}

// Cancel requests the end of a presentation.
func (m mine) Cancel(ctx context.Context, id string) (lectern.Presentation, error) {
	if p, err := m.Get(ctx, id); err != nil {
		return p, err
	}
	return m.jobs.Cancel(ctx, id)
}

// Retry queues a presentation again.
func (m mine) Retry(ctx context.Context, id string) (lectern.Presentation, error) {
	if p, err := m.Get(ctx, id); err != nil {
		return p, err
	}
	return m.jobs.Retry(ctx, id, lectern.Account{KeyID: m.key.ID, Quota: m.bounds()})
}

// Deck returns the deck of a presentation.
func (m mine) Deck(ctx context.Context, id string) (lectern.Deck, error) {
	if _, err := m.Get(ctx, id); err != nil {
		return lectern.Deck{}, err
	}
	return m.jobs.Deck(ctx, id)
}

// Report returns the report on the deck of a presentation.
func (m mine) Report(ctx context.Context, id string) ([]lectern.SlideReport, error) {
	if _, err := m.Get(ctx, id); err != nil {
		return nil, err
	}
	return m.jobs.Report(ctx, id)
}

// Delete removes a presentation.
func (m mine) Delete(ctx context.Context, id string) error {
	if _, err := m.Get(ctx, id); err != nil {
		return err
	}
	return m.jobs.Delete(ctx, id)
}

// Artifacts lists the artifacts of a presentation.
func (m mine) Artifacts(ctx context.Context, id string) ([]lectern.Artifact, error) {
	if _, err := m.Get(ctx, id); err != nil {
		return nil, err
	}
	return m.jobs.Artifacts(ctx, id)
}

// Steps lists the finished steps of a presentation.
func (m mine) Steps(ctx context.Context, id string) ([]lectern.Step, error) {
	if _, err := m.Get(ctx, id); err != nil {
		return nil, err
	}
	return m.jobs.Steps(ctx, id)
}
