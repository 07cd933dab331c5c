package pdf

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/font/gofont/gomono"

	"lectern/internal/pdf/pdftest"
)

// The sandbox sees the folders of fonts and nothing else.
func TestTheSandboxHasOnlyFonts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"fonts/a.ttf": "A", "fonts/more/b.ttf": "B", "other/c.ttf": "C",
		"secret": "S"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var files []string
	f := newFonts([]string{filepath.Join(dir, "fonts"), filepath.Join(dir, "other"), filepath.Join(dir, "missing")})
	err := fs.WalkDir(f, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	want := []string{"usr/local/share/fonts/c.ttf", "usr/share/fonts/a.ttf", "usr/share/fonts/more/b.ttf"}
	slices.Sort(files)
	if err != nil || !slices.Equal(files, want) {
		t.Errorf("%v %v", files, err)
	}
	for _, name := range []string{"secret", "etc", "usr/share/fonts/../secret", "usr/share/fonts/x", "/usr"} {
		if _, err := f.Open(name); err == nil {
			t.Errorf("%q can be opened", name)
		}
	}
	if b, err := fs.ReadFile(f, "usr/share/fonts/more/b.ttf"); string(b) != "B" || err != nil {
		t.Errorf("%q %v", b, err)
	}
	if entries, err := fs.ReadDir(newFonts(nil), "."); len(entries) > 0 || err != nil {
		t.Errorf("without fonts: %v %v", entries, err)
	}
}

// Text whose font is not in the file is drawn with that of the folder, and without it with another.
func TestFontsOfTheFoldersAreUsed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mono.ttf"), gomono.TTF, 0o644); err != nil {
		t.Fatal(err)
	}
	file := pdftest.Doc{Pages: []pdftest.Page{{Width: 200, Height: 40, Content: "BT /M 30 Tf 5 10 Td (iiiiii) Tj ET",
		Fonts: "/M<</Type/Font/Subtype/TrueType/BaseFont/GoMono/Encoding/WinAnsiEncoding>>"}}}.Bytes()
	var pictures [][]byte
	for _, dirs := range [][]string{{dir}, {}} {
		e := New(Options{CacheDir: pdftest.CacheDir(Version), Fonts: dirs})
		d, err := e.Open(t.Context(), bytes.NewReader(file), int64(len(file)), "")
		if err != nil {
			t.Fatal(err)
		}
		img, err := d.Draw(t.Context(), 1, 200, 40)
		if err != nil {
			t.Fatal(err)
		}
		pictures = append(pictures, img.Pix)
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	if bytes.Equal(pictures[0], pictures[1]) {
		t.Error("the font of the folder is not used")
	}
}
