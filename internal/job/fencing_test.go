package job_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
)

// J7 J10: a canceled run that ignores its context is given up. When it goes on after the retry has ended, nothing
// that it does has an effect: it changes no field, step or artifact.
func TestZombie(t *testing.T) {
	t.Parallel()
	var (
		zombie  = make(chan lectern.Reporter, 1)
		wake    = make(chan struct{})
		cause   = make(chan error, 1)
		scratch = make(chan string, 1)
	)
	w := begin(t, func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		if j.Attempt == 1 {
			scratch <- j.Scratch
			zombie <- r
			<-wake // ignores ctx
			cause <- context.Cause(ctx)
			r.Report(lectern.Reported{Progress: 9900, Message: "from the grave", Warnings: []lectern.Warning{{Code: "z"}}})
			err := r.StepDone(context.WithoutCancel(ctx), lectern.Step{Kind: lectern.StepMux, Key: "z"})
			if !errors.Is(err, &lectern.Failure{Code: lectern.CodeStale}) {
				t.Errorf("J7: a stale step gave %v", err)
			}
			return []lectern.Artifact{{Kind: lectern.ArtifactVideo, Key: "z"}}, nil
		}
		return []lectern.Artifact{{Kind: lectern.ArtifactVideo, Key: "good"}}, nil
	}, func(o *job.Options) { o.CancelGrace = 20 * time.Millisecond })

	p := w.create(2)
	<-zombie
	if c, err := w.svc.Cancel(t.Context(), p.ID); err != nil || !c.CancelRequested ||
		c.Status != lectern.StatusProcessing {
		t.Errorf("cancel gave %+v, %v", c, err)
	}
	if end := w.ended(p.ID); end.Status != lectern.StatusCanceled {
		t.Errorf("ended as %+v", end)
	}
	if _, err := w.svc.Retry(t.Context(), p.ID, lectern.Account{}); err != nil {
		t.Fatal(err)
	}
	end := w.until(p.ID, func(p lectern.Presentation) bool { return p.Attempt == 2 && p.Status.Terminal() })
	close(wake)
	if got := <-cause; !errors.Is(got, job.ErrCanceled) {
		t.Errorf("the context ended because of %v", got)
	}
	if err := w.svc.Stop(t.Context()); err != nil { // waits for the zombie
		t.Fatal(err)
	}
	if got := w.get(p.ID); got.Version != end.Version || got.Status != lectern.StatusCompleted || len(got.Warnings) != 0 {
		t.Errorf("J7: %+v became %+v", end, got)
	}
	a, err := w.svc.Artifacts(t.Context(), p.ID)
	if err != nil || len(a) != 1 || a[0].Key != "good" {
		t.Errorf("J7: artifacts %v, %v", a, err)
	}
	if s, err := w.svc.Steps(t.Context(), p.ID); err != nil || len(s) != 0 {
		t.Errorf("J7: steps %v, %v", s, err)
	}
	if _, err := os.Stat(<-scratch); !os.IsNotExist(err) {
		t.Errorf("J10: the zombie's scratch is still there: %v", err)
	}
}

// J7: a ticket that is delivered twice or late begins no run.
func TestStaleTickets(t *testing.T) {
	t.Parallel()
	runs := make(chan int, 10)
	w := begin(t, func(_ context.Context, j lectern.Job, _ lectern.Reporter) ([]lectern.Artifact, error) {
		runs <- j.Attempt
		return nil, nil
	})
	q := w.queue.(*immediate)
	p := w.create(1)
	end := w.ended(p.ID)
	for _, k := range []ticket{{p.ID, 1}, {p.ID, 2}, {p.ID, 7}, {"nobody", 1}} {
		_, _ = q.Enqueue(t.Context(), nil, k.id, k.attempt, false)
	}
	w.ended(w.create(1).ID) // the tickets before it have been handed out
	if err := w.svc.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(runs) != 2 || !reflect.DeepEqual(w.get(p.ID), end) {
		t.Errorf("%d runs for 2 presentations; %+v", len(runs), w.get(p.ID))
	}
}

// J10: a cancel reaches the run, does not wait for it, and leaves no scratch folder. The canceled presentation
// refuses a second cancel.
func TestCancel(t *testing.T) {
	t.Parallel()
	folder := make(chan string, 1)
	w := begin(t, func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		if err := os.WriteFile(filepath.Join(j.Scratch, "half.mp4"), []byte("x"), 0o600); err != nil {
			return nil, err
		}
		r.Report(lectern.Reported{Progress: 3000})
		folder <- j.Scratch
		<-ctx.Done()
		return nil, ctx.Err()
	}, func(o *job.Options) { o.Workers = 1 })
	running := w.create(3)
	scratch := <-folder
	queued := w.create(1)

	p, err := w.svc.Cancel(t.Context(), queued.ID)
	if err != nil || p.Status != lectern.StatusCanceled {
		t.Errorf("cancel of a queued one gave %+v, %v", p, err)
	}
	if _, err := w.svc.Cancel(t.Context(), running.ID); err != nil {
		t.Fatal(err)
	}
	end := w.ended(running.ID)
	if end.Status != lectern.StatusCanceled || end.Progress != 3000 || end.CompletedAt.IsZero() {
		t.Errorf("ended as %+v", end)
	}
	if _, err := os.Stat(scratch); !os.IsNotExist(err) {
		t.Errorf("J10: scratch is still there: %v", err)
	}
	for _, id := range []string{running.ID, queued.ID} {
		before := w.get(id)
		_, err := w.svc.Cancel(t.Context(), id)
		if !errors.Is(err, &lectern.Failure{Code: lectern.CodeConflict}) ||
			err.Error() != "The presentation is already canceled." {
			t.Errorf("J10: a second cancel gave %v", err)
		}
		if !reflect.DeepEqual(w.get(id), before) {
			t.Error("J10: a second cancel changed something")
		}
	}
	if _, err := w.svc.Cancel(t.Context(), "nobody"); !errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		t.Errorf("cancel of an unknown one gave %v", err)
	}
}

// Delete ends the run of a presentation, then removes the presentation and its artifacts.
func TestDelete(t *testing.T) {
	t.Parallel()
	started := make(chan struct{}, 1)
	w := begin(t, func(ctx context.Context, _ lectern.Job, _ lectern.Reporter) ([]lectern.Artifact, error) {
		started <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	p := w.create(1)
	<-started
	if err := w.svc.Delete(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.Get(t.Context(), p.ID); !errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		t.Errorf("after Delete: %v", err)
	}
	if w.files.count(p.ID) == 0 { // the cleaner may have helped
		t.Error("the artifacts were not removed")
	}
	if err := w.svc.Delete(t.Context(), p.ID); !errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		t.Errorf("a second Delete gave %v", err)
	}
}
