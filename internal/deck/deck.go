// Package deck says what a source of a deck is, and finds the parser that reads it.
//
// A parser turns one kind of file into a [Request]: a [lectern.Deck] with what its author wrote, and with what could
// not be read of it. It leaves open what the source does not say, and judges no values: that is the check's, for every
// kind of source alike. A new kind is a package below this one that passes decktest, and a line where the program lists
// its parsers.
package deck

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"lectern"
)

// Source is a deck in the form in which it came.
type Source struct {
	Name      string // of its file; "": it has none. Nothing but its ending is looked at
	MediaType string // as the sender declared it, in lower case and without parameters; "": the sender did not
	Folder    string // of this machine, with the files that the deck may name by their paths; "": there is none
	Bytes     []byte
}

// Parser reads one kind of source. It is safe for concurrent use.
type Parser interface {
	Kind() Kind
	// Parse reads a source within the limits. settings, where there are any, are written as the source is, or as JSON;
	// their fields replace the deck's own. The error is a *[lectern.Failure] and for what is no deck at all: what is wrong
	// inside a deck is among the request's Faults.
	Parse(ctx context.Context, s Source, settings []byte, lim lectern.Limits) (Request, error)
}

// Kind describes the sources of a parser.
type Kind struct {
	Name       string                 // for people, such as "JSON"
	MediaTypes []string               // the first is the registered one
	Endings    []string               // of file names, in lower case and with their dot
	Looks      func(text []byte) bool // whether a text of unknown kind looks like one
}

// Catalogue are the parsers of a program.
type Catalogue struct{ parsers []Parser }

// NewCatalogue lists parsers. The first one reads what tells its kind in no way.
func NewCatalogue(first Parser, more ...Parser) *Catalogue {
	return &Catalogue{append([]Parser{first}, more...)}
}

// Kinds describes what can be read, in order.
func (c *Catalogue) Kinds() []Kind {
	kinds := make([]Kind, 0, len(c.parsers))
	for _, p := range c.parsers {
		kinds = append(kinds, p.Kind())
	}
	return kinds
}

// Parse reads a source with the parser for its kind, see [Parser].
func (c *Catalogue) Parse(ctx context.Context, s Source, settings []byte, lim lectern.Limits) (Request, error) {
	return c.parser(s).Parse(ctx, s, settings, lim)
}

// parser goes by the media type, then by the ending of the name, then by the text.
func (c *Catalogue) parser(s Source) Parser {
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

// Request is what a source says: its deck, and what is not of the video.
type Request struct {
	// Deck is what was written: what its author left open is open, see [lectern.Deck.WithDefaults], and where there are
	// Faults some of it is missing.
	Deck        lectern.Deck
	Warnings    []lectern.Warning
	Faults      []lectern.Failure // fields that could not be read
	CallbackURL string            // as it was given; "": nobody is notified
	CallbackAt  string            // the name under which it was given
	NamesLayout bool              // the deck says where the avatar stands

	Places Places
	// Locate finds the places of fields as their author wrote them, in their order; one that is not in the source has the
	// place of the nearest field around it. nil: the source has no lines.
	Locate func(written []string) []Position
}

// Position is a place in a source, counted from 1. Columns are characters.
type Position struct{ Line, Column int }

// Places are the paths of fields as their author wrote them, such as slides_data[2].voiceover_text, by the paths that a
// deck has for them, such as slides[2].narration. Only those are there whose last name differs.
type Places map[string]string

// Written is the path under which the author wrote the field param.
func (p Places) Written(param string) string {
	for end := len(param); end > 0; end = strings.LastIndexAny(param[:end], ".[") {
		if at, ok := p[param[:end]]; ok {
			return at + param[end:]
		}
	}
	return param
}

// Choose returns q with the edition of its deck that c asks for, see [lectern.Deck.Edition]. What is wrong with it is
// among the faults, under the names that its author wrote, and so is what a check finds later: a text that was
// translated has the place of its translation.
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

// Judge gives all that is wrong with a deck as one failure, nil for nothing: the fields that could not be read, and
// what a check found, each under the name that its author wrote and with its line where the source has lines. A field
// that could not be read is not judged twice. An error of the check that is no fault of the deck is given alone.
func (q Request) Judge(found error) error {
	f, ok := errors.AsType[*lectern.Failure](found)
	if found != nil && !(ok && f.Code.IsFault()) {
		return found
	}
	all := slices.Clone(q.Faults)
	if ok {
		for _, c := range f.Faults() {
			c.Param = q.Places.Written(c.Param)
			if !slices.ContainsFunc(q.Faults, func(read lectern.Failure) bool { return under(c.Param, read.Param) }) {
				all = append(all, c)
			}
		}
	}
	q.locate(all)
	return lectern.Join(all)
}

// locate gives faults of fields their places.
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

// Step takes the first name or index off the path of a field: "slides[2].title" is "slides", then "[2]", then "title".
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

// Attach returns q with assets in the place of the files that uses name. assets has the hashes of those that are there
// already, by path, and gets those of the others: keep makes an asset of a file, once for each path. A file that cannot
// be used is a fault of each place that names it: why completes the sentence "The file … next to the deck". Where keep
// returns neither a hash nor why, the path stays. An error of keep is returned alone.
func (q Request) Attach(uses []lectern.FileUse, assets map[string]string,
	keep func(path string) (sha256, why string, err error)) (Request, error) {
	q.Faults = slices.Clone(q.Faults)
	whys := map[string]string{}
	for _, u := range uses {
		why, tried := whys[u.Path]
		if assets[u.Path] == "" && !tried {
			sum, refused, err := keep(u.Path)
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
			q.Faults = append(q.Faults, *f.On(q.Places.Written(u.Param)).At(u.Slide))
		}
	}
	q.Deck = q.Deck.WithFiles(uses, assets)
	return q, nil
}
