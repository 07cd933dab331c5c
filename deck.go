package lectern

import (
	"time"
	"unicode"
)

// SampleRate is the rate of all audio inside Lectern, in samples a second.
const SampleRate = 48_000

// Deck is a talk to be rendered: slides plus settings. Parsers in internal/deck make it; nothing after them knows
// which kind of file it came from. A parser leaves open what its source does not say; [Deck.WithDefaults] fills it in,
// and [Deck.Validate] finds what is out of bounds.
type Deck struct {
	Title     string  `json:"title,omitempty"`
	Theme     string  `json:"theme"`     // a theme's id; default "dark-purple"
	Size      Size    `json:"size"`      // of the video, in pixels, both even; default 1920×1080
	FrameRate int     `json:"frameRate"` // frames a second; default 30
	Quality   Quality `json:"quality"`   // default QualityHigh
	Layout    Layout  `json:"layout"`    // default LayoutPictureInPicture
	// "name", "name.variant" or "engine:name.variant"; empty: the server's default
	Avatar string        `json:"avatar,omitempty"`
	Voice  VoiceChoice   `json:"voice,omitzero"` // zero: chosen from the narration's language
	Hold   time.Duration `json:"hold"`           // how long a slide without narration stays; default 3 s
	// Transitions[i] stands between slide i and i+1; missing ones are cuts
	Transitions []Transition `json:"transitions,omitempty"`
	// cut an avatar that speaks itself out of its background; nil: yes, see KeysAvatar
	KeyAvatar *bool `json:"keyAvatar,omitempty"`
	// whether the video's subtitle track is shown by itself; empty: the server's default
	Subtitles Subtitles         `json:"subtitles,omitempty"`
	Slides    []Slide           `json:"slides"`
	Metadata  map[string]string `json:"metadata,omitempty"` // the caller's own, given back untouched

	// of the texts, as [LanguageTag] writes it; empty: not said
	Language string `json:"language,omitempty"`
	// the values of {{name}} in the texts, see [Deck.Edition]
	Variables    map[string]string          `json:"variables,omitempty"`
	Translations map[string]DeckTranslation `json:"translations,omitempty"` // by language, see [Deck.In]
}

// Slide is one page of a deck: a template with props, its narration and its overrides.
type Slide struct {
	ID string `json:"id,omitempty"`
	// a template's id, without the "-slide" ending that some decks write
	Template string         `json:"template"`
	Props    map[string]any `json:"props,omitempty"` // the template's words and lists, as decoded from JSON
	// text with marks, see Script; nothing to say: the slide is held in silence
	Narration string `json:"narration,omitempty"`
	// overrides the layout's place, in slide pixels (see SlideSize)
	AvatarBox  *Rect            `json:"avatarBox,omitempty"`
	Background string           `json:"background,omitempty"` // colour behind the avatar, "#rrggbb"
	Positions  map[string]Point `json:"positions,omitempty"`  // element id → top left corner, in slide pixels
	Voice      VoiceChoice      `json:"voice,omitzero"`       // overrides Deck.Voice
	// overrides Deck.Hold; a check sets it for a narration of pauses alone
	Hold time.Duration `json:"hold,omitempty"`

	Translations map[string]Translation `json:"translations,omitempty"` // by language
}

