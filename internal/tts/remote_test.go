package tts_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/retry"
	"lectern/internal/slots"
	"lectern/internal/tts"
	"lectern/internal/usage"
)

// service is an engine that is reached over a network. Each call of Speak fails with the next error of plan; after them
// it speaks.
type service struct {
	name   string
	plan   []error
	takes  time.Duration
	lists  int
	speaks int
	down   error // of listings
}

func (s *service) Name() string        { return s.name }
func (s *service) Fingerprint() string { return s.name + "/1" }

func (s *service) Voices(context.Context) ([]lectern.Voice, error) {
	s.lists++
	return []lectern.Voice{{Engine: s.name, ID: "anna", Language: "en-GB"}}, s.down
}

func (s *service) Speak(ctx context.Context, _ lectern.Script, v lectern.Voice) (lectern.Narration, error) {
	s.speaks++
	if err := retry.Sleep(ctx, s.takes); err != nil {
		return lectern.Narration{}, err
	}
	if n := s.speaks - 1; n < len(s.plan) {
		return lectern.Narration{}, s.plan[n]
	}
	return lectern.Narration{Voice: v, Samples: make([]int16, 480)}, nil
}

// Doubt implements tts.Doubter.
func (s *service) Doubt(lectern.Voice) string { return "It whispers." }

var (
	errBusy   = errors.New("429 Too Many Requests")
	errBroken = io.ErrUnexpectedEOF
)

// A busy service is asked again after the time that it names, and a broken connection is made again. Other errors, and
// errors that last, are failures. Those that a later retry may solve name the engine.
func TestABusyOrBrokenServiceIsAskedAgain(t *testing.T) {
	t.Parallel()
	refused := lectern.Fail(lectern.CodeVoiceFailed, "The key is wrong.")
	busy, broken := retry.Again(errBusy, 7*time.Second), retry.Again(errBroken, 0)
	for name, c := range map[string]struct {
		plan  []error
		calls int
		waits time.Duration
		fails string
	}{
		"busy twice":  {[]error{busy, busy}, 3, 14 * time.Second, ""},
		"broken once": {[]error{broken}, 2, -1, ""},
		"refused":     {[]error{refused}, 1, 0, "The key is wrong."},
		"busy for ever": {[]error{busy, busy, busy, busy}, 3, 14 * time.Second, "The voice engine azure is too busy " +
			"and asks to wait for 7s. Try again after that."},
		"broken for ever": {[]error{broken, broken, broken}, 3, -1, "The voice engine azure could not be reached or was " +
			"too busy, 3 times in a row. Try again later."},
		"busy until morning": {[]error{retry.Again(errBusy, 8*time.Hour)}, 1, 0, "The voice engine azure is too busy and " +
			"asks to wait for 8h0m0s. Try again after that."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &service{name: "azure", plan: c.plan}
				e := tts.Retrying(tts.Limited(s, slots.New("azure", 1)), retry.Policy{Tries: 3})
				begun := time.Now()
				n, err := e.Speak(t.Context(), lectern.Plain("Hello."), lectern.Voice{ID: "anna"})
				if took := time.Since(begun); s.speaks != c.calls || c.waits >= 0 && took != c.waits {
					t.Errorf("%d calls in %s, want %d in %s", s.speaks, took, c.calls, c.waits)
				}
				if c.fails == "" {
					if err != nil || len(n.Samples) == 0 {
						t.Errorf("Speak returns %d samples and %v", len(n.Samples), err)
					}
					return
				}
				f := lectern.AsFailure(err)
				if f.Code != lectern.CodeVoiceFailed || f.Message != c.fails || f.Retryable != (name != "refused") {
					t.Errorf("the failure is %+v, want the message %q", f, c.fails)
				}
			})
		})
	}
}

// A caller that waits for its next attempt holds no slot, so others are served meanwhile. No more calls run at once
// than there are slots.
func TestAWaitHoldsNoSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{name: "azure", takes: time.Second, plan: []error{retry.Again(errBusy, time.Minute)}}
		e := tts.Retrying(tts.Limited(s, slots.New("azure", 1)), retry.Policy{})
		begun := time.Now()
		ends := make(chan time.Duration, 3)
		for range 3 {
			go func() {
				if _, err := e.Speak(t.Context(), lectern.Plain("Hello."), lectern.Voice{}); err != nil {
					t.Error(err)
				}
				ends <- time.Since(begun)
			}()
			synctest.Wait()
		}
		for i, want := range []time.Duration{2 * time.Second, 3 * time.Second, 62 * time.Second} {
			if got := <-ends; got != want {
				t.Errorf("narration %d ends after %s, not %s", i+1, got, want)
			}
		}
	})
}

// A wait is reported while it lasts, with the engine's name.
func TestAWaitIsReported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{name: "azure", plan: []error{retry.Again(errBusy, 7*time.Second)}}
		e := tts.Retrying(s, retry.Policy{})
		begun := time.Now()
		var seen []string
		ctx := retry.WithWatch(t.Context(), func(service string, wait time.Duration) func() {
			seen = append(seen, service+" "+wait.String())
			return func() { seen = append(seen, "over after "+time.Since(begun).String()) }
		})
		if _, err := e.Speak(ctx, lectern.Plain("Hello."), lectern.Voice{}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(seen, ", "); got != "voice engine azure 7s, over after 7s" {
			t.Errorf("the waits reported are %s", got)
		}
	})
}

// The voices of a service are asked for once an hour, however often they are read, and stay while the service is down.
// The catalogue finds the engine's other interfaces through its decorators.
func TestVoicesAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{name: "azure"}
		e := tts.Cached(tts.Retrying(tts.Limited(s, slots.New("azure", 1)), retry.Policy{}), tts.CacheOptions{})
		c := tts.NewCatalogue(e)
		for range 5 {
			if err := c.Any(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, warnings, err := c.Resolve(t.Context(), lectern.VoiceChoice{ID: "anna"}, lectern.Plain("Hello."))
			if err != nil || len(warnings) != 1 || warnings[0].Message != "It whispers." {
				t.Fatalf("Resolve gives the warnings %v and %v", warnings, err)
			}
		}
		if s.lists != 1 {
			t.Errorf("the service was asked for its voices %d times, want once", s.lists)
		}
		s.down = errors.New("down")
		time.Sleep(2 * time.Hour)
		if voices, err := c.Voices(t.Context()); err != nil || len(voices) != 1 {
			t.Errorf("while the service is down, the voices are %v, %v", voices, err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Characters are counted for calls that a service may charge for: those that returned sound and those whose connection
// broke. A refused call costs nothing.
func TestCharactersAreCountedWhereTheyMayCost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := usage.NewMeter(nil)
		s := &service{name: "azure", plan: []error{retry.Again(errBusy, time.Second), retry.Again(errBroken, 0)}}
		e := tts.Retrying(tts.Limited(tts.Metered(s), slots.New("azure", 1)), retry.Policy{})
		if _, err := e.Speak(usage.With(t.Context(), m), lectern.Plain("Grüße."), lectern.Voice{}); err != nil {
			t.Fatal(err)
		}
		if got := m.Read().Providers; len(got) != 1 || got[0].Provider != "azure" || got[0].Characters != 2*6 {
			t.Errorf("the usage is %+v, want twice 6 characters for azure", got)
		}
	})
}
