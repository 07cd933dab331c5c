package postgres_test

import (
	"context"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/postgres"
	"lectern/internal/store/storetest"
)

// H6: the store keeps its contract through PgBouncer in transaction mode.
func TestH6StoreThroughPgBouncer(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, f func(storetest.Ticket) error) storetest.Store {
		url := database(t)
		pooled, stop, err := cluster.Pooler(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		db, err := postgres.OpenBeside(t.Context(), pooled, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return postgres.NewStore(db, enqueue(f), "")
	})
}

// H6: PgBouncer in transaction mode is refused in a sentence that names db_session, in either setting; with db_session
// presentations are made, watched on another node and listed through it.
func TestH6PgBouncer(t *testing.T) {
	t.Parallel()
	url := database(t)
	pooled, stop, err := cluster.Pooler(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	for param, open := range map[string]func() (*postgres.DB, error){
		"db":         func() (*postgres.DB, error) { return postgres.Open(t.Context(), pooled) },
		"db_session": func() (*postgres.DB, error) { return postgres.OpenBeside(t.Context(), pooled, pooled) },
	} {
		_, err := open()
		if f := lectern.AsFailure(err); err == nil || f.Param != param || !strings.Contains(f.Message, "db_session") {
			t.Errorf("%s: %+v", param, f)
		}
	}
	if _, err := postgres.OpenBeside(t.Context(), pooled, database(t)); err == nil || lectern.AsFailure(err).Param != "db_session" {
		t.Errorf("two databases: %v", err)
	}
	run := func(_ context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		r.Report(lectern.Reported{Progress: 5000})
		return nil, nil
	}
	var nodes []*job.Service
	var store *counting
	for _, id := range []string{"works", "watches"} {
		db, err := postgres.OpenBeside(t.Context(), pooled, url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		var s *job.Service
		s, store = startNodeOn(t, db, id, id == "watches", run)
		nodes = append(nodes, s)
	}
	const decks = 12
	for range decks {
		p, err := nodes[1].Submit(t.Context(), lectern.Submission{Deck: lectern.Deck{Slides: []lectern.Slide{{}}}})
		if err != nil {
			t.Fatal(err)
		}
		for v, err := range nodes[1].Watch(t.Context(), p.ID, 0) {
			if err != nil {
				t.Fatal(err)
			}
			p = v
		}
		if p.Status != lectern.StatusCompleted || p.Attempt != 1 {
			t.Errorf("%+v", p)
		}
	}
	page, err := store.List(t.Context(), job.Page{Limit: 100})
	if err != nil || len(page) != decks {
		t.Errorf("%d presentations, %v", len(page), err)
	}
}
