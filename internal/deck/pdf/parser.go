package pdf

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"strings"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/native"
	"lectern/internal/pdf"
)

// Parser reads PDF files as decks. The narration of a slide is the notes of its page: the Text annotations, which
// presentation programs write.
//
// The settings are in JSON. Besides the fields of a deck they may have "notes", a text in the form of [Notes] which
// replaces all notes in the file, and "narration": "notes" (the default) or "none" (silence); "recorded", which other
// kinds of files have, is silence too.
type Parser struct {
	// Form reads decks in JSON. It reads the deck that the pages become, together with the settings.
	Form   deck.Parser
	Engine *pdf.Engine // nil: the parser only knows the kind
}

var _ deck.Parser = Parser{}

// Kind implements deck.Parser.
func (Parser) Kind() deck.Kind {
	return deck.Kind{Name: "PDF", Binary: true, MediaTypes: []string{"application/pdf", "application/x-pdf"},
		Endings: []string{".pdf"},
		Looks:   func(b []byte) bool { return bytes.Contains(b[:min(len(b), 1024)], []byte("%PDF-")) }}
}

// Parse implements deck.Parser. It fails for a file that cannot be opened, see [pdf.Engine.Open], and for one with more
// pages than a deck may have slides.
func (p Parser) Parse(ctx context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error) {
	lim = lim.WithDefaults()
	own, settings, err := ownSettings(settings)
	if err != nil {
		return deck.Request{}, err
	}
	if p.Engine == nil {
		return deck.Request{}, lectern.Fail(lectern.CodeUnsupported, "PDF files cannot be read here.").On("deck")
	}
	r, size := s.Reader()
	doc, err := p.Engine.Open(ctx, r, size, s.Password)
	if err != nil {
		return deck.Request{}, err
	}
	defer doc.Close()
	if n := doc.Count(); n > lim.Slides {
		return deck.Request{}, lectern.Fail(lectern.CodeTooLarge, "The PDF has %d pages, but a deck has at most %d slides "+
			"(limits.slides). Split it.", n, lim.Slides).On("slides")
	}
	name := native.OwnName(s.Name, "deck.pdf")
	c := &composer{doc: doc, ids: native.Names{}, heads: native.Names{}}
	if err := c.prepare(ctx, own); err != nil {
		return deck.Request{}, err
	}
	d := native.Deck{Title: properTitle(doc.Title()), Size: videoSize(doc.Pages()[0], lim)}
	for page := 1; page <= doc.Count(); page++ {
		w, err := c.slide(ctx, page)
		if err != nil {
			return deck.Request{}, err
		}
		w.Page = lectern.PageOf{File: name, Page: page}
		d.Slides = append(d.Slides, w)
	}
	q, err := native.Parse(ctx, p.Form, d, settings, lim)
	if err != nil {
		return deck.Request{}, err
	}
	q.Report = c.reports
	q.Open = func(path string) (io.ReadCloser, int64, error) {
		if path != name {
			return nil, 0, fs.ErrNotExist
		}
		return s.Open()
	}
	return q, nil
}

// own are the settings that belong to this parser.
type own struct {
	notes  *string // nil: those in the file
	silent bool
}

// ownSettings takes the parser's own fields out of the settings.
func ownSettings(settings []byte) (o own, rest []byte, err error) {
	fields, rest, err := native.Take(settings, "notes", "narration")
	if err != nil {
		return own{}, nil, err
	}
	if text := fields["notes"]; text != nil && json.Unmarshal(text, &o.notes) != nil {
		return own{}, nil, lectern.Fail(lectern.CodeInvalidDeck, "\"notes\" is a text with the notes of the pages.").
			On("settings.notes")
	}
	mode, err := native.Narration(fields["narration"])
	o.silent = mode == deck.Nothing || mode == deck.Recorded
	return o, rest, err
}

// properTitle is the title in the properties of a file; "": none, or one that a program wrote.
func properTitle(s string) string {
	for _, prefix := range []string{"Microsoft PowerPoint - ", "Microsoft Word - ", "untitled", "Untitled", "Slide 1",
		"PowerPoint Presentation", "PowerPoint-Präsentation", "Présentation PowerPoint"} {
		rest, found := strings.CutPrefix(s, prefix)
		if found && strings.HasSuffix(prefix, "- ") {
			s = strings.TrimSuffix(rest, path.Ext(rest))
		} else if found {
			return ""
		}
	}
	if len(s) > lectern.MaxTitle {
		return ""
	}
	return native.Literal(s)
}

// The long side of a video whose pages are neither 16:9 nor 4:3.
const longSide = 1920

// videoSize is the size of a video with the shape of its first page: 1920x1080 for 16:9, 1440x1080 for 4:3, else 1920
// pixels on the longer side; the video of a page in portrait is in portrait too. Both sides are even and within the
// limits; a page that is longer than these allow does not fill its video.
func videoSize(s pdf.Size, lim lectern.Limits) map[string]int {
	ratio := max(s.Width, s.Height) / min(s.Width, s.Height)
	long, short := float64(longSide), longSide/ratio
	switch {
	case math.Abs(ratio*9/16-1) < 0.005:
		long, short = 1920, 1080
	case math.Abs(ratio*3/4-1) < 0.005:
		long, short = 1440, 1080
	}
	if most := float64(lim.MaxSide); long > most {
		long, short = most, short*most/long
	}
	short = max(short, long/lectern.MaxAspect)
	even := func(side float64) int { return max(int(math.Round(side/2)), (lim.MinSide+1)/2) * 2 }
	if s.Width >= s.Height {
		return map[string]int{"width": even(long), "height": even(short)}
	}
	return map[string]int{"width": even(short), "height": even(long)}
}

// notesFault makes a failure of the error of Notes.
func notesFault(err error) error {
	return lectern.Fail(lectern.CodeInvalidDeck, "The file with the notes cannot be used: %v. Lines of --- separate the "+
		"pages, or headings such as \"## Slide 3\" name them.", err).On("settings.notes")
}

// otherShape is the remark about a page that does not fill the video.
func otherShape(s, first pdf.Size) (deck.Note, bool) {
	if math.Abs(s.Width*first.Height/(s.Height*first.Width)-1) < 0.005 {
		return deck.Note{}, false
	}
	return deck.Note{Code: "other_shape", Message: fmt.Sprintf("The page has %.0f by %.0f points, another shape than the "+
		"first, so it is shown smaller, and its edges are continued to those of the video.", s.Width, s.Height)}, true
}
