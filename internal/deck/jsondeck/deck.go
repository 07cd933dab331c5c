package jsondeck

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern"
)

// What a deck gets where it says nothing.
const (
	defaultTheme      = "dark-purple"
	defaultHold       = 3 * time.Second  // what users of decks with notes expect of a slide without any
	defaultSeedHold   = 30 * time.Second // what the succeeded service did
	defaultFrameRate  = 30
	defaultTransition = 500 * time.Millisecond
)

// Bounds that are no settings.
const (
	maxName       = 200 // bytes of an id, a theme, a voice
	maxTitle      = 1000
	maxHeadline   = 120 // characters
	maxMetadata   = 50  // entries
	maxMetaValue  = 4000
	maxAspect     = 4 // the longer side to the shorter one
	maxTransition = 10 * time.Second
)

// FrameRates are the frame rates that a deck may ask for: those at which a frame is a whole number of audio samples.
func FrameRates() []int { return []int{24, 25, 30, 50, 60} }

// Transitions are the transition types that a deck may name: "none", which is a cut, and ffmpeg's xfade names.
func Transitions() []string {
	names := []string{"none", "fade", "dissolve"}
	for _, family := range []struct{ stem, ends string }{
		{"wipe", "left right up down tl tr bl br"}, {"slide", "left right up down"}, {"smooth", "left right up down"},
		{"circle", "crop open close"}, {"diag", "tl tr bl br"}, {"squeeze", "h v"}, {"fade", "black white fast slow"},
	} {
		for _, end := range strings.Fields(family.ends) {
			names = append(names, family.stem+end)
		}
	}
	return append(names, "radial", "hlslice", "hrslice", "vuslice", "vdslice", "zoomin", "distance", "hblur", "pixelize")
}

// Parse reads a deck from JSON in either dialect and any mix of them.
//
// The deck comes out normalised: every default filled in (a deck without a title has its first slide's), text trimmed, template ids without "-slide", colours as
// "#rrggbb"; equal input gives equal output. Warnings name what was ignored. A fault gives a *[lectern.Failure]:
// CodeInvalidJSON with the place for text that is no JSON, CodeTooLarge for too much of it, otherwise the first fault with
// its Param and Slide, the further ones in Causes. Limits of zero mean the default ones.
func Parse[T ~string | ~[]byte](data T, lim lectern.Limits) (lectern.Deck, []lectern.Warning, error) {
	r := newReader(lim)
	o, err := r.top(string(data), "A deck is a JSON object with a list of slides")
	if err != nil {
		return lectern.Deck{}, nil, err
	}
	d := r.deck(r.open(o, "", 0))
	if err := r.failure(); err != nil {
		return lectern.Deck{}, r.warnings, err
	}
	return d, r.warnings, nil
}

func newReader(lim lectern.Limits) *reader {
	r := &reader{lim: settle(lim), holds: map[int]string{}}
	r.budget = budget{r.lim.JSONTokens, r.lim.JSONTokens}
	return r
}

func settle(lim lectern.Limits) lectern.Limits {
	def := lectern.DefaultLimits()
	for _, p := range []struct{ have, def *int }{
		{&lim.Slides, &def.Slides}, {&lim.NarrationBytes, &def.NarrationBytes}, {&lim.PropsBytes, &def.PropsBytes},
		{&lim.MinSide, &def.MinSide}, {&lim.MaxSide, &def.MaxSide}, {&lim.MaxHoldSeconds, &def.MaxHoldSeconds},
		{&lim.JSONTokens, &def.JSONTokens},
	} {
		if *p.have <= 0 {
			*p.have = *p.def
		}
	}
	if lim.BodyBytes <= 0 {
		lim.BodyBytes = def.BodyBytes
	}
	return lim
}

func (r *reader) deck(f *fields) lectern.Deck {
	d := lectern.Deck{
		Theme: defaultTheme, Layout: lectern.LayoutPictureInPicture, KeyAvatar: true,
	}
	d.Title, _, _ = f.text(maxTitle, "title", "projectName")
	if s, _, ok := f.text(maxName, "theme"); ok {
		d.Theme = s
	}
	d.Avatar, _, _ = f.text(maxName, "avatar", "avatarCode")
	d.Voice = f.voice()
	preset := f.preset()
	d.Size = f.size(preset)
	d.FrameRate = f.frameRate()
	d.Quality = f.quality(preset)
	d.Layout = f.layout()
	if only, _ := f.flag("slideOnly"); only || strings.EqualFold(d.Avatar, noAvatar) {
		d.Layout, d.Avatar = lectern.LayoutSlideOnly, ""
	}
	if mask, ok := f.flag("useAvatarMask", "keyAvatar"); ok {
		d.KeyAvatar = mask
	}
	d.Subtitles = f.subtitles()
	d.Hold = f.hold()
	d.Metadata = f.metadata()
	d.Slides = r.slides(f, d)
	d.Transitions = f.transitions(len(d.Slides))
	if d.Title == "" && len(d.Slides) > 0 {
		title, _ := d.Slides[0].Props["title"].(string)
		d.Title = headline(title)
	}
	callback, at, _ := f.text(maxCallback, "callbackUrl")
	r.callback, r.callbackAt = callback, at.path
	f.strangers()
	return d
}

