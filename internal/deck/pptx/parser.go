package pptx

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"lectern"
	"lectern/internal/deck"
)

// Parser reads office files as decks: every slide that is shown is a slide with a picture of its page. Its sound is
// the recorded narration, else its notes, spoken, else silence for the time after which the slide show goes on, else
// silence for the deck's default time.
//
// The settings are in JSON. Besides the fields of a deck they may have "narration", which overrides that order:
// "recorded" (only recordings), "notes" (only notes) or "none" (silence).
type Parser struct {
	// Form reads decks in JSON. It reads the deck that the slides become, together with the settings.
	Form deck.Parser
}

var _ deck.Parser = Parser{}

// Kind implements deck.Parser. The endings include those of the format before 2007, which [Read] refuses by name.
func (Parser) Kind() deck.Kind {
	const office = "application/vnd.openxmlformats-officedocument.presentationml."
	const macros = "application/vnd.ms-powerpoint."
	return deck.Kind{
		Name: "PowerPoint or OpenDocument",
		MediaTypes: []string{office + "presentation", office + "slideshow", office + "template",
			macros + "presentation.macroenabled.12", macros + "slideshow.macroenabled.12", macros + "template.macroenabled.12",
			odpType, odpType + "-template", "application/vnd.ms-powerpoint"},
		Binary:  true,
		Endings: []string{".pptx", ".ppsx", ".potx", ".pptm", ".ppsm", ".potm", ".odp", ".otp", ".ppt", ".pps", ".pot"},
		Looks: func(b []byte) bool {
			return bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte(cfbMagic))
		},
	}
}

// The values of the setting narration.
const (
	onlyRecorded = "recorded"
	onlyNotes    = "notes"
	noNarration  = "none"
)

// written is the deck in the native form.
type written struct {
	Title  string         `json:"title,omitempty"`
	Size   map[string]int `json:"size"`
	Slides []writtenSlide `json:"slides"`
}

type writtenSlide struct {
	ID        string         `json:"id"`
	Page      writtenPage    `json:"page"`
	Props     map[string]any `json:"props,omitempty"`
	Narration string         `json:"narration,omitempty"`
	Hold      float64        `json:"hold,omitempty"` // in seconds
}

type writtenPage struct {
	File string `json:"file"`
	Page int    `json:"page"`
}

// Parse implements deck.Parser. It fails for a file that cannot be read, see [Read], and for one that shows no slide.
func (p Parser) Parse(ctx context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error) {
	lim = lim.WithDefaults()
	mode, settings, err := narrationSetting(settings)
	if err != nil {
		return deck.Request{}, err
	}
	r, size := s.Reader()
	a, talk, err := load(ctx, r, size, Limits{Slides: lim.Slides})
	if err != nil {
		return deck.Request{}, err
	}
	shown, err := talk.Shown()
	if err != nil {
		return deck.Request{}, err
	}
	name := ownName(s.Name, talk.Format)
	c := &composer{archive: a, talk: talk, mode: mode, lim: lim, titles: map[string]int{}}
	d := written{Title: properTitle(talk.Title), Size: videoSize(talk, lim)}
	sounds := make([]*lectern.SoundOf, len(shown))
	for i, slide := range shown {
		w, sound := c.slide(slide)
		w.Page = writtenPage{File: name, Page: slide.Page}
		d.Slides, sounds[i] = append(d.Slides, w), sound
	}
	text, err := json.Marshal(d)
	if err != nil {
		return deck.Request{}, lectern.Fail(lectern.CodeInternal, "The deck of the slides cannot be written.").Because(err)
	}
	q, err := p.Form.Parse(ctx, deck.Source{Name: "slides.json", Bytes: text}, settings, lim)
	if err != nil {
		return deck.Request{}, err
	}
	for i := range min(len(q.Deck.Slides), len(sounds)) {
		q.Deck.Slides[i].Sound = sounds[i]
	}
	q.Locate = nil // the lines of the JSON are not the author's
	q.Report = c.report()
	q.Warnings = append(q.Warnings, c.warnings()...)
	q.Open = func(path string) (io.ReadCloser, int64, error) {
		if path == name {
			return io.NopCloser(io.NewSectionReader(r, 0, size)), size, nil
		}
		return a.file(path)
	}
	return q, nil
}

