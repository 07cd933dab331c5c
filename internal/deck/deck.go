// Package deck defines the source of a deck, and finds the parser that reads it.
//
// A parser turns one kind of file into a [Request]: a [lectern.Deck] with what its author wrote, and the faults of what
// could not be read. It leaves fields empty that the source does not set. It does not check values: the check does
// that, in the same way for every kind of source. To add a kind, write a package below this one that passes decktest,
// and add its parser to the list in package all.
package deck

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"lectern"
)

// Source is a deck before it is parsed.
type Source struct {
	Name      string // of its file; "": it has none. Only its ending matters
	MediaType string // as the sender declared it, in lower case and without parameters; "": not declared
	Folder    string // of this machine, with the files that the deck may name by their paths; "": there is none
	Bytes     []byte // of the file; nil if At has them

	At       io.ReaderAt // a file that is not in memory; nil: Bytes has its content
	Size     int64       // of At, in bytes
	Password string      // that opens the file; "": none

	// OpenFile opens a file next to the deck by its path, like [Bundle.Open]. nil: the files are in Folder.
	OpenFile func(path string) (file io.ReadCloser, size int64, err error)

	// Files are the pictures that are the deck, with their texts: a folder of this machine, or of a ZIP file. nil: the
	// deck is a file.
	Files fs.FS
}

// Reader returns the content of the source and its size in bytes.
func (s Source) Reader() (io.ReaderAt, int64) {
	if s.At != nil {
		return s.At, s.Size
	}
	return bytes.NewReader(s.Bytes), int64(len(s.Bytes))
}

// Open opens the content of the source as a file. The file needs no closing.
func (s Source) Open() (io.ReadCloser, int64, error) {
	r, size := s.Reader()
	return io.NopCloser(io.NewSectionReader(r, 0, size)), size, nil
}

// Parser reads one kind of source. It is safe for concurrent use.
type Parser interface {
	Kind() Kind
	// Parse reads a source within the limits. settings are in the syntax of the source or in JSON, and their fields
	// replace the deck's own; empty: there are none. The error is a *[lectern.Failure], for a source that is not a deck,
	// or is too large. Faults inside a deck are in Request.Faults.
	Parse(ctx context.Context, s Source, settings []byte, lim lectern.Limits) (Request, error)
}

// Kind describes the sources of a parser.
type Kind struct {
	Name       string                 // for people, such as "JSON"
	MediaTypes []string               // the first is the registered one
	Endings    []string               // of file names, in lower case and with their dot
	Looks      func(text []byte) bool // reports whether the beginning of a file of unknown kind looks like this kind
	Binary     bool                   // the files are not text, can be larger than memory, and become assets whole
}

// IsBinary reports whether files of a media type are decks that are not text.
func IsBinary(kinds []Kind, mediaType string) bool {
	return slices.ContainsFunc(kinds, func(k Kind) bool { return k.Binary && slices.Contains(k.MediaTypes, mediaType) })
}

// Catalogue has the parsers of a program.
type Catalogue struct {
	parsers []Parser
	folders Parser
}

// NewCatalogue makes a catalogue. The first parser also reads sources of unknown kind.
func NewCatalogue(first Parser, more ...Parser) *Catalogue {
	return &Catalogue{parsers: append([]Parser{first}, more...)}
}

// WithFolders returns a catalogue that reads folders, see Source.Files, with a parser. The parser is not among Kinds.
func (c *Catalogue) WithFolders(p Parser) *Catalogue {
	return &Catalogue{c.parsers, p}
}

// Kinds describes the kinds of sources that can be read, in the order of their parsers.
func (c *Catalogue) Kinds() []Kind {
	kinds := make([]Kind, 0, len(c.parsers))
	for _, p := range c.parsers {
		kinds = append(kinds, p.Kind())
	}
	return kinds
}

