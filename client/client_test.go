package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lectern"
	"lectern/client"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// dial makes a client that does not wait between attempts, and counts them.
func dial(t *testing.T, h http.HandlerFunc, options ...client.Option) (*client.Client, *attempts) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	a := &attempts{}
	// server.Client has its own transport. When any test server closes, it also closes the idle connections of the default
	// transport, and then a request that must not be sent twice fails.
	c, err := client.New(server.URL, append([]client.Option{client.WithPause(a.pause),
		client.WithHTTPClient(server.Client())}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c, a
}

type attempts struct {
	mu sync.Mutex
	n  []int
}

func (a *attempts) pause(ctx context.Context, attempt int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n = append(a.n, attempt)
	return ctx.Err()
}

func event(version int64, status lectern.Status, progress float64) string {
	return fmt.Sprintf("id: %d\nevent: presentation\ndata: "+
		"{\"id\":\"p\",\"status\":%q,\"progress\":%g,\"version\":%d,\"created_at\":\"2026-11-24T09:00:01.500Z\",\"started_at\":null}\n\n", version, status, progress, version)
}

// J5 over broken connections: a watch yields every version once, in order, up to the terminal one. Each attempt asks
// for the missing versions only.
func TestWatchReconnects(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	connections := []func(w http.ResponseWriter){
		func(w http.ResponseWriter) {
			fmt.Fprint(w, "retry: 2000\n\n", event(1, "queued", 0), ": still here\n\n", event(2, "processing", 5),
				"id: 3\nevent: presentation\ndata: {\"half")
		},
		func(w http.ResponseWriter) { http.Error(w, "restarting", http.StatusBadGateway) },
		func(w http.ResponseWriter) {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		func(w http.ResponseWriter) { fmt.Fprint(w, event(2, "processing", 5), event(3, "processing", 42.5)) },
		func(w http.ResponseWriter) { fmt.Fprint(w, "event: another\ndata: {}\n\n", event(4, "completed", 100)) },
	}
	c, pauses := dial(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n := len(asked)
		asked = append(asked, r.Header.Get("Last-Event-ID"))
		mu.Unlock()
		if r.URL.Path != "/v1/presentations/p/events" || n >= len(connections) {
			t.Errorf("asked for %s, connection %d", r.URL.Path, n+1)
			return
		}
		connections[n](w)
	})
	var got []string
	for p, err := range c.Watch(t.Context(), "p", 0) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d %s %s", p.Version, p.Status, p.Progress))
	}
	if s := strings.Join(got, ", "); s != "1 queued 0%, 2 processing 5%, 3 processing 42.5%, 4 completed 100%" {
		t.Errorf("saw %s", s)
	}
	if s := strings.Join(asked, ","); s != ",2,2,2,3" {
		t.Errorf("asked from %q", s)
	}
	if s := fmt.Sprint(pauses.n); s != "[1 2 3 1]" {
		t.Errorf("paused as attempts %s", s)
	}
}

func TestWatchEnds(t *testing.T) {
	t.Parallel()
	watch := func(h http.HandlerFunc, options ...client.Option) (seen int, err error) {
		c, _ := dial(t, h, options...)
		for _, e := range c.Watch(t.Context(), "p", 7) {
			if seen++; e != nil {
				return seen, e
			}
		}
		return seen, nil
	}
	if n, err := watch(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }); n != 0 ||
		err != nil {
		t.Errorf("all seen: %d %v", n, err)
	}
	notFound := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "r1")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":"not_found","detail":"There is no presentation p."}`)
	}
	_, err := watch(notFound)
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 404 || e.RequestID != "r1" ||
		!errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		t.Errorf("an unknown one: %v", err)
	}
	_, err = watch(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "event: gone\ndata: {\"code\":\"not_found\",\"detail\":\"It was deleted.\"}\n\n")
	})
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) || err.Error() != "It was deleted." {
		t.Errorf("a deleted one: %v", err)
	}
	_, err = watch(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "event: presentation\ndata: "+
			"nonsense\n\n")
	})
	if err == nil || !strings.Contains(err.Error(), "could not be read") {
		t.Errorf("nonsense: %v", err)
	}
	_, err = watch(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		client.WithPatience(-time.Second))
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 502 {
		t.Errorf("patience is over: %v", err)
	}
}

