package job_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/job"
)

// J2 J3: Stop queues the presentation of a run again. The next Start begins its next attempt at once, and the progress
// stays.
func TestStopQueuesRunsAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	started := make(chan struct{}, 1)
	w := open(t, dir, true, func(ctx context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		r.Report(lectern.Reported{Progress: 7000})
		started <- struct{}{}
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), job.ErrStopping) {
			t.Errorf("the run ended because of %v", context.Cause(ctx))
		}
		return nil, ctx.Err()
	})
	w.start()
	p := w.create(1)
	<-started
	w.close()

	w = open(t, dir, true, func(_ context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		r.Report(lectern.Reported{Progress: 1})
		return nil, nil
	})
	defer w.close()
	if got := w.get(p.ID); got.Status != lectern.StatusQueued || got.Progress != 7000 {
		t.Errorf("after the stop: %+v", got)
	}
	w.start()
	if end := w.ended(p.ID); end.Status != lectern.StatusCompleted || end.Attempt != 2 {
		t.Errorf("ended as %+v", end)
	}
}

// The contract of Start and Stop: Start works once, Stop can be called often and by several goroutines at once. A write
// before Start or after Stop is CodeOverloaded.
func TestStartStop(t *testing.T) {
	t.Parallel()
	for range 20 {
		w := open(t, t.TempDir(), false, succeed)
		overloaded := &lectern.Failure{Code: lectern.CodeOverloaded}
		if _, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: testDeck(1)}); !errors.Is(err, overloaded) {
			t.Errorf("Submit before Start gave %v", err)
		}
		w.start()
		if err := w.svc.Start(t.Context()); err == nil {
			t.Error("a second Start was accepted")
		}
		for range 3 {
			w.create(1)
		}
		stops := make(chan error, 3)
		for range 3 {
			go func() { stops <- w.svc.Stop(context.Background()) }()
		}
		for range 3 {
			if err := <-stops; err != nil {
				t.Error(err)
			}
		}
		if _, err := w.svc.Submit(t.Context(), lectern.Submission{Deck: testDeck(1)}); !errors.Is(err, overloaded) {
			t.Errorf("Submit after Stop gave %v", err)
		}
		if _, _, err := w.svc.List(t.Context(), lectern.Query{}); err != nil {
			t.Errorf("List after Stop gave %v", err)
		}
		w.close()
	}
}

func TestStopBeforeStart(t *testing.T) {
	t.Parallel()
	w := open(t, t.TempDir(), false, succeed)
	w.close()
	if err := w.svc.Start(t.Context()); err == nil {
		t.Error("Start after Stop was accepted")
	}
}

// J5: a stream can be left and resumed at any version, waits for a slow consumer, and ends with its context.
func TestWatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(_ context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
			for i := range 200 {
				r.Report(lectern.Reported{Progress: lectern.Progress(i * 10)})
				time.Sleep(200 * time.Millisecond)
			}
			return nil, nil
		})
		p := w.create(1)
		var all, parts []int64
		for v, err := range w.svc.Watch(t.Context(), p.ID, 0) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, v.Version)
			if len(all)%50 == 0 {
				time.Sleep(9 * time.Second) // slow; the run does not wait
			}
		}
		for len(parts) < len(all) { // three at a time
			n, after := 0, int64(0)
			if len(parts) > 0 {
				after = parts[len(parts)-1]
			}
			for v, err := range w.svc.Watch(t.Context(), p.ID, after) {
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts, v.Version)
				if n++; n == 3 {
					break
				}
			}
			if n == 0 {
				break
			}
		}
		if len(all) < 190 || len(parts) != len(all) {
			t.Fatalf("one stream has %d versions, several have %d", len(all), len(parts))
		}
		for i, v := range all {
			if v != int64(i+1) || parts[i] != v {
				t.Fatalf("at place %d, one stream has version %d, and several have %d", i+1, v, parts[i])
			}
		}
		if took := w.get(p.ID).CompletedAt.Sub(p.CreatedAt); took > 41*time.Second {
			t.Errorf("the slow consumer delayed the run: it took %v", took)
		}

		for _, err := range w.svc.Watch(t.Context(), "nobody", 0) {
			if !errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
				t.Errorf("a stream of an unknown presentation gave %v", err)
			}
		}
		q := w.create(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for v, err := range w.svc.Watch(ctx, q.ID, 0) {
			if err != nil || v.Status.Terminal() {
				t.Errorf("%+v, %v", v, err)
			}
		}
	})
}

func TestListPages(t *testing.T) {
	t.Parallel()
	w := begin(t, succeed)
	seen := map[string]bool{}
	for range 13 {
		w.ended(w.create(1).ID)
	}
	f := lectern.Query{Limit: 5, Statuses: []lectern.Status{lectern.StatusCompleted}}
	for pages := 1; ; pages++ {
		page, next, err := w.svc.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page {
			if seen[p.ID] {
				t.Errorf("%s is listed twice", p.ID)
			}
			seen[p.ID] = true
		}
		if f.Cursor = next; next == "" {
			if pages != 3 || len(seen) != 13 {
				t.Errorf("%d in %d pages", len(seen), pages)
			}
			break
		}
	}
	for _, bad := range []lectern.Query{
		{Statuses: []lectern.Status{lectern.StatusQueued, "running"}}, {Metadata: map[string]string{"a": "\x00"}},
		{Limit: -1}, {Limit: job.MaxPage + 1}, {Cursor: "x"}, {Cursor: "!!"}, {Cursor: "MTIz"},
	} {
		var f *lectern.Failure
		if _, _, err := w.svc.List(t.Context(), bad); !errors.As(err, &f) || f.Param == "" {
			t.Errorf("%+v gave %v", bad, err)
		}
	}
}

// J14 J15: the cost of a report to the pipeline.
func BenchmarkReport(b *testing.B) {
	done := make(chan struct{})
	got := make(chan lectern.Reporter)
	w := begin(b, func(_ context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		got <- r
		<-done
		return nil, nil
	})
	w.create(10)
	r := <-got
	rep := lectern.Reported{Stage: lectern.StageEncoding, Progress: 5000, Message: "Encoding slide 3 of 10.",
		SlidesDone: 2, ETA: time.Minute}
	b.ReportAllocs()
	for b.Loop() {
		r.Report(rep)
	}
	b.StopTimer()
	close(done)
}
