package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/deck/all"
	"lectern/internal/httpapi"
)

// call is a request from a given address, for a given host name.
type call struct {
	method, path, body string
	from, host         string
	headers            []string
}

func (k call) request() *http.Request {
	r := httptest.NewRequest(k.method, "http://localhost"+k.path, strings.NewReader(k.body))
	r.RemoteAddr, r.Host = "127.0.0.1:5000", "localhost:8000"
	if k.from != "" {
		r.RemoteAddr = k.from
	}
	if k.host != "" {
		r.Host = k.host
	}
	for i := 0; i < len(k.headers); i += 2 {
		r.Header.Add(k.headers[i], k.headers[i+1])
	}
	return r
}

func (k call) at(h http.Handler) answer {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, k.request())
	return answer{w.Code, w.Header(), w.Body.String()}
}

// handler returns the interface on fakes, without a network, so that requests may come from any address.
func handler(t *testing.T, edit ...func(*httpapi.Options)) (http.Handler, *rig) {
	t.Helper()
	var kept httpapi.Options
	r := newRig(t, append(edit, func(o *httpapi.Options) { kept = *o })...)
	return httpapi.New(kept), r
}

// A page whose domain resolves to this machine (DNS rebinding) can neither read nor write. Names of loopback are
// accepted.
func TestC3DNSRebindingIsRefused(t *testing.T) {
	t.Parallel()
	h, r := handler(t)
	for _, host := range []string{"evil.example:8101", "evil.example", "localhost.evil.example", "192.168.1.5:8000",
		"127.0.0.1.nip.io:8000", ""} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			c := call{method: method, path: "/v1/presentations", body: seedRequest, host: host,
				headers: []string{"Origin", "http://" + host}}
			if host == "" {
				c.host = "-"
			}
			if a := c.at(h); a.status != 421 || !strings.Contains(a.body, "http.hosts") ||
				a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s for %q: %d %v %s", method, host, a.status, a.header, a.body)
			}
		}
	}
	for _, host := range []string{"localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "app.localhost:8000",
		"LOCALHOST"} {
		if a := (call{method: "GET", path: "/v1/presentations", host: host}).at(h); a.status != 200 {
			t.Errorf("%q: %d %s", host, a.status, a.body)
		}
	}
	if n := len(r.jobs.all); n != 0 {
		t.Errorf("%d presentations were made", n)
	}
	named, _ := handler(t, func(o *httpapi.Options) {
		o.Hosts, o.BaseURL = []string{"lectern.corp"}, "https://video.example.com/lectern"
	})
	for host, want := range map[string]int{"lectern.corp:80": 200, "LECTERN.corp": 200, "video.example.com": 200,
		"localhost": 200, "other.corp": 421} {
		if a := (call{method: "GET", path: "/v1/presentations", host: host}).at(named); a.status != want {
			t.Errorf("%s: %d, not %d", host, a.status, want)
		}
	}
	open, _ := handler(t, func(o *httpapi.Options) { o.Beyond, o.Keyless = true, true })
	for host, want := range map[string]int{"192.168.1.5:8000": 200, "[fd00::5]:8000": 200, "evil.example": 421} {
		if a := (call{method: "GET", path: "/v1/presentations", host: host,
			from: "192.168.1.9:1"}).at(open); a.status != want {
			t.Errorf("with http.keyless, %s: %d, not %d", host, a.status, want)
		}
	}
	locked, lockedRig := handler(t)
	text, _ := mustKey(t, lockedRig, lectern.ScopeRead)
	if a := (call{method: "GET", path: "/v1/presentations", host: "any.example",
		headers: []string{"Authorization", "Bearer " + text}}).at(locked); a.status != 200 {
		t.Errorf("with a key, any host: %d %s", a.status, a.body)
	}
}

func mustKey(t *testing.T, r *rig, scope lectern.Scope) (string, lectern.Key) {
	t.Helper()
	text, k, err := r.ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner}, lectern.Key{Name: "x", Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	return text, k
}

