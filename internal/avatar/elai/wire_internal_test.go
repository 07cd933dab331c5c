package elai

import "testing"

// A take is ordered in front of pure green, unless the request has a background colour.
func TestAnOrderHasGreenOrTheGivenBackground(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": Green, "#336699": "#336699"} {
		if got := newOrder("00", look{}, voice{}, "Hello.", given).Slides[0].Canvas.Background; got != want {
			t.Errorf("the background %q is ordered as %q, want %q", given, got, want)
		}
	}
}
