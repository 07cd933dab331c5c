package proc

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"lectern/internal/usage"
)

// escapedLinger is how long the pipes of a killed group may stay open. Only a helper that left the group can hold them.
const escapedLinger = 200 * time.Millisecond

var errStopped = errors.New("stopped by its owner")

// Process is a running child. It ends by itself, at the end of its context, or by Stop.
type Process struct {
	cmd    *exec.Cmd
	c      Command
	ctx    context.Context // ends with the context given to Start, by Stop, or by fail
	cancel context.CancelCauseFunc

	io           streams
	done         chan struct{}
	err          error         // valid after done
	user, system time.Duration // valid after done

	failure error // of Stdin or Stdout; guarded by mu
	mu      sync.Mutex
}

// Start starts the command and returns while it runs. The processor time of the child, and of the descendants that were
// waited for, counts for the usage.Meter of ctx when the child has ended. When ctx ends, the child's process group gets
// TERM, and KILL after c.Grace. The caller need not call Wait for the child to be reaped.
func Start(ctx context.Context, c Command) (*Process, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	path, err := lookup(c.Path)
	if err != nil {
		return nil, err
	}
	if c.Grace <= 0 {
		c.Grace = DefaultGrace
	}
	if c.Linger <= 0 {
		c.Linger = DefaultLinger
	}
	p := &Process{c: c, done: make(chan struct{})}
	attributes := groupAttributes()
	if c.NoNetwork {
		if err := leaveNetwork(attributes); err != nil {
			return nil, fmt.Errorf("%s cannot be started without a network: %w", filepath.Base(c.Path), err)
		}
	}
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	p.cmd = &exec.Cmd{
		Path: path, Args: append([]string{c.Path}, c.Args...), Env: environment(c.Env), Dir: c.Dir,
		ExtraFiles: c.Files, SysProcAttr: attributes,
	}
	started := make(chan error)
	go p.live(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("%s could not be started: %w", filepath.Base(c.Path), err)
	}
	return p, nil
}

// Pid is the child's process id, and that of its group.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the child is reaped, its pipes are closed and the rest of its group has been killed.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for Done and returns how the child ended, as [Run] does. Any number of goroutines may call it, repeatedly.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Times returns the processor time of the child and of the descendants that were waited for. It waits for Done.
func (p *Process) Times() (user, system time.Duration) {
	<-p.done
	return p.user, p.system
}

// Stop ends the child as the end of its context would, and waits for Done.
func (p *Process) Stop() {
	p.cancel(errStopped)
	<-p.done
}

// Tail is the end of what the child has written to standard error so far.
func (p *Process) Tail() string { return p.io.tail.String() }

// live runs the child from start to end on one locked thread: the kernel sends the signal for a dead parent when the
// thread that started the child ends, and the Go runtime may end a thread long before the process.
func (p *Process) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer p.cancel(nil)
	if err := p.start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.supervise()
	close(p.done)
}

func (p *Process) start() error {
	err := p.io.connect(p.cmd, p.c)
	if err == nil {
		err = p.cmd.Start()
	}
	if err == nil && p.c.Memory > 0 {
		if err = limitMemory(p.cmd.Process.Pid, p.c.Memory); err != nil {
			_ = signalGroup(p.cmd.Process.Pid, syscall.SIGKILL)
			_ = p.cmd.Wait()
		}
	}
	p.io.closeTheirs()
	if err != nil {
		p.io.closeOurs()
		return err
	}
	p.io.pump(p.c, p.fail)
	return nil
}

// fail stops the child because one of its streams cannot go on. The first reason is kept.
func (p *Process) fail(err error) {
	p.mu.Lock()
	if p.failure == nil {
		p.failure = err
	}
	p.mu.Unlock()
	p.cancel(err)
}

// supervise waits for the child to end or ends it, drains the pipes, and kills the rest of the group.
func (p *Process) supervise() error {
	pid := p.cmd.Process.Pid
	ended := make(chan struct{})
	var reap func() error
	go func() {
		reap = awaitEnd(p.cmd)
		close(ended)
	}()
	drained := make(chan struct{})
	go func() {
		p.io.readers.Wait()
		close(drained)
	}()

	stopped := p.awaitOrStop(pid, ended, drained)
	// On Linux the child is not reaped yet, so no other process can have its id, which is the group's.
	_ = signalGroup(pid, syscall.SIGKILL)
	<-ended
	within(drained, escapedLinger)
	werr := reap()
	if st := p.cmd.ProcessState; st != nil { // nil: waiting for it failed
		p.user, p.system = st.UserTime(), st.SystemTime()
		usage.From(p.ctx).CPU(p.user + p.system)
	}
	p.io.letGo(p.c)
	p.io.closeOurs()
	<-drained
	within(p.io.fed, p.c.Linger)

	p.mu.Lock()
	failure := p.failure
	p.mu.Unlock()
	name := filepath.Base(p.c.Path)
	var exit *exec.ExitError
	switch {
	case failure != nil:
		return fmt.Errorf("%s was stopped: %w", name, failure)
	case stopped:
		return fmt.Errorf("%s was stopped: %w", name, context.Cause(p.ctx))
	case errors.As(werr, &exit):
		e := &ExitError{Path: p.cmd.Path, ExitCode: exit.ExitCode(), Tail: p.Tail()}
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			e.Signal = ws.Signal()
		}
		return e
	}
	return werr
}

// awaitOrStop returns when the child has ended and its pipes are drained, or when Grace or Linger is over. It reports
// whether the child was asked to stop before it ended by itself.
func (p *Process) awaitOrStop(pid int, ended, drained <-chan struct{}) (stopped bool) {
	select {
	case <-ended:
		linger := time.NewTimer(p.c.Linger)
		defer linger.Stop()
		select {
		case <-drained:
		case <-linger.C:
		case <-p.ctx.Done():
		}
		return false
	case <-p.ctx.Done():
	}
	_ = signalGroup(pid, syscall.SIGTERM)
	grace := time.NewTimer(p.c.Grace)
	defer grace.Stop()
	for range 2 {
		select {
		case <-ended:
			ended = nil
		case <-drained:
			drained = nil
		case <-grace.C:
			return true
		}
	}
	return true
}

// within waits for c, but not longer than d. With a nil c it returns at once.
func within(c <-chan struct{}, d time.Duration) {
	if c == nil {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c:
	case <-t.C:
	}
}
