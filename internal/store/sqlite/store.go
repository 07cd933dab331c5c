package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/sqlstore"
)

// Store is the job's store on a DB. It keeps the DB reachable: otherwise the garbage collector would close the file
// that holds the folder's lock.
type Store struct {
	*sqlstore.Store
	db *DB
}

var _ job.Store = (*Store)(nil)

// NewStore makes a store; queue receives the tickets of its queued presentations.
func NewStore(db *DB, queue sqlstore.Enqueuer) *Store {
	return &Store{sqlstore.New(sqlstore.Options{Write: db.write, Read: db.read, Queue: queue, Dialect: dialect{}}), db}
}

// Commit implements job.Writer. On a full disk it spends the reserve and tries once more.
func (s *Store) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	outs, err := s.Store.Commit(ctx, writes)
	if errors.Is(err, &lectern.Failure{Code: lectern.CodeDiskFull}) && s.db.reserve.spend() {
		return s.Store.Commit(ctx, writes)
	}
	if err == nil {
		s.db.reserve.restore()
	}
	return outs, err
}

// dialect is SQLite's: there is one writer, and no other process to notify.
type dialect struct{}

var _ sqlstore.Dialect = dialect{}

func (dialect) Alone() bool                                                   { return true }
func (dialect) Lock(context.Context, *sql.Tx, sqlstore.Touched) error         { return nil }
func (dialect) Notify(context.Context, *sql.Tx, []lectern.Presentation) error { return nil }
func (dialect) Now(context.Context, sqlstore.DBTX) (time.Time, error) {
	return time.Now().UTC().Truncate(time.Microsecond), nil // the clock of the only process
}

// Includes implements sqlstore.Dialect.
func (dialect) Includes(column, arg string) string {
	return "CASE WHEN " + column + " = '' THEN 0 ELSE NOT EXISTS (SELECT 1 FROM json_each(" +
		arg + ") AS wanted WHERE NOT EXISTS (" +
		"SELECT 1 FROM json_each(" + column + ") AS held WHERE held.key = wanted.key AND held.value = wanted.value)) END"
}

func (dialect) Again(error) bool                      { return false }
func (dialect) Failure(doing string, err error) error { return failure(doing, err) }
