package queue_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"lectern/internal/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openQueue(t *testing.T) (*sql.DB, *queue.Queue[*sql.Tx]) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "q.db")+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
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

// enqueue puts tickets in, in one transaction, and commits it or not.
func enqueue(t *testing.T, db *sql.DB, q *queue.Queue[*sql.Tx], commit bool, resumed bool, ids ...string) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if err := q.Enqueue(t.Context(), tx, id, 1, resumed); err != nil {
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

// A ticket lives and dies with its transaction; tickets come in order, those of resumed presentations first.
func TestOrderAndRollback(t *testing.T) {
	t.Parallel()
	db, q := openQueue(t)
	enqueue(t, db, q, true, false, "a", "b")
	enqueue(t, db, q, false, false, "undone")
	enqueue(t, db, q, true, true, "resumed")
	enqueue(t, db, q, true, false, "c")
	got := make(chan string, 10)
	if err := q.Start(t.Context(), 1, true, func(_ context.Context, id string, _ int) error { got <- id; return nil }); err != nil {
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

// A ticket whose work fails comes back, and one that was taken when the process died comes back at once.
func TestTicketsComeBack(t *testing.T) {
	t.Parallel()
	db, q := openQueue(t)
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
	if _, err := db.Exec("UPDATE river_job SET state = 'running', finalized_at = NULL, attempted_at = ?", time.Now().UTC().Format("2006-01-02 15:04:05.000")); err != nil {
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

// A log of River's keeps its meaning and loses the words that an operator greps for.
func TestQuiet(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := queue.Quiet(slog.New(slog.NewTextHandler(&b, nil)))
	log.Info("chatter")
	log.Error("Elector: Error keeping leadership", "err", "deadline exceeded", "error", "x")
	if got := b.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "keeping leadership") || !strings.Contains(got, `failure="deadline exceeded"`) || strings.Contains(strings.ToLower(got), "error") || strings.Contains(got, "chatter") {
		t.Error(got)
	}
}
