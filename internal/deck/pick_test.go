package deck_test

import (
	"errors"
	"slices"
	"testing"

	"lectern"
	"lectern/internal/deck"
)

// A request for some slides has only their faults, warnings and reports. Faults, also those that a check finds in the
// part, name slides and fields as the author wrote them; warnings have the numbers of the video.
func TestPickedSlides(t *testing.T) {
	t.Parallel()
	q := deck.Request{
		Deck:     lectern.Deck{Slides: make([]lectern.Slide, 5), Transitions: make([]lectern.Transition, 4)},
		Warnings: []lectern.Warning{{Message: "deck"}, {Slide: 1}, {Slide: 4}},
		Faults:   []lectern.Failure{{Message: "two", Slide: 2}, {Message: "five", Slide: 5}},
		Report:   []deck.SlideReport{{Slide: 1}, {Source: 2}, {Slide: 4, Source: 5}},
		Places: deck.Places{"title": "name", "slides[3].narration": "slides_data[3].text", "slides[0].hold": "x",
			"slides[4]": "slides_data[4]"},
	}
	s, err := lectern.ParseSelection("4-5")
	if err != nil {
		t.Fatal(err)
	}
	p, err := q.Pick(s)
	if err != nil || len(p.Deck.Slides) != 2 || !slices.Equal(p.Numbers, []int{4, 5}) {
		t.Fatalf("%d slides, %v (%v)", len(p.Deck.Slides), p.Numbers, err)
	}
	if len(p.Warnings) != 2 || p.Warnings[0].Slide != 0 || p.Warnings[1].Slide != 1 || len(p.Report) != 1 ||
		p.Report[0].Slide != 1 || p.Report[0].Source != 5 {
		t.Errorf("warnings %v, report %v", p.Warnings, p.Report)
	}
	found := lectern.Join([]lectern.Failure{
		{Code: lectern.CodeInvalidDeck, Slide: 1, Param: "slides[0].narration"},
		{Code: lectern.CodeInvalidDeck, Slide: 2, Param: "slides[1].hold"},
		{Code: lectern.CodeInvalidDeck, Param: "transitions[0].duration"},
		{Code: lectern.CodeInvalidDeck, Param: "title"},
	})
	f, ok := errors.AsType[*lectern.Failure](p.Judge(found))
	if !ok {
		t.Fatal("no faults")
	}
	type place struct {
		slide int
		param string
	}
	var got []place
	for _, c := range f.Faults() {
		got = append(got, place{c.Slide, c.Param})
	}
	want := []place{{5, ""}, {4, "slides_data[3].text"}, {5, "slides_data[4].hold"}, {0, "transitions[3].duration"},
		{0, "name"}}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if len(q.Warnings) != 3 || len(q.Faults) != 2 || q.Places["slides[0].hold"] != "x" {
		t.Error("the request itself has changed")
	}
	if s, err = lectern.ParseSelection("6"); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Pick(s); lectern.AsFailure(err).Code != lectern.CodeInvalidRequest {
		t.Errorf("a slide that is not there: %v", err)
	}
	if same, err := q.Pick(lectern.Selection{}); err != nil || len(same.Deck.Slides) != 5 || same.Number(3) != 3 {
		t.Errorf("all slides: %v", err)
	}
}

func TestSlidesOfARecordingWithoutTimesCannotBeSelected(t *testing.T) {
	t.Parallel()
	s, err := lectern.ParseSelection("2")
	if err != nil {
		t.Fatal(err)
	}
	q := deck.Request{Deck: lectern.Deck{Recording: &lectern.Recording{File: "a.mp3"}, Slides: make([]lectern.Slide, 2)}}
	if _, err := q.Pick(s); err == nil || lectern.AsFailure(err).Code != lectern.CodeInvalidRequest {
		t.Error(err)
	}
}
