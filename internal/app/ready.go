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
	ReadyBound   = 2 * time.Second // for the answer of /readyz, whatever hangs
	readyPause   = time.Second     // a fault holds so long before it is looked for again
	trialKeep    = 5 * time.Second // a success holds so long
	trialPatient = time.Minute     // a trial that takes longer is given up and begun anew
)

// trial is one thing that must work before presentations can be made, tried when somebody asks and remembered for a
// while, so that many who ask cost as much as one.
type trial struct {
	name string
	keep time.Duration // how long a success holds
	do   func(ctx context.Context) error
	late string // the sentence for one that has not ended in time

	mu      sync.Mutex
	ended   time.Time // of the last one; zero: there was none
	err     error
	running chan struct{} // closed when the one under way has ended; nil: there is none
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

// close ends the trials under way and waits for them.
func (r *readiness) close() {
	if r == nil {
		return
	}
	r.end()
	r.wg.Wait()
}

// missing names what does not work now, in the order of the trials. It answers within the bound. Everybody may ask, so
// the failures are without details, which are in the log.
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

// begin begins a trial, unless one is under way or the last one still holds. It gives what to wait for; nil: nothing.
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

// report logs what stopped working, and what works again.
func (r *readiness) report(name string, before, now error, first bool) {
	switch {
	case now != nil && (before == nil || first):
		f := lectern.AsFailure(now)
		r.log.Warn("not ready", "what", name, "reason", f.Message, "detail", f.Detail)
	case now == nil && before != nil:
		r.log.Info("ready again", "what", name)
	}
}

// result waits for the trial under way, if there is one, and gives what came of it.
func (t *trial) result(ctx context.Context, under <-chan struct{}) error {
	if under != nil {
		select {
		case <-under:
		case <-ctx.Done():
			select {
			case <-under: // it has ended while another one was waited for
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