// Pages of localhost are trusted only if the server itself is reached by loopback. A preflight allows all methods and
// headers that the interface reads.
func TestM1PagesOfLocalhostAreTrustedOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	h, _ := handler(t, func(o *httpapi.Options) { o.Hosts = []string{"lectern.corp"} })
	for _, c := range []struct {
		host, from string
		want       int
	}{
		{"localhost:8000", "127.0.0.1:1", 202}, {"[::1]:8000", "[::1]:1", 202},
		{"lectern.corp", "10.0.0.5:1", 403}, {"lectern.corp", "127.0.0.1:1", 403}, {"localhost:8000", "10.0.0.5:1", 403},
	} {
		a := call{method: "POST", path: "/v1/presentations", body: seedRequest, host: c.host, from: c.from,
			headers: []string{"Origin", "http://localhost:3000"}}.at(h)
		if a.status != c.want || (a.header.Get("Access-Control-Allow-Origin") != "") != (c.want == 202) {
			t.Errorf("%s from %s: %d %v", c.host, c.from, a.status, a.header)
		}
	}
	a := call{method: "OPTIONS", path: "/v1/presentations", headers: []string{"Origin", "http://localhost:3000",
		"Access-Control-Request-Method", "PATCH"}}.at(h)
	for header, names := range map[string][]string{"Access-Control-Allow-Headers": {"Authorization", "If-Match",
		"Traceparent"}, "Access-Control-Allow-Methods": {"PATCH", "PUT"}} {
		for _, name := range names {
			if !strings.Contains(a.header.Get(header), name) {
				t.Errorf("%s lacks %s: %v", header, name, a.header)
			}
		}
	}
	// A refusal of a request without Origin has a sentence, too.
	a = call{method: "POST", path: "/v1/presentations", body: seedRequest,
		headers: []string{"Sec-Fetch-Site", "cross-site"}}.at(h)
	if a.status != 403 || !strings.Contains(a.body, "Pages of other sites may not") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// A server without keys refuses requests that came through a proxy, unless the proxy is trusted: otherwise a tunnel
// would open a server that is meant for one machine.
func TestC2ProxiesNeedAKeyOrTrust(t *testing.T) {
	t.Parallel()
	h, r := handler(t, func(o *httpapi.Options) {
		o.Proxies, _ = httpapi.ParseNetworks([]string{"10.0.0.0/8", "fd00::/8"})
		o.Hosts = []string{"lectern.corp"}
	})
	for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP",
		"Cf-Connecting-Ip", "Via", "x-client-ip", "CDN-Loop", "X-Azure-ClientIP", "Fly-Client-IP", "x-forwarded-anything"} {
		stranger := call{method: "GET", path: "/v1/presentations", headers: []string{header, "x"}}
		if a := stranger.at(h); a.status != 403 || !strings.Contains(a.body, "http.trusted_proxies") {
			t.Errorf("%s: %d %s", header, a.status, a.body)
		}
	}
	known := call{method: "GET", path: "/v1/presentations", host: "lectern.corp", from: "10.1.2.3:5",
		headers: []string{"X-Forwarded-For", "198.51.100.7"}}
	if a := known.at(h); a.status != 200 {
		t.Errorf("through a known proxy: %d %s", a.status, a.body)
	}
	text, _ := mustKey(t, r, lectern.ScopeRead)
	keyed := call{method: "GET", path: "/v1/presentations", headers: []string{"X-Forwarded-For", "198.51.100.7",
		"Authorization", "Bearer " + text}}
	if a := keyed.at(h); a.status != 200 {
		t.Errorf("with a key: %d %s", a.status, a.body)
	}
}

// A server that other machines reach refuses all requests after its last key is removed, unless http.keyless is set.
func TestC2ServerStaysClosedAfterItsLastKey(t *testing.T) {
	t.Parallel()
	for keyless, want := range map[bool]int{false: 401, true: 200} {
		h, r := handler(t, func(o *httpapi.Options) { o.Beyond, o.Keyless = true, keyless })
		_, k := mustKey(t, r, lectern.ScopeAdmin)
		if err := r.ring.Remove(t.Context(), lectern.Key{Owner: lectern.DefaultOwner}, k.ID); err != nil {
			t.Fatal(err)
		}
		if a := (call{method: "GET", path: "/v1/presentations"}).at(h); a.status != want {
			t.Errorf("keyless %v: %d %s", keyless, a.status, a.body)
		}
	}
}

