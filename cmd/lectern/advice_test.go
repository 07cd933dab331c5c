package main

import (
	"bytes"
	"testing"

	"lectern"
)

// Advice is listed by slide. One sentence for several slides is shown once, and what a note says already is left out.
func TestAdviceIsListedBySlide(t *testing.T) {
	t.Parallel()
	say := func(slide int, code, text string) lectern.Warning {
		return lectern.Warning{Code: code, Slide: slide, Message: text, Advice: true}
	}
	notes, advice := split([]lectern.Warning{
		say(7, "unsaid_text", "The narration does not say “Ship one bell for every bicycle”, “Close the shop in Lyon”. "+
			"Viewers who do not see the slide miss that."),
		{Code: "text_overflow", Slide: 2, Message: "It does not fit."},
		say(2, "no_alternative_text", "The picture has no alternative text."),
		say(3, "no_alternative_text", "The picture has no alternative text."),
		say(4, "no_alternative_text", "The picture has no alternative text."),
		say(7, "slide_long", "The slide stays for about 4:00 minutes."),
		say(9, "text_overflow", "It is said already."),
	})
	if len(notes) != 1 || notes[0].Slide != 2 {
		t.Errorf("notes %v", notes)
	}
	var out bytes.Buffer
	showAdvice(streams{err: &out}, advice)
	const want = `advice
  slides 2–4  The picture has no alternative text.
  slide 7     The narration does not say “Ship one bell for every bicycle”, “Close the shop in
              Lyon”. Viewers who do not see the slide miss that.
              The slide stays for about 4:00 minutes.
`
	if out.String() != want {
		t.Errorf("got\n%s", out.String())
	}
}