// subtitles is true or false, or "on" or "off".
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
		if s := lectern.Subtitles(strings.ToLower(strings.TrimSpace(value))); s == lectern.SubtitlesOn || s == lectern.SubtitlesOff {
			return s
		}
	}
	f.wrong(v, `"on" or "off"`)
	return ""
}

// noAvatar is what people write who want nobody to present.
const noAvatar = "none"

// headline is the first line of a slide's title, which names a deck that has no title of its own.
func headline(s string) string {
	line, _, _ := strings.Cut(clean(s), "\n")
	if r := []rune(line); len(r) > maxHeadline {
		line = string(r[:maxHeadline]) + "…"
	}
	return strings.TrimSpace(line)
}

// strangers warns of the fields that nobody knows.
func (f *fields) strangers() {
	known := make([]string, 0, len(f.known))
	for name := range f.known {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, name := range f.rest() {
		if strings.HasPrefix(name, "$") {
			continue // "$schema" and its like are for editors
		}
		if len(f.r.warnings) >= maxFaults {
			return // no more are told, and a suggestion costs
		}
		f.r.warnAt("unknown_field", clip(name), 0, "The field %q is not known and was ignored.%s", clip(name), suggest(name, known))
	}
}

func (f *fields) voice() lectern.VoiceChoice {
	var v lectern.VoiceChoice
	if c, ok := f.take("voice"); ok {
		switch value := c.value.(type) {
		case string:
			v.ID = clean(value)
		case *object:
			o := f.r.open(value, c.path, f.slide)
			v.Engine, _, _ = o.text(maxName, "engine", "provider")
			v.ID, _, _ = o.text(maxName, "id")
			v.Language, _, _ = o.text(maxName, "language")
			if g, at, ok := o.text(maxName, "gender"); ok {
				if g != "female" && g != "male" {
					o.fault(at.path, "The gender of a voice is \"female\" or \"male\"; without one, any fits.")
				}
				v.Gender = g
			}
			if speed, at, ok := o.number("speed"); ok {
				if speed < 0.25 || speed > 4 {
					o.fault(at.path, "The speed of a voice lies between 0.25 and 4; 1 is natural.")
				}
				v.Speed = speed
			}
			o.strangersAt()
		default:
			f.wrong(c, "a voice's id or an object")
		}
	}
	if s, at, ok := f.text(maxName, "voiceId"); ok {
		if v.ID != "" && v.ID != s {
			f.fault(at.path, "%q and \"voice\" name different voices.", last(at.path))
		}
		v.ID = s
	}
	if s, at, ok := f.text(maxName, "voiceProvider"); ok {
		if v.Engine != "" && v.Engine != s {
			f.fault(at.path, "%q and \"voice\" name different engines.", last(at.path))
		}
		v.Engine = s
	}
	return v
}

// strangersAt warns of unknown fields below the top.
func (f *fields) strangersAt() {
	for _, name := range f.rest() {
		path := f.at(clip(name))
		f.r.warnAt("unknown_field", path, f.slide, "The field %q is not known and was ignored.", path)
	}
}

var aspects = map[string]lectern.Size{"16:9": {Width: 16, Height: 9}, "9:16": {Width: 9, Height: 16}, "1:1": {Width: 1, Height: 1}, "4:3": {Width: 4, Height: 3}}

// lines are names of resolutions: the length of the shorter side.
var lines = map[string]int{"480p": 480, "720p": 720, "1080p": 1080, "1440p": 1440, "2160p": 2160, "4k": 2160}

// preset is what stands in for a size and a quality that the deck does not name.
func (f *fields) preset() lectern.Preset {
	s, at, ok := f.text(maxName, "preset")
	if !ok {
		return lectern.PresetHigh
	}
	p := lectern.Preset(strings.ToLower(s))
	if slices.Contains(lectern.Presets(), p) {
		return p
	}
	f.fault(at.path, "The preset %q is not known; it is %s.", clip(s), oneOf(lectern.Presets()))
	return lectern.PresetHigh
}

// size is the deck's own, or the preset's in the deck's aspect.
func (f *fields) size(preset lectern.Preset) lectern.Size {
	aspect := lectern.Size{Width: 16, Height: 9}
	short, named := preset.Lines(), false
	a, hasAspect, _ := f.text(maxName, "aspect", "aspectRatio")
	if a != "" {
		v, ok := aspects[a]
		if !ok {
			f.fault(hasAspect.path, "The aspect %q is not known; it is \"16:9\", \"9:16\", \"1:1\" or \"4:3\".", clip(a))
		} else {
			aspect, named = v, true
		}
	}
	v, ok := f.take("size", "resolution")
	if ok {
		if s, isText := v.value.(string); isText {
			if n, known := lines[strings.ToLower(strings.TrimSpace(s))]; known {
				short, ok = n, false
			}
		}
	}
	if !ok {
		size := lectern.Size{Width: short * aspect.Width / min(aspect.Width, aspect.Height), Height: short * aspect.Height / min(aspect.Width, aspect.Height)}
		size.Width += size.Width % 2
		size.Height += size.Height % 2
		return f.inBounds(f.r.resized(size, preset), v)
	}
	size, ok := f.pixels(v)
	if !ok {
		return lectern.Size{Width: 1920, Height: 1080}
	}
	size = f.inBounds(f.r.resized(f.inBounds(size, v), preset), v)
	if got := float64(size.Width) / float64(size.Height); named && math.Abs(got*float64(aspect.Height)/float64(aspect.Width)-1) > 0.01 {
		f.fault(hasAspect.path, "The aspect %q and the size %d×%d do not agree; give one of them.", a, size.Width, size.Height)
	}
	return size
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
	case *object:
		o := f.r.open(value, v.path, f.slide)
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
		o.strangersAt()
		return s, true
	case string:
		w, h, ok := strings.Cut(strings.ToLower(strings.ReplaceAll(value, "×", "x")), "x")
		width, errW := strconv.Atoi(strings.TrimSpace(w))
		height, errH := strconv.Atoi(strings.TrimSpace(h))
		if ok && errW == nil && errH == nil {
			return lectern.Size{Width: width, Height: height}, true
		}
		f.fault(v.path, "%q must be like [1920,1080], \"1920x1080\" or \"1080p\", not %q.", last(v.path), clip(value))
	default:
		f.wrong(v, "a list of two numbers such as [1920,1080]")
	}
	return lectern.Size{}, false
}

