package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/job"
)

// J11: however a run ends badly, the presentation says what, where and whether a retry can help.
func TestFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		run  func(ctx context.Context) error
		want lectern.Code
		text string // in the sentence or the detail
	}{
		{"a failure with its slide", func(context.Context) error {
			return fmt.Errorf("run: %w", lectern.Fail(lectern.CodeEncodeFailed, "The picture could not be encoded.").At(2))
		}, lectern.CodeEncodeFailed, "slide 2: The picture could not be encoded."},
		{"a plain error", func(context.Context) error { return errors.New("bolt fell out") }, lectern.CodeInternal,
			"bolt fell out"},
		{"a panic", func(context.Context) error { panic("at the disco") }, lectern.CodeInternal, "at the disco"},
		{"a panic shows where", func(context.Context) error { var none []error; return none[cap(none)] },
			lectern.CodeInternal, "failure_test.go"},
		{"a full disk", func(context.Context) error { return fmt.Errorf("write x: %w", syscall.ENOSPC) },
			lectern.CodeDiskFull, "Make room"},
		{"a full disk as the cause of an internal failure", func(context.Context) error {
			return lectern.Fail(lectern.CodeInternal, "The cache could not be written.").Because(syscall.ENOSPC)
		}, lectern.CodeDiskFull, "Make room"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, func(ctx context.Context, _ lectern.Job, _ lectern.Reporter) ([]lectern.Artifact, error) {
				return nil, c.run(ctx)
			})
			end := w.ended(w.create(3).ID)
			if end.Status != lectern.StatusFailed || end.Error == nil || end.Error.Code != c.want {
				t.Fatalf("ended as %+v, %+v", end, end.Error)
			}
			if !strings.Contains(end.Error.Error()+end.Error.Detail, c.text) {
				t.Errorf("%q is missing from %q, %q", c.text, end.Error.Error(), end.Error.Detail)
			}
			if again := w.ended(w.create(1).ID); again.Status != lectern.StatusFailed {
				t.Errorf("the service did not survive: %+v", again)
			}
		})
	}
}

// A run that outlives MaxRun is given up with CodeTimeout.
func TestMaxRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(ctx context.Context, _ lectern.Job, _ lectern.Reporter) ([]lectern.Artifact, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, func(o *job.Options) { o.MaxRun = time.Minute })
		p := w.create(1)
		time.Sleep(61 * time.Second)
		if end := w.get(p.ID); end.Status != lectern.StatusFailed || end.Error.Code != lectern.CodeTimeout ||
			end.Attempt != 1 {
			t.Errorf("ended as %+v, %+v", end, end.Error)
		}
	})
}

// J4 J6 J11 J12: while the disk is full nothing is accepted and nothing is lost; when there is room again the run that
// went on in the meantime ends well, with all that it reported.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	var (
		full    = make(chan struct{})
		room    = make(chan struct{})
		filling sync.WaitGroup
	)
	w := begin(t, func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		if len(j.Deck.Slides[0].Narration) > 1000 {
			return nil, nil // the deck that is accepted at last; the test does not wait for its run
		}
		<-full
		r.Report(lectern.Reported{Progress: 4000, Warnings: []lectern.Warning{{Code: "said while full",
			Message: strings.Repeat("x", 50_000)}}})
		err := r.StepDone(ctx, lectern.Step{Kind: lectern.StepMux, Key: strings.Repeat("k", 50_000)})
		if !errors.Is(err, &lectern.Failure{Code: lectern.CodeDiskFull}) {
			t.Errorf("StepDone on a full disk gave %v", err)
		}
		filling.Done()
		return nil, nil
	})
	filling.Add(1)
	p := w.create(1)
	w.until(p.ID, is(lectern.StatusProcessing))
	if _, err := w.db.Writer().Exec("PRAGMA max_page_count=1"); err != nil { // the file cannot grow any more
		t.Fatal(err)
	}
	big := testDeck(1)
	big.Slides[0].Narration = strings.Repeat("n", 200_000)
	if _, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: big}); !errors.Is(err,
		&lectern.Failure{Code: lectern.CodeDiskFull}) {
		t.Errorf("Submit on a full disk gave %v", err)
	}
	close(full)
	filling.Wait()
	if got := w.get(p.ID); got.Status != lectern.StatusProcessing || len(got.Warnings) != 0 {
		t.Errorf("J4: on a full disk a reader sees %+v", got)
	}
	go func() {
		if _, err := w.db.Writer().Exec("PRAGMA max_page_count=1000000"); err != nil {
			t.Error(err)
		}
		close(room)
	}()
	end := w.ended(p.ID)
	<-room
	if end.Status != lectern.StatusCompleted || len(end.Warnings) != 1 {
		t.Errorf("ended as %+v", end)
	}
	if _, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: big}); err != nil {
		t.Errorf("Submit with room again gave %v", err)
	}
}

