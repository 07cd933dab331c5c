package lectern

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The defaults of a deck. [Deck.WithDefaults] fills them in.
const (
	DefaultTheme      = "dark-purple"
	DefaultTemplate   = "content"
	DefaultFrameRate  = 30
	DefaultHold       = 3 * time.Second
	DefaultTransition = 500 * time.Millisecond // of a transition that has only a type
)

// DefaultSize is the size of a video whose deck names none.
func DefaultSize() Size { return Size{1920, 1080} }

// Fixed bounds of a deck. [Limits] has those that are settings.
const (
	MaxTransition  = 5 * time.Second
	MinSpeed       = 0.25 // of a voice; 1 is natural
	MaxSpeed       = 4
	MaxName        = 200  // bytes of an id, a theme, an avatar, a voice
	MaxTitle       = 1000 // bytes
	MaxMetadata    = 50   // entries
	MaxMetadataLen = 4000 // bytes of a value
	MaxPositions   = 500  // placed elements of one slide
	MaxPropDepth   = 16   // a table of cells with parts needs five
	MaxAspect      = 4    // ratio of the longer side to the shorter one
	minBox         = 16   // pixels: the shortest side of an avatar that can still be seen
	maxHeadline    = 120  // characters of a title that is taken from the first slide
)

// FrameRates are the frame rates that a deck may ask for: at each of them a frame is a whole number of audio samples.
func FrameRates() []int { return []int{24, 25, 30, 50, 60} }