func TestWatchStopsWhenAsked(t *testing.T) {
	t.Parallel()
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, event(1, "queued", 0), event(2, "processing", 1))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	for p, err := range c.Watch(t.Context(), "p", 0) {
		if err != nil || p.Version != 1 {
			t.Fatal(p.Version, err)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for p, err := range c.Watch(ctx, "p", 0) {
		if last = err; p.Version == 2 {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("canceled: %v", last)
	}
}

var film = bytes.Repeat([]byte("0123456789"), 5000)

// brokenFilm serves the film from the requested byte, and breaks off after 20,000 bytes if more are left.
func brokenFilm(etag func() string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag())
		from := 0
		if s, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok && r.Header.Get("If-Range") == etag() {
			from, _ = strconv.Atoi(strings.TrimSuffix(s, "-"))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(film)-1, len(film)))
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(film)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		to := min(from+20_000, len(film))
		_, _ = w.Write(film[from:to])
		if to < len(film) {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}
}

func TestDownloadResumes(t *testing.T) {
	t.Parallel()
	c, _ := dial(t, brokenFilm(func() string { return `"v1"` }))
	path := filepath.Join(t.TempDir(), "talk.mp4")
	var last, total int64
	if err := c.Save(t.Context(), "p", client.File{Kind: lectern.ArtifactVideo}, path,
		func(done, all int64) { last, total = done, all }); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, film) || last != int64(len(film)) || total != last {
		t.Errorf("%d bytes, progress %d of %d, %v", len(got), last, total, err)
	}
}

// Parts of two versions of a file are never joined, and no file is left at the path or next to it.
func TestDownloadOfAChangingFile(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	n := 0
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n++
		tag := fmt.Sprintf("%q", strconv.Itoa(n))
		mu.Unlock()
		brokenFilm(func() string { return tag })(w, r)
	})
	dir := t.TempDir()
	err := c.Save(t.Context(), "p", client.File{Kind: lectern.ArtifactVideo}, filepath.Join(dir, "talk.mp4"), nil)
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeConflict}) {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files are left: %v", left)
	}
	err = c.Save(t.Context(), "p", client.File{Kind: lectern.ArtifactVideo}, filepath.Join(dir, "nowhere", "talk.mp4"),
		nil)
	if err == nil || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("a folder that does not exist: %v", err)
	}
}

// A failure has everything that the server sent: code, sentence, field, slide, and each further fault once.
func TestFailures(t *testing.T) {
	t.Parallel()
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "r2")
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"code":"invalid_deck","detail":"slide 2: Too long.","param":"slides[1].narration","slide":2,"retryable":false,"cause":"why",
			"errors":[{"code":"invalid_deck","message":"Too long.","slide":2},{"code":"invalid_deck","message":"Odd.","param":"size"}]}`)
	})
	_, err := c.Create(t.Context(), []byte(`{}`))
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok || f.Error() != "slide 2: Too long." || f.Param != "slides[1].narration" || f.Detail != "why" ||
		len(f.Causes) != 1 || f.Causes[0].Param != "size" {
		t.Errorf("%+v", f)
	}
	c, _ = dial(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<html>proxy</html>", http.StatusForbidden)
	})
	if _, err := c.Get(t.Context(), "p"); err == nil || !strings.Contains(err.Error(), "not as a Lectern server does") {
		t.Errorf("a proxy: %v", err)
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	c, _ = client.New(gone.URL)
	_, err = c.Get(t.Context(), "p")
	if !errors.Is(err, &lectern.Failure{Code: client.CodeUnreachable}) || !strings.Contains(err.Error(), "lectern serve") {
		t.Errorf("no server: %v", err)
	}
	for _, bad := range []string{"", "localhost:8000", "ftp://x", "http://", "::"} {
		if _, err := client.New(bad); err == nil {
			t.Errorf("%q is accepted as an address", bad)
		}
	}
}
