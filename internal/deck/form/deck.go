package form

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern"
)

func (r *reader) deck(f *fields) lectern.Deck {
	var d lectern.Deck
	d.Title, _, _ = f.text("title", "projectName")
	d.Theme, _, _ = f.text("theme")
	d.Avatar, _, _ = f.text("avatar", "avatarCode")
	d.Voice = f.voice()
	preset := f.preset()
	d.Size = f.size(preset)
	d.FrameRate = f.frameRate()
	d.Quality = f.quality(preset)
	d.Layout = lectern.Layout(f.choice("layout"))
	d.Corner = lectern.Corner(f.choice("corner"))
	if only, _ := f.flag("slideOnly"); only || strings.EqualFold(d.Avatar, noAvatar) {
		d.Layout, d.Avatar = lectern.LayoutSlideOnly, ""
	}
	if mask, ok := f.flag("keyAvatar", "useAvatarMask"); ok {
		d.KeyAvatar = &mask
	}
	d.Subtitles = f.subtitles()
	d.Steps, _ = f.flag("steps")
	d.Hold = f.seconds("hold", "duration")
	d.Metadata = f.metadata()
	language, _, _ := f.text("language")
	d.Language = lectern.LanguageTag(language)
	d.Variables = f.variables()
	d.Translations = f.deckTranslations()
	d.Recording = f.recording()
	d.Slides = r.slides(f, d)
	d.Transitions = f.transitions()
	callback, at, _ := f.text("callbackUrl")
	r.callback, r.callbackAt = callback, at.path
	f.warnUnknown()
	return d
}

// recording reads the recording of the whole deck. Its starts are a list of seconds or of times such as "1:05", or one
// text with all of them.
func (f *fields) recording() *lectern.Recording {
	o, ok := f.object("recording")
	if !ok {
		return nil
	}
	defer o.warnUnknownInside()
	var r lectern.Recording
	r.File, _, _ = o.text("file")
	v, ok := o.take("starts")
	if !ok {
		return &r
	}
	switch value := v.value.(type) {
	case string:
		times, err := lectern.ParseTimes(value)
		if err != nil {
			o.fault(v.path, "%s", lectern.AsFailure(err).Message)
		}
		r.Starts = times
	case []any:
		for i, e := range value {
			r.Starts = append(r.Starts, o.start(field{e, v.path + "[" + strconv.Itoa(i) + "]"}))
		}
	default:
		o.wrong(v, `a list of times such as [0, 12.5, "1:05"]`)
	}
	return &r
}

// start reads the time at which a slide begins.
func (f *fields) start(v field) time.Duration {
	switch value := v.value.(type) {
	case Number:
		if x, ok := f.float(v); ok {
			return milliseconds(x)
		}
	case string:
		at, ok := lectern.ParseTime(strings.TrimSpace(value))
		if !ok {
			f.fault(v.path, "%q is not a time. Write minutes and seconds, such as \"2:05\", or seconds, such as 125.5.",
				lectern.Shorten(value))
		}
		return at
	default:
		f.wrong(v, "a time, in seconds")
	}
	return 0
}

// subtitles reads true or false, or "on" or "off".
func (f *fields) subtitles() lectern.Subtitles {
	v, ok := f.take("subtitles")
	if !ok {
		return ""
	}
	switch value := v.value.(type) {
	case bool:
		if value {
			return lectern.SubtitlesOn
		}
		return lectern.SubtitlesOff
	case string:
		if s := lectern.Subtitles(strings.ToLower(strings.TrimSpace(value))); s == lectern.SubtitlesOn ||
			s == lectern.SubtitlesOff {
			return s
		}
	}
	f.wrong(v, `"on" or "off"`)
	return ""
}

// noAvatar is the name of an avatar that means no avatar.
const noAvatar = "none"

