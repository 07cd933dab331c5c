package deck

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lectern"
)

// MaxFiles is how many files a folder may have.
const MaxFiles = 5000

// pictures are the endings of pictures that slides can show.
var pictures = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"}

// IsPicture reports whether a file is a picture that slides can show, by its ending.
func IsPicture(name string) bool {
	return slices.Contains(pictures, strings.ToLower(path.Ext(name)))
}

// Stem is the name of a file by which pictures, texts and sounds belong together: without its ending, in lower case.
func Stem(name string) string {
	return strings.ToLower(strings.TrimSuffix(name, path.Ext(name)))
}

// dir is a folder of this machine. No path and no link leads out of it.
type dir string

// Open implements fs.FS.
func (d dir) Open(name string) (fs.File, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Open(filepath.FromSlash(name))
}

// InFolder finds the deck in a folder of this machine, by the rules of [Unzip], without its subfolders. It returns the
// name of the file that is the deck or, if the pictures in the folder are the deck, a source. endings are those of
// decks.
func InFolder(folder string, endings []string) (file string, pictures Source, err error) {
	place := place{"folder"}
	list, err := entries(folder)
	if err != nil {
		return "", Source{}, place.fault("it cannot be read").Because(err)
	}
	if len(list) > MaxFiles {
		return "", Source{}, place.fault("it has more than %d files", MaxFiles)
	}
	var names []string
	for _, e := range list {
		if !e.IsDir() && !IsHidden(e.Name()) {
			names = append(names, e.Name())
		}
	}
	file, _, err = place.find(names, endings)
	if err != nil || file != "" {
		return file, Source{}, err
	}
	name := filepath.Base(folder)
	if abs, err := filepath.Abs(folder); err == nil {
		name = filepath.Base(abs)
	}
	return "", Source{Name: name, Folder: folder, Files: dir(folder)}, nil
}

// entries lists at most MaxFiles+1 entries of a folder.
func entries(folder string) ([]fs.DirEntry, error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.ReadDir(MaxFiles + 1)
	if errors.Is(err, io.EOF) { // the folder is empty
		err = nil
	}
	return list, err
}

// IsHidden reports whether a file is hidden, by its name.
func IsHidden(name string) bool { return strings.HasPrefix(path.Base(name), ".") }

// place is where a deck is looked for: a folder, or a ZIP file.
type place struct{ name string }

func (p place) fault(format string, args ...any) *lectern.Failure {
	return lectern.Fail(lectern.CodeInvalidDeck, "The "+p.name+" cannot be used: "+format+".", args...).On("deck")
}

// find returns the only file that is a deck. Without one, it returns the folder whose pictures are the deck: the one
// nearest to the top that has pictures.
func (p place) find(names, endings []string) (file, folder string, err error) {
	slides, folders := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		if IsPicture(name) {
			slides[path.Join(path.Dir(name), Stem(path.Base(name)))] = true
			folders[path.Dir(name)] = true
		}
	}
	var decks []string
	for _, name := range names {
		stem := path.Join(path.Dir(name), Stem(path.Base(name)))
		if slices.Contains(endings, strings.ToLower(path.Ext(name))) &&
			!(isText(name) && (belongs(stem, slides) || len(folders) > 0 && slices.Contains(aboutFiles, path.Base(stem)))) {
			decks = append(decks, name)
		}
	}
	slices.Sort(decks)
	decks = likely(decks)
	switch {
	case len(decks) == 1:
		return decks[0], path.Dir(decks[0]), nil
	case len(decks) > 1:
		return "", "", p.fault("it has %d decks (%s), but must have exactly one", len(decks),
			lectern.Shorten(strings.Join(decks, ", ")))
	case len(folders) == 0:
		return "", "", p.fault("it has no deck; a deck is a file that ends with %s, or a folder of pictures",
			lectern.OneOf(endings))
	}
	folder, second := nearest(folders)
	if second != "" {
		return "", "", p.fault("the folders %q and %q both have pictures; put all pictures into one", folder, second)
	}
	return "", folder, nil
}

// likely leaves out texts in Markdown that are not the deck, if there are several: texts about a folder, texts next to
// a deck of another kind, and those that are imported by one that is higher up or named slides.md or deck.md.
func likely(decks []string) []string {
	isMarkdown := func(name string) bool {
		return slices.Contains([]string{".md", ".markdown", ".mdown", ".qmd"}, strings.ToLower(path.Ext(name)))
	}
	without := func(drop func(name string) bool) {
		if rest := slices.DeleteFunc(slices.Clone(decks), drop); len(rest) > 0 {
			decks = rest
		}
	}
	without(isMarkdown)
	without(func(name string) bool { return isMarkdown(name) && slices.Contains(aboutFiles, Stem(path.Base(name))) })
	if !slices.ContainsFunc(decks, isMarkdown) {
		return decks
	}
	top := strings.Count(slices.MinFunc(decks, func(a, b string) int {
		return strings.Count(a, "/") - strings.Count(b, "/")
	}), "/")
	without(func(name string) bool { return strings.Count(name, "/") > top })
	for _, usual := range []string{"slides", "deck"} {
		if i := slices.IndexFunc(decks, func(name string) bool { return Stem(path.Base(name)) == usual }); i >= 0 {
			return decks[i : i+1]
		}
	}
	return decks
}

// aboutFiles are the stems of texts about a folder, which are not decks.
var aboutFiles = []string{"readme", "license", "licence", "changelog", "notice"}

// isText reports whether a file may be the text of a picture.
func isText(name string) bool {
	return slices.Contains([]string{".txt", ".md"}, strings.ToLower(path.Ext(name)))
}

// belongs reports whether a text with this stem belongs to a picture: it has the stem of the picture, maybe with a
// language.
func belongs(stem string, pictures map[string]bool) bool {
	return pictures[stem] || lectern.IsLanguage(strings.TrimPrefix(path.Ext(stem), ".")) &&
		pictures[strings.TrimSuffix(stem, path.Ext(stem))]
}

// nearest returns the folder that is the least deep, and a second one that is as deep, "" if there is none.
func nearest(folders map[string]bool) (first, second string) {
	depth := func(folder string) int {
		if folder == "." {
			return 0
		}
		return 1 + strings.Count(folder, "/")
	}
	var all []string
	for f := range folders {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b string) int {
		if d := depth(a) - depth(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	if len(all) > 1 && depth(all[0]) == depth(all[1]) {
		second = all[1]
	}
	return all[0], second
}

// Opener returns a function that opens a file of files by its path, see Request.Open. It returns fs.ErrNotExist for
// everything that is not a file.
func Opener(files fs.FS) func(name string) (io.ReadCloser, int64, error) {
	return func(name string) (io.ReadCloser, int64, error) {
		if !fs.ValidPath(name) {
			return nil, 0, fs.ErrNotExist
		}
		f, err := files.Open(name)
		if err != nil {
			return nil, 0, err
		}
		info, err := f.Stat()
		if err == nil && !info.Mode().IsRegular() {
			err = fs.ErrNotExist
		}
		if err != nil {
			return nil, 0, errors.Join(err, f.Close())
		}
		return f, info.Size(), nil
	}
}
