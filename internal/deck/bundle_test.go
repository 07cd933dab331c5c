package deck_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/ziptest"
)

var endings = []string{".json", ".yaml"}

func unzip(b []byte, lim deck.BundleLimits) (deck.Bundle, error) {
	return deck.Unzip(bytes.NewReader(b), int64(len(b)), endings, lim)
}

// A bundle has the deck of its ZIP file, and opens the files next to it by their paths relative to the deck.
func TestUnzip(t *testing.T) {
	t.Parallel()
	b, err := unzip(ziptest.Packed(t, "talk/", "", "talk/deck.yaml", "slides:", "talk/pictures/a.png", "A", "b.png", "B",
		"__MACOSX/talk/._deck.yaml", "", "talk/.x.json", ""),
		deck.BundleLimits{Members: 10, Bytes: 1000, Deck: 100})
	if err != nil || b.Name != "deck.yaml" || string(b.Bytes) != "slides:" {
		t.Fatalf("%v %+v", err, b.Source)
	}
	f, size, err := b.Open("pictures/a.png")
	if err != nil || size != 1 {
		t.Fatal(err)
	}
	defer f.Close()
	if text, err := io.ReadAll(f); err != nil || string(text) != "A" {
		t.Errorf("%v %q", err, text)
	}
	for _, path := range []string{"b.png", "../b.png", "/b.png", "pictures", "deck.json", "pictures/"} {
		if _, _, err := b.Open(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Without a deck, the pictures of the folder nearest to the top are the deck. Texts of pictures and texts about the
// folder are not decks.
func TestPicturesAreADeck(t *testing.T) {
	t.Parallel()
	text := append([]string{".md"}, endings...)
	b := ziptest.Packed(t, "talk/a.png", "A", "talk/a.md", "x", "talk/a.de.md", "y", "talk/README.md", "z",
		"talk/more/b.png", "B", "__MACOSX/talk/._a.png", "", "talk/.b.png", "")
	got, err := deck.Unzip(bytes.NewReader(b), int64(len(b)), text, deck.BundleLimits{})
	if err != nil || got.Files == nil || got.Name != "talk" || got.Bytes != nil {
		t.Fatalf("%v %+v", err, got)
	}
	for path, there := range map[string]bool{"a.png": true, "more/b.png": true, ".b.png": false, "../talk/a.png": false,
		"more": false} {
		f, _, err := got.Open(path)
		if there != (err == nil) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil {
			_ = f.Close()
		}
	}
	folder := t.TempDir()
	write := func(names ...string) {
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	find := func() (string, deck.Source, error) { return deck.InFolder(folder, text) }
	if _, _, err := find(); err == nil || !strings.Contains(err.Error(), "The folder cannot be used: it has no deck") {
		t.Error(err)
	}
	write("a.png", "a.md", ".hidden.yaml")
	if file, s, err := find(); err != nil || file != "" || s.Files == nil || s.Name != filepath.Base(folder) {
		t.Errorf("%q %+v %v", file, s, err)
	}
	write("b.yaml")
	if file, _, err := find(); err != nil || file != "b.yaml" {
		t.Errorf("%q %v", file, err)
	}
	write("c.md")
	if file, _, err := find(); err != nil || file != "b.yaml" { // c.md is a text next to it
		t.Errorf("%q %v", file, err)
	}
	write("c.yaml")
	if _, _, err := find(); err == nil || !strings.Contains(err.Error(), "2 decks (b.yaml, c.yaml)") {
		t.Error(err)
	}
	if _, _, err := deck.InFolder(filepath.Join(folder, "none"), text); err == nil {
		t.Error("a folder that is not there")
	}
}

// No link leads out of a folder.
func TestFoldersHaveNoWayOut(t *testing.T) {
	t.Parallel()
	outside, folder := t.TempDir(), t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(outside, "secret"), []byte("x"), 0o600),
		os.WriteFile(filepath.Join(folder, "a.png"), []byte("x"), 0o600),
		os.Symlink(filepath.Join(outside, "secret"), filepath.Join(folder, "a.txt"))); err != nil {
		t.Fatal(err)
	}
	_, s, err := deck.InFolder(folder, endings)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(s.Files, "a.png"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"a.txt", "../secret"} {
		if b, err := fs.ReadFile(s.Files, name); err == nil {
			t.Errorf("%s: %q", name, b)
		}
	}
}

// An invalid or harmful archive is refused with the reason.
func TestUnzipRefusesHarmfulArchives(t *testing.T) {
	t.Parallel()
	lim := deck.BundleLimits{Members: 4, Bytes: 4 << 20, Deck: 100}
	for name, c := range map[string]struct {
		body []byte
		says string
	}{
		"no archive":  {[]byte("PK\x03\x04"), "damaged"},
		"no deck":     {ziptest.Packed(t, "a.txt", "x"), "has no deck"},
		"two decks":   {ziptest.Packed(t, "a.json", "{}", "b.yaml", "x"), "2 decks (a.json, b.yaml)"},
		"outside":     {ziptest.Packed(t, "a.json", "{}", "../b.png", "x"), "leads out"},
		"absolute":    {ziptest.Packed(t, "a.json", "{}", "/b.png", "x"), "leads out"},
		"backslashes": {ziptest.Packed(t, "a.json", "{}", `c\b.png`, "x"), "backslashes"},
		"twice":       {ziptest.Packed(t, "a.json", "{}", "b.png", "x", "b.png", "y"), "two members"},
		"many":        {ziptest.Packed(t, "a.json", "{}", "b", "", "c", "", "d", "", "e", ""), "5 members"},
		"a bomb":      {ziptest.Packed(t, "a.json", "{}", "b.png", strings.Repeat("\x00", 2<<20)), "200 to 1"},
		"too much": {ziptest.Packed(t, "a.json", "{}", "b.png", strings.Repeat("0123456789", 500_000)),
			"compressed more than"},
		"a large deck": {ziptest.Packed(t, "a.json", strings.Repeat(" ", 200)), "limits.body"},
	} {
		_, err := unzip(c.body, lim)
		f, ok := errors.AsType[*lectern.Failure](err)
		if !ok || !f.Code.IsFault() || f.Param != "deck" || !strings.Contains(f.Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	lim.Bytes = 2 << 20
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(i*i>>7 ^ i>>3)
	}
	if _, err := unzip(ziptest.Packed(t, "a.json", "{}", "b.png", string(noise)), lim); err == nil ||
		!strings.Contains(err.Error(), "limits.upload") {
		t.Errorf("too much: %v", err)
	}
}

func FuzzUnzip(f *testing.F) {
	f.Add(ziptest.Packed(f, "talk/deck.yaml", "slides:", "talk/a.png", "A"))
	f.Add(ziptest.Packed(f, "a.json", "{}", "../b.png", "x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := unzip(b, deck.BundleLimits{Members: 10, Bytes: 1 << 20, Deck: 1 << 10})
		if _, ok := errors.AsType[*lectern.Failure](err); err != nil && !ok {
			t.Fatal(err)
		}
		if err == nil && (len(got.Bytes) > 1<<10 || got.Open == nil || (got.Files == nil) != (got.Bytes != nil)) {
			t.Fatalf("%+v", got)
		}
	})
}
