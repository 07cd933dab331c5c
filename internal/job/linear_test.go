package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/sqlite"
)

// breaker puts a store that breaks a rule in the place of one that keeps it. Its second result ends what it has begun.
type breaker func(job.Store, *sqlite.DB) (job.Store, func())

func unbroken(s job.Store, _ *sqlite.DB) (job.Store, func()) { return s, func() {} }

// fray is a run that reports at random, in no order, fails now and then, and is often deaf to the end of its context:
// it goes on as a zombie for a while.
func fray(ctx context.Context, j lectern.Job, r lectern.Reporter) ([]lectern.Artifact, error) {
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range 5 {
				r.Report(lectern.Reported{Progress: lectern.Progress(rand.IntN(9900)), SlidesDone: rand.IntN(4), Message: fmt.Sprint(w, i)})
				<-time.After(time.Duration(rand.IntN(3000)) * time.Microsecond)
				_ = r.StepDone(context.WithoutCancel(ctx), lectern.Step{Kind: lectern.StepEncode, Slide: w + 1, Key: fmt.Sprint(j.Attempt, w, i)})
			}
		})
	}
	wg.Wait()
	if rand.IntN(3) == 0 {
		return nil, lectern.Fail(lectern.CodeEncodeFailed, "It broke.")
	}
	return nil, nil
}

// turmoil lets users, pollers and streams loose on a few presentations that two services work on. The second takes for
// dead whatever is silent for 60 ms, and the first gives no heartbeats: its runs are taken over while they go on.
func turmoil(t *testing.T, broken breaker, span time.Duration) []string {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Writer().Exec("PRAGMA synchronous=OFF"); err != nil {
		t.Fatal(err)
	}
	rec := newRecorder()
	var ends []func()
	node := func(name string, beat, lease time.Duration) (*job.Service, job.Store) {
		q := newImmediate()
		inner, end := broken(sqlite.NewStore(db, q), db)
		ends = append(ends, end)
		s := recording{Store: inner, rec: rec, node: name}
		svc, err := job.New(job.Options{
			Store: s, Queue: q, Run: fray, ScratchDir: filepath.Join(dir, name), Node: name, Workers: 6,
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), HeartbeatInterval: beat, LeaseTimeout: lease,
			SweepInterval: 20 * time.Millisecond, FlushInterval: 3 * time.Millisecond, CancelGrace: 5 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := svc.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		return svc, s
	}
	a, store := node("a", time.Hour, 2*time.Hour)
	b, _ := node("b", 10*time.Millisecond, 60*time.Millisecond)
	ids := letLoose(t, rec, []*job.Service{a, b}, span)

	stop, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := errors.Join(a.Stop(stop), b.Stop(stop)); err != nil {
		t.Fatal(err)
	}
	for _, end := range ends {
		end()
	}
	versions := map[string][]lectern.Presentation{}
	for _, id := range ids {
		if versions[id], err = store.Versions(context.Background(), id, 0, 1_000_000); err != nil {
			t.Fatal(err)
		}
	}
	out := rec.findings(versions)
	t.Logf("%d operations, %d observers", len(rec.ops), len(rec.observers))
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	return out
}

// letLoose gives the presentations that it made once the time is over. On a busy machine less happens in it.
func letLoose(t *testing.T, rec *recorder, nodes []*job.Service, span time.Duration) []string {
	t.Helper()
	var users, watchers sync.WaitGroup
	var ids []string
	for i := range 4 {
		p, err := nodes[i%2].Submit(context.Background(), lectern.Submission{Deck: testDeck(4)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	ctx, cancel := context.WithTimeout(context.Background(), span)
	defer cancel()
	for _, id := range ids {
		for n, svc := range nodes {
			users.Go(func() { use(ctx, rec, svc, fmt.Sprintf("user %d of %s", n, id), id) })
			watchers.Go(func() { stream(ctx, rec, svc, fmt.Sprintf("stream %d of %s", n, id), id) })
		}
	}
	users.Wait()
	watchers.Wait()
	return ids
}

// use polls, cancels and retries at random.
func use(ctx context.Context, rec *recorder, svc *job.Service, name, id string) {
	for ctx.Err() == nil {
		call := rec.clock()
		act := svc.Get
		switch rand.IntN(60) {
		case 0:
			act = svc.Cancel
		case 1, 2, 3, 4, 5, 6, 7, 8, 9, 10:
			act = svc.Retry
		}
		if p, err := act(ctx, id); err == nil {
			rec.note(name, call, read{id, stateOf(p)})
			rec.saw(name, p)
		}
		<-time.After(time.Duration(rand.IntN(4000)) * time.Microsecond)
	}
}

// stream watches to the end of ctx, and comes back for a retry.
func stream(ctx context.Context, rec *recorder, svc *job.Service, name, id string) {
	after := int64(0)
	for ctx.Err() == nil {
		for p, err := range svc.Watch(ctx, id, after) {
			if err != nil {
				break
			}
			rec.note(name, rec.clock(), streamed{id, p.Version})
			rec.saw(name, p)
			after = p.Version
		}
		<-time.After(time.Millisecond)
	}
}

// soakSpan is how long the users go on: short, unless LECTERN_SOAK asks for more (make soak does).
func soakSpan(t *testing.T, short time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("LECTERN_SOAK")
	if text == "" {
		return short
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("LECTERN_SOAK is a duration, such as 60s: %v", err)
	}
	return max(short, d)
}

// J2 J3 J4 J5 J6 J7 J8: whatever users, runs, zombies and takeovers do, the history is one of a register that keeps the
// rules, and no observer sees otherwise.
func TestHistoryIsLinearizable(t *testing.T) {
	t.Parallel()
	for _, finding := range turmoil(t, unbroken, soakSpan(t, 2*time.Second)) {
		t.Error(finding)
	}
}

// The check above is worth something only if it fails where a rule is broken.
func TestBrokenRulesAreCaught(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule   string
		broken breaker
		says   []string // one of these
	}{
		{"J2 an end comes back to life", revive, []string{"J2", "does not fit the model"}},
		{"J3 progress is read lower than it was", lower, []string{"J3"}},
		{"J4 the commit comes after the news", tooEarly, []string{"does not fit the model"}},
		{"J5 a version comes twice", stutter, []string{"J5"}},
		{"J6 a write is lost", forget, []string{"does not fit the model", "J6"}},
		{"J7 a stale attempt writes", unfenced, []string{"does not fit the model", "J7"}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			var found string
			for range 8 { // chance decides how soon the broken path is taken
				found = strings.Join(turmoil(t, c.broken, time.Second), "\n")
				for _, s := range c.says {
					if strings.Contains(found, s) {
						return
					}
				}
			}
			t.Errorf("nobody noticed; found: %q", found)
		})
	}
}
