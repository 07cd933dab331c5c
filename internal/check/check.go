// Package check finds everything in a deck that would fail or look wrong, before anything is rendered.
//
// The deck's own rules are in the root package ([lectern.Deck.Validate]). This package adds what depends on the server:
// which themes, templates, avatars and voices there are, and which pictures may be shown. All faults are in one list,
// each with its slide and its field.
//
// A checked deck has every default, the avatar's full code and each slide's voice. Checking it again does not change
// it.
package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lectern"
	"lectern/internal/picturefile"
)

// Options are the settings and ports of a Checker. All ports but Sounds are required.
type Options struct {
	Voices  Voices
	Avatars Avatars
	Library Library
	Fetcher Fetcher
	Judge   Judge
	Sounds  Sounds // nil: the lengths of recordings are not known

	Limits    lectern.Limits // zero fields: the defaults
	Subtitles bool           // the default of Deck.Subtitles: players show the subtitle track
	// Advise adds what an editor would say about the deck, see [lectern.Warning].
	Advise bool
	// Recognise returns the language of a text, and whether that is certain. nil: languages are not compared.
	Recognise func(text string) (language string, certain bool)
	// AnyTemplate makes an unknown template a warning instead of a fault. The library then uses another template.
	AnyTemplate bool
}

// Voices selects the voices that read a narration.
type Voices interface {
	Resolve(ctx context.Context, c lectern.VoiceChoice, script lectern.Script) (lectern.Reading, []lectern.Warning, error)
}

// Avatars finds avatars by their codes.
type Avatars interface {
	Resolve(ctx context.Context, code string) (engine, avatar string, err error)
	Gender(ctx context.Context, code string) string // "": not known
	Performs(ctx context.Context, code string) bool // whether the avatar speaks itself
}

// Library turns slides into pages.
type Library interface {
	Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error)
	Themes() []lectern.Theme
	Templates() []lectern.Template
}

// Fetcher decides which addresses of pictures are allowed.
type Fetcher interface {
	Allowed(url string) error // refuses what it can refuse without the network
}

// Judge checks pictures by decoding them. done is false if it cannot decode this kind of picture.
type Judge interface {
	Decode(ctx context.Context, media string, body []byte) (done bool, err error)
}

// Sounds reads the headers of sounds that are assets.
type Sounds interface {
	// Length returns the length of a sound; 0: its header does not say.
	Length(ctx context.Context, sha256 string) (time.Duration, error)
}

// Checker checks decks. It is safe for concurrent use.
type Checker struct{ o Options }

// New makes a checker. It panics if a port is missing.
func New(o Options) *Checker {
	if o.Voices == nil || o.Avatars == nil || o.Library == nil || o.Fetcher == nil || o.Judge == nil {
		panic("check.New: a port is missing")
	}
	o.Limits = o.Limits.WithDefaults()
	return &Checker{o}
}

// Lenient returns a checker like c that reports unknown templates as warnings.
func (c *Checker) Lenient() *Checker {
	o := c.o
	o.AnyTemplate = true
	return &Checker{o}
}

// Advising returns a checker like c that also says what an editor would say about the deck.
func (c *Checker) Advising() *Checker {
	o := c.o
	o.Advise = true
	return &Checker{o}
}

// Hearing returns a checker like c that finds the lengths of recordings.
func (c *Checker) Hearing(s Sounds) *Checker {
	o := c.o
	o.Sounds = s
	return &Checker{o}
}

// checkedPixels is how many pixels of pictures a check decodes at most, because it may be part of a request. The first
// step of a run decodes the other pictures.
const checkedPixels = 100_000_000

// unknownTemplate is the code of the library's warning.
const unknownTemplate = "unknown_template"

// Check returns the deck with its defaults, the avatar's full code and each slide's voice. If the deck has faults, the
// error is a *[lectern.Failure] with all of them, see [lectern.Join]. Other errors mean that the check itself failed.
// Check renders nothing, and uses the network only for the names of voices and avatars of services.
func (c *Checker) Check(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	v := &visit{Options: c.o, deck: d.WithDefaults(), pixels: checkedPixels}
	v.lengths(ctx)
	if v.Advise {
		v.holds = make([]time.Duration, len(v.deck.Slides))
		for i, s := range v.deck.Slides {
			v.holds[i] = max(s.Hold, s.Script().Pauses())
		}
		v.shown = make([]lectern.Shown, len(v.deck.Slides))
	}
	v.faults = v.deck.Validate(v.Limits)
	v.setAside()
	if v.deck.Subtitles == "" {
		v.deck.Subtitles = lectern.SubtitlesOff
		if v.Options.Subtitles {
			v.deck.Subtitles = lectern.SubtitlesOn
		}
	}
	v.theme()
	if err := v.avatar(ctx); err != nil {
		return lectern.Deck{}, nil, err
	}
	if r := v.deck.Recording; r != nil {
		if err := v.recording(r.File, "recording.file", 0); err != nil {
			return lectern.Deck{}, nil, err
		}
	}
	v.transitions()
	v.boxes()
	for i := range v.deck.Slides {
		if err := context.Cause(ctx); err != nil {
			return lectern.Deck{}, nil, err
		}
		if err := v.slide(ctx, i); err != nil {
			return lectern.Deck{}, nil, err
		}
		if len(v.faults) > lectern.MaxFaults {
			break
		}
	}
	if err := lectern.Join(v.faults); err != nil {
		return lectern.Deck{}, v.warnings, err
	}
	if v.Advise {
		v.advice()
	}
	return v.deck, v.warnings, nil
}

