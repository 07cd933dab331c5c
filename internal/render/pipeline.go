package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/internal/encode"
	"lectern/internal/picturefile"
	"lectern/internal/timeline"
)

// Options are what a pipeline works with. All ports are needed.
type Options struct {
	FFmpeg    FFmpeg
	Browser   Browser
	Fetcher   Fetcher
	Library   Library
	Voices    Voices
	Avatars   Avatars
	Artifacts Artifacts
	// Cache begins a run's use of the cache; what the run touches stays until release is called, once.
	Cache     func() (c Cache, release func())
	Resources *Resources // shared by all pipelines of the process; nil: one of its own with the defaults
	// Align finds the words of a text in the sound of it; nil: narrations of avatars that speak themselves have no words.
	Align func(text string, samples []int16) []lectern.Span
	// Plain has every picture go through the encoder whole, as a reference to compare with and for players that take nothing else.
	Plain bool
	// Encoder says which encoder in hardware works here, for presentations whose pictures have to go through one whole; nil: none does.
	Encoder func(ctx context.Context) encode.Encoder
	// Segmenter finds the words of scripts without spaces, for captions; nil: their lines end between any two characters, with a warning.
	Segmenter Segmenter
	// Subtitles has players show the subtitle track of videos whose decks do not say otherwise.
	Subtitles bool
	Limits    lectern.Limits // zero: lectern.DefaultLimits
	// Judge decodes pictures, and may be shared; nil: one of its own.
	Judge *picturefile.Judge
	Now   func() time.Time // nil: time.Now
}

// Pipeline renders presentations. It is safe for concurrent use.
type Pipeline struct {
	Options
	proving chan struct{} // has room for whoever proves a picture, so that each content is proved once
}