// A write that the store cannot take does not fail the writes that were committed together with it.
func TestPoisonedWrite(t *testing.T) {
	t.Parallel()
	w := open(t, t.TempDir(), false, succeed)
	poisoned := &poison{Store: w.store}
	svc, err := job.New(job.Options{Store: poisoned, Queue: w.queue, Run: succeed, ScratchDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w.svc = svc
	w.start()
	defer w.close()
	var ok, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			d := testDeck(1)
			if i%4 == 0 {
				d.Title = "poison"
			}
			if _, err := svc.Submit(t.Context(), lectern.Submission{Deck: d}); err != nil {
				refused.Add(1)
			} else {
				ok.Add(1)
			}
		})
	}
	wg.Wait()
	if ok.Load() != 30 || refused.Load() != 10 {
		t.Errorf("%d accepted and %d refused, want 30 and 10", ok.Load(), refused.Load())
	}
}

// poison is a store that fails every transaction with a certain title in it.
type poison struct{ job.Store }

func (p *poison) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	for _, w := range writes {
		if c, _, ok := w.Creation(); ok && c.Title == "poison" {
			return nil, errors.New("poisoned")
		}
	}
	return p.Store.Commit(ctx, writes)
}

// The usage of a run is stored when it ends, however it ends: a retry adds to the usage of the failed attempt.
func TestUsageOfEveryAttemptCounts(t *testing.T) {
	t.Parallel()
	w := begin(t, func(_ context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		r.Report(lectern.Reported{Usage: &lectern.Consumption{CPU: time.Second}})
		r.Report(lectern.Reported{Usage: &lectern.Consumption{CPU: 2 * time.Second,
			Providers: []lectern.ProviderUse{{Provider: "anna", Characters: 10}}}})
		if j.Attempt == 1 {
			return nil, errors.New("bolt fell out")
		}
		return []lectern.Artifact{{Kind: lectern.ArtifactVideo, Key: "k"}}, nil
	})
	p := w.ended(w.create(1).ID)
	if p.Status != lectern.StatusFailed || p.Usage.CPU != 2*time.Second {
		t.Errorf("the first attempt is %s, with the usage %+v", p.Status, p.Usage)
	}
	if _, err := w.svc.Retry(t.Context(), p.ID, lectern.Account{}); err != nil {
		t.Fatal(err)
	}
	p = w.until(p.ID, func(p lectern.Presentation) bool { return p.Attempt == 2 && p.Status.Terminal() })
	if p.Usage.CPU != 4*time.Second || len(p.Usage.Providers) != 1 || p.Usage.Providers[0].Characters != 20 {
		t.Errorf("after both attempts it is %s, with the usage %+v", p.Status, p.Usage)
	}
	if stored := w.get(p.ID); stored.Usage.CPU != 4*time.Second {
		t.Errorf("the stored usage is %+v", stored.Usage)
	}
}
