package markdown

import (
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// span is a part of a text.
type span struct{ from, to int }

// chunk is the text of one slide in its source.
type chunk struct {
	span
	front span // its own front matter, without the marks around it; empty: none
}

// cutter says how a text is cut into slides.
type cutter struct {
	dialect    string
	divider    func(level int) bool // whether a heading of that level begins a slide; nil: none does
	horizontal *regexp.Regexp       // of reveal.js: the lines between slides; nil: the usual ones
	vertical   *regexp.Regexp
}

// cut cuts the text after from into slides. The slides and the marks between them together are the text: nothing is
// lost.
func (c cutter) cut(src string, from int) []chunk {
	switch c.dialect {
	case dialectSlidev:
		return cutSlidev(src, from)
	case dialectReveal:
		return chunks(src, from, c.reveal(src, from))
	case dialectNarakeet:
		return chunks(src, from, lines(src, from, func(line, _, _ string) bool {
			return len(line) >= 3 && strings.Trim(line, "-") == ""
		}))
	}
	return chunks(src, from, c.rules(src, from))
}

// chunks returns the parts of a text between marks.
func chunks(src string, from int, marks []span) []chunk {
	var out []chunk
	for _, m := range marks {
		out = append(out, chunk{span: span{from, m.from}})
		from = m.to
	}
	return append(out, chunk{span: span{from, len(src)}})
}

// blocks parses only the blocks of a text, not what is inside its paragraphs.
var blocks = parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...))

// rules finds the thematic breaks at the top level of the text, which separate the slides of Marp and of plain
// Markdown, and the headings that begin a slide.
func (c cutter) rules(src string, from int) []span {
	var marks []span
	body := src[from:]
	first := true // no text since the last mark
	doc := blocks.Parse(text.NewReader([]byte(body)))
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if at, ok := ruleBelow(body, n); ok {
			marks = append(marks, span{from + at, lineEnd(src, from+at)})
			first = true
			continue
		}
		switch n := n.(type) {
		case *ast.ThematicBreak:
			at := from + lineStart(body, n.Pos())
			marks = append(marks, span{at, lineEnd(src, at)})
			first = true
			continue
		case *ast.Heading:
			if c.divider != nil && c.divider(n.Level) && !first {
				at := from + lineStart(body, n.Pos())
				marks = append(marks, span{at, at})
			}
		case *ast.HTMLBlock:
			if n.HTMLBlockType == ast.HTMLBlockType2 && first {
				continue // comments before the first heading of a slide belong to it
			}
		}
		first = false
	}
	return marks
}

// ruleBelow returns the offset of the line "---" that ends a heading or a paragraph, if the lines above it are a table
// or definitions of links. The parser of blocks knows neither, and reads the line as the mark of a heading.
func ruleBelow(body string, n ast.Node) (at int, ok bool) {
	heading := n.Kind() == ast.KindHeading
	if !heading && n.Kind() != ast.KindParagraph || n.Lines().Len() == 0 {
		return 0, false
	}
	from := lineStart(body, n.Lines().At(0).Start)
	at = lineStart(body, n.Lines().At(n.Lines().Len()-1).Start)
	if heading {
		if strings.HasPrefix(strings.TrimLeft(body[from:], " "), "#") {
			return 0, false
		}
		at = lineEnd(body, at)
	}
	if !dashes.MatchString(strings.TrimRight(body[at:lineEnd(body, at)], "\n")) {
		return 0, false
	}
	above := strings.Split(strings.TrimSuffix(body[from:at], "\n"), "\n")
	return at, at == from || hasTable(above) || !slices.ContainsFunc(above, func(line string) bool {
		return !definition.MatchString(line)
	})
}

var (
	dashes     = regexp.MustCompile(`^ {0,3}(?:-[ \t]*){3,}$`)
	definition = regexp.MustCompile(`^ {0,3}\[[^\[\]]+\]:[ \t]*\S+(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$`)
	delimiters = regexp.MustCompile(`^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`)
)

// hasTable reports whether a table begins in lines: its head, and delimiters of as many columns.
func hasTable(lines []string) bool {
	for i := 1; i < len(lines); i++ {
		head, row := lines[i-1], lines[i]
		if strings.Contains(head, "|") && delimiters.MatchString(row) && columns(head) == columns(row) {
			return true
		}
	}
	return false
}

