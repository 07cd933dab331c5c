package queue_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"lectern/internal/queue"
	"lectern/internal/store/pgtest"
)

var cluster *pgtest.Cluster

func TestMain(m *testing.M) {
	var err error
	if cluster, err = pgtest.Start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := errors.Join(cluster.Stop(), goleak.Find()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// onEach runs a test on each database.
func onEach(t *testing.T, test func(t *testing.T, db *sql.DB, q *queue.Queue[*sql.Tx])) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db, q := onSQLite(t)
		test(t, db, q)
	})
	t.Run("Postgres", func(t *testing.T) {
		t.Parallel()
		db, q := onPostgres(t)
		test(t, db, q)
	})
}

func onPostgres(t *testing.T) (*sql.DB, *queue.Queue[*sql.Tx]) {
	t.Helper()
	url, err := cluster.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() { db.Close(); pool.Close() })
	q, err := queue.OnPostgres(t.Context(), db, pool, queue.Node{ID: "this-node"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return db, q
}

func onSQLite(t *testing.T) (*sql.DB, *queue.Queue[*sql.Tx]) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "q.db")+
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	q, err := queue.OnSQLite(t.Context(), db, nil)
	if err != nil {
		t.Fatal(err)
	}
	return db, q
}

// enqueue adds tickets in one transaction and either commits it or rolls it back.
func enqueue(t *testing.T, db *sql.DB, q *queue.Queue[*sql.Tx], commit, resumed bool, ids ...string) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if _, err := q.Enqueue(t.Context(), tx, id, 1, resumed); err != nil {
			t.Fatal(err)
		}
	}
	end := tx.Rollback
	if commit {
		end = tx.Commit
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
}

// A ticket exists only if its transaction commits. Workers get tickets in order, those of resumed presentations first.
func TestOrderAndRollback(t *testing.T) { onEach(t, orderAndRollback) }

func orderAndRollback(t *testing.T, db *sql.DB, q *queue.Queue[*sql.Tx]) {
	enqueue(t, db, q, true, false, "a", "b")
	enqueue(t, db, q, false, false, "undone")
	enqueue(t, db, q, true, true, "resumed")
	enqueue(t, db, q, true, false, "c")
	got := make(chan string, 10)
	if err := q.Start(t.Context(), 1, true, func(_ context.Context, id string, _ int) error {
		got <- id
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	defer q.Stop(context.Background())
	var ids []string
	for range 4 {
		ids = append(ids, <-got)
	}
	if want := []string{"resumed", "a", "b", "c"}; !slices.Equal(ids, want) {
		t.Errorf("the tickets came as %v, want %v", ids, want)
	}
}

// A ticket is available from its commit on, even if the clock is set back by an hour while it waits for a worker.
func TestTicketsIgnoreTheClock(t *testing.T) { onEach(t, ticketsIgnoreTheClock) }

func ticketsIgnoreTheClock(t *testing.T, db *sql.DB, q *queue.Queue[*sql.Tx]) {
	enqueue(t, db, q, true, false, "a", "b")
	var late int // tickets whose due time is not long past: a clock that is set back would make them wait
	if err := db.QueryRow("SELECT count(*) FROM river_job WHERE scheduled_at > '1990-01-01'").Scan(&late); err != nil ||
		late != 0 {
		t.Errorf("%d tickets wait for a clock, %v", late, err)
	}
	got := make(chan string, 2)
	if err := q.Start(t.Context(), 1, true, func(_ context.Context, id string, _ int) error {
		got <- id
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if a, b := <-got, <-got; a != "a" || b != "b" {
		t.Errorf("the tickets came as %s, %s", a, b)
	}
	if err := q.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// A ticket whose work fails returns to the queue. A ticket that a dead process had taken returns at once.
func TestTicketsComeBack(t *testing.T) { onEach(t, ticketsComeBack) }

func ticketsComeBack(t *testing.T, db *sql.DB, q *queue.Queue[*sql.Tx]) {
	enqueue(t, db, q, true, false, "a")
	tries := make(chan int, 10)
	n := 0
	work := func(context.Context, string, int) error {
		if n++; n == 1 {
			tries <- n
			return errors.New("not yet")
		}
		tries <- n
		return nil
	}
	if err := q.Start(t.Context(), 1, true, work); err != nil {
		t.Fatal(err)
	}
	<-tries
	<-tries
	if err := q.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Format("2006-01-02 15:04:05.000") // a format that both databases read
	if _, err := db.Exec("UPDATE river_job SET state = 'running', finalized_at = NULL, attempted_at = '" + now +
		"'"); err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context(), 1, true, work); err != nil {
		t.Fatal(err)
	}
	<-tries
	if err := q.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// J8: the tickets of a dead node return to the queue, and living nodes keep theirs.
func TestRescue(t *testing.T) {
	t.Parallel()
	db, q := onPostgres(t)
	enqueue(t, db, q, true, false, "dead's", "living's")
	if _, err := db.Exec(`UPDATE river_job SET state = 'running', attempted_at = now(),
		attempted_by = ARRAY['first', CASE args->>'id' WHEN 'dead''s' THEN 'dead' ELSE 'living' END]`); err != nil {
		t.Fatal(err)
	}
	if err := q.Rescue(t.Context(), "dead"); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 2)
	if err := q.Start(t.Context(), 1, false, func(_ context.Context, id string, _ int) error {
		got <- id
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if id := <-got; id != "dead's" {
		t.Errorf("%s came back", id)
	}
	if err := q.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	var running int
	if err := db.QueryRow("SELECT count(*) FROM river_job WHERE state = 'running'").Scan(&running); err != nil ||
		running != 1 {
		t.Errorf("%d tickets are still running, want 1 (%v)", running, err)
	}
}

// River's errors are logged as warnings, without the word "error", which operators search for.
func TestQuiet(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := queue.Quiet(slog.New(slog.NewTextHandler(&b, nil)))
	log.Info("chatter")
	log.Error("Elector: Error keeping leadership", "err", "deadline exceeded", "error", "x")
	if got := b.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "keeping leadership") ||
		!strings.Contains(got, `failure="deadline exceeded"`) || strings.Contains(strings.ToLower(got), "error") ||
		strings.Contains(got, "chatter") {
		t.Error(got)
	}
}
