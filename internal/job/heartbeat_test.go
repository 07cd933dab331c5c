package job_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/job"
)

// lines returns the value of one attribute from each line of the log that has the message token.
func lines(log, token, attr string) []string {
	re := regexp.MustCompile(`(?m)^.*msg=` + token + ` .*\b` + attr + `=(\S+).*$`)
	var out []string
	for _, m := range re.FindAllStringSubmatch(log, -1) {
		out = append(out, m[1])
	}
	return out
}

// J8: the first heartbeat comes when processing starts, then one in each interval. Each logs the current progress and
// changes nothing but the time of the heartbeat.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(ctx context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
			r.Report(lectern.Reported{Progress: 1000})
			time.Sleep(12 * time.Second) // of the bubble's clock
			r.Report(lectern.Reported{Progress: 6000})
			time.Sleep(5 * time.Second)
			return nil, nil
		})
		start := time.Now()
		p := w.create(1)
		time.Sleep(11 * time.Second)
		synctest.Wait()
		mid := w.get(p.ID)
		if got := mid.LastHeartbeat.Sub(start); got != 10*time.Second {
			t.Errorf("after 11 s the last heartbeat is at %v, want 10 s", got)
		}
		if mid.Version != 3 { // queued, processing, 10 %
			t.Errorf("J8: heartbeats made versions: %d", mid.Version)
		}
		w.ended(p.ID)
		if got := lines(w.logs.String(), "HEARTBEAT", "progress"); !slices.Equal(got, []string{"0", "10", "10", "60"}) {
			t.Errorf("heartbeats at progress %v", got)
		}
		if got := lines(w.logs.String(), "JOB_STATUS_UPDATE", "new_progress"); !slices.Equal(got, []string{"0", "0", "10",
			"60", "100"}) {
			t.Errorf("updates at progress %v", got)
		}
		for _, line := range strings.Split(strings.TrimSpace(w.logs.String()), "\n") {
			if strings.Contains(line, "JOB_STATUS_UPDATE") {
				for _, key := range []string{"job_id=" + p.ID, "old_status=", "new_status=", "old_progress=", "new_progress=",
					"stage=", "version=", "attempt="} {
					if !strings.Contains(line, key) {
						t.Errorf("%s is missing from %s", key, line)
					}
				}
			}
		}
	})
}

// J4: reports are folded into one, which is committed once in each interval. A change of status commits the folded
// report with it.
func TestFlushInGroups(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(_ context.Context, _ lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
			for i := range 1000 {
				r.Report(lectern.Reported{Progress: lectern.Progress(i)})
				time.Sleep(time.Millisecond)
			}
			r.Report(lectern.Reported{Warnings: []lectern.Warning{{Code: "last"}}})
			return nil, nil
		})
		end := w.ended(w.create(1).ID)
		// 1000 reports in a second are seven flushes or so, plus queued, processing, the last fold and completed.
		if end.Version < 8 || end.Version > 13 {
			t.Errorf("1000 reports made %d versions", end.Version)
		}
		if len(end.Warnings) != 1 {
			t.Errorf("J6: the last report was lost: %+v", end)
		}
	})
}

// J8: another process takes over a presentation whose run has been silent for the lease, as the next attempt, and the
// progress that was shown stays.
func TestLeaseTakeover(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := func(o *job.Options) { o.Peers = &peers{store: o.Store} }
		w := open(t, t.TempDir(), false, func(_ context.Context, j lectern.Job,
			r lectern.Reporter) ([]lectern.Artifact, error) {
			r.Report(lectern.Reported{Progress: lectern.Progress(10 * j.Attempt)})
			return nil, nil
		}, shared)
		defer w.close()
		// What a dead process left: a run in its second attempt, at 40 %, silent from now on.
		p := lectern.NewPresentation("orphan", testDeck(1), time.Now().UTC())
		at := time.Now().UTC()
		outs, err := w.store.Commit(t.Context(), []job.Write{
			job.TestWrite(t, job.WriteSpec{ID: p.ID, At: at, Create: &p, Deck: testDeck(1)}),
			job.TestWrite(t, job.WriteSpec{ID: p.ID, At: at, Events: []lectern.Event{
				lectern.Began{Worker: "dead"}, lectern.Released{Attempt: 1}, lectern.Began{Worker: "dead"},
				lectern.Reported{Attempt: 2, Progress: 4000},
			}}),
		})
		if err != nil || outs[1].Err != nil {
			t.Fatal(err, outs)
		}
		w.start()
		time.Sleep(29 * time.Second)
		synctest.Wait()
		if got := w.get(p.ID); got.Attempt != 2 || got.Status != lectern.StatusProcessing {
			t.Errorf("taken over before the lease had ended: %+v", got)
		}
		end := w.ended(p.ID)
		if waited := time.Since(at); waited > 41*time.Second {
			t.Errorf("taken over after %v", waited)
		}
		if end.Attempt != 3 || end.Status != lectern.StatusCompleted {
			t.Errorf("ended as %+v", end)
		}
		h := &history{strict: true}
		for v, err := range w.svc.Watch(t.Context(), p.ID, 0) {
			if err != nil {
				t.Fatal(err)
			}
			h.see(t, v)
		}
	})
}