// warnUnknown warns of unknown fields of the deck, with a suggestion.
func (f *fields) warnUnknown() {
	known := make([]string, 0, len(f.known))
	for name := range f.known {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, name := range f.rest() {
		if strings.HasPrefix(name, "$") {
			continue // "$schema" and its like are for editors
		}
		if len(f.r.warnings) >= lectern.MaxFaults {
			return // no more warnings are kept, and a suggestion costs time
		}
		short := lectern.Shorten(name)
		f.r.warnAt("unknown_field", short, 0, "The field %q is not known and was ignored.%s", short,
			lectern.DidYouMean(name, known))
	}
}

func (f *fields) voice() lectern.VoiceChoice {
	var v lectern.VoiceChoice
	if c, ok := f.take("voice"); ok {
		switch value := c.value.(type) {
		case string:
			v.ID = clean(value)
			f.r.places[f.called("voice.id")] = c.path
		case *Object:
			o := f.r.open(value, c.path, f.called("voice"), f.slide)
			v.Engine, _, _ = o.text("engine", "provider")
			v.ID, _, _ = o.text("id")
			v.Language, _, _ = o.text("language")
			v.Gender, _, _ = o.text("gender")
			if speed, _, ok := o.number("speed"); ok {
				if v.Speed = speed; speed == 0 {
					v.Speed = -1 // the deck sets it, so it must not look empty; Validate refuses it
				}
			}
			o.warnUnknownInside()
		default:
			f.wrong(c, "a voice's id or an object")
		}
	}
	if s, at, ok := f.text("voiceId"); ok {
		if v.ID != "" && v.ID != s {
			f.fault(at.path, "%q and \"voice\" name different voices; give one of them.", last(at.path))
		}
		v.ID = s
		f.r.places[f.called("voice.id")] = at.path
	}
	if s, at, ok := f.text("voiceProvider"); ok {
		if v.Engine != "" && v.Engine != s {
			f.fault(at.path, "%q and \"voice\" name different engines; give one of them.", last(at.path))
		}
		v.Engine = s
		f.r.places[f.called("voice.engine")] = at.path
	}
	return v
}

// warnUnknownInside warns of unknown fields of an object inside the deck.
func (f *fields) warnUnknownInside() {
	for _, name := range f.rest() {
		path := f.at(lectern.Shorten(name))
		f.r.warnAt("unknown_field", path, f.slide, "The field %q is not known and was ignored.", path)
	}
}

// aspectOf reads a shape such as "16:9".
func aspectOf(s string) (lectern.Size, bool) {
	const most = 9999
	w, h, ok := strings.Cut(s, ":")
	width, errW := strconv.Atoi(strings.TrimSpace(w))
	height, errH := strconv.Atoi(strings.TrimSpace(h))
	ok = ok && errW == nil && errH == nil && min(width, height) >= 1 && max(width, height) <= most
	return lectern.Size{Width: width, Height: height}, ok
}

// lines are names of resolutions: the length of the shorter side.
var lines = map[string]int{"480p": 480, "720p": 720, "1080p": 1080, "1440p": 1440, "2160p": 2160, "4k": 2160}

// preset reads the preset, which sets a size and a quality that the deck does not name; "": there is none.
func (f *fields) preset() lectern.Preset {
	s, at, ok := f.text("preset")
	if !ok {
		return ""
	}
	p := lectern.Preset(strings.ToLower(s))
	if slices.Contains(lectern.Presets(), p) {
		return p
	}
	f.fault(at.path, "The preset %q is not known; use %s.", lectern.Shorten(s), lectern.OneOf(lectern.Presets()))
	return ""
}

// size reads the deck's size. Without one it is the preset's, in the deck's aspect; zero if the deck has no size, no
// aspect and no preset.
func (f *fields) size(preset lectern.Preset) lectern.Size {
	aspect := lectern.Size{Width: 16, Height: 9}
	short, named := preset.Lines(), false
	a, aspectAt, _ := f.text("aspect", "aspectRatio")
	if a != "" {
		v, ok := aspectOf(a)
		switch {
		case !ok:
			f.fault(aspectAt.path, "The aspect %q is not a shape. Write width and height, such as \"16:9\", \"4:3\", "+
				"\"1:1\" or \"9:16\".", lectern.Shorten(a))
		case max(v.Width, v.Height) > lectern.MaxAspect*min(v.Width, v.Height):
			f.fault(aspectAt.path, "The aspect %q is too narrow: the longer side has at most %d times the length of the "+
				"shorter one.", lectern.Shorten(a), lectern.MaxAspect)
		default:
			aspect, named = v, true
		}
	}
	v, given := f.take("size", "resolution")
	lined := false
	if s, isText := v.value.(string); given && isText {
		if n, known := lines[strings.ToLower(strings.TrimSpace(s))]; known {
			short, lined = n, true
		}
	}
	switch {
	case !given && !named && preset == "":
		return lectern.Size{}
	case !given || lined:
		return f.r.resized(shaped(aspect, short), preset)
	}
	size, ok := f.pixels(v)
	if !ok {
		return lectern.Size{}
	}
	if size == (lectern.Size{}) {
		f.fault(v.path, "The size 0×0 has no pixels.")
	}
	size = f.r.resized(size, preset)
	if f.r.reshape && named {
		if own := min(size.Width, size.Height); slices.Contains(slices.Collect(maps.Values(lines)), own) {
			short = own
		}
		return shaped(aspect, short)
	}
	if got := float64(size.Width) / float64(size.Height); named &&
		math.Abs(got*float64(aspect.Height)/float64(aspect.Width)-1) > 0.01 {
		f.fault(aspectAt.path, "The aspect %q and the size %d×%d do not agree; give one of them.", a, size.Width, size.Height)
	}
	return size
}

// shaped returns the size in an aspect whose shorter side is short. Both sides are even.
func shaped(aspect lectern.Size, short int) lectern.Size {
	least := min(aspect.Width, aspect.Height)
	even := func(side int) int { n := short * side / least; return n + n%2 }
	return lectern.Size{Width: even(aspect.Width), Height: even(aspect.Height)}
}

// pixels reads [1920,1080], {"width":1920,"height":1080} or "1920x1080".
func (f *fields) pixels(v field) (lectern.Size, bool) {
	switch value := v.value.(type) {
	case []any:
		if len(value) != 2 {
			f.fault(v.path, "%q must be a list of two numbers, width and height, not of %d.", last(v.path), len(value))
			return lectern.Size{}, false
		}
		w, okW := f.whole(field{value[0], v.path + "[0]"})
		h, okH := f.whole(field{value[1], v.path + "[1]"})
		return lectern.Size{Width: w, Height: h}, okW && okH
	case *Object:
		o := f.r.open(value, v.path, f.called("size"), f.slide)
		var s lectern.Size
		for name, side := range map[string]*int{"width": &s.Width, "height": &s.Height} {
			n, ok := o.take(name)
			if !ok {
				o.fault(v.path, "%q needs a width and a height.", last(v.path))
				return s, false
			}
			if *side, ok = o.whole(n); !ok {
				return s, false
			}
		}
		o.warnUnknownInside()
		return s, true
	case string:
		w, h, ok := strings.Cut(strings.ToLower(strings.ReplaceAll(value, "×", "x")), "x")
		width, errW := strconv.Atoi(strings.TrimSpace(w))
		height, errH := strconv.Atoi(strings.TrimSpace(h))
		if ok && errW == nil && errH == nil {
			return lectern.Size{Width: width, Height: height}, true
		}
		f.fault(v.path, "%q must be like [1920,1080], \"1920x1080\" or \"1080p\", not %q.", last(v.path),
			lectern.Shorten(value))
	default:
		f.wrong(v, "a list of two numbers such as [1920,1080]")
	}
	return lectern.Size{}, false
}

func (f *fields) frameRate() int {
	v, ok := f.take("frameRate", "fps")
	if !ok {
		return 0
	}
	x, ok := f.float(v)
	if !ok {
		return 0
	}
	if n := int(min(max(x, -1), 1000)); float64(n) == x && n != 0 {
		return n
	}
	f.fault(v.path, "The frame rate %s is not offered; use %s.", lectern.Shorten(string(v.value.(Number))),
		lectern.FrameRateList())
	return 0
}

func (f *fields) quality(preset lectern.Preset) lectern.Quality {
	s, _, ok := f.text("quality")
	if !ok && preset != "" {
		return preset.Quality()
	}
	return lectern.Quality(strings.ToLower(s))
}

// choice reads one of a set of names, such as "side by side" for side_by_side.
func (f *fields) choice(field string) string {
	s, _, _ := f.text(field)
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

// seconds reads a number of seconds as a duration in whole milliseconds; 0: the field is not there. A number that is
// not above 0 becomes negative, so that Validate refuses it.
func (f *fields) seconds(names ...string) time.Duration {
	x, _, ok := f.number(names...)
	switch {
	case !ok:
		return 0
	case x <= 0:
		return -1 // the deck sets it, so it must not look empty; Validate refuses it
	}
	return max(milliseconds(x), time.Millisecond)
}

// ownHold reads how long this slide stays. A "duration" that is not a number is a prop instead: editors write "5 min"
// there.
func (f *fields) ownHold() time.Duration {
	names := []string{"hold", "duration"}
	if v, there := f.obj.Get("duration"); there {
		if _, isNumber := v.(Number); !isNumber {
			names = names[:1]
		}
	}
	return f.seconds(names...)
}

// milliseconds rounds a number of seconds to milliseconds. Very large numbers are cut to 1e9 s, which is still beyond
// every limit.
func milliseconds(x float64) time.Duration {
	const most = 1e9
	return time.Duration(math.Round(min(max(x, -most), most)*1000)) * time.Millisecond
}

// nanoseconds is milliseconds for places in a sound, which are as exact as its samples.
func nanoseconds(x float64) time.Duration {
	const most = 1e9
	return time.Duration(math.Round(min(max(x, -most), most) * 1e9))
}

func (f *fields) metadata() map[string]string {
	o, ok := f.object("metadata")
	if !ok || len(o.obj.members) == 0 {
		return nil
	}
	m := make(map[string]string, len(o.obj.members))
	for _, e := range o.obj.members {
		s, ok := e.value.(string)
		if !ok {
			f.fault(o.at(lectern.Shorten(e.name)), "Values of %q must be strings; %q is %s.", last(o.path),
				lectern.Shorten(e.name), kind(e.value))
		}
		m[e.name] = s
	}
	return m
}

func (f *fields) transitions() []lectern.Transition {
	list, at, ok := f.list("transitions")
	if !ok || len(list) == 0 {
		return nil
	}
	out := make([]lectern.Transition, 0, min(len(list), f.r.lim.Slides+1))
	for i, v := range list[:cap(out)] { // Validate refuses longer lists by their length
		path := at.path + "[" + strconv.Itoa(i) + "]"
		out = append(out, f.transition(field{v, path}, "transitions["+strconv.Itoa(i)+"]"))
	}
	return out
}

// transition reads a transition, whose path in a deck is name. Without a duration it lasts for DefaultTransition.
func (f *fields) transition(v field, name string) lectern.Transition {
	cut := lectern.Transition{Type: lectern.TransitionNone}
	t := lectern.Transition{Duration: lectern.DefaultTransition}
	switch value := v.value.(type) {
	case nil:
		return cut
	case string:
		t.Type = clean(value)
		f.r.places[name+".type"] = v.path
	case *Object:
		o := f.r.open(value, v.path, name, 0)
		s, _, ok := o.text("type")
		if !ok {
			s = cut.Type
		}
		t.Type = s
		if x, _, ok := o.number("duration"); ok {
			t.Duration = milliseconds(x)
		}
		o.warnUnknownInside()
	default:
		f.wrong(v, "an object with type and duration")
		return cut
	}
	if strings.EqualFold(t.Type, cut.Type) && t.Duration <= lectern.MaxTransition {
		return cut
	}
	return t
}
