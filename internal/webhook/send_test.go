package webhook_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/egress"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

func fails(t *testing.T, err error, code lectern.Code) {
	t.Helper()
	if !errors.Is(err, &lectern.Failure{Code: code}) {
		t.Errorf("got %v, want %s", err, code)
	}
}

// real returns a started service that uses the network.
func real(t *testing.T, p egress.Policy) *webhook.Service {
	t.Helper()
	s, err := webhook.New(webhook.Options{Store: webhooktest.NewFake(), Encode: encode, Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil { // Stop closes idle connections
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Stop(canceled()) })
	return s
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			return
		}
		elsewhere.Add(1)
	}))
	t.Cleanup(server.Close)
	status, problem, final := real(t, egress.Everywhere()).Post(t.Context(), server.URL, webhook.NewSecret())
	if status != 307 || !strings.Contains(problem, "redirects are not followed") || final || elsewhere.Load() != 0 {
		t.Errorf("%d %q, final %v, %d requests elsewhere", status, problem, final, elsewhere.Load())
	}
}

// An endless response is read up to 64 KB.
func TestEndlessAnswersAreCut(t *testing.T) {
	t.Parallel()
	wrote := make(chan int64, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(w, endless{})
		wrote <- n
	}))
	t.Cleanup(server.Close)
	status, problem, _ := real(t, egress.Everywhere()).Post(t.Context(), server.URL, webhook.NewSecret())
	if status != 200 || problem != "" {
		t.Errorf("%d %q", status, problem)
	}
	if n := <-wrote; n > 16<<20 { // at most what the buffers of this machine's sockets hold
		t.Errorf("%d bytes were read", n)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// An address of this machine is refused by its text, and by the dialer where the text was not checked.
func TestPrivateNetworksAreRefusedAtTheConnection(t *testing.T) {
	t.Parallel()
	var hits atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	t.Cleanup(server.Close)
	// By its text: refused without a connection.
	_, problem, final := real(t, strict).Post(t.Context(), server.URL, webhook.NewSecret())
	if !final || !strings.Contains(problem, "points at this machine") ||
		!strings.Contains(problem, "webhook.allow_private") {
		t.Errorf("%q, final %v", problem, final)
	}
	// In the dialer, called without the check of the text.
	if c, err := real(t, strict).Dial(t.Context(), server.Listener.Addr().String()); err == nil {
		c.Close()
		t.Error("the service dialled this machine")
	} else if _, ok := errors.AsType[*egress.Refused](err); !ok {
		t.Errorf("got %v", err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := webhook.Guarded(strict.Dialer(webhook.Timeout))
	t.Cleanup(tr.CloseIdleConnections)
	if res, err := tr.RoundTrip(req); err == nil {
		res.Body.Close()
		t.Error("dialled this machine")
	} else if _, ok := errors.AsType[*egress.Refused](err); !ok {
		t.Errorf("got %v", err)
	}
	if hits.Load() != 0 || tr.Proxy != nil {
		t.Errorf("%d requests arrived; proxy %v", hits.Load(), tr.Proxy != nil)
	}
}

// A message to a forbidden address is given up at once, because no later try can succeed.
func TestRefusedAddressIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.create("http://169.254.169.254/latest/meta-data")
		synctest.Wait()
		if d := w.the(); d.State != lectern.DeliveryGivenUp || d.Attempts != 1 || len(w.net.all()) != 0 {
			t.Errorf("on record: %+v", d)
		}
	})
}

func TestProblemOfAnUnreachableReceiver(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close() // its port is free now
	status, problem, final := real(t, egress.Everywhere()).Post(t.Context(), server.URL, webhook.NewSecret())
	if status != 0 || problem != "It accepts no connections." || final {
		t.Errorf("%d %q", status, problem)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.net.answer = dead
		begun := time.Now()
		_, problem, final := w.s.Post(t.Context(), address, webhook.NewSecret())
		if took := time.Since(begun); took != webhook.Timeout || problem != "It did not answer within 15 s." || final {
			t.Errorf("%s: %q", took, problem)
		}
	})
}

