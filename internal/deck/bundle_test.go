package deck_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
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

// An invalid or harmful archive is refused with the reason.
func TestUnzipRefusesHarmfulArchives(t *testing.T) {
	t.Parallel()
	lim := deck.BundleLimits{Members: 4, Bytes: 4 << 20, Deck: 100}
	for name, c := range map[string]struct {
		body []byte
		says string
	}{
		"no archive":  {[]byte("PK\x03\x04"), "damaged"},
		"no deck":     {ziptest.Packed(t, "a.png", "x"), "has no deck"},
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
		if err == nil && (len(got.Bytes) > 1<<10 || got.Open == nil) {
			t.Fatalf("%+v", got)
		}
	})
}
