package espeak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"lectern"
	"lectern/internal/proc"
	"lectern/internal/usage"
)

// host starts children, one for each narration: the library carries state from one sentence to the next that cannot be
// reset. In a child that has spoken before, the same text sounds slightly different, and the output of a content key
// must not vary. A start takes about 20 ms.
type host struct {
	command  []string
	patience func(textBytes int) time.Duration // how long a request may take

	slots  chan struct{} // bounds the children that live at once
	ctx    context.Context
	cancel context.CancelFunc // ends all of them
	living sync.WaitGroup
}

// session is a narration's child. One goroutine uses it.
type session struct {
	host  *host
	child *child
}

// child is a running process.
type child struct {
	process *proc.Process
	in      *io.PipeWriter
	out     *io.PipeReader
}

var errClosed = errors.New("the engine is closed")

// patience returns how long a request with a text of textBytes may take. It is generous, because a hang is rare and a
// busy machine is slow. On an idle machine a request takes milliseconds.
func patience(textBytes int) time.Duration {
	return 20*time.Second + time.Duration(textBytes)*20*time.Millisecond
}

func newHost(command []string) *host {
	h := &host{command: command, patience: patience, slots: make(chan struct{}, max(2, runtime.NumCPU()))}
	h.ctx, h.cancel = context.WithCancel(context.Background()) // ends with close
	return h
}

// open waits for a free slot. The session must be closed.
func (h *host) open(ctx context.Context) (*session, error) {
	if h.ctx.Err() != nil {
		return nil, errClosed
	}
	select {
	case h.slots <- struct{}{}:
		return &session{host: h}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-h.ctx.Done():
		return nil, errClosed
	}
}

// close ends all children and waits for them.
func (h *host) close() {
	h.cancel()
	h.living.Wait()
}

// close stops the session's child and frees its slot.
func (s *session) close() {
	s.drop()
	<-s.host.slots
}

func (s *session) drop() {
	if s.child != nil {
		s.child.stop()
		s.child = nil
	}
}

// ask sends the child one request. A child that dies or hangs on it is gone afterwards, and the error is a *childError;
// the next request starts another.
func (s *session) ask(ctx context.Context, r request) (answer, []float32, error) {
	if s.child == nil {
		c, err := s.host.start(ctx)
		if err != nil {
			return answer{}, nil, err
		}
		s.child = c
	}
	a, samples, err := s.exchange(ctx, r)
	if err == nil {
		return a, samples, nil
	}
	c := s.child
	s.drop()
	switch {
	case ctx.Err() != nil:
		return answer{}, nil, ctx.Err()
	case s.host.ctx.Err() != nil:
		return answer{}, nil, errClosed
	}
	return answer{}, nil, &childError{err: err, tail: c.process.Tail(), end: c.process.Wait()}
}

// exchange sends one request and reads its answer. The child is killed when ctx ends or the time of patience is over.
func (s *session) exchange(ctx context.Context, r request) (a answer, samples []float32, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.host.patience(len(r.Text)), errors.New("no answer in time"))
	defer cancel()
	c := s.child
	killed := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		c.stop()
		close(killed)
	})
	defer func() {
		if !unwatch() {
			<-killed
			err = errors.Join(context.Cause(ctx), err)
		}
	}()
	if err := writeHead(c.in, r); err != nil {
		return a, nil, fmt.Errorf("the child does not read the request: %w", err)
	}
	if err := readHead(c.out, &a); err != nil {
		return a, nil, fmt.Errorf("the child does not answer: %w", err)
	}
	if samples, err = readSamples(c.out, a.Samples); err != nil {
		return a, nil, fmt.Errorf("the child's answer is cut off: %w", err)
	}
	return a, samples, nil
}

// start starts a child. It ends with its session or with the host.
func (h *host) start(ctx context.Context) (*child, error) {
	if len(h.command) == 0 {
		return nil, lectern.Fail(lectern.CodeInternal, "The espeak engine has no command that starts its child process.")
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	// The child runs until the host closes. Its session stops it earlier, and exchange stops it when the session's
	// context ends.
	p, err := proc.Start(usage.With(h.ctx, usage.From(ctx)), proc.Command{Path: h.command[0], Args: h.command[1:],
		Stdin: inR, Stdout: outW})
	if err != nil {
		return nil, err
	}
	h.living.Go(func() {
		<-p.Done()
		outW.CloseWithError(errEnded)
		inR.CloseWithError(errEnded)
	})
	return &child{process: p, in: inW, out: outR}, nil
}

var errEnded = errors.New("the child ended")

// stop ends the child and waits for its end. Several goroutines may call it.
func (c *child) stop() {
	c.out.CloseWithError(errEnded)
	c.process.Stop()
}

// childError says how a child failed.
type childError struct {
	err  error
	end  error  // how the process ended
	tail string // of its stderr
}

func (e *childError) Error() string {
	if e.end != nil {
		return fmt.Sprintf("%v (%v)", e.err, e.end)
	}
	return e.err.Error()
}

func (e *childError) Unwrap() error { return e.err }
