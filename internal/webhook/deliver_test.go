package webhook_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

// verify checks a signature with the reference library.
func verify(t *testing.T, c call, secret string) error {
	t.Helper()
	wh, err := standard.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	return wh.VerifyIgnoringTimestamp(c.body, c.header)
}

// A message has the headers, body and signature of Standard Webhooks, checked with the reference library.
func TestMessage(t *testing.T) {
	t.Parallel()
	secret := webhook.NewSecret()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(o *webhook.Options) { o.Secret = secret })
		p := w.whole(address)
		synctest.Wait()
		calls := w.net.all()
		if len(calls) != 3 {
			t.Fatalf("%d messages", len(calls))
		}
		for i, kind := range []string{"presentation.queued", "presentation.processing", "presentation.completed"} {
			c := calls[i]
			m := c.message(t)
			if m.Type != kind || lectern.WebhookType(m.Data.Status) != kind || m.Data.ID != p.ID {
				t.Errorf("message %d is %s", i, c.body)
			}
			if _, err := time.Parse(time.RFC3339, m.Timestamp); err != nil {
				t.Error(err)
			}
			wh, err := standard.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := wh.Verify(c.body, c.header); err != nil {
				t.Errorf("the reference library refuses %s: %v", kind, err)
			}
			if err := webhook.Verify(c.header, secret, time.Now(), c.body); err != nil {
				t.Error(err)
			}
			if c.header.Get("Content-Type") != "application/json" ||
				c.header.Get("User-Agent") != "Lectern-Webhooks/test" || !strings.HasPrefix(c.id, "msg_") {
				t.Errorf("headers: %v", c.header)
			}
		}
		for _, d := range w.deliveries(lectern.DeliveryFilter{}) {
			if d.State != lectern.DeliveryDelivered || d.Attempts != 1 || d.StatusCode != 200 || d.Problem != "" ||
				d.DoneAt.IsZero() {
				t.Errorf("on record: %+v", d)
			}
		}
	})
}

// The tries follow the schedule, each with the same id and bytes; then the message is given up. The next message of the
// presentation has its own schedule, which begins at the end of the first try.
func TestScheduleThenGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.net.answer = func(call, *http.Request) (int, http.Header, error) { return 500, nil, nil }
		p := w.create(address)
		begun := time.Now()
		w.apply(p.ID, lectern.Began{Worker: "w"})
		time.Sleep(49 * time.Hour)
		synctest.Wait()
		waits := webhook.Schedule()
		var first, second []call
		for _, c := range w.net.all() {
			if c.message(t).Type == "presentation.queued" {
				first = append(first, c)
			} else {
				second = append(second, c)
			}
		}
		if len(first) != len(waits)+1 || len(second) != len(waits)+1 {
			t.Fatalf("%d and %d tries", len(first), len(second))
		}
		for i, c := range first {
			if c.id != first[0].id || !bytes.Equal(c.body, first[0].body) {
				t.Fatalf("try %d is another message", i)
			}
			if i == 0 {
				continue
			}
			if gap, want := c.at.Sub(first[i-1].at), waits[i-1]; gap < want*9/10 || gap > want*11/10+time.Millisecond {
				t.Errorf("the wait before try %d was %s, not about %s", i+1, gap, want)
			}
		}
		if span := first[len(first)-1].at.Sub(begun); span < 20*time.Hour || span > 28*time.Hour {
			t.Errorf("given up after %s, not a day", span)
		}
		if wait := second[0].at.Sub(begun); wait > time.Second {
			t.Errorf("the next milestone was first tried after %s", wait)
		}
		list := w.deliveries(lectern.DeliveryFilter{State: lectern.DeliveryGivenUp})
		d := list[len(list)-1]
		if d.Attempts != len(waits)+1 || d.StatusCode != 500 ||
			!strings.Contains(d.Problem, "500 (Internal Server Error): said the receiver") ||
			!strings.Contains(d.Problem, "11 tries") {
			t.Errorf("on record: %+v", d)
		}
	})
}

