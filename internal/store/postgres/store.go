package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/sqlstore"
)

// NewStore makes the job's store; queue receives the tickets of its queued presentations. node is the id under which
// this process joins (see [DB.Join]); all other nodes are notified of the store's commits.
func NewStore(db *DB, queue sqlstore.Enqueuer, node string) *sqlstore.Store {
	return sqlstore.New(sqlstore.Options{
		Write: db.sql, Read: sqlstore.Numbered(db.sql), Bind: sqlstore.Numbered, Queue: queue, Dialect: dialect{node},
	})
}

func (db *DB) leases(ctx context.Context, query string, arg any) ([]job.Lease, error) {
	rows, err := db.sql.QueryContext(ctx, query, arg)
	if err != nil {
		return nil, failure("read the leases", err)
	}
	defer rows.Close()
	var out []job.Lease
	for rows.Next() {
		var l job.Lease
		var beat int64
		if err := rows.Scan(&l.ID, &l.Attempt, &beat); err != nil {
			return nil, failure("read the leases", err)
		}
		l.Heartbeat = time.UnixMicro(beat).UTC()
		out = append(out, l)
	}
	return out, failure("read the leases", rows.Err())
}

// dialect is the dialect of Postgres. node is the id of this process in notifications.
type dialect struct{ node string }

var _ sqlstore.Dialect = dialect{}

// Alone implements sqlstore.Dialect.
func (dialect) Alone() bool { return false }

// Lock implements sqlstore.Dialect. It takes the locks of each kind in one order.
func (dialect) Lock(ctx context.Context, tx *sql.Tx, t sqlstore.Touched) error {
	for _, name := range inOrder(t.Names) {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name); err != nil {
			return err
		}
	}
	if ids := inOrder(t.Presentations); len(ids) > 0 {
		_, err := tx.ExecContext(ctx, "SELECT 1 FROM presentations WHERE id = ANY($1) ORDER BY id FOR UPDATE", ids)
		if err != nil {
			return err
		}
	}
	purged := inOrder(t.Purged)
	if len(t.Assets)+len(purged) == 0 {
		return nil
	}
	var owners, sums []string
	for _, a := range t.Assets {
		owners, sums = append(owners, a.Owner), append(sums, a.SHA256)
	}
	_, err := tx.ExecContext(ctx,
		`SELECT 1 FROM assets a JOIN (SELECT * FROM unnest($1::text[], $2::text[]) AS named (owner, sha256)
			UNION SELECT owner, sha256 FROM asset_uses WHERE presentation_id = ANY($3)) touched USING (owner, sha256)
		ORDER BY a.owner, a.sha256 FOR UPDATE OF a`, owners, sums, purged)
	return err
}

// inOrder returns each name once, sorted, without the empty one.
func inOrder(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 0 && names[0] == "" {
		return names[1:]
	}
	return names
}

// channel carries one notification for each presentation that changed, "id version node". One for a whole commit could
// exceed the 8000 bytes that Postgres allows.
const channel = "lectern_changes"

// news returns the payload of a notification.
func news(p lectern.Presentation, node string) string {
	return fmt.Sprintf("%s %d %s", p.ID, p.Version, node)
}

// parseNews returns which presentation was changed and by which node; node is "" where the payload names none.
func parseNews(payload string) (id, node string) {
	id, rest, _ := strings.Cut(payload, " ")
	_, node, _ = strings.Cut(rest, " ")
	return id, node
}

// Notify implements sqlstore.Dialect.
func (d dialect) Notify(ctx context.Context, tx *sql.Tx, changed []lectern.Presentation) error {
	var all []string
	for _, p := range changed {
		if p.ID != "" {
			all = append(all, news(p, d.node))
		}
	}
	if len(all) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, "SELECT pg_notify($1, news) FROM unnest($2::text[]) AS news", channel, all)
	return err
}

// Now implements sqlstore.Dialect: by the database's clock, whatever the nodes' clocks say.
func (dialect) Now(ctx context.Context, db sqlstore.DBTX) (time.Time, error) {
	var micros int64
	err := db.QueryRowContext(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT").Scan(&micros)
	return time.UnixMicro(micros).UTC(), err
}

// Again implements sqlstore.Dialect: it reports that Postgres aborted this transaction in favour of another.
func (dialect) Again(err error) bool {
	return isState(err, "40001", "40P01") // serialization_failure, deadlock_detected
}

// Failure implements sqlstore.Dialect.
func (dialect) Failure(doing string, err error) error { return failure(doing, err) }

// Includes implements sqlstore.Dialect. Postgres cannot read a NUL in JSON; an object with one includes nothing.
func (dialect) Includes(column, arg string) string {
	return "CASE WHEN " + column + " = '' OR strpos(" + column + ", '\\u0000') > 0 THEN false ELSE " + column +
		"::jsonb @> " + arg + "::jsonb END"
}

// failure returns err as a failure with a sentence for users; doing completes "The database could not". A failure and
// the errors of a context are returned as they are; nil for nil.
func failure(doing string, err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err) // it has a time limit of its own
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !connecting {
		return err
	}
	var f *lectern.Failure
	switch {
	case isState(err, "53100"): // disk_full
		f = lectern.Fail(lectern.CodeDiskFull, "The database's disk is full. Make room, then try again.")
		f.Retryable = true
	case isState(err, "28000", "28P01"): // invalid_authorization_specification, invalid_password
		f = lectern.Fail(lectern.CodeOverloaded, "The database refuses the user or the password of its address. "+
			"Correct the address.")
		f.Retryable = true
	case isState(err, "3D000"): // invalid_catalog_name
		f = lectern.Fail(lectern.CodeOverloaded, "There is no database with the name in its address. "+
			"Make the database, or correct the address.")
		f.Retryable = true
	case isAway(err):
		f = lectern.Fail(lectern.CodeOverloaded, "The database does not answer. Try again in a moment.")
		f.Retryable = true
	default:
		f = lectern.Fail(lectern.CodeInternal, "The database could not %s.", doing)
	}
	return f.Because(err)
}

// isAway reports whether the database cannot be reached, is starting or stopping, or cannot take more work just now.
// The writer then tries again; it takes any other failure at the end of a run for a failure of the run.
func isAway(err error) bool {
	for _, lost := range []error{sql.ErrConnDone, driver.ErrBadConn, net.ErrClosed, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, lost) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	if network || connect || pgconn.SafeToRetry(err) {
		return true
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool")
	}
	// The classes of errors about connections, transaction states, aborted transactions, resources, locks, interventions
	// of an operator, and the system.
	return slices.Contains([]string{"08", "25", "40", "53", "55", "57", "58"}, e.Code[:min(2, len(e.Code))])
}

func isState(err error, states ...string) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && slices.Contains(states, e.Code)
}
