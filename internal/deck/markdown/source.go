package markdown

import (
	"sort"
	"strings"
	"unicode/utf8"

	"lectern/internal/deck"
)

// source is a Markdown file: the deck, or a file that it imports.
type source struct {
	name  string // relative to the deck's folder, with slashes; "": the deck itself
	text  string // with "\n" as the only line end
	lines []int  // offset of each line
}

// newSource normalises the text of a file: it removes a byte order mark, and replaces other line ends and bytes that
// are not UTF-8.
func newSource(name string, raw []byte) *source {
	text := strings.ToValidUTF8(strings.TrimPrefix(string(raw), "\ufeff"), "\ufffd")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(text)
	s := &source{name: name, text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// line returns the index of the line that has an offset.
func (s *source) line(offset int) int {
	return sort.Search(len(s.lines), func(i int) bool { return s.lines[i] > offset }) - 1
}

// at returns the position of an offset.
func (s *source) at(offset int) deck.Position {
	offset = min(max(offset, 0), len(s.text))
	n := s.line(offset)
	return deck.Position{Line: n + 1, Column: utf8.RuneCountInString(s.text[s.lines[n]:offset]) + 1}
}

// The bounds of a text, without which some texts would take minutes to read.
const (
	maxText     = 8 << 20 // bytes of a deck
	maxNesting  = 100     // signs of quotes and lists that begin one line
	maxBrackets = 2000    // of one slide or note, outside listings: what may be a link is tried at each
)

// crowded returns the first line that begins with more signs of quotes and lists than maxNesting, counted from 1; 0:
// there is none.
func crowded(text string) int {
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		signs := 0
		for _, c := range []byte(line[:min(len(line), 20*maxNesting)]) {
			if c == '>' || c == '-' || c == '*' || c == '+' || c == '.' || c == ')' {
				signs++
			} else if c != ' ' && c != '\t' && (c < '0' || c > '9') {
				break
			}
		}
		if signs > maxNesting && !isRule(line) {
			return n
		}
	}
	return 0
}

// isRule reports whether a line has only one kind of sign: it is a rule, however long.
func isRule(line string) bool {
	line = strings.ReplaceAll(strings.TrimSpace(line), " ", "")
	return line != "" && line[0] != '>' && strings.Trim(line, line[:1]) == ""
}

// brackets counts the brackets of a text outside its regions.
func brackets(text string) int {
	return strings.Count(outside(text, scan(text)), "[")
}

// lineEnd returns the offset after the line that begins or continues at i.
func lineEnd(text string, i int) int {
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(text)
}

// The kinds of regions.
const (
	inFence   = "fence"   // a fenced listing, with its fences
	inSpan    = "span"    // code within a line
	inComment = "comment" // of HTML
)

// region is a part of a text in which Markdown and the signs of a dialect have no meaning.
type region struct {
	kind     string
	from, to int    // in the text
	inner    string // the text of a comment or a listing, without its marks
	info     string // of a fence: the text after the opening mark
	open     bool   // it is not closed, and extends to the end of the text
}

// longestSpan is how far the end of code within a line is searched, in bytes.
const longestSpan = 2000

// scan finds the regions of a text, in order. They do not overlap.
func scan(text string) []region {
	var out []region
	for i := 0; i < len(text); {
		end := lineEnd(text, i)
		if r, ok := fence(text, i, end); ok {
			out = append(out, r)
			i = r.to
			continue
		}
		for i < end {
			r, next := inline(text, i)
			if r.kind != "" {
				out = append(out, r)
				if next > end {
					end = lineEnd(text, next-1)
				}
			}
			i = next
		}
		i = end
	}
	return out
}

// inline returns the region that begins at i, if one does, and the offset at which to continue.
func inline(text string, i int) (region, int) {
	switch {
	case text[i] == '\\':
		return region{}, min(i+2, len(text))
	case strings.HasPrefix(text[i:], "<!--"):
		for _, short := range []string{"<!-->", "<!--->"} {
			if strings.HasPrefix(text[i:], short) {
				return region{kind: inComment, from: i, to: i + len(short)}, i + len(short)
			}
		}
		n := strings.Index(text[i+4:], "-->")
		if n < 0 {
			return region{kind: inComment, from: i, to: len(text), inner: text[i+4:], open: true}, len(text)
		}
		to := i + 4 + n + 3
		return region{kind: inComment, from: i, to: to, inner: text[i+4 : i+4+n]}, to
	case text[i] == '`':
		n := len(text[i:]) - len(strings.TrimLeft(text[i:], "`"))
		within := text[i+n:]
		within = within[:min(len(within), longestSpan)]
		if blank := strings.Index(within, "\n\n"); blank >= 0 {
			within = within[:blank]
		}
		for k := 0; k < len(within); {
			at := strings.IndexByte(within[k:], '`')
			if at < 0 {
				break
			}
			k += at
			run := len(within[k:]) - len(strings.TrimLeft(within[k:], "`"))
			if run == n {
				to := i + n + k + n
				return region{kind: inSpan, from: i, to: to, inner: within[:k]}, to
			}
			k += run
		}
		return region{}, i + n
	}
	return region{}, i + 1
}

// fence returns the listing that begins in the line from i to end. Like the tools whose decks it reads, it accepts any
// indentation.
func fence(text string, i, end int) (region, bool) {
	line := strings.TrimLeft(text[i:end], " \t>")
	if line == "" || line[0] != '`' && line[0] != '~' {
		return region{}, false
	}
	mark := line[:len(line)-len(strings.TrimLeft(line, line[:1]))]
	info := strings.TrimSpace(line[len(mark):])
	if len(mark) < 3 || mark[0] == '`' && strings.Contains(info, "`") {
		return region{}, false
	}
	r := region{kind: inFence, from: i, to: len(text), info: info, open: true}
	for k := end; k < len(text); {
		next := lineEnd(text, k)
		l := strings.TrimSpace(strings.TrimLeft(text[k:next], " \t>"))
		if len(l) >= len(mark) && strings.Trim(l, mark[:1]) == "" {
			r.inner, r.to, r.open = text[end:k], next, false
			return r, true
		}
		k = next
	}
	r.inner = text[min(end, len(text)):]
	return r, true
}

// regions answers whether an offset is inside one of several regions.
type regions []region

// at returns the region that has an offset after its first byte, or nil. A region's first byte belongs to the text: a
// line that begins a region is a line of the text.
func (rs regions) at(offset int) *region {
	i := sort.Search(len(rs), func(i int) bool { return rs[i].to > offset })
	if i < len(rs) && rs[i].from < offset {
		return &rs[i]
	}
	return nil
}
