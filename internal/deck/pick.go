package deck

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"lectern"
)

// Pick returns q with only the slides of its deck that s selects, with their warnings, faults and reports. Call it
// after Choose, whose remarks are about the whole deck. Faults of the request, those that Judge adds later too, name
// slides by their numbers in the source's deck. Its warnings and reports have the numbers in the video. It fails with
// CodeInvalidRequest if the deck lacks a slide that s selects.
func (q Request) Pick(s lectern.Selection) (Request, error) {
	if s.All() {
		return q, nil
	}
	numbers, err := s.Numbers(len(q.Deck.Slides))
	if err != nil {
		return q, err
	}
	if r := q.Deck.Recording; r != nil && len(r.Starts) == 0 && len(numbers) < len(q.Deck.Slides) {
		return q, lectern.Fail(lectern.CodeInvalidRequest, "The deck has one recording for all slides, which is divided by "+
			"comparing it with all narrations, so slides cannot be selected. Give the times at which the slides begin in "+
			"\"starts\" of the recording.").On("slides")
	}
	inVideo := map[int]int{0: 0} // by the number in the deck; 0 stands for the whole deck
	for i, n := range numbers {
		inVideo[n] = i + 1
	}
	var warnings []lectern.Warning
	for _, w := range q.Warnings {
		if n, there := inVideo[w.Slide]; there {
			w.Slide = n
			warnings = append(warnings, w)
		}
	}
	var reports []SlideReport
	for _, r := range q.Report {
		if r.Slide = inVideo[r.Slide]; r.Slide > 0 {
			reports = append(reports, r)
		}
	}
	q.Places = q.Places.pick(numbers)
	q.Deck, q.Numbers, q.Warnings, q.Report = q.Deck.Only(numbers), numbers, warnings, reports
	q.Faults = slices.DeleteFunc(slices.Clone(q.Faults), func(f lectern.Failure) bool {
		_, there := inVideo[f.Slide]
		return !there
	})
	return q, nil
}

// Number is the number in the source's deck of a slide of Deck, both counted from 1. 0, which stands for no slide,
// stays as it is.
func (q Request) Number(slide int) int {
	if slide < 1 || slide > len(q.Numbers) {
		return slide
	}
	return q.Numbers[slide-1]
}

// element matches the path of a field of a slide or a transition.
var element = regexp.MustCompile(`^(slides|transitions)\[(\d+)\](.*)$`)

// pick returns the places of a deck with only the slides of these numbers.
func (p Places) pick(numbers []int) Places {
	now := maps.Clone(p)
	maps.DeleteFunc(now, func(field, _ string) bool { return element.MatchString(field) })
	if now == nil {
		now = Places{}
	}
	at := map[string]int{} // the new index of an element
	place := func(list string, i, old int) {
		from := fmt.Sprintf("%s[%d]", list, old)
		at[from] = i
		now[fmt.Sprintf("%s[%d]", list, i)] = p.Written(from)
	}
	for i, n := range numbers {
		place("slides", i, n-1)
		if i > 0 && n > 1 {
			place("transitions", i-1, n-2)
		}
	}
	for field, written := range p {
		if m := element.FindStringSubmatch(field); m != nil {
			if i, there := at[m[1]+"["+m[2]+"]"]; there {
				now[m[1]+"["+strconv.Itoa(i)+"]"+m[3]] = written
			}
		}
	}
	return now
}
