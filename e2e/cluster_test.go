package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lectern/internal/soak"
	"lectern/internal/store/pgtest"
)

// cluster is a Postgres with nodes on it that share a data folder.
type cluster struct {
	t    *testing.T
	pg   *pgtest.Cluster
	url  string
	past string // if url is that of a pool: the address of the database itself
	data string
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	pg, err := pgtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	url, err := pg.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &cluster{t: t, pg: pg, url: url, data: t.TempDir()}
}

// pooled makes the nodes of the cluster use a PgBouncer in transaction mode.
func (c *cluster) pooled() {
	c.t.Helper()
	pool, err := c.pg.Pool(c.t.Context(), pgtest.ModeTransaction)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(pool.Stop)
	c.past, c.url = c.url, pool.URL(c.url)
}

// node starts a server process of the cluster, with a working folder and a log of its own.
func (c *cluster) node(role string, env ...string) *server {
	c.t.Helper()
	return serve(c.t, plain, append([]string{
		"LECTERN_DB=" + c.url, "LECTERN_DB_SESSION=" + c.past, "LECTERN_DATA=" + c.data, "LECTERN_ROLE=" + role,
	}, env...)...)
}

// worker returns the node whose log has a heartbeat of the presentation's attempt, or nil.
func worker(id string, attempt string, nodes ...*server) *server {
	for _, n := range nodes {
		for line := range strings.Lines(n.log()) {
			if strings.Contains(line, "HEARTBEAT") && strings.Contains(line, id) &&
				strings.Contains(line, `"attempt":`+attempt) {
				return n
			}
		}
	}
	return nil
}

// TestNodes checks J3, J5, J8 and J9 with several nodes: presentations that one node accepts are rendered by others and
// watched on any. Another node takes over from a killed one within seconds, as the next attempt, and does not repeat
// finished work.
func TestNodes(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	const late = "LECTERN_LEASE_TIMEOUT=1h"
	front := c.node("api", late)
	one, two := c.node("worker", "LECTERN_WORKERS=1", late), c.node("worker", "LECTERN_WORKERS=1", late)
	ctx := patient(t)

	if a := one.must("GET", "/v1/presentations", ""); a.status != 404 {
		t.Errorf("a worker serves presentations: %d", a.status)
	}
	id := front.create(talk(4))
	finish := observe(ctx, front, 4, id)
	front.await(id, func(v view) bool {
		return v.ended() || slices.ContainsFunc(front.steps(id), func(r record) bool { return r.Kind == "encode" })
	})
	before := front.steps(id)
	at := worker(id, "1", one, two)
	if at == nil {
		t.Fatalf("neither worker renders the presentation:\n%s\n%s", tail(one.log(), 1500), tail(two.log(), 1500))
	}
	at.kill9()
	died := time.Now()
	front.await(id, func(v view) bool { return v.Attempt == 2 }) // long before the end of the lease
	t.Logf("J8: the takeover took %v", time.Since(died).Round(time.Millisecond))
	v := front.awaitEnd(id)
	if v.Status != "completed" || v.Attempt != 2 {
		t.Fatalf("ended as %+v, not completed in attempt 2", v)
	}
	finish()
	checkStream(t, stream(ctx, t, front, id, 0))
	made := map[string]int{}
	for _, r := range front.steps(id) {
		if !r.Reused {
			made[r.Key]++
		}
	}
	for _, r := range before {
		if made[r.Key] > 1 {
			t.Errorf("J9: %s of slide %d was finished before the kill and made %d times", r.Kind, r.Slide, made[r.Key])
		}
	}
	inspect(t, front.download("/v1/presentations/"+id+"/video", "taken-over.mp4"))
}

// TestH6NodesBehindAPool checks H6 with real processes whose database is behind PgBouncer in transaction mode: they
// share the work, and when one is killed at work another takes over within seconds and ends it.
func TestH6NodesBehindAPool(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	c.pooled()
	const late = "LECTERN_LEASE_TIMEOUT=1h"
	front := c.node("api", late)
	one, two := c.node("worker", "LECTERN_WORKERS=1", late), c.node("worker", "LECTERN_WORKERS=1", late)
	ctx := patient(t)
	id := front.create(talk(3))
	finish := observe(ctx, front, 2, id)
	front.await(id, func(v view) bool { return v.ended() || v.Progress > 0 && worker(id, "1", one, two) != nil })
	at := worker(id, "1", one, two)
	if at == nil {
		t.Fatalf("neither worker renders the presentation:\n%s\n%s", tail(one.log(), 1500), tail(two.log(), 1500))
	}
	at.kill9()
	died := time.Now()
	// long before the end of the lease
	front.await(id, func(v view) bool { return v.Attempt == 2 || v.ended() })
	t.Logf("H6: the takeover took %v", time.Since(died).Round(time.Millisecond))
	if v := front.awaitEnd(id); v.Status != "completed" || v.Attempt != 2 {
		t.Fatalf("ended as %+v, not completed in attempt 2", v)
	}
	finish()
	checkStream(t, stream(ctx, t, front, id, 0))
	inspect(t, front.download("/v1/presentations/"+id+"/video", "through-a-pool.mp4"))
}

