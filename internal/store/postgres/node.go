package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"lectern/internal/job"
)

const (
	// maxBeat is the longest time between two beats. With a beat a node shows that it is alive, and checks its connection.
	maxBeat = 2 * time.Second
	// patience is how long the database may take to answer a beat, or a node to connect.
	patience = 5 * time.Second
	// pause is between two tries to connect again.
	pause = 500 * time.Millisecond
)

// Node is this process among those that share a database. It holds an advisory lock on a connection of its own: when
// the process dies, Postgres releases the lock at once, and whoever can take the lock knows that the node is gone. The
// same connection listens for the changes of other nodes. For a machine that vanishes without closing its connections,
// and for a stalled process, the time when it was last seen decides, by the database's clock.
type Node struct {
	db      *DB
	id      string
	silence time.Duration
	workers atomic.Int64
	beat    time.Duration

	mu   sync.Mutex // guards conn
	conn *pgx.Conn
}

// Join makes this process a node under an id that no other process has, had or will have. A node that was not seen for
// silence is taken for dead. It renders as many presentations at once as it has workers.
func (db *DB) Join(ctx context.Context, id string, silence time.Duration, workers int) (*Node, error) {
	n := &Node{db: db, id: id, silence: silence, beat: min(maxBeat, silence/5)}
	n.workers.Store(int64(workers))
	conn, err := n.connect(ctx)
	if err != nil {
		return nil, failure("make this process a node", err)
	}
	n.conn = conn
	return n, nil
}

// ID is the node's id, as it stands in the presentations that it works on.
func (n *Node) ID() string { return n.id }

// connect takes the lock and begins to listen.
func (n *Node) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, n.db.sessions.Config().ConnConfig)
	if err != nil {
		return nil, err
	}
	var mine bool
	if err = bound(ctx, conn); err == nil {
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock(hashtextextended('node ' || $1, 0))", n.id).Scan(&mine)
	}
	switch {
	case err == nil && !mine:
		err = errors.New("the lock of this node is held by another session")
	case err == nil:
		err = n.seen(ctx, conn)
	}
	if err == nil {
		_, err = conn.Exec(ctx, "LISTEN "+channel)
	}
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return conn, nil
}

func (n *Node) seen(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `INSERT INTO nodes (id, seen_at, workers) VALUES ($1, clock_timestamp(), $2)
		ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), workers = $2`, n.id, n.workers.Load())
	return err
}

