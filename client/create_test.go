package client_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"lectern"
	"lectern/client"
)

// J13: after a lost answer the request is sent again with the same key; another call has another key.
func TestCreateIsSafeOnABrokenNetwork(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var keys, bodies []string
	c, pauses := dial(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		keys, bodies = append(keys, r.Header.Get("Idempotency-Key")), append(bodies, string(b))
		n := len(keys)
		mu.Unlock()
		switch n {
		case 1:
			panic(http.ErrAbortHandler)
		case 2:
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"code":"idempotency_in_flight","detail":"Not yet.","retryable":true}`)
		case 3:
			w.WriteHeader(http.StatusBadGateway)
		default:
			w.Header().Set("Idempotent-Replayed", "true")
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprint(w, `{"id":"p","status":"queued","version":1}`)
		}
	})
	replayed := false
	p, err := c.Create(t.Context(), []byte(`{"a":1}`), client.WithReplayed(&replayed))
	if err != nil || p.ID != "p" || !replayed || len(keys) != 4 || len(pauses.n) != 3 {
		t.Fatalf("%v %+v, replayed %v, keys %q", err, p, replayed, keys)
	}
	for i := range keys {
		if keys[i] != keys[0] || len(keys[i]) != 36 || bodies[i] != `{"a":1}` {
			t.Errorf("try %d: key %q, body %q", i+1, keys[i], bodies[i])
		}
	}
	if _, err := c.Create(t.Context(), []byte(`{}`)); err != nil || keys[4] == keys[0] {
		t.Errorf("another call: %v, key %q", err, keys[4])
	}
	if _, err := c.Create(t.Context(), []byte(`{}`), client.WithKey("mine")); err != nil || keys[5] != "mine" {
		t.Errorf("the caller's key: %v %q", err, keys[5])
	}
}

// A failure that another try cannot change is returned at once; one that persists, after four tries.
func TestCreateGivesUp(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]int{`{"code":"invalid_deck","detail":"No."}`: 0,
		`{"code":"missing_tool","detail":"No ffmpeg."}`: 0, `{"code":"overloaded","detail":"Full.","retryable":true}`: 3} {
		c, pauses := dial(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-Id", "r1")
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, body)
		})
		_, err := c.Create(t.Context(), []byte(`{}`))
		if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 503 || e.RequestID != "r1" ||
			len(pauses.n) != want {
			t.Errorf("%s: %v after %d pauses", body, err, len(pauses.n))
		}
	}
}

func TestUploadSendsAForm(t *testing.T) {
	t.Parallel()
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		file, _, err := r.FormFile("deck")
		if err != nil {
			t.Error(err)
			return
		}
		b, _ := io.ReadAll(file)
		fmt.Fprintf(w, `{"id":%q,"title":%q,"stage":%q}`, b, r.FormValue("settings"), r.FormValue("callback_url"))
	})
	p, err := c.Upload(t.Context(), []byte("{}"), client.WithSettings([]byte(`{"theme":"x"}`)),
		client.WithCallback("https://example.com"))
	if err != nil || p.ID != "{}" || p.Title != `{"theme":"x"}` || p.Stage != "https://example.com" {
		t.Errorf("%v %+v", err, p)
	}
}

func TestAllReadsEveryPage(t *testing.T) {
	t.Parallel()
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			fmt.Fprint(w, `{"presentations":[{"id":"3"},{"id":"2"}],"next_cursor":"n"}`)
		case "n":
			fmt.Fprint(w, `{"presentations":[{"id":"1"}],"next_cursor":null}`)
		}
	})
	got := ""
	for p, err := range c.All(t.Context(), lectern.Query{Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		got += p.ID
	}
	if got != "321" {
		t.Errorf("got %s", got)
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			if r.Header.Get("Last-Event-ID") != "2" {
				t.Errorf("from %q", r.Header.Get("Last-Event-ID"))
			}
			fmt.Fprint(w, event(3, "processing", 50), event(4, "failed", 50))
			return
		}
		fmt.Fprint(w, `{"id":"p","status":"processing","version":2}`)
	})
	if p, err := c.Wait(t.Context(), "p"); err != nil || p.Status != lectern.StatusFailed || p.Version != 4 {
		t.Errorf("%v %+v", err, p)
	}
}

// The ETag of a file is its hash. Other content is reported as damaged.
func TestDownloadIsVerified(t *testing.T) {
	t.Parallel()
	const sum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of "hello"
	for body, fine := range map[string]bool{"hello": true, "hellO": false} {
		c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"`+sum+`"`)
			fmt.Fprint(w, body)
		})
		var b bytes.Buffer
		if err := c.Download(t.Context(), "p", client.File{Kind: lectern.ArtifactVideo}, &b, nil); (err == nil) != fine {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// Create and Check send a language in the query and values of variables in a form. A deck without values is sent as it
// is.
func TestLanguagesAndVariablesAreSent(t *testing.T) {
	t.Parallel()
	var path, kind, variables string
	c, _ := dial(t, func(w http.ResponseWriter, r *http.Request) {
		path, kind, variables = r.URL.RequestURI(), r.Header.Get("Content-Type"), r.FormValue("variables")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"id":"p","language":"de","status":"queued","version":1}`)
	})
	values := client.WithVariables(map[string]string{"customer": "Acme"})
	for _, one := range []struct {
		send      func() error
		path      string
		kind      string
		variables string
	}{
		{func() error {
			p, err := c.Create(t.Context(), []byte(`{}`), client.WithLanguage("de"))
			if p.Language != "de" {
				t.Errorf("the presentation is in %q", p.Language)
			}
			return err
		}, "/v1/presentations?language=de", "application/json", ""},
		{func() error { _, err := c.Create(t.Context(), []byte(`{}`), values); return err }, "/v1/presentations",
			"multipart/form-data", `{"customer":"Acme"}`},
		{func() error {
			_, err := c.Check(t.Context(), []byte(`{}`), values, client.WithLanguage("de"))
			return err
		}, "/v1/presentations?dry_run=true&language=de", "multipart/form-data", `{"customer":"Acme"}`},
	} {
		if err := one.send(); err != nil || path != one.path || !strings.HasPrefix(kind, one.kind) ||
			variables != one.variables {
			t.Errorf("%v: %s %s %s", err, path, kind, variables)
		}
	}
}
