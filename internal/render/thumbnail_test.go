package render

import (
	"context"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lectern"
)

// The process that encodes a slide makes the thumbnail as well. If only the slide is in the cache, the thumbnail is
// decoded from it, and looks the same.
func TestThumbnailComesWithItsSlide(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	var calls []string
	g.ffmpeg.hook = func(_ context.Context, what string) error {
		if strings.Contains(what, "mjpeg") {
			calls = append(calls, what)
		}
		return nil
	}
	thumbnail := func(attempt int) image.Image {
		list, _, err := g.run(t.Context(), t, talk(), attempt)
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(g.path(t, list, lectern.ArtifactThumbnail))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		img, err := jpeg.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	drawn := thumbnail(1)
	if len(calls) != 1 || !strings.Contains(calls[0], "slice-max-mbs") {
		t.Errorf("%d calls make thumbnails: %q", len(calls), calls)
	}
	pictures, err := filepath.Glob(filepath.Join(g.cache.dir, "*.jpg"))
	if err != nil || len(pictures) != 1 {
		t.Fatalf("%d thumbnails, %v", len(pictures), err)
	}
	if err := os.Remove(pictures[0]); err != nil {
		t.Fatal(err)
	}
	decoded := thumbnail(2)
	if len(calls) != 2 || strings.Contains(calls[1], "slice-max-mbs") {
		t.Errorf("%d calls make thumbnails: %q", len(calls), calls[1:])
	}
	if drawn.Bounds() != decoded.Bounds() || drawn.Bounds().Dx() < 1000 {
		t.Fatalf("%v and %v", drawn.Bounds(), decoded.Bounds())
	}
	a, b := drawn.(*image.YCbCr), decoded.(*image.YCbCr)
	sum, lit := 0, 0
	for i, y := range a.Y {
		sum += abs(int(y) - int(b.Y[i]))
		lit += abs(int(y) - int(a.Y[0]))
	}
	if sum > 2*len(a.Y) || lit < 5*len(a.Y) {
		t.Errorf("the thumbnails differ by %d a pixel; the first differs from its own corner by %d", sum/len(a.Y),
			lit/len(a.Y))
	}
}