// visit is one check of one deck.
type visit struct {
	Options
	deck     lectern.Deck
	faults   []lectern.Failure
	warnings []lectern.Warning
	wrong    []string // fields with faults, which are not checked further
	own      bool     // the avatar speaks itself
	noVoice  []string // messages about the deck's voice that are already among the faults
	pixels   int      // how many pixels may still be decoded

	// for advice, by slide
	holds []time.Duration // how long a slide stays without narration, as its author wrote it; 0: not written
	shown []lectern.Shown
}

// setAside replaces values that are out of bounds, so that the rest of the deck can be checked.
func (v *visit) setAside() {
	for _, f := range v.faults {
		v.wrong = append(v.wrong, f.Param)
		switch f.Param {
		case "size":
			v.deck.Size = lectern.DefaultSize()
		case "layout":
			v.deck.Layout = lectern.LayoutPictureInPicture
		}
		if i := f.Slide - 1; i >= 0 && strings.HasSuffix(f.Param, ".avatarBox") {
			v.deck.Slides[i].AvatarBox = nil
		}
	}
	v.deck.Slides = v.deck.Slides[:min(len(v.deck.Slides), v.Limits.Slides)]
}

// isWrong reports whether a field of slide i, or something inside it, has a fault.
func (v *visit) isWrong(i int, field string) bool {
	at := fmt.Sprintf("slides[%d].%s", i, field)
	return slices.ContainsFunc(v.wrong, func(param string) bool {
		rest, ok := strings.CutPrefix(param, at)
		return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// blame adds err to the faults. Faults without a field or slide get param and slide. An error that is not a fault of
// the deck is returned.
func (v *visit) blame(err error, param string, slide int) error {
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok || !f.Code.IsFault() {
		return err
	}
	for _, one := range f.Faults() {
		v.faults = append(v.faults, *one.On(param).At(slide))
	}
	return nil
}

func (v *visit) note(slide int, list ...lectern.Warning) {
	for _, w := range list {
		if w.Slide == 0 {
			w.Slide = slide
		}
		v.warnings = append(v.warnings, w)
	}
}

func (v *visit) theme() {
	var names []string
	for _, t := range v.Library.Themes() {
		names = append(names, t.ID)
	}
	if slices.Contains(names, v.deck.Theme) {
		return
	}
	f := lectern.Fail(lectern.CodeUnknownTheme, "The theme %q is not known; there are %s.%s",
		lectern.Shorten(v.deck.Theme),
		strings.Join(names, ", "), lectern.DidYouMean(v.deck.Theme, names))
	v.faults = append(v.faults, *f.On("theme"))
	v.deck.Theme = lectern.DefaultTheme
}

func (v *visit) avatar(ctx context.Context) error {
	d := &v.deck
	if d.Layout == lectern.LayoutSlideOnly {
		d.Avatar = ""
		return nil
	}
	engine, code, err := v.Avatars.Resolve(ctx, d.Avatar)
	if err != nil {
		d.Avatar = ""
		return v.blame(err, "avatar", 0)
	}
	d.Avatar = engine + ":" + code
	if d.Voice.Gender == "" {
		d.Voice.Gender = v.Avatars.Gender(ctx, d.Avatar)
	}
	v.own = v.Avatars.Performs(ctx, d.Avatar)
	return nil
}

// transitions removes transitions after the last slide, and cuts at the end of the list, which are the default.
func (v *visit) transitions() {
	list, joints := v.deck.Transitions, max(len(v.deck.Slides)-1, 0)
	if len(list) > joints {
		if slices.ContainsFunc(list[joints:], func(t lectern.Transition) bool { return !t.IsCut() }) {
			v.note(0, lectern.Warning{Code: "unused_transitions", Param: "transitions", Message: fmt.Sprintf(
				"%d slides need %d transitions, but the deck has %d; the last ones were ignored.", len(v.deck.Slides), joints,
				len(list))})
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
	v.deck.Transitions = list
}

// boxes reduces the avatars' places to the part on the page.
func (v *visit) boxes() {
	page := v.deck.SlideSize()
	for i, s := range v.deck.Slides {
		if s.AvatarBox == nil {
			continue
		}
		if box := s.AvatarBox.Within(page); box != *s.AvatarBox {
			v.deck.Slides[i].AvatarBox = &box
			v.note(i+1, lectern.Warning{Code: "avatar_cut", Param: fmt.Sprintf("slides[%d].avatarBox", i), Message: fmt.Sprintf(
				"The avatar's place is partly outside the slide, which has %d×%d pixels; that part was cut off.", page.Width,
				page.Height)})
		}
	}
}

// slide selects the voice of slide i, unless its avatar speaks itself, and checks the slide's page.
func (v *visit) slide(ctx context.Context, i int) error {
	if !v.isWrong(i, "narration") {
		if err := v.speech(ctx, i); err != nil {
			return err
		}
	}
	if v.isWrong(i, "props") || v.isWrong(i, "page") {
		return nil
	}
	page, more, err := v.Library.Page(v.deck, i)
	if err != nil {
		return v.blame(err, fmt.Sprintf("slides[%d].props", i), i+1)
	}
	for _, w := range more {
		if w.Code == unknownTemplate && !v.AnyTemplate {
			v.template(i)
			return nil // the other warnings are about the template that replaces it
		}
	}
	v.note(i+1, more...)
	if v.Advise {
		v.shown[i] = page.Shown
	}
	for _, url := range page.Assets {
		if err := v.Fetcher.Allowed(url); err != nil {
			if err := v.blame(err, page.Params[url], i+1); err != nil {
				return err
			}
		}
	}
	return v.held(ctx, page, i+1)
}

// template adds the fault of slide i, whose template is not known.
func (v *visit) template(i int) {
	var ids []string
	for _, t := range v.Library.Templates() {
		ids = append(ids, t.ID)
	}
	name := v.deck.Slides[i].Template
	f := lectern.Fail(lectern.CodeUnknownTemplate, "The template %q is not known.%s There are %d; `lectern templates` "+
		"and GET /v1/templates list them.",
		lectern.Shorten(name), lectern.DidYouMean(name, ids), len(ids))
	v.faults = append(v.faults, *f.On(fmt.Sprintf("slides[%d].template", i)).At(i + 1))
}

// speech selects the voice of slide i. If the narration has nothing to say, speech clears the narration and sets how
// long the slide is held.
func (v *visit) speech(ctx context.Context, i int) error {
	s := &v.deck.Slides[i]
	script := s.Script()
	v.note(i+1, script.Notes...)
	if s.Sound != nil || v.deck.Recording != nil {
		return v.recorded(i)
	}
	if script.Silent() {
		if strings.TrimSpace(s.Narration) != "" && script.Text != "" {
			v.note(i+1, lectern.Warning{Code: "narration_silent", Message: fmt.Sprintf("The narration %.40q has nothing to "+
				"say: the slide is silent, like one without narration.", script.Text)})
		}
		s.Hold, s.Narration = v.deck.HoldOf(i), ""
		if v.own {
			v.note(i+1, lectern.Warning{Code: "avatar_silent", Message: "The avatar speaks itself and has nothing to say " +
				"here, so it is not shown on this slide."})
		}
		return nil
	}
	if v.own {
		return nil
	}
	reading, more, err := v.Voices.Resolve(ctx, v.deck.VoiceOf(i), script)
	if err != nil {
		return v.speechless(err, i)
	}
	v.note(i+1, more...)
	voice := reading.Voice
	s.Voice = lectern.VoiceChoice{Engine: voice.Engine, ID: voice.ID, Language: voice.Language, Speed: voice.Speed}
	return nil
}

// speechless adds the fault of slide i, for which there is no voice. A fault of the deck's voice is added once, not for
// each slide.
func (v *visit) speechless(err error, i int) error {
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok {
		return err
	}
	c, slide, own, all := *f, i+1, v.deck.Slides[i].Voice, v.deck.Voice
	c.Param = cmp.Or(c.Param, "voice")
	switch {
	case own.Engine+own.ID != "" || own.Language != "" && c.Param == "voice.language":
		c.Param = fmt.Sprintf("slides[%d].%s", i, c.Param)
	case all.Engine+all.ID+all.Language == "":
		c.Param = fmt.Sprintf("slides[%d].narration", i)
	case slices.Contains(v.noVoice, c.Message):
		return nil
	default:
		slide = 0
		v.noVoice = append(v.noVoice, c.Message)
	}
	return v.blame(&c, "", slide)
}

// held decodes the pictures inside a page, as long as checkedPixels is not used up.
func (v *visit) held(ctx context.Context, page lectern.Page, slide int) error {
	for _, a := range page.Pictures {
		if v.pixels -= a.Pixels; v.pixels < 0 {
			return nil
		}
		if _, err := v.Judge.Decode(ctx, a.ContentType, a.Body); err != nil {
			if err := v.blame(picturefile.Refusal(err, a.URL), a.URL, slide); err != nil {
				return err
			}
		}
	}
	return nil
}
