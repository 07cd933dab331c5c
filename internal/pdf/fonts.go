package pdf

import (
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// fontDirs are where PDFium looks for fonts, from the root of its sandbox.
var fontDirs = []string{"usr/share/fonts", "usr/local/share/fonts", "usr/share/X11/fonts/TTF",
	"usr/share/X11/fonts/Type1"}

// systemFonts are the folders with the fonts of an operating system.
func systemFonts(system string) []string {
	switch system {
	case "windows":
		return []string{os.Getenv("SystemRoot") + `\Fonts`}
	case "darwin":
		return []string{"/System/Library/Fonts", "/Library/Fonts"}
	}
	return []string{"/usr/share/fonts", "/usr/local/share/fonts"}
}

// fonts is the file system of a sandbox. It has the folders of fonts, and the empty folders above them, because PDFium
// finds nothing without a root.
type fonts map[string]fs.FS // by the place in the sandbox

func newFonts(dirs []string) fonts {
	f := fonts{}
	for i, dir := range dirs[:min(len(dirs), len(fontDirs))] {
		f[fontDirs[i]] = os.DirFS(dir)
	}
	return f
}

// Open implements fs.FS.
func (f fonts) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	var inside []fs.DirEntry
	for at, files := range f {
		if rest, ok := strings.CutPrefix(name+"/", at+"/"); ok {
			if rest == "" {
				rest = "."
			}
			return files.Open(strings.TrimSuffix(rest, "/"))
		}
		if rest, ok := strings.CutPrefix(at, strings.TrimPrefix(name+"/", "./")); ok {
			first, _, _ := strings.Cut(rest, "/")
			if !slices.ContainsFunc(inside, func(e fs.DirEntry) bool { return e.Name() == first }) {
				inside = append(inside, fs.FileInfoToDirEntry(folder(first)))
			}
		}
	}
	if inside == nil && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &listing{folder: folder(path.Base(name)), left: inside}, nil
}

// folder is a folder above those of the fonts, by its name.
type folder string

func (f folder) Name() string     { return string(f) }
func (folder) Size() int64        { return 0 }
func (folder) Mode() fs.FileMode  { return fs.ModeDir | 0o555 }
func (folder) ModTime() time.Time { return time.Time{} }
func (folder) IsDir() bool        { return true }
func (folder) Sys() any           { return nil }

// listing is an open folder.
type listing struct {
	folder
	left []fs.DirEntry
}

func (l *listing) Stat() (fs.FileInfo, error) { return l.folder, nil }
func (l *listing) Close() error               { return nil }

func (l *listing) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: l.Name(), Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (l *listing) ReadDir(n int) ([]fs.DirEntry, error) {
	all := l.left
	if n > 0 {
		if len(all) == 0 {
			return nil, io.EOF
		}
		all = all[:min(n, len(all))]
	}
	l.left = l.left[len(all):]
	return all, nil
}
