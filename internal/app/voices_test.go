package app

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/retry"
	"lectern/internal/tts"
	"lectern/internal/usage"
)

// webVoice is an engine that sends a request to a server for each sentence, like engines of services.
type webVoice struct{ server *httptest.Server }

var _ tts.Engine = webVoice{}

func (webVoice) Name() string        { return "web" }
func (webVoice) Fingerprint() string { return "web/1" }

func (v webVoice) Voices(ctx context.Context) ([]lectern.Voice, error) {
	b, err := v.ask(ctx, "/voices", "")
	if err != nil {
		return nil, err
	}
	return []lectern.Voice{{Engine: "web", ID: string(b), Name: "Anna", Language: "en-GB"}}, nil
}

func (v webVoice) Speak(ctx context.Context, script lectern.Script, as lectern.Voice) (lectern.Narration, error) {
	return tts.Compose(ctx, script.Text, as, tts.Prepare(script, as.Language, nil),
		func(ctx context.Context, s tts.Sentence) (tts.Utterance, error) {
			b, err := v.ask(ctx, "/speech", s.Text)
			if err != nil {
				return tts.Utterance{}, err
			}
			samples, rate, err := tts.ReadWAV(b)
			return tts.Utterance{Rate: rate, Samples: samples, Words: make([]lectern.Span, len(s.Words))}, err
		})
}

func (v webVoice) ask(ctx context.Context, path, text string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.server.URL+path, strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	res, err := v.server.Client().Do(req)
	if retry.Broken(err) {
		return nil, retry.Again(err, 0)
	}
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	switch {
	case retry.Status(res.StatusCode):
		return nil, retry.Again(fmt.Errorf("it answered %s", res.Status), retry.After(res.Header, time.Now()))
	case retry.Broken(err):
		return nil, retry.Again(err, 0)
	}
	return b, err
}

// voiceServer answers with a tone of 40 ms a character. The first request for sound is refused, the second breaks off.
type voiceServer struct {
	mu     sync.Mutex
	calls  map[string]int
	busy   int
	widest int // requests at once
}

// ServeHTTP implements http.Handler.
func (s *voiceServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.calls[r.URL.Path]++
	n := s.calls[r.URL.Path]
	s.busy++
	s.widest = max(s.widest, s.busy)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.busy--
		s.mu.Unlock()
	}()
	if r.URL.Path == "/voices" {
		fmt.Fprint(w, "anna")
		return
	}
	if n == 1 {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	const rate = 16_000
	sound := []byte("RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00")
	sound = binary.LittleEndian.AppendUint32(sound, rate)
	sound = binary.LittleEndian.AppendUint32(sound, 2*rate)
	sound = append(sound, "\x02\x00\x10\x00data\xff\xff\xff\xff"...)
	for i := range rate / 25 * len(text) {
		sound = binary.LittleEndian.AppendUint16(sound, uint16(int16(8000*math.Sin(float64(i)/8))))
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(sound)))
	if n == 2 {
		_, _ = w.Write(sound[:len(sound)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(sound)
}

// A voice service gets the decorators of every provider: a refusal and a broken connection do not fail a presentation,
// its voices are requested once, and no more requests than its slots run at once.
func TestAVoiceServiceInTroubleFailsNoPresentation(t *testing.T) {
	t.Parallel()
	stand := &voiceServer{calls: map[string]int{}}
	server := httptest.NewUnstartedServer(stand)
	server.Config.ErrorLog = nil
	server.Start()
	t.Cleanup(server.Close)
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	web := voiceProvider(webVoice{server},
		calls{slots: 1, tries: 4, price: usage.Price{Micros: 20_000_000, Currency: "USD"}}, Finding{Name: "web"})
	a, err := Open(t.Context(), Options{Config: cfg, Folders: FoldersIn(cfg), Version: "1", Log: quiet(), Once: true,
		extra: []provider{web}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	deck := lectern.Deck{Title: "A talk", Size: lectern.Size{Width: 320, Height: 240}, Layout: lectern.LayoutSlideOnly,
		Voice: lectern.VoiceChoice{Engine: "web"}}
	for _, text := range []string{"Hello there. How are you?", "That is all."} {
		deck.Slides = append(deck.Slides, lectern.Slide{Template: "content", Props: map[string]any{"title": "Hello"},
			Narration: text})
	}
	deck, warnings, err := a.Check(t.Context(), deck)
	if err != nil || len(warnings) > 0 {
		t.Fatal(warnings, err)
	}
	p, err := a.Jobs.Submit(t.Context(), lectern.Submission{Deck: deck})
	if err != nil {
		t.Fatal(err)
	}
	waited := false
	for v, err := range a.Jobs.Watch(t.Context(), p.ID, 0) {
		if err != nil {
			t.Fatal(err)
		}
		p, waited = v, waited || strings.HasPrefix(v.Message, "Waiting 1s for the voice engine web")
	}
	if p.Status != lectern.StatusCompleted {
		t.Fatalf("%s: %+v", p.Status, p.Error)
	}
	u := p.Usage
	if len(u.Providers) != 1 || u.Providers[0].Characters < 40 || u.Providers[0].Cost != 20*u.Providers[0].Characters ||
		u.Providers[0].Currency != "USD" || u.Video != p.Duration() || u.CPU < 100*time.Millisecond {
		t.Errorf("the usage is %+v", u)
	}
	if !waited {
		t.Error("no message says that the presentation waits for the service")
	}
	if stand.calls["/voices"] != 1 || stand.widest != 1 || stand.calls["/speech"] < 5 {
		t.Errorf("calls %v, %d at once", stand.calls, stand.widest)
	}
}
