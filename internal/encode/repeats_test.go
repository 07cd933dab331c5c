package encode

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRepeatsAddUpToAllFrames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		frames, gop := rapid.Int64Range(1, 100_000).Draw(t, "frames"), rapid.Int64Range(3, 300).Draw(t, "gop")
		sum := int64(0)
		for _, n := range Repeats(frames, gop) {
			if n > gop || n < 1 || n == 1 && frames > 1 {
				t.Fatalf("a group has %d pictures; at most %d are allowed, and one only if there is one frame", n, gop)
			}
			sum += n
		}
		if sum != frames {
			t.Fatalf("%d frames became %d", frames, sum)
		}
	})
}