// Size is a width and a height in pixels.
type Size struct {
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Point is a place in pixels, from the top left corner.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Rect is a rectangle in pixels, from the top left corner.
type Rect struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Quality says how much encoding effort and how many bits a video gets.
type Quality string

// The qualities, from the fastest to the finest.
const (
	QualityLow    Quality = "low"
	QualityMedium Quality = "medium"
	QualityHigh   Quality = "high"
)

// Qualities lists every Quality, in the order in which messages name them.
func Qualities() []Quality { return []Quality{QualityHigh, QualityMedium, QualityLow} }

// Subtitles says whether players show a video's subtitle track unless its viewer turns it off. It can always be turned
// on.
type Subtitles string

// The values of Subtitles.
const (
	SubtitlesOn  Subtitles = "on"
	SubtitlesOff Subtitles = "off"
)

// VoiceChoice is what a deck asks for; the voice catalogue resolves it to a [Voice].
type VoiceChoice struct {
	Engine   string  `json:"engine,omitempty"`   // empty: any
	ID       string  `json:"id,omitempty"`       // empty: the engine's best for Language
	Language string  `json:"language,omitempty"` // BCP 47; empty: recognised from the text
	Speed    float64 `json:"speed,omitempty"`    // 1 is natural; 0 means 1
	Gender   string  `json:"gender,omitempty"`   // "female" or "male", a preference where ID is empty; empty: any
}

// Estimate guesses how long the video will be, and how long each slide is spoken or held, from the text alone: a voice
// says about 14 letters a second, a sign of Chinese, Japanese or Korean takes the time of three, and there is a little
// silence around the words, and its pauses. It is good for a glance at a deck, not for a plan.
func (d Deck) Estimate() (total time.Duration, slides []time.Duration) {
	for i, s := range d.Slides {
		long := d.HoldOf(i)
		if script := s.Script(); !script.Silent() {
			speed := s.Voice.Speed
			if speed <= 0 {
				speed = d.Voice.Speed
			}
			if speed <= 0 {
				speed = 1
			}
			long = silenceAround + time.Duration(float64(letters(script.Text))*float64(perLetter)/speed) + script.Pauses()
		}
		slides, total = append(slides, long), total+long
	}
	for i, t := range d.Transitions {
		if i < len(d.Slides)-1 && !t.IsCut() {
			total -= t.Duration
		}
	}
	return max(total, 0), slides
}

// HoldOf is how long slide i stays if nobody speaks on it: as long as its pauses last, or else as long as the slide or
// the deck says.
func (d Deck) HoldOf(i int) time.Duration {
	s := d.Slides[i]
	if pauses := min(s.Script().Pauses(), MaxPause); pauses > 0 {
		return pauses
	}
	if s.Hold > 0 {
		return s.Hold
	}
	return d.Hold
}

// VoiceOf is the voice that slide i asks for: what the slide says of it goes before what the deck says.
func (d Deck) VoiceOf(i int) VoiceChoice {
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

const (
	perLetter     = time.Second / 14
	silenceAround = 800 * time.Millisecond // lead and tail
)

// letters counts what is said, in letters of an alphabet.
func letters(text string) int {
	n := 0
	for _, r := range text {
		n++
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			n += 2
		}
	}
	return n
}

// Voice is a voice that an engine offers.
type Voice struct {
	Engine   string  `json:"engine"`
	ID       string  `json:"id"` // unique within the engine
	Name     string  `json:"name"`
	Language string  `json:"language"`         // BCP 47
	Gender   string  `json:"gender,omitempty"` // "female", "male" or empty
	Speed    float64 `json:"-"`                // as chosen for a narration; 0 means 1
}

// Avatar is a presenter that an engine offers.
type Avatar struct {
	Engine      string          `json:"engine"`
	Code        string          `json:"code"` // without engine prefix and variant
	Name        string          `json:"name"`
	Gender      string          `json:"gender"`
	Description string          `json:"description,omitempty"`
	Variants    []AvatarVariant `json:"variants"` // the first is the default
}

// AvatarVariant is one look of an avatar: other clothes, the same person.
type AvatarVariant struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Transition joins a slide to the next one. A zero Duration or the type "none" is a cut.
type Transition struct {
	Type     string        `json:"type"` // an ffmpeg xfade name, or "none"
	Duration time.Duration `json:"duration"`
}

// Page is a slide as HTML, ready for the browser. Its measures are CSS pixels; the picture comes out at
// Width×Scale by Height×Scale.
type Page struct {
	HTML   string
	Width  int
	Height int
	Scale  float64
	Assets []string // the addresses that HTML loads from outside, each once; nothing else is let through
	// Background is drawn below HTML; nil: HTML has one of its own, and covers the page. The name in JSON is part of
	// content keys.
	Background *Background `json:"Ground"`
	// Props names the prop that each element shows, as the deck writes it. It is for messages; the picture does not depend
	// on it.
	Props map[string]string `json:"-"`
	// Pictures are those that HTML holds itself, in data addresses, and Params the fields that Assets come from. They are
	// for who judges pictures, and no part of what the page shows.
	Pictures []Picture         `json:"-"`
	Params   map[string]string `json:"-"` // address in Assets → "slides[3].props.image"
}

// Background is what a page is drawn on: a gradient along a line, and lights on it.
type Background struct {
	From, To string  // "#rrggbb"
	Angle    float64 // of the line, in degrees clockwise from upwards, as in CSS
	Lights   []Light // the topmost first
}

// Light is an ellipse whose colour is strongest in its middle and fades out evenly.
type Light struct {
	X       float64 `json:"x"` // of the middle, in per cent of the page's width
	Y       float64 `json:"y"` // and of its height
	RadiusX float64 `json:"radiusX"`
	RadiusY float64 `json:"radiusY"` // in CSS pixels
	Colour  string  `json:"colour"`  // "#rrggbb"
	Alpha   float64 `json:"alpha"`   // in the middle
	Reach   float64 `json:"reach"`   // in per cent of the radius: where it is gone
}

// Picture is one that a page loads, already fetched.
type Picture struct {
	URL         string // as it stands in Page.Assets; of Page.Pictures, the field that it comes from
	ContentType string
	Body        []byte
	Pixels      int // of the picture, as its header states them
}

// Capture is the picture of a page. Where the page has a background, what is not drawn is transparent.
type Capture struct {
	PNG      []byte
	Overflow []Overflow // elements whose text does not fit even at its smallest size
}

// Overflow says how much of an element of a page does not fit.
type Overflow struct {
	Element string `json:"element"` // its id
	// so many of Total units are not seen, or not whole; 0: it does not say how many
	Hidden int    `json:"hidden,omitempty"`
	Total  int    `json:"total,omitempty"`
	Unit   string `json:"unit,omitempty"` // what is counted, in the plural: "items", "rows", "characters"
}

// Theme is the part of a theme that reaches beyond the slide: what stands behind and around an avatar.
type Theme struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Dark     bool     `json:"dark"`
	Accent   string   `json:"accent"` // "#rrggbb"
	Backdrop Backdrop `json:"backdrop"`
	Ring     string   `json:"ring"` // "#rrggbb", around an inset avatar
}

// Template is what a slide template takes.
type Template struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Props       []TemplateProp `json:"props"`
	Sample      map[string]any `json:"sample"` // props that show it at its best
}

// TemplateProp is one prop of a template.
type TemplateProp struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"` // "text", "list", "image", "table", "code" or "choice"
	Required    bool     `json:"required"`
	Description string   `json:"description"`
	Choices     []string `json:"choices,omitempty"` // of a choice: its values, the default first
}

// Warning is something a user should know though the work goes on.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Slide   int    `json:"slide,omitempty"` // counted from 1; 0: the whole deck
	// which part of the deck, such as slides[2].props.items; empty: none in particular
	Param string `json:"param,omitempty"`
}
