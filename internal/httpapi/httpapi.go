// Package httpapi speaks HTTP for Lectern, with two faces on one engine.
//
// /v1 is the product's own interface: snake_case, versions as ETags, long polling and server-sent events, problems as
// in RFC 9457, and an OpenAPI document made from the code that serves it. /api/custom is the interface of the service
// that Lectern succeeds, kept so that its web client and its scripts go on working: camelCase, a success flag, polling.
//
// Handlers here translate and nothing else: what a deck is, its parser knows; what may happen to a presentation, the
// job service decides; what would fail, the check finds. Each face has one table that turns a failure's code into a
// status. Errors are logged here, once, and only where the fault is ours.
//
// The package sees the rest of Lectern through the ports that it declares in ports.go, so a test can put faithful fakes
// behind it and the binary the real things.
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
	Assets      Assets   // nil: its operations are not there then
	Voices      Voices
	Avatars     Avatars
	Open        Open
	Ready       Ready // nil: always ready
	// Webhooks may be nil: its operations are not there then.
	Webhooks Webhooks
	// Callbacks judges callback addresses; nil: none is taken.
	Callbacks Callbacks
	// Draining, where given, is closed when the server begins to stop: /readyz answers 503 from then on, new presentations
	// and retries are refused with 503, streams and long polls end so that their clients come back to whoever serves next.
	// Everything else goes on.
	Draining <-chan struct{}

	Limits  lectern.Limits // zero fields: the defaults
	Log     *slog.Logger   // nil: discarded
	UI      http.Handler   // served at / and below /ui/; nil: nothing is
	Version string         // of the binary, told by /healthz

	Metrics  http.Handler // answers at /metrics; nil: nothing does
	Observer Observer     // nil: nobody looks
	// TraceParent tells the trace of the request that ctx belongs to, as W3C Trace Context writes it; "": none. It is kept
	// with the presentation that the request makes. nil: none is.
	TraceParent func(ctx context.Context) string

	// Keys knows who may use the interface; nil: there are no keys.
	Keys Keys
	// Beyond says that the server is reached from other machines. Without a key it then answers only if Keyless is set.
	Beyond, Keyless bool
	// Quota is that of keys which have none of their own.
	Quota lectern.Quota
	// Providers take the messages of services that sign them, by pattern: no key, host or origin is asked of them.
	Providers map[string]http.Handler

	// Origins are the other origins whose pages may use the interface, such as "https://slides.example.com". Pages of the
	// same host always may, those of localhost where the server is reached by loopback; "*" lets every page.
	Origins []string
	// Hosts are values of the Host header that are answered, without ports, in lower case. Names of loopback and BaseURL's
	// host always are. Empty: without a key those alone, with Keyless also every address, with a key every host.
	Hosts []string
	// Proxies are the networks of proxies whose forwarding headers are believed.
	Proxies []netip.Prefix
	// BaseURL is where others reach the server, such as "https://video.example.com/lectern". Links begin with it; "" or
	// what is no URL: they are paths.
	BaseURL string

	Streams           int // event streams and long polls at once; default 1000
	StreamsPerAddress int // of one client; default 100
	Ranges            int // of one request; default 16

	KeepAlive    time.Duration // silence after which a stream sends a comment; default 15 s
	WriteTimeout time.Duration // how long one write to a client may take before it is dropped; default 30 s
	ReadTimeout  time.Duration // how long a client may be silent while it sends a body; default 30 s
	RenderLimit  time.Duration // how long a preview may take; default 60 s
	CheckTime    time.Duration // how long a dry run may measure slides (limits.check); 0: it measures none

	LargeBodies int           // bodies of more than 1 MiB that are held at once; default 2
	LargeWait   time.Duration // how long one may wait for its turn; default 20 s
}

type server struct {
	Options
	portraits *portraits
	large     *queue          // of bodies of more than 1 MiB
	previews  chan struct{}   // one token a preview that runs, so that previews cannot crowd out presentations
	rules     map[string]rule // by the pattern of the route
	attempts  *attempts
	streams   *streams
	base      *url.URL // nil: there is none
	path      string   // of base, without a slash at its end
}

const maxPreviews = 2

// New builds the handler of the whole interface. It starts nothing; requests end when their contexts do.
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
	o.LargeBodies = cmp.Or(o.LargeBodies, 2)
	o.LargeWait = cmp.Or(o.LargeWait, 20*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CustomCheck == nil {
		o.CustomCheck = o.Check
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	if o.TraceParent == nil {
		o.TraceParent = func(context.Context) string { return "" }
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) []*lectern.Failure { return nil }
	}
	return o
}

// route sends a request to its handler, or answers that there is none in the format of the face that was asked.
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
			s.refuse(w, r, lectern.Fail(codeMethod, "%s is not possible at %s; %s is.", r.Method, r.URL.Path,
				probe.header.Get("Allow")))
			return
		}
		s.refuse(w, r, lectern.Fail(lectern.CodeNotFound, "There is nothing at %s.", r.URL.Path))
	})
}

// probe learns what ServeMux would answer.
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
