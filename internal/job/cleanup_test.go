package job_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/job"
)

func exists(t testing.TB, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return err == nil
}

// untilGone waits until the cleaner has removed a folder.
func (w *world) untilGone(path string) {
	w.t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(time.Minute); exists(w.t, path); <-look.C {
		if time.Now().After(end) {
			w.t.Fatalf("%s is still there", path)
		}
	}
}

func (w *world) gone(id string) bool {
	w.t.Helper()
	_, err := w.svc.Get(context.Background(), id)
	if err != nil && !errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		w.t.Fatal(err)
	}
	return err != nil
}

// J12: scratch is removed five minutes after the end, everything else after seven days; neither of them early.
func TestCleanupTiming(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// Planned removals are on time, whatever SweepInterval is. A long one lets the test pass seven days quickly.
		w := begin(t, succeed, func(o *job.Options) { o.SweepInterval, o.LeaseTimeout = 12*time.Hour, 24*time.Hour })
		p := w.create(2)
		w.ended(p.ID)
		scratch := filepath.Join(w.dir, "scratch", p.ID+".1")
		stray := filepath.Join(w.dir, "scratch", "no-such-presentation.1")
		if err := os.Mkdir(stray, 0o755); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Minute - time.Second)
		synctest.Wait()
		if !exists(t, scratch) {
			t.Error("scratch went early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if exists(t, scratch) {
			t.Error("scratch is late")
		}
		if exists(t, stray) {
			t.Error("a stray folder outlived a sweep")
		}
		time.Sleep(7*24*time.Hour - 5*time.Minute - 2*time.Second)
		synctest.Wait()
		if w.gone(p.ID) {
			t.Error("the presentation went early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !w.gone(p.ID) || w.files.count(p.ID) != 1 {
			t.Errorf("the presentation is late: artifacts removed %d times", w.files.count(p.ID))
		}
	})
}

// J12: what was due while no process ran is done by the next; a removal that could not finish is finished; five
// minutes is a valid retention.
func TestCleanupSurvivesRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		short := func(o *job.Options) { o.Retention = 5 * time.Minute }
		w := open(t, dir, false, succeed, short)
		w.start()
		p, q := w.create(1), w.create(1)
		w.ended(p.ID)
		w.ended(q.ID)
		w.files.failWith(errors.New("the bucket does not answer"))
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if !w.gone(p.ID) || !w.gone(q.ID) {
			t.Error("what is being removed can still be read")
		}
		if exists(t, filepath.Join(dir, "scratch", p.ID+".1")) {
			t.Error("scratch is kept because the artifacts could not be removed")
		}
		w.close()

		w = open(t, dir, false, succeed, short)
		w.start()
		synctest.Wait()
		if w.files.count(p.ID) != 1 || w.files.count(q.ID) != 1 {
			t.Errorf("artifacts were removed %d and %d times", w.files.count(p.ID), w.files.count(q.ID))
		}
		due, err := w.store.Due(t.Context(), time.Now().AddDate(1, 0, 0))
		if err != nil || len(due.Scratch)+len(due.Expired)+len(due.Removing) != 0 {
			t.Errorf("still due: %+v, %v", due, err)
		}
		w.close()
	})
}

// J12: the cleanup that was planned for a failed attempt spares the presentation that is retried, and the scratch
// folder of its new attempt.
func TestCleanupSparesRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(ctx context.Context, j lectern.Job, _ lectern.Reporter) ([]lectern.Artifact, error) {
			if j.Attempt == 1 {
				return nil, lectern.Fail(lectern.CodeTimeout, "Too slow.")
			}
			for range 20 {
				time.Sleep(time.Minute)
				if !exists(t, j.Scratch) {
					return nil, lectern.Fail(lectern.CodeInternal, "The scratch folder is gone.")
				}
			}
			return nil, nil
		}, func(o *job.Options) { o.Retention = 10 * time.Minute })
		p := w.create(1)
		w.ended(p.ID)
		time.Sleep(4 * time.Minute)
		if _, err := w.svc.Retry(t.Context(), p.ID, lectern.Account{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(21 * time.Minute)
		end := w.get(p.ID)
		if end.Status != lectern.StatusCompleted {
			t.Errorf("ended as %+v: %v", end, end.Error)
		}
		if exists(t, filepath.Join(w.dir, "scratch", p.ID+".1")) {
			t.Error("the first attempt's scratch stayed")
		}
	})
}