// Parse reads a source with the parser for its kind, see [Parser]. It removes what the setting "narration" leaves
// unheard, and bounds the report, which then says where a recording of the whole talk is heard.
func (c *Catalogue) Parse(ctx context.Context, s Source, settings []byte, lim lectern.Limits) (Request, error) {
	q, err := c.parser(s).Parse(ctx, s, settings, lim)
	q.Deck = heard(q.Deck, q.Heard)
	for i, r := range q.Report {
		if q.Deck.Recording != nil && r.Slide > 0 {
			r.Narration, r.Why = Recorded, "The recording of the whole talk is heard."
		}
		q.Report[i] = r.Bounded()
	}
	return q, err
}

// parser selects the parser by the media type, else by the ending of the name, else by the text.
func (c *Catalogue) parser(s Source) Parser {
	if s.Files != nil && c.folders != nil {
		return c.folders
	}
	ending := strings.ToLower(path.Ext(s.Name))
	for _, fits := range []func(Kind) bool{
		func(k Kind) bool { return slices.Contains(k.MediaTypes, s.MediaType) },
		func(k Kind) bool { return slices.Contains(k.Endings, ending) },
		func(k Kind) bool { return k.Looks(s.Bytes) },
	} {
		if i := slices.IndexFunc(c.parsers, func(p Parser) bool { return fits(p.Kind()) }); i >= 0 {
			return c.parsers[i]
		}
	}
	return c.parsers[0]
}

// Request is the content of a source: the deck, and the fields that do not belong to the video.
type Request struct {
	// Deck is the deck as it was written. Fields that its author did not set are empty, see
	// [lectern.Deck.WithDefaults]. Fields with Faults may be missing.
	Deck        lectern.Deck
	Warnings    []lectern.Warning
	Faults      []lectern.Failure // fields that could not be read
	CallbackURL string            // as its author wrote it; "": none
	CallbackAt  string            // the field name of CallbackURL, as its author wrote it
	NamesLayout bool              // the deck has the field layout

	// Heard is the setting "narration" of a source whose parser does not decide itself where the sound of a slide comes
	// from. [Catalogue.Parse] removes what is not to be heard. "": all is.
	Heard Narration

	// Open opens a file that is inside the source, such as the sound of a slide in a PPTX; its own name is the source
	// itself. It returns fs.ErrNotExist for a file that is not there. nil: the source has no files.
	Open func(path string) (file io.ReadCloser, size int64, err error)
	// Report says what the parser made of each slide; nil: the author's text says it already.
	Report []SlideReport

	Places Places
	// Numbers are those of the slides in the source's deck, counted from 1, see Pick. nil: Deck has all its slides.
	Numbers []int
	// Locate returns the positions of fields, given by the paths that their author wrote, in the same order. A field that
	// is not in the source has the position of the nearest field around it. nil: the source has no lines.
	Locate func(written []string) []Position
}

// A report has the types of the root package, where a presentation keeps it.
type (
	// SlideReport says what a parser made of a slide of a file that people present, such as a PPTX.
	SlideReport = lectern.SlideReport
	// Note is one remark of a report.
	Note = lectern.Remark
	// Narration says where the sound of a slide comes from.
	Narration = lectern.NarrationSource
)

// The values of Narration.
const (
	Recorded = lectern.NarrationRecorded
	Notes    = lectern.NarrationNotes
	Silence  = lectern.NarrationSilence
	Nothing  = lectern.NarrationNone
)

// File opens a file inside the source, see Request.Open. Without one, it returns fs.ErrNotExist.
func (q Request) File(path string) (io.ReadCloser, int64, error) {
	if q.Open == nil {
		return nil, 0, fs.ErrNotExist
	}
	return q.Open(path)
}

// Position is a position in a source. Line and Column are counted from 1; columns are characters.
type Position struct{ Line, Column int }

// Places maps the path of a field in a deck, such as slides[2].narration, to the path that its author wrote, such as
// slides_data[2].voiceover_text. It has only fields whose last name differs.
type Places map[string]string

// Written is the path that the author wrote for the field param of a deck.
func (p Places) Written(param string) string {
	for end := len(param); end > 0; end = strings.LastIndexAny(param[:end], ".[") {
		if at, ok := p[param[:end]]; ok {
			return at + param[end:]
		}
	}
	return param
}

