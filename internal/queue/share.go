package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
)

// patience is how long a ticket waits for the node with the most free slots. After that any node may take it, because
// that node may be stalled or about to stop.
const patience = time.Second

// share decides how many tickets this node takes, so that work spreads over the nodes and no node collects it while
// others are idle. Without peers a node takes a ticket for each of its slots.
type share struct {
	db       *sql.DB
	node     string
	patience time.Duration
	slots    func(ctx context.Context) (map[string]int, error) // see [Node]
}

// load counts the tickets, by the database's clock.
type load struct {
	Running map[string]int // by node
	Waiting int            // at most the number of slots
	Late    int            // of Waiting, those that have waited longer than patience
}

const loadQuery = `SELECT json_build_object(
	'Running', (SELECT json_object_agg(node, n) FROM (
		SELECT attempted_by[array_upper(attempted_by, 1)] AS node, count(*) AS n FROM river_job
		WHERE state = 'running' AND queue = '` + river.QueueDefault +
	`' AND array_length(attempted_by, 1) > 0 GROUP BY 1) AS taken),
	'Waiting', count(*),
	'Late', count(*) FILTER (WHERE created_at < clock_timestamp() - make_interval(secs => $1::float8)))::text
	FROM (SELECT created_at FROM river_job WHERE state = 'available' AND queue = '` + river.QueueDefault + `'
		ORDER BY priority, scheduled_at, id LIMIT $2::bigint) AS waiting`

// take returns how many waiting tickets this node takes, given its free slots, and whether it leaves any to others.
func (s *share) take(ctx context.Context, room int) (n int, leaves bool, err error) {
	if s.slots == nil || room == 0 {
		return room, false, nil
	}
	slots, err := s.slots(ctx)
	if err != nil || len(slots) < 2 || slots[s.node] == 0 {
		return room, false, err
	}
	most := 0
	for _, n := range slots {
		most += n
	}
	var text string
	if err := s.db.QueryRowContext(ctx, loadQuery, s.patience.Seconds(), most).Scan(&text); err != nil {
		return 0, false, err
	}
	var l load
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return 0, false, fmt.Errorf("queue: read the load of the nodes: %w", err)
	}
	n = portion(s.node, slots, l, room)
	return n, n < l.Waiting, nil
}

// portion assigns each waiting ticket to the node with the most free slots, the lowest id among equals, and returns how
// many are node's. All nodes that see the same load agree. Any node with a free slot may take late tickets and tickets
// for which no node seems to have a slot.
func portion(node string, slots map[string]int, l load, room int) int {
	ids := slices.Sorted(maps.Keys(slots))
	free := map[string]int{}
	for _, id := range ids {
		free[id] = slots[id] - l.Running[id]
	}
	mine := 0
	for range l.Waiting {
		best := slices.MaxFunc(ids, func(a, b string) int { return free[a] - free[b] })
		if best == node || free[best] <= 0 {
			mine++
		}
		free[best]--
	}
	return min(room, max(mine, l.Late))
}

// sharing is a driver whose clients take only their share of the tickets.
type sharing struct {
	riverdriver.Driver[*sql.Tx]
	share *share
}

// GetExecutor implements riverdriver.Driver.
func (d sharing) GetExecutor() riverdriver.Executor {
	return sharingExecutor{d.Driver.GetExecutor(), d.share}
}

type sharingExecutor struct {
	riverdriver.Executor
	share *share
}

// JobGetAvailable implements riverdriver.Executor. A node that takes some tickets and leaves some wakes the others:
// they may have looked before it took its own. A node that takes none wakes no other, so that the calls end.
func (e sharingExecutor) JobGetAvailable(ctx context.Context,
	p *riverdriver.JobGetAvailableParams) (*riverdriver.JobGetAvailableResult, error) {
	n, leaves, err := e.share.take(ctx, p.MaxToLock)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return &riverdriver.JobGetAvailableResult{}, nil
	}
	some := *p
	some.MaxToLock = n
	got, err := e.Executor.JobGetAvailable(ctx, &some)
	if err == nil && leaves && len(got.Jobs) > 0 {
		// River polls too, so if this fails, the others look a little later.
		_ = e.Executor.NotifyMany(ctx, &riverdriver.NotifyManyParams{
			Topic: "river_insert", Payload: []string{`{"queue":"` + p.Queue + `"}`}, Schema: p.Schema,
		})
	}
	return got, err
}
