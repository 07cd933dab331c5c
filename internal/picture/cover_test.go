package picture_test

import (
	"image"
	"image/color"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/picture"
)

func circle(x, y, side int) picture.Window {
	return picture.Window{At: lectern.Rect{X: x, Y: y, Width: side, Height: side}, Shape: lectern.ShapeCircle, Inset: true,
		Unit: 1}
}

// What is drawn counts, a gradient does not, and neither does what is in the corners of a circle's square.
func TestAWindowCoversWhatIsDrawnUnderIt(t *testing.T) {
	t.Parallel()
	img := filled(image.Rect(0, 0, 400, 400), white)
	for y := range 400 {
		for x := range 400 {
			img.SetRGBA(x, y, color.RGBA{uint8(x / 2), uint8(y / 2), 90, 255})
		}
	}
	w := circle(100, 100, 200)
	if got := w.Covers(img, nil); got != (picture.Cover{}) {
		t.Errorf("a gradient: %v", got)
	}
	lines := func(at image.Rectangle) {
		for y := at.Min.Y; y < at.Max.Y; y += 4 {
			for x := at.Min.X; x < at.Max.X; x++ {
				img.SetRGBA(x, y, color.RGBA{255, 255, 255, 255})
			}
		}
	}
	lines(image.Rect(90, 90, 110, 110))
	if got := w.Covers(img, []image.Rectangle{image.Rect(90, 90, 110, 110)}); got != (picture.Cover{}) {
		t.Errorf("next to the circle: %v", got)
	}
	lines(image.Rect(0, 200, 400, 400))
	got := w.Covers(img, []image.Rectangle{image.Rect(0, 200, 400, 250)})
	if got.Ink < 0.4 || got.Ink > 0.6 || got.Text < 0.2 || got.Text > 0.4 || !got.HidesText() {
		t.Errorf("the lower half: %v", got)
	}
}

func covers(t *rapid.T) [][]picture.Cover {
	share := rapid.Float64Range(0, 1)
	cover := rapid.Custom(func(t *rapid.T) picture.Cover {
		return picture.Cover{Ink: share.Draw(t, "ink"),
			Text: share.Draw(t, "text")}
	})
	return rapid.SliceOfN(rapid.SliceOfN(cover, 4, 4), 1, 12).Draw(t, "covers")
}

// The place does not depend on the order of the slides, nor on slides that appear twice.
func TestTheQuietestPlaceDependsOnWhatSlidesShow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := covers(t)
		k := picture.Quietest(list)
		if got := picture.Quietest(rapid.Permutation(list).Draw(t, "order")); got != k {
			t.Fatalf("in another order it is %d, not %d", got, k)
		}
		if got := picture.Quietest(append(slices.Clone(list), list...)); got != k {
			t.Fatalf("with every slide twice it is %d, not %d", got, k)
		}
	})
}

// A place where nothing is covered wins, the first one if there are several. A place where at least as much is covered
// on every slide as at an earlier place never wins.
func TestTheQuietestPlaceCoversLeast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := covers(t)
		k := picture.Quietest(list)
		for earlier := range k {
			if !slices.ContainsFunc(list, func(s []picture.Cover) bool {
				return s[k].Ink < s[earlier].Ink || s[k].Text < s[earlier].Text
			}) {
				t.Fatalf("place %d covers nothing less than place %d", k, earlier)
			}
		}
		free := rapid.IntRange(0, 3).Draw(t, "free")
		for i := range list {
			list[i] = slices.Clone(list[i])
			for p := range list[i] {
				list[i][p].Ink = max(list[i][p].Ink, 0.2)
			}
			list[i][free] = picture.Cover{}
		}
		if got := picture.Quietest(list); got != free {
			t.Fatalf("nothing is covered at place %d, but %d was chosen", free, got)
		}
	})
	if got := picture.Quietest(nil); got != 0 {
		t.Errorf("without slides: %d", got)
	}
}

// One slide whose text is covered weighs more than several that have a line there.
func TestTheWorstSlidesDecide(t *testing.T) {
	t.Parallel()
	line, text := picture.Cover{Ink: 0.1}, picture.Cover{Ink: 0.6, Text: 0.5}
	list := [][]picture.Cover{{text, line}, {{}, line}, {{}, line}, {{}, line}, {{}, line}}
	if got := picture.Quietest(list); got != 1 {
		t.Errorf("place %d covers text, and was chosen", got)
	}
}
