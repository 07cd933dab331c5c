package render

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/retry"
	"lectern/internal/slots"
	"lectern/internal/tts"
	"lectern/internal/usage"
)

// cloud is a voice engine together with the server that it asks, without a network between them. answer returns the
// response to request n for a text; where it returns nil, or is nil, the response is the sound.
type cloud struct {
	fakeVoices
	answer func(n int, text string) *http.Response

	mu    sync.Mutex
	asked map[string]int
}

var _ tts.Engine = (*cloud)(nil)

func (c *cloud) Name() string { return "cloud" }

func (c *cloud) Fingerprint() string { return "cloud/1" }

func (c *cloud) Voices(context.Context) ([]lectern.Voice, error) {
	return []lectern.Voice{{Engine: "cloud", ID: "tone", Name: "Tone", Language: "en-GB"}}, nil
}

// RoundTrip implements http.RoundTripper: the server's side.
func (c *cloud) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	text := string(b)
	c.mu.Lock()
	if c.asked == nil {
		c.asked = map[string]int{}
	}
	c.asked[text]++
	n := c.asked[text]
	c.mu.Unlock()
	if c.answer != nil {
		if res := c.answer(n, text); res != nil {
			return res, nil
		}
	}
	said, err := c.fakeVoices.Speak(r.Context(), lectern.Reading{Script: lectern.Plain(text)})
	if err != nil {
		return nil, err
	}
	var sound []byte
	for _, x := range said.Samples {
		sound = binary.LittleEndian.AppendUint16(sound, uint16(x))
	}
	return respond(http.StatusOK, "", string(sound)), nil
}

func respond(status int, after, body string) *http.Response {
	h := http.Header{}
	if after != "" {
		h.Set("Retry-After", after)
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Header: h,
		Body: io.NopCloser(strings.NewReader(body))}
}

// cut is a body whose connection breaks.
type cut struct{ io.Reader }

func (c cut) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Speak implements tts.Engine: the client's side.
func (c *cloud) Speak(ctx context.Context, script lectern.Script, v lectern.Voice) (lectern.Narration, error) {
	n := lectern.Narration{Voice: v}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://cloud.invalid", strings.NewReader(script.Text))
	if err != nil {
		return n, err
	}
	res, err := (&http.Client{Transport: c}).Do(req)
	if err != nil {
		return n, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		err := fmt.Errorf("it answered %s", res.Status)
		if retry.Status(res.StatusCode) {
			return n, retry.Again(err, retry.After(res.Header, time.Now()))
		}
		return n, err
	}
	b, err := io.ReadAll(res.Body)
	if retry.Broken(err) {
		return n, retry.Again(err, 0)
	}
	for ; len(b) > 1; b = b[2:] {
		n.Samples = append(n.Samples, int16(binary.LittleEndian.Uint16(b)))
	}
	n.Words = []lectern.Span{{Text: script.Text, End: int64(len(n.Samples))}}
	return n, err
}

// talkOf renders talk with the voice of a cloud in a synctest bubble, and passes the outcome to check: took is the
// time by the bubble's clock.
func talkOf(t *testing.T, c *cloud, check func(took time.Duration, r *recorder, err error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := newRig(t)
		g.Voices = tts.NewCatalogue(tts.Retrying(tts.Limited(tts.Metered(c), slots.New("cloud", 1)), retry.Policy{Tries: 3}))
		g.Prices = map[string]usage.Price{"cloud": {Micros: 10_000_000, Currency: "EUR"}}
		begun := time.Now()
		_, r, err := g.run(t.Context(), t, talk(), 1)
		check(time.Since(begun), r, err)
	})
}

// A voice service that is busy does not fail a presentation. It is asked again after the time that it names, and
// meanwhile the message says what the run waits for.
func TestABusyVoiceServiceIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := &cloud{answer: func(n int, text string) *http.Response {
		if n <= 2 && strings.HasPrefix(text, "Hello") {
			return respond(http.StatusTooManyRequests, "7", "slow down")
		}
		return nil
	}}
	talkOf(t, c, func(took time.Duration, r *recorder, err error) {
		if err != nil || took < 14*time.Second {
			t.Fatalf("%v after %s", err, took)
		}
		if n := c.asked["Hello, and welcome to this talk."]; n != 3 {
			t.Errorf("the service was asked %d times, want 3", n)
		}
		const wait = "Waiting 7s for the voice engine cloud, which is busy or cannot be reached (slide 1 of 3)."
		// A refused request costs nothing, and the usage is reported when the run ends, if not before.
		const said = int64(len("Hello, and welcome to this talk.") + len("That is all. Thank you!"))
		u := r.used()
		if len(u.Providers) != 1 ||
			u.Providers[0] != (lectern.ProviderUse{Provider: "cloud", Characters: said, Cost: 10 * said, Currency: "EUR"}) {
			t.Errorf("the run used %+v", u.Providers)
		}
		if u.CPU <= 0 || u.Video < 3*time.Second {
			t.Errorf("the run used %s of processor time for %s of video", u.CPU, u.Video)
		}
		messages := r.messages()
		if at := slices.Index(messages, wait); at < 0 || at == len(messages)-1 {
			t.Errorf("the messages are %q", messages)
		}
	})
}

// A connection to a voice service that breaks in the middle of a sound does not fail a presentation.
func TestABrokenConnectionOfAVoiceServiceIsMadeAnew(t *testing.T) {
	t.Parallel()
	c := &cloud{answer: func(n int, text string) *http.Response {
		if n == 1 {
			res := respond(http.StatusOK, "", "")
			res.Body = io.NopCloser(cut{strings.NewReader("half a sound")})
			return res
		}
		return nil
	}}
	talkOf(t, c, func(_ time.Duration, _ *recorder, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for text, n := range c.asked {
			if n != 2 {
				t.Errorf("%q was asked for %d times", text, n)
			}
		}
	})
}

// A voice service that never answers fails the presentation in the end, with its name and the slide, for a later retry.
func TestAVoiceServiceThatNeverAnswersFailsTheSlide(t *testing.T) {
	t.Parallel()
	c := &cloud{answer: func(n int, text string) *http.Response {
		if strings.HasPrefix(text, "That is all") {
			return respond(http.StatusServiceUnavailable, "", "")
		}
		return nil
	}}
	talkOf(t, c, func(_ time.Duration, _ *recorder, err error) {
		f := lectern.AsFailure(err)
		const want = "slide 3: The voice engine cloud could not be reached or was too busy, 3 times in a row. Try again " +
			"later."
		if f == nil || f.Code != lectern.CodeVoiceFailed || f.Error() != want || !f.Retryable ||
			f.Detail != "it answered 503" {
			t.Errorf("%+v", f)
		}
	})
}

// A cancel ends a wait for a service at once.
func TestACancelEndsAWaitForAService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{answer: func(int, string) *http.Response { return respond(http.StatusTooManyRequests, "60", "") }}
		g := newRig(t)
		g.Voices = tts.NewCatalogue(tts.Retrying(c, retry.Policy{}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		_, _, err := g.run(ctx, t, talk(), 1)
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
			t.Errorf("%v after %s", err, took)
		}
	})
}
