package elai_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"lectern"
	"lectern/internal/avatar"
	"lectern/internal/avatar/avatartest"
	"lectern/internal/avatar/elai"
	"lectern/internal/avatar/elai/elaitest"
	"lectern/internal/ffmpeg"
	"lectern/internal/retry"
	"lectern/internal/slots"
	"lectern/internal/tts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	avatartest.RunPerformer(t, func(t *testing.T) avatartest.Stage {
		g := newFixture(t, func(o *elai.Options) { o.Sentences, o.Recognise = tts.Sentences, tts.Recognise })
		e := avatar.Retrying(avatar.Limited(g.Engine, slots.New("elai", 4)), retry.Policy{Tries: 2})
		return avatartest.Stage{Performer: e.(avatar.Performer), Orders: g.orders.Run, Paid: g.server.Renders}
	})
}

// The engine accepts a real film from the stand-in, and fetches again what is not a whole film.
func TestOnlyAWholeFilmIsAccepted(t *testing.T) {
	t.Parallel()
	tool, err := ffmpeg.Find("")
	if err != nil {
		t.Fatal(err)
	}
	g := newFixture(t, func(o *elai.Options) {
		o.Probe = func(ctx context.Context, path string) (elai.Facts, error) {
			info, err := tool.Probe(ctx, path)
			if err != nil {
				return elai.Facts{}, err
			}
			v, _ := info.First("video")
			a, sound := info.First("audio")
			return elai.Facts{Video: v.Width > 0, Audio: sound, Width: v.Width, Height: v.Height, Duration: info.Duration,
				Whole: v.Packets >= v.Frames && a.Packets >= a.Frames}, nil
		}
	})
	g.server.Clip = nil
	g.server.Plan("download", elaitest.Truncated, elaitest.HTML, elaitest.WrongLength, elaitest.Expired)
	if err := g.perform(1); err != nil {
		t.Fatal(err)
	}
	if n := g.server.Calls("download"); n != 5 {
		t.Errorf("%d downloads, want 5", n)
	}
	info, err := tool.Probe(t.Context(), g.path)
	if v, _ := info.First("video"); err != nil || v.Width != 1920 {
		t.Errorf("the stored clip is %+v (%v)", info, err)
	}
}

// Parts stay below the avatar's limit: gia may speak for 300 seconds, zara for 60.
func TestPartsKeepTheLimit(t *testing.T) {
	t.Parallel()
	g := newFixture(t, func(o *elai.Options) { o.Sentences = tts.Sentences })
	text := strings.Repeat("This sentence has fifty letters or some more, I say. ", 60)
	for code, want := range map[string]int{"gia.casual": 1, "zara.regular": 5} {
		parts, err := g.Parts(t.Context(), code, text)
		if err != nil || len(parts) != want {
			t.Fatalf("%s: %d parts (%v)", code, len(parts), err)
		}
		for _, p := range parts {
			if !strings.HasSuffix(p, ".") || len(p) > 60*11 && code == "zara.regular" {
				t.Errorf("%s: a part of %d characters ends with %q", code, len(p), p[len(p)-8:])
			}
		}
	}
}