func TestRetryAfterWithinBounds(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string][2]time.Duration{
		"1":    {4 * time.Second, 6 * time.Second}, // the schedule's own wait is longer
		"3600": {time.Hour, time.Hour + time.Second},
		// ten days: as long as the longest wait
		"864000": {8 * time.Hour, 8*time.Hour + time.Second},
		// a synctest bubble begins at the start of 2000
		"Sat, 01 Jan 2000 00:20:00 GMT": {20*time.Minute - time.Second, 20*time.Minute + time.Second},
		"soon":                          {4 * time.Second, 6 * time.Second},
	} {
		t.Run(asked, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.net.answer = func(call, *http.Request) (int, http.Header, error) {
					return 429, http.Header{"Retry-After": {asked}}, nil
				}
				w.create(address)
				synctest.Wait()
				if wait := time.Until(w.the().NextAt); wait < want[0] || wait > want[1] {
					t.Errorf("waits %s", wait)
				}
			})
		})
	}
}

// 410 disables the endpoint and gives up its pending deliveries; other addresses are not affected.
func TestGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.net.answer = func(c call, _ *http.Request) (int, http.Header, error) {
			if c.host == "gone.example.com" {
				return 410, nil, nil
			}
			return 200, nil, nil
		}
		gone, err := w.s.Register(t.Context(), "", "https://gone.example.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		w.whole(address)
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, d := range w.deliveries(lectern.DeliveryFilter{Endpoint: gone.ID}) {
			if d.State != lectern.DeliveryGivenUp || d.StatusCode != 410 && !strings.Contains(d.Problem, "disabled") {
				t.Errorf("on record: %+v", d)
			}
		}
		asked := 0
		for _, c := range w.net.all() {
			if c.host == "gone.example.com" {
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("it was asked %d times", asked)
		}
		list, err := w.s.Webhooks(t.Context(), "")
		if err != nil || len(list) != 1 || !list[0].Disabled {
			t.Errorf("%+v %v", list, err)
		}
		if n := len(w.deliveries(lectern.DeliveryFilter{State: lectern.DeliveryDelivered})); n != 3 {
			t.Errorf("%d messages reached the other address", n)
		}
		w.whole("")
		if n := len(w.deliveries(lectern.DeliveryFilter{Endpoint: gone.ID})); n != 3 {
			t.Errorf("a disabled webhook has %d deliveries", n)
		}
	})
}

// A 410 applies to the endpoint as it was when the message was sent. An endpoint that got a new secret or was removed
// meanwhile is neither disabled nor restored.
func TestGoneIsAboutTheRevisionThatWasSent(t *testing.T) {
	t.Parallel()
	for _, removed := range []bool{false, true} {
		t.Run(fmt.Sprintf("removed %v", removed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var logs bytes.Buffer
				w := newWorld(t, func(o *webhook.Options) { o.Logger = slog.New(slog.NewTextHandler(&logs, nil)) })
				var calm atomic.Bool
				w.net.answer = func(call, *http.Request) (int, http.Header, error) {
					if calm.Load() {
						return 200, nil, nil
					}
					time.Sleep(2 * time.Second)
					return 410, nil, nil
				}
				e, err := w.s.Register(t.Context(), "", address, nil)
				if err != nil {
					t.Fatal(err)
				}
				w.create("")
				time.Sleep(time.Second)
				if removed {
					err = w.s.Remove(t.Context(), "", e.ID)
				} else {
					e, err = w.s.Rotate(t.Context(), "", e.ID)
				}
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				calm.Store(true)
				list, err := w.s.Webhooks(t.Context(), "")
				if err != nil || removed && len(list) > 0 || !removed && (len(list) != 1 || list[0].Disabled) {
					t.Fatalf("%+v %v", list, err)
				}
				if d := w.the(); d.State != lectern.DeliveryGivenUp || !removed && d.StatusCode != 410 {
					t.Errorf("on record: %+v", d)
				}
				if log := logs.String(); strings.Contains(log, "disabled") ||
					!removed && !strings.Contains(log, "has changed since") {
					t.Errorf("the log says:\n%s", log)
				}
				w.create("")
				time.Sleep(time.Second)
				synctest.Wait()
				calls := w.net.all()
				if last := calls[len(calls)-1]; !removed && (len(calls) != 2 || last.status != 200 ||
					verify(t, last, e.Secrets[0]) != nil) || removed && len(calls) != 1 {
					t.Errorf("%d calls since", len(calls))
				}
			})
		})
	}
}

