package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/httpapi"
	"lectern/internal/keys"
	"lectern/internal/keys/keystest"
)

func newRing(t *testing.T) (*keystest.Fake, *keys.Ring) {
	t.Helper()
	store := &keystest.Fake{}
	return store, keys.New(keys.Options{Store: store})
}

func cookieOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	list, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if err != nil {
		t.Fatalf("%v: %v", err, a.header)
	}
	return list
}

// The web page exchanges a key for a cookie that its scripts cannot read and other sites cannot send.
func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	h, r := handler(t, func(o *httpapi.Options) { o.Proxies, _ = httpapi.ParseNetworks([]string{"10.0.0.1"}) })
	if a := (call{method: "GET", path: "/ui/session"}).at(h); a.status != 200 ||
		!strings.Contains(a.body, `"key_needed":false`) {
		t.Errorf("without keys: %d %s", a.status, a.body)
	}
	if a := (call{method: "POST", path: "/ui/session", body: `{"key":"x"}`}).at(h); a.status != 409 {
		t.Errorf("signing in without keys: %d %s", a.status, a.body)
	}
	text, k := mustKey(t, r, lectern.ScopeWrite)
	page := []string{"Origin", "http://localhost:8000", "Sec-Fetch-Site", "same-origin"}
	for body, want := range map[string]int{`{"key":"lk_wrong"}`: 401, `{}`: 400, `no`: 400} {
		if a := (call{method: "POST", path: "/ui/session", body: body, headers: page}).at(h); a.status != want ||
			a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := (call{method: "POST", path: "/ui/session", body: `{"key":"` + text + `"}`,
		headers: []string{"Origin", "http://localhost:3000"}}).at(h); a.status != 403 {
		t.Errorf("signing in from another page: %d", a.status)
	}
	in := call{method: "POST", path: "/ui/session", body: `{"key":"` + text + `"}`, headers: page}.at(h)
	c := cookieOf(t, in)
	if in.status != 200 || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.Path != "/" ||
		strings.Contains(c.Value, text[14:]) || strings.Contains(in.body, text) {
		t.Errorf("%d %+v %s", in.status, c, in.body)
	}
	secure := call{method: "POST", path: "/ui/session", body: `{"key":"` + text + `"}`, from: "10.0.0.1:1",
		headers: []string{"X-Forwarded-Proto", "https", "Origin", "https://localhost:8000"}}.at(h)
	if c := cookieOf(t, secure); !c.Secure {
		t.Errorf("through a proxy with TLS: %+v", c)
	}
	with := func(method, path, body string, headers ...string) answer {
		return call{method: method, path: path, body: body, headers: append(headers, "Cookie", c.Name+"="+c.Value)}.at(h)
	}
	if a := with("GET", "/ui/session", ""); !strings.Contains(a.body, `"signed_in":true`) ||
		!strings.Contains(a.body, `"scope":"write"`) {
		t.Errorf("%s", a.body)
	}
	if a := with("POST", "/v1/presentations", seedRequest, page...); a.status != 202 {
		t.Errorf("the page creates: %d %s", a.status, a.body)
	}
	if a := with("POST", "/v1/presentations", seedRequest, "Sec-Fetch-Site", "same-origin"); a.status != 202 {
		t.Errorf("a browser that sends no origin: %d %s", a.status, a.body)
	}
	// For a browser, another port of localhost is the same site, so it sends the cookie. Such requests are refused, and so
	// are those of other sites.
	for _, from := range [][]string{{"Origin", "http://localhost:3000"}, {"Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "none"}, {}} {
		if a := with("POST", "/v1/presentations", seedRequest, from...); a.status != 403 {
			t.Errorf("a change from %v: %d %s", from, a.status, a.body)
		}
	}
	if a := with("GET", "/v1/presentations", ""); a.status != 200 {
		t.Errorf("reading: %d", a.status)
	}
	out := with("DELETE", "/ui/session", "", page...)
	if c := cookieOf(t, out); out.status != 204 || c.Value != "" || c.MaxAge >= 0 {
		t.Errorf("signing out: %d %+v", out.status, c)
	}
	if err := r.ring.Remove(t.Context(), lectern.Key{Owner: lectern.DefaultOwner}, k.ID); err != nil {
		t.Fatal(err)
	}
	mustKey(t, r, lectern.ScopeRead)
	if a := with("GET", "/v1/presentations", ""); a.status != 401 {
		t.Errorf("after its key was removed: %d", a.status)
	}
}

// The session cookie is enough for videos and event streams, for which browsers cannot send other headers.
func TestSessionCookieAuthorisesVideosAndStreams(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	r.jobs.begin(t, id)
	r.jobs.finish(t, id, 1)
	_, k := mustKey(t, r, lectern.ScopeRead)
	value, _ := r.ring.StartSession(k)
	for path, want := range map[string]int{"/video": 206, "/events": 200, "/thumbnail": 206} {
		if a := r.get(self+path, "Cookie", "lectern_session="+value, "Range", "bytes=0-9"); a.status != want {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if a := r.get(self+path, "Range", "bytes=0-9"); a.status != 401 {
			t.Errorf("%s without: %d", path, a.status)
		}
	}
}
