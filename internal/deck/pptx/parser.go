package pptx

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/native"
)

// Parser reads office files as decks: every slide that is shown is a slide with a picture of its page. Its sound is
// the recorded narration, else its notes, spoken, else silence for the time after which the slide show goes on, else
// silence for the deck's default time.
//
// The settings are in JSON. Besides the fields of a deck they may have "narration", which overrides that order:
// "recorded" (only recordings), "notes" (only notes) or "none" (silence).
type Parser struct {
	// Form reads decks in JSON. It reads the deck that the slides become, together with the settings.
	Form    deck.Parser
	Machine Machine
}

// Machine has the programs of this machine that the parser uses. A function that is nil is not used.
type Machine struct {
	// Modern turns a PowerPoint file of the format before 2007 into PPTX. Without it such files are refused.
	Modern func(ctx context.Context, r io.ReaderAt, size int64) (pptx io.ReaderAt, pptxSize int64, err error)
	// Recognise returns the language of a text, as a tag without a region, and whether it is certain. Without it notes are
	// divided only by marks.
	Recognise func(text string) (tag string, certain bool)
	// Sound returns the sound of a film, or of a sound in a format that decks may not have, as a FLAC file. ending is that
	// of its name, such as ".mp4". Without it such recordings are not used.
	Sound func(ctx context.Context, film io.Reader, ending string) (flac io.ReaderAt, size int64, err error)
	// Fonts returns what the machine draws for each of the fonts. It leaves out those of which it knows nothing.
	Fonts func(ctx context.Context, names []string) (map[string]Font, error)
}

var _ deck.Parser = Parser{}

// Kind implements deck.Parser. The endings include those of the format before 2007.
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

// Parse implements deck.Parser. It fails for a file that cannot be read, see [Read], and for one that shows no slide.
func (p Parser) Parse(ctx context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error) {
	lim = lim.WithDefaults()
	own, settings, err := native.Take(settings, "narration")
	if err != nil {
		return deck.Request{}, err
	}
	mode, err := native.Narration(own["narration"])
	if err != nil {
		return deck.Request{}, err
	}
	s, a, talk, err := p.load(ctx, s, Limits{Slides: lim.Slides})
	if err != nil {
		return deck.Request{}, err
	}
	shown, err := talk.Shown()
	if err != nil {
		return deck.Request{}, err
	}
	other := "deck.pptx"
	if talk.Format == ODP {
		other = "deck.odp"
	}
	name := native.OwnName(s.Name, other)
	c := &composer{archive: a, talk: talk, mode: mode, lim: lim, titles: native.Names{},
		missing: map[string][]int{}, alike: map[string]bool{}}
	if c.fonts, err = p.Machine.drawn(ctx, shown); err != nil {
		return deck.Request{}, err
	}
	if err := c.extract(ctx, p.Machine, shown); err != nil {
		return deck.Request{}, err
	}
	c.tongues = p.Machine.tongues(shown)
	d := native.Deck{Title: properTitle(talk.Title), Size: videoSize(talk, lim), Language: c.tongues.own}
	sections := c.sections(shown)
	sounds := make([]*lectern.SoundOf, len(shown))
	for i, slide := range shown {
		w, sound := c.slide(slide)
		w.Page, w.Section = lectern.PageOf{File: name, Page: slide.Page}, sections[i]
		d.Slides, sounds[i] = append(d.Slides, w), sound
	}
	q, err := native.Parse(ctx, p.Form, d, settings, lim)
	if err != nil {
		return deck.Request{}, err
	}
	for i := range min(len(q.Deck.Slides), len(sounds)) {
		q.Deck.Slides[i].Sound = sounds[i]
		if q.Deck.Steps {
			q.Deck.Slides[i].Steps = c.steps(shown[i])
		}
	}
	q.Report = c.report()
	q.Warnings = append(q.Warnings, c.warnings()...)
	q.Open = func(path string) (io.ReadCloser, int64, error) {
		if path == name {
			return s.Open()
		}
		return c.file(path)
	}
	return q, nil
}

// load reads the file of a source. A PowerPoint file of the format before 2007 is replaced by its PPTX, as far as the
// machine can make one.
func (p Parser) load(ctx context.Context, s deck.Source, lim Limits) (deck.Source, *archive, *Talk, error) {
	r, size := s.Reader()
	a, talk, err := load(ctx, r, size, lim)
	if p.Machine.Modern == nil || !errors.Is(err, ErrOldFormat) {
		return s, a, talk, err
	}
	if r, size, err = p.Machine.Modern(ctx, r, size); err != nil {
		return s, nil, nil, err
	}
	s.At, s.Size, s.Name = r, size, strings.TrimSuffix(s.Name, path.Ext(s.Name))+".pptx"
	if s.Name == ".pptx" {
		s.Name = ""
	}
	if a, talk, err = load(ctx, r, size, lim); err == nil {
		talk.Old = true
	}
	return s, a, talk, err
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

// properTitle is the title in the properties of a file; "": it is the placeholder that a program wrote.
func properTitle(s string) string {
	if strings.Contains(s, "PowerPoint") && len(strings.Fields(s)) <= 5 || s == "PptxGenJS Presentation" ||
		s == "Slide 1" || len(s) > lectern.MaxTitle {
		return ""
	}
	return native.Literal(s)
}

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

// heading is the title of a slide for chapters: its own title or first text, cut at a word, with a number if an earlier
// slide has the same one.
func (c *composer) heading(s Slide) string {
	return native.Literal(c.titles.Unique(native.Cut(s.Heading()), " (%d)"))
}

// bounded is a time as a hold, at most as long as the limits allow.
func (c *composer) bounded(d time.Duration) time.Duration {
	return min(d, time.Duration(c.lim.MaxHoldSeconds)*time.Second)
}
