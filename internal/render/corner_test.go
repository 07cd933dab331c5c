package render

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/picture"
)

// printed is a document whose pages have stripes in some corners: text, if the page is odd.
type printed struct {
	fakeDocuments
	full map[int][]lectern.Corner // by page
}

// quarter is the part of a picture in a corner.
func quarter(c lectern.Corner, size lectern.Size) image.Rectangle {
	r := image.Rect(0, 0, size.Width/2, size.Height/2)
	if c == lectern.CornerBottomRight || c == lectern.CornerTopRight {
		r = r.Add(image.Pt(size.Width/2, 0))
	}
	if c == lectern.CornerBottomRight || c == lectern.CornerBottomLeft {
		r = r.Add(image.Pt(0, size.Height/2))
	}
	return r
}

func (d *printed) PDF(_ context.Context, sha string, _ lectern.Unlock, _ int, _ bool, path string) error {
	return os.WriteFile(path, []byte(sha), 0o600)
}

func (d *printed) Draw(_ context.Context, _ string, page int, size lectern.Size) (*image.RGBA, error) {
	d.note("draw %d", page)
	img := image.NewRGBA(image.Rect(0, 0, size.Width, size.Height))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	for _, c := range d.full[page] {
		at := quarter(c, size)
		for y := at.Min.Y; y < at.Max.Y; y += 4 {
			draw.Draw(img, image.Rect(at.Min.X, y, at.Max.X, y+1), image.NewUniform(color.Black), image.Point{}, draw.Src)
		}
	}
	return img, nil
}

func (d *printed) Text(_ context.Context, _ string, page int, size lectern.Size) (list []image.Rectangle, err error) {
	d.note("text %d", page)
	for _, c := range d.full[page] {
		if page%2 == 1 {
			list = append(list, quarter(c, size))
		}
	}
	return list, nil
}

func pagesOf(layout lectern.Layout, pages ...int) lectern.Deck {
	d := lectern.Deck{Size: lectern.Size{Width: 640, Height: 360}, Quality: lectern.QualityLow, Layout: layout,
		Avatar: "ann.casual"}
	for _, p := range pages {
		d.Slides = append(d.Slides, lectern.Slide{Narration: "One.",
			Page: &lectern.PageOf{File: "asset:" + strings.Repeat("a", 64), Page: p}})
	}
	return d
}

// The avatar is in one corner on all slides: that in which the pages show least. The templates of other slides leave
// room there. A layout or a place of the author's overrides it. Where text is covered, a warning names the slides.
func TestTheAvatarIsInTheQuietestCorner(t *testing.T) {
	t.Parallel()
	const br, bl, tr, tl = lectern.CornerBottomRight, lectern.CornerBottomLeft, lectern.CornerTopRight,
		lectern.CornerTopLeft
	full := map[int][]lectern.Corner{1: {br, tl}, 2: {br, bl}, 3: {br, bl, tr, tl}, 5: {tr}}
	mixed := pagesOf("", 1, 2)
	mixed.Slides = append([]lectern.Slide{{Template: "title", Props: map[string]any{"title": "Hi"}}}, mixed.Slides...)
	own := pagesOf("", 1, 2)
	own.Slides[1].AvatarBox = &lectern.Rect{X: 10, Y: 10, Width: 200, Height: 200}
	for name, c := range map[string]struct {
		deck  lectern.Deck
		want  lectern.Corner
		hides string
	}{
		"free in one corner":   {pagesOf("", 1, 2), tr, ""},
		"free in all corners":  {pagesOf("", 4, 4), br, ""},
		"covered in all":       {pagesOf("", 3, 1, 4), bl, "slide 1."},
		"a layout":             {pagesOf(lectern.LayoutPictureInPicture, 1, 2), br, ""},
		"with a template":      {mixed, tr, ""},
		"a place on one slide": {own, bl, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRig(t)
			g.Documents = &printed{full: full}
			list, _, err := g.run(t.Context(), t, c.deck, 1)
			if err != nil {
				t.Fatal(err)
			}
			d := c.deck.WithDefaults()
			d.Corner = c.want
			m := manifestOf(t, g, list)
			for i, s := range m.Slides {
				if want := picture.EvenRect(d.Placement(i).Avatar, d.Scale(), d.Size); s.Window == nil || *s.Window != want {
					t.Errorf("on slide %d the avatar is at %v, want %v", i+1, s.Window, want)
				}
			}
			at := slices.IndexFunc(m.Warnings, func(w lectern.Warning) bool { return w.Code == "avatar_covers_text" })
			if (at >= 0) != (c.hides != "") || at >= 0 && !strings.Contains(m.Warnings[at].Message, c.hides[:7]) {
				t.Errorf("the warnings are %v, want one of %q", m.Warnings, c.hides)
			}
		})
	}
}

// A second run measures nothing again. A damaged measurement is made again.
func TestCoversAreKept(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	doc := &printed{full: map[int][]lectern.Corner{1: {lectern.CornerBottomRight}}}
	g.Documents = doc
	for attempt := range 3 {
		if _, _, err := g.run(t.Context(), t, pagesOf("", 1, 2), attempt+1); err != nil {
			t.Fatal(err)
		}
		want := []string{"draw 1", "draw 2", "text 1", "text 2"}
		if attempt == 2 {
			want = append(want, "text 1", "text 2")
		}
		slices.Sort(want)
		if slices.Sort(doc.calls); !slices.Equal(doc.calls, want) {
			t.Errorf("after run %d the calls are %q", attempt+1, doc.calls)
		}
		if attempt == 1 {
			files, err := filepath.Glob(filepath.Join(g.cache.dir, "*.cover"))
			if err != nil || len(files) != 2 {
				t.Fatalf("the measurements are %q (%v)", files, err)
			}
			for _, f := range files {
				if err := os.WriteFile(f, []byte("["), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func TestSlidesAreNamed(t *testing.T) {
	t.Parallel()
	for want, n := range map[string]int{"slide 1": 1, "slides 1 and 2": 2, "slides 1, 2 and 3": 3,
		"slides 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 13":       13,
		"slides 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 2 others": 14} {
		var numbers []int
		for i := range n {
			numbers = append(numbers, i+1)
		}
		if got := slidesNamed(numbers); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
