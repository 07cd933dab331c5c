package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"lectern"
)

// await returns the presentation p as soon as it has a version above after or has ended, or when the time is over.
func (s *server) await(r *http.Request, p lectern.Presentation, after int64, wait time.Duration) (lectern.Presentation,
	error) {
	if p.Version > after || p.Status.Terminal() || wait <= 0 {
		return p, nil
	}
	leave, err := s.streams.enter(visitOf(r.Context()).from)
	if err != nil {
		return p, err
	}
	defer leave()
	c, stop := context.WithTimeout(r.Context(), wait)
	defer stop()
	gone, answered := false, make(chan struct{})
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		every := time.NewTicker(watchEvery)
		defer every.Stop()
		for {
			select {
			case <-s.Draining:
				stop() // the current version is the answer
				return
			case <-every.C:
				if gone = s.expired(c); gone {
					stop()
					return
				}
			case <-answered:
				return
			}
		}
	}()
	p, err = s.news(c, r, p, after)
	close(answered)
	if <-looked; gone && r.Context().Err() == nil {
		return p, lectern.Fail(lectern.CodeUnauthorized, "While the request waited, its key was removed or expired, or the "+
			"server began to need a key. Send the request again with a valid key.")
	}
	return p, err
}

// news returns the first version of p above after, or p as it is when ctx ends.
func (s *server) news(ctx context.Context, r *http.Request, p lectern.Presentation, after int64) (lectern.Presentation,
	error) {
	s.Observer.Watching(WatchPoll, 1)
	defer s.Observer.Watching(WatchPoll, -1)
	for next, err := range s.mine(r).Watch(ctx, p, after) {
		if err != nil {
			if ctx.Err() != nil && r.Context().Err() == nil {
				break // the time is over, or the server stops
			}
			return p, err
		}
		return next, nil
	}
	return s.mine(r).Get(r.Context(), p.ID)
}

// update is one item of a watch: a version, or the error that ends the watch.
type update struct {
	p   lectern.Presentation
	err error
}

// v1Events streams a presentation's versions. Slow clients too get every version, in order. A client that reads nothing
// for WriteTimeout is dropped, and may resume after the last version that it has seen.
func (s *server) v1Events(w http.ResponseWriter, r *http.Request, in *eventsInput) error {
	after := in.After
	if in.LastEventID != "" {
		n, err := strconv.ParseInt(in.LastEventID, 10, 64)
		if err != nil || n < 0 {
			f := lectern.Fail(codeRequest, "Last-Event-ID is the id of an event of this stream, not %q.", in.LastEventID)
			f.Param = "Last-Event-ID"
			return f
		}
		after = n
	}
	p, err := s.mine(r).Get(r.Context(), in.ID)
	if err != nil {
		return err
	}
	if p.Status.Terminal() && p.Version <= after {
		w.WriteHeader(http.StatusNoContent) // after this status, an EventSource does not reconnect
		return nil
	}
	if r.Method != http.MethodHead {
		leave, err := s.streams.enter(visitOf(r.Context()).from)
		if err != nil {
			return err
		}
		defer leave()
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	s.stream(w, r, p, after)
	return nil
}

// stream writes until the watch ends, the client goes, a write takes too long, the key is no longer valid, or the
// server stops.
func (s *server) stream(w http.ResponseWriter, r *http.Request, seen lectern.Presentation, after int64) {
	c, stop := context.WithCancel(r.Context())
	feed := make(chan update)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(feed)
		for p, err := range s.mine(r).Watch(c, seen, after) {
			select {
			case feed <- update{p, err}:
			case <-c.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	defer func() { stop(); <-done }()

	s.Observer.Watching(WatchStream, 1)
	defer s.Observer.Watching(WatchStream, -1)
	out := http.NewResponseController(w)
	send := func(format string, args ...any) bool {
		_, err := fmt.Fprintf(w, format, args...)
		if err == nil {
			err = out.Flush()
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			s.Observer.Dropped()
			s.Log.LogAttrs(r.Context(), slog.LevelInfo, "an event stream is closed because its client reads nothing; the "+
				"client may resume",
				slog.String("request_id", requestID(r.Context())),
				slog.String("job_id", seen.ID), slog.Duration("patience", s.WriteTimeout))
		}
		return err == nil || errors.Is(err, http.ErrNotSupported)
	}
	if !send("retry: 2000\n\n") {
		return
	}
	beat := time.NewTimer(s.KeepAlive)
	defer beat.Stop()
	look := time.NewTicker(watchEvery)
	defer look.Stop()
	for {
		select {
		case <-c.Done():
			return
		case <-s.Draining:
			send(": the server stops; reconnect\n\n")
			return
		case <-look.C:
			if s.expired(c) {
				send(": the key is no longer valid, or the server needs one now\n\n")
				return
			}
			continue
		case <-beat.C:
			if !send(": still here\n\n") {
				return
			}
		case n, open := <-feed:
			if !open {
				return
			}
			if n.err != nil {
				s.breakOff(r, n.err, send)
				return
			}
			b, err := json.Marshal(s.v1Presentation(n.p))
			if err != nil {
				panic(err)
			}
			if !send("id: %d\nevent: presentation\ndata: %s\n\n", n.p.Version, b) {
				return
			}
		}
		beat.Reset(s.KeepAlive)
	}
}

// breakOff ends a stream after an error. If the presentation was deleted, it sends the event gone. After any other
// error it sends nothing: clients reconnect by themselves.
func (s *server) breakOff(r *http.Request, err error, send func(string, ...any) bool) {
	f := asFailure(err)
	if r.Context().Err() != nil {
		return
	}
	if f.Code == lectern.CodeNotFound {
		b, _ := json.Marshal(newProblem(f, statusOf(f.Code, false), requestID(r.Context())))
		send("event: gone\ndata: %s\n\n", b)
		return
	}
	s.Log.LogAttrs(r.Context(), slog.LevelWarn, "an event stream ended with an error", attrs(r, f)...)
}
