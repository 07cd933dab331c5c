package job

import (
	"cmp"
	"context"
	"time"

	"lectern"
)

// KeyTimeout ends a reservation that is never completed because the process that made it has died (J13).
const KeyTimeout = time.Minute

// Key is a store's record of an Idempotency-Key.
type Key struct {
	Owner        string // the same Key of two owners is two keys
	Key          string
	Fingerprint  string    // of the request
	Presentation string    // what the first request made; "" while it is in flight
	ReservedAt   time.Time // by the first request
	ExpiresAt    time.Time // of a reservation; zero with a Presentation: the key is removed together with it
}

// Reserve claims an owner's Idempotency-Key for a new request (J13); owner "" is lectern.DefaultOwner. Where the same
// request came before, p is its presentation and replayed is true. Another request with this key is CodeKeyMismatch;
// one that is still in flight is CodeKeyInUse. [Service.Submit] completes a reservation, [Service.ReleaseKey] ends it,
// and [KeyTimeout] frees it. A completed key lives as long as its presentation.
func (s *Service) Reserve(ctx context.Context, owner, key,
	fingerprint string) (p lectern.Presentation, replayed bool, err error) {
	out, err := s.submit(ctx, WriteSpec{Reserve: true, Owner: owner, Key: key, Fingerprint: fingerprint})
	return out.After, out.Replayed, err
}

// ReleaseKey frees an owner's key whose request failed. A key that is not in flight stays as it is.
func (s *Service) ReleaseKey(ctx context.Context, owner, key string) error {
	_, err := s.submit(ctx, WriteSpec{Release: true, Owner: owner, Key: key})
	return err
}

// Claim returns the key to be stored with w, if w has one: a reservation, or a key completed with the presentation
// that w creates. Where the store already has this key, it first calls [Write.Admit].
func (w Write) Claim() (Key, bool) {
	s := w.spec
	k := Key{Owner: w.owner(), Key: s.Key, Fingerprint: s.Fingerprint, ReservedAt: s.At}
	switch {
	case s.Key == "":
		return k, false
	case s.Reserve:
		k.ExpiresAt = s.At.Add(KeyTimeout)
		return k, true
	case s.Create != nil:
		k.Presentation = s.Create.ID
		return k, true
	}
	return k, false
}

// Release returns the key that w frees, if it frees one. The store does not free a key that has a presentation.
func (w Write) Release() (owner, key string, yes bool) { return w.owner(), w.spec.Key, w.spec.Release }

// owner returns the owner of w's key.
func (w Write) owner() string {
	if w.spec.Create != nil {
		return w.spec.Create.Owner
	}
	return cmp.Or(w.spec.Owner, lectern.DefaultOwner)
}

// Admit decides about w when the store already has its key, old. With replay, w is done and its outcome is the
// presentation of the first request (Outcome.Replayed). With an error, w is refused. Otherwise w goes on and replaces
// old. It is pure.
//
// A presentation can complete any reservation that is in flight. Two requests can hold the same one, when the first
// comes back after [KeyTimeout]; the second of them to arrive gets the presentation of the first.
func (w Write) Admit(old Key) (replay bool, err error) {
	silent := old.Presentation == "" && !w.spec.At.Before(old.ExpiresAt)
	switch {
	case old.Fingerprint != w.spec.Fingerprint && !silent:
		return false, lectern.Fail(lectern.CodeKeyMismatch, "The Idempotency-Key %.64q came with another request before. "+
			"Use a new key for a new request.", old.Key)
	case old.Presentation != "":
		return true, nil
	case w.spec.Reserve && !silent:
		f := lectern.Fail(lectern.CodeKeyInUse, "The first request with the Idempotency-Key %.64q is not answered yet. Try "+
			"again in a moment.", old.Key)
		f.Retryable = true
		return false, f
	}
	return false, nil
}
