package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"lectern"
	"lectern/internal/crashpoint"
)

// The causes for which the context of a run ends.
var (
	ErrCanceled  = errors.New("a user has canceled the presentation")
	ErrStopping  = errors.New("Lectern is stopping")
	ErrLeaseLost = errors.New("another attempt has taken over")
	ErrTooLong   = errors.New("the run took too long")
)

// run is one attempt at a presentation in this process. It is the Reporter that the pipeline gets.
type run struct {
	s       *Service
	id      string
	attempt int
	ctx     context.Context
	cancel  context.CancelCauseFunc
	asked   sync.Once     // for askToEnd
	ended   chan struct{} // closed: Run has returned

	mu      sync.Mutex // guards pending and reports; held for a merge, never longer
	pending lectern.Reported
	reports int // how many are folded into pending

	nextBeat time.Time // of the monotonic clock; once registered, only the writer uses it
}

var _ lectern.Reporter = (*run)(nil)

// Report folds the report into the pending one. No holder of its lock does more than that, and it allocates nothing
// unless the report has warnings or a usage (J14, J15).
func (r *run) Report(rep lectern.Reported) {
	r.mu.Lock()
	first := r.reports == 0
	r.pending = r.pending.Merge(rep)
	r.reports++
	r.mu.Unlock()
	if first {
		r.s.poke(r.s.dirty)
	}
}

// StepDone records the step in the store. A run whose attempt is over gets CodeStale (J7).
func (r *run) StepDone(ctx context.Context, step lectern.Step) error {
	step.Attempt = r.attempt
	_, err := r.s.submitFor(ctx, r, WriteSpec{
		ID: r.id, Step: &step, Events: []lectern.Event{lectern.Reported{Attempt: r.attempt}},
	})
	return err
}

// take empties the pending report, and returns it with the number of reports that are folded into it.
func (r *run) take() (lectern.Reported, int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rep, reports := r.pending, r.reports
	r.pending, r.reports = lectern.Reported{}, 0
	rep.Attempt = r.attempt
	return rep, reports
}

// giveBack merges a taken report with what has been reported since.
func (r *run) giveBack(rep lectern.Reported, reports int) {
	r.mu.Lock()
	r.pending = rep.Merge(r.pending)
	r.reports += reports
	r.mu.Unlock()
}

// askToEnd passes a user's cancel to the run. If the run has not ended within CancelGrace, the presentation becomes
// canceled without it.
func (r *run) askToEnd() {
	r.asked.Do(func() {
		r.cancel(ErrCanceled)
		r.s.inFlight.spawn(func() {
			grace := time.NewTimer(r.s.opt.CancelGrace)
			defer grace.Stop()
			select {
			case <-r.ended:
			case <-grace.C:
				r.s.settle(r, lectern.Stopped{Attempt: r.attempt}, nil)
			}
		})
	})
}

func (r *run) returned() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// attempt performs one ticket; the queue calls it. After an error the queue delivers the ticket again.
func (s *Service) attempt(ctx context.Context, id string, attempt int) error {
	if s.work.Err() != nil || !s.inFlight.enter() {
		return ErrStopping
	}
	defer s.inFlight.leave()

	r := &run{s: s, id: id, attempt: attempt, ended: make(chan struct{}),
		nextBeat: time.Now().Add(s.opt.HeartbeatInterval)}
	tooLong, stopClock := context.WithTimeoutCause(s.work, s.opt.MaxRun, ErrTooLong)
	defer stopClock()
	r.ctx, r.cancel = context.WithCancelCause(tooLong)
	defer r.cancel(nil)
	defer context.AfterFunc(ctx, func() { r.cancel(ErrStopping) })()

	_, err := s.send(context.WithoutCancel(ctx), request{begin: r, spec: WriteSpec{
		ID: id, Expect: attempt, Events: []lectern.Event{lectern.Began{Worker: s.opt.Node}},
	}})
	switch code := failureOf(err); {
	case err == nil:
	case code.Code == lectern.CodeStale, code.Code == lectern.CodeConflict, code.Code == lectern.CodeNotFound:
		return nil // the ticket is out of date: the presentation was canceled, removed, or has begun already
	default:
		s.log.WarnContext(ctx, "a run cannot begin yet; it is tried again", "job_id", id, "attempt", attempt, "failure",
			err.Error())
		return err
	}

	crashpoint.Here(crashpoint.Begun)
	artifacts, err := s.perform(r)
	close(r.ended)
	crashpoint.Here(crashpoint.Returned)
	last, artifacts := s.verdict(r, artifacts, err)
	switch last := last.(type) {
	case lectern.Stopped, lectern.Released:
		s.dropScratch(r) // its finished steps are in the cache
	case lectern.Broke:
		if last.Failure.Code == lectern.CodeDiskFull {
			s.dropScratch(r)
			s.opt.MakeRoom()
		}
	}
	s.settle(r, last, artifacts)
	s.unregister(r)
	crashpoint.Here(crashpoint.Ended)
	return nil
}

