package keys_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/keys"
	"lectern/internal/keys/keystest"
)

func TestFakeKeepsTheContract(t *testing.T) {
	t.Parallel()
	keystest.Run(t, func(*testing.T) keys.Store { return &keystest.Fake{} })
}

var operator = lectern.Key{ID: "op", Owner: lectern.DefaultOwner, Scope: lectern.ScopeAdmin}

func codeOf(err error) lectern.Code {
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f.Code
	}
	if err != nil {
		return "other"
	}
	return ""
}

func add(t *testing.T, r *keys.Ring, k lectern.Key) (string, lectern.Key) {
	t.Helper()
	text, made, err := r.Add(t.Context(), operator, k)
	if err != nil {
		t.Fatal(err)
	}
	return text, made
}

// A key is lk_, its id and 256 random bits; only a hash is stored, and only the whole text finds the key.
func TestC2KeysAreMadeAndFound(t *testing.T) {
	t.Parallel()
	store := &keystest.Fake{}
	r := keys.New(keys.Options{Store: store})
	text, k := add(t, r, lectern.Key{Name: "CI", Scope: lectern.ScopeRead, Owner: "a"})
	id, secret, formed := keys.Split(text)
	if !formed || id != k.ID || !strings.HasPrefix(text, "lk_"+id+"_") || len(secret) != 43 {
		t.Errorf("%q", text)
	}
	stored, _ := store.Keys(t.Context())
	if len(stored) != 1 || len(stored[0].Hash) != 64 || strings.Contains(stored[0].Hash, secret) ||
		stored[0].Name != "CI" {
		t.Errorf("%+v", stored)
	}
	got, err := r.Verify(t.Context(), text)
	if err != nil || got.ID != k.ID || got.Owner != "a" || got.Scope != lectern.ScopeRead {
		t.Errorf("%+v, %v", got, err)
	}
	other, _ := add(t, r, lectern.Key{Name: "other"})
	for _, bad := range []string{"", "lk_", text[:len(text)-1], text + "x", text[:len(text)-1] + "!",
		strings.ToUpper(text), "lk_" + id + "_" + other[14:], "Bearer " + text} {
		if _, err := r.Verify(t.Context(), bad); codeOf(err) != lectern.CodeUnauthorized ||
			strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestTextsOfKeys(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		text, k, err := keys.Make(lectern.Key{Name: "x"}, time.Now())
		id, _, formed := keys.Split(text)
		if err != nil || !formed || id != k.ID || seen[text] || seen[id] {
			t.Fatalf("%q %+v %v", text, k, err)
		}
		seen[text], seen[id] = true, true
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if id, secret, formed := keys.Split(text); formed && text != "lk_"+id+"_"+secret {
			t.Fatalf("%q became %q and %q", text, id, secret)
		}
	})
}

func TestInvalidKeysAreRefused(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for param, k := range map[string]lectern.Key{
		"name": {}, "scope": {Name: "x", Scope: "root"}, "owner": {Name: "x", Owner: "A b"},
		"expires_at": {Name: "x", ExpiresAt: now.Add(-time.Hour)},
		"quota":      {Name: "x", Quota: lectern.Quota{Queued: -1}},
	} {
		_, _, err := keys.Make(k, now)
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Param != param {
			t.Errorf("%s: %v", param, err)
		}
	}
	for _, k := range []lectern.Key{{Name: strings.Repeat("x", 101)}, {Name: "a\nb"}, {Name: "x", Owner: ".."},
		{Name: "x", Owner: strings.Repeat("o", 65)}} {
		if _, _, err := keys.Make(k, now); err == nil {
			t.Errorf("%+v was made", k)
		}
	}
}

// A key that was removed on another node, or in the database itself, is refused within five seconds.
func TestRemovedKeysAreRefusedWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &keystest.Fake{}
		here, there := keys.New(keys.Options{Store: store}), keys.New(keys.Options{Store: store})
		text, k := add(t, there, lectern.Key{Name: "x"})
		if _, err := here.Verify(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		if err := there.Remove(t.Context(), operator, k.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := there.Verify(t.Context(), text); codeOf(err) != lectern.CodeUnauthorized {
			t.Errorf("where it was removed: %v", err)
		}
		time.Sleep(5 * time.Second)
		if _, err := here.Verify(t.Context(), text); codeOf(err) != lectern.CodeUnauthorized {
			t.Errorf("elsewhere: %v", err)
		}
		if err := here.Still(t.Context(), k); codeOf(err) != lectern.CodeUnauthorized {
			t.Errorf("a long request: %v", err)
		}
		if needed, err := here.Needed(t.Context()); needed || err != nil {
			t.Errorf("no key is left, but one is needed: %v", err)
		}
	})
}

