package job_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/job"
)

// H3: the queue is bounded. A refusal names the setting, and of concurrent creations only as many pass as there is room
// for.
func TestH3QueueIsBounded(t *testing.T) {
	t.Parallel()
	w := open(t, t.TempDir(), false, succeed, func(o *job.Options) { o.Idle, o.Limits = true, job.Limits{Queued: 3} })
	w.start()
	t.Cleanup(w.close)
	var wg sync.WaitGroup
	refused := make(chan error, 20)
	for range 20 {
		wg.Go(func() {
			if _, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: testDeck(1)}); err != nil {
				refused <- err
			}
		})
	}
	wg.Wait()
	if len(refused) != 17 {
		t.Fatalf("%d of 20 are refused, want 17", len(refused))
	}
	f := lectern.AsFailure(<-refused)
	if f.Code != lectern.CodeRateLimited || !f.Retryable || !strings.Contains(f.Message, "limits.queued") {
		t.Errorf("the refusal is %+v", f)
	}
}

// A deck that is longer than all minutes of its key can never be rendered: the refusal is not retryable.
func TestADeckLongerThanAllMinutesNeverFits(t *testing.T) {
	t.Parallel()
	b := job.Bounds{Quota: lectern.Quota{Running: 1, Minutes: 1}, KeyID: "k", Estimate: time.Minute + time.Second}
	for _, u := range []lectern.Usage{{}, {Running: 1, Ordered: time.Hour}} {
		f := lectern.AsFailure(b.Judge(job.Load{Key: u}))
		if f == nil || f.Code != lectern.CodeTooLarge || f.Retryable || !strings.Contains(f.Message, "keys.minutes") {
			t.Errorf("with the usage %+v the refusal is %+v", u, f)
		}
	}
	b.Estimate = time.Minute
	if err := b.Judge(job.Load{}); err != nil {
		t.Errorf("a deck of one minute, where one is allowed: %v", err)
	}
	b.KeyID = ""
	if err := b.Judge(job.Load{}); err != nil {
		t.Errorf("without a key: %v", err)
	}
}

// A key that has used its quota is refused until one of its presentations has ended.
func TestQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := begin(t, func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
			select {
			case <-release:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			return nil, nil
		})
		sub := lectern.Submission{Deck: testDeck(1), KeyID: "k", Quota: lectern.Quota{Running: 1}}
		p, err := w.svc.Submit(t.Context(), sub)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.svc.Submit(t.Context(), sub)
		if !errors.Is(err, &lectern.Failure{Code: lectern.CodeRateLimited}) ||
			!strings.Contains(err.Error(), "keys.running") {
			t.Errorf("while the first is rendered, the second gets %v", err)
		}
		u, err := w.svc.Usage(t.Context(), "k")
		long, _ := sub.Deck.Estimate()
		if err != nil || u.Running+u.Queued != 1 || u.Ordered != long.Truncate(time.Microsecond) ||
			u.FreesAt.Before(p.CreatedAt.Add(lectern.UsageWindow)) {
			t.Errorf("the usage is %+v, %v", u, err)
		}
		close(release)
		w.ended(p.ID)
		if _, err := w.svc.Submit(t.Context(), sub); err != nil {
			t.Errorf("when the first has ended: %v", err)
		}
	})
}

// A presentation that waits shows its place in the queue, in answers and lists; the place is not versioned.
func TestQueuePosition(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		w := begin(t, func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
			r.Report(lectern.Reported{ETA: time.Minute, Progress: 1})
			select {
			case <-release:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			return nil, nil
		}, func(o *job.Options) { o.Workers = 1 })
		first := w.create(1)
		w.until(first.ID, func(p lectern.Presentation) bool { return p.Progress > 0 })
		<-time.After(2 * time.Second) // the pace is measured again once it is a second old
		var waiting []lectern.Presentation
		for i := range 6 {
			p := w.create(1)
			if p.QueuePosition != i+1 || p.Version != 1 {
				t.Errorf("presentation %d is at position %d, version %d", i+1, p.QueuePosition, p.Version)
			}
			waiting = append(waiting, p)
		}
		if p := w.get(waiting[0].ID); p.StartAt.IsZero() || time.Until(p.StartAt) > time.Minute {
			t.Errorf("the next one begins at %v, and now is %v", p.StartAt, time.Now())
		}
		if _, err := w.svc.Cancel(t.Context(), waiting[2].ID); err != nil {
			t.Fatal(err)
		}
		page, _, err := w.svc.List(t.Context(), lectern.Query{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, p := range page {
			got[p.ID] = p.QueuePosition
		}
		for i, want := range []int{1, 2, 0, 3, 4, 5} {
			if got[waiting[i].ID] != want {
				t.Errorf("in the list, presentation %d is at position %d, want %d", i+1, got[waiting[i].ID], want)
			}
			if p := w.get(waiting[i].ID); p.QueuePosition != want {
				t.Errorf("presentation %d is at position %d, want %d", i+1, p.QueuePosition, want)
			}
		}
		close(release)
		for i, p := range waiting {
			if end := w.ended(p.ID); end.QueuePosition != 0 || !end.StartAt.IsZero() ||
				(i == 2) != (end.Status == lectern.StatusCanceled) {
				t.Errorf("at its end: %+v", end)
			}
		}
	})
}
