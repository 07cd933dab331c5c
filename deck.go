package lectern

import (
	"cmp"
	"time"
	"unicode"
)

// SampleRate is the rate of all audio inside Lectern, in samples a second.
const SampleRate = 48_000

// Deck is a talk to be rendered: slides plus settings. Parsers in internal/deck make it; no other code knows which kind
// of file it came from. A parser leaves fields empty that its source does not set; [Deck.WithDefaults] fills them in,
// and [Deck.Validate] finds values that are out of bounds.
type Deck struct {
	Title     string  `json:"title,omitempty"`
	Theme     string  `json:"theme"`     // a theme's id; default "dark-purple"
	Size      Size    `json:"size"`      // of the video, in pixels, both even; default 1920×1080
	FrameRate int     `json:"frameRate"` // frames a second; default 30
	Quality   Quality `json:"quality"`   // default QualityHigh
	Layout    Layout  `json:"layout"`    // default LayoutPictureInPicture
	// of LayoutPictureInPicture; default CornerAuto if the deck has pages and names no layout, else CornerBottomRight
	Corner Corner `json:"corner,omitempty"`
	// "name", "name.variant" or "engine:name.variant"; empty: the server's default
	Avatar string        `json:"avatar,omitempty"`
	Voice  VoiceChoice   `json:"voice,omitzero"` // zero: chosen by the narration's language
	Hold   time.Duration `json:"hold"`           // how long a slide without narration stays; default 3 s
	// Transitions[i] is the one between slides i and i+1; missing ones are cuts
	Transitions []Transition `json:"transitions,omitempty"`
	// cut an avatar that speaks itself out of its background; nil: yes, see KeysAvatar
	KeyAvatar *bool `json:"keyAvatar,omitempty"`
	// whether players show the video's subtitle track by default; empty: the server's default
	Subtitles Subtitles `json:"subtitles,omitempty"`
	// whether slides are shown step by step, see [Deck.StepsOf]; false: as they are in the end
	Steps bool `json:"steps,omitempty"`
	// one recorded sound for all slides, in place of voices; their narrations are what it says. nil: there is none
	Recording *Recording        `json:"recording,omitempty"`
	Slides    []Slide           `json:"slides"`
	Metadata  map[string]string `json:"metadata,omitempty"` // the caller's own, returned unchanged

	// of the texts, as [LanguageTag] writes it; empty: the deck does not say
	Language string `json:"language,omitempty"`
	// the values of {{name}} in the texts, see [Deck.Edition]
	Variables    map[string]string          `json:"variables,omitempty"`
	Translations map[string]DeckTranslation `json:"translations,omitempty"` // by language, see [Deck.In]
}

