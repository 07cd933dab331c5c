package client

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/internal/retry"
)

// Watch returns each version of a presentation that is greater than after, once and in order, and ends after the
// terminal one. It reconnects after a broken connection or a restart of the server and continues where it was. It ends
// with an error if the server is silent for the client's patience, or refuses for good.
func (c *Client) Watch(ctx context.Context, id string, after int64) iter.Seq2[lectern.Presentation, error] {
	return func(yield func(lectern.Presentation, error) bool) {
		w := &watch{client: c, id: id, after: after, yield: yield, pace: c.policy(anyNumber).Begin()}
		for {
			before := w.after
			done, err := w.stream(ctx)
			switch {
			case done:
				return
			case ctx.Err() != nil:
				yield(lectern.Presentation{}, ctx.Err())
				return
			case err != nil && !passing(err):
				yield(lectern.Presentation{}, err)
				return
			}
			if w.after > before {
				w.pace.Reset()
			}
			if err == nil {
				err = errBroken
			}
			if err := w.pace.Wait(ctx, err, retryAfter(err)); err != nil {
				yield(lectern.Presentation{}, cmp.Or(ctx.Err(), err))
				return
			}
		}
	}
}

// errBroken is the failure of a stream that starts and breaks off each time.
var errBroken = lectern.Fail(CodeUnreachable, "The server's stream of events keeps breaking off. Try again later.")

type watch struct {
	client *Client
	id     string
	after  int64
	yield  func(lectern.Presentation, error) bool
	pace   *retry.Pace
}

// stream reads one connection. It is done when the consumer stops or has the terminal version. A connection that breaks
// off is neither done nor an error.
func (w *watch) stream(ctx context.Context) (done bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	header := http.Header{"Accept": {"text/event-stream"}}
	if w.after > 0 {
		header.Set("Last-Event-ID", strconv.FormatInt(w.after, 10))
	}
	res, err := w.client.do(ctx, http.MethodGet, "/v1/presentations/"+url.PathEscape(w.id)+"/events", nil, header)
	if err != nil {
		return false, err
	}
	defer res.Body.Close()
	w.pace.Answered()
	if res.StatusCode == http.StatusNoContent {
		return true, nil // the consumer has the terminal version
	}
	// The server sends comments through every silence, so none at all means that the connection is dead.
	silence := time.AfterFunc(w.client.idle, stop)
	defer silence.Stop()
	lines := bufio.NewReaderSize(res.Body, 64<<10)
	var e event
	for {
		line, err := readLine(lines)
		if err != nil {
			return false, nil // the connection broke off
		}
		silence.Reset(w.client.idle)
		w.pace.Answered()
		if !e.add(line) {
			continue
		}
		if done, err := w.take(e); done || err != nil {
			return done, err
		}
		e = event{}
	}
}

// take passes an event on to the consumer.
func (w *watch) take(e event) (done bool, err error) {
	switch e.name {
	case "gone":
		var p problem
		_ = json.Unmarshal([]byte(e.data), &p) // if it fails, Detail stays empty
		if p.Detail == "" {
			p.Detail = "The presentation was deleted."
		}
		return false, &Error{Status: http.StatusNotFound, RequestID: p.RequestID,
			Failure: lectern.Fail(lectern.CodeNotFound, "%s", p.Detail)}
	case "presentation":
	default:
		return false, nil // an event that only newer servers send
	}
	var v wire
	if err := json.Unmarshal([]byte(e.data), &v); err != nil {
		return false, &Error{Status: http.StatusOK, Failure: lectern.Fail(lectern.CodeInternal,
			"An event of the server could not be read.").Because(err)}
	}
	if v.Version <= w.after {
		return false, nil
	}
	w.after = v.Version
	if !w.yield(v.presentation(), nil) {
		return true, nil
	}
	return v.Status.Terminal(), nil
}

// event is a server-sent event of which more lines may follow.
type event struct {
	name, data string
	lines      int
}

// add adds a line and reports whether the event is complete and has data.
func (e *event) add(line string) bool {
	if line == "" {
		ready := e.lines > 0
		if !ready {
			*e = event{}
		}
		return ready
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "event":
		e.name = value
	case "data":
		if e.lines > 0 {
			e.data += "\n"
		}
		e.data += value
		e.lines++
	}
	return false
}

var errLongLine = errors.New("a line of the stream is too long")

// readLine reads a line of at most 16 MiB and returns it without its line break.
func readLine(r *bufio.Reader) (string, error) {
	var b []byte
	for {
		part, err := r.ReadSlice('\n')
		b = append(b, part...)
		switch {
		case err == nil:
			return strings.TrimRight(string(b), "\r\n"), nil
		case len(b) > 16<<20:
			return "", errLongLine
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		}
	}
}
