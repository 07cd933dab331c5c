package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lectern/internal/deck/all"
	"lectern/internal/httpapi"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	}), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// Even at the level debug, a run without failures logs no line with the word "error" or "conflict", in upper or lower
// case. This holds for the names of attributes too.
func TestCleanRunLogsNoErrorAndNoConflict(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			a := r.post("/api/custom/presentations", seedRequest)
			id := decode[struct{ JobID string }](t, a).JobID
			self := "/api/custom/presentations/" + id
			r.get(self)
			r.jobs.begin(t, id)
			r.get(self)
			r.jobs.finish(t, id, 1)
			r.get(self)
			r.get(self + "/video")
			r.get("/v1/presentations/" + id + "/events")
			r.get("/api/custom/presentations?limit=50")
		})
	}
	wg.Wait()
	log := strings.ToLower(r.log.String())
	if n := strings.Count(log, "msg=http_request"); n != 5*7 {
		t.Errorf("%d lines for 35 requests", n)
	}
	for _, word := range []string{"error", "conflict"} {
		if i := strings.Index(log, word); i >= 0 {
			t.Errorf("%q in %q", word, log[max(0, i-100):min(len(log), i+60)])
		}
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if a := r.get("/v1/nothing", "X-Request-Id", "abc-1.2_X"); a.header.Get("X-Request-Id") != "abc-1.2_X" ||
		!strings.Contains(a.body, `"request_id":"abc-1.2_X"`) {
		t.Errorf("the caller's id: %v %s", a.header, a.body)
	}
	for _, bad := range []string{"", "a b", `x"y`, strings.Repeat("x", 65)} {
		if got := r.get("/healthz", "X-Request-Id", bad).header.Get("X-Request-Id"); len(got) != 36 {
			t.Errorf("for %q: %q", bad, got)
		}
	}
	if !strings.Contains(r.log.String(), "request_id=abc-1.2_X") {
		t.Error("the log does not have the id")
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for path, ct := range map[string]string{"/nothing": "application/problem+json",
		"/v1/nothing": "application/problem+json", "/api/custom/nothing": "application/json"} {
		a := r.get(path)
		if a.status != 404 || a.header.Get("Content-Type") != ct || !strings.Contains(a.body, "There is nothing at "+path) {
			t.Errorf("%s: %d %v %s", path, a.status, a.header, a.body)
		}
	}
	for path, method := range map[string]string{"/v1/presentations": "PUT", "/api/custom/presentations": "DELETE",
		"/v1/voices": "POST"} {
		a := r.do(method, path, "")
		if a.status != 405 || !strings.Contains(a.header.Get("Allow"), "GET") ||
			!strings.Contains(a.body, "method_not_allowed") {
			t.Errorf("%s %s: %d %v %s", method, path, a.status, a.header, a.body)
		}
	}
	if a := r.get("/"); a.status != 404 {
		t.Errorf("without a page: %d", a.status)
	}
}

// A panic is answered with 500 and logged with its stack; the server goes on.
func TestPanics(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.Check = checker{panics: true} })
	for _, path := range []string{"/v1/presentations", "/api/custom/presentations"} {
		if a := r.post(path, seedRequest); a.status != 500 || !strings.Contains(a.body, `"code":"internal"`) ||
			strings.Contains(a.body, "checker broke") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if log := r.log.String(); !strings.Contains(log, "checker broke") || !strings.Contains(log, "fake_tools_test.go") {
		t.Errorf("the log: %.500s", log)
	}
	if a := r.get("/healthz"); a.status != 200 {
		t.Errorf("afterwards: %d", a.status)
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, path := range []string{"/v1/presentations", "/api/custom/presentations", "/nothing", "/docs"} {
		h := r.get(path).header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// Scripts often forget the Content-Type, so only types that cannot be a deck are refused.
func TestContentTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for ct, status := range map[string]int{"application/json": 202, "": 202, "application/x-www-form-urlencoded": 202,
		"text/plain": 202, "APPLICATION/JSON; charset=utf-8": 202, "multipart/mixed; boundary=x": 415,
		"multipart/form-data; boundary=x": 422, "multipart/form-data": 415, "image/png": 415} {
		if a := r.do("POST", "/v1/presentations", seedRequest, "Content-Type", ct); a.status != status {
			t.Errorf("%q: %d %s", ct, a.status, a.body)
		}
	}
}

// Pages of the same host and of localhost may use the interface, others only if the operator allows them. Other pages
// cannot create presentations either, although browsers send such requests without a preflight.
func TestOrigins(t *testing.T) {
	t.Parallel()
	plain := newRig(t)
	open := newRig(t, func(o *httpapi.Options) { o.Origins = []string{"https://slides.example.com"} })
	all := newRig(t, func(o *httpapi.Options) { o.Origins = []string{"*"} })
	for _, c := range []struct {
		name   string
		rig    *rig
		origin string
		fine   bool
	}{
		{"the same", plain, plain.URL, true}, {"localhost", plain, "http://localhost:3000", true},
		{"a loopback address", plain, "http://[::1]:5173", true},
		{"another", plain, "https://slides.example.com", false}, {"null", plain, "null", false},
		{"a look-alike", plain, "http://localhost.evil.com", false},
		{"a file", plain, "file://", false}, {"allowed", open, "https://slides.example.com", true},
		{"allowed, but another scheme", open, "http://slides.example.com", false},
		{"everybody", all, "https://evil.example", true},
	} {
		get := c.rig.get("/api/custom/presentations", "Origin", c.origin)
		if got := get.header.Get("Access-Control-Allow-Origin"); get.status != 200 || (got == c.origin) != c.fine ||
			got != "" && !c.fine || get.header.Get("Vary") != "Origin" {
			t.Errorf("%s: GET %d allows %q", c.name, get.status, got)
		}
		post := c.rig.post("/api/custom/presentations", seedRequest, "Origin", c.origin, "Content-Type", "text/plain")
		if want := map[bool]int{true: 200, false: 403}[c.fine]; post.status != want {
			t.Errorf("%s: POST %d %s", c.name, post.status, post.body)
		}
		pre := c.rig.do("OPTIONS", "/api/custom/presentations", "", "Origin", c.origin, "Access-Control-Request-Method",
			"POST", "Access-Control-Request-Headers", "content-type")
		if pre.status != 204 || strings.Contains(pre.header.Get("Access-Control-Allow-Methods"), "POST") != c.fine {
			t.Errorf("%s: preflight %d %v", c.name, pre.status, pre.header)
		}
	}
	if a := plain.post("/v1/presentations", seedRequest, "Sec-Fetch-Site", "cross-site"); a.status != 403 {
		t.Errorf("cross-site without an origin: %d", a.status)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.Hosts = []string{"127.0.0.1", "localhost"} })
	if a := r.get("/v1/voices"); a.status != 200 {
		t.Errorf("its own host: %d", a.status)
	}
	req, err := http.NewRequest("GET", r.URL+"/v1/voices", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "rebound.example:8000"
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("a foreign host: %d", res.StatusCode)
	}
}

// A sender that stops in the middle of its body gets an answer, and the request ends.
func TestSilentSenderIsAnswered(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.ReadTimeout = 30 * time.Millisecond })
	conn, err := net.Dial("tcp", r.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/presentations HTTP/1.1\r\nHost: %s\r\nContent-Length: 500\r\n\r\n{\"slides\":",
		r.Listener.Addr())
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); res.StatusCode != 422 || !strings.Contains(string(b), "did not arrive completely") {
		t.Errorf("%d %s", res.StatusCode, b)
	}
}

