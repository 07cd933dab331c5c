package lectern_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
)

// A selection is written in its shortest form. What is not one is refused with the reason.
func TestSelectionsOfSlides(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", " ": "", "3": "3", "3-7,12": "3-7,12", "12, 3 - 5": "3-5,12", "1,2,3": "1-3", "4-9,5": "4-9", "5-": "5-",
		"2,7-,9": "2,7-",
	} {
		s, err := lectern.ParseSelection(text)
		if err != nil || s.String() != want || s.All() != (want == "") {
			t.Errorf("%q is %q (%v), want %q", text, s, err, want)
		}
	}
	for text, want := range map[string]string{
		"0": `"0"`, "x": `"x"`, "3,,4": `""`, "7-3": "7-3 ends before it begins", "-4": `"-4"`, "1-2-3": `"1-2-3"`,
		"10001": `"10001"`, strings.Repeat("1,", 501): "1000 characters",
	} {
		_, err := lectern.ParseSelection(text)
		f := lectern.AsFailure(err)
		if f == nil || f.Code != lectern.CodeInvalidRequest || f.Param != "slides" || !strings.Contains(f.Message, want) ||
			!strings.Contains(f.Message, "such as 3-7,12") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for text, want := range map[string]string{"6": "slide 6", "2-9": "slide 9", "6-": "slide 6", "1,8-": "slide 8"} {
		s, err := lectern.ParseSelection(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Numbers(5)
		if f := lectern.AsFailure(err); f == nil || f.Param != "slides" ||
			!strings.Contains(f.Message, "has 5 slides, so there is no "+want) {
			t.Errorf("%q of 5 slides: %v", text, err)
		}
	}
}

// Any list of ranges selects the slides that it names, each once and in the order of the deck. The i-th of them has its
// number in the deck, and what is written is read as the same selection.
func TestSelectionsSelectWhatTheyName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(1, 40).Draw(t, "slides")
		var want []int
		var parts []string
		for range rapid.IntRange(1, 6).Draw(t, "ranges") {
			first := rapid.IntRange(1, total).Draw(t, "first")
			last := rapid.IntRange(first, total).Draw(t, "last")
			part := strconv.Itoa(first) + "-"
			if open := rapid.Bool().Draw(t, "open"); open {
				last = total
			} else {
				part += strconv.Itoa(last)
			}
			parts = append(parts, part)
			for n := first; n <= last; n++ {
				want = append(want, n)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		s, err := lectern.ParseSelection(strings.Join(parts, ","))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Numbers(total)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%s selects %v (%v), want %v", s, got, err, want)
		}
		for i, n := range want {
			if s.Number(i+1) != n {
				t.Fatalf("slide %d of %s is %d, want %d", i+1, s, s.Number(i+1), n)
			}
		}
		again, err := lectern.ParseSelection(s.String())
		if err != nil || again.String() != s.String() {
			t.Fatalf("%s is read as %s (%v)", s, again, err)
		}
	})
}

// A part of a deck keeps its title, the ids of its slides, and the transition that leads to each of them.
func TestPartsOfADeck(t *testing.T) {
	t.Parallel()
	fade := func(seconds int) lectern.Transition {
		return lectern.Transition{Type: "fade", Duration: time.Duration(seconds) * time.Second}
	}
	d := lectern.Deck{Slides: []lectern.Slide{{ID: "a", Props: map[string]any{"title": "First"}}, {ID: "b"}, {ID: "c"},
		{ID: "d"}, {ID: "e"}}, Transitions: []lectern.Transition{fade(1), fade(2), fade(3)}}
	got := d.Only([]int{2, 4, 5})
	var ids []string
	for _, s := range got.Slides {
		ids = append(ids, s.ID)
	}
	if got.Title != "First" || !slices.Equal(ids, []string{"b", "d", "e"}) ||
		!slices.Equal(got.Transitions, []lectern.Transition{fade(3), {Type: "none"}}) {
		t.Errorf("got %q, %v, %v", got.Title, ids, got.Transitions)
	}
	if all := d.Only([]int{1, 2, 3, 4, 5}); len(all.Slides) != 5 || all.Transitions[2] != fade(3) {
		t.Errorf("all slides: %+v", all)
	}
	d.Recording = &lectern.Recording{File: "talk.wav", Starts: []time.Duration{0, 1, 2, 3, 4}}
	got = d.Only([]int{2, 5})
	if got.Recording != nil || *got.Slides[0].Sound != (lectern.SoundOf{File: "talk.wav", Start: 1, End: 2}) ||
		*got.Slides[1].Sound != (lectern.SoundOf{File: "talk.wav", Start: 4}) {
		t.Errorf("the parts of a recording: %+v", got.Slides)
	}
	if len(d.Slides) != 5 || d.Slides[1].Sound != nil || d.Title != "" || len(d.Transitions) != 3 {
		t.Error("the deck itself has changed")
	}
}
