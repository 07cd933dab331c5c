package render

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"lectern"
)

// group runs the goroutines of one run. The first failure stops the others; what else fails becomes its causes.
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
		if err := guard(func() error { return f(g.ctx) }); err != nil {
			g.fail(err)
		}
	}()
}

func (g *group) fail(err error) {
	g.mu.Lock()
	if len(g.failures) == 0 || !isCancel(err) {
		// Whoever was stopped by an earlier failure says so with that failure as the cause.
		f := lectern.AsFailure(err)
		known := false
		for _, have := range g.failures {
			known = known || have == f
		}
		if !known && len(g.failures) <= maxCauses {
			g.failures = append(g.failures, f)
		}
	}
	g.mu.Unlock()
	g.cancel(lectern.AsFailure(err))
}

// wait waits for all and gives the first failure, with the others as its causes. Where the run was stopped from
// outside, it gives the reason for that instead.
func (g *group) wait(outer context.Context) error {
	g.wg.Wait()
	defer g.cancel(nil)
	if outer.Err() != nil {
		return stopped(outer)
	}
	if len(g.failures) == 0 {
		return nil
	}
	return joinFailures(g.failures)
}

// stopped is why a run was stopped from outside.
func stopped(ctx context.Context) error {
	cause := context.Cause(ctx)
	if isFailure(cause) {
		return cause
	}
	return lectern.Fail(lectern.CodeCanceled, "The presentation was stopped.").Because(cause)
}

// guard turns a panic in f into a failure that has the stack behind it.
func guard(f func() error) (err error) { return guardOn(0, f) }

// guardOn is guard for what is done for a slide; 0: for the whole.
func guardOn(slide int, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fail := lectern.Fail(lectern.CodeInternal, "Something inside Lectern went wrong.").At(slide)
			fail.Detail = fmt.Sprintf("panic: %v\n\n%s", p, debug.Stack())
			err = fail
		}
	}()
	return f()
}
