package webhook_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/webhook"
)

// A receiver that does not answer one milestone delays the next by the timeout of that try and no more. It gets the
// final milestone while the first message waits for its next try. That message is still sent, after the final one and
// with an older version.
func TestV9SlowAnswerDelaysTheNextMilestoneByTheTimeout(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]func(call, *http.Request) (int, http.Header, error){
		"no answer": dead,
		"late": func(call, *http.Request) (int, http.Header, error) {
			time.Sleep(webhook.Timeout - time.Second)
			return 200, nil, nil
		},
		"late no": func(call, *http.Request) (int, http.Header, error) {
			time.Sleep(webhook.Timeout - time.Second)
			return 503, nil, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.net.answer = func(c call, r *http.Request) (int, http.Header, error) {
					if strings.Contains(string(c.body), `"queued"`) {
						return slow(c, r)
					}
					return 200, nil, nil
				}
				begun := time.Now()
				w.whole(address)
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				first := map[string]time.Duration{}
				for _, c := range w.net.all() {
					kind := c.message(t).Type
					if _, ok := first[kind]; !ok {
						first[kind] = c.at.Sub(begun)
					}
				}
				for _, kind := range []string{"presentation.processing", "presentation.completed"} {
					if at, ok := first[kind]; !ok || at < webhook.Timeout-time.Second ||
						at > webhook.Timeout+time.Millisecond {
						t.Errorf("%s was first tried %v after the milestones (%v), want %v at most", kind, at, ok,
							webhook.Timeout)
					}
				}
				if problem := inOrder(w.net.all()); problem != "" {
					t.Error(problem)
				}
				tries := map[string]int{}
				for _, c := range w.net.all() {
					tries[c.message(t).Type]++
				}
				again := name != "late"
				if again != (tries["presentation.queued"] > 2) || tries["presentation.completed"] != 1 ||
					tries["presentation.processing"] != 1 {
					t.Errorf("tries: %v", tries)
				}
			})
		})
	}
}

// With many presentations at once, a receiver that does not answer "queued" messages gets each final milestone as soon
// as a try ends, and not only when an unused claim expires.
func TestV9ManyPresentationsAtASlowReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.net.answer = func(c call, r *http.Request) (int, http.Header, error) {
			if strings.Contains(string(c.body), `"queued"`) {
				return dead(c, r)
			}
			return 200, nil, nil
		}
		const n = webhook.DefaultInFlight / 4 // the first tries that one receiver has at once
		begun := time.Now()
		for i := range n {
			w.whole(fmt.Sprintf("%s?%d", address, i))
		}
		time.Sleep(webhook.Timeout + time.Second)
		synctest.Wait()
		ends := 0
		for _, c := range w.net.all() {
			if c.message(t).Data.Status == lectern.StatusCompleted {
				ends++
				if at := c.at.Sub(begun); at > webhook.Timeout+time.Second {
					t.Errorf("a final milestone was delivered after %v", at)
				}
			}
		}
		if ends != n {
			t.Errorf("%d of %d final milestones were delivered after one timeout", ends, n)
		}
	})
}

// With more messages than places, a message that waited too long for a place is tried as soon as a place is free, under
// a new claim, and not only when the old claim expires (30 s after the start; the first places are free after 15 s).
func TestV9MessageThatWaitedForAPlaceIsTriedSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		begun := time.Now()
		w.net.answer = func(c call, r *http.Request) (int, http.Header, error) {
			if time.Since(begun) < webhook.Timeout {
				return dead(c, r) // it recovers at the first timeout
			}
			return 200, nil, nil
		}
		const n = 40
		for i := range n {
			w.create(fmt.Sprintf("%s?%d", address, i))
		}
		time.Sleep(webhook.Timeout + 3*time.Second)
		synctest.Wait()
		delivered := map[string]bool{}
		for _, c := range w.net.all() {
			if c.status == 200 {
				delivered[c.id] = true
			}
		}
		if want := n - webhook.DefaultInFlight/4; len(delivered) != want {
			t.Errorf("%d of %d waiting messages were delivered", len(delivered), want)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if left := w.deliveries(lectern.DeliveryFilter{State: lectern.DeliveryPending}); len(left) > 0 {
			t.Errorf("%d are left", len(left))
		}
	})
}
