package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lectern"
	"lectern/internal/egress"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const address = "https://receiver.example.com/hook"

// call is one request to a receiver.
type call struct {
	at     time.Time
	host   string
	id     string
	header http.Header
	body   []byte
	status int // the status of the response; 0: none
}

// parsed is the message of a call.
type parsed struct {
	Type      string
	Timestamp string
	Data      struct {
		ID      string
		Status  lectern.Status
		Version int64
	}
}

func (c call) message(t *testing.T) parsed {
	t.Helper()
	var p parsed
	if err := json.Unmarshal(c.body, &p); err != nil {
		t.Fatalf("%v: %s", err, c.body)
	}
	return p
}

// receivers holds all servers of a test as a RoundTripper, so that they run in a synctest bubble.
type receivers struct {
	mu    sync.Mutex
	calls []call
	now   int            // requests in flight
	most  int            // largest number at once
	per   map[string]int // of one host
	worst map[string]int

	// answer returns the response of a host: a status, headers, or an error.
	answer func(c call, r *http.Request) (int, http.Header, error)
}

func (r *receivers) RoundTrip(req *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	c := call{at: time.Now(), host: req.URL.Host, id: req.Header.Get(webhook.HeaderID), header: req.Header.Clone(),
		body: b}
	r.mu.Lock()
	if r.per == nil {
		r.per, r.worst = map[string]int{}, map[string]int{}
	}
	r.now++
	r.per[c.host]++
	r.most, r.worst[c.host] = max(r.most, r.now), max(r.worst[c.host], r.per[c.host])
	r.mu.Unlock()
	status, header, err := 200, http.Header(nil), error(nil)
	if r.answer != nil {
		status, header, err = r.answer(c, req)
	}
	if err == nil {
		c.status = status
	}
	r.mu.Lock()
	r.calls = append(r.calls, c)
	r.now--
	r.per[c.host]--
	r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: header,
		Body:    io.NopCloser(strings.NewReader("said the receiver")),
		Request: req}, nil
}

func (r *receivers) all() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]call(nil), r.calls...)
}

// dead never answers.
func dead(_ call, r *http.Request) (int, http.Header, error) {
	<-r.Context().Done()
	return 0, nil, r.Context().Err()
}

// encode replaces the encoder of /v1.
func encode(p lectern.Presentation) ([]byte, error) {
	return json.Marshal(map[string]any{"id": p.ID, "status": p.Status, "version": p.Version})
}

// world is a service with its store and its receivers.
type world struct {
	t     *testing.T
	fake  *webhooktest.Fake
	store webhook.Store
	net   *receivers
	opt   webhook.Options
	s     *webhook.Service
}

// newWorld starts a service; it is stopped when the test ends. change may edit its options.
func newWorld(t *testing.T, change ...func(*webhook.Options)) *world {
	t.Helper()
	fake := webhooktest.NewFake()
	w := &world{t: t, fake: fake, store: fake, net: &receivers{}}
	w.opt = webhook.Options{Store: fake, Encode: encode, Transport: w.net, Version: "test"}
	for _, c := range change {
		c(&w.opt)
	}
	w.start()
	return w
}

func (w *world) start() {
	w.t.Helper()
	s, err := webhook.New(w.opt)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := s.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.s = s
	w.t.Cleanup(func() { _ = s.Stop(canceled()) })
}

// canceled returns a context that has ended. Stop with it ends the tries in flight.
func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// create stores a queued presentation and wakes the service, as internal/app does.
func (w *world) create(callback string) lectern.Presentation {
	p := w.fake.Create(callback, now())
	w.s.Wake()
	return p
}

func (w *world) apply(id string, events ...lectern.Event) {
	w.t.Helper()
	if _, err := w.fake.Apply(id, now(), events...); err != nil {
		w.t.Fatal(err)
	}
	w.s.Wake()
}

// whole stores all three milestones of a presentation.
func (w *world) whole(callback string) lectern.Presentation {
	w.t.Helper()
	p := w.create(callback)
	w.apply(p.ID, lectern.Began{Worker: "w"})
	w.apply(p.ID, lectern.Completed{Attempt: 1})
	return p
}

func (w *world) deliveries(f lectern.DeliveryFilter) []lectern.Delivery {
	w.t.Helper()
	if f.Limit == 0 {
		f.Limit = 10_000
	}
	list, err := w.store.Deliveries(w.t.Context(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// the returns the only delivery.
func (w *world) the() lectern.Delivery {
	w.t.Helper()
	list := w.deliveries(lectern.DeliveryFilter{})
	if len(list) != 1 {
		w.t.Fatalf("%d deliveries", len(list))
	}
	return list[0]
}

var errNoStore = errors.New("the store is away")

// forgetful is a store whose records get lost if lose returns true, as in a crash between a response and its record.
type forgetful struct {
	*webhooktest.Fake
	lose func() bool
}

func (f forgetful) FinishDelivery(ctx context.Context, d lectern.Delivery, again time.Duration) error {
	if f.lose() {
		return errNoStore
	}
	return f.Fake.FinishDelivery(ctx, d, again)
}

// inOrder returns what is wrong with the order in which an address first got the milestones of presentations, or "".
// Calls are in the order of their ends, and a first try begins when earlier ones have ended.
func inOrder(calls []call) string {
	seen := map[string]bool{}
	last := map[string]int64{}
	for _, c := range calls {
		if seen[c.id] {
			continue // a repeat, by its id
		}
		seen[c.id] = true
		var p parsed
		if err := json.Unmarshal(c.body, &p); err != nil {
			return err.Error()
		}
		key := c.host + " " + p.Data.ID
		if p.Data.Version <= last[key] {
			return fmt.Sprintf("%s got version %d after %d of %s", c.host, p.Data.Version, last[key], p.Data.ID)
		}
		last[key] = p.Data.Version
	}
	return ""
}

var strict = egress.Policy{}
