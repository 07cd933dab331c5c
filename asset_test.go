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
