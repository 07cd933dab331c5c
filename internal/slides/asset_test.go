package slides

import (
	"slices"
	"strings"
	"testing"

	"lectern"
)

// The address of an asset becomes one that only Lectern's pages use. No deck can write that address itself, so the
// check of the owner applies to every asset that a deck names.
func TestAssetsOfPages(t *testing.T) {
	t.Parallel()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	sum := strings.Repeat("a", 64)
	page := func(address string) (lectern.Page, error) {
		d := lectern.Deck{Slides: []lectern.Slide{{Template: "image", Props: map[string]any{"image": address}}}}.WithDefaults()
		p, _, err := l.Page(d, 0)
		return p, err
	}
	p, err := page("asset:" + sum)
	want := lectern.PageAddress(sum)
	if err != nil || !slices.Equal(p.Assets, []string{want}) || !strings.Contains(p.HTML, want) || p.Params[want] != "slides[0].props.image" {
		t.Errorf("%v %q", err, p.Assets)
	}
	for _, address := range []string{
		want, "https://ASSETS.lectern.invalid/" + sum, "https://assets.lectern.invalid./" + sum, "http://lectern.invalid/x.png",
		" asset:" + sum, "asset:" + sum + "\n", "asset:" + sum[1:], "asset:", "asset:" + strings.ToUpper(sum),
	} {
		if _, err := page(address); lectern.AsFailure(err) == nil || lectern.AsFailure(err).Code != lectern.CodeAssetRefused {
			t.Errorf("%q: %v", address, err)
		}
	}
}
