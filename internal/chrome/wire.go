package chrome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// errLost reports that the browser or its connection is gone, errCrashed that one tab has crashed.
var (
	errLost    = errors.New("the connection to the browser was lost")
	errCrashed = errors.New("the tab crashed")
)

// wire is the connection to a browser: commands and answers, and events by session, over chromedp's pipe transport. The
// goroutine that reads never blocks, so that a slow page does not delay the others.
type wire struct {
	tr   *chromedp.PipeConn
	next atomic.Int64
	out  chan *cdproto.Message
	lost chan struct{} // closed when reading has ended
	wg   sync.WaitGroup

	mu       sync.Mutex
	calls    map[int64]chan *cdproto.Message
	sessions map[target.SessionID]*session
}

// dial returns a wire over the two files. The wire closes them.
func dial(r, w *os.File) *wire {
	c := &wire{
		tr: chromedp.NewPipeConn(r, w), out: make(chan *cdproto.Message), lost: make(chan struct{}),
		calls: map[int64]chan *cdproto.Message{}, sessions: map[target.SessionID]*session{},
	}
	c.wg.Go(c.read)
	c.wg.Go(c.write)
	return c
}

func (c *wire) close() {
	_ = c.tr.Close()
	c.wg.Wait()
}

func (c *wire) read() {
	defer close(c.lost)
	for {
		m := new(cdproto.Message)
		if err := c.tr.Read(context.Background(), m); err != nil {
			return // after an invalid message the connection is unusable
		}
		c.route(m)
	}
}

func (c *wire) route(m *cdproto.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.Method == "" {
		if ch := c.calls[m.ID]; ch != nil {
			delete(c.calls, m.ID)
			ch <- m // buffered, so this never blocks
		}
		return
	}
	if s := c.sessions[m.SessionID]; s != nil {
		s.push(event{string(m.Method), m.Params})
	}
}

func (c *wire) write() {
	for {
		select {
		case <-c.lost:
			return
		case m := <-c.out:
			if c.tr.Write(context.Background(), m) != nil {
				_ = c.tr.Close() // this ends the reader too
				return
			}
		}
	}
}

// do sends a command, to the browser itself if id is empty, and waits for the answer. It fails with errLost,
// errCrashed if gone is closed, ctx's cause, or the browser's error.
func (c *wire) do(ctx context.Context, id target.SessionID, gone <-chan struct{}, method string, params,
	result any) error {
	m := &cdproto.Message{ID: c.next.Add(1), SessionID: id, Method: cdproto.MethodType(method)}
	if params != nil {
		b, err := jsonv2.Marshal(params, chromedp.DefaultMarshalOptions)
		if err != nil {
			return err
		}
		m.Params = b
	}
	ch := make(chan *cdproto.Message, 1)
	c.mu.Lock()
	c.calls[m.ID] = ch
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.calls, m.ID)
		c.mu.Unlock()
	}()
	select {
	case c.out <- m:
	case <-c.lost:
		return errLost
	case <-gone:
		return errCrashed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case a := <-ch:
		if a.Error != nil {
			return fmt.Errorf("%s: %w", method, a.Error)
		}
		if result == nil {
			return nil
		}
		return jsonv2.Unmarshal(a.Result, result, chromedp.DefaultUnmarshalOptions)
	case <-c.lost:
		return errLost
	case <-gone:
		return errCrashed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// session is a tab's side of the wire.
type session struct {
	c    *wire
	id   target.SessionID
	gone chan struct{} // closed by die

	mu    sync.Mutex
	queue []event
	wake  chan struct{}
	dead  bool
}

type event struct {
	method string
	params jsonv2.Value
}

// attach begins to collect a session's events.
func (c *wire) attach(id target.SessionID) *session {
	s := &session{c: c, id: id, gone: make(chan struct{}), wake: make(chan struct{}, 1)}
	c.mu.Lock()
	c.sessions[id] = s
	c.mu.Unlock()
	return s
}

// die ends the session on our side: calls return errCrashed, and events are no longer collected.
func (s *session) die() {
	s.c.mu.Lock()
	delete(s.c.sessions, s.id)
	s.c.mu.Unlock()
	s.mu.Lock()
	if !s.dead {
		s.dead = true
		close(s.gone)
	}
	s.mu.Unlock()
}

func (s *session) push(e event) {
	s.mu.Lock()
	s.queue = append(s.queue, e)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// each calls f for every event, in order, until the session or the connection is gone.
func (s *session) each(f func(event)) {
	for {
		s.mu.Lock()
		q := s.queue
		s.queue = nil
		s.mu.Unlock()
		for _, e := range q {
			f(e)
		}
		if len(q) > 0 {
			continue
		}
		select {
		case <-s.wake:
		case <-s.gone:
			return
		case <-s.c.lost:
			return
		}
	}
}

// call runs a typed command in a session; a nil session is the browser itself.
func call[P, R any](ctx context.Context, c *wire, s *session, cmd cdp.Command[P, R], params P) (R, error) {
	var result R
	var id target.SessionID
	var gone <-chan struct{}
	if s != nil {
		id, gone = s.id, s.gone
	}
	err := c.do(ctx, id, gone, cmd.Method, params, &result)
	return result, err
}

func decode[T any](e event) (T, error) {
	var v T
	err := jsonv2.Unmarshal(e.params, &v, chromedp.DefaultUnmarshalOptions)
	return v, err
}