// A provider that does not answer costs one wait, not one for each caller.
func TestAProviderWithoutAnswerCostsOneWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var network silent
		e := elai.New(elai.Options{BaseURL: "http://elai.invalid", HTTP: &http.Client{Transport: &network},
			Listing: 3 * time.Second})
		c := avatar.New("", known{}, e)
		start := time.Now()
		for range 20 {
			list, err := c.Avatars(t.Context())
			if err != nil || len(list) != 1 {
				t.Fatalf("the avatars are %v (%v), want the one of the other engine", list, err)
			}
		}
		engine, code, err := c.Resolve(t.Context(), "gia.casual")
		if engine != "known" || code != "gia.casual" || err != nil {
			t.Errorf("gia.casual is resolved to %s of %s (%v)", code, engine, err)
		}
		if n, took := network.asked.Load(), time.Since(start); n != 1 || took != 3*time.Second {
			t.Errorf("a provider without an answer was asked %d times, which took %s; want once and 3s", n, took)
		}
		_, _, err = c.Resolve(t.Context(), "elai:gia.casual")
		if f := lectern.AsFailure(err); f.Code != lectern.CodeAvatarFailed || !f.Retryable {
			t.Errorf("elai:gia.casual gives %v", err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// silent is a network from which no answer arrives. It counts the requests for avatars.
type silent struct{ asked atomic.Int64 }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/avatars") {
		s.asked.Add(1)
	}
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

// Warm does not wait. The first caller waits until the limit of the listing that Warm has started, and not for a second
// listing.
func TestWarmDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := elai.New(elai.Options{BaseURL: "http://elai.invalid", HTTP: &http.Client{Transport: &silent{}},
			Listing: 3 * time.Second})
		start := time.Now()
		e.Warm(t.Context())
		if took := time.Since(start); took != 0 {
			t.Errorf("Warm waits %s", took)
		}
		time.Sleep(time.Second)
		if _, err := e.Avatars(t.Context()); err == nil || time.Since(start) != 3*time.Second {
			t.Errorf("the first caller waits until %s (%v), not until 3s", time.Since(start), err)
		}
		if _, err := e.Avatars(t.Context()); err == nil || time.Since(start) != 3*time.Second {
			t.Errorf("the second caller waits until %s (%v), not until 3s", time.Since(start), err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// known is another engine with the avatar gia.casual.
type known struct{ avatar.Engine }

func (known) Name() string { return "known" }
func (known) Avatars(context.Context) ([]lectern.Avatar, error) {
	return []lectern.Avatar{{Code: "gia", Variants: []lectern.AvatarVariant{{Code: "casual"}}}}, nil
}

func TestACodeGoesToTheFirstEngineThatHasIt(t *testing.T) {
	t.Parallel()
	g := newFixture(t)
	c := avatar.New("", known{}, g.Engine)
	for code, want := range map[string]string{"gia.casual": "known", "elai:gia.casual": "elai", "zara": "elai",
		"gia.business": "elai"} {
		if engine, _, err := c.Resolve(t.Context(), code); err != nil || engine != want {
			t.Errorf("%s is an avatar of %s (%v), want %s", code, engine, err, want)
		}
		if c.Performs(t.Context(), code) != (want == "elai") {
			t.Errorf("Performs(%s) is %v", code, want != "elai")
		}
	}
	none := avatar.New("", known{}).Without("elai", "Set ELAI_API_TOKEN.")
	_, _, err := none.Resolve(t.Context(), "elai:gia.casual")
	if f := lectern.AsFailure(err); f.Code != lectern.CodeUnknownAvatar ||
		!strings.Contains(f.Message, "ELAI_API_TOKEN") || f.Param != "avatar" {
		t.Errorf("without a token the failure is %+v", f)
	}
}

func TestWebhookWakesThePoller(t *testing.T) {
	t.Parallel()
	const secret = "agreed"
	var hook http.Handler
	id := make(chan string, 1)
	slept := make(chan struct{}, 8)
	g := newFixture(t, func(o *elai.Options) {
		o.Now = nil
		o.Sleep = func(ctx context.Context, _ time.Duration) error { // a poll that is never due
			slept <- struct{}{}
			<-ctx.Done()
			return context.Cause(ctx)
		}
	})
	g.orders.Now = nil
	g.server.States = []string{"queued", "ready"}
	g.orders.Die = func(o lectern.Order, after bool) error {
		if o.State == lectern.OrderSubmitted && after {
			id <- o.ExternalID
		}
		return nil
	}
	hook = g.Webhook(secret)
	send := func(change func(r *http.Request)) int {
		body := []byte(`{"event":"video_ready","videoId":"` + "000000000000000000000001" + `"}`)
		r := httptest.NewRequest(http.MethodPost, "/webhooks/elai", bytes.NewReader(body))
		stamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
		r.Header.Set("Delivery-ID", "d1")
		r.Header.Set("Elai-Timestamp", stamp)
		r.Header.Set("Elai-Signature", elai.Sign(secret, stamp, body))
		change(r)
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		return w.Code
	}
	ended := make(chan error, 1)
	go func() { ended <- g.perform(1) }()
	if got := <-id; got != "000000000000000000000001" {
		t.Fatalf("the video is %s", got)
	}
	<-slept
	for name, change := range map[string]func(*http.Request){
		"another secret": func(r *http.Request) { r.Header.Set("Elai-Signature", strings.Repeat("0", 64)) },
		"no delivery":    func(r *http.Request) { r.Header.Del("Delivery-ID") },
		"old": func(r *http.Request) {
			r.Header.Set("Elai-Timestamp", strconv.FormatInt(time.Now().Add(-time.Hour).UnixMilli(), 10))
		},
		"no time": func(r *http.Request) { r.Header.Del("Elai-Timestamp") },
	} {
		if code := send(change); code != http.StatusUnauthorized {
			t.Errorf("a message with the fault %q gives the status %d, want 401", name, code)
		}
	}
	if n := g.server.Calls("get"); n != 1 {
		t.Errorf("a forged message caused a poll: %d GETs, want 1", n)
	}
	if code := send(func(*http.Request) {}); code != http.StatusNoContent {
		t.Errorf("a valid message gives the status %d, want 204", code)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	g.good(1)
}