// Requests in quick succession rarely read the store. A new key of another node is found once the copy is a second old.
func TestTheStoreIsReadRarely(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &keystest.Fake{}
		r := keys.New(keys.Options{Store: store})
		text, _ := add(t, r, lectern.Key{Name: "x"})
		before := store.Reads()
		for range 10_000 { // ten seconds
			if _, err := r.Verify(t.Context(), text); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
		if n := store.Reads() - before; n < 2 || n > 6 {
			t.Errorf("%d reads in 10 s", n)
		}
		fromElsewhere, k, err := keys.Make(lectern.Key{Name: "new"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := store.InsertKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1100 * time.Millisecond)
		if _, err := r.Verify(t.Context(), fromElsewhere); err != nil {
			t.Errorf("a new key: %v", err)
		}
		before = store.Reads()
		for range 1000 { // wrong keys cannot force a read for each request
			_, _ = r.Verify(t.Context(), text[:len(text)-1]+"!")
			_, _ = r.Verify(t.Context(), "lk_aaaaaaaaaa_"+text[14:])
		}
		if n := store.Reads() - before; n > 1 {
			t.Errorf("%d reads for wrong keys", n)
		}
	})
}

// While the store does not answer, no key is accepted after the copy is stale.
func TestABrokenStoreAcceptsNoKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &keystest.Fake{}
		r := keys.New(keys.Options{Store: store})
		text, _ := add(t, r, lectern.Key{Name: "x"})
		store.Break(errors.New("the database is away"))
		time.Sleep(3 * time.Second)
		if _, err := r.Verify(t.Context(), text); err != nil {
			t.Errorf("after 3 s: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := r.Verify(t.Context(), text); codeOf(err) != lectern.CodeOverloaded {
			t.Errorf("after 5 s: %v", err)
		}
		if needed, err := r.Needed(t.Context()); !needed || codeOf(err) != lectern.CodeOverloaded {
			t.Errorf("needed: %v, %v", needed, err)
		}
		store.Break(nil)
		if _, err := r.Verify(t.Context(), text); err != nil {
			t.Errorf("after the store works again: %v", err)
		}
	})
}

func TestKeysExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := keys.New(keys.Options{Store: &keystest.Fake{}})
		text, k := add(t, r, lectern.Key{Name: "x", ExpiresAt: time.Now().Add(time.Hour)})
		session, until := r.StartSession(k)
		if !until.Equal(k.ExpiresAt) {
			t.Errorf("the session ends at %v", until)
		}
		time.Sleep(time.Hour - time.Minute)
		if _, err := r.Verify(t.Context(), text); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if _, err := r.Verify(t.Context(), text); codeOf(err) != lectern.CodeUnauthorized ||
			!strings.Contains(err.Error(), "expired") {
			t.Errorf("%v", err)
		}
		if _, err := r.Resume(t.Context(), session); codeOf(err) != lectern.CodeUnauthorized {
			t.Errorf("its session: %v", err)
		}
		if needed, _ := r.Needed(t.Context()); !needed {
			t.Error("with only an expired key, requests need no key")
		}
	})
}

// A session lasts twelve hours, is bound to its key, and cannot be forged.
func TestSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &keystest.Fake{}
		r := keys.New(keys.Options{Store: store, Seal: []byte("seal")})
		twin := keys.New(keys.Options{Store: store, Seal: []byte("seal")})
		stranger := keys.New(keys.Options{Store: store})
		_, k := add(t, r, lectern.Key{Name: "x", Owner: "a"})
		value, until := r.StartSession(k)
		if got := time.Until(until); got != 12*time.Hour {
			t.Errorf("it lasts %s", got)
		}
		for name, ring := range map[string]*keys.Ring{"here": r, "another node": twin} {
			if got, err := ring.Resume(t.Context(), value); err != nil || got.ID != k.ID || got.Owner != "a" {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if _, err := stranger.Resume(t.Context(), value); codeOf(err) != lectern.CodeUnauthorized {
			t.Errorf("another seal: %v", err)
		}
		parts := strings.Split(value, ".")
		for _, bad := range []string{"", ".", "..", parts[0] + ".zzzzzz." + parts[2], "bbbbbbbbbb." + parts[1] + "." +
			parts[2], value + "x", strings.Repeat("x", 5000)} {
			if _, err := r.Resume(t.Context(), bad); codeOf(err) != lectern.CodeUnauthorized {
				t.Errorf("%.40q: %v", bad, err)
			}
		}
		time.Sleep(12 * time.Hour)
		if _, err := r.Resume(t.Context(), value); codeOf(err) != lectern.CodeUnauthorized {
			t.Errorf("after its time: %v", err)
		}
		value, _ = r.StartSession(k)
		if err := r.Remove(t.Context(), operator, k.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Resume(t.Context(), value); codeOf(err) != lectern.CodeUnauthorized {
			t.Errorf("without its key: %v", err)
		}
	})
}