// file opens a member.
func (a *archive) file(name string) (io.ReadCloser, int64, error) {
	m := a.members[name]
	if m == nil {
		return nil, 0, fs.ErrNotExist
	}
	f, err := m.Open()
	return f, int64(m.UncompressedSize64), err
}

// narrationSetting takes the setting narration out of the settings. Settings that are not a JSON object are left to
// the parser of JSON, which says why.
func narrationSetting(settings []byte) (mode string, rest []byte, err error) {
	var fields map[string]json.RawMessage
	if len(settings) == 0 || json.Unmarshal(settings, &fields) != nil || fields["narration"] == nil {
		return "", settings, nil
	}
	if json.Unmarshal(fields["narration"], &mode) != nil || mode != onlyRecorded && mode != onlyNotes &&
		mode != noNarration && mode != "" {
		return "", nil, lectern.Fail(lectern.CodeInvalidDeck, "\"narration\" is %q, %q or %q.", onlyRecorded, onlyNotes,
			noNarration).On("settings.narration")
	}
	delete(fields, "narration")
	if len(fields) == 0 {
		return mode, nil, nil
	}
	rest, err = json.Marshal(fields)
	return mode, rest, err
}

// ownName is the name by which slides refer to the file itself.
func ownName(name string, format Format) string {
	base := path.Base(name)
	if p, err := lectern.BesidePath(base); name == "" || err != nil || p != base || strings.TrimSpace(base) != base ||
		strings.Contains(base, ":") {
		if format == ODP {
			return "deck.odp"
		}
		return "deck.pptx"
	}
	return base
}

// properTitle is the title in the properties of a file; "": it is the placeholder that a program wrote.
func properTitle(s string) string {
	if strings.Contains(s, "PowerPoint") && len(strings.Fields(s)) <= 5 || s == "PptxGenJS Presentation" ||
		s == "Slide 1" || len(s) > lectern.MaxTitle {
		return ""
	}
	return literal(s)
}

// literal writes a text so that braces in it are not variables.
func literal(s string) string { return strings.ReplaceAll(s, "{{", `\{{`) }

// videoSize is the size of the video in the shape of the slides: 1080 pixels on the shorter side, both sides even. Very
// long slides get fewer pixels.
func videoSize(t *Talk, lim lectern.Limits) map[string]int {
	short, long := min(t.Width, t.Height), max(t.Width, t.Height)
	lines := float64(1080)
	if most := float64(lim.MaxSide); lines*float64(long)/float64(short) > most {
		lines = most * float64(short) / float64(long)
	}
	even := func(side int64) int { return max(2, int(float64(side)/float64(short)*lines/2+0.5)*2) }
	return map[string]int{"width": even(t.Width), "height": even(t.Height)}
}

// maxHeading is the longest title of a slide in characters: what players show of a chapter.
const maxHeading = 100

// heading is the title of a slide for chapters: its own title or first text, cut at a word, with a number if an earlier
// slide has the same one.
func (c *composer) heading(s Slide) string {
	title := s.Heading()
	if r := []rune(title); len(r) > maxHeading {
		title = string(r[:maxHeading-1])
		if at := strings.LastIndexByte(title, ' '); at > maxHeading/2 {
			title = title[:at]
		}
		title = strings.TrimRight(title, " ,;:.-–—") + "…"
	}
	if title == "" {
		return ""
	}
	c.titles[title]++
	if n := c.titles[title]; n > 1 {
		title = fmt.Sprintf("%s (%d)", title, n)
	}
	return literal(title)
}

// bounded is a time as a hold, at most as long as the limits allow.
func (c *composer) bounded(d time.Duration) time.Duration {
	return min(d, time.Duration(c.lim.MaxHoldSeconds)*time.Second)
}
