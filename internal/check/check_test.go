package check_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/check"
	"lectern/internal/picturefile"
)

type voices struct{}

func (voices) Resolve(_ context.Context, c lectern.VoiceChoice, script lectern.Script) (lectern.Reading,
	[]lectern.Warning, error) {
	switch {
	case c.ID == "nobody":
		f := lectern.Fail(lectern.CodeUnknownVoice, "The voice nobody is not known.")
		return lectern.Reading{}, nil, f.On("voice.id")
	case c.ID == "gone":
		return lectern.Reading{}, nil, lectern.Fail(lectern.CodeMissingTool, "There is no voice on this machine.")
	case c.Engine == "elsewhere":
		return lectern.Reading{Script: script, Voice: lectern.Voice{Engine: "fake", ID: "tone", Language: "en-GB",
				Speed: c.Speed}},
			[]lectern.Warning{{Code: "voice_replaced", Message: "The voice is not here."}}, nil
	}
	return lectern.Reading{Script: script, Voice: lectern.Voice{Engine: "fake", ID: "tone", Language: "en-GB",
		Speed: c.Speed}}, nil, nil
}

type avatars struct{ speak bool }

func (avatars) Resolve(_ context.Context, code string) (string, string, error) {
	switch code {
	case "", "ann", "fake:ann.casual":
		return "fake", "ann.casual", nil
	case "far":
		return "", "", errors.New("the service does not answer")
	}
	return "", "", lectern.Fail(lectern.CodeUnknownAvatar, "The avatar %q is not known; there is ann.", code)
}

func (avatars) Gender(context.Context, string) string { return "female" }

func (a avatars) Performs(context.Context, string) bool { return a.speak }

type library struct{}

func (library) Themes() []lectern.Theme {
	return []lectern.Theme{{ID: lectern.DefaultTheme}, {ID: "light-modern"}}
}

func (library) Templates() []lectern.Template {
	return []lectern.Template{{ID: "content"}, {ID: "image"}, {ID: "quote"}}
}

func (library) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	if d.Theme != lectern.DefaultTheme && d.Theme != "light-modern" || d.Size.Width <= 0 {
		return lectern.Page{}, nil, errors.New("the page of a deck that cannot be shown")
	}
	s, p := d.Slides[i], lectern.Page{Params: map[string]string{}}
	if url, ok := s.Props["image"].(string); ok {
		p.Assets, p.Params[url] = []string{url}, fmt.Sprintf("slides[%d].props.image", i)
	}
	if body, ok := s.Props["held"].(string); ok {
		p.Pictures = []lectern.Picture{{URL: fmt.Sprintf("slides[%d].props.held", i), Body: []byte(body), Pixels: 10_000_000}}
	}
	if s.Template == "quotes" {
		return p, []lectern.Warning{{Code: "unknown_template", Message: "The template is not known."}}, nil
	}
	return p, nil, nil
}

type fetcher struct{}

func (fetcher) Allowed(url string) error {
	if strings.Contains(url, "private") {
		return lectern.Fail(lectern.CodeAssetRefused, "The address %s is refused.", url)
	}
	return nil
}

type judge struct{}

func (judge) Decode(_ context.Context, _ string, body []byte) (bool, error) {
	if string(body) == "broken" {
		return true, &picturefile.Unfit{Why: "it is damaged"}
	}
	return true, nil
}

func options() check.Options {
	return check.Options{Voices: voices{}, Avatars: avatars{}, Library: library{}, Fetcher: fetcher{}, Judge: judge{}}
}

func talk() lectern.Deck {
	return lectern.Deck{Slides: []lectern.Slide{
		{Template: "content", Props: map[string]any{"title": "One"}, Narration: "Hello."},
		{Template: "quote", Props: map[string]any{"title": "Two"}},
		{Template: "content", Props: map[string]any{"title": "Three"}, Narration: "That is all."},
	}}
}