// Listen implements job.Peers.
func (n *Node) Listen(ctx context.Context, changed func(id string), lost func()) {
	for ctx.Err() == nil {
		n.mu.Lock()
		conn := n.conn
		n.mu.Unlock()
		if conn != nil {
			n.receive(ctx, conn, changed)
			_ = conn.Close(context.Background())
			if ctx.Err() != nil {
				return
			}
			lost() // from now on others can take over its runs
		}
		next, err := n.connect(ctx)
		n.mu.Lock()
		n.conn = next
		n.mu.Unlock()
		if err == nil {
			changed("") // changes may have been missed meanwhile
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// receive calls changed for each change of another node, until the connection fails or ctx ends. At each beat, it
// records that this node is alive.
func (n *Node) receive(ctx context.Context, conn *pgx.Conn, changed func(id string)) {
	next := time.Now().Add(n.beat)
	for {
		wait, cancel := context.WithDeadline(ctx, next)
		news, err := conn.WaitForNotification(wait)
		cancel()
		switch {
		case err == nil:
			if id, node := parseNews(news.Payload); node != n.id {
				changed(id)
			}
		case ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
			return
		}
		if time.Now().Before(next) {
			continue
		}
		answer, cancel := context.WithTimeout(ctx, patience)
		err = n.seen(answer, conn)
		cancel()
		if err != nil {
			return
		}
		next = time.Now().Add(n.beat)
	}
}

// gone is the SQL condition that a node is gone; $2 is how many seconds it may be silent. It holds when the node was
// not seen for too long, or when its lock can be taken; taking it keeps the node from coming back until the transaction
// ends.
const gone = `(seen_at < clock_timestamp() - make_interval(secs => $2) OR pg_try_advisory_xact_lock(hashtextextended('node ' || id, 0)))`

// Dead implements job.Peers.
func (n *Node) Dead(ctx context.Context) ([]string, error) {
	rows, err := n.db.pool.Query(ctx, "SELECT id FROM nodes WHERE id <> $1 AND "+gone, n.id, n.silence.Seconds())
	if err != nil {
		return nil, failure("look for dead nodes", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return ids, failure("look for dead nodes", err)
}

// Workers implements job.Peers.
func (n *Node) Workers(ctx context.Context) (workers int, err error) {
	err = n.db.pool.QueryRow(ctx, `SELECT COALESCE(SUM(workers), 0) FROM nodes
		WHERE seen_at >= clock_timestamp() - make_interval(secs => $1)`, n.silence.Seconds()).Scan(&workers)
	return workers, failure("count the workers", err)
}

// Slots returns how many presentations each node renders at once, by its id. It leaves out a node that missed a few
// beats: that node may be stalled, and work must not wait for it.
func (n *Node) Slots(ctx context.Context) (map[string]int, error) {
	rows, err := n.db.pool.Query(ctx, `SELECT id, workers FROM nodes
		WHERE workers > 0 AND (id = $1 OR seen_at >= clock_timestamp() - make_interval(secs => $2))`, n.id,
		(3 * n.beat).Seconds())
	if err != nil {
		return nil, failure("count the slots", err)
	}
	slots := map[string]int{}
	var id string
	var workers int
	_, err = pgx.ForEachRow(rows, []any{&id, &workers}, func() error { slots[id] = workers; return nil })
	return slots, failure("count the slots", err)
}

// Rest records that this node takes no more work, so that other nodes leave no work for it.
func (n *Node) Rest(ctx context.Context) error {
	n.workers.Store(0)
	_, err := n.db.pool.Exec(ctx, "UPDATE nodes SET workers = 0 WHERE id = $1", n.id)
	return failure("record that this node takes no more work", err)
}

// Leases implements job.Peers.
func (n *Node) Leases(ctx context.Context, node string) ([]job.Lease, error) {
	return n.db.leases(ctx, `SELECT id, attempt, last_heartbeat FROM presentations
		WHERE status = 'processing' AND removing = 0 AND worker = $1 ORDER BY created_at, id`, node)
}

// Silent implements job.Peers: by the database's clock, whatever the nodes' clocks say.
func (n *Node) Silent(ctx context.Context, age time.Duration) ([]job.Lease, error) {
	return n.db.leases(ctx, `SELECT id, attempt, last_heartbeat FROM presentations
		WHERE status = 'processing' AND removing = 0
			AND beat_at <= (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT - $1
		ORDER BY created_at, id`, age.Microseconds())
}

// Bury calls rest for a dead node, then forgets the node, which cannot come back meanwhile. If the node is back
// already, or another node is burying it, Bury does nothing. A stalled node loses its connection here, and so learns
// when it wakes that it was taken for dead.
func (n *Node) Bury(ctx context.Context, node string, rest func(context.Context) error) error {
	return failure("forget a dead node", n.db.begin(ctx, func(tx pgx.Tx) error {
		var still bool
		err := tx.QueryRow(ctx, "SELECT "+gone+" FROM nodes WHERE id = $1 FOR UPDATE SKIP LOCKED", node,
			n.silence.Seconds()).Scan(&still)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !still || node == n.id {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_locks
			WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND pid <> pg_backend_pid()
				AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND (classid::BIGINT << 32 | objid::BIGINT) = hashtextextended('node ' || $1, 0)`, node); err != nil {
			return err
		}
		if err := rest(ctx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM nodes WHERE id = $1", node)
		return err
	}))
}

// Leave ends the node. Listen must have returned. Others take over its runs and its claims on deliveries at once.
func (n *Node) Leave(ctx context.Context) error {
	n.mu.Lock()
	conn := n.conn
	n.conn = nil
	n.mu.Unlock()
	_, err := n.db.pool.Exec(ctx, `DELETE FROM nodes WHERE id = $1
		AND NOT EXISTS (SELECT 1 FROM presentations WHERE worker = $1 AND status = 'processing')
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE claimant = $1 AND claimant <> '' AND state = 'pending')`, n.id)
	if conn != nil {
		_ = conn.Close(ctx)
	}
	return failure("remove this node from the list of nodes", err)
}
