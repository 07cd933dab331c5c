// Package httpapi is the HTTP interface of Lectern. It has two interfaces to the same services: /v1 and
// /api/custom.
//
// /v1 is the product's own interface: snake_case, versions as ETags, long polling and server-sent events, problems as
// in RFC 9457, and an OpenAPI document made from the code that serves it. /api/custom is the interface of the service
// that Lectern replaces, so that the web client and the scripts of that service keep working: camelCase, a success
// flag, polling.
//
// Handlers only translate between HTTP and the ports. The parser reads a deck, the check finds its faults, and the job
// service decides what may happen to a presentation. One table maps the code of a failure to an HTTP status, a second
// one has the exceptions of /api/custom. Errors are logged here, once, and only if the fault is the server's.
//
// Besides the root package and package deck, the package uses the rest of Lectern only through the ports in ports.go,
// access.go and webhooks.go, so that tests can run it with fakes.
package httpapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"lectern"
)

// Options are what a server of the interface needs. Jobs, Decks, Check, Slides, Voices, Avatars and Open are required.
type Options struct {
	Jobs  Jobs
	Decks Decks
	Check Checker
	// CustomCheck checks the decks of /api/custom, where an unknown template is a warning; nil: Check does.
	CustomCheck Checker
	Slides      Slides
	Measure     Measurer // nil: dry runs measure nothing, and say so
	Browser     Browser  // nil: previews as pictures answer 503
	Pictures    Pictures // nil: previews cannot load pictures
	Assets      Assets   // nil: /v1/assets does not exist
	Voices      Voices
	Avatars     Avatars
	Open        Open
	Ready       Ready // nil: always ready
	// Webhooks may be nil: then /v1/webhooks does not exist.
	Webhooks Webhooks
	// Callbacks judges callback addresses; nil: every callback address is refused.
	Callbacks Callbacks
	// Draining, if set, is closed when the server begins to stop. From then on /readyz answers 503, new presentations and
	// retries are refused with 503, and streams and long polls end, so that their clients reconnect to another server. All
	// other requests are still answered.
	Draining <-chan struct{}

	Limits  lectern.Limits // zero fields: the defaults
	Log     *slog.Logger   // nil: discarded
	Schema  []byte         // of decks, served at /schemas/deck.json; nil: 404
	UI      http.Handler   // served at / and below /ui/; nil: both answer 404
	Version string         // of the binary, as /healthz reports it

	Metrics  http.Handler // served at /metrics; nil: 404
	Observer Observer     // nil: nothing is observed
	// TraceParent returns the traceparent (W3C Trace Context) of the request that ctx belongs to; "" if there is none. It
	// is stored with the presentation that the request creates. nil: none is stored.
	TraceParent func(ctx context.Context) string

	// Keys verifies and manages API keys; nil: there are no keys.
	Keys Keys
	// Beyond says that other machines can reach the server. While such a server has no key, it refuses all requests except
	// those that never need one, such as /healthz and the web page, unless Keyless is set.
	Beyond, Keyless bool
	// Quota has the bounds of all keys. A bound that a key has itself replaces the one here.
	Quota lectern.Quota
	// Providers handle the signed messages of avatar services, by the pattern of the route. These requests need no key,
	// and every host and origin is accepted.
	Providers map[string]http.Handler

	// Origins are the other origins whose pages may use the interface, such as "https://slides.example.com". Pages of the
	// same host always may, and pages of localhost if the server is reached by loopback; "*" allows every page.
	Origins []string
	// Hosts are the accepted values of the Host header, without ports, in lower case. Names of loopback and the host of
	// BaseURL are always accepted. If Hosts is empty, a server with keys accepts every host; one without keys accepts
	// every IP address too if Keyless is set.
	Hosts []string
	// Proxies are the networks of the proxies whose forwarding headers are trusted.
	Proxies []netip.Prefix
	// BaseURL is the public address of the server, such as "https://video.example.com/lectern". Links begin with it. If it
	// is empty or not a URL with a host, links are paths.
	BaseURL string

	Streams           int // event streams and long polls at once; default 1000
	StreamsPerAddress int // from one client address; default 100
	Ranges            int // of bytes in one request; default 16

	KeepAlive    time.Duration // silence after which a stream sends a comment; default 15 s
	WriteTimeout time.Duration // how long one write may take before the client is dropped; default 30 s
	ReadTimeout  time.Duration // how long a client may be silent while it sends a body; default 30 s
	RenderLimit  time.Duration // how long a preview may take; default 60 s
	ParseTime    time.Duration // how long a deck may be read; default 60 s
	CheckTime    time.Duration // how long a dry run may measure slides (limits.check); 0: it measures none

	LargeBodies int           // bodies of more than 1 MiB in memory at once; default 2
	LargeWait   time.Duration // how long a large body may wait for its place; default 20 s
}

