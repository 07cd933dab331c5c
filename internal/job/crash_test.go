package job_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/queue"
	"lectern/internal/store/sqlite"
)

const crashDir = "LECTERN_TEST_CRASH_DIR"

// crashChild is the process that the test kills: it creates three presentations, runs two of them, prints how far it
// has come, and waits.
func crashChild(dir string) {
	ctx := context.Background()
	fail := func(err error) {
		if err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
	}
	db, err := sqlite.Open(ctx, dir)
	fail(err)
	q, err := queue.OnSQLite(ctx, db.Writer(), slog.New(slog.DiscardHandler))
	fail(err)
	svc, err := job.New(job.Options{
		Store: sqlite.NewStore(db, q), Queue: q, ScratchDir: filepath.Join(dir, "scratch"), Workers: 2,
		Run: func(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
			r.Report(lectern.Reported{Progress: 5000, SlidesDone: 1})
			err := r.StepDone(ctx, lectern.Step{Kind: lectern.StepEncode, Slide: 1, Key: "one"})
			if err == nil {
				err = os.WriteFile(filepath.Join(j.Scratch, "half"), nil, 0o600)
			}
			fail(err)
			fmt.Println("running")
			select {}
		},
	})
	fail(err)
	fail(svc.Start(ctx))
	d := lectern.Deck{Slides: make([]lectern.Slide, 3)}
	for range 3 { // two run, one waits
		p, err := svc.Submit(ctx, lectern.Submission{Deck: d})
		fail(err)
		fmt.Println("id", p.ID)
	}
	select {}
}

// J3 J4 J8 J9: kill -9 in the middle of two runs, with a third waiting. The next process takes all over at once: the
// two as their next attempt, with the progress that was shown and the steps that were done; no scratch stays.
func TestKilledProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ids, running := []string{}, 0
	lines := bufio.NewScanner(out)
	for (len(ids) < 3 || running < 2) && lines.Scan() {
		var id string
		if n, _ := fmt.Sscanf(lines.Text(), "id %s", &id); n == 1 {
			ids = append(ids, id)
		} else if lines.Text() == "running" {
			running++
		} else {
			t.Error(lines.Text())
		}
	}
	if _, err := sqlite.Open(t.Context(), dir); err == nil {
		t.Error("a second process could open the data folder")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait()
	if len(ids) < 3 || running < 2 {
		t.Fatalf("the child made %d presentations and began %d runs, want 3 and 2", len(ids), running)
	}

	w := open(t, dir, true, func(_ context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
		r.Report(lectern.Reported{Progress: 100}) // starts low again
		return nil, nil
	})
	defer w.close()
	before := map[string]lectern.Presentation{}
	for _, id := range ids {
		before[id] = w.get(id)
	}
	w.start()
	resumed := 0
	for _, id := range ids {
		end := w.ended(id)
		was := before[id]
		if end.Status != lectern.StatusCompleted || end.Attempt != was.Attempt+1 {
			t.Errorf("ended as %+v", end)
		}
		h := &history{strict: true}
		for v, err := range w.svc.Watch(t.Context(), id, 0) {
			if err != nil {
				t.Fatal(err)
			}
			h.see(t, v)
		}
		steps, err := w.svc.Steps(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if was.Status == lectern.StatusProcessing {
			resumed++
			if was.Progress != 5000 || len(steps) != 1 {
				t.Errorf("J4: after the kill: %+v, steps %v", was, steps)
			}
		}
	}
	if resumed != 2 {
		t.Errorf("%d presentations were running when the process was killed, want 2", resumed)
	}
	for _, id := range ids { // the cleaner works at the same time as the runs
		if before[id].Attempt == 1 {
			w.untilGone(filepath.Join(dir, "scratch", id+".1"))
		}
	}
	if err := w.svc.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
