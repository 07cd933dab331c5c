package webhook_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lectern"
	"lectern/internal/egress"
	"lectern/internal/egress/egresstest"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

// rebinding is a name that resolves to a public address first, and then to this machine.
const rebinding = "rebinding.example.com"

// far is a public address. Tests do not connect to it.
var far, here = netip.MustParseAddr("93.184.215.14"), netip.MustParseAddr("127.0.0.1")

var errFar = errors.New("the test makes no such connection")

// testNet has a secret server on this machine, and a transport that connects as the program does but resolves names by
// a server of the test.
type testNet struct {
	names     *egresstest.Names
	transport *http.Transport
	port      string
	hits      atomic.Int32 // requests to the secret server

	mu    sync.Mutex // guards tried
	tried []string   // the addresses that were judged
}

func newNet(t *testing.T, p egress.Policy, answers func(name string) []netip.Addr) *testNet {
	t.Helper()
	n := &testNet{names: egresstest.Serve(t, answers)}
	secret := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { n.hits.Add(1) }))
	t.Cleanup(secret.Close)
	var err error
	if _, n.port, err = net.SplitHostPort(secret.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	dialer := p.Dialer(webhook.Timeout)
	dialer.Resolver = n.names.Resolver()
	judge := dialer.ControlContext
	dialer.ControlContext = func(ctx context.Context, network, address string, c syscall.RawConn) error {
		host, _, _ := net.SplitHostPort(address)
		n.mu.Lock()
		n.tried = append(n.tried, host)
		n.mu.Unlock()
		if err := judge(ctx, network, address, c); err != nil {
			return err
		}
		if host == far.String() {
			return errFar // allowed, but the test sends nothing
		}
		return nil
	}
	n.transport = webhook.Guarded(dialer)
	t.Cleanup(n.transport.CloseIdleConnections)
	return n
}

func (n *testNet) judged() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.tried)
}

func (n *testNet) url(name string) string { return "http://" + name + ":" + n.port + "/hook" }

// recording is a store that sends a delivery to records after each of its attempts is stored.
type recording struct {
	*webhooktest.Fake
	records chan lectern.Delivery
}

func (r recording) FinishDelivery(ctx context.Context, d lectern.Delivery, again time.Duration) error {
	err := r.Fake.FinishDelivery(ctx, d, again)
	r.records <- d
	return err
}

// DNS rebinding: a name resolves to a public address at the check and to this machine at the connection. The dialer
// refuses it, for callbacks and for registered webhooks.
func TestRebindingIsRefusedAtTheConnection(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"callback", "endpoint"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var turned atomic.Bool
			n := newNet(t, strict, func(name string) []netip.Addr {
				switch {
				case name != rebinding:
					return nil
				case turned.Load():
					return []netip.Addr{here}
				}
				return []netip.Addr{far}
			})
			store := recording{webhooktest.NewFake(), make(chan lectern.Delivery, 16)}
			s, err := webhook.New(webhook.Options{Store: store, Encode: encode, Policy: strict, Transport: n.transport})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Stop(canceled()) })
			callback := n.url(rebinding)
			if kind == "endpoint" {
				if _, err := s.Register(t.Context(), "", callback, nil); err != nil {
					t.Fatalf("a name that looks harmless: %v", err)
				}
				callback = ""
			}
			store.Create(callback, now())
			s.Wake()
			d := <-store.records
			if d.State != lectern.DeliveryPending || !strings.Contains(d.Problem, errFar.Error()) {
				t.Fatalf("while the name resolves to a public address: %+v", d)
			}
			turned.Store(true)
			if _, err := s.Redeliver(t.Context(), "", d.ID); err != nil {
				t.Fatal(err)
			}
			d = <-store.records
			if d.State != lectern.DeliveryGivenUp || !strings.Contains(d.Problem, "it points at this machine") {
				t.Errorf("when the name resolves to this machine: %+v", d)
			}
			if got := n.judged(); !slices.Equal(got, []string{far.String(), here.String()}) || n.hits.Load() != 0 {
				t.Errorf("judged %v, %d requests arrived", got, n.hits.Load())
			}
		})
	}
}

// A name may have several addresses. No forbidden one is reached, in any order.
func TestEveryAddressOfANameIsJudged(t *testing.T) {
	t.Parallel()
	for _, list := range [][]netip.Addr{{far, here}, {here, far}} {
		n := newNet(t, strict, func(string) []netip.Addr { return list })
		s, err := webhook.New(webhook.Options{Store: webhooktest.NewFake(), Encode: encode, Policy: strict,
			Transport: n.transport})
		if err != nil {
			t.Fatal(err)
		}
		_, problem, _ := s.Post(t.Context(), n.url("both.example.com"), webhook.NewSecret())
		got := n.judged()
		slices.Sort(got)
		if problem == "" || n.hits.Load() != 0 || !slices.Equal(got, []string{here.String(), far.String()}) {
			t.Errorf("%v: %q, judged %v, %d requests arrived", list, problem, got, n.hits.Load())
		}
	}
}

// An allowed receiver redirects to a name that resolves to this machine. The redirect is not followed, and a client
// that followed it would be refused by the dialer.
func TestRedirectsToRebindingNames(t *testing.T) {
	t.Parallel()
	// only this address is allowed, so that something answers
	p := egress.Policy{Private: []netip.Prefix{netip.PrefixFrom(here, 32)}}
	neighbour := netip.MustParseAddr("127.0.0.3")
	n := newNet(t, p, func(name string) []netip.Addr {
		if name == "receiver.example.com" {
			return []netip.Addr{here}
		}
		return []netip.Addr{neighbour}
	})
	receiver := httptest.NewServer(http.RedirectHandler(n.url(rebinding), http.StatusTemporaryRedirect))
	t.Cleanup(receiver.Close)
	_, port, err := net.SplitHostPort(receiver.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	address := "http://receiver.example.com:" + port + "/"
	s, err := webhook.New(webhook.Options{Store: webhooktest.NewFake(), Encode: encode, Policy: p,
		Transport: n.transport})
	if err != nil {
		t.Fatal(err)
	}
	status, problem, _ := s.Post(t.Context(), address, webhook.NewSecret())
	if status != http.StatusTemporaryRedirect || !strings.Contains(problem, "not followed") || n.names.Asked(rebinding) {
		t.Errorf("%d %q, and %s was looked up: %v", status, problem, rebinding, n.names.Asked(rebinding))
	}
	follower := http.Client{Transport: n.transport}
	res, err := follower.Post(address, "application/json", strings.NewReader("{}"))
	if err == nil {
		res.Body.Close()
	}
	if _, refused := errors.AsType[*egress.Refused](err); !refused || !slices.Equal(n.judged(), []string{here.String(),
		neighbour.String()}) {
		t.Errorf("followed: %v; judged %v", err, n.judged())
	}
}
