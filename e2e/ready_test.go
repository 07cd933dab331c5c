package e2e

import (
	"strings"
	"testing"
	"time"
)

// awaitReady polls /readyz until it answers with the status and a body that has the words.
func (s *server) awaitReady(status int, words string) {
	s.t.Helper()
	ctx := patient(s.t)
	var last answer
	poll(ctx, 100*time.Millisecond, func() bool {
		last = s.must("GET", "/readyz", "")
		return last.status == status && strings.Contains(string(last.body), words)
	})
	if ctx.Err() != nil {
		s.t.Fatalf("/readyz does not become %d with %q: %d %s", status, words, last.status, last.body)
	}
}

// TestH5ReadyFollowsTheDatabase checks H5: a running node is not ready while the database is stopped, and ready again
// afterwards. A node that only serves HTTP needs no browser, one that renders does.
func TestH5ReadyFollowsTheDatabase(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	front := c.node("api", "LECTERN_CHROME=/nonexistent")
	front.awaitReady(200, `"ready":true`)
	back := c.node("worker", "LECTERN_CHROME=/nonexistent")
	back.awaitReady(503, "LECTERN_CHROME")
	if err := c.pg.End(); err != nil {
		t.Fatal(err)
	}
	front.awaitReady(503, "The database does not answer")
	back.awaitReady(503, "The database does not answer")
	if err := c.pg.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	front.awaitReady(200, `"ready":true`)
	if log := front.log(); !strings.Contains(log, `"what":"database"`) {
		t.Errorf("the log does not say what was missing:\n%s", tail(log, 2000))
	}
}
