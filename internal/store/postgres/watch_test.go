package postgres_test

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/queue"
	"lectern/internal/store/postgres"
	"lectern/internal/store/sqlstore"
)

// counting is a store that counts the reads of versions, which watchers make.
type counting struct {
	*sqlstore.Store
	reads atomic.Int64
}

func (c *counting) Versions(ctx context.Context, id string, after int64, limit int) ([]lectern.Presentation, error) {
	c.reads.Add(1)
	return c.Store.Versions(ctx, id, after, limit)
}

// member is the Peers of a node. Burying a dead node leaves nothing else to do: it had no tickets.
type member struct{ *postgres.Node }

func (m member) Bury(ctx context.Context, node string) error {
	return m.Node.Bury(ctx, node, func(context.Context) error { return nil })
}

// startNode starts a job service as a node on the database at url. An idle one takes no work.
func startNode(t *testing.T, url, id string, idle bool, run func(context.Context, lectern.Job,
	lectern.Reporter) ([]lectern.Artifact, error)) (*job.Service, *counting) {
	t.Helper()
	return startNodeOn(t, openDB(t, url), id, idle, run)
}

func startNodeOn(t *testing.T, db *postgres.DB, id string, idle bool,
	run func(context.Context, lectern.Job, lectern.Reporter) ([]lectern.Artifact, error)) (*job.Service, *counting) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	tickets, err := queue.OnPostgres(t.Context(), db.SQL(), db.Sessions(), queue.Node{ID: id}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	store := &counting{Store: postgres.NewStore(db, tickets, id)}
	node, err := db.Join(t.Context(), id, time.Minute, 2)
	if err != nil {
		t.Fatal(err)
	}
	s, err := job.New(job.Options{
		Store: store, Queue: tickets, Peers: member{node}, Node: id, ScratchDir: t.TempDir(), Run: run, Idle: idle,
		FlushInterval: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := s.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := node.Leave(ctx); err != nil {
			t.Error(err)
		}
	})
	return s, store
}

// J5: watchers on the node that commits receive its versions without reading the store. Watchers on another node see
// every version too.
func TestWatchersOfTheNodeThatCommits(t *testing.T) {
	t.Parallel()
	const here, there, versions, step = 20, 3, 60, 100
	url := database(t)
	seen, begin := make(chan lectern.Progress, here+there), make(chan struct{})
	var began time.Time
	var counted, reads int64
	var store *counting
	// The run makes a version only when every watcher has the one before, so that none is skipped.
	run := func(ctx context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		await := func(at lectern.Progress) {
			for n := 0; n < here+there; {
				select {
				case p := <-seen:
					if p == at {
						n++
					}
				case <-ctx.Done():
					return
				}
			}
		}
		<-begin
		for i := range lectern.Progress(versions) {
			r.Report(lectern.Reported{Progress: (i + 1) * step})
			await((i + 1) * step)
			if i == 0 {
				began, counted = time.Now(), store.reads.Load()
			}
		}
		reads = store.reads.Load() - counted
		return nil, nil
	}
	near, of := startNode(t, url, "near", false, run)
	store = of
	far, _ := startNode(t, url, "far", true, run)
	p, err := near.Submit(t.Context(), lectern.Submission{Deck: lectern.Deck{Slides: []lectern.Slide{{}}}})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	watch := func(s *job.Service) {
		last := int64(0)
		for v, err := range s.Watch(t.Context(), p.ID, 0) {
			if err != nil {
				t.Error(err)
				return
			}
			if v.Version != last+1 {
				t.Errorf("version %d after %d", v.Version, last)
			}
			last = v.Version
			if v.Progress > 0 && !v.Status.Terminal() {
				seen <- v.Progress
			}
		}
		if last < versions {
			t.Errorf("a watcher saw %d versions, want at least %d", last, versions)
		}
	}
	for range here {
		all.Go(func() { watch(near) })
	}
	for range there {
		all.Go(func() { watch(far) })
	}
	close(begin)
	all.Wait()
	// The remaining reads are polls: every watcher reads the store once in 2 s, in case a notification got lost.
	polls := here * int64(1+time.Since(began)/(2*time.Second))
	if reads > polls {
		t.Errorf("%d watchers of %d versions read the store %d times, but only %d polls were due", here, versions, reads,
			polls)
	}
}
