package storetest

import (
	"slices"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
)

// owned returns the creation of a presentation of owner.
func (b *bench) owned(owner string) job.WriteSpec {
	s := b.newSpec()
	s.Create.Owner, s.Create.KeyID, s.Create.CallbackURL = owner, "k"+owner, callback
	return s
}

func ids(list []lectern.Presentation) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.ID)
	}
	return out
}

// owners checks that the lists, endpoints and deliveries of one owner show nothing of another owner.
func owners(t *testing.T, b *bench) {
	for _, owner := range []string{"a", "b"} {
		e := lectern.Endpoint{ID: "wh_" + owner, Owner: owner, URL: "https://" + owner + ".example.com/",
			Secrets: []string{"whsec_" + owner}, CreatedAt: b.tick()}
		same(t, "endpoint", b.store.PutEndpoint(b.ctx(), e), nil)
	}
	made := map[string][]string{}
	for i := range 6 {
		owner := []string{"a", "b", "a"}[i%3]
		s := b.owned(owner)
		b.commit(s)
		made[owner] = append([]string{s.ID}, made[owner]...) // the youngest first
		same(t, "owner", b.get(s.ID), *s.Create)
		if i < 3 {
			b.apply(s.ID, lectern.CancelAsked{})
		}
	}
	for _, owner := range []string{"a", "b", "nobody"} {
		var paged []string
		page := job.Page{Owner: owner, Limit: 1}
		for {
			part, err := b.store.List(b.ctx(), page)
			if err != nil {
				t.Fatal(err)
			}
			if len(part) == 0 {
				break
			}
			paged = append(paged, ids(part)...)
			page.Before, page.BeforeID = part[0].CreatedAt, part[0].ID
		}
		same(t, "pages of "+owner, paged, made[owner])
		for _, status := range []lectern.Status{lectern.StatusQueued, lectern.StatusCanceled} {
			list, err := b.store.List(b.ctx(), job.Page{Owner: owner, Statuses: []lectern.Status{status}, Limit: 10})
			same(t, "list", err, nil)
			same(t, string(status)+" of "+owner, len(list), len(made[owner])/2)
			for _, p := range list {
				if p.Owner != owner || p.Status != status {
					t.Errorf("the list of %s has %+v", owner, p)
				}
			}
		}
		for _, d := range b.deliveries(lectern.DeliveryFilter{Owner: owner}) {
			if d.Owner != owner || d.Presentation.Owner != owner || d.Endpoint != "" && d.Endpoint != "wh_"+owner {
				t.Errorf("the deliveries of %s have %+v", owner, d)
			}
		}
		// Each presentation has two deliveries that say "queued", and half of them have two that say "canceled".
		same(t, "deliveries of "+owner, len(b.deliveries(lectern.DeliveryFilter{Owner: owner})), 3*len(made[owner]))
	}
	all, err := b.store.List(b.ctx(), job.Page{Limit: 10})
	same(t, "of all owners", len(all), 6)
	same(t, "of all owners", err, nil)
	one := made["a"][0]
	same(t, "of the owner", len(b.deliveries(lectern.DeliveryFilter{Owner: "a", Presentation: one})), 2)
	same(t, "of another", len(b.deliveries(lectern.DeliveryFilter{Owner: "b", Presentation: one})), 0)
	endpoints, err := b.store.Endpoints(b.ctx())
	same(t, "endpoints", err, nil)
	for _, e := range endpoints {
		same(t, "owner of "+e.ID, "wh_"+e.Owner, e.ID)
	}
}

