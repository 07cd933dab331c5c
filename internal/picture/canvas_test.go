package picture

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

// The part equals its place in the whole picture, before and after a window is written.
func TestCanvasPartsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := lectern.Size{Width: 2 * rapid.IntRange(8, 200).Draw(t, "width"),
			Height: 2 * rapid.IntRange(8, 200).Draw(t, "height")}
		w := drawWindow(t, size).At
		part := around(w, rapid.IntRange(0, 3).Draw(t, "margin"))
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		noise := func(width, height int) *YUV {
			planes := NewYUV(width, height)
			for i := range planes.Pix {
				planes.Pix[i] = byte(random.Uint32())
			}
			return planes
		}
		c := NewCanvas(noise(size.Width, size.Height), part, w)
		check := func() {
			seen := part // its area inside the picture
			seen.Width, seen.Height = min(seen.Width, size.Width-seen.X), min(seen.Height, size.Height-seen.Y)
			got, want := make([]byte, seen.Width*seen.Height*3/2), make([]byte, seen.Width*seen.Height*3/2)
			cutOut(size, seen, c.Whole, want)
			inner := seen
			inner.X, inner.Y = 0, 0
			cutOut(lectern.Size{Width: part.Width, Height: part.Height}, inner, c.Part, got)
			if !bytes.Equal(got, want) {
				t.Fatal("the part differs from the whole")
			}
		}
		check()
		region := noise(w.Width, w.Height).Pix
		c.PutPart(region)
		c.PutWhole(region)
		check()
		got := make([]byte, len(region))
		cutOut(size, w, c.Whole, got)
		if !bytes.Equal(got, region) {
			t.Fatal("the window does not show the region")
		}
	})
}

// around returns a window with a margin, in whole macroblocks. It may extend beyond the picture at the right and below.
func around(w lectern.Rect, margin int) lectern.Rect {
	span := func(at, length int) (from, n int) {
		from = max(at/16-margin, 0) * 16
		return from, ((at+length+15)/16+margin)*16 - from
	}
	var r lectern.Rect
	r.X, r.Width = span(w.X, w.Width)
	r.Y, r.Height = span(w.Y, w.Height)
	return r
}

func cutOut(size lectern.Size, at lectern.Rect, whole, part []byte) {
	each(size, at, func(whole, part []byte, stride, _ int, at lectern.Rect) {
		for y := range at.Height {
			copy(part[y*at.Width:][:at.Width], whole[(at.Y+y)*stride+at.X:])
		}
	}, whole, part)
}
