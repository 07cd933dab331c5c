package httpapi_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/deck/ziptest"
	"lectern/internal/httpapi"
)

// heldKey is the entry of the fake for an Idempotency-Key.
type heldKey struct{ print, id string } // id "": in flight

// completed returns the presentation that was created under a key. The caller holds mu.
func (j *jobs) completed(key, print string) (lectern.Presentation, bool, error) {
	old, there := j.keys[key]
	if there && old.id != "" {
		if r, err := j.find(old.id); err == nil {
			if old.print != print {
				return lectern.Presentation{}, false, lectern.Fail(lectern.CodeKeyMismatch, "The key %q came with another "+
					"request before.", key)
			}
			return r.last(), true, nil
		}
		delete(j.keys, key) // a key is removed with its presentation
	}
	return lectern.Presentation{}, false, nil
}

func (j *jobs) Reserve(_ context.Context, owner, key, print string) (lectern.Presentation, bool, error) {
	key = owner + " " + key
	j.mu.Lock()
	defer j.mu.Unlock()
	if p, done, err := j.completed(key, print); done || err != nil {
		return p, done, err
	}
	if old, there := j.keys[key]; there {
		if old.print != print {
			return lectern.Presentation{}, false, lectern.Fail(lectern.CodeKeyMismatch, "The key %q came with another request "+
				"before.", key)
		}
		f := lectern.Fail(lectern.CodeKeyInUse, "The first request with the key %q is not answered yet.", key)
		f.Retryable = true
		return lectern.Presentation{}, false, f
	}
	j.keys[key] = heldKey{print, ""}
	return lectern.Presentation{}, false, nil
}

func (j *jobs) ReleaseKey(_ context.Context, owner, key string) error {
	key = owner + " " + key
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.keys[key].id == "" {
		delete(j.keys, key)
	}
	return nil
}

type callbacks struct{}

func (callbacks) Allowed(address string) error {
	if strings.Contains(address, "127.0.0.1") {
		return lectern.Fail(lectern.CodeCallbackRefused, "%s is refused: it points at this machine.", address)
	}
	return nil
}

// J13: the same request with the same key creates one presentation; a different request with the key is refused.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, path := range []string{"/v1/presentations", "/api/custom/presentations"} {
		key := strings.Repeat("k", 255-len(path)) + path
		before := len(r.jobs.all)
		first := r.post(path, seedRequest, "Idempotency-Key", key)
		if first.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("%s: the first is no replay", path)
		}
		again := r.post(path, seedRequest, "Idempotency-Key", key, "Content-Type", "text/plain")
		if again.status != first.status || again.header.Get("Location") != first.header.Get("Location") ||
			again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Location") == "" {
			t.Errorf("%s, again: %d %v", path, again.status, again.header)
		}
		if a := r.post(path, seedRequest+" ", "Idempotency-Key", key); a.status != 422 ||
			!strings.Contains(a.body, "idempotency_mismatch") {
			t.Errorf("%s, another body: %d %s", path, a.status, a.body)
		}
		if n := len(r.jobs.all) - before; n != 1 {
			t.Errorf("%s made %d presentations", path, n)
		}
	}
	for _, bad := range []string{"", "a b", "ключ", strings.Repeat("x", 256)} {
		if a := r.post("/v1/presentations", seedRequest, "Idempotency-Key", bad); a.status != 422 ||
			!strings.Contains(a.body, `"param":"Idempotency-Key"`) {
			t.Errorf("key %.20q: %d %s", bad, a.status, a.body)
		}
	}
}

// J13: while the first request with a key is in flight, others with it get 409 with Retry-After; only the first creates
// a presentation.
func TestIdempotencyInFlight(t *testing.T) {
	t.Parallel()
	c := &slowChecker{entered: make(chan struct{}), leave: make(chan struct{})}
	r := newRig(t, func(o *httpapi.Options) { o.Check = c })
	first := make(chan answer)
	go func() { first <- r.post("/v1/presentations", seedRequest, "Idempotency-Key", "k") }()
	<-c.entered
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if a := r.post("/v1/presentations", seedRequest, "Idempotency-Key", "k"); a.status != 409 ||
				a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "idempotency_in_flight") ||
				!strings.Contains(a.body, `"retryable":true`) {
				t.Errorf("meanwhile: %d %s", a.status, a.body)
			}
		})
	}
	wg.Wait()
	close(c.leave)
	if a := <-first; a.status != 202 || len(r.jobs.all) != 1 {
		t.Errorf("the first: %d, %d presentations", a.status, len(r.jobs.all))
	}
}