type server struct {
	Options
	portraits *portraits
	large     *queue          // for bodies of more than 1 MiB
	previews  chan struct{}   // a token for each running preview or dry run, so that these cannot crowd out presentations
	rules     map[string]rule // by the pattern of the route
	attempts  *attempts
	streams   *streams
	base      *url.URL // BaseURL, parsed; nil: there is none
	path      string   // the path of base, without a trailing slash
}

const maxPreviews = 2

// New builds the handler of the whole interface. It starts no goroutine; a request ends when its context ends.
func New(o Options) http.Handler {
	s, mux := newServer(o), http.NewServeMux()
	s.health(mux)
	s.custom(mux)
	doc := s.v1(mux)
	s.docs(mux, doc)
	if s.Metrics != nil {
		s.on(mux, "GET /metrics", rule{scope: lectern.ScopeRead}, s.Metrics.ServeHTTP)
	}
	if s.UI != nil {
		for _, pattern := range []string{"GET /{$}", "GET /ui/"} {
			s.on(mux, pattern, rule{open: true}, s.UI.ServeHTTP)
		}
	}
	s.sessions(mux)
	for pattern, h := range s.Providers {
		s.on(mux, pattern, rule{any: true}, h.ServeHTTP)
	}
	return s.guard(mux)
}

func newServer(o Options) *server {
	o = o.withDefaults()
	s := &server{
		Options: o, portraits: newPortraits(o.Avatars), large: newQueue(o.LargeBodies, o.LargeWait),
		previews: make(chan struct{}, maxPreviews), rules: map[string]rule{},
		attempts: newAttempts(), streams: newStreams(o.Streams, o.StreamsPerAddress),
	}
	if u, err := url.Parse(o.BaseURL); err == nil && u.Host != "" {
		s.base, s.path = u, strings.TrimSuffix(u.Path, "/")
	}
	return s
}

func (o Options) withDefaults() Options {
	o.Limits = o.Limits.WithDefaults()
	o.Streams = cmp.Or(o.Streams, 1000)
	o.StreamsPerAddress = cmp.Or(o.StreamsPerAddress, 100)
	o.Ranges = cmp.Or(o.Ranges, 16)
	o.KeepAlive = cmp.Or(o.KeepAlive, 15*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 30*time.Second)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 30*time.Second)
	o.RenderLimit = cmp.Or(o.RenderLimit, time.Minute)
	o.ParseTime = cmp.Or(o.ParseTime, time.Minute)
	o.LargeBodies = cmp.Or(o.LargeBodies, 2)
	o.LargeWait = cmp.Or(o.LargeWait, 20*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CustomCheck == nil {
		o.CustomCheck = o.Check
	}
	if o.Observer == nil {
		o.Observer = noObserver{}
	}
	if o.TraceParent == nil {
		o.TraceParent = func(context.Context) string { return "" }
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) []*lectern.Failure { return nil }
	}
	return o
}

// route passes a request to its handler. If there is none, it answers 404 or 405 in the format of the interface.
func (s *server) route(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r) // once more, for the path values
			return
		}
		probe := &probe{header: http.Header{}}
		h.ServeHTTP(probe, r)
		if probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", probe.header.Get("Allow"))
			s.refuse(w, r, lectern.Fail(codeMethod, "%s does not allow the method %s. It allows %s.", r.URL.Path,
				r.Method, probe.header.Get("Allow")))
			return
		}
		s.refuse(w, r, lectern.Fail(lectern.CodeNotFound, "There is nothing at %s.", r.URL.Path))
	})
}

// probe is a ResponseWriter that records the status and the headers that ServeMux would send.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// draining reports whether the server is about to stop.
func (s *server) draining() bool {
	select {
	case <-s.Draining:
		return true
	default:
		return false
	}
}

func (s *server) health(mux *http.ServeMux) {
	s.on(mux, "GET /healthz", rule{any: true}, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, r, http.StatusOK, map[string]any{"status": "ok", "version": s.Version})
	})
	s.on(mux, "GET /readyz", rule{any: true}, func(w http.ResponseWriter, r *http.Request) {
		if s.draining() {
			w.Header().Set("Retry-After", "5")
			writeJSON(w, r, http.StatusServiceUnavailable, map[string]any{"ready": false, "missing": []any{}, "stopping": true})
			return
		}
		missing := s.Ready(r.Context())
		if len(missing) == 0 {
			writeJSON(w, r, http.StatusOK, map[string]any{"ready": true, "missing": []any{}})
			return
		}
		writeJSON(w, r, http.StatusServiceUnavailable, map[string]any{"ready": false, "missing": missing})
	})
}