// ownedKeys checks that the same Idempotency-Key of two owners is two keys (J13).
func ownedKeys(t *testing.T, b *bench) {
	reserve := func(owner, fingerprint string) job.Outcome {
		return b.commit(job.WriteSpec{Reserve: true, Owner: owner, Key: "k", Fingerprint: fingerprint})[0]
	}
	same(t, "of one", reserve("a", "f"), job.Outcome{})
	same(t, "of another", reserve("b", "g"), job.Outcome{})
	same(t, "of the default owner", reserve("", "h"), job.Outcome{})
	wantCode(t, reserve("a", "f").Err, lectern.CodeKeyInUse)
	wantCode(t, reserve(lectern.DefaultOwner, "h").Err, lectern.CodeKeyInUse)

	made := map[string]string{}
	for _, owner := range []string{"a", "b"} {
		s := b.owned(owner)
		s.Key, s.Fingerprint = "k", map[string]string{"a": "f", "b": "g"}[owner]
		out := b.commit(s)[0]
		same(t, "completion", out.Err, nil)
		made[owner] = out.After.ID
	}
	same(t, "a's again", reserve("a", "f").After.ID, made["a"])
	same(t, "b's again", reserve("b", "g").After.ID, made["b"])
	wantCode(t, reserve("b", "f").Err, lectern.CodeKeyMismatch)
	b.commit(job.WriteSpec{Release: true, Owner: "a", Key: "k"}) // completed: of no effect
	b.commit(job.WriteSpec{Release: true, Key: "k"})
	same(t, "a's still", reserve("a", "f").After.ID, made["a"])
	same(t, "free again", reserve("", "x"), job.Outcome{})
}

// apiKeys checks that API keys are read as they were stored, and are removed.
func apiKeys(t *testing.T, b *bench) {
	list := func() []lectern.Key {
		got, err := b.store.Keys(b.ctx())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	same(t, "none", len(list()), 0)
	first := lectern.Key{
		ID: "abc123", Name: "Grüße – „CI“", Owner: "a", Scope: lectern.ScopeWrite, Hash: "aa11", CreatedAt: b.tick(),
		ExpiresAt: b.at.AddDate(1, 0, 0), Quota: lectern.Quota{Running: 1, Queued: 2, Minutes: 3},
	}
	second := lectern.Key{ID: "def456", Scope: lectern.ScopeAdmin, Hash: "bb22", CreatedAt: b.tick()}
	same(t, "first", b.store.InsertKey(b.ctx(), first), nil)
	same(t, "second", b.store.InsertKey(b.ctx(), second), nil)
	second.Owner = lectern.DefaultOwner
	same(t, "both", list(), []lectern.Key{first, second})

	again := second
	again.Hash, again.Scope = "cc33", lectern.ScopeRead
	wantCode(t, b.store.InsertKey(b.ctx(), again), lectern.CodeConflict)
	again.ID, again.Hash = "ghi789", first.Hash
	wantCode(t, b.store.InsertKey(b.ctx(), again), lectern.CodeConflict)
	same(t, "after refusals", list(), []lectern.Key{first, second})

	for _, want := range []bool{true, false} {
		gone, err := b.store.DeleteKey(b.ctx(), first.ID)
		same(t, "removed", gone, want)
		same(t, "removed", err, nil)
	}
	same(t, "left", list(), []lectern.Key{second})
}

// upgradedOwners checks that rows of a version without owners belong to the default owner. [Upgraded] calls it last.
func upgradedOwners(t *testing.T, s Store) {
	t.Helper()
	endpoints, err := s.Endpoints(t.Context())
	same(t, "endpoints", err, nil)
	if !slices.ContainsFunc(endpoints, func(e lectern.Endpoint) bool {
		return e.ID == "wh_old" &&
			e.Owner == lectern.DefaultOwner
	}) {
		t.Errorf("the endpoints are %+v", endpoints)
	}
	all, err := s.Deliveries(t.Context(), lectern.DeliveryFilter{Owner: lectern.DefaultOwner})
	same(t, "deliveries", err, nil)
	same(t, "deliveries", len(all), 4)
	for _, d := range all {
		same(t, "of the default owner", d.Presentation.Owner, lectern.DefaultOwner)
	}
	at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	reserve := job.WriteSpec{Reserve: true, Key: "old", Fingerprint: "f", At: at}
	other := reserve
	other.Owner = "a"
	outs, err := s.Commit(t.Context(), []job.Write{job.TestWrite(t, reserve), job.TestWrite(t, other)})
	same(t, "keys", err, nil)
	wantCode(t, outs[0].Err, lectern.CodeKeyInUse) // OldOutbox has it
	same(t, "another's", outs[1].Err, nil)
}
