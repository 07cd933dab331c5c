package job_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/job"
)

// wallClock is a system clock that can be set: the clock of the synctest bubble plus an offset.
type wallClock struct{ off atomic.Int64 }

func (c *wallClock) now() time.Time       { return time.Now().Add(time.Duration(c.off.Load())) }
func (c *wallClock) set(by time.Duration) { c.off.Add(int64(by)) }

// onlookers are peers with a clock of their own, as the database has one: a run is silent when its heartbeat has not
// changed for long enough, whatever time the heartbeat shows.
type onlookers struct {
	peers
	mu   sync.Mutex
	seen map[string]sighting
}

type sighting struct {
	lease job.Lease
	at    time.Time
}

func (o *onlookers) Silent(ctx context.Context, age time.Duration) ([]job.Lease, error) {
	all, err := o.store.Silent(ctx, time.Now().AddDate(100, 0, 0))
	o.mu.Lock()
	defer o.mu.Unlock()
	var silent []job.Lease
	for _, l := range all {
		if s := o.seen[l.ID]; s.lease != l {
			o.seen[l.ID] = sighting{l, time.Now()}
		} else if time.Since(s.at) >= age {
			silent = append(silent, l)
		}
	}
	return silent, err
}

// takeovers is an observer that counts takeovers.
type takeovers struct{ n atomic.Int64 }

func (t *takeovers) Committed(_, _ int, _ time.Duration) {}
func (t *takeovers) Changed(_, _ lectern.Presentation)   {}
func (t *takeovers) StepDone(string, lectern.Step)       {}
func (t *takeovers) TakenOver(string)                    { t.n.Add(1) }

// J8 J3 J12: the clock is set forwards and backwards by an hour during runs. No run is taken over or given up, scratch
// folders stay, and heartbeats and progress come on time and never go back.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		jumps []time.Duration
		alone bool
	}{
		{"forwards", []time.Duration{time.Hour}, true}, {"backwards", []time.Duration{-time.Hour}, true},
		{"forwards and back", []time.Duration{time.Hour, -time.Hour}, false},
		{"backwards and forth", []time.Duration{-time.Hour, time.Hour}, false},
		{"with peers, forwards", []time.Duration{time.Hour}, false},
		{"with peers, backwards", []time.Duration{-time.Hour}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { clockIsSet(t, c.jumps, c.alone) })
		})
	}
}

// watchOver starts a second node on the store of w. It takes no work and looks for silent runs.
func watchOver(t *testing.T, w *world, o job.Observer) {
	t.Helper()
	other, err := job.New(job.Options{
		Store: w.store, Queue: newImmediate(), Run: succeed, ScratchDir: t.TempDir(), Idle: true, Observer: o,
		Peers: &onlookers{peers: peers{store: w.store}, seen: map[string]sighting{}},
	})
	if err == nil {
		err = other.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func clockIsSet(t *testing.T, by []time.Duration, alone bool) {
	const seconds = 240
	clock, taken := &wallClock{}, &takeovers{}
	var reported atomic.Int64
	w := begin(t, func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		for i := range seconds {
			if _, err := os.Stat(j.Scratch); err != nil {
				return nil, err
			}
			done := lectern.ProgressOf(float64(i) / seconds)
			r.Report(lectern.Reported{Progress: done})
			reported.Store(int64(done))
			select {
			case <-ctx.Done():
				return nil, fmt.Errorf("stopped at second %d: %w", i, context.Cause(ctx))
			case <-time.After(time.Second):
			}
		}
		return nil, nil
	}, func(o *job.Options) {
		o.Now, o.Observer, o.MaxRun, o.SweepInterval = clock.now, taken, 5*time.Minute, 10*time.Second
		if !alone {
			o.Peers = &peers{store: o.Store}
		}
	})
	if !alone {
		watchOver(t, w, taken)
	}
	p := w.create(1)
	last, beats := w.get(p.ID), 0
	for s := 1; s < seconds; s++ {
		time.Sleep(time.Second)
		if len(by) > 0 && s%60 == 0 {
			clock.set(by[0])
			by = by[1:]
		}
		promised := lectern.Progress(reported.Load())
		time.Sleep(200 * time.Millisecond) // more than FlushInterval
		now := w.get(p.ID)
		if now.Status.Terminal() {
			break
		}
		if now.Progress < promised || now.Progress < last.Progress {
			t.Fatalf("J3: second %d: %v was reported, and %v is shown after %v", s, promised, now.Progress, last.Progress)
		}
		if now.LastHeartbeat.Before(last.LastHeartbeat) {
			t.Fatalf("J8: the heartbeat fell from %v to %v", last.LastHeartbeat, now.LastHeartbeat)
		}
		if !now.LastHeartbeat.Equal(last.LastHeartbeat) {
			beats++
		}
		last = now
	}
	end := w.ended(p.ID)
	if end.Status != lectern.StatusCompleted || end.Attempt != 1 || taken.n.Load() != 0 {
		t.Errorf("ended as %+v (%v), taken over %d times", end, end.Error, taken.n.Load())
	}
	if end.CompletedAt.Before(end.StartedAt) || end.StartedAt.Before(end.CreatedAt) {
		t.Errorf("created at %v, started at %v, ended at %v", end.CreatedAt, end.StartedAt, end.CompletedAt)
	}
	if beats < seconds/5-2 {
		t.Errorf("J8: only %d heartbeats in %d s", beats, seconds)
	}
}