// inBounds refuses sizes that no video can have. The result is always safe to compute with.
func (f *fields) inBounds(s lectern.Size, v field) lectern.Size {
	low, high := f.r.lim.MinSide, f.r.lim.MaxSide
	fine := false
	path := v.path
	if path == "" {
		path = "size"
	}
	switch {
	case s.Width < low || s.Height < low || s.Width > high || s.Height > high:
		f.fault(path, "The size %d×%d is out of bounds: each side has %d to %d pixels.", s.Width, s.Height, low, high)
	case s.Width%2 != 0 || s.Height%2 != 0:
		f.fault(path, "The size %d×%d must be even in both numbers; H.264 video has no odd sides.", s.Width, s.Height)
	case max(s.Width, s.Height) > maxAspect*min(s.Width, s.Height):
		f.fault(path, "The size %d×%d is too narrow: the longer side has at most %d times the pixels of the shorter one.", s.Width, s.Height, maxAspect)
	default:
		fine = true
	}
	if !fine {
		return lectern.Size{Width: 1920, Height: 1080}
	}
	return s
}

func (f *fields) frameRate() int {
	v, ok := f.take("frameRate", "fps")
	if !ok {
		return defaultFrameRate
	}
	x, ok := f.float(v)
	if !ok {
		return defaultFrameRate
	}
	if i := int(x); x == math.Trunc(x) && slices.Contains(FrameRates(), i) {
		return i
	}
	f.fault(v.path, "The frame rate %s is not offered; it is 24, 25, 30, 50 or 60.", clip(string(v.value.(number))))
	return defaultFrameRate
}

func (f *fields) quality(preset lectern.Preset) lectern.Quality {
	s, at, ok := f.text(maxName, "quality")
	if !ok {
		return preset.Quality()
	}
	if q := lectern.Quality(strings.ToLower(s)); slices.Contains(lectern.Qualities(), q) {
		return q
	}
	f.fault(at.path, "The quality %q is not known; it is %s.", clip(s), oneOf(lectern.Qualities()))
	return lectern.QualityHigh
}

func (f *fields) layout() lectern.Layout {
	s, at, ok := f.text(maxName, "layout")
	if !ok {
		return lectern.LayoutPictureInPicture
	}
	l := lectern.Layout(strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s)))
	if slices.Contains(lectern.Layouts(), l) {
		return l
	}
	names := make([]string, 0, len(lectern.Layouts()))
	for _, l := range lectern.Layouts() {
		names = append(names, string(l))
	}
	f.r.fault(lectern.CodeUnknownLayout, at.path, 0, "The layout %q is not known; it is %s.%s", clip(s), oneOf(names), suggest(s, names))
	return lectern.LayoutPictureInPicture
}