// At least once, in order, in spite of all failures: receivers that answer anything or nothing, records that get lost
// between the response and the store, and processes that die in between.
func TestAtLeastOnceInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		presentations := rapid.IntRange(1, 12).Draw(rt, "presentations")
		hosts := rapid.IntRange(1, 4).Draw(rt, "hosts")
		failing := rapid.IntRange(0, 80).Draw(rt, "failing %")
		losing := rapid.IntRange(0, 50).Draw(rt, "losing %")
		crashes := rapid.IntRange(0, 5).Draw(rt, "crashes")
		inFlight := rapid.IntRange(1, 8).Draw(rt, "in flight")
		var problem string
		synctest.Test(t, func(t *testing.T) {
			problem = storm(t, seed, presentations, hosts, failing, losing, crashes, inFlight)
		})
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}

// storm runs presentations to their ends among failures, then ends the failures, and returns what is wrong.
func storm(t *testing.T, seed uint64, presentations, hosts, failing, losing, crashes, inFlight int) string {
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(seed, 1))
	clear := false
	chance := func(percent int) bool {
		mu.Lock()
		defer mu.Unlock()
		return !clear && dice.IntN(100) < percent
	}
	pick := func(n int) int { mu.Lock(); defer mu.Unlock(); return dice.IntN(n) }
	w := newWorld(t, func(o *webhook.Options) {
		o.Store = forgetful{o.Store.(*webhooktest.Fake), func() bool { return chance(losing) }}
		o.InFlight, o.Poll = inFlight, 20*time.Minute // the polls of three days are most of the test's time
	})
	w.net.answer = func(c call, r *http.Request) (int, http.Header, error) {
		if chance(failing) {
			switch pick(4) {
			case 0:
				return dead(c, r)
			case 1:
				return 0, nil, errNoStore // the connection breaks
			case 2:
				return 302, http.Header{"Location": {"/"}}, nil
			}
			return 503, nil, nil
		}
		time.Sleep(time.Duration(pick(300)) * time.Millisecond)
		return 200, nil, nil
	}
	for i := range presentations {
		w.whole(fmt.Sprintf("https://host%d.example.com/hook", i%hosts))
	}
	for range crashes {
		time.Sleep(time.Duration(pick(40_000)) * time.Millisecond)
		_ = w.s.Stop(canceled())
		w.start()
	}
	time.Sleep(3 * time.Minute)
	mu.Lock()
	clear = true
	mu.Unlock()
	time.Sleep(72 * time.Hour)
	synctest.Wait()
	calls := w.net.all()
	taken := map[string]int{}
	for _, c := range calls {
		if c.status == 200 {
			taken[c.id]++
		}
	}
	for _, d := range w.deliveries(lectern.DeliveryFilter{}) {
		if d.State != lectern.DeliveryDelivered || taken[d.ID] == 0 {
			return fmt.Sprintf("%s of %s is %s and was taken %d times: %+v", d.Type, d.Presentation.ID, d.State,
				taken[d.ID], d)
		}
	}
	if len(taken) != 3*presentations {
		return fmt.Sprintf("%d messages taken of %d", len(taken), 3*presentations)
	}
	if w.net.most > inFlight {
		return fmt.Sprintf("%d requests at once, not %d", w.net.most, inFlight)
	}
	return inOrder(calls)
}

