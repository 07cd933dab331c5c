package align

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

// drawTrack draws a track; only that of a reference has boundaries.
func drawTrack(t *rapid.T, name string, most kind) *track {
	var out track
	row := make([]float32, dims)
	for i, k := range rapid.SliceOfN(rapid.ByteRange(0, 20+byte(most)), 0, 60).Draw(t, name) {
		for d := range row {
			row[d] = float32((int(k)*(d+3))%7) - 3
		}
		out.add(row, kind(max(int(k)-20, 0)), int32(i))
	}
	return &out
}

// A path visits every frame of both tracks once or more, in order, and is the same when its directions are computed in
// blocks.
func TestPathsCoverBothTracksInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rec, ref := drawTrack(t, "recording", pause), drawTrack(t, "reference", boundary)
		half := rapid.IntRange(1, 60).Draw(t, "half")
		w := warp{ctx: context.Background(), rec: rec, ref: ref, size: 1, unit: 0.2}
		n, m := rec.len(), ref.len()
		for i := range n + 1 {
			at := i * m / max(n, 1)
			w.lo, w.hi = append(w.lo, int32(max(at-half, 0))), append(w.hi, int32(min(at+half, m)))
		}
		w.lo, w.hi = widen(w.lo, w.hi, m)
		path, err := w.path()
		if err != nil {
			t.Fatal(err)
		}
		i, j := int32(0), int32(0) // frames that are done
		for _, s := range path {
			switch s.move {
			case match:
				if s.i > i || s.j > j || s.i < i-1 || s.j < j-1 || s.i == i-1 && s.j == j-1 {
					t.Fatalf("%+v after %d and %d frames", s, i, j)
				}
				i, j = s.i+1, s.j+1
			case extra:
				if s.i != i || s.j != j {
					t.Fatalf("%+v after %d and %d frames", s, i, j)
				}
				i++
			case skip:
				if s.i != i || s.j != j {
					t.Fatalf("%+v after %d and %d frames", s, i, j)
				}
				j++
			}
		}
		if int(i) != n || int(j) != m {
			t.Fatalf("the path ends after %d of %d and %d of %d frames", i, n, j, m)
		}
		w.keep = 1
		if blocks, err := w.path(); err != nil || !slices.Equal(blocks, path) {
			t.Fatalf("in blocks the path is another: %v", err)
		}
	})
}

func TestPausesAreFoundInNoise(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		noise := rapid.Float64Range(-90, -60).Draw(t, "noise")
		var sound []float32
		var want []stretch
		seed := uint64(1)
		for range rapid.IntRange(3, 6).Draw(t, "phrases") {
			for k, length := range []int{rapid.IntRange(60, 200).Draw(t, "speech"), rapid.IntRange(25, 100).Draw(t, "pause")} {
				start := len(sound) / bands
				for i := range length * bands {
					seed = seed*6364136223846793005 + 1442695040888963407
					level := noise + float64(seed>>40)/(1<<24)*6
					if k == 0 {
						level = -40 + float64((i/bands*7+i%bands)%20)
					}
					sound = append(sound, float32(level))
				}
				if k == 1 {
					want = append(want, stretch{start, len(sound) / bands})
				}
			}
		}
		v := study(sound)
		got, _ := v.pauses(sound)
		if len(got) != len(want) {
			t.Fatalf("%v, not %v", got, want)
		}
		for i := range got {
			if d := got[i].start - want[i].start; max(d, -d) > 3 {
				t.Fatalf("%v, not %v", got, want)
			}
		}
	})
}

func TestLongSoundsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := listen(t.Context(), bytes.NewReader(make([]byte, 4*hop)), hop)
	if !errors.Is(err, &lectern.Failure{Code: lectern.CodeTooLarge}) {
		t.Error(err)
	}
	broken := errors.New("broken")
	_, err = Listen(t.Context(), io.MultiReader(bytes.NewReader(make([]byte, 99)), failing{broken}))
	if !errors.Is(err, broken) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
