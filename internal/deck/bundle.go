package deck

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"lectern"
)

// Bundle is a deck with the files next to it.
type Bundle struct {
	Source
	SHA256 string // of the ZIP file, lower-case hex
	// Open opens a file by its path relative to the deck. It returns fs.ErrNotExist for a file that is not there.
	Open func(path string) (file io.ReadCloser, size int64, err error)
	// Close releases the bundle. All files must be closed before.
	Close func() error
}

// BundleLimits bound a ZIP file. A field that is zero sets no bound.
type BundleLimits struct {
	Members int
	Bytes   int64 // of all members, unpacked
	Deck    int64 // bytes of the deck
}

// maxRatio is the largest ratio of a member's size to its compressed size, for members of more than one mebibyte.
const maxRatio = 200

// Unzip reads a ZIP file with exactly one deck: a member whose ending is one of endings. It unpacks the deck. All other
// members are files next to it, which are unpacked as they are read. The caller sets SHA256 and Close. An invalid
// archive, or one that could do harm when it is unpacked, is a *[lectern.Failure].
func Unzip(r io.ReaderAt, size int64, endings []string, lim BundleLimits) (Bundle, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return Bundle{}, zipFault("it is damaged")
	}
	members, err := filesOf(z.File, lim)
	if err != nil {
		return Bundle{}, err
	}
	var decks []string
	for name := range members {
		if slices.Contains(endings, strings.ToLower(path.Ext(name))) {
			decks = append(decks, name)
		}
	}
	slices.Sort(decks)
	decks = likely(decks)
	switch {
	case len(decks) == 0:
		return Bundle{}, zipFault("it has no deck; a deck is a file that ends with " + lectern.OneOf(endings))
	case len(decks) > 1:
		return Bundle{}, zipFault("it has %d decks (%s), but must have exactly one", len(decks),
			lectern.Shorten(strings.Join(decks, ", ")))
	}
	text, err := unpack(members[decks[0]], lim.Deck)
	if err != nil {
		return Bundle{}, err
	}
	folder := path.Dir(decks[0])
	open := func(name string) (io.ReadCloser, int64, error) {
		m := members[path.Join(folder, name)]
		if m == nil || !fs.ValidPath(name) {
			return nil, 0, fs.ErrNotExist
		}
		f, err := m.Open()
		return f, int64(m.UncompressedSize64), err
	}
	return Bundle{Source: Source{Name: path.Base(decks[0]), Bytes: text, OpenFile: open}, Open: open}, nil
}

// likely leaves out texts in Markdown that are not the deck: they belong to a deck of another kind, or are imported by
// the one that is higher up or named slides.md or deck.md.
func likely(decks []string) []string {
	isText := func(name string) bool {
		return slices.Contains([]string{".md", ".markdown", ".mdown", ".qmd"}, strings.ToLower(path.Ext(name)))
	}
	if others := slices.DeleteFunc(slices.Clone(decks), isText); len(others) > 0 {
		return others
	}
	top := -1
	for _, name := range decks {
		if depth := strings.Count(name, "/"); top < 0 || depth < top {
			top = depth
		}
	}
	decks = slices.DeleteFunc(slices.Clone(decks), func(name string) bool { return strings.Count(name, "/") > top })
	for _, usual := range []string{"slides", "deck"} {
		if i := slices.IndexFunc(decks, func(name string) bool {
			return strings.TrimSuffix(strings.ToLower(path.Base(name)), path.Ext(name)) == usual
		}); i >= 0 {
			return decks[i : i+1]
		}
	}
	return decks
}

func zipFault(format string, args ...any) *lectern.Failure {
	return lectern.Fail(lectern.CodeInvalidDeck, "The ZIP file cannot be used: "+format+".", args...).On("deck")
}

// filesOf checks the members of an archive and returns its files by name. It leaves out folders, hidden files and the
// files that macOS adds.
func filesOf(all []*zip.File, lim BundleLimits) (map[string]*zip.File, error) {
	if lim.Members > 0 && len(all) > lim.Members {
		return nil, zipFault("it has %d members; the limit is %d", len(all), lim.Members)
	}
	members, seen, total := map[string]*zip.File{}, map[string]bool{}, uint64(0)
	for _, m := range all {
		name := strings.TrimSuffix(m.Name, "/")
		shown := lectern.Shorten(m.Name)
		switch {
		case strings.Contains(name, `\`) || !fs.ValidPath(name):
			return nil, zipFault("the path %q leads out of it, or has backslashes", shown)
		case seen[name]:
			return nil, zipFault("it has two members %q", shown)
		case m.UncompressedSize64 > 1<<20 && m.UncompressedSize64/maxRatio > m.CompressedSize64:
			return nil, zipFault("the member %q is compressed more than %d to 1", shown, maxRatio)
		}
		seen[name] = true
		if total += m.UncompressedSize64; lim.Bytes > 0 &&
			(m.UncompressedSize64 > uint64(lim.Bytes) || total > uint64(lim.Bytes)) {
			return nil, zipFault("it has more than %d MiB when unpacked (limits.upload)", lim.Bytes>>20)
		}
		if m.Mode().IsRegular() && !strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(name, "__MACOSX/") {
			members[name] = m
		}
	}
	return members, nil
}

// unpack returns the content of a member. It counts the bytes as it reads them, because the size in the archive may be
// false.
func unpack(m *zip.File, most int64) ([]byte, error) {
	f, err := m.Open()
	if err != nil {
		return nil, zipFault("the deck %q cannot be unpacked", lectern.Shorten(m.Name))
	}
	defer f.Close()
	var r io.Reader = f
	if most > 0 {
		r = io.LimitReader(f, most+1)
	}
	text, err := io.ReadAll(r)
	switch {
	case most > 0 && int64(len(text)) > most:
		return nil, lectern.Fail(lectern.CodeTooLarge, "The deck in the ZIP file is larger than %d bytes (limits.body).",
			most).On("deck")
	case err != nil && !errors.Is(err, io.EOF):
		return nil, zipFault("the deck %q cannot be unpacked", lectern.Shorten(m.Name))
	}
	return text, nil
}