// A checked deck has defaults, voices and the avatar's full code. Checking it again changes nothing.
func TestCheckSettlesADeck(t *testing.T) {
	t.Parallel()
	c, d := check.New(options()).Lenient(), talk()
	d.Avatar = "ann"
	d.Voice = lectern.VoiceChoice{Engine: "elsewhere", Speed: 1.2}
	d.Slides[1].Template, d.Slides[1].Narration = "quotes", " \n"
	d.Slides[0].AvatarBox = &lectern.Rect{X: -20, Y: 880, Width: 400, Height: 400}
	d.Transitions = []lectern.Transition{{Type: "Wipe Left", Duration: time.Second}, {Type: "fade"},
		{Type: "fade", Duration: 1}}
	got, warnings, err := c.Check(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, w := range warnings {
		codes = append(codes, fmt.Sprintf("%s@%d", w.Code, w.Slide))
	}
	if strings.Join(codes, " ") != "unused_transitions@0 avatar_cut@1 voice_replaced@1 unknown_template@2 "+
		"voice_replaced@3" {
		t.Errorf("warnings %v", codes)
	}
	want := d.WithDefaults()
	want.Avatar, want.Subtitles, want.Voice.Gender = "fake:ann.casual", lectern.SubtitlesOff, "female"
	want.Transitions = []lectern.Transition{{Type: "wipeleft", Duration: time.Second}}
	want.Slides[0].AvatarBox = &lectern.Rect{X: 0, Y: 880, Width: 380, Height: 200}
	want.Slides[1].Narration, want.Slides[1].Hold = "", 3*time.Second
	for _, i := range []int{0, 2} {
		want.Slides[i].Voice = lectern.VoiceChoice{Engine: "fake", ID: "tone", Language: "en-GB", Speed: 1.2}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if d.Slides[0].Voice != (lectern.VoiceChoice{}) || d.Slides[0].AvatarBox.X != -20 {
		t.Error("Check changes the caller's deck")
	}
	again, warnings, err := c.Check(t.Context(), got)
	if err != nil || !reflect.DeepEqual(again, got) || len(warnings) != 1 {
		t.Errorf("checked again: %+v, %v, %v", again, warnings, err)
	}
}

// Each fault has its code, its field and its slide.
func TestCheckRefusesFaultyDecks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		set   func(d *lectern.Deck)
		code  lectern.Code
		param string
		slide int
		says  string
	}{
		{"no slides", func(d *lectern.Deck) { d.Slides = nil }, lectern.CodeInvalidDeck, "slides", 0, "no slides"},
		{"too many slides", func(d *lectern.Deck) { d.Slides = make([]lectern.Slide, 501) }, lectern.CodeInvalidDeck,
			"slides", 0, "more than 500"},
		{"too long", func(d *lectern.Deck) { d.Hold, d.Slides = 10*time.Minute, make([]lectern.Slide, 13) },
			lectern.CodeTooLarge, "slides", 0,
			"about 2h10m0s long, estimated from its text; the limit is 2h0m0s (limits.duration)"},
		{"unknown avatar", func(d *lectern.Deck) { d.Avatar = "bob" }, lectern.CodeUnknownAvatar, "avatar", 0,
			"there is ann"},
		{"unknown theme", func(d *lectern.Deck) { d.Theme = "light-moderm" }, lectern.CodeUnknownTheme, "theme", 0,
			`Did you mean "light-modern"?`},
		{"unknown template", func(d *lectern.Deck) { d.Slides[1].Template = "quotes" }, lectern.CodeUnknownTemplate,
			"slides[1].template", 2, `Did you mean "quote"?`},
		{"odd size", func(d *lectern.Deck) { d.Size = lectern.Size{Width: 641, Height: 360} }, lectern.CodeInvalidDeck,
			"size", 0, "even"},
		{"unknown voice", func(d *lectern.Deck) { d.Slides[2].Voice.ID = "nobody" }, lectern.CodeUnknownVoice,
			"slides[2].voice.id", 3, "nobody"},
		{"unknown voice of the deck", func(d *lectern.Deck) { d.Voice.ID = "nobody" }, lectern.CodeUnknownVoice, "voice.id",
			0, "nobody"},
		{"a private picture", func(d *lectern.Deck) { d.Slides[1].Props["image"] = "http://private/x.png" },
			lectern.CodeAssetRefused, "slides[1].props.image", 2, "private"},
		{"a broken picture", func(d *lectern.Deck) { d.Slides[1].Props["held"] = "broken" }, lectern.CodeAssetRefused,
			"slides[1].props.held", 2, "damaged"},
		{"no voice at all", func(d *lectern.Deck) { d.Voice.ID = "gone" }, lectern.CodeMissingTool, "", 0,
			"no voice on this machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := talk()
			c.set(&d)
			_, _, err := check.New(options()).Check(t.Context(), d)
			f := lectern.AsFailure(err)
			if f == nil {
				t.Fatal("the deck has no faults")
			}
			if f.Code != c.code || f.Slide != c.slide || !strings.Contains(f.Message, c.says) || len(f.Causes) > 0 ||
				c.param != "" && f.Param != c.param {
				t.Errorf("%+v", f)
			}
		})
	}
}

