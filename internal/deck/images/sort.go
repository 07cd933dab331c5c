package images

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/deck"
)

// files are the files of one slide.
type files struct {
	stem    string // of the picture's name, as it is written
	picture string
	texts   []text
	sound   string // "": it has none
}

// text is a text of a picture.
type text struct{ name, language string }

// sorted are the files of a folder by their use.
type sorted struct {
	slides []files
	rest   []string // files that belong to no picture
}

// sounds are endings of sounds.
var sounds = []string{".wav", ".mp3", ".m4a", ".ogg", ".flac"}

// others are endings of pictures that slides cannot show.
var others = []string{".heic", ".heif", ".bmp", ".tif", ".tiff", ".jxl", ".jp2", ".wmf", ".emf"}

func fault(format string, args ...any) error {
	return lectern.Fail(lectern.CodeInvalidDeck, format, args...).On("deck")
}

// sort finds out what each file of a folder is. It fails if a picture could be left out or shown twice without its
// author knowing.
func sort(folder fs.FS) (sorted, error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return sorted{}, fault("The folder of pictures cannot be read: %v.", bare(err))
	}
	if len(entries) > deck.MaxFiles {
		return sorted{}, fault("The folder has %d files; the limit is %d.", len(entries), deck.MaxFiles)
	}
	var s sorted
	var strange []string
	at := map[string]int{} // indexes of slides by stem
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir() || !deck.IsPicture(name):
			continue
		case !usable(name):
			return s, fault("The name %q of a picture has signs that a deck cannot name. Give it another name.",
				lectern.Shorten(name))
		}
		stem := deck.Stem(name)
		if i, twice := at[stem]; twice {
			return s, fault("The pictures %q and %q have the same name without their endings, so that it is not clear which "+
				"of them is the slide. Give one of them another name, or remove it.", lectern.Shorten(s.slides[i].picture),
				lectern.Shorten(name))
		}
		at[stem] = len(s.slides)
		s.slides = append(s.slides, files{stem: strings.TrimSuffix(name, path.Ext(name)), picture: name})
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || deck.IsPicture(name) {
			continue
		}
		if _, shown := at[deck.Stem(name)]; !shown && slices.Contains(others, strings.ToLower(path.Ext(name))) {
			strange = append(strange, name)
		} else if used, err := s.sound(name, at); err != nil {
			return s, err
		} else if !used && !s.text(name, at) {
			s.rest = append(s.rest, name)
		}
	}
	if len(strange) > 0 {
		return s, fault("%s cannot be shown: slides show PNG, JPEG, GIF, WebP, AVIF and SVG pictures. Save it as PNG or "+
			"JPEG, or take it out of the folder.", list(strange))
	}
	if len(s.slides) == 0 {
		return s, fault("The folder has no pictures.")
	}
	slices.SortFunc(s.slides, func(a, b files) int { return compare(a.stem, b.stem) })
	for i := range s.slides {
		if err := s.slides[i].agree(); err != nil {
			return s, err
		}
	}
	slices.SortFunc(s.rest, compare)
	return s, nil
}

// sound adds a sound to its slide. It returns false for a file that is not the sound of a picture.
func (s *sorted) sound(name string, at map[string]int) (bool, error) {
	i, ok := at[deck.Stem(name)]
	if !ok || !slices.Contains(sounds, strings.ToLower(path.Ext(name))) || !usable(name) {
		return false, nil
	}
	if other := s.slides[i].sound; other != "" {
		return false, fault("The picture %q has two sounds, %q and %q. Remove one of them.",
			lectern.Shorten(s.slides[i].picture), lectern.Shorten(other), lectern.Shorten(name))
	}
	s.slides[i].sound = name
	return true, nil
}

// text adds a text to its slide. It returns false for a file that is not the text of a picture.
func (s *sorted) text(name string, at map[string]int) bool {
	if !slices.Contains([]string{".txt", ".md"}, strings.ToLower(path.Ext(name))) || !usable(name) {
		return false
	}
	stem, language := deck.Stem(name), ""
	i, ok := at[stem]
	if !ok {
		tag := strings.TrimPrefix(path.Ext(stem), ".")
		if i, ok = at[strings.TrimSuffix(stem, path.Ext(stem))]; !ok || !lectern.IsLanguage(tag) {
			return false
		}
		language = lectern.LanguageTag(tag)
	}
	s.slides[i].texts = append(s.slides[i].texts, text{name, language})
	return true
}

// agree refuses two texts of a picture in the same language.
func (f files) agree() error {
	seen := map[string]string{}
	for _, t := range f.texts {
		if other, twice := seen[t.language]; twice {
			return fault("The picture %q has two texts, %q and %q. Remove one of them.", lectern.Shorten(f.picture),
				lectern.Shorten(other), lectern.Shorten(t.name))
		}
		seen[t.language] = t.name
	}
	return nil
}

// unused is the warning of the files that belong to no picture.
func (s sorted) unused() []lectern.Warning {
	if len(s.rest) == 0 {
		return nil
	}
	return []lectern.Warning{{Code: "unused_file", Message: fmt.Sprintf("%s left out, because a slide is a picture with "+
		"a text and a sound of the same name.", wereLeft(s.rest))}}
}

func wereLeft(names []string) string {
	if len(names) == 1 {
		return list(names) + " was"
	}
	return list(names) + " were"
}

// list names files, at most five of them.
func list(names []string) string {
	const most = 5
	var shown []string
	for _, n := range names[:min(len(names), most)] {
		shown = append(shown, fmt.Sprintf("%q", lectern.Shorten(n)))
	}
	if n := len(names) - most; n > 0 {
		shown = append(shown, fmt.Sprintf("%d more", n))
	}
	if len(shown) == 1 {
		return shown[0]
	}
	return strings.Join(shown[:len(shown)-1], ", ") + " and " + shown[len(shown)-1]
}
