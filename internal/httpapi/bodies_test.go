package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"lectern"
	"lectern/internal/httpapi"
)

// holdingChecker blocks the check of a deck with the title "held" until open is closed.
type holdingChecker struct {
	checker
	came, open chan struct{}
}

func (d *holdingChecker) Check(c context.Context, deck lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	if deck.Title == "held" {
		d.came <- struct{}{}
		<-d.open
	}
	return d.checker.Check(c, deck)
}

// Beyond limits.large_bodies, a large body gets 503 with Retry-After, while small ones are accepted. A place is free
// once its request has been answered. A body without a Content-Length counts as large once more than 1 MiB of it has
// arrived.
func TestH2LargeBodiesAreBounded(t *testing.T) {
	t.Parallel()
	door := &holdingChecker{came: make(chan struct{}), open: make(chan struct{})}
	r := newRig(t, func(o *httpapi.Options) { o.Check, o.LargeBodies, o.LargeWait = door, 1, time.Nanosecond })
	large := func(title string) string {
		return `{"title":"` + title + `","junk":"` + strings.Repeat("x", 3<<20) + `",` + one[1:] + `}`
	}
	first := make(chan answer)
	go func() { first <- r.post("/v1/presentations", large("held")) }()
	<-door.came
	a := r.post("/v1/presentations?dry_run=true", large("refused"))
	if a.status != 503 || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "limits.large_bodies") {
		t.Errorf("a second large one: %d %.300s", a.status, a.body)
	}
	// chunked
	req, err := http.NewRequest("POST", r.URL+"/v1/presentations", io.MultiReader(strings.NewReader(large("grown"))))
	if err != nil {
		t.Fatal(err)
	}
	// An error means that the server closed the connection before all was sent.
	if res, err := http.DefaultTransport.RoundTrip(req); err == nil {
		if res.StatusCode != 503 {
			t.Errorf("one that has grown: %d", res.StatusCode)
		}
		res.Body.Close()
	}
	if a := r.post("/v1/presentations", one+`}`); a.status != 202 {
		t.Errorf("a small one: %d %s", a.status, a.body)
	}
	close(door.open)
	if a := <-first; a.status != 202 {
		t.Errorf("the first: %d %.300s", a.status, a.body)
	}
	if a := r.post("/v1/presentations", large("after")); a.status != 202 {
		t.Errorf("afterwards: %d %.300s", a.status, a.body)
	}
}

// A body with more values than limits.json_tokens is refused with a sentence on both interfaces. A body larger than
// limits.body is refused too.
func TestH2BodiesWithTooManyValuesAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.Limits.BodyBytes = 4 << 20; o.Limits.JSONTokens = 100_000 })
	body := `{"title":"x","junk":[` + strings.Repeat("0,", 200_000) + `0],"slides":[]}`
	for _, path := range []string{"/v1/presentations?dry_run=true", "/v1/presentations", "/api/custom/presentations",
		"/api/custom/slide-html/preview"} {
		if a := r.post(path, body); a.status != 413 || !strings.Contains(a.body, "limits.json_tokens") {
			t.Errorf("%s: %d %.300s", path, a.status, a.body)
		}
	}
	a := r.post("/v1/presentations", `{"junk":"`+strings.Repeat("x", 5<<20)+`"}`)
	if a.status != 413 || !strings.Contains(a.body, "limits.body") {
		t.Errorf("too large: %d %.300s", a.status, a.body)
	}
}

// A compressed body, or one in UTF-16, is refused with a sentence that says what the server accepts.
func TestCompressedBodiesAndUTF16AreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprint(w, one+`}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a := r.post("/v1/presentations", packed.String(), "Content-Encoding", "gzip")
	if a.status != 415 || !strings.Contains(a.body, "gzip") || a.header.Get("Accept-Encoding") != "identity" {
		t.Errorf("with its header: %d %s", a.status, a.body)
	}
	if a := r.post("/api/custom/presentations", packed.String()); a.status != 415 ||
		!strings.Contains(a.body, "The body is compressed (gzip)") {
		t.Errorf("without: %d %s", a.status, a.body)
	}
	body, ct := form(t, part{"deck", "deck.json.gz", "application/octet-stream", packed.String()})
	if a := r.post("/v1/presentations", body, "Content-Type", ct); a.status != 415 ||
		!strings.Contains(a.body, "is gzip") {
		t.Errorf("in a form: %d %s", a.status, a.body)
	}
	if a := r.post("/v1/presentations", one+`}`, "Content-Encoding", "identity"); a.status != 202 {
		t.Errorf("identity: %d %s", a.status, a.body)
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, mark := range []string{"", "\ufeff"} {
			var b bytes.Buffer
			if err := binary.Write(&b, order, utf16.Encode([]rune(mark+one+`}`))); err != nil {
				t.Fatal(err)
			}
			if a := r.post("/v1/presentations", b.String()); a.status != 400 || !strings.Contains(a.body, "UTF-16") ||
				!strings.Contains(a.body, "UTF-8") {
				t.Errorf("%v with %q: %d %s", order, mark, a.status, a.body)
			}
		}
	}
}

// A dry run creates nothing on both routes of /api/custom that create presentations.
func TestCustomDryRunOnBothRoutes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, path := range []string{"/api/custom/presentations", "/api/custom/slide-video/generate"} {
		if a := r.post(path+"?dry_run=true", one+`}`); a.status != 200 ||
			!strings.Contains(a.body, `"success":true,"valid":true`) || strings.Contains(a.body, "jobId") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if a := r.post(path+"?dry_run=perhaps", one+`}`); a.status != 400 ||
			!strings.Contains(a.body, "dry_run must be true or false") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if n := len(r.jobs.all); n != 0 {
		t.Errorf("%d presentations", n)
	}
	if a := r.post("/api/custom/presentations?dry_run=false", one+`}`); a.status != 200 || len(r.jobs.all) != 1 {
		t.Errorf("not dry: %d %s", a.status, a.body)
	}
}