// After any try, a delivery is delivered, given up, or has a next try, which is at least four seconds and at most nine
// hours later.
func TestSettle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
		d := lectern.Delivery{State: lectern.DeliveryPending,
			Attempts: rapid.IntRange(0, 15).Draw(t, "attempts"), NextAt: at}
		status := rapid.SampledFrom([]int{0, 200, 204, 302, 404, 410, 429, 500}).Draw(t, "status")
		problem := "no"
		if status/100 == 2 {
			problem = ""
		}
		after, again := webhook.Settle(d, status, problem,
			time.Duration(rapid.Int64Range(0, 1<<60).Draw(t, "asked")), at,
			rapid.Float64Range(0, 1).Draw(t, "jitter"))
		if after.Attempts != d.Attempts+1 || after.StatusCode != status {
			t.Fatalf("%+v", after)
		}
		switch after.State {
		case lectern.DeliveryDelivered:
			if problem != "" || after.DoneAt != at {
				t.Fatalf("%+v", after)
			}
		case lectern.DeliveryGivenUp:
			if problem == "" || status != 410 && after.Attempts <= len(webhook.Schedule()) || after.DoneAt != at ||
				after.Problem == "" {
				t.Fatalf("%+v", after)
			}
		case lectern.DeliveryPending:
			if wait := after.NextAt.Sub(at); wait != again || wait < 4*time.Second || wait > 9*time.Hour ||
				!after.DoneAt.IsZero() || problem == "" {
				t.Fatalf("waits %s: %+v", wait, after)
			}
		}
	})
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ctx := t.Context()
		_, err := w.s.Register(ctx, "", "http://10.0.0.1/", nil)
		fails(t, err, lectern.CodeCallbackRefused)
		_, err = w.s.Register(ctx, "", address, []string{"presentation.exploded"})
		fails(t, err, webhook.CodeInvalid)
		one, err := w.s.Register(ctx, "", address, []string{"presentation.failed", "presentation.completed",
			"presentation.failed"})
		if err != nil || len(one.Types) != 2 || len(one.Secrets) != 1 {
			t.Fatalf("%+v %v", one, err)
		}
		p := w.whole("")
		synctest.Wait()
		if calls := w.net.all(); len(calls) != 1 || calls[0].message(t).Type != "presentation.completed" ||
			verify(t, calls[0], one.Secrets[0]) != nil {
			t.Fatalf("%d messages", len(calls))
		}

		trial, err := w.s.Test(ctx, "", one.ID)
		if err != nil || trial.StatusCode != 200 || trial.State != lectern.DeliveryDelivered {
			t.Errorf("%+v %v", trial, err)
		}
		calls := w.net.all()
		if last := calls[len(calls)-1]; last.message(t).Type != webhook.TestType ||
			verify(t, last, one.Secrets[0]) != nil || last.id != trial.ID {
			t.Errorf("the test sent %s", last.body)
		}
		w.net.answer = func(call, *http.Request) (int, http.Header, error) { return 401, nil, nil }
		if trial, err = w.s.Test(ctx, "", one.ID); err != nil || trial.StatusCode != 401 ||
			!strings.Contains(trial.Problem, "401 (Unauthorized)") {
			t.Errorf("%+v %v", trial, err)
		}
		if n := len(w.deliveries(lectern.DeliveryFilter{})); n != 1 {
			t.Errorf("tests leave records: %d", n)
		}

		w.net.answer = nil
		d := w.deliveries(lectern.DeliveryFilter{Presentation: p.ID})[0]
		if _, err := w.s.Redeliver(ctx, "", d.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		calls = w.net.all()
		if last := calls[len(calls)-1]; last.id != d.ID {
			t.Errorf("sent again as %s, not %s", last.id, d.ID)
		}
		if err := w.s.Remove(ctx, "", one.ID); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{one.ID, "nobody"} {
			_, err := w.s.Test(ctx, "", id)
			fails(t, err, lectern.CodeNotFound)
			_, err = w.s.Rotate(ctx, "", id)
			fails(t, err, lectern.CodeNotFound)
			fails(t, w.s.Remove(ctx, "", id), lectern.CodeNotFound)
		}
		for range webhook.MaxEndpoints {
			if _, err = w.s.Register(ctx, "", address, nil); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.s.Register(ctx, "", address, nil)
		fails(t, err, lectern.CodeConflict)
	})
}

// raced is a store in which another caller changes an endpoint between a read and the write after it, once.
type raced struct {
	*webhooktest.Fake
	meanwhile *func()
}

func (r raced) Endpoints(ctx context.Context) ([]lectern.Endpoint, error) {
	list, err := r.Fake.Endpoints(ctx)
	if do := *r.meanwhile; do != nil {
		*r.meanwhile = nil
		do()
	}
	return list, err
}

// Two concurrent rotations both return a secret that signs. Two nodes that make the secret for callbacks at once use
// the same one.
func TestConcurrentRotations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var meanwhile func()
		w := newWorld(t, func(o *webhook.Options) { o.Store = raced{o.Store.(*webhooktest.Fake), &meanwhile} })
		o := w.opt
		o.Store = w.fake
		other, err := webhook.New(o)
		if err != nil {
			t.Fatal(err)
		}
		e, err := w.s.Register(t.Context(), "", address, []string{"presentation.failed"})
		if err != nil {
			t.Fatal(err)
		}
		var theirs lectern.Endpoint
		meanwhile = func() { theirs, err = other.Rotate(t.Context(), "", e.ID) }
		ours, mine := w.s.Rotate(t.Context(), "", e.ID)
		if err != nil || mine != nil {
			t.Fatal(err, mine)
		}
		trial, err := w.s.Test(t.Context(), "", e.ID)
		if err != nil || trial.State != lectern.DeliveryDelivered {
			t.Fatal(trial, err)
		}
		for _, secret := range []string{e.Secrets[0], theirs.Secrets[0], ours.Secrets[0]} {
			if err := verify(t, w.net.all()[0], secret); err != nil {
				t.Errorf("a secret that was returned to a caller does not sign: %v", err)
			}
		}

		meanwhile = func() { theirs, err = other.Rotate(t.Context(), "", lectern.CallbackEndpoint) }
		w.create(address)
		time.Sleep(time.Second)
		synctest.Wait()
		calls := w.net.all()
		if last := calls[len(calls)-1]; err != nil || verify(t, last, theirs.Secrets[0]) != nil {
			t.Errorf("nodes sign callbacks with different secrets (%v)", err)
		}
	})
}
