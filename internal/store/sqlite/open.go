package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"lectern"
	"lectern/internal/private"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	fileName = "lectern.db"
	lockName = "lectern.lock"
)

// DB is a data folder's database, held by this process alone.
type DB struct {
	write, read *sql.DB
	lock        *flock.Flock
	reserve     *reserve
	dir         string
}

// Open makes the folder and the database if they are missing, brings the tables up to date and locks the folder: a
// second process gets CodeInUse until Close, or until this process has died in whatever way.
func Open(ctx context.Context, dir string) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, failure("find the data folder", err)
	}
	if err := private.Folder(dir); err != nil {
		return nil, failure("make the data folder "+dir, err)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	db := &DB{lock: lock, dir: dir}
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func lockFolder(dir string) (*flock.Flock, error) {
	path := filepath.Join(dir, lockName)
	lock := flock.New(path)
	ok, err := lock.TryLock()
	if err != nil {
		return nil, failure("lock the data folder "+dir, err)
	}
	if !ok {
		f := lectern.Fail(lectern.CodeInUse, "Another Lectern process uses the data folder %s. Stop it, or choose another "+
			"folder.", dir)
		if pid, err := os.ReadFile(path); err == nil && len(pid) > 0 {
			f.Detail = "the process is " + strings.TrimSpace(string(pid))
		}
		return nil, f
	}
	// The id is only a hint for the message above, so a full disk does not prevent the start.
	_ = os.WriteFile(path, fmt.Appendf(nil, "%d\n", os.Getpid()), private.File)
	return lock, nil
}

func (db *DB) open(ctx context.Context) error {
	path := filepath.Join(db.dir, fileName)
	if err := db.keepPrivate(path); err != nil {
		return failure("close its files to other users", err)
	}
	var err error
	if db.write, err = sql.Open("sqlite", dsn(path, "rwc", "journal_mode(WAL)", "synchronous(FULL)",
		"journal_size_limit(67108864)")); err != nil {
		return failure("be opened", err)
	}
	db.write.SetMaxOpenConns(1)
	db.write.SetMaxIdleConns(1)
	if err := db.sound(ctx, path); err != nil {
		return err
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	if db.read, err = sql.Open("sqlite", dsn(path, "ro", "query_only(1)")); err != nil {
		return failure("be opened", err)
	}
	db.reserve = openReserve(db.dir)
	readers := max(4, runtime.GOMAXPROCS(0))
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return nil
}

// keepPrivate keeps other users from the database and its side files; SQLite creates these with the mode of the
// database.
func (db *DB) keepPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, private.File)
	if err != nil {
		return err
	}
	err = f.Close()
	for _, p := range []string{path, path + "-wal", path + "-shm", filepath.Join(db.dir, lockName),
		filepath.Join(db.dir, reserveName)} {
		err = errors.Join(err, private.Close(p))
	}
	return err
}

func dsn(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_txlock": {"immediate"}}
	q["_pragma"] = append([]string{"busy_timeout(10000)", "foreign_keys(1)"}, pragmas...)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (db *DB) migrate(ctx context.Context) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return failure("read the migrations", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.write, sub, goose.WithVerbose(false),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return failure("read the migrations", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return failure("read the version of its tables in "+filepath.Join(db.dir, fileName), err)
	}
	if have > want {
		return lectern.Fail(lectern.CodeInUse, "The data folder %s was written by a newer Lectern (tables %d, this one "+
			"knows %d). Use that one, or another folder.", db.dir, have, want)
	}
	if have == want {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return failure("bring the tables up to date", err)
	}
	return nil
}

// Writer returns the writing connection, for the work queue, whose tables are in the same file.
func (db *DB) Writer() *sql.DB { return db.write }

// Close ends all connections and unlocks the folder. Whatever uses the database must have been stopped.
func (db *DB) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{db.read, db.write} { // the writer last: it folds the log into the file
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	errs = append(errs, db.lock.Unlock())
	return errors.Join(errs...)
}
