package avatar_test

import (
	"context"
	"errors"
	"image"
	"io"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/avatar"
)

// fakeEngine is an engine with given avatars, whose clips have no frames.
type fakeEngine struct {
	name    string
	avatars []lectern.Avatar
	asked   *lectern.ClipRequest
}

type emptyClip struct{}

func (emptyClip) Next(*image.RGBA) error { return io.EOF }
func (emptyClip) Close() error           { return nil }

func (s *fakeEngine) Name() string        { return s.name }
func (s *fakeEngine) Fingerprint() string { return s.name + "-1" }
func (s *fakeEngine) Avatars(context.Context) ([]lectern.Avatar, error) {
	if s.avatars == nil {
		return nil, errors.New("out of reach")
	}
	return s.avatars, nil
}
func (s *fakeEngine) Animate(_ context.Context, r lectern.ClipRequest) (lectern.Clip, error) {
	s.asked = &r
	return emptyClip{}, nil
}
func (s *fakeEngine) Portrait(context.Context, string, lectern.Size) (image.Image, error) {
	return image.NewRGBA(image.Rect(0, 0, 1, 1)), nil
}

// two returns two engines and their catalogue, to which a second engine with the name of the first was given too.
func two() (*fakeEngine, *fakeEngine, *avatar.Catalogue) {
	a := &fakeEngine{name: "first", avatars: []lectern.Avatar{
		{Code: "mikhailo", Variants: []lectern.AvatarVariant{{Code: "business"}, {Code: "casual"}}},
		{Code: "plain"},
	}}
	b := &fakeEngine{name: "second",
		avatars: []lectern.Avatar{{Code: "gia", Gender: "female", Variants: []lectern.AvatarVariant{{Code: "casual"}}},
			{Code: "plain"}}}
	return a, b, avatar.New("", a, b, &fakeEngine{name: "first"})
}

func TestResolveFindsTheEngineAndTheFullCode(t *testing.T) {
	t.Parallel()
	_, _, c := two()
	for code, want := range map[string]string{
		"": "first:mikhailo.business", "mikhailo": "first:mikhailo.business", "mikhailo.casual": "first:mikhailo.casual",
		"gia": "second:gia.casual", "second:gia": "second:gia.casual", " SECOND : Gia.Casual ": "second:gia.casual",
		"plain": "first:plain", "second:plain": "second:plain",
	} {
		e, a, err := c.Resolve(t.Context(), code)
		if err != nil || e+":"+a != want {
			t.Errorf("%q gives %s:%s (%v), not %s", code, e, a, err, want)
		}
	}
	for _, code := range []string{"nobody", "mikhailo.pirate", "first:gia", "third:gia", "plain.casual", ":", ".", "gia.",
		"gia.casual.more"} {
		_, _, err := c.Resolve(t.Context(), code)
		if code == "gia." { // an empty variant is the default one
			if err != nil {
				t.Errorf("%q gives %v", code, err)
			}
			continue
		}
		f := lectern.AsFailure(err)
		if f == nil || f.Code != lectern.CodeUnknownAvatar || f.Param != "avatar" {
			t.Errorf("%q gives %v", code, err)
			continue
		}
		for _, known := range []string{"mikhailo.business", "mikhailo.casual", "gia.casual", "plain"} {
			if !strings.Contains(f.Message, known) {
				t.Errorf("%q does not name %s", f.Message, known)
			}
		}
	}
}

func TestGenderIsThatOfTheNamedAvatar(t *testing.T) {
	t.Parallel()
	_, _, c := two()
	for code, want := range map[string]string{"gia": "female", "second:gia.casual": "female", "plain": "", "nobody": ""} {
		if got := c.Gender(t.Context(), code); got != want {
			t.Errorf("the gender of %q is %q, not %q", code, got, want)
		}
	}
}

func TestCatalogueCallsTheEngineOfTheAvatar(t *testing.T) {
	t.Parallel()
	_, b, c := two()
	clip, err := c.Animate(t.Context(), "gia", lectern.ClipRequest{Frames: 3})
	if err != nil || clip == nil {
		t.Fatal(err)
	}
	if b.asked == nil || b.asked.Avatar != "gia.casual" || b.asked.Frames != 3 {
		t.Errorf("the engine was asked for %+v", b.asked)
	}
	if _, err := c.Animate(t.Context(), "nobody",
		lectern.ClipRequest{}); lectern.AsFailure(err).Code != lectern.CodeUnknownAvatar {
		t.Errorf("an unknown avatar gives %v", err)
	}
	if _, err := c.Portrait(t.Context(), "gia", lectern.Size{Width: 9, Height: 9}); err != nil {
		t.Error(err)
	}
	if x, y := c.Fingerprint("gia"), c.Fingerprint("mikhailo"); x == "" || x == y || c.Fingerprint("nobody") != "" {
		t.Errorf("fingerprints are %q and %q", x, y)
	}
	list, err := c.Avatars(t.Context())
	if err != nil || len(list) != 4 || list[0].Engine != "first" || list[3].Engine != "second" {
		t.Errorf("the list is %+v (%v)", list, err)
	}
}

func TestTheFailureWithoutEnginesSaysSo(t *testing.T) {
	t.Parallel()
	_, _, err := avatar.New("").Resolve(t.Context(), "")
	if f := lectern.AsFailure(err); f.Code != lectern.CodeUnknownAvatar ||
		!strings.Contains(f.Message, "no avatar engine") {
		t.Errorf("no engine gives %v", err)
	}
	_, _, err = avatar.New("", &fakeEngine{name: "far"}).Resolve(t.Context(), "x")
	if err == nil || !strings.Contains(err.Error(), "out of reach") {
		t.Errorf("an engine that cannot list its avatars gives %v", err)
	}
}
