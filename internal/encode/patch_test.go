package encode

import (
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

func drawEncoding(t *rapid.T) Encoding {
	even := func(name string, from, to int) int { return 2 * rapid.IntRange(from/2, to/2).Draw(t, name) }
	return Encoding{Size: lectern.Size{Width: even("width", 320, 1920), Height: even("height", 180, 1080)},
		Rate: rapid.IntRange(12, 60).Draw(t, "rate")}
}

func drawPlace(t *rapid.T, size lectern.Size) lectern.Rect {
	even := func(name string, from, to int) int { return 2 * rapid.IntRange(from/2, to/2).Draw(t, name) }
	w := lectern.Rect{Width: even("window width", 2, size.Width/2), Height: even("window height", 2, size.Height/2)}
	w.X, w.Y = even("x", 0, size.Width-w.Width), even("y", 0, size.Height-w.Height)
	return w
}

func TestPatchContainsItsWindowWithAMargin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEncoding(t)
		w := drawPlace(t, e.Size)
		p, ok := e.Patch(w)
		if p.At.X%block+p.At.Y%block+p.At.Width%block+p.At.Height%block != 0 {
			t.Fatalf("%+v is not made of macroblocks", p.At)
		}
		right, bottom := (e.Size.Width+block-1)/block*block, (e.Size.Height+block-1)/block*block
		if p.At.X > max(w.X-patchMargin, 0) || p.At.Y > max(w.Y-patchMargin, 0) ||
			p.At.X+p.At.Width < min(w.X+w.Width+patchMargin, right) ||
			p.At.Y+p.At.Height < min(w.Y+w.Height+patchMargin, bottom) ||
			p.At.X+p.At.Width > right || p.At.Y+p.At.Height > bottom || p.At.X < 0 || p.At.Y < 0 {
			t.Fatalf("%+v in %+v gives %+v", w, e.Size, p.At)
		}
		if share := float64(p.At.Width*p.At.Height) / float64(e.Size.Width*e.Size.Height); ok != (share <= patchShare) {
			t.Fatalf("a patch of %.2f of the picture: %v", share, ok)
		}
		e.Plain = true
		if _, ok := e.Patch(w); ok {
			t.Fatal("a plain encoding has a patch")
		}
	})
}

func TestGroupsAddUpToAllFrames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := drawEncoding(t)
		frames, sum := rapid.Int64Range(1, 20_000).Draw(t, "frames"), int64(0)
		groups := e.Groups(frames)
		for i, n := range groups {
			last := i == len(groups)-1
			if !last && n != int64(e.GOP()) || n > int64(e.GOP())+1 || n < 2 && frames > 1 {
				t.Fatalf("group %d of %d has %d pictures", i, len(groups), n)
			}
			sum += n
		}
		if sum != frames {
			t.Fatalf("%d frames became %d", frames, sum)
		}
	})
}