// slowChecker blocks a check until leave is closed, so that a test can observe a request in flight.
type slowChecker struct {
	checker
	entered, leave chan struct{}
}

func (c *slowChecker) Check(x context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	close(c.entered)
	<-c.leave
	return c.checker.Check(x, d)
}

// J13: a request that is refused, or whose handler panics, frees its key.
func TestFailedRequestFreesItsKey(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if a := r.post("/v1/presentations", one+`,"theme":"neon"}`, "Idempotency-Key", "k"); a.status != 422 {
		t.Fatalf("%d", a.status)
	}
	r.jobs.full = true
	if a := r.post("/v1/presentations", seedRequest, "Idempotency-Key", "k"); a.status != 503 {
		t.Fatalf("%d", a.status)
	}
	r.jobs.full = false
	if a := r.post("/v1/presentations?dry_run=true", seedRequest, "Idempotency-Key", "k"); a.status != 200 {
		t.Fatalf("%d", a.status)
	}
	if a := r.post("/v1/presentations", seedRequest, "Idempotency-Key", "k"); a.status != 202 ||
		a.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("afterwards: %d %s", a.status, a.body)
	}
	broken := newRig(t, func(o *httpapi.Options) { o.Check = checker{panics: true} })
	broken.post("/v1/presentations", seedRequest, "Idempotency-Key", "k")
	if len(broken.jobs.keys) != 0 {
		t.Error("the key is still there after a panic")
	}
}

func TestCallbackURL(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, name := range []string{"callback_url", "callbackUrl"} {
		for _, path := range []string{"/v1/presentations", "/api/custom/presentations"} {
			a := r.post(path, one+fmt.Sprintf(`,%q:"https://example.com/hook"}`, name))
			if a.status >= 300 || r.jobs.all[len(r.jobs.all)-1].callback != "https://example.com/hook" ||
				strings.Contains(a.body, "unknown_field") {
				t.Errorf("%s at %s: %d %s", name, path, a.status, a.body)
			}
		}
		for _, bad := range []string{"ftp://example.com", "example.com/x", "http://127.0.0.1/x",
			"https://example.com/" + strings.Repeat("x", 2048)} {
			if a := r.post("/v1/presentations", one+fmt.Sprintf(`,%q:%q}`, name, bad)); a.status != 422 ||
				!strings.Contains(a.body, fmt.Sprintf(`"param":%q`, name)) {
				t.Errorf("%.40s: %d %s", bad, a.status, a.body)
			}
		}
		for _, path := range []string{"/v1/presentations", "/api/custom/presentations"} { // not asset_refused
			a := r.post(path, one+fmt.Sprintf(`,%q:"http://127.0.0.1/x"}`, name))
			if a.status != 422 || a.json(t)["code"] != "callback_refused" {
				t.Errorf("%s at %s: %d %s", name, path, a.status, a.body)
			}
		}
	}
}

// part is one part of a form.
type part struct{ name, file, kind, body string }

func form(t *testing.T, parts ...part) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, p.name, p.file)}}
		if p.kind != "" {
			h.Set("Content-Type", p.kind)
		}
		f, err := w.CreatePart(h)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, p.body)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// A deck in Markdown is a body with its type, a part of a form by its name, or a member of a ZIP file. Other texts in
