package job_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
)

// history is what one observer saw of one presentation, in order.
type history struct {
	last    lectern.Presentation
	strict  bool // a stream: each version once; otherwise a poller, who may see one again
	retries bool // the presentation may leave a terminal state
}

// see compares an observation with the one before it: J2, J3, J5, J7 and J8 hold for any observer.
func (h *history) see(t *testing.T, p lectern.Presentation) {
	t.Helper()
	last := h.last
	h.last = p
	if (p.Progress == lectern.Done) != (p.Status == lectern.StatusCompleted) {
		t.Errorf("J3: %s at %v", p.Status, p.Progress)
	}
	if last.Version == 0 {
		return
	}
	switch {
	case p.Version < last.Version, h.strict && p.Version == last.Version:
		t.Errorf("J5: version %d came after %d", p.Version, last.Version)
	case p.Version == last.Version && (p.Status != last.Status || p.Progress != last.Progress || p.Stage != last.Stage ||
		p.SlidesDone != last.SlidesDone):
		t.Errorf("J5: version %d was seen with two contents: %+v, %+v", p.Version, last, p)
	case p.Progress < last.Progress, p.SlidesDone < last.SlidesDone:
		t.Errorf("J3: progress fell from %v to %v, slides from %d to %d", last.Progress, p.Progress, last.SlidesDone,
			p.SlidesDone)
	case p.Attempt < last.Attempt:
		t.Errorf("J7: attempt %d came after %d", p.Attempt, last.Attempt)
	case p.LastHeartbeat.Before(last.LastHeartbeat) && !h.strict:
		t.Errorf("J8: the heartbeat went back")
	case last.Status.Terminal() && !h.retries && p.Version != last.Version:
		t.Errorf("J2: %s became %s", last.Status, p.Status)
	}
}

// reportConcurrently is a run in which many goroutines report at once, each its own slides and warning, in no order.
func reportConcurrently(writers, reports int) runFunc {
	return func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(w), 1))
				for i := range reports {
					r.Report(lectern.Reported{
						Stage: lectern.StageEncoding, Progress: lectern.Progress(rng.IntN(9000)),
						SlidesDone: rng.IntN(len(j.Deck.Slides)),
						ETA:        time.Duration(rng.IntN(100)) * time.Second,
					})
					if i%25 == 0 {
						if err := r.StepDone(ctx, lectern.Step{Kind: lectern.StepEncode, Slide: w + 1,
							Key: string(rune('a' + i/25))}); err != nil {
							return
						}
					}
				}
				r.Report(lectern.Reported{Warnings: []lectern.Warning{{Code: "w", Slide: w + 1}}})
			})
		}
		wg.Wait()
		return nil, ctx.Err()
	}
}

// J3 J5 J6: many writers, pollers and streams work on several presentations. No observer sees progress fall or an older
// version after a newer one, and nothing that was reported is lost.
func TestManyWritersManyReaders(t *testing.T) {
	t.Parallel()
	const presentations, writers, reports = 5, 12, 100
	w := begin(t, reportConcurrently(writers, reports), func(o *job.Options) { o.FlushInterval = 5 * time.Millisecond })
	var all, readers sync.WaitGroup
	for range presentations {
		p := w.create(12)
		done := make(chan struct{})
		all.Go(func() {
			defer close(done)
			end := w.ended(p.ID)
			if end.Status != lectern.StatusCompleted || len(end.Warnings) != writers || end.SlidesDone != 12 {
				t.Errorf("J6: ended with %d of %d warnings: %+v", len(end.Warnings), writers, end)
			}
			steps, err := w.svc.Steps(context.Background(), p.ID)
			if err != nil || len(steps) != writers*reports/25 {
				t.Errorf("J6: %d of %d steps (%v)", len(steps), writers*reports/25, err)
			}
		})
		for range 4 {
			readers.Go(func() {
				h := &history{}
				for {
					h.see(t, w.get(p.ID))
					select {
					case <-done:
						return
					case <-time.After(time.Millisecond):
					}
				}
			})
			readers.Go(func() {
				h := &history{strict: true}
				for v, err := range w.svc.Watch(context.Background(), p.ID, 0) {
					if err != nil {
						t.Error(err)
					}
					h.see(t, v)
				}
				if h.last.Status != lectern.StatusCompleted {
					t.Errorf("a stream ended at %+v", h.last)
				}
			})
		}
	}
	all.Wait()
	readers.Wait()
}

// J2 J3 J5 J10: users cancel and retry at random while runs report, fail and succeed.
func TestCancelsAndRetriesAmongWriters(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	run := reportConcurrently(4, 30)
	w := begin(t, func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		if runs.Add(1)%5 == 0 {
			return nil, lectern.Fail(lectern.CodeEncodeFailed, "It broke.")
		}
		return run(ctx, j, r)
	}, func(o *job.Options) { o.FlushInterval, o.Workers = 2*time.Millisecond, 4 })

	conflict := &lectern.Failure{Code: lectern.CodeConflict}
	var users, streams sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	for range 5 {
		p := w.create(6)
		streams.Go(func() {
			h := &history{strict: true, retries: true}
			// A stream ends with a run; the retry needs a new stream.
			for after := int64(0); ctx.Err() == nil; after = h.last.Version {
				for v, err := range w.svc.Watch(ctx, p.ID, after) {
					if err != nil {
						t.Error(err)
					}
					h.see(t, v)
				}
				select {
				case <-ctx.Done():
				case <-time.After(time.Millisecond):
				}
			}
		})
		users.Go(func() {
			h := &history{retries: true}
			for range 15 {
				if _, err := w.svc.Cancel(ctx, p.ID); err != nil && !errors.Is(err, conflict) {
					t.Error(err)
				}
				h.see(t, w.get(p.ID))
				if _, err := w.svc.Retry(ctx, p.ID, lectern.Account{}); err != nil && !errors.Is(err, conflict) {
					t.Error(err)
				}
				h.see(t, w.get(p.ID))
			}
			w.ended(p.ID)
		})
	}
	users.Wait()
	cancel()
	streams.Wait()
}
