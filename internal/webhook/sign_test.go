package webhook_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/webhook"
)

// This package and the reference library accept each other's signatures, and no others.
func TestSignaturesMatchTheReferenceLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret, other := webhook.NewSecret(), webhook.NewSecret()
		id := "msg_" + rapid.StringMatching(`[a-z0-9]{1,30}`).Draw(t, "id")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		at := time.Now()
		h := http.Header{}
		if err := webhook.Sign(h, []string{other, secret}, id, at, body); err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{secret, other} {
			wh, err := standard.NewWebhook(s)
			if err != nil {
				t.Fatal(err)
			}
			if err := wh.Verify(body, h); err != nil {
				t.Fatalf("the reference library refuses: %v", err)
			}
			if err := webhook.Verify(h, s, at, body); err != nil {
				t.Fatal(err)
			}
			theirs, err := wh.Sign(id, at, body)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(strings.Fields(h.Get(webhook.HeaderSignature)), theirs) {
				t.Fatalf("the reference library signs %s", theirs)
			}
		}
		if webhook.Verify(h, webhook.NewSecret(), at, body) == nil {
			t.Fatal("another secret is accepted")
		}
		if webhook.Verify(h, secret, at, append(body, 'x')) == nil {
			t.Fatal("another body is accepted")
		}
		for _, away := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
			if webhook.Verify(h, secret, at.Add(away), body) == nil {
				t.Fatalf("a message is accepted %s away from its time", away)
			}
		}
		h.Set(webhook.HeaderID, id+"x")
		if webhook.Verify(h, secret, at, body) == nil {
			t.Fatal("another id is accepted")
		}
	})
}

func TestBadSecretsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"hunter2hunter2", "whsec_", "whsec_c2hvcnQ=",
		"whsec_not*base64*at*all*but*long*enough*to*be", strings.TrimPrefix(webhook.NewSecret(), "whsec_")} {
		_, err := webhook.New(webhook.Options{Secret: s})
		if err == nil || len(s) > 6 && strings.Contains(err.Error(), s) {
			t.Errorf("%s: %v", s, err)
		}
	}
	if _, err := webhook.New(webhook.Options{Secret: webhook.NewSecret()}); err != nil {
		t.Error(err)
	}
}

// A rotation gives receivers a day: both secrets sign, then only the new one.
func TestRotation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		made, err := w.s.Register(t.Context(), "", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		rotated, err := w.s.Rotate(t.Context(), "", made.ID)
		if err != nil {
			t.Fatal(err)
		}
		old, fresh := made.Secrets[0], rotated.Secrets[0]
		if old == fresh || len(rotated.Secrets) != 2 {
			t.Fatalf("rotated to %d secrets", len(rotated.Secrets))
		}
		send := func() call {
			w.create("")
			synctest.Wait()
			calls := w.net.all()
			return calls[len(calls)-1]
		}
		c := send()
		if err := verify(t, c, old); err != nil {
			t.Errorf("the old secret right after the rotation: %v", err)
		}
		if err := verify(t, c, fresh); err != nil {
			t.Errorf("the new secret: %v", err)
		}
		time.Sleep(23 * time.Hour)
		if err := verify(t, send(), old); err != nil {
			t.Errorf("the old secret after 23 hours: %v", err)
		}
		time.Sleep(2 * time.Hour)
		c = send()
		if verify(t, c, old) == nil {
			t.Error("the old secret still signs after 25 hours")
		}
		if err := verify(t, c, fresh); err != nil {
			t.Errorf("the new secret: %v", err)
		}
		for range 4 {
			if _, err := w.s.Rotate(t.Context(), "", made.ID); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(strings.Fields(send().header.Get(webhook.HeaderSignature))); n != 5 {
			t.Errorf("%d signatures", n)
		}
		_, err = w.s.Rotate(t.Context(), "", made.ID)
		fails(t, err, lectern.CodeConflict)
	})
}

// Callbacks are signed with the secret of the settings, or with a stored secret that is made once for all nodes.
func TestCallbackSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.whole(address)
		synctest.Wait()
		all, err := w.store.Endpoints(t.Context())
		if err != nil || len(all) != 1 || all[0].ID != lectern.CallbackEndpoint || !all[0].Disabled ||
			all[0].URL != "" {
			t.Fatalf("%+v %v", all, err)
		}
		_ = w.s.Stop(canceled())
		w.start()
		w.create(address)
		synctest.Wait()
		for _, c := range w.net.all() {
			if err := verify(t, c, all[0].Secrets[0]); err != nil {
				t.Error(err)
			}
		}
		list, err := w.s.Webhooks(t.Context(), "")
		if err != nil || len(list) != 0 {
			t.Errorf("it is listed as a webhook: %+v %v", list, err)
		}
		fails(t, w.s.Remove(t.Context(), "", lectern.CallbackEndpoint), lectern.CodeNotFound)
		shown, err := w.s.Rotate(t.Context(), "", lectern.CallbackEndpoint)
		if err != nil || !shown.Disabled {
			t.Fatalf("%+v %v", shown, err)
		}
		w.create(address)
		synctest.Wait()
		calls := w.net.all()
		for _, s := range []string{shown.Secrets[0], all[0].Secrets[0]} {
			if err := verify(t, calls[len(calls)-1], s); err != nil {
				t.Error(err)
			}
		}

		_ = w.s.Stop(canceled())
		w.opt.Secret = webhook.NewSecret()
		w.start()
		w.create(address)
		synctest.Wait()
		calls = w.net.all()
		if err := verify(t, calls[len(calls)-1], w.opt.Secret); err != nil {
			t.Error(err)
		}
		_, err = w.s.Rotate(t.Context(), "", lectern.CallbackEndpoint)
		fails(t, err, lectern.CodeConflict)
	})
}
