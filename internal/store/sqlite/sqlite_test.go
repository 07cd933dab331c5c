package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
	"weak"

	"github.com/google/uuid"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/keys"
	"lectern/internal/keys/keystest"
	"lectern/internal/store/sqlite"
	"lectern/internal/store/sqlitetest"
	"lectern/internal/store/storetest"
)

type enqueue func(storetest.Ticket) error

func (f enqueue) Enqueue(_ context.Context, _ *sql.Tx, id string, attempt int, resumed bool) (int64, error) {
	return storetest.Number(), f(storetest.Ticket{ID: id, Attempt: attempt, Resumed: resumed})
}

func openDB(t testing.TB, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, f func(storetest.Ticket) error) storetest.Store {
		dir := t.TempDir()
		if err := sqlitetest.Prepare(dir); err != nil {
			t.Fatal(err)
		}
		db := openDB(t, dir)
		if _, err := db.Writer().Exec("PRAGMA synchronous=OFF"); err != nil { // TestDurability checks the real setting
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return sqlite.NewStore(db, enqueue(f))
	})
}

// C2: the store passes the suite for API keys.
func TestKeys(t *testing.T) {
	t.Parallel()
	keystest.Run(t, func(t *testing.T) keys.Store {
		db := openDB(t, t.TempDir())
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return sqlite.NewStore(db, nil)
	})
}

// A folder belongs to one process: the second gets an error; the next after Close opens it and finds the same database.
func TestFolderIsLocked(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a folder with ?, % and #")
	db := openDB(t, dir)
	_, err := sqlite.Open(context.Background(), dir)
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeInUse}) || !strings.Contains(err.Error(), dir) {
		t.Errorf("the second Open gave %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "lectern.db")); err != nil {
		t.Error(err)
	}
	if err := openDB(t, dir).Close(); err != nil {
		t.Error(err)
	}
}

// A store keeps the folder's lock even if the caller keeps only the store. Otherwise the garbage collector would
// close the lock's file.
func TestStoreKeepsTheLock(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store, held := sqlite.NewStore(db, nil), weak.Make(db)
	for range 3 {
		runtime.GC()
	}
	if held.Value() == nil {
		t.Fatal("the garbage collector released the lock while the store was in use")
	}
	runtime.KeepAlive(store)
	if err := held.Value().Close(); err != nil {
		t.Error(err)
	}
}

// J4: what a reader sees is on the disk. A killed process would not show a missing fsync, so the settings are checked.
func TestDurability(t *testing.T) {
	t.Parallel()
	db := openDB(t, t.TempDir())
	defer db.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		"busy_timeout": "10000"} {
		var got string
		if err := db.Writer().QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q (%v), want %q", pragma, got, err, want)
		}
	}
}

// M2: Open refuses a file that is not a database, and a database that was overwritten or cut off, wherever the damage
// is. It writes nothing to the file.
func TestM2DamagedDatabases(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	if err := openDB(t, whole).Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(whole, "lectern.db"))
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	damage := map[string][]byte{"no database": []byte(strings.Repeat("not a database ", 100)),
		"cut off": content[:len(content)/2/page*page]}
	for at := page; at < len(content); at += 7 * page {
		broken := bytes.Clone(content)
		copy(broken[at:min(at+2*page, len(broken))], bytes.Repeat([]byte("damage? "), page/4))
		damage[fmt.Sprintf("overwritten from page %d", at/page+1)] = broken
	}
	for name, text := range damage {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "lectern.db"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sqlite.Open(context.Background(), dir)
		f, ok := errors.AsType[*lectern.Failure](err)
		if !ok || f.Code != lectern.CodeDamaged || !strings.Contains(f.Message, "restore a copy") {
			t.Errorf("%s: %v", name, err)
		}
		if db != nil {
			_ = db.Close()
		}
		if after, err := os.ReadFile(filepath.Join(dir, "lectern.db")); err != nil || !bytes.Equal(after, text) {
			t.Errorf("%s: Open changed the file (%v)", name, err)
		}
	}
	again := openDB(t, whole)
	if err := again.Close(); err != nil {
		t.Errorf("the undamaged database: %v", err)
	}
}

var namedArg = regexp.MustCompile(`sqlc\.arg\(\w+\)`)

// Ten thousand presentations must not slow a read: every query that a client can cause uses an index.
func TestQueriesUseIndexes(t *testing.T) {
	t.Parallel()
	db := openDB(t, t.TempDir())
	defer db.Close()
	text, err := os.ReadFile("../sqlstore/queries.sql")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "-- name: ")[1:]
	if len(parts) < 20 {
		t.Fatalf("%d queries found", len(parts))
	}
	for _, part := range parts {
		if strings.HasPrefix(part, "ListPresentations ") { // what sqlstore's filter adds to it
			for _, more := range []string{
				"owner = ?", "status IN (?)", "owner = ? AND status IN (?)", "owner = ? AND coalesce(status, '') IN (?, ?)",
				"owner = ? AND created_at > ? AND created_at < ?",
			} {
				parts = append(parts, strings.Replace(part, "removing = 0", "removing = 0 AND "+more, 1))
			}
		}
	}
	for _, part := range parts {
		name, body, _ := strings.Cut(part, "\n")
		body, _, _ = strings.Cut(body, ";")
		if strings.HasPrefix(strings.TrimSpace(body), "INSERT") {
			continue
		}
		body = namedArg.ReplaceAllString(body, "1")
		args := make([]any, strings.Count(body, "?"))
		for i := range args {
			args[i] = 1
		}
		rows, err := db.Writer().Query("EXPLAIN QUERY PLAN "+body, args...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(detail, "SCAN") && !strings.Contains(detail, "USING INDEX") &&
				!strings.Contains(detail, "USING COVERING INDEX") {
				t.Errorf("%s reads a whole table: %s", name, detail)
			}
			if strings.Contains(detail, "TEMP B-TREE") && strings.HasPrefix(name, "ListPresentations") {
				t.Errorf("%s sorts its rows: %s", name, detail)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkGet measures the reads that clients repeat, with 10,000 presentations. Their cost must not grow with that
// number.
func BenchmarkGet(b *testing.B) {
	db := openDB(b, b.TempDir())
	defer db.Close()
	s := sqlite.NewStore(db, enqueue(func(storetest.Ticket) error { return nil }))
	var id string
	for range 100 {
		var batch []job.Write
		for range 100 {
			id = uuid.NewString()
			p := lectern.NewPresentation(id, lectern.Deck{}, time.Now().UTC())
			batch = append(batch, job.TestWrite(b, job.WriteSpec{ID: id, At: p.CreatedAt, Create: &p}))
		}
		if _, err := s.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Get(b.Context(), id); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("list50", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.List(b.Context(), job.Page{Statuses: []lectern.Status{lectern.StatusQueued}, Limit: 50}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
