package lectern_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
)

// Empty fields of a deck get defaults, which are in bounds. Values that are set stay.
func TestDefaultsFillEmptyFieldsOnly(t *testing.T) {
	t.Parallel()
	open := lectern.Deck{Slides: []lectern.Slide{
		{Props: map[string]any{"title": " One \nTwo"}}, {Props: map[string]any{"image": "x.png"}}, {Template: "quote"},
	}, Transitions: []lectern.Transition{{Type: "Wipe-Left", Duration: 1}, {Type: "CUT"}, {Duration: time.Second}, {}}}
	want := lectern.Deck{
		Title: "One", Theme: "dark-purple", Size: lectern.Size{Width: 1920, Height: 1080}, FrameRate: 30,
		Quality: lectern.QualityHigh,
		Layout:  lectern.LayoutPictureInPicture, Hold: 3 * time.Second, KeyAvatar: new(true),
		Slides: []lectern.Slide{
			{Template: "content", Props: open.Slides[0].Props}, {Template: "image", Props: open.Slides[1].Props},
			{Template: "quote"},
		},
		Transitions: []lectern.Transition{{Type: "wipeleft", Duration: 1}, {Type: "none"},
			{Type: "fade", Duration: time.Second}, {Type: "none"}},
	}
	got := open.WithDefaults()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if again := got.WithDefaults(); !reflect.DeepEqual(again, got) {
		t.Errorf("defaults of defaults: %+v", again)
	}
	if faults := open.Validate(lectern.Limits{}); len(faults) > 0 {
		t.Errorf("empty fields are faults: %v", faults)
	}
	if open.Theme != "" || open.Slides[0].Template != "" || open.Transitions[0].Type != "Wipe-Left" {
		t.Error("WithDefaults has changed the caller's deck")
	}
	said := lectern.Deck{Theme: "x", Size: lectern.Size{Width: 3}, FrameRate: 7, Quality: "q", Layout: "l", Hold: -1,
		KeyAvatar: new(false), Title: "T"}
	if got := said.WithDefaults(); !reflect.DeepEqual(got, said) {
		t.Errorf("values that were set have changed: %+v", got)
	}
}

