// Package httpapi speaks HTTP for Lectern, with two faces on one engine.
//
// /v1 is the product's own interface: snake_case, versions as ETags, long polling and server-sent events, problems as in
// RFC 9457, and an OpenAPI document made from the code that serves it. /api/custom is the interface of the service that
// Lectern succeeds, kept so that its web client and its scripts go on working: camelCase, a success flag, polling.
//
// Handlers here translate and nothing else: what a deck is, jsondeck knows; what may happen to a presentation, the job
// service decides; what would fail, the pipeline's check finds. Each face has one table that turns a failure's code into
// a status. Errors are logged here, once, and only where the fault is ours.
//
// The package sees the rest of Lectern through the ports that it declares in ports.go, so a test can put faithful fakes
// behind it and the binary the real things.
package httpapi

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"lectern"
)

// Options are what a server of the interface needs. Jobs, Check, Slides, Voices, Avatars and Open are required.
type Options struct {
	Jobs    Jobs
	Check   Checker
	Slides  Slides
	Measure Measurer // nil: dry runs measure nothing, and say so
	Browser Browser  // nil: previews as pictures answer 503
	Assets  Assets   // nil: previews cannot load pictures
	Voices  Voices
	Avatars Avatars
	Open    Open
	Ready   Ready // nil: always ready
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

	// Origins are the other origins whose pages may use the interface, such as "https://slides.example.com". Pages of
	// the same host and of localhost always may; "*" lets every page.
	Origins []string
	// Hosts, where given, are the only values of the Host header that are answered: a guard against DNS rebinding for
	// servers that listen on localhost. Ports are not compared.
	Hosts []string

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
	large     *queue        // of bodies of more than 1 MiB
	previews  chan struct{} // one token a preview that runs, so that previews cannot crowd out presentations
}

const maxPreviews = 2

// New builds the handler of the whole interface. It starts nothing; requests end when their contexts do.
func New(o Options) http.Handler {
	def := lectern.DefaultLimits()
	o.Limits.BodyBytes = cmp.Or(o.Limits.BodyBytes, def.BodyBytes)
	o.Limits.Slides = cmp.Or(o.Limits.Slides, def.Slides)
	o.Limits.NarrationBytes = cmp.Or(o.Limits.NarrationBytes, def.NarrationBytes)
	o.Limits.PropsBytes = cmp.Or(o.Limits.PropsBytes, def.PropsBytes)
	o.Limits.MinSide = cmp.Or(o.Limits.MinSide, def.MinSide)
	o.Limits.MaxSide = cmp.Or(o.Limits.MaxSide, def.MaxSide)
	o.Limits.MaxHoldSeconds = cmp.Or(o.Limits.MaxHoldSeconds, def.MaxHoldSeconds)
	o.Limits.SlidePixels = cmp.Or(o.Limits.SlidePixels, def.SlidePixels)
	o.Limits.JSONTokens = cmp.Or(o.Limits.JSONTokens, def.JSONTokens)
	o.KeepAlive = cmp.Or(o.KeepAlive, 15*time.Second)
	o.WriteTimeout = cmp.Or(o.WriteTimeout, 30*time.Second)
	o.ReadTimeout = cmp.Or(o.ReadTimeout, 30*time.Second)
	o.RenderLimit = cmp.Or(o.RenderLimit, time.Minute)
	o.LargeBodies = cmp.Or(o.LargeBodies, 2)
	o.LargeWait = cmp.Or(o.LargeWait, 20*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
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
	s := &server{Options: o, portraits: newPortraits(o.Avatars), large: newQueue(o.LargeBodies, o.LargeWait), previews: make(chan struct{}, maxPreviews)}

	mux := http.NewServeMux()
	s.health(mux)
	s.custom(mux)
	doc := s.v1(mux)
	s.docs(mux, doc)
	if o.Metrics != nil {
		mux.Handle("GET /metrics", o.Metrics)
	}
	if o.UI != nil {
		mux.Handle("GET /{$}", o.UI)
		mux.Handle("GET /ui/", o.UI)
	}
	return s.guard(s.route(mux))
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
			s.refuse(w, r, lectern.Fail(codeMethod, "%s is not possible at %s; %s is.", r.Method, r.URL.Path, probe.header.Get("Allow")))
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
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, r, http.StatusOK, map[string]any{"status": "ok", "version": s.Version})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
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