// Slide is one page of a deck: a template with props, or a page of a file; its narration and its overrides.
type Slide struct {
	ID string `json:"id,omitempty"`
	// a template's id, without the "-slide" ending that some decks write; empty if the slide has a Page
	Template string `json:"template"`
	// the page of a file that the slide shows in place of a template; its props are the words on it: title, text
	Page  *PageOf        `json:"page,omitempty"`
	Props map[string]any `json:"props,omitempty"` // the template's words and lists, as decoded from JSON
	// its states before it is complete; nil: it is complete from the beginning
	Steps []SlideStep `json:"steps,omitempty"`
	// text with marks, see [ParseScript]; without letters and numbers the slide is held in silence
	Narration string `json:"narration,omitempty"`
	// recorded sound in place of a voice; Narration is then its text, if it is known
	Sound *SoundOf `json:"sound,omitempty"`
	// of the deck that the slide belongs to; neighbours of one section are one chapter of the video; empty: none
	Section string `json:"section,omitempty"`
	// overrides the layout's place of the avatar, in slide pixels (see SlideSize)
	AvatarBox  *Rect            `json:"avatarBox,omitempty"`
	Background string           `json:"background,omitempty"` // colour behind the avatar, "#rrggbb"
	Positions  map[string]Point `json:"positions,omitempty"`  // element id → top left corner, in slide pixels
	Voice      VoiceChoice      `json:"voice,omitzero"`       // overrides Deck.Voice
	// overrides Deck.Hold; a check sets it to the sum of the pauses if the narration has only pauses
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

// Subtitles says whether players show a video's subtitle track by default. Viewers can turn it on and off in any case.
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

// Estimate guesses from the text how long the video will be, and how long each slide is spoken or held. It
// assumes that a voice says 14 characters in a second, that a Chinese, Japanese or Korean character takes the time of
// three, and that each narration has 0.8 s of silence around it, plus its pauses. Recorded sounds whose length a check
// has found count with that length. It is not exact enough to plan a video.
func (d Deck) Estimate() (total time.Duration, slides []time.Duration) {
	if slides = d.heard(); slides != nil {
		for _, long := range slides {
			total += long
		}
		return total, slides
	}
	for i, s := range d.Slides {
		long := d.HoldOf(i)
		if script := s.Script(); s.Sound != nil && s.Sound.played() > 0 {
			long = max(silenceAround+s.Sound.played(), s.Hold)
		} else if !script.Silent() {
			speed := s.Voice.Speed
			if speed <= 0 {
				speed = d.Voice.Speed
			}
			if speed <= 0 {
				speed = 1
			}
			long = silenceAround + saying(script, speed)
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

// HoldOf is how long slide i stays if it has no speech: the sum of its pauses, at most MaxPause; without pauses the
// slide's Hold, and without that the deck's.
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

// VoiceOf is the voice that slide i asks for. A slide that names an engine or a voice replaces the deck's engine, voice
// and language. The slide's language, speed and gender, where set, replace the deck's.
func (d Deck) VoiceOf(i int) VoiceChoice {
	c, own := d.Voice, d.Slides[i].Voice
	if own.Engine != "" || own.ID != "" {
		c.Engine, c.ID, c.Language = own.Engine, own.ID, own.Language
	}
	c.Language, c.Speed = cmp.Or(own.Language, c.Language), cmp.Or(own.Speed, c.Speed)
	c.Gender = cmp.Or(own.Gender, c.Gender)
	return c
}

const (
	perCharacter  = time.Second / CharactersPerSecond
	silenceAround = 800 * time.Millisecond // lead and tail
)

// saying estimates how long a voice says a script, its pauses included.
func saying(script Script, speed float64) time.Duration {
	return time.Duration(float64(Characters(script.Text))*float64(perCharacter)/speed) + script.Pauses()
}

// CharactersPerSecond is how many characters a voice says in a second at its natural speed, see [Characters].
const CharactersPerSecond = 14

// Characters counts the characters of text by how long it takes to say or to read them: Chinese, Japanese and Korean
// characters count three times.
func Characters(text string) int {
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
	Speed    float64 `json:"-"`                // as the deck chose it; 0 means 1
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

// Page is a slide as HTML, ready for the browser. Width and Height are in CSS pixels; its picture has Width×Scale by
// Height×Scale pixels.
type Page struct {
	HTML   string
	Width  int
	Height int
	Scale  float64
	Assets []string // the addresses that HTML loads, each once; the browser is not allowed to load any other
	// Document is the page of a file that the picture shows; HTML is then empty. nil: the page is HTML.
	Document *PageOf `json:"-"`
	// Background is drawn below HTML; nil: HTML has one of its own, and covers the page. The name "Ground" is part of
	// content keys: another one would make every cached picture useless.
	Background *Background `json:"Ground"`
	// Props maps the id of an element to the prop that it shows, as the deck writes it. Only messages use it; the picture
	// does not depend on it.
	Props map[string]string `json:"-"`
	// Pictures are those inside HTML, in data addresses. Params has the field of each address in Assets, such as
	// "slides[3].props.image". Only the check of pictures uses them; the picture of the page does not depend on them.
	Pictures []Picture         `json:"-"`
	Params   map[string]string `json:"-"`
	// Shown are the words on the page. Checks and the transcript use them; the picture does not depend on them.
	Shown Shown `json:"-"`
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
	Reach   float64 `json:"reach"`   // where Alpha has fallen to 0, in per cent of the radius
}

// Picture is a fetched picture that a page shows.
type Picture struct {
	URL         string // as in Page.Assets; in Page.Pictures it is the field that the picture comes from
	ContentType string
	Body        []byte
	Pixels      int // width times height, as the picture's header states them
}

// Capture is the picture of a page. If the page has a Background, the picture does not include it: places where nothing
// is drawn are transparent.
type Capture struct {
	PNG      []byte
	Overflow []Overflow // elements whose text does not fit even at its smallest size
}

// Overflow says how much of an element of a page does not fit, or which part of it could not be drawn.
type Overflow struct {
	Element string `json:"element"` // its id
	// how many of Total units cannot be seen, or only partly; 0: the number is not known
	Hidden int    `json:"hidden,omitempty"`
	Total  int    `json:"total,omitempty"`
	Unit   string `json:"unit,omitempty"` // what is counted, in the plural: "items", "rows", "characters"
	// Of a part that could not be drawn, whose Unit is "formula" or "diagram": the beginning of its source, which is shown
	// in its place, and the reason.
	Source string `json:"source,omitempty"`
	Why    string `json:"why,omitempty"`
}

// Theme is the part of a theme that matters outside the slide's page: the background and the ring of an avatar.
type Theme struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Dark     bool     `json:"dark"`
	Accent   string   `json:"accent"` // "#rrggbb"
	Backdrop Backdrop `json:"backdrop"`
	Ring     string   `json:"ring"` // "#rrggbb", around an inset avatar
}

// Template describes a slide template: the props that it takes, and an example of them.
type Template struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Props       []TemplateProp `json:"props"`
	Sample      map[string]any `json:"sample"` // props of a good example
}

// TemplateProp is one prop of a template.
type TemplateProp struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"` // "text", "list", "image", "table", "code", "choice", "markdown" or "pictures"
	Required    bool     `json:"required"`
	Description string   `json:"description"`
	Choices     []string `json:"choices,omitempty"` // of a choice: its values, the default first
}

// Warning is something that a user should know. Unlike a fault, it does not prevent a render.
type Warning struct {
	// Advice is true for what an editor would say: the video is as the deck asks, but could be better. Only `lectern
	// check` gives advice.
	Advice  bool   `json:"advice,omitempty"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Slide   int    `json:"slide,omitempty"` // counted from 1; 0: the whole deck
	// the field of the deck, such as slides[2].props.items; empty: no single field
	Param string `json:"param,omitempty"`
}
