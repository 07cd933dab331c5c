package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/pgtest"
	"lectern/internal/store/postgres"
)

// J4 J7: nodes that commit to the same presentations at the same time, each in an order of its own, wait for one
// another and do not deadlock. Every version is stored once, and progress never falls.
func TestNodesCommitAtOnce(t *testing.T) {
	t.Parallel()
	testCommits(t, openDB)
}

func testCommits(t *testing.T, open opener) {
	t.Helper()
	const presentations, nodes, rounds = 6, 4, 25
	url := database(t)
	first := postgres.NewStore(open(t, url), enqueue(nothing), "")
	at := time.Now().UTC().Truncate(time.Microsecond)
	var ids []string
	for i := range presentations {
		p := lectern.NewPresentation(fmt.Sprintf("p%d", i), lectern.Deck{Slides: []lectern.Slide{{}}}, at)
		commit(t, first, job.WriteSpec{ID: p.ID, At: at, Create: &p})
		commit(t, first, job.WriteSpec{ID: p.ID, At: at, Events: []lectern.Event{lectern.Began{Worker: "w"}}})
		ids = append(ids, p.ID)
	}
	var wg sync.WaitGroup
	for n := range nodes {
		store := postgres.NewStore(open(t, url), enqueue(nothing), "")
		order := slices.Clone(ids)
		if n%2 == 1 {
			slices.Reverse(order)
		}
		wg.Go(func() {
			for r := range rounds {
				var writes []job.Write
				for _, id := range order {
					writes = append(writes, job.TestWrite(t, job.WriteSpec{ID: id, At: time.Now().UTC().Truncate(time.Microsecond),
						Events: []lectern.Event{
							lectern.Reported{Attempt: 1, Progress: lectern.Progress(1 + r*nodes + n)},
						}}))
				}
				outs, err := store.Commit(t.Context(), writes)
				if err != nil {
					t.Error(err)
					return
				}
				for _, o := range outs {
					if o.Err != nil {
						t.Error(o.Err)
					}
				}
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		p, err := first.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		versions, err := first.Versions(t.Context(), id, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(versions)) != p.Version || p.Progress != nodes*rounds {
			t.Errorf("%s: %d of %d versions are stored, and the progress is %v", id, len(versions), p.Version, p.Progress)
		}
		for i, v := range versions {
			if v.Version != int64(i+1) || i > 0 && v.Progress < versions[i-1].Progress {
				t.Errorf("%s: version %d at %v after %v", id, v.Version, v.Progress, versions[max(i-1, 0)].Progress)
			}
		}
	}
}

// An outage of the database during commits causes only retryable failures. The writer takes a CodeInternal at the end
// of a run for a failure of the run, and would fail a presentation that is done.
func TestOutageIsRetryable(t *testing.T) {
	t.Parallel()
	own, err := pgtest.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := own.Stop(); err != nil {
			t.Error(err)
		}
	}()
	url, err := own.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store := postgres.NewStore(openDB(t, url), enqueue(nothing), "")
	create := func(id string) error {
		p := lectern.NewPresentation(id, lectern.Deck{Slides: []lectern.Slide{{}}},
			time.Now().UTC().Truncate(time.Microsecond))
		_, err := store.Commit(t.Context(), []job.Write{job.TestWrite(t, job.WriteSpec{ID: id, At: p.CreatedAt, Create: &p})})
		return err
	}
	check := func(err error) {
		if f := lectern.AsFailure(err); err != nil && (f.Code != lectern.CodeOverloaded || !f.Retryable) {
			t.Errorf("an outage gives %s (retry: %v): %v, %s", f.Code, f.Retryable, err, f.Detail)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	lost, busy := make(chan struct{}, 64), make(chan struct{}, 64)
	for n := range 8 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				into, err := busy, create(fmt.Sprintf("n%d-%d", n, i))
				check(err)
				if err != nil {
					into = lost
				}
				select {
				case into <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 3 {
		for range 20 {
			<-busy
		}
		if err := own.End(); err != nil {
			t.Fatal(err)
		}
		for len(busy) > 0 {
			<-busy
		}
		<-lost
		if err := own.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	wg.Wait()
	if err := create("after"); err != nil && !errors.Is(err, &lectern.Failure{Code: lectern.CodeOverloaded}) {
		t.Error(err)
	}
	if err := create("afterwards"); err != nil {
		t.Errorf("after the outage: %v", err)
	}
}
