package app

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/blob"
	"lectern/internal/config"
)

// The key of a record depends on the deck, the settings, the version and the build. A deck with pictures of the web has
// none; pictures that are assets are part of the deck.
func TestKeysOfRecords(t *testing.T) {
	t.Parallel()
	local := func(cfg config.Config, version string) *Local {
		tools, err := NewTools(cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = tools.Close() })
		return &Local{App: &App{Tools: tools, opt: Options{Version: version}}}
	}
	deck := func(image string) lectern.Deck {
		return lectern.Deck{Slides: []lectern.Slide{{Template: "whole-image", Props: map[string]any{"image": image}},
			{Page: &lectern.PageOf{File: "asset:x", Page: 1}}}}
	}
	asset := lectern.Asset{SHA256: strings.Repeat("0123456789abcdef", 4)}
	base, other := config.Default(), config.Default()
	other.Subtitles = true
	elsewhere := config.Default()
	elsewhere.DataDir = "/elsewhere"
	l := local(base, "1")
	first, ok := l.MadeKey(deck(asset.Address()), "")
	if again, _ := local(elsewhere, "1").MadeKey(deck(asset.Address()), ""); !ok || again != first {
		t.Errorf("the same deck has the keys %s and %s (%v)", first, again, ok)
	}
	seen := map[string]string{first: "the deck"}
	for what, key := range map[string]func() (string, bool){
		"another deck":    func() (string, bool) { d := deck(asset.Address()); d.Title = "x"; return l.MadeKey(d, "") },
		"another setting": func() (string, bool) { return local(other, "1").MadeKey(deck(asset.Address()), "") },
		"another version": func() (string, bool) { return local(base, "2").MadeKey(deck(asset.Address()), "") },
		"another build":   func() (string, bool) { return l.MadeKey(deck(asset.Address()), "b") },
	} {
		k, ok := key()
		if !ok || seen[k] != "" {
			t.Errorf("%s has the key of %s (%v)", what, seen[k], ok)
		}
		seen[k] = what
	}
	if _, ok := l.MadeKey(deck("https://example.com/a.png"), ""); ok {
		t.Error("a picture of the web has a record")
	}
}

// A record is read as it was stored, and a later one takes its place.
func TestRecordsAreReplaced(t *testing.T) {
	t.Parallel()
	cache, err := blob.OpenCache(blob.CacheOptions{Dir: filepath.Join(t.TempDir(), "cache")})
	if err != nil {
		t.Fatal(err)
	}
	l := &Local{App: &App{cache: cache}}
	const key = "0123456789abcdef"
	if _, ok := l.Recall(key); ok {
		t.Error("there is a record before the first one")
	}
	for _, size := range []int64{1, 2} {
		want := Made{Slides: 3, Length: 4, Files: []MadeFile{{Kind: lectern.ArtifactVideo, Size: size, SHA256: "s"}}}
		if err := l.record(key, want); err != nil {
			t.Fatal(err)
		}
		if got, ok := l.Recall(key); !ok || got.Slides != 3 || len(got.Files) != 1 || got.Files[0] != want.Files[0] {
			t.Errorf("%+v (%v), want %+v", got, ok, want)
		}
	}
	if err := cache.Close(); err != nil {
		t.Error(err)
	}
}