// Wrong keys are counted by the client's address. Only a trusted proxy can report another address.
func TestWrongKeysAreSlowedDownByAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, ring := newRing(t)
		text, _, err := ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner}, lectern.Key{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		proxies, err := httpapi.ParseNetworks([]string{"10.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		h := httpapi.New(httpapi.Options{Jobs: newJobs(), Decks: all.Parsers(), Check: checker{}, Slides: slides{},
			Voices: voices{}, Avatars: avatars{}, Open: openBlob, Keys: ring, Proxies: proxies})
		ask := func(key, from string, headers ...string) answer {
			return call{method: "GET", path: "/v1/presentations", from: from,
				headers: append(headers, "Authorization", "Bearer "+key)}.at(h)
		}
		statuses := map[int]int{}
		var last answer
		for i := range 30 { // an untrusted header does not change the address
			last = ask("lk_wrong", "198.51.100.1:1", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
			statuses[last.status]++
		}
		if statuses[401] != 10 || statuses[429] != 20 || last.header.Get("Retry-After") != "6" ||
			!strings.Contains(last.body, "rate_limited") {
			t.Errorf("%v, then %v %s", statuses, last.header, last.body)
		}
		if a := ask(text, "198.51.100.1:1"); a.status != 200 {
			t.Errorf("the right key from the same address: %d %s", a.status, a.body)
		}
		if a := ask("lk_wrong", "198.51.100.2:1"); a.status != 401 {
			t.Errorf("another address: %d", a.status)
		}
		for i, chain := range []string{"203.0.113.1", "evil, 203.0.113.2", "203.0.113.3:4711", "[2001:db8::1]:80",
			"203.0.113.4, 10.0.0.1"} {
			if a := ask("lk_wrong", "10.0.0.1:1", "X-Forwarded-For", chain); a.status != 401 {
				t.Errorf("%d through the proxy: %d", i, a.status)
			}
		}
		for i := range 11 {
			last = ask("lk_wrong", "10.0.0.1:1", "Forwarded", fmt.Sprintf(`for="[2001:db8:0:1::%x]";proto=https, for=10.0.0.1`,
				i+1))
		}
		if last.status != 429 {
			t.Errorf("one machine's network of IPv6: %d", last.status)
		}
		time.Sleep(6 * time.Second)
		if a := ask("lk_wrong", "198.51.100.1:1"); a.status != 401 {
			t.Errorf("after Retry-After: %d", a.status)
		}
		for i := range 10_500 { // memory is bounded
			ask("lk_wrong", netip.AddrFrom4([4]byte{100, 64, byte(i >> 8), byte(i)}).String()+":1")
		}
		if n := httpapi.RememberedSources(h); n > 10_000 {
			t.Errorf("%d addresses are remembered", n)
		}
	})
}

// made is the path of a new presentation.
func made(t *testing.T, h http.Handler) string {
	t.Helper()
	a := call{method: "POST", path: "/v1/presentations", body: seedRequest}.at(h)
	if a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return a.header.Get("Location")
}

// lasting is a request that is not answered at once, in a bubble of testing/synctest.
type lasting struct {
	w     *httptest.ResponseRecorder
	leave context.CancelFunc // hangs up
	ended bool
}

// begin sends a request and returns when it is blocked or has been answered.
func (k call) begin(h http.Handler) *lasting {
	ctx, leave := context.WithCancel(context.Background())
	l := &lasting{w: httptest.NewRecorder(), leave: leave}
	go func() {
		h.ServeHTTP(l.w, k.request().WithContext(ctx))
		l.ended = true
	}()
	synctest.Wait()
	return l
}