// After a crash between the response and its record, the message is sent again with the same id. A process that is
// alone on its store does not wait for the end of the dead process's claim.
func TestCrashBeforeTheRecord(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lost := 0
		w := newWorld(t, func(o *webhook.Options) {
			o.Store = forgetful{o.Store.(*webhooktest.Fake), func() bool { lost++; return lost == 1 }}
		})
		w.create(address)
		synctest.Wait()
		if n := len(w.net.all()); n != 1 {
			t.Fatalf("%d tries", n)
		}
		_ = w.s.Stop(canceled())
		began := time.Now()
		w.start() // another process, without state
		time.Sleep(time.Millisecond)
		synctest.Wait()
		calls := w.net.all()
		if len(calls) != 2 || calls[0].id != calls[1].id || !bytes.Equal(calls[0].body, calls[1].body) ||
			calls[1].at.Sub(began) > time.Millisecond {
			t.Fatalf("%d calls, %v after the start", len(calls), calls)
		}
		if d := w.the(); d.State != lectern.DeliveryDelivered {
			t.Errorf("on record: %+v", d)
		}
	})
}

// No node takes another node's claim until that node is buried or the claim expires.
func TestDeadNodesClaims(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		buried bool
		within time.Duration
	}{{"buried", true, time.Millisecond}, {"nobody buries it", false, webhook.Lease + 3*time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, func(o *webhook.Options) {
					o.Node = "alive"
					fake := o.Store.(*webhooktest.Fake)
					fake.Create(address, now())
					if held, err := fake.ClaimDeliveries(t.Context(), "dead", webhook.Lease, 1); err != nil ||
						len(held) != 1 {
						t.Fatal(held, err)
					}
				})
				time.Sleep(webhook.Lease / 2)
				synctest.Wait()
				if n := len(w.net.all()); n != 0 {
					t.Fatalf("%d tries of what another node has claimed", n)
				}
				died := time.Now()
				if c.buried {
					if err := w.s.Bury(t.Context(), "dead"); err != nil {
						t.Fatal(err)
					}
				} else {
					time.Sleep(c.within)
				}
				time.Sleep(time.Millisecond)
				synctest.Wait()
				if calls := w.net.all(); len(calls) != 1 || calls[0].at.Sub(died) > c.within {
					t.Fatalf("%d tries: %v", len(calls), calls)
				}
				if d := w.the(); d.State != lectern.DeliveryDelivered || d.Claim != 2 {
					t.Errorf("on record: %+v", d)
				}
			})
		})
	}
}

// drowsy is the store of a node that claims once and then pauses before it records anything.
type drowsy struct {
	*webhooktest.Fake
	sleep time.Duration
	asked *atomic.Bool
}

func (d drowsy) ClaimDeliveries(ctx context.Context, by string, lease time.Duration,
	limit int) ([]lectern.Delivery, error) {
	got, err := []lectern.Delivery(nil), error(nil)
	if !d.asked.Load() {
		got, err = d.Fake.ClaimDeliveries(ctx, by, lease, limit)
		d.asked.Store(len(got) > 0)
	}
	return got, err
}

func (d drowsy) FinishDelivery(_ context.Context, v lectern.Delivery, again time.Duration) error {
	time.Sleep(d.sleep)
	return d.Fake.FinishDelivery(context.Background(), v, again)
}

