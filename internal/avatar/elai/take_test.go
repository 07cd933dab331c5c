package elai_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/avatar/elai"
	"lectern/internal/avatar/elai/elaitest"
	"lectern/internal/usage"
)

// clock is a clock that goes forward only when a caller sleeps.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	c.slept = append(c.slept, d)
	return context.Cause(ctx)
}

const tape = "a clip of "

// fixture is an engine that calls a stand-in for Elai, whose clips are short texts.
type fixture struct {
	*elai.Engine
	server *elaitest.Server
	orders *elaitest.Orders
	clock  *clock
	t      *testing.T
	path   string
}

func newFixture(t *testing.T, change ...func(*elai.Options)) *fixture {
	t.Helper()
	s := elaitest.New(t)
	s.Clip = func(text string) ([]byte, error) { return []byte(tape + text + " to its end"), nil }
	c := &clock{at: time.Unix(1_700_000_000, 0)}
	o := elai.Options{
		BaseURL: s.URL, Token: elaitest.Token, Now: c.now, Sleep: c.sleep, Request: 20 * time.Second,
		Listing:   20 * time.Second,
		Recognise: func(string) string { return "en" },
		Sentences: func(text string) []string { return strings.SplitAfter(text, ". ") },
		Probe: func(_ context.Context, path string) (elai.Facts, error) {
			b, err := os.ReadFile(path)
			if !bytes.HasPrefix(b, []byte(tape)) {
				return elai.Facts{}, errors.New("no media")
			}
			return elai.Facts{Video: true, Audio: true, Width: 1920, Height: 1080, Duration: 2 * time.Second,
				Whole: bytes.HasSuffix(b, []byte("end"))}, err
		},
	}
	for _, f := range change {
		f(&o)
	}
	e := elai.New(o)
	t.Cleanup(func() { e.Close() })
	return &fixture{Engine: e, server: s, orders: &elaitest.Orders{Now: c.now}, clock: c, t: t,
		path: filepath.Join(t.TempDir(), "clip.mp4")}
}

const key = "0123456789abcdef"

func (g *fixture) request(attempt int) lectern.TakeRequest {
	return lectern.TakeRequest{Avatar: "gia.casual", Text: "Hello there.", Key: key, Presentation: "p1", Attempt: attempt,
		Slide:  3,
		Orders: g.orders.Run("p1", attempt)}
}

func (g *fixture) perform(attempt int) error {
	return g.Perform(g.t.Context(), g.request(attempt), g.path)
}

// good checks that the clip is stored and was paid for once, and that there are at most creates drafts.
func (g *fixture) good(creates int) {
	g.t.Helper()
	if b, err := os.ReadFile(g.path); err != nil || string(b) != tape+"Hello there. to its end" {
		g.t.Errorf("the clip is %q (%v)", b, err)
	}
	if n := g.server.Creates(key); n > creates {
		g.t.Errorf("%d drafts were made, want at most %d", n, creates)
	}
	if n := g.server.Renders(key); n != 1 {
		g.t.Errorf("J9: %d renders were paid for, want one", n)
	}
}

func TestATakeIsRecordedStageByStage(t *testing.T) {
	t.Parallel()
	g := newFixture(t)
	var shares []float64
	r := g.request(1)
	r.Progress = func(s float64) { shares = append(shares, s) }
	m := usage.NewMeter(nil)
	if err := g.Perform(usage.With(t.Context(), m), r, g.path); err != nil {
		t.Fatal(err)
	}
	g.good(1)
	// The length of a clip counts for the first run that stores it.
	again := g.request(2)
	if err := g.Perform(usage.With(t.Context(), m), again, g.path); err != nil {
		t.Fatal(err)
	}
	if u := m.Read().Providers; len(u) != 1 || u[0] != (lectern.ProviderUse{Provider: "elai", Avatar: 2 * time.Second}) {
		t.Errorf("the usage is %+v", u)
	}
	want := []lectern.OrderState{lectern.OrderIntended, lectern.OrderCreated, lectern.OrderSubmitting,
		lectern.OrderSubmitted, lectern.OrderReady, lectern.OrderReady}
	if got := g.orders.Past(); !slices.Equal(got, want) {
		t.Errorf("the recorded states are %v, want %v", got, want)
	}
	if !slices.Equal(shares, []float64{0.02, 0.1, 0.2, 0.5, 0.8, 1}) {
		t.Errorf("the progress is %v", shares)
	}
}

// J9: wherever a process dies, the next one does not pay again.
func TestJ9ADeathAnywherePaysOnce(t *testing.T) {
	t.Parallel()
	states := []lectern.OrderState{lectern.OrderIntended, lectern.OrderCreated, lectern.OrderSubmitting,
		lectern.OrderSubmitted, lectern.OrderReady}
	for _, state := range states {
		for _, recorded := range []bool{false, true} {
			for _, listed := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s recorded=%v listed=%v", state, recorded, listed), func(t *testing.T) {
					t.Parallel()
					g := newFixture(t)
					g.server.NoList = !listed
					died, dead := errors.New("killed"), false
					g.orders.Die = func(o lectern.Order, after bool) error {
						if !dead && o.State == state && after == recorded {
							dead = true
							return died
						}
						return nil
					}
					if err := g.perform(1); !errors.Is(err, died) {
						t.Fatalf("the first run ended with %v", err)
					}
					if err := g.perform(2); err != nil {
						t.Fatal(err)
					}
					creates := 1
					if !listed && state == lectern.OrderCreated && !recorded {
						creates = 2 // the first draft cannot be found; a second one costs nothing
					}
					g.good(creates)
				})
			}
		}
	}
}

