package queue_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"pgregory.net/rapid"

	"lectern/internal/queue"
)

// Tickets spread over the nodes by their free slots. A full node leaves them to others, and a single node takes all. A
// ticket that was left to a node that does not take it is taken by another.
func TestH7TicketsSpreadOverNodes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		slots    map[string]int // of the nodes that are reported as living
		started  []string
		patience time.Duration
		want     map[string]int
	}{
		"equals": {map[string]int{"a": 3, "b": 3}, []string{"a", "b"}, time.Hour,
			map[string]int{"a": 2, "b": 2}},
		"one that is soon full": {map[string]int{"a": 1, "b": 3}, []string{"a", "b"}, time.Hour,
			map[string]int{"a": 1, "b": 3}},
		"alone":                  {map[string]int{"a": 4}, []string{"a"}, time.Hour, map[string]int{"a": 4}},
		"one that takes nothing": {map[string]int{"a": 4, "b": 4}, []string{"a"}, time.Millisecond, map[string]int{"a": 4}},
		"three, of uneven number": {map[string]int{"a": 2, "b": 2, "c": 2}, []string{"a", "b", "c"}, time.Hour,
			map[string]int{"a": 2, "b": 1, "c": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, err := cluster.Database(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			slots := func(context.Context) (map[string]int, error) { return c.slots, nil }
			began, finish := make(chan string, 4), make(chan struct{})
			for i, node := range c.started {
				pool, err := pgxpool.New(t.Context(), url)
				if err != nil {
					t.Fatal(err)
				}
				db := stdlib.OpenDBFromPool(pool)
				t.Cleanup(func() { db.Close(); pool.Close() })
				q, err := queue.OnPostgres(t.Context(), db, pool, queue.Node{ID: node, Slots: slots}, nil)
				if err != nil {
					t.Fatal(err)
				}
				q.Patient(c.patience)
				if i == 0 {
					enqueue(t, db, q, true, false, "1", "2", "3", "4")
				}
				work := func(context.Context, string, int) error { began <- node; <-finish; return nil }
				if err := q.Start(t.Context(), c.slots[node], false, work); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := q.Stop(context.Background()); err != nil {
						t.Error(err)
					}
				})
			}
			t.Cleanup(func() { close(finish) })
			got := map[string]int{}
			for range 4 {
				got[<-began]++
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("the nodes took %v, want %v", got, c.want)
			}
		})
	}
}

// Nodes that see the same load take every ticket for which there is a slot, and no ticket twice.
func TestH7NoTicketWaitsWhileASlotIsFree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := []string{"a", "b", "c", "d"}[:rapid.IntRange(1, 4).Draw(t, "nodes")]
		slots, running, free := map[string]int{}, map[string]int{}, 0
		for _, id := range ids {
			slots[id] = rapid.IntRange(1, 6).Draw(t, "slots")
			running[id] = rapid.IntRange(0, slots[id]).Draw(t, "running")
			free += slots[id] - running[id]
		}
		waiting, taken := rapid.IntRange(0, 30).Draw(t, "waiting"), 0
		least, most := 1<<30, 0 // free slots afterwards: least of nodes that got a ticket, most of all nodes
		for _, id := range ids {
			room := slots[id] - running[id]
			n := queue.Portion(id, slots, running, waiting, 0, room)
			taken += n
			if n > 0 {
				least = min(least, room-n)
			}
			most = max(most, room-n)
			if late := queue.Portion(id, slots, running, waiting, waiting, room); late != min(room, waiting) {
				t.Fatalf("of %d late tickets %s takes %d with room for %d", waiting, id, late, room)
			}
		}
		if taken != min(waiting, free) {
			t.Fatalf("%d of %d tickets are taken, with %d free slots", taken, waiting, free)
		}
		if taken > 0 && most > least+1 {
			t.Fatalf("a node still has %d free slots, though another got a ticket and has %d", most, least)
		}
	})
}
