package lectern

import (
	"slices"
	"strconv"
	"strings"
)

// maxSelection is the longest text of a selection, in bytes.
const maxSelection = 1000

// Selection selects slides of a deck by their numbers in its video. The zero value selects all of them.
type Selection struct {
	runs []slideRun // in ascending order, with a gap between two of them
}

// slideRun is slides with successive numbers, counted from 1. The last one of an open run is MaxPage.
type slideRun struct{ first, last int }

// ParseSelection reads numbers and ranges, separated by commas: "3-7,12". The end of a range may be left out: "12-"
// selects every slide from 12 on. Order and repetitions have no effect. "" selects all slides.
func ParseSelection(text string) (Selection, error) {
	if strings.TrimSpace(text) == "" {
		return Selection{}, nil
	}
	wrong := func(format string, args ...any) (Selection, error) {
		f := Fail(CodeInvalidRequest, format, args...).On("slides")
		f.Message += " Write numbers and ranges of slides, such as 3-7,12."
		return Selection{}, f
	}
	if len(text) > maxSelection {
		return wrong("A selection of slides has at most %d characters.", maxSelection)
	}
	var runs []slideRun
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		first, last, ranged := strings.Cut(part, "-")
		from, ok := slideNumber(first)
		to := from
		if ranged && ok {
			if to = MaxPage; strings.TrimSpace(last) != "" {
				to, ok = slideNumber(last)
			}
		}
		switch {
		case !ok:
			return wrong("%q does not select slides.", Shorten(part))
		case to < from:
			return wrong("The range %s ends before it begins.", Shorten(part))
		}
		runs = append(runs, slideRun{from, to})
	}
	slices.SortFunc(runs, func(a, b slideRun) int { return a.first - b.first })
	merged := runs[:1]
	for _, r := range runs[1:] {
		if end := &merged[len(merged)-1].last; r.first <= *end+1 {
			*end = max(*end, r.last)
		} else {
			merged = append(merged, r)
		}
	}
	return Selection{merged}, nil
}

// slideNumber reads the number of a slide.
func slideNumber(s string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return n, err == nil && n >= 1 && n <= MaxPage
}

// All reports whether s selects all slides of every deck.
func (s Selection) All() bool { return s.runs == nil }

// String is s in its shortest form, such as "3-7,12"; "" selects all slides.
func (s Selection) String() string {
	parts := make([]string, len(s.runs))
	for i, r := range s.runs {
		parts[i] = strconv.Itoa(r.first)
		switch {
		case r.last == MaxPage && r.first < MaxPage:
			parts[i] += "-"
		case r.last > r.first:
			parts[i] += "-" + strconv.Itoa(r.last)
		}
	}
	return strings.Join(parts, ",")
}

// Number is the number in the deck of the i-th selected slide, both counted from 1. 0, which stands for no slide, stays
// as it is, and so does a number beyond the selected slides.
func (s Selection) Number(i int) int {
	if i < 1 {
		return i
	}
	left := i
	for _, r := range s.runs {
		if n := r.last - r.first + 1; left > n {
			left -= n
			continue
		}
		return r.first + left - 1
	}
	return i
}

// Numbers lists the numbers of the selected slides of a deck with so many slides. It fails if the selection names a
// slide that the deck does not have.
func (s Selection) Numbers(slides int) ([]int, error) {
	runs := s.runs
	if s.All() && slides > 0 {
		runs = []slideRun{{1, slides}}
	}
	var numbers []int
	for _, r := range runs {
		beyond := 0
		switch {
		case r.first > slides:
			beyond = r.first
		case r.last > slides && r.last < MaxPage:
			beyond = r.last
		}
		if beyond > 0 {
			return nil, Fail(CodeInvalidRequest, "The deck has %s, so there is no slide %d to select.", count(slides, "slide"),
				beyond).On("slides")
		}
		for n := r.first; n <= min(r.last, slides); n++ {
			numbers = append(numbers, n)
		}
	}
	return numbers, nil
}

// count is a number of things: "1 slide", "2 slides".
func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// Only returns d with only the slides of these numbers, counted from 1 and in ascending order. The transition to a
// slide is the one that leads to it in d, and the title stays, also where it is that of the first slide. The parts of a
// recording of the whole deck become the sounds of the slides, if it says where they begin.
func (d Deck) Only(numbers []int) Deck {
	all, transitions, r := d.Slides, d.Transitions, d.Recording
	d.Title = d.heading()
	d.Slides, d.Transitions = make([]Slide, 0, len(numbers)), nil
	divided := r != nil && len(r.Starts) == len(all)
	if divided {
		d.Recording = nil
	}
	for i, n := range numbers {
		s := all[n-1]
		if divided && s.Sound == nil {
			s.Sound = &SoundOf{File: r.File, Start: r.Starts[n-1]}
			if n < len(all) {
				s.Sound.End = r.Starts[n]
			}
		}
		d.Slides = append(d.Slides, s)
		if i == 0 {
			continue
		}
		t := Transition{Type: TransitionNone}
		if n-2 < len(transitions) {
			t = transitions[n-2]
		}
		d.Transitions = append(d.Transitions, t)
	}
	if len(transitions) == 0 {
		d.Transitions = nil
	}
	return d
}
