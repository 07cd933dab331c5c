package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/keys"
	"lectern/internal/keys/keystest"
	"lectern/internal/store/pgtest"
	"lectern/internal/store/postgres"
	"lectern/internal/store/storetest"
)

var cluster *pgtest.Cluster

func TestMain(m *testing.M) {
	var err error
	if cluster, err = pgtest.Start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

type enqueue func(storetest.Ticket) error

func (f enqueue) Enqueue(_ context.Context, _ *sql.Tx, id string, attempt int, resumed bool) (int64, error) {
	return storetest.Number(), f(storetest.Ticket{ID: id, Attempt: attempt, Resumed: resumed})
}

func nothing(storetest.Ticket) error { return nil }

// migrated is the address of a database with the tables of today. Tests work in copies of it.
var migrated = sync.OnceValues(func() (string, error) {
	url, err := cluster.Database(context.Background())
	if err != nil {
		return "", err
	}
	db, err := postgres.Open(context.Background(), url)
	if err != nil {
		return "", err
	}
	return url, db.Close()
})

// database returns the address of a database that has all tables and no rows.
func database(t *testing.T) string {
	t.Helper()
	template, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	url, err := cluster.Copy(t.Context(), template)
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// emptyDatabase returns the address of a database without tables.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	url, err := cluster.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return url
}

func openDB(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url)
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

// opener opens a database: by itself, or through a pool.
type opener func(t *testing.T, url string) *postgres.DB

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, f func(storetest.Ticket) error) storetest.Store {
		return postgres.NewStore(openDB(t, database(t)), enqueue(f), "")
	})
}

// C2: the store passes the suite for API keys.
func TestKeys(t *testing.T) {
	t.Parallel()
	keystest.Run(t, func(t *testing.T) keys.Store { return postgres.NewStore(openDB(t, database(t)), nil, "") })
}

// Of several nodes that start at the same time on an empty database, one makes the tables.
func TestManyNodesMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := emptyDatabase(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			db, err := postgres.Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := postgres.NewStore(db, enqueue(nothing), "").List(t.Context(), job.Page{Limit: 1}); err != nil {
				t.Error(err)
			}
			db.Close()
		})
	}
	wg.Wait()
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	_, err := postgres.Open(t.Context(), "postgres://me:secret@host:notaport/x")
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeInvalidDeck}) ||
		strings.Contains(fmt.Sprint(err, lectern.AsFailure(err).Detail), "secret") {
		t.Errorf("an invalid address: %v", err)
	}
	_, err = postgres.Open(t.Context(), "postgres://me:secret@127.0.0.1:1/x?connect_timeout=2")
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeOverloaded}) ||
		strings.Contains(fmt.Sprint(err, lectern.AsFailure(err).Detail), "secret") {
		t.Errorf("no server at the address: %v", err)
	}
	// M2: the failure for a database that answers and refuses does not say that it does not answer.
	_, err = postgres.Open(t.Context(), cluster.URL("no_such_database"))
	if f := lectern.AsFailure(err); !strings.Contains(f.Message, "no database with the name") {
		t.Errorf("an unknown database: %v", err)
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	_, err = postgres.Open(t.Context(),
		"postgres://me:secret@"+mute.Addr().String()+"/x?sslmode=disable&connect_timeout=1")
	if f := lectern.AsFailure(err); f.Code != lectern.CodeOverloaded || !f.Retryable ||
		strings.Contains(fmt.Sprint(err, f.Detail), "secret") {
		t.Errorf("a server that does not answer: %v", err)
	}
}

// J8: a dead node is found at once, with the presentations that it worked on. A living node is left alone.
func TestNodes(t *testing.T) {
	t.Parallel()
	testNodes(t, openDB)
}

