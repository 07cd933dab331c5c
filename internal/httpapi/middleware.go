package httpapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
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

// takenID returns the request's X-Request-Id if it has at most 64 characters, all of them ASCII letters, digits, dots,
// hyphens or underscores; else a new id.
func takenID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if id == "" || len(id) > 64 || safeName(strings.ReplaceAll(id, ".", "-")) != strings.ReplaceAll(id, ".", "-") {
		return uuid.NewString()
	}
	return id
}

// attrs returns the attributes of a log line about a request that failed.
func attrs(r *http.Request, f *lectern.Failure) []slog.Attr {
	return []slog.Attr{
		slog.String("request_id", requestID(r.Context())), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("code", string(f.Code)), slog.String("reason", f.Error()), slog.String("detail", f.Detail),
	}
}

// guard wraps the handlers of all requests. It gives each request an id, a log line and security headers, bounds its
// size and time, checks who may send it, and answers even after a panic.
func (s *server) guard(mux *http.ServeMux) http.Handler {
	next := s.route(mux)
	return guarded{s, http.HandlerFunc(func(raw http.ResponseWriter, r *http.Request) {
		began := time.Now()
		v := &visit{id: takenID(r)}
		r = s.below(r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
		control := http.NewResponseController(raw)
		w := &writer{ResponseWriter: raw, control: control, patience: s.WriteTimeout}
		h := w.Header()
		h.Set("X-Request-Id", v.id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		defer func() {
			if p := recover(); p != nil {
				s.panicked(w, r, p)
			}
			s.Observer.Answered(r.Context(), r.Pattern, r.Method, w.status, time.Since(began))
			s.Log.LogAttrs(r.Context(), slog.LevelDebug, "HTTP_REQUEST", slog.String("request_id", v.id),
				slog.String("method", r.Method),
				slog.String("path", r.URL.Path), slog.Int("status", w.status), slog.Int64("bytes", w.bytes),
				slog.Duration("took", time.Since(began)),
				slog.String("key_id", v.key.ID))
		}()
		_, r.Pattern = mux.Handler(r)
		u := s.ruleOf(r.Pattern)
		defer s.bound(w, r, control, u)()
		if s.admit(w, r, v, u) {
			if err := s.takes(w, r, u); err != nil {
				s.refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		}
	})}
}

// guarded is the handler that guard returns. Tests reach its server.
type guarded struct {
	server *server
	http.Handler
}

// below returns r without the path of BaseURL, for proxies that do not remove it.
func (s *server) below(r *http.Request) *http.Request {
	path, found := strings.CutPrefix(r.URL.Path, s.path)
	if s.path == "" || !found || path != "" && path[0] != '/' {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = cmp.Or(path, "/"), strings.TrimPrefix(u.RawPath, s.path)
	r.URL = &u
	return r
}

// panicked logs a panic, and answers 500 if nothing was written yet.
func (s *server) panicked(w *writer, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	s.Log.LogAttrs(r.Context(), slog.LevelError, "panic in a request", slog.String("request_id", requestID(r.Context())),
		slog.String("method", r.Method),
		slog.String("path", r.URL.Path), slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // breaks the connection, so that a partial answer does not look complete
	}
	s.refuse(w, r, lectern.Fail(lectern.CodeInternal, "Something inside Lectern went wrong; the server's log has it "+
		"under request %s.", requestID(r.Context())))
}

// bound limits the size of the body and the time that its sender may take, and makes a large body wait for a place in
// the queue. done frees the place.
func (s *server) bound(w *writer, r *http.Request, control *http.ResponseController, u rule) (done func()) {
	if r.Body == nil || r.Body == http.NoBody {
		return func() {}
	}
	// This deadline is for a body that no handler reads. Not every writer supports deadlines.
	_ = control.SetReadDeadline(time.Now().Add(s.ReadTimeout))
	most := s.mostBytes(u, r)
	b := &body{
		ReadCloser: http.MaxBytesReader(w, r.Body, most), control: control, patience: s.ReadTimeout,
		until: time.Now().Add(10 * s.ReadTimeout),
		place: place{queue: s.large, ctx: r.Context(), large: r.ContentLength > largeBody && r.ContentLength <= most,
			taken: u.upload},
	}
	if most > s.Limits.BodyBytes { // files are streamed to disk, so a slow connection may take its time
		b.until = time.Now().Add(uploadTimes * s.ReadTimeout)
	}
	if u.upload {
		r.Body = b
		return func() {}
	}
	r.Body = b
	return b.place.free
}

// uploadTimes is how many times ReadTimeout the upload of a file may take.
const uploadTimes = 240

// body fails if its sender sends nothing for patience, or has not sent all of it at until. Once the body has been read
// to its end, the read deadline is removed, because net/http would take a passed deadline for a client that has left.
// Until then it stays: net/http reads the rest of a body before it answers, and without a deadline it would wait
// forever.
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
	_ = b.control.SetReadDeadline(deadline) // not every writer supports deadlines
	n, err := b.ReadCloser.Read(p)
	b.place.read += int64(n)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(zeroTime)
	}
	return n, err
}

// writer counts what is written and gives each write a deadline, so that a client that stopped reading is dropped while
// one that merely takes its time is not. It hides ReadFrom on purpose: ReadFrom would write a whole video under one
// deadline.
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

// acceptable reports whether a request whose Accept header has these values takes an answer of the offered media type.
// Problems are sent even if it does not.
func acceptable(accept []string, offered string) bool {
	if len(accept) == 0 || offered == anyMedia {
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
