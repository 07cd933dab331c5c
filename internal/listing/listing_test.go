package listing_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lectern/internal/listing"
)

var errDown = errors.New("down")

// A list is kept for its time, and is returned while the service is down. A dead service costs one wait.
func TestAListOutlivesItsService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		var down atomic.Bool
		down.Store(true)
		l := listing.New(listing.Options[[]string]{Fresh: time.Hour, Rest: 30 * time.Second, Limit: 3 * time.Second,
			Fetch: func(ctx context.Context) ([]string, error) {
				asked.Add(1)
				if down.Load() {
					<-ctx.Done()
					return nil, errDown
				}
				return []string{"anna"}, nil
			}})
		defer l.Close()
		get := func(want error, fetches int64, took time.Duration) {
			t.Helper()
			begun := time.Now()
			list, err := l.Get(t.Context())
			if d := time.Since(begun); !errors.Is(err, want) || d != took || (err == nil) != (len(list) == 1) {
				t.Errorf("%v %v after %s", list, err, d)
			}
			if synctest.Wait(); asked.Load() != fetches {
				t.Errorf("asked %d times, not %d", asked.Load(), fetches)
			}
		}
		get(errDown, 1, 3*time.Second)
		get(errDown, 1, 0) // no request for a while
		time.Sleep(30 * time.Second)
		down.Store(false)
		get(nil, 2, 0)
		time.Sleep(59 * time.Minute)
		get(nil, 2, 0)
		time.Sleep(time.Minute)
		down.Store(true)
		get(nil, 3, 0) // the old list, while a new one is fetched
		time.Sleep(3 * time.Second)
		get(nil, 3, 0)
		time.Sleep(30 * time.Second)
		get(nil, 4, 0)
		time.Sleep(3 * time.Second)
	})
}

// The first callers wait for one fetch, which continues if the context of the caller that began it ends.
func TestCallersWaitTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		l := listing.New(listing.Options[int]{Fetch: func(ctx context.Context) (int, error) {
			asked.Add(1)
			time.Sleep(2 * time.Second)
			return 7, ctx.Err()
		}})
		begun := time.Now()
		l.Warm(t.Context())
		if took := time.Since(begun); took != 0 {
			t.Errorf("warming waits %s", took)
		}
		for range 3 {
			go func() {
				if n, err := l.Get(t.Context()); n != 7 || err != nil || time.Since(begun) != 2*time.Second {
					t.Errorf("%d %v after %s", n, err, time.Since(begun))
				}
			}()
		}
		time.Sleep(3 * time.Second)
		if n := asked.Load(); n != 1 {
			t.Errorf("asked %d times", n)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
