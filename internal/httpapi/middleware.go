package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"lectern"
)

var zeroTime time.Time

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

type requestIDKey struct{}

// requestID is the id of the request that c belongs to.
func requestID(c context.Context) string {
	id, _ := c.Value(requestIDKey{}).(string)
	return id
}

// takenID is the caller's id for the request where it is a sane one, else a new one.
func takenID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if id == "" || len(id) > 64 || safeName(strings.ReplaceAll(id, ".", "-")) != strings.ReplaceAll(id, ".", "-") {
		return uuid.NewString()
	}
	return id
}

// attrs are what a log line says of a request that failed.
func attrs(r *http.Request, f *lectern.Failure) []slog.Attr {
	return []slog.Attr{
		slog.String("request_id", requestID(r.Context())), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("code", string(f.Code)), slog.String("reason", f.Error()), slog.String("detail", f.Detail),
	}
}

// guard stands around every request: an id, a log line, bounds in size and time, headers, and an answer even to a panic.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(raw http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := takenID(r)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		control := http.NewResponseController(raw)
		w := &writer{ResponseWriter: raw, control: control, patience: s.WriteTimeout}
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		defer func() {
			if p := recover(); p != nil {
				s.panicked(w, r, p)
			}
			s.Observer.Answered(r.Context(), r.Pattern, r.Method, w.status, time.Since(began))
			s.Log.LogAttrs(r.Context(), slog.LevelDebug, "HTTP_REQUEST", slog.String("request_id", id), slog.String("method", r.Method),
				slog.String("path", r.URL.Path), slog.Int("status", w.status), slog.Int64("bytes", w.bytes), slog.Duration("took", time.Since(began)))
		}()
		if s.admit(w, r) {
			defer s.bound(w, r, control)()
			if err := s.takes(w, r); err != nil {
				s.refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		}
	})
}

// panicked logs a panic and answers for it where nothing was written yet.
func (s *server) panicked(w *writer, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	s.Log.LogAttrs(r.Context(), slog.LevelError, "panic in a request", slog.String("request_id", requestID(r.Context())), slog.String("method", r.Method),
		slog.String("path", r.URL.Path), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	s.refuse(w, r, lectern.Fail(lectern.CodeInternal, "Something inside Lectern went wrong; the server's log has it under request %s.", requestID(r.Context())))
}

// bound limits the body in size and its sender in patience, and has large bodies wait for a place, which done gives back.
func (s *server) bound(w *writer, r *http.Request, control *http.ResponseController) (done func()) {
	if r.Body == nil || r.Body == http.NoBody {
		return func() {}
	}
	_ = control.SetReadDeadline(time.Now().Add(s.ReadTimeout)) // for a body that no handler reads; not every writer has one
	b := &body{
		ReadCloser: http.MaxBytesReader(w, r.Body, s.Limits.BodyBytes), control: control, patience: s.ReadTimeout, until: time.Now().Add(10 * s.ReadTimeout),
		place: place{queue: s.large, ctx: r.Context(), large: r.ContentLength > largeBody && r.ContentLength <= s.Limits.BodyBytes},
	}
	r.Body = b
	return b.place.free
}

// body ends a request whose sender falls silent. Once it is read to its end, the deadline goes, since net/http would take
// its passing for the client's leaving. Short of that it stays: before it answers, net/http reads what is left of the body,
// and would wait for it forever.
type body struct {
	io.ReadCloser
	control  *http.ResponseController
	patience time.Duration
	until    time.Time
	place    place
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.place.before(); err != nil {
		return 0, err
	}
	deadline := time.Now().Add(b.patience)
	if deadline.After(b.until) {
		deadline = b.until
	}
	_ = b.control.SetReadDeadline(deadline) // not every writer has one
	n, err := b.ReadCloser.Read(p)
	b.place.read += int64(n)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(zeroTime)
	}
	return n, err
}

// writer counts what is written and gives each write a deadline, so that a client that stopped reading is dropped while one
// that merely takes its time is not. It hides ReadFrom on purpose: a whole video in one call would have one deadline.
type writer struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	status   int
	bytes    int64
}

func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) extend() { _ = w.control.SetWriteDeadline(time.Now().Add(w.patience)) }

func (w *writer) WriteHeader(status int) {
	w.extend()
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.extend()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// FlushError is what http.ResponseController looks for.
func (w *writer) FlushError() error {
	w.extend()
	return w.control.Flush()
}

// admit refuses hosts and origins that may not use this server, and answers preflights. It reports whether the request
// goes on.
func (s *server) admit(w *writer, r *http.Request) bool {
	if len(s.Hosts) > 0 && !slices.Contains(s.Hosts, hostname(r.Host)) {
		s.refuse(w, r, lectern.Fail(codeHost, "This server does not answer for the host %q.", hostname(r.Host)))
		return false
	}
	origin := r.Header.Get("Origin")
	h := w.Header()
	h.Add("Vary", "Origin")
	fine := s.trusted(origin, r)
	if origin != "" && fine {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Content-Disposition, ETag, Idempotent-Replayed, Link, Location, Retry-After, X-Request-Id")
	}
	if r.Method == http.MethodOptions && origin != "" && r.Header.Get("Access-Control-Request-Method") != "" {
		if fine {
			h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE")
			h.Set("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Range, X-Request-Id")
			h.Set("Access-Control-Max-Age", "600")
			if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
				h.Set("Access-Control-Allow-Private-Network", "true")
			}
		}
		w.WriteHeader(http.StatusNoContent)
		return false
	}
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	// A page of another site can send JSON as text/plain without asking first, and this server takes it: so the origin
	// is looked at, not the Content-Type.
	if !safe && (origin != "" && !fine || origin == "" && r.Header.Get("Sec-Fetch-Site") == "cross-site") {
		s.refuse(w, r, lectern.Fail(codeOrigin, "Pages of %s may not use this server; its operator can allow them (origins).", origin))
		return false
	}
	return true
}

// trusted reports whether a page of this origin may use the interface.
func (s *server) trusted(origin string, r *http.Request) bool {
	if slices.Contains(s.Origins, "*") || slices.Contains(s.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return u.Host == r.Host || local(u.Hostname())
}

func local(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// acceptable reports whether a request whose Accept header has these values takes an answer of the offered media type.
// Problems are sent whatever it says.
func acceptable(accept []string, offered string) bool {
	if len(accept) == 0 {
		return true
	}
	offered, _, _ = strings.Cut(offered, ";")
	group, _, _ := strings.Cut(offered, "/")
	for _, v := range strings.Split(strings.ToLower(strings.Join(accept, ",")), ",") {
		kind, params, _ := strings.Cut(v, ";")
		kind = strings.TrimSpace(kind)
		refused := strings.HasPrefix(strings.ReplaceAll(params, " ", "")+";", "q=0;")
		if !refused && (kind == "*/*" || kind == offered || kind == group+"/*") {
			return true
		}
	}
	return false
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		return strings.ToLower(h)
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}