// Each rule accepts a value at its bound and refuses one beyond it, with the name of the field.
func TestRulesAcceptTheirBound(t *testing.T) {
	t.Parallel()
	lim := lectern.Limits{Slides: 4, NarrationBytes: 100, PropsBytes: 200, MaxHoldSeconds: 60, Duration: 3 * time.Minute}
	deep := func(n int) any {
		v := any("x")
		for range n {
			v = map[string]any{"a": v}
		}
		return v
	}
	for _, c := range []struct {
		name    string
		in, out func(d *lectern.Deck)
		param   string
		slide   int
	}{
		{"slides", func(d *lectern.Deck) { d.Slides = make([]lectern.Slide, 4) },
			func(d *lectern.Deck) { d.Slides = make([]lectern.Slide, 5) }, "slides", 0},
		{"no slides", func(d *lectern.Deck) { d.Slides = make([]lectern.Slide, 1) }, func(d *lectern.Deck) { d.Slides = nil },
			"slides", 0},
		{"frame rate", func(d *lectern.Deck) { d.FrameRate = 24 }, func(d *lectern.Deck) { d.FrameRate = 120 }, "frameRate",
			0},
		{"hold", func(d *lectern.Deck) { d.Hold = time.Minute }, func(d *lectern.Deck) { d.Hold = time.Minute + 1 }, "hold",
			0},
		{"hold below zero", func(d *lectern.Deck) { d.Hold = 1 }, func(d *lectern.Deck) { d.Hold = -1 }, "hold", 0},
		{"a slide's hold", func(d *lectern.Deck) { d.Slides[1].Hold = time.Minute },
			func(d *lectern.Deck) { d.Slides[1].Hold = time.Hour }, "slides[1].hold", 2},
		{"transition", func(d *lectern.Deck) { d.Transitions[0].Duration = 5 * time.Second },
			func(d *lectern.Deck) { d.Transitions[0].Duration = 8 * time.Second },
			"transitions[0].duration", 0},
		{"transition's type", func(d *lectern.Deck) { d.Transitions[0].Type = "rectcrop" },
			func(d *lectern.Deck) { d.Transitions[0].Type = "fadee" },
			"transitions[0].type", 0},
		{"an expression", func(d *lectern.Deck) { d.Transitions[0].Type = "fade" },
			func(d *lectern.Deck) { d.Transitions[0].Type = "fade:expr=1" },
			"transitions[0].type", 0},
		{"side", func(d *lectern.Deck) { d.Size = lectern.Size{Width: 3840, Height: 2160} },
			func(d *lectern.Deck) { d.Size = lectern.Size{Width: 3842, Height: 2160} },
			"size", 0},
		{"odd", func(d *lectern.Deck) { d.Size.Width = 1922 }, func(d *lectern.Deck) { d.Size.Width = 1921 }, "size", 0},
		{"narrow", func(d *lectern.Deck) { d.Size = lectern.Size{Width: 1200, Height: 300} },
			func(d *lectern.Deck) { d.Size = lectern.Size{Width: 1202, Height: 300} },
			"size", 0},
		{"quality", func(d *lectern.Deck) { d.Quality = "low" }, func(d *lectern.Deck) { d.Quality = "best" }, "quality", 0},
		{"corner", func(d *lectern.Deck) { d.Corner = "top_left" }, func(d *lectern.Deck) { d.Corner = "middle" },
			"corner", 0},
		{"layout", func(d *lectern.Deck) { d.Layout = "slide_only" }, func(d *lectern.Deck) { d.Layout = "upside_down" },
			"layout", 0},
		{"subtitles", func(d *lectern.Deck) { d.Subtitles = "on" }, func(d *lectern.Deck) { d.Subtitles = "maybe" },
			"subtitles", 0},
		{"speed", func(d *lectern.Deck) { d.Voice.Speed = 4 }, func(d *lectern.Deck) { d.Voice.Speed = 4.1 }, "voice.speed",
			0},
		{"a slide's speed", func(d *lectern.Deck) { d.Slides[1].Voice.Speed = 0.25 },
			func(d *lectern.Deck) { d.Slides[1].Voice.Speed = 0.2 },
			"slides[1].voice.speed", 2},
		{"gender", func(d *lectern.Deck) { d.Voice.Gender = "male" }, func(d *lectern.Deck) { d.Voice.Gender = "robot" },
			"voice.gender", 0},
		{"narration", func(d *lectern.Deck) { d.Slides[1].Narration = strings.Repeat("x", 100) },
			func(d *lectern.Deck) { d.Slides[1].Narration = strings.Repeat("x", 101) },
			"slides[1].narration", 2},
		{"background", func(d *lectern.Deck) { d.Slides[1].Background = "#00ff7f" },
			func(d *lectern.Deck) { d.Slides[1].Background = "red" }, "slides[1].background", 2},
		{"avatar's place", func(d *lectern.Deck) {
			d.Slides[1].AvatarBox = &lectern.Rect{X: -84, Y: 0, Width: 100,
				Height: 100}
		},
			func(d *lectern.Deck) { d.Slides[1].AvatarBox = &lectern.Rect{X: -85, Y: 0, Width: 100, Height: 100} },
			"slides[1].avatarBox", 2},
		{"positions", func(d *lectern.Deck) { d.Slides[1].Positions = places(500) },
			func(d *lectern.Deck) { d.Slides[1].Positions = places(501) }, "slides[1].positions", 2},
		{"props", func(d *lectern.Deck) { d.Slides[1].Props = map[string]any{"a": strings.Repeat("x", 192)} },
			func(d *lectern.Deck) { d.Slides[1].Props = map[string]any{"a": strings.Repeat("x", 193)} }, "slides[1].props", 2},
		{"depth", func(d *lectern.Deck) { d.Slides[1].Props = map[string]any{"p": deep(15)} },
			func(d *lectern.Deck) { d.Slides[1].Props = map[string]any{"p": deep(16)} },
			"slides[1].props.p" + strings.Repeat(".a", 16), 2},
		{"title", func(d *lectern.Deck) { d.Title = strings.Repeat("x", 1000) },
			func(d *lectern.Deck) { d.Title = strings.Repeat("x", 1001) }, "title", 0},
		{"metadata", func(d *lectern.Deck) { d.Metadata = map[string]string{"a": strings.Repeat("x", 4000)} },
			func(d *lectern.Deck) { d.Metadata = map[string]string{"a": strings.Repeat("x", 4001)} }, "metadata.a", 0},
		{"length", func(d *lectern.Deck) { d.Slides, d.Hold, d.Transitions = make([]lectern.Slide, 3), time.Minute, nil },
			func(d *lectern.Deck) { d.Slides, d.Hold, d.Transitions = make([]lectern.Slide, 4), time.Minute, nil }, "slides", 0},
	} {
		for bound, set := range map[string]func(d *lectern.Deck){"in": c.in, "out": c.out} {
			d := lectern.Deck{Slides: make([]lectern.Slide, 2),
				Transitions: []lectern.Transition{{Type: "fade", Duration: time.Second}}}.WithDefaults()
			set(&d)
			faults := d.Validate(lim)
			if bound == "in" && len(faults) > 0 || bound == "out" && (len(faults) != 1 || faults[0].Param != c.param ||
				faults[0].Slide != c.slide || faults[0].Message == "") {
				t.Errorf("%s, %s: %+v", c.name, bound, faults)
			}
		}
	}
}