// columns counts the cells of a row.
func columns(row string) int {
	row = strings.ReplaceAll(strings.TrimSpace(row), `\|`, "")
	return strings.Count(strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|"), "|") + 1
}

// lineStart returns the offset of the line that has an offset.
func lineStart(text string, offset int) int {
	offset = min(max(offset, 0), len(text))
	return strings.LastIndexByte(text[:offset], '\n') + 1
}

// lines finds the lines outside regions that is accepts. It is called with a line without trailing blanks, and with the
// lines before and after it.
func lines(src string, from int, is func(line, before, after string) bool) []span {
	rs := regions(scan(src[from:]))
	var marks []span
	before := ""
	for i := from; i < len(src); {
		end := lineEnd(src, i)
		line := strings.TrimRight(src[i:end], " \t\n")
		after := strings.TrimSpace(src[end:lineEnd(src, end)])
		if rs.at(i-from) == nil && is(line, before, after) {
			marks = append(marks, span{i, end})
		}
		before = strings.TrimSpace(line)
		i = end
	}
	return marks
}

// reveal finds the marks between slides of reveal.js: "---", and "----" between slides of one column, with a blank line
// before and after. Front matter may replace them by regular expressions.
func (c cutter) reveal(src string, from int) []span {
	if c.horizontal == nil && c.vertical == nil {
		return lines(src, from, func(line, before, after string) bool {
			return (line == "---" || line == "----") && before == "" && after == ""
		})
	}
	rs := regions(scan(src[from:]))
	var marks []span
	for _, re := range []*regexp.Regexp{c.horizontal, c.vertical} {
		if re == nil {
			continue
		}
		for _, m := range re.FindAllStringIndex(src[from:], -1) {
			if m[1] > m[0] && rs.at(m[0]) == nil {
				marks = append(marks, span{from + m[0], from + m[1]})
			}
		}
	}
	return ordered(marks)
}

// ordered sorts marks and drops those that overlap an earlier one.
func ordered(marks []span) []span {
	slices.SortStableFunc(marks, func(a, b span) int { return a.from - b.from })
	var out []span
	for _, m := range marks {
		if len(out) == 0 || m.from >= out[len(out)-1].to {
			out = append(out, m)
		}
	}
	return out
}

// topYAML matches a listing in YAML at the top of a slide, which is front matter in Slidev.
var topYAML = regexp.MustCompile("\\A\\s*```ya?ml[ \t]*\n((?s:.*?))\n[ \t]*```[ \t]*(?:\n|\\z)")

// cutSlidev cuts by the rules of Slidev: a line that begins with "---" outside listings and comments begins a slide. If
// the next line is not blank, the lines up to the next "---" are the slide's front matter.
func cutSlidev(src string, from int) []chunk {
	rs := regions(scan(src[from:]))
	out := []chunk{{span: span{from, len(src)}}}
	for i := from; i < len(src); {
		end := lineEnd(src, i)
		if !strings.HasPrefix(src[i:end], "---") || rs.at(i-from) != nil {
			i = end
			continue
		}
		out[len(out)-1].to = i
		next := chunk{span: span{end, len(src)}}
		mark := strings.TrimRight(src[i:end], " \t\n")
		if first := src[end:lineEnd(src, end)]; strings.Trim(mark, "-") == "" && len(mark) == 3 &&
			strings.TrimSpace(first) != "" {
			if close, after := closing(src, end); close > 0 && isMapping(src[end:close]) {
				next.front, next.from = span{end, close}, after
			}
		}
		out = append(out, next)
		i = next.from
	}
	for i, c := range out {
		if i > 0 && c.front == (span{}) {
			if m := topYAML.FindStringSubmatchIndex(src[c.from:c.to]); m != nil && isMapping(src[c.from+m[2]:c.from+m[3]]) {
				out[i].front, out[i].from = span{c.from + m[2], c.from + m[3]}, c.from+m[1]
			}
		}
	}
	return out
}

// closing finds the next line that is "---": its offset, and the offset after it. Without one both are 0.
func closing(src string, from int) (at, after int) {
	for i := from; i < len(src); {
		end := lineEnd(src, i)
		if strings.TrimRight(src[i:end], " \t\n") == "---" {
			return i, end
		}
		i = end
	}
	return 0, 0
}

var (
	mappingLine = regexp.MustCompile(`^[A-Za-z_$][\w$.-]*[ \t]*:(?:[ \t]|$)`)
	yamlLine    = regexp.MustCompile(`^(?:[ \t]|#|-[ \t]|[\]}]|$)`)
)

// isMapping reports whether a text looks like fields of YAML, valid or not: it has a field, and every other line at its
// left edge is a field too, a comment or the end of a value.
func isMapping(text string) bool {
	found := false
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case mappingLine.MatchString(line):
			found = true
		case !yamlLine.MatchString(line):
			return false
		}
	}
	return found
}
