package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lectern"
)

// split divides the warnings of a check: those that say how the video differs from the deck, and advice. Advice that
// repeats what the parser of the deck says is left out.
func split(all []lectern.Warning) (notes, advice []lectern.Warning) {
	for _, w := range all {
		if !w.Advice {
			notes = append(notes, w)
		}
	}
	for _, w := range all {
		if w.Advice && !slices.ContainsFunc(notes, func(n lectern.Warning) bool { return n.Code == w.Code }) {
			advice = append(advice, w)
		}
	}
	slices.SortStableFunc(advice, func(a, b lectern.Warning) int { return a.Slide - b.Slide })
	return notes, advice
}

// adviceWidth is the width of a line of advice, in characters.
const adviceWidth = 100

// showAdvice lists advice by slide. A sentence that holds for several slides is shown once, with their numbers.
func showAdvice(io streams, list []lectern.Warning) {
	if len(list) == 0 {
		return
	}
	type entry struct {
		slides []int
		text   string
	}
	var entries []*entry
	for _, w := range list {
		at := slices.IndexFunc(entries, func(e *entry) bool { return e.text == w.Message })
		switch {
		case at < 0:
			entries = append(entries, &entry{[]int{w.Slide}, w.Message})
		case !slices.Contains(entries[at].slides, w.Slide):
			entries[at].slides = append(entries[at].slides, w.Slide)
		}
	}
	var heads []string
	wide := 0
	for _, e := range entries {
		head := "slide " + numbers(e.slides)
		if len(e.slides) > 1 {
			head = "slides " + numbers(e.slides)
		}
		if e.slides[0] == 0 {
			head = "deck"
		}
		heads = append(heads, head)
		wide = max(wide, min(width(head), 20))
	}
	fmt.Fprintln(io.err, io.bold("advice"))
	last := ""
	for i, e := range entries {
		lines := wrap(e.text, adviceWidth-wide-4)
		head := heads[i]
		switch {
		case head == last:
			head = ""
		case width(head) > wide:
			fmt.Fprintf(io.err, "  %s\n", io.dim(head))
			head = ""
		}
		last = heads[i]
		for _, l := range lines {
			fmt.Fprintf(io.err, "  %s%s  %s\n", io.dim(head), strings.Repeat(" ", wide-width(head)), l)
			head = ""
		}
	}
}

// numbers writes numbers in order: "2, 4–9".
func numbers(list []int) string {
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		switch j - i {
		case 0:
			parts = append(parts, strconv.Itoa(list[i]))
		case 1:
			parts = append(parts, strconv.Itoa(list[i]), strconv.Itoa(list[j]))
		default:
			parts = append(parts, fmt.Sprintf("%d–%d", list[i], list[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// wrap breaks a text into lines of at most wide characters, at spaces.
func wrap(text string, wide int) []string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(text) {
		if line != "" && width(line)+1+width(w) > wide {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += w
	}
	return append(lines, line)
}