// A node that was paused beyond its claim changes nothing that another node has done since, and logs that.
func TestNodeThatSleptRecordsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logs bytes.Buffer
		w := newWorld(t, func(o *webhook.Options) {
			o.Node, o.Store = "drowsy", drowsy{o.Store.(*webhooktest.Fake), webhook.Lease + 10*time.Second,
				new(atomic.Bool)}
			o.Logger = slog.New(slog.NewTextHandler(&logs, nil))
		})
		var tries atomic.Int32
		w.net.answer = func(call, *http.Request) (int, http.Header, error) {
			if tries.Add(1) == 1 {
				return 500, nil, nil
			}
			time.Sleep(12 * time.Second) // during this the other node continues
			return 200, nil, nil
		}
		w.create(address)
		synctest.Wait()
		o := w.opt
		o.Node, o.Store, o.Logger = "awake", w.fake, nil
		awake, err := webhook.New(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := awake.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = awake.Stop(canceled()) })
		time.Sleep(webhook.Lease + 11*time.Second)
		synctest.Wait()
		if d := w.the(); d.State != lectern.DeliveryPending || d.Attempts != 0 || d.Claim != 2 || tries.Load() != 2 {
			t.Errorf("while another tries: %+v, after %d tries", d, tries.Load())
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if d := w.the(); d.State != lectern.DeliveryDelivered || d.Attempts != 1 || d.StatusCode != 200 ||
			tries.Load() != 2 {
			t.Errorf("on record after %d tries: %+v", tries.Load(), d)
		}
		if log := logs.String(); !strings.Contains(log, "its claim has ended") || strings.Contains(log, "level=WARN") {
			t.Errorf("the log of the node that slept says:\n%s", log)
		}
	})
}

// A dead address gets a quarter of the places at first and one later. A healthy address is not delayed.
func TestDeadAddressDelaysNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.net.answer = func(c call, r *http.Request) (int, http.Header, error) {
			if strings.HasPrefix(c.host, "dead") {
				return dead(c, r)
			}
			time.Sleep(20 * time.Millisecond)
			return 200, nil, nil
		}
		for range 500 {
			w.create("https://dead.example.com/")
		}
		for range 20 {
			w.whole(address)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(w.deliveries(lectern.DeliveryFilter{State: lectern.DeliveryDelivered})); n != 60 {
			t.Errorf("%d of 60 messages delivered after a second, next to a dead address", n)
		}
		if worst := w.net.worst["dead.example.com"]; worst > webhook.DefaultInFlight/4 {
			t.Errorf("the dead address had %d places", worst)
		}
		// Twenty addresses that are known to be dead leave half of the places to others.
		for i := range 20 {
			w.create(fmt.Sprintf("https://dead%d.example.com/", i))
		}
		time.Sleep(2 * time.Minute)
		w.net.mu.Lock()
		w.net.most = 0
		w.net.mu.Unlock()
		w.whole(address)
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(w.deliveries(lectern.DeliveryFilter{State: lectern.DeliveryDelivered})); n != 63 {
			t.Errorf("%d of 63 messages delivered among twenty dead addresses", n)
		}
		if w.net.most > webhook.DefaultInFlight {
			t.Errorf("%d requests at once", w.net.most)
		}
	})
}

// Stop returns deliveries in flight and waiting ones, so that the next process can begin at once, however long a try
// has lasted.
func TestStopGivesBack(t *testing.T) {
	t.Parallel()
	for _, lasted := range []time.Duration{time.Second, 12 * time.Second} {
		t.Run(lasted.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { testStop(t, lasted) })
		})
	}
}

func testStop(t *testing.T, lasted time.Duration) {
	t.Helper()
	w := newWorld(t, func(o *webhook.Options) { o.InFlight = 1 })
	w.net.answer = dead
	w.create(address)
	w.create("https://other.example.com/")
	time.Sleep(lasted)
	synctest.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := w.s.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	for _, d := range w.deliveries(lectern.DeliveryFilter{}) {
		if d.State != lectern.DeliveryPending || d.Attempts != 0 || d.NextAt.After(time.Now()) {
			t.Errorf("after the stop: %+v", d)
		}
	}
	if err := w.s.Stop(t.Context()); err != nil {
		t.Errorf("a second stop: %v", err)
	}
	if err := w.s.Start(t.Context()); err == nil {
		t.Error("it starts again")
	}
}

// Deliveries of another node are found without a signal too.
func TestOutboxIsReadWithoutAWake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		synctest.Wait()
		w.fake.Create(address, now())
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if d := w.the(); d.State != lectern.DeliveryDelivered {
			t.Errorf("on record: %+v", d)
		}
	})
}
