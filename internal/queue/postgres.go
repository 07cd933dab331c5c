package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
)

// Node identifies this process among those that share a queue.
type Node struct {
	ID string // stored in the tickets that it takes, so that [Queue.Rescue] finds them after its death
	// Slots returns the slots of every living node, by its id, including this one: tickets are left to nodes that have
	// more free ones. nil: this process takes a ticket for each of its slots.
	Slots func(ctx context.Context) (map[string]int, error)
}

// OnPostgres makes a queue in the database of db and brings the queue's tables up to date; if nodes start at the same
// time, one does it and the others wait. db may go through a pool that assigns connections per transaction. The
// connections of sessions reach the same database and keep their session: migrations and notifications of tickets use
// them.
func OnPostgres(ctx context.Context, db *sql.DB, sessions *pgxpool.Pool, node Node,
	log *slog.Logger) (*Queue[*sql.Tx], error) {
	direct := stdlib.OpenDBFromPool(sessions)
	defer direct.Close()
	conn, err := direct.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("queue: connect: %w", err)
	}
	defer conn.Close()
	const name = "SELECT %s(hashtextextended('lectern queue migration', 0))"
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(name, "pg_advisory_lock")); err != nil {
		return nil, fmt.Errorf("queue: wait for the other nodes: %w", err)
	}
	part := &share{db: db, node: node.ID, slots: node.Slots, patience: patience}
	q, err := open(ctx, sharing{riverdatabasesql.NewWithPgxListener(db, sessions), part}, riverdatabasesql.New(direct),
		node.ID, log)
	_, unlocked := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf(name, "pg_advisory_unlock"))
	if err = errors.Join(err, unlocked); err != nil {
		return nil, err
	}
	q.share = part
	return q, nil
}

// Rescue returns the tickets of a dead node to the queue. It is for Postgres only: SQLite has one process, and
// [Queue.Start] does it there.
func (q *Queue[Tx]) Rescue(ctx context.Context, node string) error {
	err := q.driver.GetExecutor().Exec(ctx, `UPDATE river_job SET state = 'available', scheduled_at = '`+always+`'
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`, node)
	if err != nil {
		return fmt.Errorf("queue: return the tickets of a dead node: %w", err)
	}
	return nil
}