// the ZIP file are no decks; the deck may import them.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	named, namedType := form(t, part{"deck", "talk.md", "", "# Hello\n\n<!-- Said. -->\n"})
	packed := string(ziptest.Packed(t, "slides.md", "---\nsrc: ./pages/one.md\n---\n", "pages/one.md",
		"# Hello\n\n<!-- Said. -->\n", "README.md", "# Read me"))
	for name, c := range map[string]struct{ body, kind string }{
		"a body": {"# Hello\n\n<!-- Said. -->\n", "text/markdown; charset=utf-8"}, "a form": {named, namedType},
		"a ZIP file": {packed, "application/zip"},
	} {
		r := newRig(t, withLibrary(t))
		a := r.post("/v1/presentations", c.body, "Content-Type", c.kind)
		if a.status != 202 || len(r.jobs.all) != 1 {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
		if s := r.jobs.all[0].deck.Slides; len(s) != 1 || s[0].Narration != "Said." || s[0].Props["title"] != "Hello" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.Limits.BodyBytes = 4 << 20 })
	deck := part{"deck", "../../etc/passwd", "application/octet-stream", one + `,"theme":"dark-purple"}`}
	parts := []part{deck, {"settings", "", "", `{"theme":"light-modern","title":"Set"}`},
		{"callback_url", "", "", "https://example.com/hook"}}
	body, ct := form(t, parts...)
	first := r.post("/v1/presentations", body, "Content-Type", ct, "Idempotency-Key", "k")
	if first.status != 202 {
		t.Fatalf("%d %s", first.status, first.body)
	}
	if got := r.jobs.all[0]; got.deck.Theme != "light-modern" || got.deck.Title != "Set" ||
		got.callback != "https://example.com/hook" {
		t.Errorf("%+v", got)
	}
	body, ct = form(t, parts...) // another boundary, the same request
	if a := r.post("/v1/presentations", body, "Content-Type", ct, "Idempotency-Key", "k"); a.status != 202 ||
		a.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("again: %d %s", a.status, a.body)
	}
	for _, c := range []struct {
		name   string
		parts  []part
		status int
		says   string
	}{
		{"no deck", parts[1:], 422, "application/json"},
		{"a PPTX", []part{{"deck", "talk.json", "application/json",
			string(ziptest.Packed(t, "[Content_Types].xml", "", "ppt/presentation.xml", ""))}}, 422,
			"without an office document"},
		{"an unknown part", []part{deck, {"logo", "a.png", "image/png", "x"}}, 422, `logo`},
		{"two decks", []part{deck, deck}, 422, "more than one"},
		{"huge settings", []part{deck, {"settings", "", "", strings.Repeat(" ", 1<<20+1)}}, 413, "1 MiB"},
		{"a huge deck", []part{{"deck", "", "", strings.Repeat(" ", 5<<20)}}, 413, "4 MiB"},
		{"broken settings", []part{deck, {"settings", "", "", "{"}}, 400, "line 1"},
		{"slides in settings", []part{deck, {"settings", "", "", `{"slides":[]}`}}, 422, "settings.slides"},
		{"a private callback", []part{deck, {"callback_url", "", "", "http://127.0.0.1/"}}, 422, `"code":"callback_refused"`},
	} {
		body, ct := form(t, c.parts...)
		if a := r.post("/v1/presentations", body, "Content-Type", ct); a.status != c.status ||
			!strings.Contains(a.body, c.says) {
			t.Errorf("%s: %d %s", c.name, a.status, a.body)
		}
	}
	if len(r.jobs.all) != 1 {
		t.Errorf("%d presentations", len(r.jobs.all))
	}
}

// An answer that the Accept header excludes is not sent; the client gets a problem instead.
func TestNotAcceptable(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, self := newPresentation(t, r)
	for accept, status := range map[string]int{"": 200, "*/*": 200, "application/*;q=0.5": 200,
		"text/html, application/json": 200, "text/html": 406, "application/json;q=0": 406} {
		if a := r.get(self, "Accept", accept); a.status != status && accept != "" ||
			status == 406 && a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%q: %d %s", accept, a.status, a.body)
		}
	}
	if a := r.get(self+"/events", "Accept", "application/json"); a.status != 406 {
		t.Errorf("a stream as JSON: %d", a.status)
	}
}

// While the server drains, streams end with a comment, long polls are answered, readyz gives 503 and new work is
// refused. Other requests are still served.
func TestDraining(t *testing.T) {
	t.Parallel()
	draining, seen := make(chan struct{}), newAudience()
	r := newRig(t, func(o *httpapi.Options) { o.Draining, o.Observer = draining, seen })
	_, self := newPresentation(t, r)
	s := r.stream(self + "/events")
	s.next()
	s.next()
	polled := make(chan answer)
	go func() { polled <- r.get(self + "?wait=60s") }()
	r.jobs.waitUntil(func() bool { return r.jobs.watch == 2 })
	close(draining)
	if got := s.next(); !strings.HasPrefix(got, ": ") {
		t.Errorf("the last block is %q", got)
	}
	if got := s.next(); got != "" {
		t.Errorf("and then %q", got)
	}
	if a := <-polled; a.status != 200 || a.header.Get("ETag") != `W/"1"` {
		t.Errorf("the long poll: %d", a.status)
	}
	// the handler of the stream may not have returned yet
	for kind, left := range map[string]bool{httpapi.WatchPoll: false, httpapi.WatchStream: true} {
		if most, now, dropped := seen.counts(kind); most != 1 || dropped != 0 || !left && now != 0 {
			t.Errorf("%s: %d watched at once, %d still watch, %d dropped", kind, most, now, dropped)
		}
	}
	if a := r.get("/readyz"); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("readyz: %d", a.status)
	}
	if a := r.get("/healthz"); a.status != 200 {
		t.Errorf("healthz: %d", a.status)
	}
	for _, path := range []string{"/v1/presentations", "/api/custom/presentations", self + "/retry"} {
		if a := r.post(path, seedRequest, "Idempotency-Key", "late"); a.status != 503 || a.header.Get("Retry-After") == "" ||
			!strings.Contains(a.body, "overloaded") {
			t.Errorf("new work at %s: %d %s", path, a.status, a.body)
		}
	}
	if a := r.post("/v1/presentations?dry_run=true", seedRequest); a.status != 200 {
		t.Errorf("a dry run: %d", a.status)
	}
	if len(r.jobs.all) != 1 {
		t.Errorf("%d presentations", len(r.jobs.all))
	}
	if a := r.get(self); a.status != 200 {
		t.Errorf("a plain request: %d", a.status)
	}
}

