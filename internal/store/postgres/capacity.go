package postgres

import (
	"context"
	"fmt"
)

// ownConns are the connections of a node outside its pool: one holds its lock and listens for changes, one listens for
// tickets.
const ownConns = 2

// roomFor is how many more nodes a database should have connections for.
const roomFor = 2

// Capacity is how many nodes a database has connections for.
type Capacity struct {
	PerNode   int // connections that a node keeps at most after its start, without those through an external pool
	Nodes     int // nodes that are alive, including this one
	Available int // max_connections without the reserved ones
}

// Capacity asks the database for its limit and for its nodes.
func (n *Node) Capacity(ctx context.Context) (Capacity, error) {
	c := Capacity{PerNode: ownConns}
	if !n.db.apart() {
		c.PerNode += int(n.db.pool.Config().MaxConns)
	}
	err := n.db.pool.QueryRow(ctx, `SELECT current_setting('max_connections')::int
			- current_setting('superuser_reserved_connections')::int
			- COALESCE(current_setting('reserved_connections', true), '0')::int,
		(SELECT count(*) FROM nodes WHERE seen_at >= clock_timestamp() - make_interval(secs => $1))`,
		n.silence.Seconds()).Scan(&c.Available, &c.Nodes)
	return c, failure("report how many connections it allows", err)
}

// Warning returns a sentence which says that there will soon be too few connections; "" where there are enough.
func (c Capacity) Warning() string {
	need := (c.Nodes + roomFor) * c.PerNode
	if need <= c.Available {
		return ""
	}
	return fmt.Sprintf("The database allows %d connections, and %d more nodes would make %d (%d nodes of %d each). "+
		"Raise max_connections of Postgres, or lower pool_max_conns in the address of the database (db), but not "+
		"below 4.",
		c.Available, roomFor, need, c.Nodes+roomFor, c.PerNode)
}
