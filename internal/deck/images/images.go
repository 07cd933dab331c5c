// Package images reads a folder of pictures as a deck: each picture is a slide, in the natural order of the names. A
// text of the same name is the narration of the slide, and one with a language in its name (Slide1.de.txt) is a
// translation. A sound of the same name is the recorded narration. The folder is one of this machine, or of a ZIP file.
//
// A picture is shown whole: it is neither cropped nor stretched. The shape of the first picture selects the aspect of
// the video.
package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/native"
)

// template shows a picture whole.
const template = "whole-image"

// Parser reads folders of pictures.
type Parser struct {
	// Form reads decks in JSON. It reads the deck that the pictures become, together with the settings.
	Form deck.Parser
}

var _ deck.Parser = Parser{}

// Kind implements deck.Parser.
func (Parser) Kind() deck.Kind {
	return deck.Kind{Name: "pictures", Looks: func([]byte) bool { return false }}
}

// written is the deck in the native form.
type written struct {
	Title    string  `json:"title,omitempty"`
	Language string  `json:"language,omitempty"`
	Aspect   string  `json:"aspect"`
	Slides   []slide `json:"slides"`
}

type slide struct {
	ID           string                 `json:"id,omitempty"`
	Template     string                 `json:"template"`
	Props        map[string]any         `json:"props"`
	Narration    string                 `json:"narration,omitempty"`
	Sound        *sound                 `json:"sound,omitempty"`
	Translations map[string]translation `json:"translations,omitempty"`
}

type sound struct {
	File string `json:"file"`
}

type translation struct {
	Narration string `json:"narration"`
}

// Parse implements deck.Parser. The settings are in JSON. A text that cannot be read is a fault of its slide. Files
// that belong to no picture are a warning.
func (p Parser) Parse(ctx context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error) {
	lim = lim.WithDefaults()
	f, err := sort(s.Files)
	if err != nil {
		return deck.Request{}, err
	}
	r := &reader{files: s.Files, lim: lim, left: lim.BodyBytes}
	d := written{Title: s.Name, Aspect: aspect(r.shape(f.slides[0].picture))}
	for i, one := range f.slides[:min(len(f.slides), lim.Slides+1)] { // Validate refuses longer decks by their length
		if err := ctx.Err(); err != nil {
			return deck.Request{}, err
		}
		d.Slides = append(d.Slides, r.slide(i, one))
	}
	d.Language = r.settle(d.Slides)
	q, err := native.Parse(ctx, p.Form, d, settings, lim)
	if err != nil {
		return deck.Request{}, err
	}
	q.Open = deck.Opener(s.Files)
	if q.Places == nil {
		q.Places = deck.Places{}
	}
	for field, file := range r.places {
		q.Places[field] = file
	}
	q.Faults = append(q.Faults, r.faults...)
	q.Warnings = append(q.Warnings, append(r.warnings, f.unused()...)...)
	return q, nil
}

// reader reads the texts of pictures.
type reader struct {
	files    fs.FS
	lim      lectern.Limits
	left     int64 // bytes that the texts may still have
	places   map[string]string
	faults   []lectern.Failure
	warnings []lectern.Warning
}

// slide makes a slide of a picture with its texts. i counts from 0.
func (r *reader) slide(i int, f files) slide {
	at := fmt.Sprintf("slides[%d]", i)
	s := slide{Template: template, Props: map[string]any{"image": address(f.picture)}}
	if len(f.stem) <= lectern.MaxName {
		s.ID = f.stem
	}
	if r.places == nil {
		r.places = map[string]string{}
	}
	r.places[at+".props.image"] = f.picture
	if f.sound != "" {
		s.Sound = &sound{address(f.sound)}
		r.places[at+".sound.file"] = f.sound
	}
	title := titleOf(f.stem)
	for _, t := range f.texts {
		heading, said, ok := r.text(t.name, i+1)
		switch {
		case !ok:
			continue
		case t.language == "":
			s.Narration = said
			r.places[at+".narration"] = t.name
			if heading != "" {
				title = heading
			}
		default:
			if s.Translations == nil {
				s.Translations = map[string]translation{}
			}
			s.Translations[t.language] = translation{said}
			r.places[at+".translations."+t.language+".narration"] = t.name
		}
	}
	if title != "" {
		s.Props["title"] = title
	}
	return s
}

// address is the path by which a deck names a file next to it. "./" keeps a name with a colon from looking like a web
// address, and one that begins with a blank from being trimmed.
func address(name string) string {
	if strings.Contains(name, ":") || strings.TrimSpace(name) != name {
		return "./" + name
	}
	return name
}

// text reads a text. ok is false if it cannot be used, which is then a fault.
func (r *reader) text(name string, slide int) (heading, said string, ok bool) {
	fault := func(format string, args ...any) (string, string, bool) {
		f := lectern.Fail(lectern.CodeInvalidDeck, "The text "+format, args...)
		r.faults = append(r.faults, *f.On(name).At(slide))
		return "", "", false
	}
	b, err := read(r.files, name, min(int64(r.lim.NarrationBytes), r.left)+1)
	shown := lectern.Shorten(name)
	switch {
	case err != nil:
		return fault("%q cannot be read: %v.", shown, bare(err))
	case len(b) > r.lim.NarrationBytes:
		return fault("%q has more than %d bytes, which is the limit of a narration. Split the slide.", shown,
			r.lim.NarrationBytes)
	case int64(len(b)) > r.left:
		return fault("%q is too much: all texts together have more than %d bytes (limits.body).", shown, r.lim.BodyBytes)
	}
	r.left -= int64(len(b))
	said, ok = decode(b)
	if !ok {
		return fault("%q is not UTF-8. Save it as UTF-8 and try again.", shown)
	}
	if strings.EqualFold(path.Ext(name), ".md") {
		heading, said = plain(said)
	}
	return heading, said, true
}

// settle chooses the language of a deck in which every text has one: English if it is among them, or else the first.
// The texts in this language become narrations. Otherwise the deck does not say its language.
func (r *reader) settle(slides []slide) string {
	has := map[string]bool{}
	for _, s := range slides {
		if s.Narration != "" {
			return ""
		}
		for tag := range s.Translations {
			has[tag] = true
		}
	}
	if len(has) == 0 {
		return ""
	}
	var all []string
	for tag := range has {
		all = append(all, tag)
	}
	slices.Sort(all)
	own := all[0]
	if has["en"] {
		own = "en"
	}
	for i := range slides {
		at := fmt.Sprintf("slides[%d]", i)
		slides[i].Narration = slides[i].Translations[own].Narration
		delete(slides[i].Translations, own)
		if file := r.places[at+".translations."+own+".narration"]; file != "" {
			r.places[at+".narration"] = file
			delete(r.places, at+".translations."+own+".narration")
		}
	}
	if len(all) > 1 {
		r.warnings = append(r.warnings, lectern.Warning{Code: "source_language", Message: fmt.Sprintf(
			"Every text has a language in its name (%s), so the deck's own is %s. To choose another, take the language out "+
				"of the names of its texts.", strings.Join(all, ", "), own)})
	}
	return own
}

// read returns at most the first most bytes of a file.
func read(files fs.FS, name string, most int64) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a file")
	}
	return io.ReadAll(io.LimitReader(f, most))
}

// bare returns the error of the system without the path, which the message names already.
func bare(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// usable reports whether a deck can name a file of this name.
func usable(name string) bool {
	return utf8.ValidString(name) && len(name) <= 255 && !strings.ContainsFunc(name, func(c rune) bool {
		return c < ' ' || c == 0x7f || c == '\\'
	})
}