// perform calls Run in a scratch folder of its own and turns a panic into a failure.
func (s *Service) perform(r *run) (artifacts []lectern.Artifact, err error) {
	defer func() {
		if v := recover(); v != nil {
			f := lectern.Fail(lectern.CodeInternal, "Something inside Lectern went wrong.")
			f.Retryable = true
			f.Detail = fmt.Sprintf("panic: %v\n\n%s", v, debug.Stack())
			artifacts, err = nil, f
		}
	}()
	deck, err := s.opt.Store.Deck(r.ctx, r.id)
	if err != nil {
		return nil, err
	}
	scratch := s.scratch(r.id, r.attempt)
	if err := os.RemoveAll(scratch); err != nil {
		return nil, fmt.Errorf("empty the scratch folder: %w", err)
	}
	// The parent may be missing as well: other nodes remove ScratchDir when they take this node for dead.
	if err := os.MkdirAll(scratch, 0o700); err != nil {
		return nil, fmt.Errorf("make the scratch folder: %w", err)
	}
	return s.opt.Run(r.ctx, lectern.Job{ID: r.id, Attempt: r.attempt, Deck: deck, Scratch: scratch, Orders: r,
		Locks: r}, r)
}

// scratch is the folder of one attempt. It is flat, so that removing one attempt never races with making another.
func (s *Service) scratch(id string, attempt int) string {
	return filepath.Join(s.opt.ScratchDir, fmt.Sprintf("%s.%d", id, attempt))
}

// verdict returns the event that ends a run which has returned.
func (s *Service) verdict(r *run, artifacts []lectern.Artifact, err error) (lectern.Event, []lectern.Artifact) {
	cause := context.Cause(r.ctx)
	switch {
	case errors.Is(cause, ErrCanceled):
		return lectern.Stopped{Attempt: r.attempt}, nil
	case err == nil:
		return lectern.Completed{Attempt: r.attempt, Files: artifacts}, artifacts
	case errors.Is(cause, ErrStopping), errors.Is(cause, ErrLeaseLost):
		return lectern.Released{Attempt: r.attempt}, nil
	case errors.Is(cause, ErrTooLong):
		f := lectern.Fail(lectern.CodeTimeout, "The work was given up after %v.", s.opt.MaxRun).Because(err)
		return lectern.Broke{Attempt: r.attempt, Failure: *f}, nil
	}
	return lectern.Broke{Attempt: r.attempt, Failure: *failureOf(err)}, nil
}

// settle writes the event that ends a run. If the store cannot take it (a full disk), settle tries again until it can
// or the service stops; then the next start releases the run.
func (s *Service) settle(r *run, last lectern.Event, artifacts []lectern.Artifact) {
	ctx := context.WithoutCancel(r.ctx)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		out, err := s.submitFor(ctx, r, WriteSpec{ID: r.id, Events: []lectern.Event{last}, Artifacts: artifacts})
		if err == nil && out.After.Status == lectern.StatusCanceled && r.returned() {
			s.dropScratch(r)
		}
		if err == nil || out.Err != nil {
			return
		}
		if _, completed := last.(lectern.Completed); completed && failureOf(err).Code == lectern.CodeInternal {
			// The store cannot take the result of the run.
			last, artifacts = lectern.Broke{Attempt: r.attempt, Failure: *failureOf(err)}, nil
		}
		s.log.WarnContext(ctx, "the end of a run cannot be stored yet", "job_id", r.id, "attempt", r.attempt, "failure",
			err.Error())
		select {
		case <-time.After(pause):
		case <-s.work.Done():
			return
		}
	}
}

// dropScratch removes the folder of a run that has returned.
func (s *Service) dropScratch(r *run) {
	if err := os.RemoveAll(s.scratch(r.id, r.attempt)); err != nil {
		s.log.Warn("a scratch folder could not be removed; it is tried again later", "job_id", r.id, "failure", err.Error())
	}
}

func (s *Service) register(r *run) {
	s.runsMu.Lock()
	s.runs[r.id] = r
	s.runsMu.Unlock()
}

func (s *Service) unregister(r *run) {
	s.runsMu.Lock()
	if s.runs[r.id] == r {
		delete(s.runs, r.id)
	}
	s.runsMu.Unlock()
}

func (s *Service) running(id string) *run {
	s.runsMu.Lock()
	defer s.runsMu.Unlock()
	return s.runs[id]
}

func (s *Service) snapshotRuns() []*run {
	s.runsMu.Lock()
	defer s.runsMu.Unlock()
	if len(s.runs) == 0 {
		return nil
	}
	all := make([]*run, 0, len(s.runs))
	for _, r := range s.runs {
		all = append(all, r)
	}
	return all
}

// failureOf returns err as a failure for users. A full disk is CodeDiskFull, wherever in the chain of errors it is.
func failureOf(err error) *lectern.Failure {
	if f, ok := errors.AsType[*lectern.Failure](err); ok && f.Code != lectern.CodeInternal {
		return f
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		f := lectern.Fail(lectern.CodeDiskFull, "The disk is full. Make room, then try again.").Because(err)
		f.Retryable = true
		return f
	}
	return lectern.AsFailure(err)
}
