package builtin_test

import (
	"strings"
	"testing"

	"lectern"
	"lectern/internal/avatar"
	"lectern/internal/avatar/avatartest"
	"lectern/internal/avatar/builtin"
	"lectern/internal/retry"
	"lectern/internal/slots"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	avatartest.Run(t, func(*testing.T) avatartest.Engine { return builtin.New() })
}

// An engine with decorators passes the same suite.
func TestConformanceOfTheDecoratedEngine(t *testing.T) {
	t.Parallel()
	avatartest.Run(t, func(*testing.T) avatartest.Engine {
		return avatar.Retrying(avatar.Limited(builtin.New(), slots.New("builtin", 64)), retry.Policy{})
	})
}

// An engine whose cache has no space still draws.
func TestAnEngineWithoutCacheDraws(t *testing.T) {
	t.Parallel()
	r := lectern.ClipRequest{Avatar: "gia.casual", Frames: 3, FrameRate: 30, Size: lectern.Size{Width: 64, Height: 64}}
	c, err := builtin.NewSized(1).Animate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		if err := c.Next(newFrame(64, 64)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCodesOfTheBuiltinCharacters(t *testing.T) {
	t.Parallel()
	c := avatar.New("", builtin.New())
	for code, want := range map[string]string{
		"": "mikhailo.business", "mikhailo": "mikhailo.business", "gia": "gia.casual", "gia.casual": "gia.casual",
		"gia.business":            "gia.business",
		"builtin:mikhailo.casual": "mikhailo.casual", " Gia.CASUAL ": "gia.casual",
	} {
		engine, got, err := c.Resolve(t.Context(), code)
		if err != nil || engine != "builtin" || got != want {
			t.Errorf("%q is resolved to %q of %q (%v), not %q", code, got, engine, err, want)
		}
	}
	_, _, err := c.Resolve(t.Context(), "elai:gia.casual")
	if f := lectern.AsFailure(err); f == nil || f.Code != lectern.CodeUnknownAvatar ||
		!strings.Contains(f.Message, "gia.casual") {
		t.Errorf("another engine's avatar gives %v", err)
	}
}