func (f *fields) hold() time.Duration {
	x, at, ok := f.number("hold", "duration")
	if !ok {
		if f.obj.place("slides") >= 0 {
			return defaultHold
		}
		return defaultSeedHold
	}
	return f.stay(x, at, defaultHold)
}

// stay is x seconds, or otherwise where x is no length that a slide may have.
func (f *fields) stay(x float64, at field, otherwise time.Duration) time.Duration {
	if x <= 0 || x > float64(f.r.lim.MaxHoldSeconds) {
		f.fault(at.path, "%q is the number of seconds for which a slide without narration stays: more than 0, at most %d (limits.hold).",
			last(at.path), f.r.lim.MaxHoldSeconds)
		return otherwise
	}
	return seconds(x)
}

// ownHold is how long this slide stays, 0 where it does not say. A duration that is no number is left to the props: editors
// write "5 min" there.
func (f *fields) ownHold() (time.Duration, field) {
	names := []string{"hold", "duration"}
	if v, there := f.obj.get("duration"); there {
		if _, isNumber := v.(number); !isNumber {
			names = names[:1]
		}
	}
	x, at, ok := f.number(names...)
	if !ok {
		return 0, at
	}
	return f.stay(x, at, 0), at
}

// seconds rounds to milliseconds; anything above zero is at least one.
func seconds(x float64) time.Duration {
	return max(time.Duration(math.Round(x*1000)), 1) * time.Millisecond
}

func (f *fields) metadata() map[string]string {
	o, ok := f.object("metadata")
	if !ok || len(o.obj.members) == 0 {
		return nil
	}
	if len(o.obj.members) > maxMetadata {
		f.fault(o.path, "%q has %d entries; the limit is %d.", last(o.path), len(o.obj.members), maxMetadata)
		return nil
	}
	m := make(map[string]string, len(o.obj.members))
	for _, e := range o.obj.members {
		name, v := e.name, field{e.value, o.at(clip(e.name))}
		s, ok := v.value.(string)
		switch {
		case !ok:
			f.fault(v.path, "Values of %q must be strings; %q is %s.", last(o.path), clip(name), kind(v.value))
		case len(name) > maxName || len(s) > maxMetaValue:
			f.fault(v.path, "A name in %q has at most %d bytes, a value at most %d.", last(o.path), maxName, maxMetaValue)
		default:
			m[name] = s
		}
	}
	return m
}

// transitions gives one for every joint up to the last that is no cut.
func (f *fields) transitions(slides int) []lectern.Transition {
	list, at, ok := f.list("transitions")
	if !ok {
		return nil
	}
	known := Transitions()
	var out []lectern.Transition
	for i, v := range list {
		if i >= max(f.r.lim.Slides, 1) {
			f.fault(at.path, "%q has %d entries; a deck has at most %d slides.", last(at.path), len(list), f.r.lim.Slides)
			break
		}
		out = append(out, f.transition(field{v, at.path + "[" + strconv.Itoa(i) + "]"}, known))
	}
	if joints := max(slides-1, 0); len(out) > joints {
		if slides > 0 && slices.ContainsFunc(out[joints:], func(t lectern.Transition) bool { return t.Duration > 0 }) {
			f.r.warn("unused_transitions", 0, "%d slides have %d joints, but %d transitions are given; the last ones were ignored.", slides, joints, len(out))
		}
		out = out[:joints]
	}
	for len(out) > 0 && out[len(out)-1].Duration == 0 {
		out = out[:len(out)-1]
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func (f *fields) transition(v field, known []string) lectern.Transition {
	cut := lectern.Transition{Type: "none"}
	t := lectern.Transition{Type: "fade", Duration: defaultTransition}
	switch value := v.value.(type) {
	case nil:
		return cut
	case string:
		t.Type = strings.ToLower(clean(value))
	case *object:
		o := f.r.open(value, v.path, 0)
		s, _, ok := o.text(maxName, "type")
		if !ok {
			s = "none"
		}
		t.Type = strings.ToLower(s)
		if x, at, ok := o.number("duration"); ok {
			if x < 0 || x > maxTransition.Seconds() {
				o.fault(at.path, "The duration of a transition lies between 0 and %g seconds.", maxTransition.Seconds())
				return cut
			}
			t.Duration = 0
			if x > 0 {
				t.Duration = seconds(x)
			}
		}
		o.strangersAt()
	default:
		f.wrong(v, "an object with type and duration")
		return cut
	}
	if !slices.Contains(known, t.Type) {
		f.fault(v.path+".type", "The transition %q is not known.%s Use \"fade\", or \"none\" for a cut.", clip(t.Type), suggest(t.Type, known))
		return cut
	}
	if t.Type == "none" || t.Duration == 0 {
		return cut
	}
	return t
}