// Event streams and long polls are bounded, in total and by address. A stream that ends makes room for another.
func TestM4StreamsAndLongPollsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := offline(t, func(o *httpapi.Options) { o.Streams, o.StreamsPerAddress = 3, 2 })
		self := made(t, h)
		events := func(n int) call {
			return call{method: "GET", path: self + "/events", from: fmt.Sprintf("198.51.100.%d:1", n)}
		}
		var open []*lasting
		for i, from := range []int{1, 1} {
			open = append(open, events(from).begin(h))
			if l := open[i]; l.w.Code != 200 || l.ended {
				t.Fatalf("%d: %d, ended %v", i, l.w.Code, l.ended)
			}
		}
		refused := events(1).at(h)
		if refused.status != 429 || !strings.Contains(refused.body, "limits.streams_per_address") ||
			refused.header.Get("Retry-After") == "" {
			t.Errorf("a third from one address: %d %v %s", refused.status, refused.header, refused.body)
		}
		poll, plain := events(1), events(1)
		poll.path, plain.path = self+"?wait=30s", self
		if a := poll.at(h); a.status != 429 {
			t.Errorf("a long poll from the same address: %d", a.status)
		}
		if a := plain.at(h); a.status != 200 {
			t.Errorf("a plain request: %d", a.status)
		}
		open = append(open, events(2).begin(h))
		if l := open[2]; l.w.Code != 200 || l.ended {
			t.Errorf("another address: %d, ended %v", l.w.Code, l.ended)
		}
		if a := events(3).at(h); a.status != 429 || !strings.Contains(a.body, "(limits.streams)") {
			t.Errorf("a fourth: %d %s", a.status, a.body)
		}
		head := events(3)
		head.method = "HEAD"
		if a := head.at(h); a.status != 200 {
			t.Errorf("HEAD: %d", a.status)
		}
		open[0].leave()
		synctest.Wait()
		open[0] = events(3).begin(h)
		if l := open[0]; l.w.Code != 200 || l.ended {
			t.Errorf("after one has left: %d, ended %v", l.w.Code, l.ended)
		}
		for _, l := range open {
			l.leave()
		}
	})
}

// A request with more than 16 ranges is refused.
func TestM5RangesAreBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, self := newPresentation(t, r)
	r.jobs.begin(t, id)
	r.jobs.finish(t, id, 1)
	few, many := "bytes=0-0"+strings.Repeat(",5-5", 15), "bytes=0-0"+strings.Repeat(",5-5", 16)
	for _, path := range []string{self + "/video", "/api/custom/presentations/" + id + "/video"} {
		if a := r.get(path, "Range", few); a.status != 206 ||
			!strings.HasPrefix(a.header.Get("Content-Type"), "multipart/byteranges") {
			t.Errorf("%s, 16 ranges: %d", path, a.status)
		}
		if a := r.get(path, "Range", many); a.status != 416 || !strings.Contains(a.body, "limits.ranges") {
			t.Errorf("%s, 17 ranges: %d %s", path, a.status, a.body)
		}
	}
}

// A stream and a long poll end once their key is removed.
func TestLongRequestsEndWithTheirKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, r := offline(t)
		self := made(t, h)
		text, k := mustKey(t, r, lectern.ScopeRead)
		with := []string{"Authorization", "Bearer " + text}
		stream := call{method: "GET", path: self + "/events", headers: with}.begin(h)
		poll := call{method: "GET", path: self + "?wait=60s", headers: with}.begin(h)
		time.Sleep(10 * time.Second) // as long as the key is there, they go on
		synctest.Wait()
		if stream.ended || poll.ended || stream.w.Code != 200 {
			t.Fatalf("before: stream %v %d, poll %v", stream.ended, stream.w.Code, poll.ended)
		}
		if err := r.ring.Remove(t.Context(), lectern.Key{Owner: lectern.DefaultOwner}, k.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if words := stream.w.Body.String(); !stream.ended || !strings.Contains(words, "the key is no longer valid") {
			t.Errorf("the stream ended %v and said %q", stream.ended, words)
		}
		if !poll.ended || poll.w.Code != 401 || !strings.Contains(poll.w.Body.String(), "While the request waited") {
			t.Errorf("the poll ended %v with %d %s", poll.ended, poll.w.Code, poll.w.Body)
		}
		stream.leave()
		poll.leave()
	})
}

// A dry run of /api/custom creates nothing.
func TestCustomDryRunCreatesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.post("/api/custom/presentations?dry_run=true", seedRequest)
	if a.status != 200 || a.json(t)["valid"] != true || a.json(t)["jobId"] != nil || len(r.jobs.all) != 0 {
		t.Errorf("%d %s, %d made", a.status, a.body, len(r.jobs.all))
	}
	if a := r.post("/api/custom/presentations?dry_run=perhaps", seedRequest); a.status != 400 || len(r.jobs.all) != 0 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// Links and Location begin with http.base_url. Its path is accepted in requests, whether or not the proxy removes it.
