package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/httpapi"
)

type ctxOf = context.Context

// waitForWatch returns once somebody watches.
func (j *jobs) waitForWatch() { j.waitUntil(func() bool { return j.watch > 0 }) }

// waitUntil returns once the condition holds. It checks the condition after every change.
func (j *jobs) waitUntil(holds func() bool) {
	for {
		j.mu.Lock()
		ok, moved := holds(), j.moved
		j.mu.Unlock()
		if ok {
			return
		}
		<-moved
	}
}

// sse is an open stream.
type sse struct {
	res   *http.Response
	lines *bufio.Scanner
}

func (r *rig) stream(path string, headers ...string) *sse {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", r.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { res.Body.Close() })
	return &sse{res, bufio.NewScanner(res.Body)}
}

// next reads one block of lines; "" is the end of the stream.
func (s *sse) next() string {
	var block []string
	for s.lines.Scan() {
		if s.lines.Text() == "" {
			return strings.Join(block, "\n")
		}
		block = append(block, s.lines.Text())
	}
	return ""
}

// nextID returns the id of the next event, and skips comments and the retry field.
func (s *sse) nextID() string {
	for {
		block := s.next()
		if id, ok := strings.CutPrefix(block, "id: "); ok {
			id, _, _ = strings.Cut(id, "\n")
			return id
		}
		if block == "" {
			return ""
		}
	}
}

// J5: a stream has every version once, in order. It ends after the terminal version.
func TestEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	s := r.stream(self + "/events")
	if s.res.StatusCode != 200 || s.res.Header.Get("Content-Type") != "text/event-stream" ||
		s.res.Header.Get("Cache-Control") != "no-cache" {
		t.Fatalf("%d %v", s.res.StatusCode, s.res.Header)
	}
	if hint := s.next(); hint != "retry: 2000" {
		t.Errorf("the stream begins with %q", hint)
	}
	if first := s.next(); !strings.HasPrefix(first, "id: 1\nevent: presentation\ndata: {\"id\":\""+id) ||
		strings.Count(first, "\n") != 2 {
		t.Errorf("first event %q", first)
	}
	r.jobs.begin(t, id)
	for i := range 20 {
		r.jobs.report(t, id, 1, float64(i*5), lectern.StageEncoding)
	}
	r.jobs.finish(t, id, 1)
	want := 2
	for got := s.nextID(); got != ""; got = s.nextID() {
		if got != fmt.Sprint(want) {
			t.Fatalf("event %s, not %d", got, want)
		}
		want++
	}
	if p, _ := r.jobs.Get(t.Context(), id); int64(want-1) != p.Version {
		t.Errorf("the last event is %d, the last version %d", want-1, p.Version)
	}
}

func TestEventsResume(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	r.jobs.begin(t, id)
	r.jobs.report(t, id, 1, 10, lectern.StageNarrating)
	if got := r.stream(self+"/events", "Last-Event-ID", "2").nextID(); got != "3" {
		t.Errorf("resumed at %s", got)
	}
	if got := r.stream(self + "/events?after_version=1").nextID(); got != "2" {
		t.Errorf("after version 1, the stream began at %s", got)
	}
	if got := r.stream(self+"/events?after_version=1", "Last-Event-ID", "2").nextID(); got != "3" {
		t.Errorf("the header wins: %s", got)
	}
	r.jobs.finish(t, id, 1)
	if a := r.get(self+"/events", "Last-Event-ID", "4"); a.status != 204 {
		t.Errorf("all seen: %d", a.status)
	}
	if a := r.get(self+"/events", "Last-Event-ID", "3"); a.status != 200 || !strings.Contains(a.body, "id: 4") ||
		strings.Contains(a.body, "id: 3") {
		t.Errorf("the last one: %d %s", a.status, a.body)
	}
	if a := r.do("HEAD", self+"/events", ""); a.status != 204 && a.status != 200 || a.body != "" {
		t.Errorf("HEAD: %d", a.status)
	}
}

func TestEventsKeepAlive(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.KeepAlive = time.Millisecond })
	_, self := newPresentation(t, r)
	s := r.stream(self + "/events")
	if got := s.nextID(); got != "1" { // on a busy machine it can come after a comment
		t.Fatalf("the first event is %q", got)
	}
	for range 3 {
		if got := s.next(); got != ": still here" {
			t.Fatalf("in silence: %q", got)
		}
	}
}

// If a presentation is deleted while it is watched, the stream ends with the event gone.
func TestEventsOfADeletedPresentation(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, self := newPresentation(t, r)
	s := r.stream(self + "/events")
	s.next()
	s.next()
	if a := r.do("DELETE", self, ""); a.status != 204 {
		t.Fatal(a.status)
	}
	if got := s.next(); !strings.HasPrefix(got, "event: gone\ndata: {") || !strings.Contains(got, "not_found") {
		t.Errorf("the last event is %q", got)
	}
	if got := s.next(); got != "" {
		t.Errorf("and then %q", got)
	}
}

// The server stops watching for a client that disconnects, and for one that stops reading.
func TestEventsOfLostClients(t *testing.T) {
	t.Parallel()
	seen := newAudience()
	r := newRig(t, func(o *httpapi.Options) { o.WriteTimeout, o.Observer = 50*time.Millisecond, seen })
	id, self := newPresentation(t, r)
	gone := r.stream(self + "/events")
	gone.next()
	gone.res.Body.Close()
	r.jobs.waitUntil(func() bool { return r.jobs.watch == 0 })
	if _, _, dropped := seen.counts(httpapi.WatchStream); dropped != 0 {
		t.Error("a client that went away counts as dropped")
	}

	// This client never reads: large events fill the buffers until a write takes longer than WriteTimeout.
	conn, err := net.Dial("tcp", r.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.(*net.TCPConn).SetReadBuffer(1 << 12); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET %s/events HTTP/1.1\r\nHost: %s\r\n\r\n", self, r.Listener.Addr())
	r.jobs.waitForWatch()
	r.jobs.begin(t, id)
	big := strings.Repeat("x", 1<<20)
	for i := range 60 {
		must(t, r.jobs.apply)(id, lectern.Reported{Attempt: 1, Message: fmt.Sprint(i, big)})
	}
	r.jobs.waitUntil(func() bool { return r.jobs.watch == 0 })
	<-seen.lost
	if _, _, dropped := seen.counts(httpapi.WatchStream); dropped != 1 ||
		!strings.Contains(r.log.String(), "client reads nothing") {
		t.Errorf("%d dropped:\n%.2000s", dropped, r.log)
	}
	if strings.Contains(r.log.String(), "level=ERROR") {
		t.Errorf("lost clients are logged as errors:\n%.2000s", r.log)
	}
}
