package avatartest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
)

// Performer is what the suite needs of an engine whose avatars speak themselves. It has the methods of
// avatar.Performer.
type Performer interface {
	Engine
	Parts(ctx context.Context, code, text string) ([]string, error)
	Perform(ctx context.Context, r lectern.TakeRequest, path string) error
}

// Stage is an engine together with what the suite needs to judge it.
type Stage struct {
	Performer
	// Orders returns the store of orders for an attempt of a presentation. The orders outlive the attempt.
	Orders func(presentation string, attempt int) lectern.Orders
	// Paid returns how often the order of a key was paid for.
	Paid func(key string) int
}

// RunPerformer checks the engines that open returns, whose avatars speak themselves. Each test gets its own engine.
func RunPerformer(t *testing.T, open func(t *testing.T) Stage) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s Stage)
	}{
		{"lists avatars", func(t *testing.T, s Stage) {
			if s.Name() == "" || s.Fingerprint() == "" || len(full(t, s)) == 0 {
				t.Errorf("name %q, fingerprint %q", s.Name(), s.Fingerprint())
			}
		}},
		{"refuses unknown avatars and names the known ones", unknownTakes},
		{"refuses to be animated", func(t *testing.T, s Stage) {
			c, err := s.Animate(t.Context(), request(codes(t, s)[0]))
			if f := lectern.AsFailure(err); c != nil || f == nil || f.Code != lectern.CodeAvatarFailed {
				t.Errorf("Animate returns %v", err)
			}
		}},
		{"draws portraits", func(t *testing.T, s Stage) { portraits(t, s) }},
		{"divides text and loses nothing", divided},
		{"stores a file for every avatar", performed},
		{"pays once for a key, for all attempts and presentations", once},
		{"orders nothing that it cannot record", unrecorded},
		{"ends with its context", canceledTake},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

func (s Stage) take(code, key string, attempt int) lectern.TakeRequest {
	return lectern.TakeRequest{Avatar: code, Text: "Hello, and welcome.", Key: key, Presentation: "p1", Attempt: attempt,
		Slide: 2, Orders: s.Orders("p1", attempt)}
}

func unknownTakes(t *testing.T, s Stage) {
	for _, code := range []string{"nobody", "", ".", codes(t, s)[0] + ".nosuch", "\x00"} {
		_, partsErr := s.Parts(t.Context(), code, "Hello.")
		for _, err := range []error{partsErr, s.Perform(t.Context(), s.take(code, "a1", 1),
			filepath.Join(t.TempDir(), "x"))} {
			f := lectern.AsFailure(err)
			if f == nil || f.Code != lectern.CodeUnknownAvatar || !strings.Contains(f.Message, full(t, s)[0]) {
				t.Errorf("for %q the engine returns %v", code, err)
			}
		}
	}
	if n := s.Paid("a1"); n > 0 {
		t.Errorf("an unknown avatar was paid for %d times", n)
	}
}

func divided(t *testing.T, s Stage) {
	for name, text := range map[string]string{
		"short": "Hello there.", "long": strings.Repeat("One sentence comes after the other, and none is short. ", 900),
		"one sentence": strings.Repeat("and on it goes ", 900), "one word": strings.Repeat("x", 9000),
		"broken": "\xff\xfe Hello.\n\n\tYou.",
	} {
		parts, err := s.Parts(t.Context(), codes(t, s)[0], text)
		if err != nil {
			t.Fatal(err)
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squeeze(strings.Join(parts, " ")) != squeeze(text) && name != "broken" {
			t.Errorf("%s: the %d parts do not hold the text", name, len(parts))
		}
		for _, p := range parts {
			if strings.TrimSpace(p) == "" {
				t.Errorf("%s: a part is empty", name)
			}
		}
		again, err := s.Parts(t.Context(), codes(t, s)[0], text)
		if err != nil || strings.Join(again, "|") != strings.Join(parts, "|") {
			t.Errorf("%s: a second call of Parts returns other parts (%v)", name, err)
		}
	}
}

func performed(t *testing.T, s Stage) {
	for i, code := range codes(t, s) {
		key := strings.Repeat("b", i+1)
		path := filepath.Join(t.TempDir(), "take")
		last := 0.0
		r := s.take(code, key, 1)
		r.Progress = func(share float64) { last = share }
		if err := s.Perform(t.Context(), r, path); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 || last != 1 {
			t.Errorf("%s: there is no file (%v), or the progress ends at %g, not at 1", code, err, last)
		}
		o, ok, err := r.Orders.Order(t.Context(), key)
		if err != nil || !ok || o.State != lectern.OrderReady || o.ExternalID == "" || o.Engine != s.Name() || o.Slide != 2 {
			t.Errorf("%s: the record is %+v (%v)", code, o, err)
		}
	}
}

func once(t *testing.T, s Stage) {
	code := codes(t, s)[0]
	for attempt := 1; attempt <= 3; attempt++ {
		r := s.take(code, "c1", attempt)
		if attempt == 3 {
			r.Presentation, r.Orders = "p2", s.Orders("p2", 1)
		}
		if err := s.Perform(t.Context(), r, filepath.Join(t.TempDir(), "take")); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.Paid("c1"); n != 1 {
		t.Errorf("J9: the take was paid for %d times, want once", n)
	}
}

func unrecorded(t *testing.T, s Stage) {
	r := s.take(codes(t, s)[0], "d1", 1)
	r.Orders = nil
	if err := s.Perform(t.Context(), r, filepath.Join(t.TempDir(), "take")); err == nil {
		t.Error("Perform succeeds without a store of orders")
	}
	r.Orders = stale{}
	if err := s.Perform(t.Context(), r, filepath.Join(t.TempDir(), "take")); !errors.Is(err,
		&lectern.Failure{Code: lectern.CodeStale}) {
		t.Errorf("J7: a stale run ends with %v", err)
	}
	if n := s.Paid("d1"); n > 0 {
		t.Errorf("the take was paid for %d times, want never", n)
	}
}

// stale is the store of orders of a run that has lost its lease.
type stale struct{}

func (stale) Order(context.Context, string) (lectern.Order, bool, error) {
	return lectern.Order{}, false, nil
}

func (stale) RecordOrder(context.Context, lectern.Order) error {
	return lectern.Fail(lectern.CodeStale, "Another run has taken over.")
}

func canceledTake(t *testing.T, s Stage) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Perform(ctx, s.take(codes(t, s)[0], "e1", 1), filepath.Join(t.TempDir(), "take")); !errors.Is(err,
		context.Canceled) {
		t.Errorf("after cancel Perform returns %v", err)
	}
	if n := s.Paid("e1"); n > 0 {
		t.Errorf("the take was paid for %d times, want never", n)
	}
}
