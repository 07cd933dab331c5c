package lectern

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
	"unicode"
)

// PageOf names a page of a file that a slide shows in place of a template.
type PageOf struct {
	// File is a PDF, or an office file (PPTX, ODP …), whose pages are the slides that it does not hide:
	// "asset:<sha256>", or in a source the path of a file next to the deck.
	File string `json:"file"`
	Page int    `json:"page"` // counted from 1
}

// SoundOf names the sound of a slide that people recorded, in place of a voice.
type SoundOf struct {
	// File is a sound: "asset:<sha256>", or in a source the path of a file next to the deck.
	File  string        `json:"file"`
	Start time.Duration `json:"start,omitempty"` // what is before it is left out
	End   time.Duration `json:"end,omitempty"`   // what is after it is left out; 0: nothing
	// Length is the length of the file. A check sets it, if the header of the file says it.
	Length time.Duration `json:"length,omitempty"`
}

// MaxPath is the longest path of a file next to a deck, in bytes.
const MaxPath = 500

// BesidePath returns the path of a file next to a deck as decks name it, without "." elements. It refuses a path that
// leaves the folder of the deck. The error ends a sentence.
func BesidePath(s string) (string, error) {
	p := path.Clean(s)
	switch {
	case len(s) > MaxPath || strings.ContainsFunc(s, unicode.IsControl):
		return "", errors.New("that is not a valid path of a file")
	case strings.Contains(s, `\`):
		return "", errors.New("the path of a file is written with slashes (/)")
	case path.IsAbs(s) || !fs.ValidPath(p) || p == ".":
		return "", errors.New("only files in the folder of the deck, or below it, can be used, by their relative paths")
	}
	return p, nil
}

// AbsentFile ends the sentence that a file next to the deck cannot be used, because it did not become an asset.
func AbsentFile(path string) string {
	return fmt.Sprintf("the file %q did not come with the deck; send it in a ZIP file with the deck, or as a part "+
		"\"file\" of the form, named by its path, or upload it (POST /v1/assets) and write its address", Shorten(path))
}

// named is a file that a slide names in a field of its own.
type named struct {
	file  *string
	param string
	kind  AssetKind
}

// files lists the files in the own fields of slide i, counted from 0.
func (s Slide) files(i int) []named {
	var list []named
	if s.Page != nil {
		list = append(list, named{&s.Page.File, fmt.Sprintf("slides[%d].page.file", i), AssetDeck})
	}
	if s.Sound != nil {
		list = append(list, named{&s.Sound.File, fmt.Sprintf("slides[%d].sound.file", i), AssetSound})
	}
	return list
}

// files lists the files in the own fields of the deck.
func (d Deck) files() []named {
	if d.Recording == nil {
		return nil
	}
	return []named{{&d.Recording.File, paramRecording, AssetSound}}
}

// FileUses lists the files next to the deck that it names in its recording, and slides in their fields page and sound.
// Invalid paths are left out; [Deck.Validate] finds them.
func (d Deck) FileUses() []FileUse {
	var uses []FileUse
	add := func(slide int, list []named) {
		for _, n := range list {
			if _, asset, _ := AssetAddress(*n.file); asset {
				continue
			}
			if p, err := BesidePath(strings.TrimSpace(*n.file)); err == nil {
				uses = append(uses, FileUse{Path: p, Param: n.param, Slide: slide, Kind: n.kind})
			}
		}
	}
	add(0, d.files())
	for i, s := range d.Slides {
		add(i+1, s.files(i))
	}
	return uses
}

// files adds the faults of a slide's page and sound.
func (v *validator) files(at string, number int, s Slide) {
	for _, n := range s.files(number - 1) {
		v.file(n.param, strings.TrimPrefix(n.param, at+"."), number, *n.file)
	}
	if p := s.Page; p != nil {
		if p.Page < 1 || p.Page > MaxPage {
			v.fault(at+".page.page", number, "The number of a page is between 1 and %d.", MaxPage)
		}
		if s.Template != "" {
			v.fault(at+".template", number, "The slide shows a page of a file, so it has no template. Remove \"template\" or "+
				"\"page\".")
		}
	}
	if a := s.Sound; a != nil && (a.Start < 0 || a.End < 0 || a.End > 0 && a.End <= a.Start || a.Start > v.lim.Duration) {
		v.fault(at+".sound", number, "The sound of a slide begins at 0 seconds or later, and its end is after its start.")
	}
}

// file adds the fault of a field that names a file.
func (v *validator) file(param, field string, slide int, file string) {
	file = strings.TrimSpace(file)
	_, asset, valid := AssetAddress(file)
	_, err := BesidePath(file)
	switch {
	case file == "":
		v.fault(param, slide, "%q names a file: its path next to the deck, or the address of an asset.", field)
	case asset && !valid:
		v.fault(param, slide, "The address of an asset is asset: and the 64 digits of its SHA-256.")
	case !asset && err != nil:
		v.fault(param, slide, "The file in %q cannot be used: %v.", field, err)
	}
}

// MaxPage is the largest number of a page in a file.
const MaxPage = 10_000
