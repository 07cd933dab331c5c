package render

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"lectern"
	"lectern/internal/picture"
)

// The background of the theme shows where a page is transparent, partly where it is half transparent, and not where
// it is opaque. There are more slides than are kept in memory until they are encoded.
func TestSlidesShowTheirBackground(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	d := lectern.Deck{Layout: lectern.LayoutSlideOnly, FrameRate: 24, Size: lectern.Size{Width: 1920, Height: 1080},
		Hold: 1e9}
	for range 4 { // two of them are kept in memory
		d.Slides = append(d.Slides, lectern.Slide{Template: "title", Props: map[string]any{"title": "one and the same"}})
	}
	list, _, err := g.run(t.Context(), t, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	background, err := picture.Background(lectern.Background{From: "#203040", To: g.library.background, Angle: 160},
		d.Size, 1)
	if err != nil {
		t.Fatal(err)
	}
	covered := slideOf(t, g, list, 1).At(1919, 100)
	n := 0
	for _, a := range list {
		if a.Kind != lectern.ArtifactSlideImage {
			continue
		}
		n++
		img := slideOf(t, g, list, a.Slide)
		for y := range 1080 {
			if got, want := img.At(400, y), background.At(400, y); got != want {
				t.Fatalf("slide %d has %v at row %d, not the background's %v", a.Slide, got, y, want)
			}
		}
		half, _, _, _ := img.At(900, 100).RGBA()
		if bare, _, _, _ := background.At(900, 100).RGBA(); half == bare || img.At(1919, 100) != covered {
			t.Errorf("slide %d has %v and %v", a.Slide, img.At(900, 100), img.At(1919, 100))
		}
	}
	if n != len(d.Slides) {
		t.Errorf("%d pictures of %d slides", n, len(d.Slides))
	}
	if sums := frameSums(t, g.path(t, list, lectern.ArtifactVideo)); len(sums) != 96 || sums[0] != sums[95] {
		t.Errorf("of %d frames the first and the last differ: a slide kept in memory looks different from one that is read",
			len(sums))
	}
	if n := g.Resources.drawn.Load(); n != 0 {
		t.Errorf("%d slides are still kept in memory", n)
	}
}

func slideOf(t *testing.T, g *rig, list []lectern.Artifact, slide int) image.Image {
	t.Helper()
	for _, a := range list {
		if a.Kind != lectern.ArtifactSlideImage || a.Slide != slide {
			continue
		}
		f, err := os.Open(filepath.Join(g.artifacts.dir, filepath.FromSlash(a.Key)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		img, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	t.Fatalf("there is no picture of slide %d", slide)
	return nil
}
