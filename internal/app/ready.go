package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"lectern"
)

// Bounds of readiness.
const (
	ReadyBound   = 2 * time.Second // within which /readyz answers, even if a trial hangs
	readyPause   = time.Second     // how long a failure is remembered before the next trial
	trialKeep    = 5 * time.Second // how long a success is remembered
	trialPatient = time.Minute     // a trial that takes longer is canceled, and a new one can begin
)

// trial tests one thing that must work before presentations can be made. It runs when somebody asks, and its result is
// remembered for a while, so that many requests cost as much as one.
type trial struct {
	name string
	keep time.Duration // how long a success is remembered
	do   func(ctx context.Context) error
	late string // the message if it has not ended in time

	mu      sync.Mutex
	ended   time.Time     // when the last run ended; zero: there was none
	err     error         // of the last run
	running chan struct{} // closed when the current run has ended; nil: there is none
}

// readiness is all trials of a process.
type readiness struct {
	trials []*trial
	log    *slog.Logger
	bound  time.Duration
	life   context.Context // ends with close
	end    context.CancelFunc
	wg     sync.WaitGroup
}

func newReadiness(log *slog.Logger, trials ...*trial) *readiness {
	r := &readiness{trials: trials, log: log, bound: ReadyBound}
	r.life, r.end = context.WithCancel(context.Background())
	return r
}

// close cancels the running trials and waits for them.
func (r *readiness) close() {
	if r == nil {
		return
	}
	r.end()
	r.wg.Wait()
}

// missing returns the failures of the trials, in their order, within the bound. Everybody may request them, so they
// have no details. The log has these.
func (r *readiness) missing(ctx context.Context) []*lectern.Failure {
	ctx, cancel := context.WithTimeout(ctx, r.bound)
	defer cancel()
	var under []<-chan struct{}
	for _, t := range r.trials {
		under = append(under, r.begin(t))
	}
	var out []*lectern.Failure
	for i, t := range r.trials {
		if err := t.result(ctx, under[i]); err != nil {
			f := *lectern.AsFailure(err)
			f.Detail, f.Causes = "", nil
			out = append(out, &f)
		}
	}
	return out
}

// begin runs a trial, unless it is running or its last result is still remembered. It returns a channel that is closed
// when the trial has ended, or nil if there is nothing to wait for.
func (r *readiness) begin(t *trial) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running != nil || r.life.Err() != nil {
		return t.running
	}
	hold := t.keep
	if t.err != nil {
		hold = readyPause
	}
	if !t.ended.IsZero() && time.Since(t.ended) < hold {
		return nil
	}
	done := make(chan struct{})
	t.running = done
	r.wg.Go(func() {
		ctx, cancel := context.WithTimeout(r.life, trialPatient)
		defer cancel()
		err := t.do(ctx)
		if err != nil && ctx.Err() != nil {
			err = t.tardy()
		}
		t.mu.Lock()
		before, first := t.err, t.ended.IsZero()
		t.ended, t.err, t.running = time.Now(), err, nil
		t.mu.Unlock()
		close(done)
		if r.life.Err() == nil {
			r.report(t.name, before, err, first)
		}
	})
	return done
}

// report logs that a trial has begun to fail, or succeeds again.
func (r *readiness) report(name string, before, now error, first bool) {
	switch {
	case now != nil && (before == nil || first):
		f := lectern.AsFailure(now)
		r.log.Warn("not ready", "what", name, "reason", f.Message, "detail", f.Detail)
	case now == nil && before != nil:
		r.log.Info("ready again", "what", name)
	}
}

// result waits for the running trial, if there is one, and returns its result. under is the channel that begin
// returned.
func (t *trial) result(ctx context.Context, under <-chan struct{}) error {
	if under != nil {
		select {
		case <-under:
		case <-ctx.Done():
			select {
			case <-under: // it ended while missing waited for another trial
			default:
				return t.tardy()
			}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func (t *trial) tardy() *lectern.Failure {
	f := lectern.Fail(lectern.CodeOverloaded, "%s", t.late)
	f.Retryable = true
	return f
}