// The traceparent of a request is stored with the presentation that it creates.
func TestTraceParent(t *testing.T) {
	t.Parallel()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	r := newRig(t, func(o *httpapi.Options) { o.TraceParent = func(context.Context) string { return parent } })
	id, _ := newPresentation(t, r)
	if p, err := r.jobs.Get(t.Context(), id); err != nil || p.TraceParent != parent {
		t.Errorf("%v %+v", err, p)
	}
}

// A list that is read page by page contains everything that exists the whole time, once and the newest first, even if
// presentations are added and removed meanwhile. The Link header has the same cursor as next_cursor.
func TestListIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t)
		defer r.Close()
		var stay []string
		add := func() string {
			p, err := r.jobs.Submit(t.Context(), lectern.Submission{Deck: lectern.Deck{Slides: make([]lectern.Slide, 1)}})
			if err != nil {
				rt.Fatal(err)
			}
			return p.ID
		}
		var doomed []string
		for range rapid.IntRange(1, 30).Draw(rt, "before") {
			if id := add(); rapid.Bool().Draw(rt, "stays") {
				stay = append(stay, id)
			} else {
				doomed = append(doomed, id)
			}
		}
		var seen []string
		for path := fmt.Sprintf("/v1/presentations?status=queued&limit=%d",
			rapid.IntRange(1, 7).Draw(rt, "limit")); path != ""; {
			a := r.get(path)
			page := decode[httpapi.PresentationPage](t, a)
			for _, p := range page.Presentations {
				if len(seen) > 0 && p.ID >= seen[len(seen)-1] {
					rt.Fatalf("%s stands twice or out of order", p.ID)
				}
				seen = append(seen, p.ID)
			}
			link := a.header.Get("Link")
			if (page.Next == nil) != (link == "") {
				rt.Fatalf("Link %q with next_cursor %v", link, page.Next)
			}
			path, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
			if rapid.Bool().Draw(rt, "added") {
				add()
			}
			if len(doomed) > 0 && rapid.Bool().Draw(rt, "removed") {
				if err := r.jobs.Delete(t.Context(), doomed[0]); err != nil {
					rt.Fatal(err)
				}
				doomed = doomed[1:]
			}
		}
		for _, id := range stay {
			if !slices.Contains(seen, id) {
				rt.Fatalf("%s is lost", id)
			}
		}
	})
}

// A deck in YAML is accepted as a body and as a file, by its media type or the extension of its name. Its faults have
// lines and columns.
func TestYAMLDecks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const deck = "title: Talk\nslides:\n  - title: One\n    narration: Hello.\n"
	for name, p := range map[string]part{
		"by its type": {"deck", "", "application/yaml", deck},
		"by its name": {"deck", "../talk.YAML", "application/octet-stream", deck}, "by its text": {"deck", "", "", deck},
	} {
		body, ct := form(t, p, part{"settings", "", "", `{"theme":"light-modern"}`})
		if a := r.post("/v1/presentations", body, "Content-Type", ct); a.status != 202 ||
			r.jobs.all[len(r.jobs.all)-1].deck.Theme != "light-modern" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, kind := range []string{"application/yaml", "text/x-yaml; charset=utf-8"} {
		if a := r.post("/v1/presentations", deck, "Content-Type", kind); a.status != 202 ||
			r.jobs.all[len(r.jobs.all)-1].deck.Title != "Talk" {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
	}
	a := r.post("/v1/presentations?dry_run=true", "theme: neon\nslides:\n  - title: [x]\n", "Content-Type",
		"application/yaml")
	if a.status != 422 || !strings.Contains(a.body, `"param":"slides[0].title","slide":1,"line":3,"column":5`) ||
		!strings.Contains(a.body, `"param":"theme","line":1,"column":1`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := r.post("/v1/presentations", "slides: [", "Content-Type", "application/yaml"); a.status != 400 ||
		!strings.Contains(a.body, `"code":"invalid_yaml"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}
