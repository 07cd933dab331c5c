package deck

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"lectern"
)

// Bundle is a deck with the files next to it, or with the pictures that it consists of.
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
// members are files next to it, which are unpacked as they are read. In a ZIP file without a deck but with pictures,
// the pictures of the folder nearest to the top are the deck: Source has Files and no Bytes. The caller sets SHA256 and
// Close. An invalid archive, or one that could do harm when it is unpacked, is a *[lectern.Failure].
func Unzip(r io.ReaderAt, size int64, endings []string, lim BundleLimits) (Bundle, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return Bundle{}, zipFault("it is damaged")
	}
	members, err := filesOf(z.File, lim)
	if err != nil {
		return Bundle{}, err
	}
	z.File = slices.DeleteFunc(z.File, func(m *zip.File) bool { return members[m.Name] != m })
	names := slices.Collect(maps.Keys(members))
	name, folder, err := zipped.find(names, endings)
	if err != nil {
		return Bundle{}, err
	}
	files, err := fs.Sub(z, folder)
	if err != nil {
		return Bundle{}, zipFault("it is damaged")
	}
	b := Bundle{Open: Opener(files)}
	if name == "" {
		b.Source = Source{Files: files}
		if folder != "." {
			b.Name = path.Base(folder)
		}
		return b, nil
	}
	text, err := unpack(members[name], lim.Deck)
	b.Source = Source{Name: path.Base(name), Bytes: text, OpenFile: b.Open}
	return b, err
}

var zipped = place{"ZIP file"}

func zipFault(format string, args ...any) *lectern.Failure {
	return zipped.fault(format, args...)
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
		if m.Mode().IsRegular() && !IsHidden(name) && !strings.HasPrefix(name, "__MACOSX/") {
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