// After two deaths, at any two points, the third run completes the take.
func TestJ9TwoDeathsAnywherePayOnce(t *testing.T) {
	t.Parallel()
	for first := 1; first <= 10; first++ {
		for second := 1; second <= 10; second++ {
			g := newFixture(t)
			n, died := 0, errors.New("killed")
			g.orders.Die = func(lectern.Order, bool) error {
				if n++; n == first || n == first+second {
					return died
				}
				return nil
			}
			var err error
			for attempt := 1; attempt <= 3; attempt++ {
				if err = g.perform(attempt); err == nil {
					break
				}
			}
			if err != nil {
				t.Fatalf("deaths at record %d and %d records later: %v", first, second, err)
			}
			g.good(1)
		}
	}
}

// J7: a run that has lost its lease does not begin a stage that it could not record.
func TestJ7AStaleRunOrdersNothing(t *testing.T) {
	t.Parallel()
	for _, state := range []lectern.OrderState{lectern.OrderIntended, lectern.OrderSubmitting} {
		g := newFixture(t)
		stale := lectern.Fail(lectern.CodeStale, "Another run has taken over.")
		g.orders.Die = func(o lectern.Order, after bool) error {
			if o.State == state && !after {
				return stale
			}
			return nil
		}
		if err := g.perform(1); !errors.Is(err, &lectern.Failure{Code: lectern.CodeStale}) {
			t.Errorf("a stale run ended with %v", err)
		}
		if g.server.Renders(key) > 0 || state == lectern.OrderIntended && g.server.Creates(key) > 0 {
			t.Errorf("a run that could not record %s began that stage", state)
		}
	}
}

// A take survives each trouble of each call, and nothing is paid for twice.
func TestATakeSurvivesTroubles(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"create", "render", "get", "download"} {
		for _, trouble := range append(elaitest.Passing(), elaitest.Slow, elaitest.Stalled) {
			t.Run(fmt.Sprintf("%s %d", kind, trouble), func(t *testing.T) {
				t.Parallel()
				var g *fixture
				// The bound is short where the answer never comes. On a busy machine other answers may miss it too: then
				// the bound is longer.
				for bound := 250 * time.Millisecond; ; bound *= 4 {
					g = newFixture(t, func(o *elai.Options) {
						if trouble == elaitest.Slow || trouble == elaitest.Stalled {
							o.Request = bound
						}
					})
					g.server.Plan(kind, trouble)
					err := g.perform(1)
					if err == nil {
						break
					}
					detail := lectern.AsFailure(err).Detail
					if !strings.Contains(detail, "no answer within "+bound.String()) || bound > time.Minute {
						t.Fatalf("%v: %s", err, detail)
					}
				}
				g.good(1)
				if trouble == elaitest.BusyAfter && kind != "download" &&
					!slices.ContainsFunc(g.clock.slept, func(d time.Duration) bool { return d >= 7*time.Second }) {
					t.Errorf("Retry-After was not waited for: %v", g.clock.slept)
				}
			})
		}
	}
}

// A third of all calls fail in a seeded way, runs give up and are retried, and still nothing is paid for twice.
func TestChaosPaysOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		g := newFixture(t)
		g.server.Chaos(seed, 0.35)
		var err error
		for attempt := 1; attempt <= 12; attempt++ {
			if err = g.perform(attempt); err == nil {
				break
			}
			if f := lectern.AsFailure(err); !f.Retryable || f.Code != lectern.CodeAvatarFailed || f.Slide != 3 {
				t.Errorf("seed %d: %+v", seed, f)
			}
		}
		if err != nil {
			t.Errorf("seed %d: %v", seed, err)
			continue
		}
		g.good(3)
	}
}

// The failure of a render has Elai's own reason, and only another attempt orders again.
func TestAFailedRenderIsOrderedAgainByARetry(t *testing.T) {
	t.Parallel()
	g := newFixture(t)
	g.server.States = []string{"queued", "error", "error", "rendering", "error", "error", "error", "error", "error"}
	g.server.Error = "Slide 1 is too long. Please limit speech to 60s."
	for range 2 {
		f := lectern.AsFailure(g.perform(1))
		if f.Code != lectern.CodeAvatarFailed || f.Slide != 3 || !f.Retryable ||
			!strings.Contains(f.Message, "limit speech to 60s") {
			t.Fatalf("the failure is %+v", f)
		}
	}
	if n := g.server.Calls("get"); n != 9 {
		t.Errorf("%d GETs, want 9: a render has failed after five errors in a row", n)
	}
	if n := g.server.Renders(key); n != 1 {
		t.Errorf("%d renders within one attempt, want 1", n)
	}
	g.server.States = nil
	if err := g.perform(2); err != nil {
		t.Fatal(err)
	}
	if n := g.server.Renders(key); n != 2 {
		t.Errorf("%d renders after a retry, want 2", n)
	}
}

