package pptx

import (
	"errors"
	"strings"
	"time"

	"lectern"
)

// Talk is the content of an office file.
type Talk struct {
	Format Format
	Title  string // of the file's properties, as its author or program wrote it; "": none
	// of all slides, in English Metric Units: 914 400 are an inch
	Width, Height int64
	Slides        []Slide   // in show order, hidden ones included
	Sections      []Section // in show order, empty ones included
	// what a slide show of the file would not play: its author switched off recorded times or narrations
	NoTimings, NoNarration bool
	Old                    bool     // LibreOffice made the file of one of the format before 2007
	Macros                 bool     // the file has macros, which are never run
	Unusual                []string // whole sentences about the file as a whole, for the report
}

// Format is the format of an office file.
type Format string

// The formats. Strict is PPTX in the strict form of ISO/IEC 29500.
const (
	Transitional Format = "pptx"
	Strict       Format = "strict pptx"
	ODP          Format = "odp"
)

// Section is a named run of slides.
type Section struct {
	Name   string
	Slides []int // indices of Talk.Slides
}

// Slide is one slide of a Talk.
type Slide struct {
	// Part is the member of the package with the slide, such as ppt/slides/slide3.xml. In an ODP it is the name of the
	// page.
	Part string
	// Key identifies the slide through edits of the deck. It is unique in the deck. It has the identifier in the list of
	// slides and, where the file has one, the creation identifier.
	Key      string
	ID       uint64 // p:sldId@id; 0: none
	Creation uint64 // p14:creationId@val; 0: none
	Page     int    // counted from 1 over the slides that are shown; 0: the slide is hidden
	Hidden   bool

	Title   string      // of its title placeholder, on one line; "": it has none
	Text    []string    // paragraphs of the slide in document order, its title included, without footers and numbers
	Notes   []Paragraph // of the speaker notes, without empty ones
	Images  []Image
	Section string // name of its section; "": none

	// Advance is the time after which the slide gives way to the next one; 0: it waits for a click. It is 0 if the file
	// switches recorded times off.
	Advance   time.Duration
	Narration *Recording // nil: none
	Sounds    []Clip     // the other sounds
	Videos    []Clip     // the other videos
	Animated  bool       // it has entrance, exit, emphasis or motion effects
	Steps     []Step     // what happens on each click, in order
	Builds    []Build    // the clicks that make something appear, at most lectern.MaxSteps
	Flat      int        // clicks beyond these, whose targets appear with the last build
	Links     []Link     // files outside the package that the slide would load
	Fonts     []string   // typefaces of its text, sorted, theme fonts resolved
	Unusual   []string   // whole sentences, for the report
}

// Heading is the title of the slide or, without one, its first text.
func (s Slide) Heading() string {
	if s.Title != "" {
		return s.Title
	}
	if len(s.Text) > 0 {
		return oneLine(s.Text[0])
	}
	return ""
}

// NotesText joins the notes: a paragraph a line.
func (s Slide) NotesText() string {
	var b strings.Builder
	for i, p := range s.Notes {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// Unlabelled lists the images without alternative text that are not decorative.
func (s Slide) Unlabelled() []Image {
	var out []Image
	for _, i := range s.Images {
		if i.Alt == "" && !i.Decorative {
			out = append(out, i)
		}
	}
	return out
}

// Paragraph is a paragraph of notes.
type Paragraph struct {
	Text     string // lines are separated by \n
	Language string // as the office program marked most of its characters, such as "de-DE"; often wrong; "": not marked
}

// Image is something on a slide whose meaning is not in its text.
type Image struct {
	Kind       string // "picture", "chart", "diagram", "object" or "video"
	Name       string // as the office program numbers it, such as "Picture 3"
	Alt        string // alternative text; "": none, or only the name of a file
	Decorative bool   // marked as having no meaning
}

// Clip is a sound or a video on a slide.
type Clip struct {
	Name   string
	Member string // of the package; "": it is not in the package
	Video  bool
	// TrimStart is cut off the beginning of the file, TrimEnd off its end.
	TrimStart, TrimEnd time.Duration
	// Length is how long the slide show plays it, as the file states it; 0: it does not. Some programs write a
	// placeholder of one millisecond, which is not reported.
	Length time.Duration
	Auto   bool // starts with the slide
	Music  bool // plays on over the following slides, or over and over
}

// Recording is the recorded narration of a slide.
type Recording struct {
	Clip
	Why string // completes "The sound is the narration, because": "it was recorded as narration"
}

// Link is a file outside the package that a slide or its layout would load.
type Link struct {
	Kind   string // "image", "audio", "video", "oleObject", …
	Target string // the address or path, as the file has it
}

// Step is what one click does. The first step of a slide may happen without a click.
type Step struct {
	Auto    bool // it happens with the slide, without a click
	Effects []Effect
}

// Effect shows, hides, moves or emphasises a shape or some of its paragraphs.
type Effect struct {
	Class       string // "entr", "exit", "emph", "path", "verb" or "mediacall"
	Shape       string // id of the shape in its slide
	First, Last int    // paragraphs of the shape, from 0; -1: the whole shape
	Trigger     string // "clickEffect", "withEffect" or "afterEffect"
}

// Limits bound what is read. A field that is zero has the default.
type Limits struct {
	Members  int   // of the package; default 5000
	Unpacked int64 // bytes of all members, unpacked; default 4 GiB
	Part     int64 // bytes of one XML part; default 32 MiB
	XML      int64 // bytes of all XML parts that are read; default 64 MiB
	Depth    int   // of elements in an XML part; default 256
	Elements int   // that are kept of one part; default 300 000
	Slides   int   // default that of lectern.DefaultLimits
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	set64 := func(n *int64, value int64) {
		if *n <= 0 {
			*n = value
		}
	}
	set(&l.Members, 5000)
	set64(&l.Unpacked, 4<<30)
	set64(&l.Part, 32<<20)
	set64(&l.XML, 64<<20)
	set(&l.Depth, 256)
	set(&l.Elements, 300_000)
	set(&l.Slides, lectern.DefaultLimits().Slides)
	return l
}

// Shown returns the slides that are shown, in order. A talk without any is a failure.
func (t *Talk) Shown() ([]Slide, error) {
	var shown []Slide
	for _, s := range t.Slides {
		if !s.Hidden {
			shown = append(shown, s)
		}
	}
	switch {
	case len(t.Slides) == 0:
		return nil, fault("The deck has no slides.")
	case len(shown) == 0 && len(t.Slides) == 1:
		return nil, fault("The only slide of this deck is hidden; show it in the office program, and save the deck.")
	case len(shown) == 0:
		return nil, fault("Every slide of this deck is hidden; show at least one in the office program, and save the deck.")
	}
	return shown, nil
}

// ErrOldFormat is the cause of the failure for a PowerPoint file of the format before 2007. A converter can turn it
// into PPTX.
var ErrOldFormat = errors.New("pptx: a binary PowerPoint file (.ppt)")

// fault is the failure for a file that is no deck, or not one that can be read.
func fault(format string, args ...any) *lectern.Failure {
	return lectern.Fail(lectern.CodeInvalidDeck, format, args...).On("deck")
}

// tooLarge is the failure for a file beyond a limit.
func tooLarge(format string, args ...any) *lectern.Failure {
	return lectern.Fail(lectern.CodeTooLarge, format, args...).On("deck")
}

// oneLine replaces every run of white space by one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