// New makes a pipeline. It panics where a port is missing: that is a fault of who builds the program.
func New(o Options) *Pipeline {
	if o.FFmpeg == nil || o.Browser == nil || o.Fetcher == nil || o.Library == nil || o.Voices == nil || o.Avatars == nil ||
		o.Artifacts == nil || o.Cache == nil {
		panic("render.New: a port is missing")
	}
	if o.Resources == nil {
		o.Resources = NewResources(Slots{})
	}
	if o.Limits == (lectern.Limits{}) {
		o.Limits = lectern.DefaultLimits()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Judge == nil {
		o.Judge = picturefile.NewJudge()
	}
	return &Pipeline{Options: o, proving: make(chan struct{}, 1)}
}

// Bounds and defaults of what a deck may ask for.
const (
	maxTransition = 5 * time.Second
	defaultHold   = 5 * time.Second
	maxRate       = 120
	defaultTheme  = "dark-purple"
)

// Check settles a deck and says what would fail in it: it fills in defaults, the avatar's full code, each slide's voice and the
// types of transitions. A settled deck checked again is the same. Nothing is rendered, and no network asked but for an
// external avatar's name.
func (p *Pipeline) Check(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	d, warnings, err := p.settle(ctx, d)
	if err != nil {
		return lectern.Deck{}, nil, err
	}
	own := performs(ctx, p.Avatars, d.Avatar)
	var faults []*lectern.Failure
	pixels := checkedPixels
	for i := range d.Slides {
		if err := context.Cause(ctx); err != nil {
			return lectern.Deck{}, nil, err
		}
		more, err := p.checkSlide(ctx, &d, i, own, &pixels)
		warnings = append(warnings, more...)
		if err != nil {
			faults = append(faults, lectern.AsFailure(err).At(i+1))
		}
		if len(faults) == maxCauses {
			break
		}
	}
	if len(faults) > 0 {
		return lectern.Deck{}, nil, joinFailures(faults)
	}
	return d, warnings, nil
}

// settle is Check for what concerns the whole deck.
func (p *Pipeline) settle(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	d.Slides = append([]lectern.Slide(nil), d.Slides...)
	if d.Theme == "" {
		d.Theme = defaultTheme
	}
	if d.Size == (lectern.Size{}) {
		d.Size = lectern.Size{Width: 1920, Height: 1080}
	}
	if d.FrameRate == 0 {
		d.FrameRate = 30
	}
	if d.Quality == "" {
		d.Quality = lectern.QualityHigh
	}
	if d.Layout == "" {
		d.Layout = lectern.LayoutPictureInPicture
	}
	if d.Hold <= 0 {
		d.Hold = defaultHold
	}
	if d.Subtitles != lectern.SubtitlesOn && d.Subtitles != lectern.SubtitlesOff {
		d.Subtitles = lectern.SubtitlesOff
		if p.Subtitles {
			d.Subtitles = lectern.SubtitlesOn
		}
	}
	if err := p.checkDeck(d); err != nil {
		return d, nil, err
	}
	if d.Layout == lectern.LayoutSlideOnly {
		d.Avatar = ""
	} else {
		engine, code, err := p.Avatars.Resolve(ctx, d.Avatar)
		if err != nil {
			return d, nil, err
		}
		d.Avatar = engine + ":" + code
		if d.Voice.Gender == "" {
			d.Voice.Gender = p.Avatars.Gender(ctx, d.Avatar)
		}
	}
	warnings := settleTransitions(&d)
	return d, warnings, checkLength(d, p.Limits)
}

// checkLength refuses a deck whose video would be longer than limits.duration. It is an estimate from the text, so it says
// so. A narration that is too long by itself is left to checkSlide, which names the slide.
func checkLength(d lectern.Deck, lim lectern.Limits) error {
	total, _ := d.Estimate()
	long := func(s lectern.Slide) bool { return lim.NarrationBytes > 0 && len(s.Narration) > lim.NarrationBytes }
	if lim.Duration <= 0 || total <= lim.Duration || slices.ContainsFunc(d.Slides, long) {
		return nil
	}
	f := lectern.Fail(lectern.CodeTooLarge, "The video would be about %s long, as its text is estimated; the limit is %s (limits.duration). Split the deck, or shorten it.",
		total.Round(time.Second), lim.Duration)
	f.Param = "slides"
	return f
}

func (p *Pipeline) checkDeck(d lectern.Deck) error {
	bad := func(param, format string, args ...any) error {
		f := lectern.Fail(lectern.CodeInvalidDeck, format, args...)
		f.Param = param
		return f
	}
	lim := p.Limits
	switch {
	case len(d.Slides) == 0:
		return bad("slides", "The deck has no slides. Add at least one.")
	case lim.Slides > 0 && len(d.Slides) > lim.Slides:
		return bad("slides", "The deck has %d slides; at most %d are allowed.", len(d.Slides), lim.Slides)
	case d.Size.Width%2 != 0 || d.Size.Height%2 != 0:
		return bad("size", "The video's width and height have to be even, and %d×%d are not.", d.Size.Width, d.Size.Height)
	case min(d.Size.Width, d.Size.Height) < max(lim.MinSide, 16) || max(d.Size.Width, d.Size.Height) > lim.MaxSide:
		return bad("size", "A video of %d×%d is not possible: each side has to be from %d to %d pixels.", d.Size.Width, d.Size.Height, lim.MinSide, lim.MaxSide)
	case d.FrameRate < 1 || d.FrameRate > maxRate:
		return bad("frameRate", "A frame rate of %d is not possible: choose 24, 25, 30, 50 or 60.", d.FrameRate)
	case d.Quality != lectern.QualityLow && d.Quality != lectern.QualityMedium && d.Quality != lectern.QualityHigh:
		return bad("quality", "The quality %q is not known; there are high, medium and low.", d.Quality)
	case lim.MaxHoldSeconds > 0 && d.Hold > time.Duration(lim.MaxHoldSeconds)*time.Second:
		return bad("duration", "A slide without narration may stay for at most %d seconds.", lim.MaxHoldSeconds)
	}
	known := false
	var layouts []string
	for _, l := range lectern.Layouts() {
		known = known || l == d.Layout
		layouts = append(layouts, string(l))
	}
	if !known {
		f := lectern.Fail(lectern.CodeUnknownLayout, "The layout %q is not known; there are %s.", d.Layout, strings.Join(layouts, ", "))
		f.Param = "layout"
		return f
	}
	if _, ok := p.Library.Theme(d.Theme); !ok {
		var names []string
		for _, t := range p.Library.Themes() {
			names = append(names, t.ID)
		}
		f := lectern.Fail(lectern.CodeUnknownTheme, "The theme %q is not known; there are %s.", d.Theme, strings.Join(names, ", "))
		f.Param = "theme"
		return f
	}
	return nil
}

// settleTransitions gives each transition a type that there is and a length in bounds; those behind the last slide go.
func settleTransitions(d *lectern.Deck) []lectern.Warning {
	var warnings []lectern.Warning
	list := append([]lectern.Transition(nil), d.Transitions...)
	list = list[:min(len(list), len(d.Slides)-1)]
	for i, t := range list {
		kind, known := encode.TransitionType(t.Type)
		if !known {
			warnings = append(warnings, lectern.Warning{Code: "unknown_transition", Slide: i + 1,
				Message: fmt.Sprintf("The transition %.60q is not known; a fade is used instead.", t.Type)})
		}
		if t.Duration > maxTransition {
			warnings = append(warnings, lectern.Warning{Code: "transition_shortened", Slide: i + 1,
				Message: fmt.Sprintf("A transition lasts at most %g seconds.", maxTransition.Seconds())})
			t.Duration = maxTransition
		}
		if encode.IsCut(kind) || t.Duration <= 0 {
			kind, t.Duration = "none", 0
		}
		list[i] = lectern.Transition{Type: kind, Duration: t.Duration}
	}
	d.Transitions = list
	return warnings
}

// checkSlide settles one slide's voice, unless its avatar has its own, and looks for what its page would fail at.
func (p *Pipeline) checkSlide(ctx context.Context, d *lectern.Deck, i int, own bool, pixels *int) ([]lectern.Warning, error) {
	var warnings []lectern.Warning
	note := func(list []lectern.Warning) {
		for _, w := range list {
			if w.Slide == 0 {
				w.Slide = i + 1
			}
			warnings = append(warnings, w)
		}
	}
	s := &d.Slides[i]
	if p.Limits.NarrationBytes > 0 && len(s.Narration) > p.Limits.NarrationBytes {
		f := lectern.Fail(lectern.CodeTooLarge, "The narration has %d bytes; at most %d are allowed.", len(s.Narration), p.Limits.NarrationBytes)
		f.Param = fmt.Sprintf("slides[%d].narration", i)
		return nil, f
	}
	script := s.Script()
	note(script.Notes)
	if script.Silent() {
		if strings.TrimSpace(s.Narration) != "" && script.Text != "" {
			note([]lectern.Warning{{Code: "narration_silent", Message: fmt.Sprintf("There is nothing to say in the narration %.40q: the slide is shown "+
				"in silence, as one without narration.", script.Text)}})
		}
		s.Hold, s.Narration = d.HoldOf(i), ""
		if own {
			note([]lectern.Warning{{Code: "avatar_silent", Message: "The avatar speaks itself and has nothing to say here, so it is not shown on this slide."}})
		}
	} else if !own {
		reading, more, err := p.Voices.Resolve(ctx, choice(*d, i), script)
		if err != nil {
			return warnings, ofVoice(err, *d, i)
		}
		note(more)
		v := reading.Voice
		s.Voice = lectern.VoiceChoice{Engine: v.Engine, ID: v.ID, Language: v.Language, Speed: v.Speed}
	}
	page, more, err := p.Library.Page(*d, i)
	if err != nil {
		return warnings, err
	}
	note(more)
	for _, url := range page.Assets {
		if err := p.Fetcher.Allowed(url); err != nil {
			return warnings, blame(err, page.Params[url])
		}
	}
	return warnings, p.checkHeld(ctx, page, pixels)
}

// ofVoice names the slide's own voice, where it is that which a failure is about and not the deck's.
func ofVoice(err error, d lectern.Deck, i int) error {
	f, ok := errors.AsType[*lectern.Failure](err)
	if own := d.Slides[i].Voice; !ok || !strings.HasPrefix(f.Param, "voice.") || own.Engine == "" && own.ID == "" {
		return err
	}
	c := *f
	c.Param = fmt.Sprintf("slides[%d].%s", i, f.Param)
	return &c
}

// choice is the voice that a slide asks for: its own words first, then the deck's.
func choice(d lectern.Deck, i int) lectern.VoiceChoice {
	c, own := d.Voice, d.Slides[i].Voice
	if own.Engine != "" || own.ID != "" {
		c.Engine, c.ID, c.Language = own.Engine, own.ID, own.Language
	}
	if own.Language != "" {
		c.Language = own.Language
	}
	if own.Speed != 0 {
		c.Speed = own.Speed
	}
	return c
}

// performs reports whether the avatar that code names speaks itself.
func performs(ctx context.Context, all Avatars, code string) bool {
	return code != "" && all.Performs(ctx, code)
}

// overlap is how many frames slide i shares with slide i+1. A transition of fewer than two frames is a cut.
func overlap(d lectern.Deck, i int) int64 {
	if i < 0 || i >= len(d.Transitions) || i+1 >= len(d.Slides) || encode.IsCut(d.Transitions[i].Type) {
		return 0
	}
	n := timeline.Rate(d.FrameRate).Nearest(d.Transitions[i].Duration)
	if n < 2 {
		return 0
	}
	return n
}

// maxCauses bounds the further failures that are told with the first.
const maxCauses = 20

func joinFailures(list []*lectern.Failure) *lectern.Failure {
	first := *list[0]
	for _, f := range list[1:] {
		if len(first.Causes) < maxCauses {
			first.Causes = append(first.Causes, *f)
		}
	}
	return &first
}

// isCancel reports whether err only says that something else stopped it.
func isCancel(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, &lectern.Failure{Code: lectern.CodeCanceled})
}
