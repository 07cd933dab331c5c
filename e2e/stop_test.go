package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// halfAsked is a request of which the server has only the first part. A server that stops waits for the rest.
type halfAsked struct {
	conn net.Conn
	rest string
}

// ask sends the first part of a request.
func (s *server) ask(first, rest string) *halfAsked {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, first); err != nil {
		s.t.Fatal(err)
	}
	return &halfAsked{conn, rest}
}

// finish sends the rest and returns the answer.
func (h *halfAsked) finish(t *testing.T) answer {
	t.Helper()
	if _, err := io.WriteString(h.conn, h.rest); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(h.conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, b}
}

// order sends a request for a presentation with only the first half of its body.
func (s *server) order(body string) *halfAsked {
	s.t.Helper()
	head := fmt.Sprintf("POST /v1/presentations HTTP/1.1\r\nHost: %s\r\nContent-Type: "+
		"application/json\r\nContent-Length: %d\r\n\r\n", s.addr, len(body))
	return s.ask(head+body[:len(body)/2], body[len(body)/2:])
}

// signal sends SIGTERM and waits until the server says that it stops.
func (s *server) signal(ctx context.Context) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	poll(ctx, 5*time.Millisecond, func() bool { return strings.Contains(s.out.String(), "stopping") })
	if ctx.Err() != nil {
		s.t.Fatalf("the server does not stop:\n%s", s.out)
	}
}

// exit waits for the end of the process and returns its code.
func (s *server) exit(ctx context.Context) int {
	s.t.Helper()
	select {
	case <-s.done:
	case <-ctx.Done():
		s.t.Fatalf("the server does not end:\n%s", tail(s.out.String(), 3000))
	}
	return s.cmd.ProcessState.ExitCode()
}

// midway starts a presentation and waits until some of it is finished and most of it is not.
func (s *server) midway() (id string, finished []record) {
	s.t.Helper()
	id = s.create(talk(6))
	s.await(id, func(v view) bool {
		finished = s.steps(id)
		for _, r := range finished {
			if r.Kind == "encode" {
				return true
			}
		}
		return v.ended()
	})
	return id, finished
}

// TestStopInOrder checks the contract of the first SIGTERM: /readyz changes, new presentations are refused with a
// Retry-After, open requests are answered, the running presentation returns to the queue, no process is left, the exit
// code is 0. The next start goes on from the finished steps, and no observer sees progress fall.
func TestStopInOrder(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	ctx := patient(t)
	id, finished := s.midway()
	watching := observe(ctx, s, 2, id)
	ready := s.ask("GET /readyz HTTP/1.1\r\n", "Host: "+s.addr+"\r\n\r\n")
	show := s.ask("GET /v1/presentations/"+id+" HTTP/1.1\r\n", "Host: "+s.addr+"\r\n\r\n")
	late := s.order(asWritten)
	s.must("GET", "/healthz", "") // connections are accepted in turn, so the ones above are by now
	s.signal(ctx)
	if a := ready.finish(t); a.status != 503 || a.header.Get("Retry-After") == "" || a.json(t)["stopping"] != true {
		t.Errorf("/readyz answers %d %s", a.status, a.body)
	}
	if a := show.finish(t); a.status != 200 {
		t.Errorf("a request that was open answers %d %s", a.status, a.body)
	}
	if a := late.finish(t); a.status != 503 || a.header.Get("Retry-After") == "" || a.json(t)["code"] != "overloaded" ||
		a.json(t)["retryable"] != true {
		t.Errorf("a new presentation is answered with %d %s", a.status, a.body)
	}
	if code := s.exit(ctx); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, tail(s.out.String(), 3000))
	}
	if left := family(t, s); len(left) > 0 {
		t.Errorf("the stopped server leaves the processes %v", left)
	}
	updates := statusUpdates(t, s.log(), id)
	if last := updates[len(updates)-1]; last != "processing>queued" {
		t.Errorf("the run did not return to the queue: %v", updates)
	}
	s.start(plain)
	if v := s.awaitEnd(id); v.Status != "completed" || v.Attempt != 2 {
		t.Errorf("ended as %+v", v)
	}
	watching()
	checkStream(t, stream(ctx, t, s, id, 0))
	checkMadeOnce(t, s, id)
	if len(finished) == 0 {
		t.Error("nothing was finished before the stop, so the test checks nothing")
	}
	if n := len(s.must("GET", "/v1/presentations", "").json(t)["presentations"].([]any)); n != 1 {
		t.Errorf("there are %d presentations, although the second was refused", n)
	}
	checkLog(t, s.log(), id)
}

// TestSecondSignal: the second SIGTERM ends the server at once, with exit code 130, although a request is open. Nothing
// is lost.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	s := serve(t, plain, "LECTERN_STOP_GRACE=1h")
	ctx := patient(t)
	id, _ := s.midway()
	s.order(asWritten) // the rest never comes, and after the first signal the server waits for it
	s.must("GET", "/healthz", "")
	s.signal(ctx)
	select {
	case <-s.done:
		t.Fatalf("it did not wait for the open request:\n%s", tail(s.out.String(), 3000))
	default:
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := s.exit(ctx); code != 130 {
		t.Errorf("it ended with %d:\n%s", code, tail(s.out.String(), 3000))
	}
	if left := family(t, s); len(left) > 0 {
		t.Errorf("the server, ended at once, leaves the processes %v", left)
	}
	s.start(plain)
	if v := s.awaitEnd(id); v.Status != "completed" || v.Attempt != 2 {
		t.Errorf("ended as %+v", v)
	}
	checkStream(t, stream(ctx, t, s, id, 0))
	checkMadeOnce(t, s, id)
}

// statusUpdates returns the changes of a presentation's status in the log, each like "queued>processing".
func statusUpdates(t *testing.T, log, id string) []string {
	t.Helper()
	var all []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "JOB_STATUS_UPDATE") {
			continue
		}
		var rec struct {
			ID  string `json:"job_id"`
			Old string `json:"old_status"`
			New string `json:"new_status"`
		}
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatalf("a line of the log is not JSON: %v: %s", err, line)
		}
		if rec.ID == id && rec.Old != rec.New {
			all = append(all, rec.Old+">"+rec.New)
		}
	}
	if len(all) == 0 {
		t.Fatalf("the log has no status change of %s", id)
	}
	return all
}