// TestPausedNode checks J7 and J8: a node that is paused until after the end of its lease is replaced. When it is
// continued it changes nothing of that presentation, and then works normally. A cancel that one node gets ends the run
// on another (J10).
func TestPausedNode(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	hasty := []string{"LECTERN_HEARTBEAT_INTERVAL=500ms", "LECTERN_LEASE_TIMEOUT=4s"}
	front := c.node("api", hasty...)
	sleeper := c.node("worker", hasty...)
	id := front.create(talk(6))
	ctx := patient(t)
	finish := observe(ctx, front, 2, id)
	front.await(id, func(v view) bool { return v.Progress > 0 || v.ended() })
	if err := sleeper.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	other := c.node("worker", hasty...)
	front.await(id, func(v view) bool { return v.Attempt == 2 && v.Status == "processing" || v.ended() })
	if err := sleeper.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	v := front.awaitEnd(id)
	if v.Status != "completed" || v.Attempt < 2 {
		t.Errorf("ended as %+v", v)
	}
	finish()
	checkStream(t, stream(ctx, t, front, id, 0))

	other.stop()
	again := front.create(talk(7))
	front.await(again, func(v view) bool { return v.Progress > 0 || v.ended() })
	asked := time.Now()
	if a := front.must("POST", "/v1/presentations/"+again+"/cancel", ""); a.status >= 300 {
		t.Fatalf("cancel answered %d %s", a.status, a.body)
	}
	v = front.awaitEnd(again)
	t.Logf("J10: ended %v after it was asked", time.Since(asked).Round(time.Millisecond))
	if v.Status != "canceled" {
		t.Errorf("J10: after the cancel it ended as %+v", v)
	}
}

// TestDatabaseRestarts: while the database is stopped, a node keeps its run and refuses new presentations with 503.
// When the database is back, the run goes on to its end.
func TestDatabaseRestarts(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	s := c.node("all")
	id := s.create(talk(3))
	ctx := patient(t)
	finish := observe(ctx, s, 2, id)
	s.await(id, func(v view) bool { return v.Progress > 0 || v.ended() })
	if err := c.pg.End(); err != nil {
		t.Fatal(err)
	}
	if a := s.must("POST", "/v1/presentations", talk(1)); a.status != 503 {
		t.Errorf("without its database the server answers %d %s", a.status, a.body)
	}
	if err := c.pg.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if v := s.awaitEnd(id); v.Status != "completed" {
		t.Errorf("ended as %+v", v)
	}
	finish()
	checkStream(t, stream(ctx, t, s, id, 0))
}

// TestKillSoakNodes is TestKillSoak with three nodes on Postgres. Any of them is killed, and started again as a new
// node.
func TestKillSoakNodes(t *testing.T) {
	t.Parallel()
	kills, seed := number(t, "SOAK_NODE_KILLS", soak.Rounds(1, 100)), number(t, "SOAK_SEED", int(time.Now().UnixNano()))
	t.Logf("SOAK_SEED=%d", seed)
	dice := rand.New(rand.NewPCG(uint64(seed), 2))
	c := newCluster(t)
	env := []string{"LECTERN_CLEANUP_DELAY=1s", "LECTERN_WORKERS=1", "LECTERN_DB=" + c.url, "LECTERN_DATA=" + c.data}
	var nodes []*server
	for range 3 {
		nodes = append(nodes, c.node("all", env...))
	}
	ctx := patient(t)
	type accepted struct {
		id     string
		by     *server
		finish func()
	}
	var all []accepted
	for n := range kills {
		for i := range 2 {
			by, at := nodes[dice.IntN(3)], nodes[dice.IntN(3)] // posted to one, watched on another
			id := by.create(brief(fmt.Sprintf("nodes %d.%d", n, i)))
			all = append(all, accepted{id, by, observe(ctx, at, 1, id)})
		}
		moment := time.NewTimer(time.Duration(dice.IntN(2000)) * time.Millisecond)
		<-moment.C
		victim := nodes[dice.IntN(3)]
		victim.kill9()
		victim.start(plain, env...)
	}
	for _, a := range all {
		if v := a.by.awaitEnd(a.id); v.Status != "completed" {
			t.Errorf("%s ended as %+v", a.id, v)
		}
		a.finish()
		events := stream(ctx, t, a.by, a.id, 0)
		checkHistory(t, events)
		checkMadeOnce(t, a.by, a.id)
		if n := ends(events); n != 1 {
			t.Errorf("J2: %s ended %d times", a.id, n)
		}
	}
}
