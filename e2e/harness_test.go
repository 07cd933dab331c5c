package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lectern/internal/programtest"
)

// plain is the program as a user builds it.
var plain string

// raced returns the program with the race detector.
var raced = sync.OnceValue(func() string {
	return built(programtest.BuildRaced(context.Background(),
		filepath.Dir(plain)))
})

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "lectern-e2e-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		plain = built(programtest.Build(context.Background(), dir))
		return m.Run()
	}())
}

func built(file string, err error) string {
	if err != nil {
		panic(err)
	}
	return file
}

// server is a running `lectern serve` in a folder of its own.
type server struct {
	t    *testing.T
	dir  string
	addr string
	cmd  *exec.Cmd
	out  *lockedBuffer
	done chan struct{} // closed when the process has ended
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve starts bin in an empty folder and waits for its first answer. env is added to the test's environment.
func serve(t *testing.T, bin string, env ...string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), addr: freeAddr(t)}
	s.start(bin, env...)
	t.Cleanup(s.stop)
	return s
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *server) start(bin string, env ...string) {
	s.t.Helper()
	s.launch(exec.Command(bin, "serve", "--addr", s.addr), env...)
	s.awaitAnswer()
}

func (s *server) launch(cmd *exec.Cmd, env ...string) {
	s.t.Helper()
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), env...)
	s.out = &lockedBuffer{}
	cmd.Stdout, cmd.Stderr = s.out, s.out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd, s.done = cmd, make(chan struct{})
	go func(done chan struct{}) { _ = cmd.Wait(); close(done) }(s.done)
}

func (s *server) awaitAnswer() {
	s.t.Helper()
	ctx := patient(s.t)
	poll(ctx, 5*time.Millisecond, func() bool {
		select {
		case <-s.done:
			s.t.Fatalf("the server ended before it answered:\n%s", s.out)
		default:
		}
		res, err := http.Get(s.url("/healthz"))
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	if ctx.Err() != nil {
		s.t.Fatalf("the server does not answer:\n%s", s.out)
	}
}

// poll calls ok at the given pace until it returns true or ctx ends.
func poll(ctx context.Context, pace time.Duration, ok func() bool) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// kill9 ends the server as a power cut would end it.
func (s *server) kill9() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// stop asks the server to end. If it does not end, the test fails and stop forces the end.
func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-patientIn(context.Background(), s.t).Done():
		s.t.Errorf("the server did not end after SIGTERM:\n%s", s.out)
		_ = s.cmd.Process.Signal(syscall.SIGQUIT)
		<-s.done
	}
	if s.t.Failed() {
		s.t.Logf("server output:\n%s", tail(s.out.String(), 6000))
	}
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

func (s *server) url(path string) string { return "http://" + s.addr + path }

// answer is a response whose body has been read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(a.body, &m); err != nil {
		t.Fatalf("the answer is not JSON: %v\n%s", err, tail(string(a.body), 500))
	}
	return m
}

func (s *server) do(method, path, body string, header ...string) (answer, error) {
	req, err := http.NewRequest(method, s.url(path), strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
}

func (s *server) must(method, path, body string, header ...string) answer {
	s.t.Helper()
	a, err := s.do(method, path, body, header...)
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", method, path, err, tail(s.out.String(), 3000))
	}
	return a
}

// create posts body to the legacy interface and returns the job's id.
func (s *server) create(body string) string {
	s.t.Helper()
	a := s.must("POST", "/api/custom/presentations", body)
	m := a.json(s.t)
	id, _ := m["jobId"].(string)
	if m["success"] != true || id == "" || m["status"] != "queued" {
		s.t.Fatalf("create answered %d %s", a.status, a.body)
	}
	return id
}

// upload posts a deck's file to /v1 and returns the presentation's id.
func (s *server) upload(file, mediaType string) string {
	s.t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	a := s.must("POST", "/v1/presentations", string(b), "Content-Type", mediaType)
	id, _ := a.json(s.t)["id"].(string)
	if a.status != http.StatusAccepted || id == "" {
		s.t.Fatalf("create answered %d %s", a.status, a.body)
	}
	return id
}

// view has the fields of a presentation that both interfaces return.
type view struct {
	Status   string  `json:"status"`
	Progress float64 `json:"progress"`
	Version  int64   `json:"version"`
	Attempt  int     `json:"attempt"`
	Error    any     `json:"error"`
	Success  *bool   `json:"success"`
}

func (v view) ended() bool {
	return v.Status == "completed" || v.Status == "failed" || v.Status == "canceled"
}

func (s *server) get(path string) (view, error) {
	a, err := s.do("GET", path, "")
	if err != nil {
		return view{}, err
	}
	if a.status != http.StatusOK {
		return view{}, fmt.Errorf("GET %s: %d %s", path, a.status, a.body)
	}
	var v view
	return v, json.Unmarshal(a.body, &v)
}

// lastWords is how long before the deadline of `go test` (-timeout) a wait ends, so that the test can still report.
const lastWords = time.Minute

// patient returns a context for waits. It ends with the test, and before the deadline of `go test`, so that the test
// can report what it waited for. No passing test depends on it, however busy the machine is.
func patient(t *testing.T) context.Context { return patientIn(t.Context(), t) }

// patientIn is patient with a parent context. A cleanup needs it, since the test's own context has ended by then.
func patientIn(ctx context.Context, t *testing.T) context.Context {
	end, limited := t.Deadline()
	if !limited {
		return ctx
	}
	ctx, cancel := context.WithDeadline(ctx, end.Add(-lastWords))
	t.Cleanup(cancel)
	return ctx
}

// await polls until ok holds for the presentation.
func (s *server) await(id string, ok func(view) bool) view {
	s.t.Helper()
	ctx := patient(s.t)
	var last view
	var lastErr error
	poll(ctx, 20*time.Millisecond, func() bool {
		last, lastErr = s.get("/v1/presentations/" + id)
		return lastErr == nil && ok(last)
	})
	if lastErr != nil || !ok(last) {
		s.t.Fatalf("presentation %s did not reach the awaited state: %+v %v\n%s", id, last, lastErr,
			tail(s.out.String(), 4000))
	}
	return last
}

func (s *server) awaitEnd(id string) view {
	s.t.Helper()
	return s.await(id, view.ended)
}

// download fetches path into a file and returns its name.
func (s *server) download(path, name string) string {
	s.t.Helper()
	a := s.must("GET", path, "")
	if a.status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s", path, a.status, tail(string(a.body), 500))
	}
	file := filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(file, a.body, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

func (s *server) log() string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, "logs", "backend.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}
