package lectern_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lectern"
)

// AssetUses finds the assets in props of any depth, in pages and sounds, each with its field and its slide. UnfitAssets
// refuses those that are missing or of another kind.
func TestAssetUses(t *testing.T) {
	t.Parallel()
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	d := lectern.Deck{Slides: []lectern.Slide{
		{Props: map[string]any{"title": "asset:none", "image": "asset:" + a}},
		{Props: map[string]any{"items": []any{"x", map[string]any{"icon": "asset:" + b, "alt": "asset:" + a + " here"}},
			"image": "asset:" + a}},
		{Page: &lectern.PageOf{File: "asset:" + b, Page: 1}, Sound: &lectern.SoundOf{File: "asset:" + a}},
		{Page: &lectern.PageOf{File: "talk.pdf", Page: 1}},
	}}
	want := []lectern.AssetUse{
		{SHA256: a, Param: "slides[0].props.image", Slide: 1, Want: lectern.AssetPicture},
		{SHA256: a, Param: "slides[1].props.image", Slide: 2, Want: lectern.AssetPicture},
		{SHA256: b, Param: "slides[1].props.items[1].icon", Slide: 2, Want: lectern.AssetPicture},
		{SHA256: b, Param: "slides[2].page.file", Slide: 3, Want: lectern.AssetDeck},
		{SHA256: a, Param: "slides[2].sound.file", Slide: 3, Want: lectern.AssetSound},
	}
	got := d.AssetUses()
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	err := lectern.UnfitAssets(got[1:])
	f, ok := errors.AsType[*lectern.Failure](err)
	if !ok || f.Code != lectern.CodeUnknownAsset || f.Slide != 2 || f.Param != "slides[1].props.image" ||
		len(f.Causes) != 3 || !f.Code.IsFault() {
		t.Errorf("%+v", f)
	}
	got[1].Kind = lectern.AssetSound
	err = lectern.UnfitAssets(got[1:2])
	if f := lectern.AsFailure(err); f.Code != lectern.CodeAssetRefused || !strings.Contains(f.Message, "is a sound") {
		t.Errorf("%+v", f)
	}
	if err := lectern.UnfitAssets(nil); err != nil {
		t.Error(err)
	}
}

// An address names an asset only with a whole hash in lower case.
func TestAssetAddress(t *testing.T) {
	t.Parallel()
	sum := strings.Repeat("0123456789abcdef", 4)
	for address, want := range map[string][2]bool{
		"asset:" + sum: {true, true}, "asset:" + strings.ToUpper(sum): {true, false}, "asset:": {true, false},
		"asset:" + sum + "0":        {true, false},
		"https://example.com/a.png": {}, "Asset:" + sum: {},
	} {
		if got, named, ok := lectern.AssetAddress(address); named != want[0] || ok != want[1] || ok && got != sum {
			t.Errorf("%s: %s %v %v", address, got, named, ok)
		}
	}
	if got := (lectern.Asset{SHA256: sum}).Address(); got != "asset:"+sum {
		t.Error(got)
	}
}

// The files of a deck get other names everywhere: in pages, sounds, the recording, and props of any depth and language.
func TestRenamedFiles(t *testing.T) {
	t.Parallel()
	d := lectern.Deck{Recording: &lectern.Recording{File: "asset:a"}, Slides: []lectern.Slide{
		{Page: &lectern.PageOf{File: " asset:a", Page: 2}, Sound: &lectern.SoundOf{File: "asset:b"}},
		{Props: map[string]any{"image": "asset:a", "items": []any{map[string]any{"icon": "asset:b", "alt": "see asset:b"}}},
			Translations: map[string]lectern.Translation{"de": {Props: map[string]any{"image": "./de.png"}}, "fr": {}}},
	}}
	got := d.Renamed(map[string]string{"asset:a": "f/a", "asset:b": "f/b", "de.png": "f/de"})
	item, _ := got.Slides[1].Props["items"].([]any)[0].(map[string]any)
	if got.Recording.File != "f/a" || *got.Slides[0].Page != (lectern.PageOf{File: "f/a", Page: 2}) ||
		got.Slides[0].Sound.File != "f/b" || got.Slides[1].Props["image"] != "f/a" || item["icon"] != "f/b" ||
		item["alt"] != "see asset:b" || got.Slides[1].Translations["de"].Props["image"] != "f/de" ||
		got.Slides[0].Props != nil {
		t.Errorf("%+v", got)
	}
	if d.Recording.File != "asset:a" || d.Slides[0].Sound.File != "asset:b" || d.Slides[1].Props["image"] != "asset:a" ||
		d.Slides[1].Translations["de"].Props["image"] != "./de.png" {
		t.Error("the deck itself has changed")
	}
}
