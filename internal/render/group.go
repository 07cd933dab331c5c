package render

import (
	"context"
	"lectern/internal/fail"
	"sync"

	"lectern"
)

// group runs the goroutines of one run. The first failure stops the others; later failures become its causes.
type group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	failures []*lectern.Failure
}

func newGroup(ctx context.Context) *group {
	g := &group{}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

// do starts f. A panic in it is a failure.
func (g *group) do(f func(ctx context.Context) error) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		if err := fail.Guard(func() error { return f(g.ctx) }); err != nil {
			g.fail(err)
		}
	}()
}

func (g *group) fail(err error) {
	g.mu.Lock()
	if len(g.failures) == 0 || !fail.Canceled(err) {
		// A goroutine that was stopped by an earlier failure returns that failure again.
		f := lectern.AsFailure(err)
		known := false
		for _, have := range g.failures {
			known = known || have == f
		}
		if !known && len(g.failures) <= fail.MaxCauses {
			g.failures = append(g.failures, f)
		}
	}
	g.mu.Unlock()
	g.cancel(lectern.AsFailure(err))
}

// wait waits for all goroutines and returns the first failure, with the others as its causes. If the run was stopped
// from outside, it returns the reason for that instead.
func (g *group) wait(outer context.Context) error {
	g.wg.Wait()
	defer g.cancel(nil)
	if outer.Err() != nil {
		return stopped(outer)
	}
	if len(g.failures) == 0 {
		return nil
	}
	return fail.Join(g.failures)
}

// stopped returns why a run was stopped from outside.
func stopped(ctx context.Context) error {
	cause := context.Cause(ctx)
	if fail.Is(cause) {
		return cause
	}
	return lectern.Fail(lectern.CodeCanceled, "The presentation was stopped.").Because(cause)
}
