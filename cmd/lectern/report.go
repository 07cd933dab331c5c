package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lectern"
)

// reported is the event of --json with what was made of the slides of a deck's file.
type reported struct {
	Type    string                `json:"type"` // "report"
	ID      string                `json:"id"`
	Summary string                `json:"summary"`
	Slides  []lectern.SlideReport `json:"slides"`
}

// tell says what was made of the slides of a deck's file: in a line, or as an event of --json. It says nothing about
// decks whose text says it already. A server without reports has nothing to say.
func tell(ctx context.Context, io streams, m maker, id string, c choice, machine bool) error {
	list, err := m.report(ctx, id)
	if errors.Is(err, &lectern.Failure{Code: lectern.CodeNotFound}) {
		return nil
	}
	if err != nil || len(list) == 0 {
		return err
	}
	list = c.reported(list)
	text := summary(list)
	if machine {
		return json.NewEncoder(io.out).Encode(reported{"report", id, text, list})
	}
	fmt.Fprintln(io.err, io.dim(text))
	return nil
}

// reported returns a report with the numbers of the slides in the deck. The given ones count the chosen slides.
func (c choice) reported(list []lectern.SlideReport) []lectern.SlideReport {
	list = slices.Clone(list)
	for i := range list {
		list[i].Slide = c.slides.Number(list[i].Slide)
	}
	return list
}

// summary counts the slides of a report by where their sound comes from: "12 slides: 8 notes spoken, 2 recorded,
// 2 silent, 1 left out · 3 remarks (lectern check shows them)".
func summary(list []lectern.SlideReport) string {
	var slides, hidden, remarks int
	by := map[lectern.NarrationSource]int{}
	for _, r := range list {
		if r.Slide == 0 {
			hidden++
			continue
		}
		slides++
		by[r.Narration]++
		remarks += len(r.Notes)
	}
	var parts []string
	notes := "notes spoken"
	if by[lectern.NarrationNotes] == 1 {
		notes = "note spoken"
	}
	for _, p := range []struct {
		n    int
		what string
	}{
		{by[lectern.NarrationNotes], notes}, {by[lectern.NarrationRecorded], "recorded"},
		{by[lectern.NarrationSilence] + by[lectern.NarrationNone], "silent"}, {hidden, "left out"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	text := count(slides, "slide") + ": " + strings.Join(parts, ", ")
	if remarks > 0 {
		them := "them"
		if remarks == 1 {
			them = "it"
		}
		text += fmt.Sprintf(" · %s (lectern check shows %s)", count(remarks, "remark"), them)
	}
	return text
}

// count writes a number of things.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// The widths of the table of a report, in terminal cells.
const (
	titleCells  = 44
	remarkCells = 100
)

// soundNames are the sources of narration as the table shows them.
var soundNames = map[lectern.NarrationSource]string{
	lectern.NarrationRecorded: "recorded", lectern.NarrationNotes: "notes, spoken", lectern.NarrationSilence: "silent",
	lectern.NarrationNone: "silent",
}

// showReport prints a row for each slide of a report, with what there is to say about it below the row.
func showReport(io streams, list []lectern.SlideReport) {
	if len(list) == 0 {
		return
	}
	cells := width("TITLE")
	for _, r := range list {
		cells = max(cells, width(shorten(r.Title, titleCells)))
	}
	fmt.Fprintln(io.out, io.dim("SLIDE  "+pad("TITLE", cells)+"  SOUND"))
	for _, r := range list {
		number, sound := "–", "left out"
		if r.Slide > 0 {
			number, sound = strconv.Itoa(r.Slide), soundNames[r.Narration]
		}
		row := strings.Repeat(" ", max(0, 5-width(number))) + number + "  " + pad(shorten(r.Title, titleCells), cells) + "  "
		switch {
		case r.Slide == 0:
			row = io.dim(row + sound)
		case r.Narration == lectern.NarrationSilence || r.Narration == lectern.NarrationNone:
			row += io.dim(sound)
		default:
			row += sound
		}
		fmt.Fprintln(io.out, row)
		if r.Slide == 0 {
			continue
		}
		for _, line := range remarksOf(r) {
			fmt.Fprintln(io.out, "       "+io.yellow("· ")+io.dim(line))
		}
	}
	fmt.Fprintln(io.out)
}

// remarksOf returns the lines below the row of a slide. What is on it and not said is advice, see [showAdvice].
func remarksOf(r lectern.SlideReport) []string {
	var lines []string
	for _, n := range r.Notes {
		lines = append(lines, shorten(n.Message, remarkCells))
	}
	return lines
}

// outlined is a slide in the JSON of a check.
type outlined struct {
	Slide    int     `json:"slide"`
	Seconds  float64 `json:"estimated_seconds"`
	Pictures string  `json:"pictures,omitempty"` // lectern.NotChecked: only a render draws it
}

// outlineOf lists the slides of a deck that were chosen, and returns how many of them only a render draws.
func outlineOf(d lectern.Deck, c choice) (list []outlined, later int) {
	_, times := d.Estimate()
	for i, s := range d.Slides {
		o := outlined{Slide: c.slides.Number(i + 1), Pictures: s.Pictures()}
		if i < len(times) {
			o.Seconds = float64(times[i].Milliseconds()/100) / 10
		}
		if o.Pictures != "" {
			later++
		}
		list = append(list, o)
	}
	return list, later
}

// showPictures says which pictures a check has not seen.
func showPictures(io streams, later, slides int) {
	which := fmt.Sprintf("%d of %d slides", later, slides)
	switch {
	case later == 0:
		return
	case later == slides:
		which = "all slides"
	}
	fmt.Fprintf(io.out, "%s\n", io.dim(fmt.Sprintf("pictures of %s: %s; a render draws them from the file", which,
		lectern.NotChecked)))
}