// Once a body has been read to its end, the connection has no read deadline: net/http would take a passed deadline for
// a client that has left.
func TestNoReadDeadlineAfterTheBody(t *testing.T) {
	t.Parallel()
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	httpapi.New(httpapi.Options{Jobs: newJobs(), Decks: all.Parsers(), Check: checker{}, Slides: slides{},
		Voices: voices{}, Avatars: avatars{}, Open: openBlob}).
		ServeHTTP(w, httptest.NewRequest("POST", "http://localhost/v1/presentations", strings.NewReader(seedRequest)))
	if n := len(w.read); n < 2 || w.read[0].IsZero() || !w.read[n-1].IsZero() {
		t.Errorf("read deadlines %v", w.read)
	}
	if len(w.write) == 0 || w.write[0].IsZero() {
		t.Errorf("write deadlines %v", w.write)
	}
}

// deadlines records the deadlines that are set.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error  { d.read = append(d.read, t); return nil }
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.write = append(d.write, t); return nil }

// A client that stops reading a download is dropped, and the file is closed.
func TestStuckDownload(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	r := newRig(t, func(o *httpapi.Options) {
		o.WriteTimeout = 50 * time.Millisecond
		o.Open = func(ctxOf, string) (io.ReadSeekCloser, error) {
			return &endless{closed: closed}, nil
		}
	})
	id, self := newPresentation(t, r)
	r.jobs.begin(t, id)
	r.jobs.finish(t, id, 1)
	conn, err := net.Dial("tcp", r.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s/video HTTP/1.1\r\nHost: %s\r\n\r\n", self, r.Listener.Addr())
	<-closed
}

// endless is a file of a terabyte.
type endless struct {
	at     int64
	closed chan struct{}
}

func (e *endless) Read(b []byte) (int, error) { e.at += int64(len(b)); return len(b), nil }
func (e *endless) Close() error               { close(e.closed); return nil }
func (e *endless) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
		e.at = offset
	case io.SeekCurrent:
		e.at += offset
	case io.SeekEnd:
		e.at = 1<<40 + offset
	}
	return e.at, nil
}

// The handler serves the web page at / and its files below /ui/.
func TestUI(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) {
		o.UI = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page "+r.URL.Path) })
	})
	for path, want := range map[string]string{"/": "page /", "/ui/app.js": "page /ui/app.js"} {
		if a := r.get(path); a.status != 200 || a.body != want {
			t.Errorf("%s: %d %q", path, a.status, a.body)
		}
	}
	if a := r.get("/other"); a.status != 404 || !strings.Contains(a.body, "not_found") {
		t.Errorf("elsewhere: %d %s", a.status, a.body)
	}
}

// The handler works where deadlines cannot be set, as in a recorder.
func TestWithoutDeadlines(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	httpapi.New(httpapi.Options{Jobs: newJobs(), Decks: all.Parsers(), Check: checker{}, Slides: slides{},
		Voices: voices{}, Avatars: avatars{}, Open: openBlob}).
		ServeHTTP(w, httptest.NewRequest("POST", "http://localhost/v1/presentations", strings.NewReader(seedRequest)))
	if w.Code != http.StatusAccepted {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
