package pdf

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/native"
	"lectern/internal/pdf"
)

// composer turns pages into slides, and says what became of them.
type composer struct {
	doc     *pdf.Document
	titles  map[int]string // from the outline, by page; nil: there is no outline
	notes   map[int]string // from the settings; nil: those of the document count
	silent  bool
	ids     native.Names
	heads   native.Names // titles
	reports []deck.SlideReport
}

// prepare reads what belongs to the whole document.
func (c *composer) prepare(ctx context.Context, o own) error {
	entries, err := c.doc.Outline(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if c.titles == nil {
			c.titles = map[int]string{}
		}
		if c.titles[e.Page] == "" { // the first entry of a page is the chapter that begins there
			c.titles[e.Page] = e.Title
		}
	}
	c.silent = o.silent
	if o.notes != nil {
		if c.notes, err = Notes(*o.notes, c.doc.Count()); err != nil {
			return notesFault(err)
		}
	}
	return nil
}

// slide makes a slide of a page.
func (c *composer) slide(ctx context.Context, page int) (native.Slide, error) {
	text, err := c.doc.Text(ctx, page)
	if err != nil {
		return native.Slide{}, at(page, err)
	}
	w := native.Slide{ID: c.id(text)}
	r := deck.SlideReport{Slide: page, Source: page}
	if c.titles != nil {
		r.Title = native.Cut(c.titles[page])
	} else {
		r.Title = firstLine(text)
	}
	if title := c.heads.Unique(r.Title, " (%d)"); title != "" {
		w.Props = map[string]any{"title": native.Literal(title)}
	}
	w.Show(strings.Split(text, "\n"), nil)
	note, why := c.notes[page], "The page has no notes in the file of notes."
	if c.notes == nil {
		if note, err = c.doc.Notes(ctx, page); err != nil {
			return native.Slide{}, at(page, err)
		}
		note, why = native.Literal(note), "The page has no notes."
	}
	switch {
	case note != "" && !c.silent:
		w.Narration = note
		r.Narration, r.Why = deck.Notes, "The notes of the page are spoken."
		if c.notes != nil {
			r.Why = "The notes of the page in the file of notes are spoken."
		}
	case note != "":
		r.Narration, r.Why = deck.Nothing, "The notes of the page are not spoken, because the settings say so."
	default:
		r.Narration, r.Why = deck.Nothing, why
	}
	if n, other := otherShape(c.doc.Pages()[page-1], c.doc.Pages()[0]); other {
		r.Notes = append(r.Notes, n)
	}
	c.reports = append(c.reports, r)
	return w, nil
}

// at adds its slide to a failure.
func at(page int, err error) error {
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f.At(page)
	}
	return err
}

// id is a name that a page keeps when others are added or removed, and when it is drawn differently: it depends on its
// words. Numbers do not count, because most of them are the page's own. Pages with the same words are told apart by
// their order.
func (c *composer) id(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	sum := sha256.Sum256([]byte(strings.Join(words, " ")))
	return c.ids.Unique("page-"+hex.EncodeToString(sum[:6]), "-%d")
}

// firstLine is the first line of a page's text that has a letter, if it can be a title. On a slide it is one in most
// cases; a line that is longer than a title is running text.
func firstLine(text string) string {
	for l := range strings.Lines(text) {
		l = strings.Join(strings.Fields(l), " ")
		if strings.ContainsFunc(l, unicode.IsLetter) {
			if len([]rune(l)) > native.MaxTitle {
				return ""
			}
			return l
		}
	}
	return ""
}