func places(n int) map[string]lectern.Point {
	m := map[string]lectern.Point{}
	for i := range n {
		m[strings.Repeat("x", i+1)] = lectern.Point{}
	}
	return m
}

// All faults are found at once, in the order of the deck.
func TestAllFaultsAreFoundAtOnce(t *testing.T) {
	t.Parallel()
	d := lectern.Deck{
		Size: lectern.Size{Width: 5, Height: 5}, FrameRate: 7, Quality: "best", Layout: "sideways", Hold: time.Hour,
		Slides: []lectern.Slide{{Background: "red", Voice: lectern.VoiceChoice{Speed: 9}},
			{Narration: strings.Repeat("x", 200_001)}},
		Transitions: []lectern.Transition{{Type: "swirl", Duration: time.Minute}},
	}
	var params []string
	for _, f := range d.Validate(lectern.Limits{}) {
		params = append(params, f.Param)
	}
	want := "size frameRate quality layout hold slides[0].voice.speed slides[0].background slides[1].narration " +
		"transitions[0].type transitions[0].duration"
	if got := strings.Join(params, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Join makes one failure of many, with at most MaxFaults causes.
func TestJoin(t *testing.T) {
	t.Parallel()
	if err := lectern.Join(nil); err != nil {
		t.Errorf("no faults: %v", err)
	}
	many := slices.Repeat([]lectern.Failure{*lectern.Fail(lectern.CodeInvalidDeck, "No.")}, 250)
	f := lectern.AsFailure(lectern.Join(many))
	if len(f.Causes) != lectern.MaxFaults || !strings.Contains(f.Causes[lectern.MaxFaults-1].Message, "150 more") {
		t.Errorf("%d causes, the last %+v", len(f.Causes), f.Causes[len(f.Causes)-1])
	}
	if got := f.Faults(); len(got) != 101 || len(got[0].Causes) != 0 {
		t.Errorf("%d faults", len(got))
	}
	if got := lectern.AsFailure(lectern.Join(f.Faults()[:2])).Faults(); !reflect.DeepEqual(got, many[:2]) {
		t.Errorf("%+v", got)
	}
}

// A limit that is zero has its default; any other value stays.
func TestLimitsHaveDefaults(t *testing.T) {
	t.Parallel()
	if got := (lectern.Limits{}).WithDefaults(); got != lectern.DefaultLimits() {
		t.Errorf("%+v", got)
	}
	all := reflect.ValueOf(lectern.DefaultLimits())
	for i := range all.NumField() {
		var l lectern.Limits
		reflect.ValueOf(&l).Elem().Field(i).SetInt(7)
		if got := reflect.ValueOf(l.WithDefaults()).Field(i).Int(); got != 7 {
			t.Errorf("%s becomes %d", all.Type().Field(i).Name, got)
		}
	}
}
