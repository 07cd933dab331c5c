package markdown

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lectern"
)

// A fragment is an element of a slide that appears with a click: an item of a list that Marp or Slidev shows item by
// item, or what is inside Slidev's v-click. Fragments are marked in the text, so that the page can hide them.

// fragments are those of one slide: the click of each, in their order in the text.
type fragments []int

// name is the id of the fragment with an index.
func fragmentID(i int) string { return "fragment-" + strconv.Itoa(i+1) }

// add adds a fragment and returns its id.
func (f *fragments) add(click int) string {
	*f = append(*f, min(max(click, 1), lectern.MaxClick))
	return fragmentID(len(*f) - 1)
}

// maxFragments is how many fragments of a slide are hidden; more are there from the beginning.
const maxFragments = lectern.MaxHidden

// steps returns the states of the slide before each click. joined is how many clicks there are after the last of
// lectern.MaxSteps: what they show appears with that one.
func (f fragments) steps() (list []lectern.SlideStep, joined int) {
	clicks := slices.Compact(slices.Sorted(slices.Values(f)))
	joined = max(len(clicks)-lectern.MaxSteps, 0)
	clicks = clicks[:len(clicks)-joined]
	for i, click := range clicks {
		var s lectern.SlideStep
		for k, c := range f {
			if c >= click {
				s.Hidden = append(s.Hidden, fragmentID(k))
			}
		}
		if before := append([]int{0}, clicks...)[i]; click != before+1 {
			s.Until = click
		}
		list = append(list, s)
	}
	return list, joined
}

// build sets the steps of a slide.
func (p *reader) build(d *draft, f fragments) {
	joined := 0
	if d.steps, joined = f.steps(); joined > 0 {
		p.warn("clicks_joined", p.number(), "", "The slide has more than %d clicks; what the last %d show appears with "+
			"click %d of these.", lectern.MaxSteps, joined, lectern.MaxSteps)
	}
}

// listItem matches the beginning of an item of a list: its indentation, its mark, and the box of a task.
var listItem = regexp.MustCompile(`(?m)^([ \t>]*)([-+*]|\d{1,9}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?`)

// items calls each with every item of a list in a text, outside listings and comments: the offset of its first line,
// its indentation, its mark, and the offset of its text. Rules, and items that begin with another block, are left out.
func items(text string, each func(line int, indent, mark string, at int)) {
	rs := regions(scan(text))
	for _, m := range listItem.FindAllStringSubmatchIndex(text, -1) {
		line := text[m[0]:lineEnd(text, m[0])]
		if rs.at(m[1]) != nil || isRule(line) || m[1] == len(text) || strings.ContainsRune("#>`~|\n", rune(text[m[1]])) {
			continue
		}
		each(m[0], text[m[2]:m[3]], text[m[4]:m[5]], m[1])
	}
}

// isMarpFragment reports whether Marp shows the items of a list with a mark one by one.
func isMarpFragment(mark string) bool { return mark == "*" || strings.HasSuffix(mark, ")") }

// marpFragments returns the fragments of a slide that marp-core draws, which numbers them itself.
func marpFragments(text string) fragments {
	var f fragments
	items(text, func(_ int, _, mark string, _ int) {
		if isMarpFragment(mark) && len(f) < maxFragments {
			f.add(len(f) + 1)
		}
	})
	return f
}

// mark is a change of a text.
type mark struct {
	from, to int
	text     string
}

// marked applies changes, which do not overlap, to a text.
func marked(text string, changes []mark) string {
	slices.SortStableFunc(changes, func(a, b mark) int { return a.from - b.from })
	var b strings.Builder
	last := 0
	for _, c := range changes {
		if c.from < last {
			continue
		}
		b.WriteString(text[last:c.from] + c.text)
		last = c.to
	}
	return b.String() + text[last:]
}

// point marks what begins at a place of the text.
func point(at int, id string) mark { return mark{at, at, `<i data-step="` + id + `"></i>`} }

// markMarp marks the fragments of a slide of Marp that the template draws.
func markMarp(text string) (string, fragments) {
	var f fragments
	var changes []mark
	items(text, func(_ int, _, sign string, at int) {
		if isMarpFragment(sign) && len(f) < maxFragments {
			changes = append(changes, point(at, f.add(len(f)+1)))
		}
	})
	return marked(text, changes), f
}

// The attributes of Slidev's clicks.
var (
	clickAttr = regexp.MustCompile(`\s(v-click|v-after)(?:="([^"]*)"|='([^']*)')?(?:[\s/>]|$)`)
	atAttr    = regexp.MustCompile(`\s:?at="'?([^"']*)'?"`)
	depthAttr = regexp.MustCompile(`\s:?depth="?(\d{1,2})`)
	everyAttr = regexp.MustCompile(`\s:?every="?(\d{1,3})`)
)

// slidevMarks marks the fragments of a slide of Slidev.
type slidevMarks struct {
	text    string
	f       fragments
	changes []mark
	click   int      // the last one
	open    []string // what closes each open v-click; "": nothing
}