// FrameRateList is the list of FrameRates in words: "24, 25, 30, 50 or 60".
func FrameRateList() string {
	var names []string
	for _, r := range FrameRates() {
		names = append(names, strconv.Itoa(r))
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// The types of transitions that have a meaning of their own. All others are names of ffmpeg's xfade.
const (
	TransitionNone = "none" // a cut
	TransitionFade = "fade"
)

// TransitionTypes lists the types that a deck may name, in the order in which messages name them: "none", and all
// transitions of ffmpeg's xfade except "custom", which takes an expression.
func TransitionTypes() []string {
	return []string{
		TransitionNone, TransitionFade, "dissolve", "wipeleft", "wiperight", "wipeup", "wipedown", "wipetl", "wipetr",
		"wipebl", "wipebr",
		"slideleft", "slideright", "slideup", "slidedown", "smoothleft", "smoothright", "smoothup", "smoothdown",
		"circlecrop", "rectcrop", "circleopen", "circleclose", "vertopen", "vertclose", "horzopen", "horzclose", "radial",
		"diagtl", "diagtr", "diagbl", "diagbr", "hlslice", "hrslice", "vuslice", "vdslice", "squeezeh", "squeezev",
		"zoomin", "distance", "hblur", "pixelize", "fadeblack", "fadewhite", "fadegrays", "fadefast", "fadeslow",
	}
}

// transitionName is a type as [TransitionTypes] writes it: in lower case, without blanks, hyphens and underscores.
// "cut" is another name of "none".
func transitionName(s string) string {
	s = strings.NewReplacer(" ", "", "\t", "", "-", "", "_", "").Replace(strings.ToLower(s))
	if s == "cut" {
		return TransitionNone
	}
	return s
}

// IsCut reports whether two slides are joined without an overlap.
func (t Transition) IsCut() bool {
	return t.Type == TransitionNone || t.Type == "" || t.Duration <= 0
}

// KeysAvatar reports whether the avatar is cut out of its background.
func (d Deck) KeysAvatar() bool { return d.KeyAvatar == nil || *d.KeyAvatar }

// WithDefaults returns d with a default for every empty field, except those that the server decides: the avatar, the
// voices and the subtitles. A deck without a title gets the title of its first slide. A slide with neither a template
// nor a page gets "image" if a picture is its only prop, else DefaultTemplate. The types of transitions become names of
// [TransitionTypes] where they differ only in writing. Other values that are set stay, even out of bounds. d itself is
// not changed, and a second call changes nothing.
func (d Deck) WithDefaults() Deck {
	d.Theme = cmp.Or(d.Theme, DefaultTheme)
	d.Size = cmp.Or(d.Size, DefaultSize())
	d.FrameRate = cmp.Or(d.FrameRate, DefaultFrameRate)
	d.Quality = cmp.Or(d.Quality, QualityHigh)
	if d.Corner == "" && d.Layout == "" && d.hasPages() {
		d.Corner = CornerAuto
	}
	d.Layout = cmp.Or(d.Layout, LayoutPictureInPicture)
	d.Hold = cmp.Or(d.Hold, DefaultHold)
	d.KeyAvatar = new(d.KeysAvatar())
	d.Slides = slices.Clone(d.Slides)
	for i := range d.Slides {
		d.Slides[i].Template = d.Slides[i].template()
	}
	d.Transitions = slices.Clone(d.Transitions)
	for i := range d.Transitions {
		t := &d.Transitions[i]
		t.Type = transitionName(t.Type)
		switch {
		case t.Type == "" && t.Duration > 0:
			t.Type = TransitionFade
		case t.Type == "":
			t.Type = TransitionNone
		}
	}
	d.Title = d.heading()
	return d
}

// heading is the title of d, or else that of its first slide.
func (d Deck) heading() string {
	if d.Title != "" || len(d.Slides) == 0 {
		return d.Title
	}
	title, _ := d.Slides[0].Props["title"].(string)
	return headline(title)
}

// template is the slide's template, or the default for a slide that names none.
func (s Slide) template() string {
	if s.Template != "" || s.Page != nil {
		return s.Template
	}
	if _, image := s.Props["image"]; image && len(s.Props) == 1 {
		return "image"
	}
	return DefaultTemplate
}

// headline is the first line of a slide's title, of at most maxHeadline characters.
func headline(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(line); len(r) > maxHeadline {
		line = string(r[:maxHeadline]) + "…"
	}
	return strings.TrimSpace(line)
}

// Within is the part of r that is inside a page.
func (r Rect) Within(page Size) Rect {
	left, top := max(r.X, 0), max(r.Y, 0)
	return Rect{left, top, max(min(r.X+r.Width, page.Width)-left, 0), max(min(r.Y+r.Height, page.Height)-top, 0)}
}

// Validate finds the faults that need nothing but the deck: values that are missing, unknown or out of bounds. It does
// not know which voices, themes and templates exist. Fields with a default may be empty. Each fault names its field in
// Param, such as "slides[2].voice.speed", and its slide if it belongs to one. Limits that are zero have their defaults.
func (d Deck) Validate(lim Limits) []Failure {
	v := &validator{deck: d.WithDefaults(), lim: lim.WithDefaults()}
	v.settings()
	v.slides()
	v.recording()
	v.joints()
	v.languages()
	v.faults = append(v.faults, variableFaults(v.deck.Variables)...)
	v.length()
	v.assets()
	return v.faults
}

// assets bounds how many different assets a deck names.
func (v *validator) assets() {
	named := map[string]bool{}
	for _, u := range v.deck.AssetUses() {
		named[u.SHA256] = true
	}
	if n := len(named); n > MaxDeckAssets {
		v.add(CodeTooLarge, "slides", 0, "The deck names %d assets; the limit is %d.", n, MaxDeckAssets)
	}
}

// validator collects the faults of a deck with defaults.
type validator struct {
	deck   Deck
	lim    Limits
	faults []Failure
}

func (v *validator) fault(param string, slide int, format string, args ...any) {
	v.add(CodeInvalidDeck, param, slide, format, args...)
}

func (v *validator) add(code Code, param string, slide int, format string, args ...any) {
	v.faults = append(v.faults, Failure{Code: code, Message: fmt.Sprintf(format, args...), Param: param, Slide: slide})
}

// short adds a fault if s has more than limit bytes.
func (v *validator) short(param string, slide int, s string, limit int) {
	if len(s) > limit {
		v.fault(param, slide, "%q has %d bytes; the limit is %d.", param[strings.LastIndexByte(param, '.')+1:], len(s), limit)
	}
}

func (v *validator) settings() {
	d := v.deck
	v.short("title", 0, d.Title, MaxTitle)
	v.short("theme", 0, d.Theme, MaxName)
	v.short("avatar", 0, d.Avatar, MaxName)
	v.voice("voice", 0, d.Voice)
	v.size()
	if !slices.Contains(FrameRates(), d.FrameRate) {
		v.fault("frameRate", 0, "The frame rate %d is not offered; use %s.", d.FrameRate, FrameRateList())
	}
	if !slices.Contains(Qualities(), d.Quality) {
		v.fault("quality", 0, "The quality %q is not known; use %s.", Shorten(string(d.Quality)), OneOf(Qualities()))
	}
	if !slices.Contains(Layouts(), d.Layout) {
		v.add(CodeUnknownLayout, "layout", 0, "The layout %q is not known; use %s.%s", Shorten(string(d.Layout)),
			OneOf(Layouts()),
			DidYouMean(string(d.Layout), Layouts()))
	}
	if all := append(Corners(), CornerAuto); d.Corner != "" && !slices.Contains(all, d.Corner) {
		v.fault("corner", 0, "The corner %q is not known; use %s.%s", Shorten(string(d.Corner)), OneOf(all),
			DidYouMean(string(d.Corner), all))
	}
	if d.Subtitles != "" && d.Subtitles != SubtitlesOn && d.Subtitles != SubtitlesOff {
		v.fault("subtitles", 0, "The subtitles are %q or %q, not %q.", SubtitlesOn, SubtitlesOff,
			Shorten(string(d.Subtitles)))
	}
	v.hold("hold", 0, d.Hold, time.Duration(v.lim.MaxHoldSeconds)*time.Second)
	v.metadata()
}

func (v *validator) size() {
	s, low, high := v.deck.Size, v.lim.MinSide, v.lim.MaxSide
	switch {
	case s.Width < low || s.Height < low || s.Width > high || s.Height > high:
		v.fault("size", 0, "The size %d×%d is out of bounds: each side has %d to %d pixels.", s.Width, s.Height, low, high)
	case s.Width%2 != 0 || s.Height%2 != 0:
		v.fault("size", 0, "The size %d×%d must be even in both numbers; H.264 video has no odd sides.", s.Width, s.Height)
	case max(s.Width, s.Height) > MaxAspect*min(s.Width, s.Height):
		v.fault("size", 0, "The size %d×%d is too narrow: the longer side has at most %d times the pixels of the shorter "+
			"one.", s.Width, s.Height, MaxAspect)
	}
}

// hold checks how long a slide without narration stays; 0 means that the deck does not say.
func (v *validator) hold(param string, slide int, hold, limit time.Duration) {
	if hold < 0 || hold > limit {
		v.fault(param, slide, "The hold (or duration) is out of bounds: a slide without narration stays for more than 0 and "+
			"at most %g seconds (limits.hold).", limit.Seconds())
	}
}

func (v *validator) voice(param string, slide int, c VoiceChoice) {
	v.short(param+".engine", slide, c.Engine, MaxName)
	v.short(param+".id", slide, c.ID, MaxName)
	v.short(param+".language", slide, c.Language, MaxName)
	if c.Gender != "" && c.Gender != "female" && c.Gender != "male" {
		v.fault(param+".gender", slide, "The gender of a voice is \"female\" or \"male\". Leave it out for either.")
	}
	if c.Speed != 0 && !(c.Speed >= MinSpeed && c.Speed <= MaxSpeed) {
		v.fault(param+".speed", slide, "The speed of a voice must be between %g and %g; 1 is natural.", MinSpeed,
			float64(MaxSpeed))
	}
}

func (v *validator) metadata() {
	if n := len(v.deck.Metadata); n > MaxMetadata {
		v.fault("metadata", 0, "\"metadata\" has %d entries; the limit is %d.", n, MaxMetadata)
		return
	}
	for _, name := range sortedKeys(v.deck.Metadata) {
		if len(name) > MaxName || len(v.deck.Metadata[name]) > MaxMetadataLen {
			v.fault("metadata."+Shorten(name), 0, "A name in \"metadata\" has at most %d bytes, a value at most %d.", MaxName,
				MaxMetadataLen)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (v *validator) slides() {
	n := len(v.deck.Slides)
	switch {
	case n == 0:
		v.fault("slides", 0, "The deck has no slides: give a list \"slides\" with at least one.")
	case n > v.lim.Slides:
		v.fault("slides", 0, "The deck has more than %d slides, which is the limit (limits.slides). Split the deck.",
			v.lim.Slides)
	}
	for i, s := range v.deck.Slides[:min(n, v.lim.Slides)] {
		v.slide("slides["+strconv.Itoa(i)+"]", i+1, s)
	}
}

// languages checks the language tags of the deck and the content of its translations.
func (v *validator) languages() {
	if tag := v.deck.Language; tag != "" && !IsLanguage(tag) {
		v.fault("language", 0, "%s", noLanguage(tag))
	}
	if n := len(v.deck.Languages()); n > MaxLanguages {
		v.fault("translations", 0, "The deck is in %d languages; the limit is %d.", n, MaxLanguages)
		return
	}
	for _, tag := range sortedKeys(v.deck.Translations) {
		at := "translations." + Shorten(tag)
		v.tag(at, 0, tag)
		v.short(at+".title", 0, v.deck.Translations[tag].Title, MaxTitle)
		v.voice(at+".voice", 0, v.deck.Translations[tag].Voice)
	}
	for i, s := range v.deck.Slides[:min(len(v.deck.Slides), v.lim.Slides)] {
		for _, tag := range sortedKeys(s.Translations) {
			at, t := "slides["+strconv.Itoa(i)+"].translations."+Shorten(tag), s.Translations[tag]
			v.tag(at, i+1, tag)
			v.narration(at+".narration", i+1, t.Narration)
			v.short(at+".section", i+1, t.Section, MaxTitle)
			v.props(at+".props", i+1, t.Props)
			v.voice(at+".voice", i+1, t.Voice)
		}
	}
}

// tag checks the language of a translation.
func (v *validator) tag(param string, slide int, tag string) {
	switch {
	case !IsLanguage(tag):
		v.fault(param, slide, "%s", noLanguage(tag))
	case tag == v.deck.Language:
		v.fault(param, slide, "The deck is written in %s, so a translation to %s has no use. Remove it.", tag, tag)
	}
}

func noLanguage(tag string) string {
	return fmt.Sprintf("%q is not a language tag (BCP 47), such as \"de\" or \"pt-BR\".", Shorten(tag))
}

func (v *validator) narration(param string, slide int, text string) {
	if n := len(text); n > v.lim.NarrationBytes {
		v.fault(param, slide, "The narration has %d bytes; the limit is %d. Split the slide.", n, v.lim.NarrationBytes)
	}
}

func (v *validator) slide(at string, number int, s Slide) {
	v.short(at+".id", number, s.ID, MaxName)
	v.short(at+".template", number, s.Template, MaxName)
	v.short(at+".section", number, s.Section, MaxTitle)
	v.voice(at+".voice", number, s.Voice)
	// A check sets Hold for a narration of pauses alone, and pauses may be longer than limits.hold.
	v.hold(at+".hold", number, s.Hold, max(time.Duration(v.lim.MaxHoldSeconds)*time.Second, MaxPause))
	v.narration(at+".narration", number, s.Narration)
	if s.Background != "" && !isColour(s.Background) {
		v.fault(at+".background", number, "\"background\" must be a colour such as \"#1a2b3c\", not %q.",
			Shorten(s.Background))
	}
	v.files(at, number, s)
	v.steps(at, number, s)
	v.box(at+".avatarBox", number, s.AvatarBox)
	if n := len(s.Positions); n > MaxPositions {
		v.fault(at+".positions", number, "\"positions\" has %d elements; the limit is %d.", n, MaxPositions)
	}
	v.props(at+".props", number, s.Props)
}

// isColour reports whether s is written as "#rrggbb", in lower case.
func isColour(s string) bool {
	return len(s) == 7 && s[0] == '#' && strings.Trim(s[1:], "0123456789abcdef") == ""
}

func (v *validator) box(param string, slide int, box *Rect) {
	if box == nil {
		return
	}
	page := v.deck.SlideSize()
	if on := box.Within(page); on.Width < minBox || on.Height < minBox {
		v.fault(param, slide, "The avatar's place is outside the slide, which has %d×%d pixels, or is too small to see.",
			page.Width, page.Height)
	}
}

func (v *validator) props(param string, slide int, props map[string]any) {
	if len(props) == 0 {
		return
	}
	if at, deep := tooDeep(props, 1); deep {
		v.fault(param+at, slide, "Props are nested more than %d deep here.", MaxPropDepth)
		return
	}
	b, err := json.Marshal(props)
	switch {
	case err != nil:
		v.fault(param, slide, "The props of this slide cannot be written as JSON.")
	case len(b) > v.lim.PropsBytes:
		v.fault(param, slide, "The props of this slide have %d bytes; the limit is %d.", len(b), v.lim.PropsBytes)
	}
}

// tooDeep returns the path of a value that is nested deeper than MaxPropDepth, if there is one. depth is the depth of
// v's entries.
func tooDeep(v any, depth int) (path string, deep bool) {
	if depth > MaxPropDepth+1 {
		return "", true
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			if at, deep := tooDeep(v[name], depth+1); deep {
				return "." + Shorten(name) + at, true
			}
		}
	case []any:
		for i, e := range v {
			if at, deep := tooDeep(e, depth+1); deep {
				return "[" + strconv.Itoa(i) + "]" + at, true
			}
		}
	}
	return "", false
}

func (v *validator) joints() {
	types := TransitionTypes()
	if len(v.deck.Transitions) > v.lim.Slides {
		v.fault("transitions", 0, "\"transitions\" has more entries than a deck has slides, which are at most %d.",
			v.lim.Slides)
		return
	}
	for i, t := range v.deck.Transitions {
		at := "transitions[" + strconv.Itoa(i) + "]"
		if !slices.Contains(types, t.Type) {
			v.fault(at+".type", 0, "The transition %q is not known.%s Use \"fade\", or \"none\" for a cut.", Shorten(t.Type),
				DidYouMean(t.Type, types))
		}
		if t.Duration < 0 || t.Duration > MaxTransition {
			v.fault(at+".duration", 0, "The duration of a transition must be between 0 and %g seconds.",
				MaxTransition.Seconds())
		}
	}
}

// length adds a fault if the video would be too long, by an estimate from the text. A deck that already has a fault of
// a narration, a hold or a speed gets none: that fault can be the reason for the length.
func (v *validator) length() {
	if len(v.deck.Slides) > v.lim.Slides || slices.ContainsFunc(v.faults, func(f Failure) bool {
		return strings.HasSuffix(f.Param, "narration") || strings.HasSuffix(f.Param, "hold") ||
			strings.HasSuffix(f.Param, "speed")
	}) {
		return
	}
	if total, _ := v.deck.Estimate(); total > v.lim.Duration {
		v.add(CodeTooLarge, "slides", 0, "The video would be about %s long, estimated from its text; the limit is %s "+
			"(limits.duration). Split the deck, or shorten it.", total.Round(time.Second), v.lim.Duration)
	}
}

// WithDefaults returns l with the default for every limit that is not above zero.
func (l Limits) WithDefaults() Limits {
	def := DefaultLimits()
	for _, p := range []struct{ have, def *int }{
		{&l.Slides, &def.Slides}, {&l.NarrationBytes, &def.NarrationBytes}, {&l.PropsBytes, &def.PropsBytes},
		{&l.MinSide, &def.MinSide}, {&l.MaxSide, &def.MaxSide}, {&l.MaxHoldSeconds, &def.MaxHoldSeconds},
		{&l.PicturePixels, &def.PicturePixels}, {&l.SlidePixels, &def.SlidePixels}, {&l.SVGElements, &def.SVGElements},
		{&l.JSONTokens, &def.JSONTokens},
	} {
		if *p.have <= 0 {
			*p.have = *p.def
		}
	}
	for _, p := range []struct{ have, def *int64 }{{&l.BodyBytes, &def.BodyBytes}, {&l.PictureBytes, &def.PictureBytes}} {
		if *p.have <= 0 {
			*p.have = *p.def
		}
	}
	if l.Duration <= 0 {
		l.Duration = def.Duration
	}
	return l
}
