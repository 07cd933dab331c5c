// Package elaitest is a server for tests that behaves like Elai, also in its faults.
//
// It is strict, because the real Elai answers many wrong requests with a blank video: a wrong header, field, size or
// colour fails the test. It counts what costs money. Its clips are real: a figure with soft edges that moves in front
// of pure green, 1080p, with sound.
package elaitest

import (
	"encoding/json"
	"fmt"
	"image/png"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Token is the token that calls must send.
const Token = "elai-test-token-0123456789"

// Trouble is a way in which one call fails.
type Trouble int

// The troubles. "done" and "nothing done" say whether a POST has its effect.
const (
	None        Trouble = iota
	Busy                // 429, nothing done
	BusyAfter           // 429 with Retry-After: 7, nothing done
	Broken              // 500, nothing done
	BrokenAfter         // 500, but done
	Gone                // 503, nothing done
	Reset               // the connection ends before an answer, nothing done
	ResetBody           // done, and the connection ends in the middle of the answer
	Slow                // done, but no answer comes until the caller gives up
	HTML                // 200 with a proxy's HTML page, nothing done
	Unpaid              // 402, nothing done
	Refused             // 400 with message and errors, nothing done
	WrongLength         // a body that is shorter than its Content-Length (downloads)
	Truncated           // half a file with the Content-Length of that half (downloads)
	Expired             // 403: the address has expired; GET of the video returns a new one (downloads)
	Stalled             // half of the body, then nothing until the caller gives up
)

// Passing returns the troubles that a client must survive.
func Passing() []Trouble {
	return []Trouble{Busy, BusyAfter, Broken, BrokenAfter, Gone, Reset, ResetBody, HTML, WrongLength, Truncated, Expired}
}

// Clip makes the file for a text; nil: [Film].
type Clip func(text string) ([]byte, error)

// Server is the stand-in for Elai. Its fields are set before the first call.
type Server struct {
	URL    string   // the API's base address
	States []string // the states that GETs of a video report in order, the last for ever; nil: the usual ones
	NoList bool     // GET /videos is 404
	Dead   bool     // the catalogue never answers
	Clip   Clip
	Error  any // data.appError of a failed video

	t    testing.TB
	http *httptest.Server
	quit chan struct{}

	mu      sync.Mutex
	next    int
	videos  map[string]*film
	creates map[string]int // by key
	renders map[string]int
	calls   map[string]int // by kind
	plan    map[string][]Trouble
	chaos   *rand.Rand
	share   float64
}

type film struct {
	id, name, text string
	key            string
	tags           []string
	paid           bool
	looks          int // GETs since it was paid for
	sum            int // the query of its current address
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{t: t, quit: make(chan struct{}), videos: map[string]*film{}, creates: map[string]int{},
		renders: map[string]int{},
		calls:   map[string]int{}, plan: map[string][]Trouble{}}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = s.http.URL + "/api/v1"
	t.Cleanup(func() {
		close(s.quit)
		s.http.Close()
	})
	return s
}

// Plan sets the troubles of the next calls of a kind. Kinds are "create", "render", "get", "list", "avatars", "voices"
// and "download".
func (s *Server) Plan(kind string, troubles ...Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan[kind] = append(s.plan[kind], troubles...)
}

// Chaos makes a share of all calls fail, except those of the catalogue, in the same way for the same seed and order of
// calls.
func (s *Server) Chaos(seed uint64, share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chaos, s.share = rand.New(rand.NewPCG(seed, 1)), share
}

// Creates returns how many drafts were made under a key.
func (s *Server) Creates(key string) int { s.mu.Lock(); defer s.mu.Unlock(); return s.creates[key] }

// Renders returns how often the order of a key was paid for.
func (s *Server) Renders(key string) int { s.mu.Lock(); defer s.mu.Unlock(); return s.renders[key] }

// Keys returns every key under which something was ordered.
func (s *Server) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for k := range s.creates {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Calls returns how many calls of a kind came.
func (s *Server) Calls(kind string) int { s.mu.Lock(); defer s.mu.Unlock(); return s.calls[kind] }

var paths = []struct {
	kind, method string
	path         *regexp.Regexp
}{
	{"avatars", "GET", regexp.MustCompile(`^/api/v1/avatars$`)},
	{"voices", "GET", regexp.MustCompile(`^/api/v1/voices$`)},
	{"list", "GET", regexp.MustCompile(`^/api/v1/videos$`)},
	{"create", "POST", regexp.MustCompile(`^/api/v1/videos$`)},
	{"render", "POST", regexp.MustCompile(`^/api/v1/videos/render/([0-9a-f]{24})$`)},
	{"get", "GET", regexp.MustCompile(`^/api/v1/videos/([0-9a-f]{24})$`)},
	{"picture", "GET", regexp.MustCompile(`^/common/[a-z.]+\.png$`)},
	{"download", "GET", regexp.MustCompile(`^/public/video/([0-9a-f]{24})\.mp4$`)},
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	for _, p := range paths {
		m := p.path.FindStringSubmatch(r.URL.Path)
		if m == nil || r.Method != p.method {
			continue
		}
		id := ""
		if len(m) > 1 {
			id = m[1]
		}
		trouble := s.meet(p.kind)
		if p.kind == "download" || p.kind == "picture" {
			if r.Header.Get("Authorization") != "" {
				s.t.Error("the token was sent to another address than the API's")
			}
		}
		if p.kind == "download" {
			s.download(w, r, id, trouble)
			return
		}
		if p.kind == "picture" {
			w.Header().Set("Content-Type", "image/png")
			_ = png.Encode(w, Figure())
			return
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+Token {
			answer(w, http.StatusUnauthorized, map[string]any{"message": "Unauthorized"})
			return
		}
		s.answerCall(w, r, p.kind, id, trouble)
		return
	}
	s.t.Errorf("Elai has no %s %s", r.Method, r.URL.Path)
	answer(w, http.StatusNotFound, map[string]any{"message": "Not found"})
}

// meet counts a call and returns its trouble.
func (s *Server) meet(kind string) Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[kind]++
	if list := s.plan[kind]; len(list) > 0 {
		s.plan[kind] = list[1:]
		return list[0]
	}
	if s.chaos != nil && kind != "avatars" && kind != "voices" && s.chaos.Float64() < s.share {
		all := Passing()
		return all[s.chaos.IntN(len(all))]
	}
	return None
}

func (s *Server) answerCall(w http.ResponseWriter, r *http.Request, kind, id string, trouble Trouble) {
	if s.Dead && (kind == "avatars" || kind == "voices") {
		s.hang(r)
		panic(http.ErrAbortHandler)
	}
	switch trouble {
	case Busy, BusyAfter:
		if trouble == BusyAfter {
			w.Header().Set("Retry-After", "7")
		}
		answer(w, http.StatusTooManyRequests, map[string]any{"message": "Too many requests"})
		return
	case Broken:
		answer(w, http.StatusInternalServerError, map[string]any{"message": "Internal error"})
		return
	case Gone:
		answer(w, http.StatusServiceUnavailable, nil)
		return
	case Unpaid:
		answer(w, http.StatusPaymentRequired, map[string]any{"message": "Not enough minutes left in the current tariff plan"})
		return
	case Refused:
		answer(w, http.StatusBadRequest, map[string]any{"message": "Slide 1 is too long.",
			"errors": []any{map[string]any{"id": 1, "index": 0, "errors": []any{"Please limit speech to 60s."}}}})
		return
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html><body>Please wait.</body></html>")
		return
	case Reset:
		panic(http.ErrAbortHandler)
	}
	status, body := s.act(r, kind, id)
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Error(err)
	}
	switch trouble {
	case BrokenAfter:
		answer(w, http.StatusInternalServerError, map[string]any{"message": "Internal error"})
	case Slow:
		s.hang(r)
	case Stalled:
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		s.stall(w, r, b)
	case ResetBody:
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		_, _ = w.Write(b[:len(b)/2])
		panic(http.ErrAbortHandler)
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(b)
	}
}

// stall sends half of b and then nothing.
func (s *Server) stall(w http.ResponseWriter, r *http.Request, b []byte) {
	_, _ = w.Write(b[:len(b)/2])
	w.(http.Flusher).Flush()
	s.hang(r)
}

// hang waits until the caller or the test gives up.
func (s *Server) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.quit:
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if body != nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

var notFound = map[string]any{"message": "Not found"}

// act carries out a call and returns the status and the body of its answer.
func (s *Server) act(r *http.Request, kind, id string) (int, any) {
	switch kind {
	case "avatars":
		return 200, s.avatars()
	case "voices":
		return 200, voices()
	case "create":
		return s.create(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == "list" {
		if s.NoList {
			return 404, notFound
		}
		var list []any
		for _, v := range s.videos {
			list = append(list, map[string]any{"_id": v.id, "name": v.name, "status": "draft", "tags": v.tags})
		}
		return 200, map[string]any{"videos": list, "total": len(list)}
	}
	v := s.videos[id]
	if v == nil {
		return 404, notFound
	}
	if kind == "render" {
		if !v.paid {
			s.renders[v.key]++
		} else {
			s.t.Errorf("the video of %.12s was ordered to be rendered twice", v.key)
			s.renders[v.key]++
		}
		v.paid = true
		return 200, map[string]any{"accepted": true}
	}
	return 200, s.look(v)
}

var usual = []string{"queued", "rendering", "validating", "ready"}

// look returns a video as GET reports it. Each call advances its state.
func (s *Server) look(v *film) map[string]any {
	out := map[string]any{"_id": v.id, "name": v.name, "tags": v.tags, "status": "draft", "data": map[string]any{}}
	if !v.paid {
		return out
	}
	states := s.States
	if states == nil {
		states = usual
	}
	state := states[min(v.looks, len(states)-1)]
	v.looks++
	out["status"] = state
	if state == "error" || state == "failed" {
		out["data"] = map[string]any{"appError": s.Error}
	}
	if state == "ready" {
		v.sum++
		out["url"] = fmt.Sprintf("%s/public/video/%s.mp4?s=%d", s.http.URL, v.id, v.sum)
		out["duration"] = 2
	}
	return out
}

func (s *Server) download(w http.ResponseWriter, r *http.Request, id string, trouble Trouble) {
	s.mu.Lock()
	v := s.videos[id]
	good := v != nil && r.URL.Query().Get("s") == strconv.Itoa(v.sum)
	s.mu.Unlock()
	if !good || trouble == Expired {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	clip := s.Clip
	if clip == nil {
		clip = Film
	}
	b, err := clip(v.text)
	if err != nil {
		s.t.Errorf("make a clip: %v", err)
		panic(http.ErrAbortHandler)
	}
	switch trouble {
	case Broken, BrokenAfter, Gone, Busy, BusyAfter:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case Reset:
		panic(http.ErrAbortHandler)
	case HTML:
		b = []byte("<html><body>Please wait.</body></html>")
	case Truncated:
		b = b[:len(b)/2]
	}
	if trouble == Slow {
		s.hang(r)
		return
	}
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	if trouble == Stalled {
		s.stall(w, r, b)
		return
	}
	if trouble == WrongLength || trouble == ResetBody {
		_, _ = w.Write(b[:len(b)-10])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(b)
}

// keyOf returns the order key in an order's tags, or "".
func keyOf(tags []string) string {
	for _, t := range tags {
		if k, ok := strings.CutPrefix(t, "lectern-"); ok {
			return k
		}
	}
	return ""
}

// Say sets States while the server runs. All videos begin with the first of them again.
func (s *Server) Say(states ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.States = states
	for _, v := range s.videos {
		v.looks = 0
	}
}
