package slides

import (
	"slices"
	"strings"
	"testing"

	"lectern"
)

// The address of an asset becomes one that only Lectern's pages use. No deck can write that address itself, so the
// check of the owner applies to every asset that a deck names.
func TestAddressesOfAssetsInPages(t *testing.T) {
	t.Parallel()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	sum := strings.Repeat("a", 64)
	page := func(address string) (lectern.Page, error) {
		d := lectern.Deck{Slides: []lectern.Slide{{Template: "image",
			Props: map[string]any{"image": address}}}}.WithDefaults()
		p, _, err := l.Page(d, 0)
		return p, err
	}
	p, err := page("asset:" + sum)
	want := lectern.PageAddress(sum)
	if err != nil || !slices.Equal(p.Assets, []string{want}) || !strings.Contains(p.HTML, want) ||
		p.Params[want] != "slides[0].props.image" {
		t.Errorf("%v %q", err, p.Assets)
	}
	for _, address := range []string{
		want, "https://ASSETS.lectern.invalid/" + sum, "https://assets.lectern.invalid./" + sum,
		"http://lectern.invalid/x.png",
		" asset:" + sum, "asset:" + sum + "\n", "asset:" + sum[1:], "asset:", "asset:" + strings.ToUpper(sum),
	} {
		if _, err := page(address); lectern.AsFailure(err) == nil || lectern.AsFailure(err).Code != lectern.CodeAssetRefused {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// Pictures that are files next to the deck are listed with their fields. A path that leaves the deck's folder is
// refused. WithFiles writes the addresses of the assets where pictures are named, and changes no other text.
func TestFilesNextToTheDeck(t *testing.T) {
	t.Parallel()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	d := lectern.Deck{Slides: []lectern.Slide{
		{Template: "image", Props: map[string]any{"image": "./pictures/a.png", "title": "b.png"}},
		{Template: "image", Props: map[string]any{"image": map[string]any{"url": "b.png", "alt": "b.png"}}},
		{Template: "bullet-points",
			Props: map[string]any{"title": "x", "items": []any{"b.png", map[string]any{"text": "t", "image": "b.png"}}}},
		{Template: "image", Props: map[string]any{"image": "https://example.com/a.png"}},
	}}.WithDefaults()
	uses := l.Files(d)
	var got []string
	for _, u := range uses {
		got = append(got, u.Path+" "+u.Param)
	}
	want := []string{"pictures/a.png slides[0].props.image", "b.png slides[1].props.image.url",
		"b.png slides[2].props.items[1].image"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	full := d.WithFiles(uses, map[string]string{"pictures/a.png": a, "b.png": b})
	var named []string
	for _, u := range full.AssetUses() {
		named = append(named, u.SHA256[:1]+" "+u.Param)
	}
	if want := []string{"a slides[0].props.image", "b slides[1].props.image.url",
		"b slides[2].props.items[1].image"}; !slices.Equal(named, want) {
		t.Errorf("%q", named)
	}
	if len(d.AssetUses()) > 0 || full.Slides[0].Props["title"] != "b.png" {
		t.Errorf("%+v, and then %+v", d.Slides, full.Slides)
	}
	for i := range full.Slides {
		if _, _, err := l.Page(full, i); err != nil {
			t.Errorf("slide %d: %v", i+1, err)
		}
	}
	_, _, err = l.Page(d, 0)
	if f := lectern.AsFailure(err); f == nil || f.Code != lectern.CodeAssetRefused || f.Param != "slides[0].props.image" ||
		!strings.Contains(f.Message, "pictures/a.png") {
		t.Errorf("%+v", f)
	}
	for _, path := range []string{"../a.png", "/etc/a.png", `a\b.png`, "a/../../b.png", "//host/a.png", ".", "a\x00.png",
		strings.Repeat("a", 501), `\\host\a.png`, `c:\a.png`} {
		d.Slides[0].Props["image"] = path
		if uses := l.Files(lectern.Deck{Slides: d.Slides[:1]}); len(uses) > 0 {
			t.Errorf("%q is a file: %+v", path, uses)
		}
		if _, _, err := l.Page(d, 0); lectern.AsFailure(err) == nil ||
			lectern.AsFailure(err).Code != lectern.CodeAssetRefused {
			t.Errorf("%q: %v", path, err)
		}
	}
}
