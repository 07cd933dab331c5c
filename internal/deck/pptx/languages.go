package pptx

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"lectern"
)

// Notes in several languages are divided: by marks, or else by their text. A mark is a language in brackets or before a
// colon, at the beginning of a line: [de], [German], DE:, Deutsch:. What follows, up to the next mark, is in that
// language. Departments and names look like marks too ("IT: …"), so the text must agree with a mark.

// mark matches what may be a mark.
var mark = regexp.MustCompile(`^(?:\[ *(\pL{2,12}(?:[-_]\w{2,4})?) *\]:?|(\pL{2,12}(?:[-_]\w{2,4})?) ?[:：])[ \t]*`)

// named are the languages that marks may name, by their tags and by their names in lower case.
var named = func() map[string]string {
	m := map[string]string{}
	for tag := range strings.FieldsSeq("af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi " +
		"hr hu hy id is it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms mt my nb ne nl nn no pa pl pt ro ru si sk sl sq sr " +
		"sv sw ta te th tr uk ur uz vi zh") {
		m[tag] = tag
	}
	for pair := range strings.FieldsSeq("english:en englisch:en anglais:en german:de deutsch:de allemand:de french:fr " +
		"français:fr französisch:fr spanish:es español:es spanisch:es italian:it italiano:it italienisch:it " +
		"portuguese:pt português:pt dutch:nl nederlands:nl polish:pl polski:pl czech:cs čeština:cs swedish:sv svenska:sv " +
		"danish:da dansk:da norwegian:nb norsk:nb finnish:fi suomi:fi hungarian:hu magyar:hu romanian:ro română:ro " +
		"turkish:tr türkçe:tr greek:el ελληνικά:el russian:ru русский:ru ukrainian:uk українська:uk arabic:ar العربية:ar " +
		"hebrew:he עברית:he hindi:hi हिन्दी:hi japanese:ja 日本語:ja chinese:zh 中文:zh korean:ko 한국어:ko") {
		name, tag, _ := strings.Cut(pair, ":")
		m[name] = tag
	}
	return m
}()

// markOf returns the language that a line is marked with, and the rest of the line; "": it has no mark. firm: it is in
// brackets.
func markOf(line string) (tag, rest string, firm bool) {
	m := mark.FindStringSubmatch(line)
	if m == nil {
		return "", line, false
	}
	word := m[1] + m[2]
	base, region, _ := strings.Cut(strings.ReplaceAll(word, "_", "-"), "-")
	tag = named[strings.ToLower(base)]
	if tag == "" || m[2] != "" && len(base) == 2 && base != strings.ToUpper(base) || region != "" && len(base) > 3 {
		return "", line, false
	}
	if region != "" {
		tag += "-" + region
	}
	return lectern.LanguageTag(tag), line[len(m[0]):], m[1] != ""
}

// run is a part of notes in one language.
type run struct {
	language string // "": not known
	notes    []Paragraph
}

func (r run) text() string {
	var lines []string
	for _, p := range r.notes {
		lines = append(lines, p.Text)
	}
	return strings.Join(lines, "\n")
}

// marked divides notes at their marks. recognise reports the language of a text, see [Machine.Recognise].
func marked(notes []Paragraph, recognise func(string) (string, bool)) []run {
	type candidate struct {
		run
		line string // with the mark
		firm bool
	}
	runs := []candidate{{}}
	for _, p := range notes {
		fresh := true // the line begins a paragraph
		for line := range strings.SplitSeq(p.Text, "\n") {
			tag, rest, firm := markOf(line)
			if tag != "" {
				runs = append(runs, candidate{run{language: tag}, line, firm})
				line, fresh = rest, true
			}
			r := &runs[len(runs)-1]
			switch {
			case strings.TrimSpace(line) == "":
			case fresh:
				r.notes, fresh = append(r.notes, Paragraph{line, p.Language}), false
			default:
				r.notes[len(r.notes)-1].Text += "\n" + line
			}
		}
	}
	var out []run
	for _, c := range runs {
		if c.language != "" && !agrees(c.text(), c.language, c.firm, recognise) { // the mark is text
			_, rest, _ := markOf(c.line)
			if len(c.notes) > 0 && strings.TrimSpace(rest) != "" {
				c.notes[0].Text = c.line + strings.TrimPrefix(c.notes[0].Text, rest)
			} else {
				c.notes = append([]Paragraph{{Text: c.line}}, c.notes...)
			}
			if n := len(out); n > 0 {
				out[n-1].notes = append(out[n-1].notes, c.notes...)
				continue
			}
			c.language = ""
		}
		if len(c.notes) > 0 {
			out = append(out, c.run)
		}
	}
	return out
}

// agrees reports whether a text may be in the language of its mark. A mark in brackets is wrong only if the text is
// surely in another language. One before a colon must be the language of the text.
func agrees(text, tag string, firm bool, recognise func(string) (string, bool)) bool {
	found, sure := recognise(text)
	return sameLanguage(found, tag) || firm && !sure
}

// sameLanguage reports whether two tags are of one language, whatever their regions.
func sameLanguage(a, b string) bool {
	base := func(tag string) string {
		tag, _, _ = strings.Cut(tag, "-")
		if tag == "no" || tag == "nn" {
			return "nb"
		}
		return tag
	}
	return base(a) == base(b)
}