func testNodes(t *testing.T, open opener) {
	t.Helper()
	url := database(t)
	db, dying := open(t, url), open(t, url)
	store := postgres.NewStore(db, enqueue(nothing), "")
	alive, err := db.Join(t.Context(), "alive", time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	doomed, err := dying.Join(t.Context(), "doomed", time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	p := lectern.NewPresentation("one", lectern.Deck{Slides: []lectern.Slide{{}}},
		time.Now().UTC().Truncate(time.Microsecond))
	at := time.Now().UTC().Truncate(time.Microsecond)
	commit(t, store, job.WriteSpec{ID: p.ID, At: at, Create: &p})
	commit(t, store, job.WriteSpec{ID: p.ID, At: at, Events: []lectern.Event{lectern.Began{Worker: "doomed"}}})

	if dead, err := alive.Dead(t.Context()); err != nil || len(dead) != 0 {
		t.Fatalf("%v are taken for dead: %v", dead, err)
	}
	if err := doomed.Leave(t.Context()); err != nil { // while it works on a presentation, as if it had been killed
		t.Fatal(err)
	}
	waitFor(t, "the release of the lock", func() bool {
		dead, err := alive.Dead(t.Context())
		return err == nil && len(dead) == 1 && dead[0] == "doomed"
	})
	leases, err := alive.Leases(t.Context(), "doomed")
	if err != nil || len(leases) != 1 || leases[0].ID != p.ID || leases[0].Attempt != 1 {
		t.Fatalf("the leases of the dead node are %v, %v", leases, err)
	}
	buried := 0
	bury := func(node string) {
		if err := alive.Bury(t.Context(), node, func(context.Context) error { buried++; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if bury("alive"); buried != 0 {
		t.Error("a node buried itself")
	}
	if bury("doomed"); buried != 1 {
		t.Errorf("the dead node was buried %d times, want once", buried)
	}
	if bury("doomed"); buried != 1 {
		t.Error("the dead node was buried twice")
	}
	if dead, err := alive.Dead(t.Context()); err != nil || len(dead) != 0 {
		t.Errorf("the dead nodes after the burial are %v, %v", dead, err)
	}
	if err := alive.Leave(t.Context()); err != nil {
		t.Error(err)
	}
}

// J8: silence is measured by the database's clock, whatever time a node's clock gives a heartbeat.
func TestSilenceByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	db := openDB(t, database(t))
	store := postgres.NewStore(db, enqueue(nothing), "")
	node, err := db.Join(t.Context(), "n", time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Leave(context.WithoutCancel(t.Context()))                //nolint:errcheck // the test is over
	slow := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond) // by a node's clock that is an hour behind
	p := lectern.NewPresentation("one", lectern.Deck{Slides: []lectern.Slide{{}}}, slow)
	commit(t, store, job.WriteSpec{ID: p.ID, At: slow, Create: &p})
	commit(t, store, job.WriteSpec{ID: p.ID, At: slow.Add(time.Second),
		Events: []lectern.Event{lectern.Began{Worker: "w"}}})
	if silent, err := node.Silent(t.Context(), time.Minute); err != nil || len(silent) != 0 {
		t.Errorf("a live run is taken for silent: %v, %v", silent, err)
	}
	if silent, err := node.Silent(t.Context(), -time.Minute); err != nil || len(silent) != 1 {
		t.Errorf("a silent run is not found: %v, %v", silent, err)
	}
}

// J8: a heartbeat counts by the database's clock, even if the clock of its node was set back by an hour, or is an hour
// behind the clock of the node that ran the attempt before.
func TestHeartbeatOfAClockThatIsBehind(t *testing.T) {
	t.Parallel()
	db := openDB(t, database(t))
	store := postgres.NewStore(db, enqueue(nothing), "n")
	node, err := db.Join(t.Context(), "n", time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Leave(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	at := time.Now().UTC().Truncate(time.Microsecond)
	late := at.Add(-time.Hour)
	p := lectern.NewPresentation("one", lectern.Deck{Slides: []lectern.Slide{{}}}, at)
	commit(t, store, job.WriteSpec{ID: p.ID, At: at, Create: &p})
	commit(t, store, job.WriteSpec{ID: p.ID, At: at, Events: []lectern.Event{lectern.Began{Worker: "w"}}})
	for _, e := range []lectern.Event{lectern.Beat{Attempt: 1}, lectern.Released{Attempt: 1}, lectern.Began{Worker: "v"},
		lectern.Beat{Attempt: 2}} {
		// an hour of silence
		if _, err := db.SQL().ExecContext(t.Context(), "UPDATE presentations SET beat_at = beat_at - "+
			"3600000000"); err != nil {
			t.Fatal(err)
		}
		commit(t, store, job.WriteSpec{ID: p.ID, At: late, Events: []lectern.Event{e}})
		if silent, err := node.Silent(t.Context(), time.Minute); err != nil || len(silent) != 0 {
			t.Errorf("after %+v the run is taken for silent: %v, %v", e, silent, err)
		}
	}
}

// J5: a change by one node is reported to the others that listen, and not to the node itself. A node that has lost its
// connection reports that, and connects again.
func TestChangesReachOtherNodes(t *testing.T) {
	t.Parallel()
	testChanges(t, openDB)
}

func testChanges(t *testing.T, open opener) {
	t.Helper()
	url := database(t)
	here, there := open(t, url), open(t, url)
	node, err := here.Join(t.Context(), "listener", time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	changed, lost, done := make(chan string, 64), make(chan struct{}, 8), make(chan struct{})
	go func() {
		defer close(done)
		node.Listen(ctx, func(id string) { changed <- id }, func() { lost <- struct{}{} })
	}()
	theirs, own := postgres.NewStore(there, enqueue(nothing), "another"), postgres.NewStore(here, enqueue(nothing),
		node.ID())
	create := func(store job.Store, id string) {
		p := lectern.NewPresentation(id, lectern.Deck{Slides: []lectern.Slide{{}}},
			time.Now().UTC().Truncate(time.Microsecond))
		commit(t, store, job.WriteSpec{ID: id, At: p.CreatedAt, Create: &p})
	}
	create(own, "its-own") // not reported: otherwise it would come first, since reports are in the order of commits
	create(theirs, "first")
	if id := <-changed; id != "first" {
		t.Errorf("the first report is about %q", id)
	}
	if _, err := there.SQL().ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE '%LISTEN%' AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	<-lost
	if id := <-changed; id != "" {
		t.Errorf("the first report after connecting again is about %q, want \"\"", id)
	}
	create(own, "its-own-again")
	create(theirs, "second")
	if id := <-changed; id != "second" {
		t.Errorf("the next report is about %q, want second", id)
	}
	cancel()
	<-done
	if err := node.Leave(t.Context()); err != nil {
		t.Error(err)
	}
}

// J8: a node that has stalled for too long is buried although it holds its lock. When it goes on, it learns of that and
// joins again. A node that goes on before its burial is left alone.
func TestStalledNode(t *testing.T) {
	t.Parallel()
	testStalledNode(t, openDB)
}

func testStalledNode(t *testing.T, open opener) {
	t.Helper()
	url := database(t)
	there := open(t, url)
	sleeper, err := open(t, url).Join(t.Context(), "sleeper", time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	hasty, err := there.Join(t.Context(), "hasty", -time.Minute, 2) // for it, every node has been silent for too long
	if err != nil {
		t.Fatal(err)
	}
	patient, err := there.Join(t.Context(), "patient", time.Hour, 2)
	if err != nil {
		t.Fatal(err)
	}
	buried := 0
	rest := func(context.Context) error { buried++; return nil }
	if err := patient.Bury(t.Context(), "sleeper", rest); err != nil || buried != 0 {
		t.Errorf("a living node was buried: %d, %v", buried, err)
	}
	if err := hasty.Bury(t.Context(), "sleeper", rest); err != nil || buried != 1 {
		t.Errorf("a silent node was not buried: %d, %v", buried, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	lost, back, done := make(chan struct{}, 8), make(chan string, 8), make(chan struct{})
	go func() { // it goes on
		defer close(done)
		sleeper.Listen(ctx, func(id string) { back <- id }, func() { lost <- struct{}{} })
	}()
	<-lost
	<-back
	if err := patient.Bury(t.Context(), "sleeper", rest); err != nil || buried != 1 {
		t.Errorf("a node that has joined again was buried: %d, %v", buried, err)
	}
	cancel()
	<-done
	for _, n := range []*postgres.Node{sleeper, hasty, patient} {
		if err := n.Leave(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// J8: a process that stalls in the middle of a transaction locks its rows for seconds, not for ever.
func TestIdleTransactionsEnd(t *testing.T) {
	t.Parallel()
	db := openDB(t, database(t))
	var limit string
	if err := db.SQL().QueryRowContext(t.Context(), "SHOW idle_in_transaction_session_timeout").Scan(&limit); err != nil ||
		limit != "5s" {
		t.Errorf("the idle limit of a transaction is %q (%v), want 5s", limit, err)
	}
}

func commit(t *testing.T, store job.Store, spec job.WriteSpec) {
	t.Helper()
	outs, err := store.Commit(t.Context(), []job.Write{job.TestWrite(t, spec)})
	if err == nil {
		err = outs[0].Err
	}
	if err != nil {
		t.Fatal(err)
	}
}

// waitFor calls so until it returns true: Postgres releases the locks of a session a moment after the session ends.
func waitFor(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("waiting for " + what)
		}
	}
}
