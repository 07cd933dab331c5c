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
	Limits    lectern.Limits // zero fields: the defaults
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
	o.Limits = o.Limits.WithDefaults()
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Judge == nil {
		o.Judge = picturefile.NewJudge()
	}
	return &Pipeline{Options: o, proving: make(chan struct{}, 1)}
}

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
	d = d.WithDefaults()
	if d.Subtitles == "" {
		d.Subtitles = lectern.SubtitlesOff
		if p.Subtitles {
			d.Subtitles = lectern.SubtitlesOn
		}
	}
	if err := lectern.Join(d.Validate(p.Limits)); err != nil {
		return d, nil, err
	}
	if err := p.checkTheme(d); err != nil {
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
	return d, append(fitTransitions(&d), fitBoxes(&d)...), nil
}

func (p *Pipeline) checkTheme(d lectern.Deck) error {
	if _, ok := p.Library.Theme(d.Theme); ok {
		return nil
	}
	var names []string
	for _, t := range p.Library.Themes() {
		names = append(names, t.ID)
	}
	f := lectern.Fail(lectern.CodeUnknownTheme, "The theme %q is not known; there are %s.", lectern.Shorten(d.Theme), strings.Join(names, ", "))
	f.Param = "theme"
	return f
}

// fitTransitions takes off the transitions for which there is no joint, and cuts at the end, which say nothing.
func fitTransitions(d *lectern.Deck) (warnings []lectern.Warning) {
	list, joints := d.Transitions, len(d.Slides)-1
	if len(list) > joints {
		if extra := list[joints:]; slices.ContainsFunc(extra, func(t lectern.Transition) bool { return !t.IsCut() }) {
			warnings = append(warnings, lectern.Warning{Code: "unused_transitions", Param: "transitions", Message: fmt.Sprintf(
				"%d slides have %d joints, but %d transitions are given; the last ones were ignored.", len(d.Slides), joints, len(list))})
		}
		list = list[:joints]
	}
	for i, t := range list {
		if t.IsCut() {
			list[i] = lectern.Transition{Type: lectern.TransitionNone}
		}
	}
	for len(list) > 0 && list[len(list)-1].IsCut() {
		list = list[:len(list)-1]
	}
	d.Transitions = list
	return warnings
}

// fitBoxes cuts the avatars' places to the page.
func fitBoxes(d *lectern.Deck) (warnings []lectern.Warning) {
	page := d.SlideSize()
	for i, s := range d.Slides {
		if s.AvatarBox == nil {
			continue
		}
		if box := s.AvatarBox.Within(page); box != *s.AvatarBox {
			d.Slides[i].AvatarBox = &box
			warnings = append(warnings, lectern.Warning{Code: "avatar_cut", Slide: i + 1, Param: fmt.Sprintf("slides[%d].avatarBox", i), Message: fmt.Sprintf(
				"The avatar's place reaches beyond the slide, which has %d×%d pixels; it was cut.", page.Width, page.Height)})
		}
	}
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
	if i < 0 || i >= len(d.Transitions) || i+1 >= len(d.Slides) || d.Transitions[i].IsCut() {
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