// All faults are found at once: no fault hides another one.
func TestAllFaultsAreFoundAtOnce(t *testing.T) {
	t.Parallel()
	d := talk()
	d.Size, d.Layout, d.Theme, d.Avatar = lectern.Size{Width: -1, Height: 7}, "sideways", "neon", "bob"
	d.Transitions = []lectern.Transition{{Type: "fade", Duration: 8 * time.Second}}
	d.Slides[0].Voice.ID, d.Slides[0].Props["image"], d.Slides[1].Template = "nobody", "http://private/x.png", "quotes"
	d.Slides[2].AvatarBox = &lectern.Rect{X: 5000, Width: 100, Height: 100}
	_, _, err := check.New(options()).Check(t.Context(), d)
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, one := range f.Faults() {
		got = append(got, fmt.Sprintf("%s %s %d", one.Code, one.Param, one.Slide))
	}
	want := []string{
		"invalid_deck size 0", "unknown_layout layout 0", "invalid_deck slides[2].avatarBox 3",
		"invalid_deck transitions[0].duration 0",
		"unknown_theme theme 0", "unknown_avatar avatar 0", "unknown_voice slides[0].voice.id 1",
		"asset_refused slides[0].props.image 1",
		"unknown_template slides[1].template 2",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// A service that does not answer and a canceled context are errors of the check, not faults of the deck.
func TestErrorsOfTheCheckAreNotFaults(t *testing.T) {
	t.Parallel()
	d := talk()
	d.Avatar, d.Theme = "far", "neon"
	if _, _, err := check.New(options()).Check(t.Context(), d); err == nil ||
		err.Error() != "the service does not answer" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := check.New(options()).Check(ctx, talk()); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func TestADeckWithoutAnAvatarNeedsNone(t *testing.T) {
	t.Parallel()
	d := talk()
	d.Layout, d.Avatar = lectern.LayoutSlideOnly, "bob"
	if got, _, err := check.New(options()).Check(t.Context(), d); err != nil || got.Avatar != "" {
		t.Errorf("%q, %v", got.Avatar, err)
	}
}

// A deck whose avatar speaks itself needs no voice. On a slide without narration that avatar is not shown.
func TestAvatarsThatSpeakThemselves(t *testing.T) {
	t.Parallel()
	o := options()
	o.Avatars, o.Subtitles = avatars{speak: true}, true
	d := talk()
	d.Voice.ID = "nobody"
	got, warnings, err := check.New(o).Check(t.Context(), d)
	if err != nil || got.Slides[0].Voice != (lectern.VoiceChoice{}) || got.Subtitles != lectern.SubtitlesOn {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(warnings) != 1 || warnings[0].Code != "avatar_silent" || warnings[0].Slide != 2 {
		t.Errorf("%v", warnings)
	}
}
