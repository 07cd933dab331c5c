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

// V9: a receiver that does not answer one milestone delays the next by the timeout of that try and no more. It gets the
// end while the first message waits for its next try. That message still comes, after the end and with an older
// version.
func TestV9ASlowAnswerDelaysByItsTimeOut(t *testing.T) {
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

// V9, with many presentations at once: a receiver that answers no "queued" gets every end as soon as a try ends, and
// not when an unused claim expires.
func TestV9ManyAtOneReceiver(t *testing.T) {
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
					t.Errorf("an end was told after %v", at)
				}
			}
		}
		if ends != n {
			t.Errorf("%d of %d ends were told a time-out later", ends, n)
		}
	})
}

// V9, with more messages than places: a message that waited too long for a place is tried as soon as a place is free,
// under a new claim, and not when the old claim expires (30 s after the start; the first places are free after 15 s).
func TestV9WhatWaitedForAPlace(t *testing.T) {
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
		told := map[string]bool{}
		for _, c := range w.net.all() {
			if c.status == 200 {
				told[c.id] = true
			}
		}
		if want := n - webhook.DefaultInFlight/4; len(told) != want {
			t.Errorf("%d of %d that had waited were told", len(told), want)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if left := w.deliveries(lectern.DeliveryFilter{State: lectern.DeliveryPending}); len(left) > 0 {
			t.Errorf("%d are left", len(left))
		}
	})
}
