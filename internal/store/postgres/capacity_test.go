package postgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/postgres"
)

// M12: a node never opens more connections than its Capacity says, and warns early when the database has too few for
// more nodes.
func TestM12Connections(t *testing.T) {
	t.Parallel()
	url := database(t)
	s, store := startNode(t, url, "n", false, func(context.Context, lectern.Job,
		lectern.Reporter) ([]lectern.Artifact, error) {
		return nil, nil
	})
	node, err := openDB(t, url).Join(t.Context(), "other", time.Minute, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := node.Leave(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	c, err := node.Capacity(t.Context())
	if err != nil || c.PerNode != 8 || c.Nodes != 2 || c.Available != 297 || c.Warning() != "" {
		t.Errorf("the capacity is %+v, the warning %q (%v)", c, c.Warning(), err)
	}
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if _, err := s.Submit(t.Context(), lectern.Submission{Deck: lectern.Deck{Slides: []lectern.Slide{{}}}}); err != nil {
				t.Error(err)
			}
			if _, err := store.List(t.Context(), job.Page{Limit: 10}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var open int
	if err := openDB(t, url+"&pool_max_conns=1&pool_min_conns=0").SQL().QueryRowContext(t.Context(),
		"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "+
			"pg_backend_pid()").Scan(&open); err != nil || open > 2*c.PerNode {
		t.Errorf("two nodes have %d connections, %v", open, err)
	}
	if w := (postgres.Capacity{PerNode: 8, Nodes: 10, Available: 97}).Warning(); w != "" {
		t.Errorf("a warning although twelve nodes fit: %s", w)
	}
	if w := (postgres.Capacity{PerNode: 8, Nodes: 11, Available: 97}).Warning(); !strings.Contains(w, "max_connections") ||
		!strings.Contains(w, "104") {
		t.Errorf("the warning where thirteen nodes do not fit is %q", w)
	}
}