func TestUnexpectedStatesDoNotEndATake(t *testing.T) {
	t.Parallel()
	for name, states := range map[string][]string{
		"never seen": {"queued", "levitating", "ready"}, "repeated": {"rendering", "rendering", "rendering", "ready"},
		"out of order":      {"validating", "queued", "draft", "rendering", "ready"},
		"errors in between": {"error", "failed", "error", "error", "rendering", "ready"},
	} {
		g := newFixture(t)
		g.server.States = states
		if err := g.perform(1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		g.good(1)
	}
}

// A render that never ends is a failure that can be retried, and the retry waits for the same render.
func TestARetryWaitsForTheSameRender(t *testing.T) {
	t.Parallel()
	g := newFixture(t)
	g.server.States = []string{"validating"}
	f := lectern.AsFailure(g.perform(1))
	if f.Code != lectern.CodeAvatarFailed || !f.Retryable || !strings.Contains(f.Message, "30m") {
		t.Fatalf("the failure is %+v", f)
	}
	g.server.States = nil
	if err := g.perform(2); err != nil {
		t.Fatal(err)
	}
	g.good(1)
}

func TestElaisReasonsReachTheUser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind      string
		trouble   elaitest.Trouble
		words     string
		retryable bool
	}{
		{"create", elaitest.Refused, "Slide 1 is too long. Please limit speech to 60s.", false},
		{"render", elaitest.Refused, "Please limit speech to 60s.", false},
		{"create", elaitest.Unpaid, "out of minutes", true},
		{"render", elaitest.Unpaid, "out of minutes", true},
	} {
		g := newFixture(t)
		g.server.Plan(c.kind, c.trouble)
		f := lectern.AsFailure(g.perform(1))
		if f.Code != lectern.CodeAvatarFailed || f.Slide != 3 || f.Retryable != c.retryable ||
			!strings.Contains(f.Message, c.words) {
			t.Errorf("%s %d gives %+v", c.kind, c.trouble, f)
		}
		if g.server.Renders(key) != 0 {
			t.Error("a refused order was paid for")
		}
		if err := g.perform(2); err != nil {
			t.Error(err)
		}
		g.good(2)
	}
}

// No failure contains the token, whatever goes wrong.
func TestTheTokenStaysSecret(t *testing.T) {
	t.Parallel()
	for _, trouble := range []elaitest.Trouble{elaitest.Reset, elaitest.Broken, elaitest.HTML, elaitest.Refused} {
		g := newFixture(t, func(o *elai.Options) { o.Request = 50 * time.Millisecond })
		g.server.Plan("create", slices.Repeat([]elaitest.Trouble{trouble}, 10)...)
		err := g.perform(1)
		if err == nil || strings.Contains(fmt.Sprintf("%+v %v", lectern.AsFailure(err), err), elaitest.Token) {
			t.Errorf("trouble %d gives %v", trouble, err)
		}
	}
	g := newFixture(t, func(o *elai.Options) { o.Token = "wrong-token" })
	f := lectern.AsFailure(g.perform(1))
	if !strings.Contains(f.Message, "ELAI_API_TOKEN") || strings.Contains(fmt.Sprintf("%+v", f), "wrong-token") {
		t.Errorf("a wrong token gives %+v", f)
	}
}

// Two presentations that need the same take share one order.
func TestTwoPresentationsShareAnOrder(t *testing.T) {
	t.Parallel()
	g := newFixture(t)
	died := errors.New("killed")
	g.orders.Die = func(o lectern.Order, after bool) error {
		if o.State == lectern.OrderSubmitting && after {
			return died
		}
		return nil
	}
	if err := g.perform(1); !errors.Is(err, died) {
		t.Fatal(err)
	}
	g.orders.Die = nil
	start := g.clock.now()
	r := g.request(1)
	r.Presentation, r.Orders = "p2", g.orders.Run("p2", 1)
	if err := g.Perform(t.Context(), r, g.path); err != nil {
		t.Fatal(err)
	}
	g.good(1)
	if waited := g.clock.now().Sub(start); waited < 2*time.Minute {
		t.Errorf("the order of another presentation was taken over after %s, before 2m", waited)
	}
}

func TestCancelEndsATake(t *testing.T) {
	t.Parallel()
	g := newFixture(t)
	g.server.States = []string{"rendering"}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("the user asked for it")
	r := g.request(1)
	r.Progress = func(s float64) {
		if s == 0.5 {
			cancel(reason)
		}
	}
	if err := g.Perform(ctx, r, g.path); !errors.Is(err, reason) {
		t.Errorf("the take ended with %v", err)
	}
	g.server.States = nil
	if err := g.perform(2); err != nil {
		t.Fatal(err)
	}
	g.good(1)
}
