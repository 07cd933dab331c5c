package deck

import (
	"maps"
	"slices"

	"lectern"
)

// NarrationOf reads the setting "narration", which says what is heard: "recorded" (only recordings), "notes" (only what
// a voice speaks), "none" (nothing), or "" (the best there is).
func NarrationOf(text string) (Narration, error) {
	switch n := Narration(text); n {
	case "", Recorded, Notes, Nothing:
		return n, nil
	}
	return "", lectern.Fail(lectern.CodeInvalidDeck, "\"narration\" is %q, %q or %q, not %q.", Recorded, Notes, Nothing,
		lectern.Shorten(text)).On("settings.narration")
}

// heard returns d without the sounds and texts that are not to be heard. Translations lose what their slide loses.
func heard(d lectern.Deck, mode Narration) lectern.Deck {
	if mode == "" || mode == Recorded && d.Recording != nil {
		return d // a recording of the whole talk has the words of every slide
	}
	d.Recording = nil
	d.Slides = slices.Clone(d.Slides)
	for i, s := range d.Slides {
		if mode != Recorded {
			s.Sound = nil
		}
		if mode == Nothing || mode == Recorded && s.Sound == nil {
			s = unspoken(s)
		}
		d.Slides[i] = s
	}
	return d
}

// unspoken returns a slide without the texts that a voice would speak.
func unspoken(s lectern.Slide) lectern.Slide {
	s.Narration = ""
	s.Translations = maps.Clone(s.Translations)
	for tag, t := range s.Translations {
		t.Narration, t.Revisions = "", maps.Clone(t.Revisions)
		delete(t.Revisions, "narration")
		s.Translations[tag] = t
	}
	return s
}
