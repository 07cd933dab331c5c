package slides

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lectern"
)

// onSlide returns the words on a slide, once its template has shown them. Listings, page numbers and the running lines
// of a text in Markdown are left out, because nobody reads them aloud.
func (v *view) onSlide() lectern.Shown {
	var s lectern.Shown
	running := v.names["page"]
	for _, t := range v.made {
		if t.shown && (running == "" || t.prop != running) {
			s.Texts = append(s.Texts, oneLine(t.S))
		}
	}
	add := func(p *picture, field string) {
		switch {
		case p == nil:
		case p.Alt != "":
			s.Alts = append(s.Alts, oneLine(p.Alt))
		case field != "":
			s.Unlabelled = append(s.Unlabelled, fmt.Sprintf("slides[%d].props.%s", v.slide-1, field))
		}
	}
	for _, role := range slices.Sorted(maps.Keys(v.pictures)) {
		add(v.pictures[role], v.names[role])
	}
	for _, role := range slices.Sorted(maps.Keys(v.lists)) {
		for _, it := range v.lists[role] {
			field := v.names[role]
			if it.Title != nil || it.Text != nil {
				field = "" // the words next to the picture say what it is
			}
			add(it.Image, field)
		}
	}
	for _, b := range v.backs {
		add(b.picture, "") // it is decoration
	}
	for _, role := range []string{"heading", "markdown", "leftText", "rightText"} {
		d := v.docs[role]
		if d == nil {
			continue
		}
		s.Texts = append(s.Texts, d.lines...)
		s.Alts = append(s.Alts, d.alts...)
		if d.bare > 0 {
			s.Unlabelled = append(s.Unlabelled, fmt.Sprintf("slides[%d].props.%s", v.slide-1, v.names[role]))
		}
	}
	return s
}

// shownOnPage returns the words on a page of a file: its title, its text, a line each, and the alternative texts of its
// pictures.
func shownOnPage(props map[string]any) lectern.Shown {
	var s lectern.Shown
	if title := oneLine(words(props["title"])); title != "" {
		s.Texts = append(s.Texts, title)
	}
	for line := range strings.Lines(words(props["text"])) {
		if line = oneLine(line); line != "" && !slices.Contains(s.Texts, line) {
			s.Texts = append(s.Texts, line)
		}
	}
	for line := range strings.Lines(words(props["alt"])) {
		if line = oneLine(line); line != "" {
			s.Alts = append(s.Alts, line)
		}
	}
	return s
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// onMarp returns the words on a slide that Marp draws: those of its Markdown.
func (v *view) onMarp() lectern.Shown {
	warnings := v.warnings
	v.at = "markdown"
	if d := v.markdown(v.raw["markdown"], false); d != nil {
		v.docs["markdown"] = d
	}
	v.at, v.warnings = "", warnings // it warns of what Marp draws in its own way
	return v.onSlide()
}