// markSlidev marks the fragments of a slide of Slidev: what is inside v-click and v-after, elements with these
// attributes, and the items of lists inside v-clicks. Other tags of clicks are taken out.
func markSlidev(text string) (string, fragments) {
	w := &slidevMarks{text: text}
	prose := outside(text, scan(text))
	lists := -1 // where an open v-clicks begins
	attrs := ""
	for _, m := range htmlTag.FindAllStringSubmatchIndex(prose, -1) {
		name, tag := strings.ToLower(prose[m[2]:m[3]]), prose[m[0]:m[1]]
		closes := strings.HasPrefix(tag, "</")
		switch {
		case lists >= 0 && name != "v-clicks": // in a list, the items alone appear
			if slices.Contains(clickTags, name) {
				w.changes = append(w.changes, mark{m[0], m[1], ""})
			}
		case name == "v-clicks":
			if closes && lists >= 0 {
				w.list(lists, m[0], attrs)
				lists = -1
			} else if !closes {
				lists, attrs = m[1], tag
			}
			w.changes = append(w.changes, mark{m[0], m[1], ""})
		case name == "v-click" || name == "v-after":
			w.tag(m[0], m[1], name, tag, closes)
		case slices.Contains(clickTags, name):
			w.changes = append(w.changes, mark{m[0], m[1], ""})
		case !closes:
			w.attribute(m[0], tag)
		}
	}
	if lists >= 0 {
		w.list(lists, len(text), attrs)
	}
	return marked(text, w.changes), w.f
}

// next returns the click of a fragment by its attribute at: "3" is that click, "+2" the second one after the last.
// Without it, v-click is the next click, and v-after the last.
func (w *slidevMarks) next(name, at string) int {
	n, err := strconv.Atoi(strings.TrimSpace(at))
	click := w.click
	switch {
	case err == nil && strings.HasPrefix(strings.TrimSpace(at), "+"):
		click += n
	case err == nil && n > 0:
		return min(n, lectern.MaxClick) // it does not move the clicks after it
	case name == "v-click" || click == 0:
		click++
	}
	w.click = min(click, lectern.MaxClick)
	return w.click
}

// tag replaces the tags of v-click by those of an element of HTML: a block if they have lines of their own.
func (w *slidevMarks) tag(from, to int, name, tag string, closes bool) {
	if closes {
		end := ""
		if n := len(w.open); n > 0 {
			end, w.open = w.open[n-1], w.open[:n-1]
		}
		w.changes = append(w.changes, mark{from, to, end})
		return
	}
	at := ""
	if m := atAttr.FindStringSubmatch(tag); m != nil {
		at = m[1]
	}
	if len(w.f) == maxFragments || strings.HasSuffix(tag, "/>") {
		w.open, w.changes = append(w.open, ""), append(w.changes, mark{from, to, ""})
		return
	}
	id := w.f.add(w.next(name, at))
	line := strings.TrimSpace(w.text[lineStart(w.text, from):lineEnd(w.text, from)])
	if line == tag {
		w.open = append(w.open, "\n\n</div>\n\n")
		w.changes = append(w.changes, mark{from, to, "\n\n<div data-step=\"" + id + "\">\n\n"})
		return
	}
	w.open = append(w.open, "</span>")
	w.changes = append(w.changes, mark{from, to, `<span data-step="` + id + `">`})
}

// attribute replaces the attribute of a click in a tag of HTML that begins at from.
func (w *slidevMarks) attribute(from int, tag string) {
	m := clickAttr.FindStringSubmatchIndex(tag)
	if m == nil || len(w.f) == maxFragments {
		return
	}
	at, end := "", m[3]
	for _, k := range []int{4, 6} {
		if m[k] >= 0 {
			at, end = tag[m[k]:m[k+1]], m[k+1]+1
		}
	}
	id := w.f.add(w.next(tag[m[2]:m[3]], strings.Trim(at, "'")))
	w.changes = append(w.changes, mark{from + m[2], from + end, fmt.Sprintf(`data-step="%s"`, id)})
}

// list marks the items of lists between from and to. tag has the attributes: at, depth (how many levels of lists appear
// item by item) and every (how many items appear together).
func (w *slidevMarks) list(from, to int, tag string) {
	number := func(re *regexp.Regexp) int {
		if m := re.FindStringSubmatch(tag); m != nil {
			n, _ := strconv.Atoi(m[1])
			return max(n, 1)
		}
		return 1
	}
	depth, every, at := number(depthAttr), number(everyAttr), ""
	if m := atAttr.FindStringSubmatch(tag); m != nil {
		at = m[1]
	}
	var levels []int // the indentations of the open lists
	n, click := 0, 0
	items(w.text[from:to], func(_ int, indent, _ string, place int) {
		for len(levels) > 0 && levels[len(levels)-1] > len(indent) {
			levels = levels[:len(levels)-1]
		}
		if len(levels) == 0 || levels[len(levels)-1] < len(indent) {
			levels = append(levels, len(indent))
		}
		if len(levels) > depth || len(w.f) == maxFragments {
			return
		}
		if n%every == 0 {
			if click = w.next("v-click", at); at != "" && n > 0 && !strings.HasPrefix(at, "+") {
				click += n / every
			}
			if strings.HasPrefix(at, "+") {
				at = ""
			}
		}
		n++
		w.changes = append(w.changes, point(from+place, w.f.add(click)))
	})
}
