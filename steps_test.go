package lectern

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// placed writes the places of n clicks into the text, each as its number in braces, with the pause that follows it.
func placed(narration string, n int) string {
	s := ParseScript(narration)
	var b strings.Builder
	from := 0
	for i, c := range s.PlaceClicks(n) {
		b.WriteString(s.Text[from:c.At])
		fmt.Fprintf(&b, "{%d}", i+1)
		if c.Wait > 0 {
			fmt.Fprintf(&b, "{%v}", c.Wait)
		}
		from = c.At
	}
	return b.String() + s.Text[from:]
}

// A click is at its mark. Clicks without a mark divide what follows the last mark: its paragraphs, else its sentences,
// else its words.
func TestClicksHavePlaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		written string
		clicks  int
		want    string
	}{
		{"Three things. [click] The first. [click] The second. [click] And the third.", 3,
			"Three things. {1}The first. {2}The second. {3}And the third."},
		{"[click]One. [Click:2] Two.", 3, "{1}One. {2}{3}Two."},
		{"One [click] [pause 2s] two [pause] [click] three", 2, "One {1}{2s}two {2}three"},
		{"One. [click:3] Two.", 2, "One. {1}{2}Two."},
		{"One. [click]", 1, "One.{1}"},
		{"One. Two. Three. Four.", 1, "One. Two. {1}Three. Four."},
		{"One. Two.\n\nThree. Four.\n\nFive. Six.", 2, "One. Two.\n\n{1}Three. Four.\n\n{2}Five. Six."},
		{"One. Two.\n\nThree. Four.", 3, "One. {1}Two.\n\n{2}Three. {3}Four."},
		{"One. [click] Two. Three. Four.", 3, "One. {1}Two. {2}Three. {3}Four."},
		{"one two three", 2, "one {1}two {2}three"},
		{"第一。第二。第三。", 2, "第一。{1}第二。{2}第三。"},
		{"一二", 1, "一{1}二"},
		{"a", 2, "a{1}{2}"},
		{"…[click]", 1, "…"},
	} {
		if got := placed(c.written, c.clicks); got != c.want {
			t.Errorf("%q: %q, want %q", c.written, got, c.want)
		}
	}
}

// There are as many places as clicks, in order and inside the text. The marks are never said.
func TestClicksAreInOrder(t *testing.T) {
	t.Parallel()
	pieces := []string{"word", "Two. ", " ", "\n\n", "。", "漢", "[click]", "[click:3]", "[pause 1s]", "…", "é", "*", "["}
	rapid.Check(t, func(t *rapid.T) {
		written := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "pieces"), "")
		n, s := rapid.IntRange(0, 25).Draw(t, "clicks"), ParseScript(written)
		if strings.Contains(s.Text, "[click]") {
			t.Fatalf("%q is said", s.Text)
		}
		list := s.PlaceClicks(n)
		if s.Silent() {
			if list != nil {
				t.Fatalf("a silent narration has the clicks %v", list)
			}
			return
		}
		if len(list) != n {
			t.Fatalf("%d places for %d clicks", len(list), n)
		}
		before := 0
		for _, c := range list {
			if c.At < before || c.At > len(s.Text) || c.Wait < 0 || c.Wait > 30*time.Second*30 {
				t.Fatalf("%+v in %q", list, s.Text)
			}
			before = c.At
		}
	})
}

func TestFaultsOfSteps(t *testing.T) {
	t.Parallel()
	page := &PageOf{File: "a.pdf", Page: 3}
	many := make([]SlideStep, MaxSteps+1)
	for name, c := range map[string]struct {
		slide Slide
		want  string // "": none
	}{
		"pages":                     {Slide{Page: page, Steps: []SlideStep{{Page: 1}, {Ahead: 2, Until: 4}}}, ""},
		"elements":                  {Slide{Steps: []SlideStep{{Hidden: []string{"items-2", "title"}}}}, ""},
		"too many":                  {Slide{Page: page, Steps: many}, "21 steps; the limit is 20"},
		"a page without a file":     {Slide{Steps: []SlideStep{{Page: 1}}}, "shows no page of a file"},
		"elements of a page":        {Slide{Page: page, Steps: []SlideStep{{Hidden: []string{"a"}}}}, "cannot be hidden"},
		"nothing hidden":            {Slide{Steps: []SlideStep{{Until: 2}}}, "shows no page of a file"},
		"no id":                     {Slide{Steps: []SlideStep{{Hidden: []string{"a]{}"}}}}, "no id of an element"},
		"a click that comes before": {Slide{Page: page, Steps: []SlideStep{{Until: 3}, {Until: 3}}}, "not after click 3"},
		"no click":                  {Slide{Page: page, Steps: []SlideStep{{Until: -1}}}, "between 1 and 1000"},
		"no page":                   {Slide{Page: page, Steps: []SlideStep{{Page: -1}}}, "between 1 and 10000"},
	} {
		faults := Deck{Slides: []Slide{c.slide}}.Validate(Limits{})
		switch {
		case c.want == "" && len(faults) > 0:
			t.Errorf("%s: %v", name, faults)
		case c.want != "" && (len(faults) != 1 || !strings.Contains(faults[0].Message, c.want) ||
			!strings.HasPrefix(faults[0].Param, "slides[0].steps")):
			t.Errorf("%s: %+v", name, faults)
		}
	}
	s := Slide{Steps: []SlideStep{{}, {Until: 4}, {}}}
	if got := fmt.Sprint(s.Clicks()); got != "[1 4 5]" {
		t.Errorf("the clicks are %s", got)
	}
}
