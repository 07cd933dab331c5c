package renders

import (
	"encoding/json"
	"fmt"
	"strings"

	"lectern"
)

// Kind is a kind of measured deck.
type Kind string

// The decks. All but Slides have an avatar in a corner.
const (
	Slides      Kind = "slides"      // pictures and a voice
	Avatar      Kind = "avatar"      // a presenter in the corner
	Transitions Kind = "transitions" // the same with a fade between slides
	Fifty       Kind = "fifty"       // the same with fifty slides, for what an edit costs
)

// Kinds lists the decks in the order in which they are measured.
func Kinds() []Kind { return []Kind{Slides, Avatar, Transitions, Fifty} }

// Title is the kind as a heading.
func (k Kind) Title() string {
	switch k {
	case Slides:
		return "Slides and a voice"
	case Avatar:
		return "A presenter in the corner"
	case Transitions:
		return "The same with fades between slides"
	case Fifty:
		return "Fifty slides"
	}
	return string(k)
}

// Shape holds the settings that the decks share.
type Shape struct {
	Slides  int          `json:"slides"`
	Seconds float64      `json:"seconds"` // approximate length of a deck; Fifty is proportionally longer
	Size    lectern.Size `json:"size"`
	Rate    int          `json:"frame_rate"`
}

const (
	fiftySlides = 50
	fade        = 0.5 // seconds

	wordsPerSecond = 3.05 // of the offline voice
	silence        = 0.8  // seconds around a slide's narration
)

// subjects are the texts of the slides: a heading, the content, and the narration, which is cut to length.
var subjects = [...][3]string{
	{"Render only what moves", "A talk of one minute", "Welcome to this short talk about rendering. In the next minute " +
		"we look at what really changes from one frame of a talk to the next, and at what does not change at all."},
	{"What changes", "A talk is a picture that stands still, and a person who speaks beside it. Nearly every pixel is " +
		"the same for a long time.", "A talk is a picture that stands still, and a person who speaks beside it. Nearly " +
		"every pixel of the picture is the same for a long time, and only a small part of it is alive."},
	{"What it costs", "Encoders look at every block of every frame, and find nothing to do. Looking is what takes the " +
		"time.", "Encoders look at every block of every frame, and find nothing to do in most of them. It is the looking " +
		"that takes the time, and it takes it again for each of thirty frames in every second."},
	{"What we do", "We code the slide once, say skip for all the rest, and splice the presenter into it.",
		"So we code the slide once, and then say skip for all the rest. The presenter is coded as a small picture of his " +
			"own, and is spliced into the large one without being coded again."},
	{"What you get", "The same picture, in a fraction of the time, checked before anybody sees it.",
		"What you get is the same picture in a fraction of the time, and all of it is checked before anybody sees it. " +
			"Thank you for your attention, and have a good day."},
}

type deckFile struct {
	Title       string           `json:"title"`
	Size        lectern.Size     `json:"size"`
	Rate        int              `json:"frameRate"`
	Theme       string           `json:"theme"`
	Layout      lectern.Layout   `json:"layout"`
	Avatar      string           `json:"avatar,omitempty"`
	Transitions []deckTransition `json:"transitions,omitempty"`
	Slides      []deckSlide      `json:"slides"`
}

type deckTransition struct {
	Type     string  `json:"type"`
	Duration float64 `json:"duration"`
}

type deckSlide struct {
	Template  string            `json:"template"`
	Props     map[string]string `json:"props"`
	Narration string            `json:"narration"`
}

// Deck writes a deck of a kind. An edit other than 0 changes the title and the narration of the slide in the middle,
// and each number makes a different change.
func Deck(k Kind, s Shape, edit int) ([]byte, error) {
	n := s.Slides
	if k == Fifty {
		n = fiftySlides
	}
	f := deckFile{Title: "Render only what moves", Size: s.Size, Rate: s.Rate, Theme: "dark-purple",
		Layout: lectern.LayoutPictureInPicture, Avatar: "mikhailo"}
	if k == Slides {
		f.Layout, f.Avatar = lectern.LayoutSlideOnly, ""
	}
	words := max(int((s.Seconds/float64(s.Slides)-silence)*wordsPerSecond), 1)
	for i := range n {
		about := subjects[i%len(subjects)]
		title := about[0]
		if i >= len(subjects) {
			title = fmt.Sprintf("%s (%d)", title, i/len(subjects)+1)
		}
		prefix := ""
		if n > len(subjects) {
			prefix = fmt.Sprintf("Slide %d. ", i+1) // so that slides do not share steps
		}
		if edit != 0 && i == n/2 {
			title = fmt.Sprintf("%s, edited %d", title, edit)
			prefix = fmt.Sprintf("Version %d. ", edit)
		}
		slide := deckSlide{Template: "content", Props: map[string]string{"title": title, "content": about[1]},
			Narration: spoken(prefix+about[2], words)}
		if i == 0 {
			slide.Template, slide.Props = "title", map[string]string{"title": title, "subtitle": about[1]}
		}
		f.Slides = append(f.Slides, slide)
		if k == Transitions && i > 0 {
			f.Transitions = append(f.Transitions, deckTransition{"fade", fade})
		}
	}
	return json.MarshalIndent(f, "", " ")
}

// spoken repeats and cuts a text to a number of words.
func spoken(text string, words int) string {
	all := strings.Fields(text)
	out := make([]string, 0, words)
	for len(out) < words {
		out = append(out, all[:min(len(all), words-len(out))]...)
	}
	return strings.TrimRight(strings.Join(out, " "), ".,") + "."
}
