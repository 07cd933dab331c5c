package jsondeck

import (
	"strings"
	"testing"
	"time"

	"lectern"
)

// A slide can set its own hold. If it has a narration, the hold has no effect, and a warning says so.
func TestV3HoldOfASlide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		slide, deckFields string
		want              time.Duration
		warning           string // "code param"
		fault             string // param
	}{
		"hold":     {slide: `"hold":7.5`, want: 7500 * time.Millisecond},
		"duration": {slide: `"duration":7`, want: 7 * time.Second},
		"null":     {slide: `"hold":null`, want: 0},
		"with a narration": {slide: `"hold":7,"narration":"Hello."`, want: 7 * time.Second,
			warning: "unused_hold slides[0].hold"},
		"with voiceoverTexts": {slide: `"duration":7`, deckFields: `,"voiceoverTexts":["Hello."]`, want: 7 * time.Second,
			warning: "unused_hold slides[0].duration"},
		"nothing to say":       {slide: `"hold":7,"narration":"…"`, want: 7 * time.Second},
		"no number":            {slide: `"hold":"7s"`, fault: "slides[0].hold"},
		"below zero":           {slide: `"hold":-1`, fault: "slides[0].hold"},
		"too long":             {slide: `"duration":1e9`, fault: "slides[0].duration"},
		"two different values": {slide: `"hold":1,"duration":2`, fault: "slides[0].duration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, warnings, err := Parse([]byte(`{"slides":[{"template":"title","title":"x",`+c.slide+`}]`+c.deckFields+`}`),
				lectern.Limits{})
			if c.fault != "" {
				if f := lectern.AsFailure(err); err == nil || f.Param != c.fault || f.Slide != 1 {
					t.Errorf("error: %v", err)
				}
				return
			}
			if err != nil || d.Slides[0].Hold != c.want {
				t.Fatalf("%v, %v", d.Slides, err)
			}
			got := ""
			for _, w := range warnings {
				got += w.Code + " " + w.Param
			}
			if got != c.warning {
				t.Errorf("warnings: %v", warnings)
			}
		})
	}
	d, _, err := Parse([]byte(`{"slides":[{"title":"x","duration":"5 min"}]}`), lectern.Limits{})
	if err != nil || d.Slides[0].Hold != 0 || d.Slides[0].Props["duration"] != "5 min" {
		t.Errorf("a duration in words: %v, %v", d.Slides, err)
	}
}

// Warnings of unknown fields name the whole path, also inside objects of a slide.
func TestV3WarningsOfUnknownFieldsNameTheirPath(t *testing.T) {
	t.Parallel()
	_, warnings, err := Parse([]byte(`{"bogus":1,"voice":{"name":"x"},"slides":[{"title":"x","voice":{"sped":1},"avatarPosition":{"x":1,"y":2,"heigth":9}}]}`), lectern.Limits{})
	var got []string
	for _, w := range warnings {
		got = append(got, w.Param)
	}
	if want := "voice.name slides[0].voice.sped slides[0].avatarPosition.heigth bogus"; err != nil ||
		strings.Join(got, " ") != want {
		t.Errorf("%v, %v", got, err)
	}
	d, _, err := Parse([]byte(`{"slides":[{"props":{"title":"x","narration":"Hello."}}]}`), lectern.Limits{})
	if err != nil || d.Slides[0].Narration != "Hello." {
		t.Errorf("a narration among the props: %v, %v", d.Slides, err)
	}
}