func TestTheKeyOfTheEnvironment(t *testing.T) {
	t.Parallel()
	const text = "0123456789abcdef0123456789abcdef"
	r := keys.New(keys.Options{Store: &keystest.Fake{}, Admin: text})
	if needed, err := r.Needed(t.Context()); !needed || err != nil {
		t.Errorf("needed: %v, %v", needed, err)
	}
	k, err := r.Verify(t.Context(), text)
	if err != nil || k.Scope != lectern.ScopeAdmin || k.Owner != lectern.DefaultOwner ||
		strings.Contains(k.Name+k.ID+k.Hash, text) {
		t.Errorf("%+v, %v", k, err)
	}
	value, _ := r.StartSession(k)
	if got, err := r.Resume(t.Context(), value); err != nil || got.ID != keys.EnvironmentID {
		t.Errorf("its session: %+v, %v", got, err)
	}
	if _, err := r.Verify(t.Context(), text+"0"); codeOf(err) != lectern.CodeUnauthorized {
		t.Error(err)
	}
	if err := r.Remove(t.Context(), k, keys.EnvironmentID); codeOf(err) != lectern.CodeConflict ||
		!strings.Contains(err.Error(), keys.Variable) {
		t.Errorf("removing it: %v", err)
	}
}

// An admin key of one owner cannot list, make or remove the keys of another owner. One of the default owner can.
func TestAdminKeysOfOneOwner(t *testing.T) {
	t.Parallel()
	r := keys.New(keys.Options{Store: &keystest.Fake{}})
	_, a := add(t, r, lectern.Key{Name: "a", Owner: "a", Scope: lectern.ScopeAdmin})
	_, b := add(t, r, lectern.Key{Name: "b", Owner: "b"})
	if list, err := r.List(t.Context(), a); err != nil || len(list) != 1 || list[0].ID != a.ID {
		t.Errorf("%v, %v", list, err)
	}
	if _, _, err := r.Add(t.Context(), a, lectern.Key{Name: "x", Owner: "b"}); codeOf(err) != lectern.CodeForbidden {
		t.Error(err)
	}
	if _, k, err := r.Add(t.Context(), a, lectern.Key{Name: "x"}); err != nil || k.Owner != "a" {
		t.Errorf("%+v, %v", k, err)
	}
	if err := r.Remove(t.Context(), a, b.ID); codeOf(err) != lectern.CodeNotFound {
		t.Error(err)
	}
	if list, err := r.List(t.Context(), operator); err != nil || len(list) != 3 {
		t.Errorf("%v, %v", list, err)
	}
	if err := r.Remove(t.Context(), operator, b.ID); err != nil {
		t.Error(err)
	}
}

// A request that waits for a slow store ends when its client disconnects.
func TestWaitingEndsWithTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{free: make(chan struct{})}
		r := keys.New(keys.Options{Store: s})
		first := make(chan error, 1)
		go func() { _, err := r.Needed(t.Context()); first <- err }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := r.Needed(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		close(s.free)
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

type slow struct {
	keystest.Fake
	free chan struct{}
}

func (s *slow) Keys(ctx context.Context) ([]lectern.Key, error) {
	<-s.free
	return s.Fake.Keys(ctx)
}

func BenchmarkVerify(b *testing.B) {
	r := keys.New(keys.Options{Store: &keystest.Fake{}})
	text, _, err := r.Add(b.Context(), operator, lectern.Key{Name: "x"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.Verify(b.Context(), text); err != nil {
			b.Fatal(err)
		}
	}
}