// likeLong is how many times longer than another a translation may be.
const likeLong = 3

// recognised divides the notes of slides by their text, if these are translations of each other: on most slides with
// notes, and on at least two of several, are the same two languages or more, each in paragraphs of its own, and about
// equally long. nil: they are not.
func recognised(shown []Slide, recognise func(string) (string, bool)) [][]run {
	out := make([][]run, len(shown))
	sets, with := map[string]int{}, 0
	for i, s := range shown {
		if len(s.Notes) == 0 {
			continue
		}
		with++
		if out[i] = paragraphsByLanguage(s.Notes, recognise); balanced(out[i]) {
			sets[languagesOf(out[i])]++
		}
	}
	best := ""
	for _, set := range slices.Sorted(maps.Keys(sets)) {
		if best == "" || sets[set] > sets[best] {
			best = set
		}
	}
	if n := sets[best]; best == "" || n < min(2, with) || 2*n < with {
		return nil
	}
	for i := range out {
		for j := range out[i] {
			if r := &out[i][j]; !slices.Contains(strings.Fields(best), r.language) {
				r.language = ""
			}
		}
	}
	return out
}

// languagesOf lists the languages of runs, sorted.
func languagesOf(runs []run) string {
	set := map[string]bool{}
	for _, r := range runs {
		set[r.language] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(set)), " ")
}

// balanced reports whether runs are in two languages or more, about equally long.
func balanced(runs []run) bool {
	long := map[string]int{}
	for _, r := range runs {
		long[r.language] += utf8.RuneCountInString(r.text())
	}
	if len(long) < 2 || long[""] > 0 {
		return false
	}
	counts := slices.Sorted(maps.Values(long))
	return counts[len(counts)-1] <= likeLong*counts[0]
}

// paragraphsByLanguage groups paragraphs by their language. One whose language is not certain has that with which the
// office program marked it, if another paragraph is in it, or else that of its neighbour.
func paragraphsByLanguage(notes []Paragraph, recognise func(string) (string, bool)) []run {
	tags, certain := make([]string, len(notes)), map[string]bool{}
	for i, p := range notes {
		if tag, sure := recognise(p.Text); sure {
			tags[i], certain[tag] = tag, true
		}
	}
	for i, p := range notes {
		hint, _, _ := strings.Cut(strings.ToLower(p.Language), "-")
		switch {
		case tags[i] != "":
		case certain[hint]:
			tags[i] = hint
		case i > 0:
			tags[i] = tags[i-1]
		}
	}
	for i := len(tags) - 2; i >= 0; i-- {
		if tags[i] == "" {
			tags[i] = tags[i+1]
		}
	}
	var runs []run
	for i, p := range notes {
		if n := len(runs); n > 0 && runs[n-1].language == tags[i] {
			runs[n-1].notes = append(runs[n-1].notes, p)
			continue
		}
		runs = append(runs, run{tags[i], []Paragraph{p}})
	}
	return runs
}

// tongues are the notes of a deck by language.
type tongues struct {
	own   string                   // the language of the deck; "": the notes are in one language, which nobody named
	all   []string                 // the languages, the own one first
	notes []map[string][]Paragraph // by slide and language; the notes in the own language are under own
}

// tongues divides the notes of the slides that are shown.
func (m Machine) tongues(shown []Slide) tongues {
	recognise := m.Recognise
	if recognise == nil {
		recognise = func(string) (string, bool) { return "", false }
	}
	parts, any := make([][]run, len(shown)), false
	for i, s := range shown {
		parts[i] = marked(s.Notes, recognise)
		any = any || slices.ContainsFunc(parts[i], func(r run) bool { return r.language != "" })
	}
	if !any {
		if parts = recognised(shown, recognise); parts == nil {
			return undivided(shown)
		}
	}
	t := tongues{own: ownLanguage(shown, parts, recognise), notes: make([]map[string][]Paragraph, len(shown))}
	t.all = []string{t.own}
	for i, runs := range parts {
		t.notes[i] = map[string][]Paragraph{}
		for _, r := range runs {
			if r.language == "" {
				r.language = t.own
			}
			if !slices.Contains(t.all, r.language) {
				t.all = append(t.all, r.language)
			}
			t.notes[i][r.language] = append(t.notes[i][r.language], r.notes...)
		}
	}
	return t
}

// undivided are notes in one language.
func undivided(shown []Slide) tongues {
	t := tongues{}
	for _, s := range shown {
		t.notes = append(t.notes, map[string][]Paragraph{"": s.Notes})
	}
	return t
}

// ownLanguage is the language of a deck with notes in several: that of the texts on its slides, if notes are in it;
// else that of the notes without a mark; else the first.
func ownLanguage(shown []Slide, parts [][]run, recognise func(string) (string, bool)) string {
	var texts, bare []string
	var tags []string
	for i, runs := range parts {
		texts = append(texts, shown[i].Text...)
		for _, r := range runs {
			if r.language == "" {
				bare = append(bare, r.text())
			} else {
				tags = append(tags, r.language)
			}
		}
	}
	shownIn, _ := recognise(strings.Join(texts, "\n"))
	for _, tag := range tags {
		if sameLanguage(shownIn, tag) {
			return tag
		}
	}
	if len(bare) > 0 {
		found, _ := recognise(strings.Join(bare, "\n"))
		return found
	}
	return tags[0]
}
