package job_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/job"
)

// peers are nodes that the test controls: it sets which of them are dead, and calls changed and lost.
type peers struct {
	store job.Store

	mu      sync.Mutex // guards what follows
	dead    []string
	buried  []string
	changed func(id string)
	lost    func()
}

var _ job.Peers = (*peers)(nil)

func (p *peers) Dead(context.Context) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.dead), nil
}

func (p *peers) Workers(context.Context) (int, error) { return 4, nil }

func (p *peers) Leases(ctx context.Context, node string) ([]job.Lease, error) {
	all, err := p.store.Silent(ctx, time.Now().AddDate(1, 0, 0))
	return slices.DeleteFunc(all, func(l job.Lease) bool {
		v, err := p.store.Get(ctx, l.ID)
		return err != nil || v.Worker != node
	}), err
}

func (p *peers) Silent(ctx context.Context, age time.Duration) ([]job.Lease, error) {
	return p.store.Silent(ctx, time.Now().Add(-age))
}

func (p *peers) Bury(_ context.Context, node string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = slices.DeleteFunc(p.dead, func(n string) bool { return n == node })
	p.buried = append(p.buried, node)
	return nil
}

func (p *peers) Listen(ctx context.Context, changed func(id string), lost func()) {
	p.mu.Lock()
	p.changed, p.lost = changed, lost
	p.mu.Unlock()
	<-ctx.Done()
}

// J8: what a dead node worked on is taken over within seconds, long before its lease would end, and the node is buried.
func TestDeadNodeIsTakenOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		net := &peers{}
		w := open(t, t.TempDir(), false, func(context.Context, lectern.Job, lectern.Reporter) ([]lectern.Artifact, error) {
			return nil, nil
		}, func(o *job.Options) { net.store, o.Peers = o.Store, net })
		defer w.close()
		p := lectern.NewPresentation("orphan", testDeck(1), time.Now().UTC())
		at := time.Now().UTC()
		outs, err := w.store.Commit(t.Context(), []job.Write{
			job.TestWrite(t, job.WriteSpec{ID: p.ID, At: at, Create: &p, Deck: testDeck(1)}),
			job.TestWrite(t, job.WriteSpec{ID: p.ID, At: at, Events: []lectern.Event{lectern.Began{Worker: "other"},
				lectern.Reported{Attempt: 1, Progress: 3000}}}),
		})
		if err != nil || outs[1].Err != nil {
			t.Fatal(err, outs)
		}
		w.start()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := w.get(p.ID); got.Attempt != 1 {
			t.Fatalf("taken from a living node: %+v", got)
		}
		net.mu.Lock()
		net.dead = []string{"other"}
		net.mu.Unlock()
		died := time.Now()
		end := w.ended(p.ID)
		if took := time.Since(died); took > 3*time.Second || end.Attempt != 2 || end.Status != lectern.StatusCompleted ||
			end.Progress != lectern.Done {
			t.Errorf("after %v: %+v", took, end)
		}
		net.mu.Lock()
		defer net.mu.Unlock()
		if !slices.Equal(net.buried, []string{"other"}) {
			t.Errorf("buried: %v", net.buried)
		}
	})
}

// J10 J7: a cancel that another node has stored reaches the run with the notification; a node that may have been taken
// for dead stops its runs and returns them to the queue.
func TestNewsFromOtherNodesReachRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		net := &peers{}
		causes := make(chan error, 4)
		w := open(t, t.TempDir(), false, func(ctx context.Context, j lectern.Job,
			_ lectern.Reporter) ([]lectern.Artifact, error) {
			if j.Attempt == 2 {
				return nil, nil
			}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return nil, context.Cause(ctx)
		}, func(o *job.Options) { net.store, o.Peers = o.Store, net })
		defer w.close()
		w.start()
		p, q := w.create(1), w.create(1)
		synctest.Wait()
		began := time.Now()
		if _, err := w.store.Commit(t.Context(), []job.Write{ // as another node would, past this service
			job.TestWrite(t, job.WriteSpec{ID: p.ID, At: time.Now().UTC(), Events: []lectern.Event{lectern.CancelAsked{}}}),
		}); err != nil {
			t.Fatal(err)
		}
		net.changed(p.ID)
		if end := w.ended(p.ID); end.Status != lectern.StatusCanceled || time.Since(began) > time.Second {
			t.Errorf("after %v: %+v", time.Since(began), end)
		}
		if cause := <-causes; cause != job.ErrCanceled {
			t.Errorf("the run ended because of %v", cause)
		}
		net.lost()
		if cause := <-causes; cause != job.ErrLeaseLost {
			t.Errorf("the run ended because of %v", cause)
		}
		if end := w.ended(q.ID); end.Status != lectern.StatusCompleted || end.Attempt != 2 {
			t.Errorf("the presentation that was returned to the queue ended as %+v", end)
		}
	})
}

// A service that takes no work still queues and cancels presentations.
func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := open(t, t.TempDir(), false, func(context.Context, lectern.Job, lectern.Reporter) ([]lectern.Artifact, error) {
			t.Error("an idle service began a run")
			return nil, nil
		}, func(o *job.Options) { o.Idle = true })
		defer w.close()
		w.start()
		p := w.create(1)
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := w.get(p.ID); got.Status != lectern.StatusQueued {
			t.Errorf("%+v", got)
		}
		if c, err := w.svc.Cancel(t.Context(), p.ID); err != nil || c.Status != lectern.StatusCanceled {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

// unanswered is a store that commits and, once next is set, returns an error for one commit, as if the connection broke
// between the commit and its answer.
type unanswered struct {
	job.Store
	next atomic.Bool
}

func (s *unanswered) Commit(ctx context.Context, writes []job.Write) ([]job.Outcome, error) {
	outs, err := s.Store.Commit(ctx, writes)
	if err == nil && s.next.CompareAndSwap(true, false) {
		f := lectern.Fail(lectern.CodeOverloaded, "The database does not answer.")
		f.Retryable = true
		return nil, f
	}
	return outs, err
}

// J5: a node gets no notification of its own commits. Where the answer to a commit is lost, its watchers still see the
// versions, at their next poll.
func TestCommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		net, lossy := &peers{}, &unanswered{}
		finish := make(chan struct{})
		w := open(t, t.TempDir(), false, func(_ context.Context, _ lectern.Job,
			r lectern.Reporter) ([]lectern.Artifact, error) {
			time.Sleep(500 * time.Millisecond)
			lossy.next.Store(true)
			r.Report(lectern.Reported{Progress: 4000})
			<-finish
			return nil, nil
		}, func(o *job.Options) {
			net.store, lossy.Store = o.Store, o.Store
			o.Peers, o.Store = net, lossy
		})
		defer w.close()
		w.start()
		p := w.create(1)
		seen := w.until(p.ID, func(v lectern.Presentation) bool { return v.Progress == 4000 })
		if took := time.Since(p.CreatedAt); took > 3*time.Second || lossy.next.Load() {
			t.Errorf("version %d was seen after %v", seen.Version, took)
		}
		close(finish)
		if end := w.ended(p.ID); end.Status != lectern.StatusCompleted || end.Version != seen.Version+1 {
			t.Errorf("after version %d: %+v", seen.Version, end)
		}
	})
}
