package lectern_test

import (
	"strings"
	"testing"
	"time"

	"lectern"
)

func TestEstimate(t *testing.T) {
	t.Parallel()
	slide := func(text string, speed float64) lectern.Slide {
		return lectern.Slide{Narration: text, Voice: lectern.VoiceChoice{Speed: speed}}
	}
	minute := strings.Repeat("a", 14*60)
	for name, c := range map[string]struct {
		deck lectern.Deck
		want time.Duration
	}{
		"nothing":            {lectern.Deck{}, 0},
		"held":               {lectern.Deck{Hold: 5 * time.Second, Slides: make([]lectern.Slide, 3)}, 15 * time.Second},
		"a minute of speech": {lectern.Deck{Slides: []lectern.Slide{slide(minute, 0)}}, time.Minute + 800*time.Millisecond},
		"twice as fast": {lectern.Deck{Voice: lectern.VoiceChoice{Speed: 4}, Slides: []lectern.Slide{slide(minute, 2)}},
			30*time.Second + 800*time.Millisecond},
		"the deck's speed": {lectern.Deck{Voice: lectern.VoiceChoice{Speed: 2}, Slides: []lectern.Slide{slide(minute, 0)}},
			30*time.Second + 800*time.Millisecond},
		"Chinese": {lectern.Deck{Slides: []lectern.Slide{slide(strings.Repeat("你", 14), 0)}},
			3*time.Second + 800*time.Millisecond},
		"a fade overlaps; a cut does not, nor a fade after the last slide": {lectern.Deck{
			Hold: 5 * time.Second, Slides: make([]lectern.Slide, 3),
			Transitions: []lectern.Transition{{Type: "fade", Duration: time.Second}, {Type: "none", Duration: time.Second},
				{Type: "fade", Duration: time.Second}},
		}, 14 * time.Second},
		"transitions longer than all": {lectern.Deck{
			Slides: make([]lectern.Slide, 2), Transitions: []lectern.Transition{{Type: "fade", Duration: time.Hour}},
		}, 0},
	} {
		total, slides := c.deck.Estimate()
		if off := total - c.want; off.Abs() > time.Millisecond || len(slides) != len(c.deck.Slides) {
			t.Errorf("%s: %v, not %v, of %v", name, total, c.want, slides)
		}
	}
}
