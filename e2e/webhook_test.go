package e2e

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lectern/internal/store/postgres"
	"lectern/internal/store/sqlite"
)

// receiver is a user's webhook endpoint: it verifies messages with the reference library and answers as the test says.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex // guards what follows
	refuse int        // how many more requests are answered with 500
	want   int        // how many messages there are in all
	types  []string   // of the messages that came, without repeats
	taken  map[string]bool
	bodies map[string]string
	faults []string
	done   chan struct{}
}

const hookSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// receive starts a receiver that refuses the first requests, and closes done when it has taken want messages.
func receive(t *testing.T, refuse, want int) *receiver {
	t.Helper()
	verify, err := standard.NewWebhook(hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{refuse: refuse, want: want, taken: map[string]bool{}, bodies: map[string]string{},
		done: make(chan struct{})}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if err := verify.Verify(body, q.Header); err != nil {
			r.faults = append(r.faults, err.Error())
		}
		var m struct {
			Type string         `json:"type"`
			Data map[string]any `json:"data"`
		}
		if err := json.Unmarshal(body, &m); err != nil {
			r.faults = append(r.faults, err.Error())
		}
		id := q.Header.Get("webhook-id")
		switch old, again := r.bodies[id]; {
		case again && old != string(body):
			r.faults = append(r.faults, "the same id came with other bytes")
		case !again:
			r.bodies[id] = string(body)
			r.types = append(r.types, m.Type)
			if m.Type == "presentation.completed" {
				if m.Data["progress"] != 100.0 || m.Data["status"] != "completed" {
					r.faults = append(r.faults, "completed with "+string(body))
				}
			}
		}
		if r.refuse > 0 {
			r.refuse--
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		if !r.taken[id] {
			if r.taken[id] = true; len(r.taken) == r.want {
				close(r.done)
			}
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// TestWebhook checks J4 and J7 for receivers: every milestone is delivered and signed. First deliveries are in order
// and repeated ones have the same bytes, although the receiver fails twice and the server is killed.
func TestWebhook(t *testing.T) {
	t.Parallel()
	r := receive(t, 2, 5)
	env := []string{"LECTERN_WEBHOOK_ALLOW_PRIVATE=true", "LECTERN_WEBHOOK_SECRET=" + hookSecret}
	s := serve(t, plain, env...)
	ctx := patient(t)
	a := s.must("POST", "/v1/presentations", strings.Replace(talk(3), "{", `{"callback_url":"`+r.URL+`/hook",`, 1))
	if a.status != http.StatusAccepted {
		t.Fatalf("create answered %d %s", a.status, a.body)
	}
	id, _ := a.json(t)["id"].(string)
	s.await(id, func(v view) bool { return v.Progress > 0 || v.ended() })
	s.kill9()
	s.start(plain, env...)
	if v := s.awaitEnd(id); v.Status != "completed" {
		t.Fatalf("ended as %+v", v)
	}
	select {
	case <-r.done:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	want := []string{"presentation.queued", "presentation.processing", "presentation.queued", "presentation.processing",
		"presentation.completed"}
	if !slices.Equal(r.types, want) {
		t.Errorf("the receiver got %v, want %v\n%s", r.types, want,
			s.must("GET", "/v1/webhooks/deliveries?presentation="+id, "").body)
	}
	if len(r.taken) != len(want) {
		t.Errorf("the receiver took %d messages of %d", len(r.taken), len(want))
	}
	for _, f := range r.faults {
		t.Error(f)
	}
	if strings.Contains(s.log(), hookSecret) || strings.Contains(s.out.String(), hookSecret) {
		t.Error("the secret is in the log")
	}
}

// A callback address may not be in a private network.
func TestWebhookRefusesPrivateNetworks(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	for _, url := range []string{"http://127.0.0.1:22/", "http://192.168.0.1/x", "http://[::1]/", "ftp://example.com/"} {
		if a := s.must("POST", "/v1/presentations", strings.Replace(talk(1), "{", `{"callback_url":"`+url+`",`,
			1)); a.status != 422 || strings.HasPrefix(url, "http:") != strings.Contains(string(a.body),
			`"code":"callback_refused"`) {
			t.Errorf("%s: %d %s", url, a.status, a.body)
		}
	}
}

// TestWebhookListen uses `lectern webhook listen` with a server, as a person does to watch messages.
func TestWebhookListen(t *testing.T) {
	t.Parallel()
	s := serve(t, plain, "LECTERN_WEBHOOK_ALLOW_PRIVATE=true")
	cmd := exec.CommandContext(t.Context(), plain, "webhook", "--server", s.url(""), "listen", "--port", "0", "--register",
		"--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hooks := func() string { return string(run(t, plain, "webhook", "--server", s.url(""), "list", "--json")) }
	ctx := patient(t)
	poll(ctx, 20*time.Millisecond, func() bool { return strings.Contains(hooks(), "wh_") })
	s.create(brief("listen"))
	lines := bufio.NewScanner(out)
	for _, want := range []string{"presentation.queued", "presentation.processing", "presentation.completed"} {
		if !lines.Scan() {
			t.Fatalf("no more messages were printed, want %s", want)
		}
		var h struct {
			Verified bool
			Body     struct{ Type string }
		}
		if err := json.Unmarshal(lines.Bytes(), &h); err != nil || !h.Verified || h.Body.Type != want {
			t.Errorf("got %s, want a verified %s (%v)", lines.Bytes(), want, err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if left := hooks(); strings.Contains(left, "wh_") {
		t.Errorf("the webhook is still registered: %s", left)
	}
}

// openDB opens the database of the servers that run, or that have ended.
type openDB func() (*sql.DB, func() error, error)

// prolong makes the claim of a delivery last for a year.
func prolong(t *testing.T, open openDB, id string) {
	t.Helper()
	db, done, err := open()
	if err != nil {
		t.Fatal(err)
	}
	statement := fmt.Sprintf(`UPDATE deliveries SET next_at = %d WHERE id = '%s' AND claimant <> ''`,
		time.Now().AddDate(1, 0, 0).UnixMicro(), id)
	changed, err := db.ExecContext(t.Context(), statement)
	if err = errors.Join(err, done()); err != nil {
		t.Fatal(err)
	}
	if n, err := changed.RowsAffected(); n != 1 || err != nil {
		t.Fatalf("%d claims of %s (%v)", n, id, err)
	}
}

// TestWebhookOfAKilledProcess checks J9 for receivers: the next process delivers the message that a killed one had
// claimed, and does not wait for the end of that claim, which here is a year away.
func TestWebhookOfAKilledProcess(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*testing.T, ...string) (dies *server, open openDB, next func()){
		"SQLite": func(t *testing.T, env ...string) (*server, openDB, func()) {
			s := serve(t, plain, env...)
			return s, func() (*sql.DB, func() error, error) {
				db, err := sqlite.Open(t.Context(), filepath.Join(s.dir, "data"))
				if err != nil {
					return nil, nil, err
				}
				return db.Writer(), db.Close, nil
			}, func() { s.start(plain, env...) }
		},
		"Nodes": func(t *testing.T, env ...string) (*server, openDB, func()) {
			c := newCluster(t)
			return c.node("api", env...), func() (*sql.DB, func() error, error) {
				db, err := postgres.Open(t.Context(), c.url)
				if err != nil {
					return nil, nil, err
				}
				return db.SQL(), db.Close, nil
			}, func() { c.node("api", env...) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids := make(chan string, 16)
			var called atomic.Bool
			receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
				_, _ = io.Copy(io.Discard, q.Body)
				ids <- q.Header.Get("webhook-id")
				if called.CompareAndSwap(false, true) {
					<-q.Context().Done() // no answer: the server is killed while it waits
				}
			}))
			t.Cleanup(receiver.Close)
			s, open, next := begin(t, "LECTERN_WEBHOOK_ALLOW_PRIVATE=true")
			if a := s.must("POST", "/v1/presentations", strings.Replace(talk(1), "{",
				`{"callback_url":"`+receiver.URL+`/hook",`, 1)); a.status != http.StatusAccepted {
				t.Fatalf("create answered %d %s", a.status, a.body)
			}
			claimed := <-ids
			if m := s.must("GET", "/metrics", "").body; !regexp.MustCompile(`(?m)^lectern_webhook_backlog [1-9]`).Match(m) {
				t.Errorf("the metrics do not count the open delivery:\n%s", m)
			}
			s.kill9()
			prolong(t, open, claimed)
			next()
			select {
			case again := <-ids:
				if again != claimed {
					t.Errorf("the killed process had claimed %s, the next one delivers %s", claimed, again)
				}
			case <-patient(t).Done():
				t.Error("the message that the killed process had claimed is not delivered")
			}
		})
	}
}