// Choose returns q with the edition of its deck that c asks for, see [lectern.Deck.Edition]. The edition's faults and
// warnings are added under the names that the author wrote. Faults that a check finds later also name the translation
// from which a text comes.
func (q Request) Choose(c lectern.Choice) Request {
	e := q.Deck.Edition(c)
	places := maps.Clone(q.Places)
	if places == nil {
		places = Places{}
	}
	for field, from := range e.From {
		places[field] = q.Places.Written(from)
	}
	q.Deck, q.Places = e.Deck, places
	q.Faults, q.Warnings = slices.Clone(q.Faults), slices.Clone(q.Warnings)
	for _, f := range e.Faults {
		f.Param = places.Written(f.Param)
		q.Faults = append(q.Faults, f)
	}
	for _, w := range e.Warnings {
		w.Param = places.Written(w.Param)
		q.Warnings = append(q.Warnings, w)
	}
	return q
}

// Judge returns all faults of a deck as one failure, or nil if there are none: the fields that could not be read, and
// the faults that a check found. Each names its field as the author wrote it, and has a position if the source has
// lines. The check's faults of a field that could not be read are left out. If found is not a fault of the deck, Judge
// returns only found.
func (q Request) Judge(found error) error {
	f, ok := errors.AsType[*lectern.Failure](found)
	if found != nil && !(ok && f.Code.IsFault()) {
		return found
	}
	all := slices.Clone(q.Faults)
	if ok {
		for _, c := range f.Faults() {
			c.Param, c.Slide = q.Places.Written(c.Param), q.Number(c.Slide)
			if !slices.ContainsFunc(q.Faults, func(read lectern.Failure) bool { return under(c.Param, read.Param) }) {
				all = append(all, c)
			}
		}
	}
	q.locate(all)
	return lectern.Join(all)
}

// locate sets the line and column of faults that name a field.
func (q Request) locate(all []lectern.Failure) {
	if q.Locate == nil {
		return
	}
	var written []string
	for _, f := range all {
		written = append(written, f.Param)
	}
	for i, at := range q.Locate(written) {
		if all[i].Param != "" {
			all[i].Line, all[i].Column = at.Line, at.Column
		}
	}
}

// Step splits off the first name or index of a field's path. Repeated calls split "slides[2].title" into "slides",
// "[2]" and "title".
func Step(path string) (name, rest string) {
	path = strings.TrimPrefix(path, ".")
	end := strings.IndexAny(path[min(1, len(path)):], ".[") + 1
	if end == 0 {
		return path, ""
	}
	return path[:end], path[end:]
}

// under reports whether the field at path is the one at top, or inside it.
func under(path, top string) bool {
	rest, ok := strings.CutPrefix(path, top)
	return ok && top != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Attach returns q with the addresses of assets in place of the paths in uses. assets maps paths to hashes. For a path
// that it lacks, Attach calls keep, once, which stores the file as an asset; the hash is added to assets.
//
// If a file cannot be used, keep returns why, which completes the sentence "The file … next to the deck", and each use
// of the file is a fault. If keep returns neither a hash nor why, the path stays as it is. If keep returns an error,
// Attach stops and returns it.
func (q Request) Attach(uses []lectern.FileUse, assets map[string]string,
	keep func(u lectern.FileUse) (sha256, why string, err error)) (Request, error) {
	q.Faults = slices.Clone(q.Faults)
	whys := map[string]string{}
	for _, u := range uses {
		why, tried := whys[u.Path]
		if assets[u.Path] == "" && !tried {
			sum, refused, err := keep(u)
			if err != nil {
				return q, err
			}
			if sum != "" {
				assets[u.Path] = sum
			}
			why, whys[u.Path] = refused, refused
		}
		if why != "" {
			f := lectern.Fail(lectern.CodeAssetRefused, "The file %q next to the deck%s", lectern.Shorten(u.Path), why)
			q.Faults = append(q.Faults, *f.On(q.Places.Written(u.Param)).At(q.Number(u.Slide)))
		}
	}
	q.Deck = q.Deck.WithFiles(uses, assets)
	return q, nil
}
