package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern/internal/webhook"
)

// V9: a receiver that does not answer on one milestone delays the next by the time-out of that try, whatever comes of it. It
// is told of the end while the first message waits for another try; that one still comes, behind the end and older by its
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
					if at, ok := first[kind]; !ok || at < webhook.Timeout-time.Second || at > webhook.Timeout+time.Millisecond {
						t.Errorf("%s was first tried %v after the milestones (%v), want %v at most", kind, at, ok, webhook.Timeout)
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
				if again != (tries["presentation.queued"] > 2) || tries["presentation.completed"] != 1 || tries["presentation.processing"] != 1 {
					t.Errorf("tries: %v", tries)
				}
			})
		})
	}
}
