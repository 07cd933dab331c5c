package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lectern"
	"lectern/internal/soak"
	"lectern/internal/store/pgtest"
	"lectern/internal/store/postgres"
	"lectern/internal/store/storetest"
)

// startPool starts a PgBouncer in front of the cluster.
func startPool(t *testing.T, mode string, settings ...string) *pgtest.Pool {
	t.Helper()
	p, err := cluster.Pool(t.Context(), mode, settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// openThrough opens the database at url through a pool.
func openThrough(t *testing.T, p *pgtest.Pool, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.OpenThrough(t.Context(), p.URL(url), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// crowd keeps clients busy at an address until the test ends: every second one with transactions of several queries,
// the others with short queries. It returns when all clients are busy.
func crowd(t *testing.T, url string, clients int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var all, ready sync.WaitGroup
	ready.Add(clients)
	for i := range clients {
		all.Go(func() {
			cfg, err := pgx.ParseConfig(url)
			if err != nil {
				t.Error(err)
			}
			cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
			conn, err := pgx.ConnectConfig(ctx, cfg)
			if err != nil {
				t.Error(err)
				ready.Done()
				return
			}
			defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the test is over
			for n := 0; ctx.Err() == nil; n++ {
				query := "SELECT pg_sleep(0.001)"
				if i%2 == 0 {
					query = "BEGIN; SELECT pg_sleep(0.002); SELECT 1; COMMIT"
				}
				if _, err := conn.Exec(ctx, query); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
				if n == 0 {
					ready.Done()
				}
			}
		})
	}
	t.Cleanup(func() { stop(); all.Wait() })
	ready.Wait()
}

// H6: an address that leads to a pool which keeps no sessions is refused at once, whatever the pool does with its
// servers and however busy they are. A pool that keeps sessions, and a database without a pool, are always accepted.
func TestH6PoolsAreFound(t *testing.T) {
	t.Parallel()
	runs := soak.Cases(t, "transaction, busy", "transaction, one server", "statement", "session, busy", "no pool, busy")
	for _, c := range []struct {
		name     string
		mode     string // "" no pool
		settings []string
		clients  int // that are busy there
		refused  bool
	}{
		{"transaction", pgtest.ModeTransaction, nil, 0, true},
		{"transaction, busy", pgtest.ModeTransaction, nil, 12, true},
		{"transaction, busy and wide", pgtest.ModeTransaction, []string{"default_pool_size = 40"}, 12, true},
		{"transaction, in turns", pgtest.ModeTransaction, []string{"server_round_robin = 1"}, 6, true},
		{"transaction, in turns and idle", pgtest.ModeTransaction, []string{"server_round_robin = 1", "min_pool_size = 5"}, 0,
			true},
		{"transaction, one server", pgtest.ModeTransaction, []string{"default_pool_size = 1"}, 0, true},
		{"transaction, one busy server", pgtest.ModeTransaction, []string{"default_pool_size = 1"}, 4, true},
		{"statement", pgtest.ModeStatement, nil, 0, true},
		{"session", pgtest.ModeSession, nil, 0, false},
		{"session, busy", pgtest.ModeSession, []string{"default_pool_size = 40"}, 12, false},
		{"no pool", "", nil, 0, false},
		{"no pool, busy", "", nil, 12, false},
	} {
		if !runs(c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := database(t)
			if c.mode != "" {
				url = startPool(t, c.mode, c.settings...).URL(url)
			}
			if c.clients > 0 && c.mode != pgtest.ModeStatement {
				crowd(t, url, c.clients)
			}
			for range soak.Rounds(8, 25) {
				err := postgres.Examine(t.Context(), url, "")
				e, refused := errors.AsType[*postgres.AddressError](err)
				if err != nil && !refused {
					t.Fatal(err)
				}
				if refused != c.refused {
					t.Fatalf("the address is refused: %v, want %v (%v)", refused, c.refused, err)
				}
				if refused && e.Setting != "db" {
					t.Errorf("the error names the setting %s, want db", e.Setting)
				}
			}
		})
	}
}

// H6: OpenThrough refuses a pool without sessions too, as either of the two addresses. It also refuses a session
// address that leads to another database or to none.
func TestH6WrongAddresses(t *testing.T) {
	t.Parallel()
	url, other := database(t), database(t)
	pool := startPool(t, pgtest.ModeTransaction)
	for name, c := range map[string]struct{ db, session, setting string }{
		"a pool alone":      {pool.URL(url), "", "db"},
		"a pool twice":      {pool.URL(url), pool.URL(url), "db_session"},
		"a pool in session": {url, pool.URL(url), "db_session"},
		"another database":  {pool.URL(url), other, "db_session"},
	} {
		_, err := postgres.OpenThrough(t.Context(), c.db, c.session)
		if e, ok := errors.AsType[*postgres.AddressError](err); !ok || e.Setting != c.setting {
			t.Errorf("%s: %v", name, err)
		}
	}
	for address, code := range map[string]lectern.Code{
		"mysql:": lectern.CodeInvalidDeck,
		"postgres://me:hunter2@127.0.0.1:1/none?connect_timeout=2": lectern.CodeOverloaded,
	} {
		_, err := postgres.OpenThrough(t.Context(), pool.URL(url), address)
		if f := lectern.AsFailure(err); err == nil || f.Code != code || f.Param != "db_session" {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// H6: the store passes its suite through a pool, outside a soak one case of each kind.
func TestH6StoreBehindAPool(t *testing.T) {
	t.Parallel()
	pool := startPool(t, pgtest.ModeTransaction)
	storetest.Run(t, func(t *testing.T, f func(storetest.Ticket) error) storetest.Store {
		return postgres.NewStore(openThrough(t, pool, database(t)), enqueue(f), "")
	}, "a presentation comes back as it went in", "J2 J5 every visible change is stored as a version",
		"J4 a failing transaction leaves nothing", "J8 silent runs are found, and live ones are not taken over",
		"the list is ordered, filtered and paged without gaps", "J12 what is due is found, marked and purged",
		"J13 many creates racing with one key make one presentation",
		"J7 J9 orders are recorded by live runs, and not made twice",
		"J4 every milestone is in the outbox, for each subscriber",
		"H3 concurrent creations are checked one after another",
		"concurrent uploads, creations and removals of one content are linearizable",
		"many claimers never hold the same delivery")
}

// H6: through a pool with few servers, which it assigns in turns, nodes commit, are notified of each other's changes,
// and take over the work of a dead node.
func TestH6NodesBehindAPool(t *testing.T) {
	t.Parallel()
	pool := startPool(t, pgtest.ModeTransaction, "default_pool_size = 4", "server_round_robin = 1")
	open := func(t *testing.T, url string) *postgres.DB { return openThrough(t, pool, url) }
	for name, test := range map[string]func(*testing.T, opener){
		"takeover": testNodes, "changes": testChanges, "commits": testCommits, "stalled": testStalledNode,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open)
		})
	}
}

// H6: through a pool, several nodes create presentations, queue them, run them on another node, watch them and complete
// them.
func TestH6WholeLifeBehindAPool(t *testing.T) {
	t.Parallel()
	const presentations = 12
	url := database(t)
	pool := startPool(t, pgtest.ModeTransaction, "default_pool_size = 4", "server_round_robin = 1")
	run := func(_ context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		for i := range lectern.Progress(9) {
			r.Report(lectern.Reported{Progress: (i + 1) * 1000})
		}
		return nil, nil
	}
	front, _ := startNodeOn(t, openThrough(t, pool, url), "front", true, run)
	for i := range 2 {
		startNodeOn(t, openThrough(t, pool, url), fmt.Sprint("worker-", i), false, run)
	}
	var all sync.WaitGroup
	for range presentations {
		p, err := front.Submit(t.Context(), lectern.Submission{Deck: lectern.Deck{Slides: []lectern.Slide{{}}}})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			var last lectern.Presentation
			for v, err := range front.Watch(t.Context(), p.ID, 0) {
				if err != nil {
					t.Error(err)
					return
				}
				if v.Version != last.Version+1 || v.Progress < last.Progress {
					t.Errorf("version %d at %v after %d at %v", v.Version, v.Progress, last.Version, last.Progress)
				}
				last = v
			}
			if last.Status != lectern.StatusCompleted || last.Attempt != 1 {
				t.Errorf("it ended as %v in attempt %d: %v", last.Status, last.Attempt, last.Error)
			}
		})
	}
	all.Wait()
}

// H6: through a pool every transaction sets the idle limit, which otherwise the session has: the server ends a stalled
// transaction.
func TestH6IdleTransactionsEndBehindAPool(t *testing.T) {
	t.Parallel()
	db := openThrough(t, startPool(t, pgtest.ModeTransaction), database(t))
	tx, err := db.SQL().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	var limit string
	if err := tx.QueryRowContext(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&limit); err != nil ||
		limit != "5s" {
		t.Errorf("the idle limit of a transaction is %q (%v), want 5s", limit, err)
	}
}

// H6: with a pool, the capacity counts only the connections of a node that bypass the pool.
func TestH6CapacityBehindAPool(t *testing.T) {
	t.Parallel()
	db := openThrough(t, startPool(t, pgtest.ModeTransaction), database(t))
	node, err := db.Join(t.Context(), "n", time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Leave(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	if c, err := node.Capacity(t.Context()); err != nil || c.PerNode != 2 || c.Nodes != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}
