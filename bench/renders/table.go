package renders

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// section is a table with a title.
type section struct {
	title string
	note  string
	head  []string
	rows  [][]string
}

// sections returns the tables of a report: one for each deck, then the similarity of pictures, then the targets.
func (r Report) sections() []section {
	var all []section
	for _, k := range r.kinds() {
		s := section{title: k.Title(), head: heading()}
		for _, row := range r.Rows {
			if row.Deck != k {
				continue
			}
			s.rows = append(s.rows, r.cells(row))
			if row.Seconds > 0 {
				s.note = fmt.Sprintf("%.1f s of video", row.Seconds)
			}
		}
		all = append(all, s)
	}
	if q := r.Quality; q != nil {
		s := section{title: "Pictures", note: "deck with a presenter",
			head: []string{"pair", "PSNR (luma)", "SSIM", "VMAF"}}
		add := func(name string, l Likeness) {
			vmaf := "–"
			if l.VMAF > 0 {
				vmaf = fmt.Sprintf("%.1f", l.VMAF)
			}
			s.rows = append(s.rows, []string{name, fmt.Sprintf("%.2f dB", l.PSNR), fmt.Sprintf("%.4f", l.SSIM), vmaf})
		}
		add("spliced and ordinary", q.Paths)
		add("spliced and the reference", q.Spliced)
		add("ordinary and the reference", q.Ordinary)
		all = append(all, s)
	}
	if len(r.Targets) > 0 {
		s := section{title: "Targets", head: []string{"what", "target", "found", ""}}
		for _, t := range r.Targets {
			met := "missed"
			if t.Met {
				met = "met"
			}
			s.rows = append(s.rows, []string{t.Name, t.Aim, t.Found, met})
		}
		all = append(all, s)
	}
	return all
}

// Text writes the report for a terminal.
func (r Report) Text() string {
	var b strings.Builder
	for _, s := range r.sections() {
		title := s.title
		if s.note != "" {
			title += " (" + s.note + ")"
		}
		fmt.Fprintf(&b, "\n%s\n", title)
		widths := make([]int, len(s.head))
		lines := append([][]string{s.head}, s.rows...)
		for _, l := range lines {
			for i, c := range l {
				if i == len(l)-1 && i < len(s.head)-1 {
					continue // the reason of an absent way spans the columns
				}
				widths[i] = max(widths[i], utf8.RuneCountInString(c))
			}
		}
		for _, l := range lines {
			var line strings.Builder
			for i, c := range l {
				line.WriteString("  " + c + strings.Repeat(" ", max(widths[i]-utf8.RuneCountInString(c), 0)))
			}
			b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		}
	}
	return b.String()
}

// explanation is the text about how the figures were measured.
const explanation = `All ways made the same talks in the same run, in turn; figures are medians of the rounds. *Time* is that of the whole
process tree, *CPU* is user and system time of all its processes, including those that outlive their parents. *Memory* is
the highest sum of their resident sets, sampled every 100 ms; shared pages count for each process. The other ways start
from finished pictures of slides, sounds and presenter's clips, cut from a nearly lossless video by Lectern. They only
compose and encode, which favours them. Lectern makes everything from the text: voice, slides in a browser, presenter,
captions. Its *encode stage* is a render with slides and voices in the cache, minus a render that only joins; it draws the
presenter and encodes. The *floor* encodes finished raw pictures from the disk with the same encoder and arguments. The
last two columns compare whole videos with Lectern, and the floor with the encode stage. Targets are the medians of ratios
within rounds, because the speed of the machine changes between rounds.
`

// rounds returns the number of rounds as text.
func (r Report) rounds() string {
	if r.Other > 0 && r.Other < r.Runs {
		return fmt.Sprintf("%d, of which %d include the ways of other programs, which are slow", r.Runs, r.Other)
	}
	return strconv.Itoa(r.Runs)
}

// Markdown writes the report as a section of a page. chart is the address of its picture; "": none.
func (r Report) Markdown(chart string) string {
	var b strings.Builder
	b.WriteString("## Rendering\n\n")
	if chart != "" {
		fmt.Fprintf(&b, "![How long it takes to make the same talk](%s)\n\n", chart)
	}
	b.WriteString(explanation)
	fmt.Fprintf(&b,
		"\n- **When**: %s\n- **Where**: %s\n- **With**: %s\n- **Rounds**: %s\n- **Decks**: %d slides, about %.0f s, %d×%d, "+
			"%d frames a second\n",
		r.Date.Format(time.RFC3339), r.Machine, strings.Join(r.Programs, "; "), r.rounds(), r.Shape.Slides,
		r.Shape.Seconds, r.Shape.Size.Width, r.Shape.Size.Height, r.Shape.Rate)
	for _, s := range r.sections() {
		fmt.Fprintf(&b, "\n### %s\n\n", s.title)
		if s.note != "" {
			b.WriteString(strings.ToUpper(s.note[:1]) + s.note[1:] + ".\n\n")
		}
		b.WriteString("| " + strings.Join(s.head, " | ") + " |\n| --- |" +
			strings.Repeat(" ---: |", len(s.head)-1) + "\n")
		for _, l := range s.rows {
			b.WriteString("|")
			for i := range s.head {
				cell := ""
				if i < len(l) {
					cell = strings.ReplaceAll(l[i], "|", "\\|")
				}
				b.WriteString(" " + cell + " |")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