func TestBaseURL(t *testing.T) {
	t.Parallel()
	h, _ := handler(t, func(o *httpapi.Options) { o.BaseURL = "https://video.example.com/lectern" })
	const base = "https://video.example.com/lectern"
	for _, prefix := range []string{"", "/lectern"} {
		made := call{method: "POST", path: prefix + "/v1/presentations", body: seedRequest, host: "video.example.com",
			headers: []string{"Origin", "https://video.example.com"}}.at(h)
		if made.status != 202 || !strings.HasPrefix(made.header.Get("Location"), base+"/v1/presentations/") {
			t.Fatalf("%d %v %s", made.status, made.header, made.body)
		}
		for name, link := range made.json(t)["links"].(map[string]any) {
			if !strings.HasPrefix(link.(string), base+"/v1/presentations/") {
				t.Errorf("%s: %v", name, link)
			}
			path := strings.TrimPrefix(link.(string), "https://video.example.com")
			if name == "self" && (call{method: "GET", path: path, host: "video.example.com"}).at(h).status != 200 {
				t.Errorf("%s leads nowhere", path)
			}
		}
		old := call{method: "POST", path: prefix + "/api/custom/presentations", body: seedRequest,
			host: "video.example.com"}.at(h)
		if old.status != 200 || !strings.HasPrefix(old.header.Get("Location"), base+"/api/custom/presentations/") {
			t.Errorf("%d %v", old.status, old.header)
		}
	}
	if a := (call{method: "GET", path: "/lecterns/v1/presentations"}).at(h); a.status != 404 {
		t.Errorf("a path that only begins with the same letters: %d", a.status)
	}
	b, err := httpapi.Encoder(base)(lectern.Presentation{ID: "x"})
	if err != nil || !strings.Contains(string(b), `"self":"`+base+`/v1/presentations/x"`) {
		t.Errorf("in webhooks: %s %v", b, err)
	}
}

// The address for operators serves metrics and profiles. If other machines can reach it, it needs keys.
func TestM8AdminAddress(t *testing.T) {
	t.Parallel()
	_, ring := newRing(t)
	admin, _, err := ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner},
		lectern.Key{Name: "x", Scope: lectern.ScopeAdmin})
	if err != nil {
		t.Fatal(err)
	}
	reader, _, err := ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner},
		lectern.Key{Name: "y", Scope: lectern.ScopeRead})
	if err != nil {
		t.Fatal(err)
	}
	build := func(beyond bool) http.Handler {
		return httpapi.Admin(httpapi.Options{Keys: ring, Beyond: beyond,
			Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "metrics") })})
	}
	here, there := build(false), build(true)
	// not Beyond; Beyond: without a key, with the scope read, with the scope admin
	for path, want := range map[string][4]int{
		"/metrics": {200, 401, 200, 200}, "/healthz": {200, 200, 200, 200}, "/readyz": {200, 200, 200, 200},
		"/debug/pprof/": {200, 401, 403, 200}, "/debug/pprof/heap": {200, 401, 403, 200},
		"/debug/pprof/cmdline": {200, 401, 403, 200},
		"/v1/presentations":    {404, 401, 404, 404},
	} {
		got := [4]int{
			call{method: "GET", path: path}.at(here).status, call{method: "GET", path: path, from: "10.0.0.9:1",
				host: "node:1"}.at(there).status,
			call{method: "GET", path: path, headers: []string{"Authorization", "Bearer " + reader}}.at(there).status,
			call{method: "GET", path: path, headers: []string{"Authorization", "Bearer " + admin}}.at(there).status,
		}
		if got != want {
			t.Errorf("%s: %v, not %v", path, got, want)
		}
	}
	if a := (call{method: "GET", path: "/debug/pprof/heap", host: "evil.example"}).at(here); a.status != 421 {
		t.Errorf("DNS rebinding to the profiles: %d", a.status)
	}
}
