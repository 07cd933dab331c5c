package lectern_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"lectern"
)

// In every aspect ratio, a preset's size is even, its shorter side has the preset's lines, and it keeps the ratio.
func TestAPresetKeepsTheAspect(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		aspect := lectern.Size{Width: rapid.IntRange(1, 4000).Draw(t, "width"),
			Height: rapid.IntRange(1, 4000).Draw(t, "height")}
		p := rapid.SampledFrom(lectern.Presets()).Draw(t, "preset")
		got := p.Size(aspect)
		want := float64(aspect.Width) / float64(aspect.Height) * float64(got.Height)
		if got.Width%2 != 0 || got.Height%2 != 0 || min(got.Width, got.Height) != p.Lines() ||
			math.Abs(want-float64(got.Width)) > 1+want/float64(p.Lines()) {
			t.Fatalf("%v at %s is %v", aspect, p, got)
		}
	})
	if got := lectern.Preset4K.Size(lectern.Size{}); got != (lectern.Size{Width: 3840, Height: 2160}) {
		t.Errorf("without an aspect: %v", got)
	}
}
