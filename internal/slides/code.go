package slides

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Code is a listing as its lines.
type Code struct {
	Lines   []CodeLine
	Numbers bool // lines have their numbers next to them
}

// CodeLine is a line of a listing.
type CodeLine struct {
	N      int // counted from 1
	Parts  []CodePart
	Marked bool
}

// CodePart is a part of a line with one colour. Class is "" or one of key (keyword or key), str (string), num (number
// or constant), com (comment) and fn (function).
type CodePart struct{ Class, S string }

// Code returns a listing by role, or nil.
func (v *view) Code(role string) *Code { return v.codes[role] }

// defaultTab is the distance of the tab stops, in columns, unless the deck sets it.
const defaultTab = 4

// code reads a listing and its options.
func (v *view) code(value any) *Code {
	tab, err := strconv.Atoi(v.options["tabs"])
	if err != nil || tab < 1 || tab > 16 {
		if given := v.options["tabs"]; given != "" {
			v.odd("tabs", given, "a number from 1 to 16")
		}
		tab = defaultTab
	}
	lines := codeLines(codeText(value), tab)
	if len(lines) == 0 {
		return nil
	}
	lines = lines[:v.few(len(lines), maxItems, "lines")]
	for i, l := range lines {
		lines[i] = v.short(l)
	}
	text := strings.Join(lines, "\n")
	name := strings.ToLower(v.options["language"])
	s, known := syntaxes[name]
	if other, ok := syntaxAliases[name]; ok {
		s, known = syntaxes[other], true
	}
	if !known && name != "" && !slices.Contains(plainNames, name) {
		short, _ := cut(name, 40)
		v.warn("unknown_language", "The language %q is not known here, so its code has no colours.", short)
	}
	c := &Code{Numbers: truth(v.options["lineNumbers"])}
	marked, odd := ranges(v.options["highlight"], len(lines))
	if odd != "" {
		v.odd("highlight", odd, fmt.Sprintf("lines of the code, which has %d, such as \"2, 5-7\"", len(lines)))
	}
	n := 1
	line := CodeLine{N: n, Marked: marked[n]}
	for _, p := range s.parts(text) {
		for i, piece := range strings.Split(p.S, "\n") {
			if i > 0 {
				c.Lines = append(c.Lines, line)
				n++
				line = CodeLine{N: n, Marked: marked[n]}
			}
			if piece != "" {
				line.Parts = append(line.Parts, CodePart{p.Class, piece})
			}
		}
	}
	c.Lines = append(c.Lines, line)
	return c
}

// odd warns that given is invalid: the value of the option with that role, or a part of the value. allowed describes
// the valid values.
func (v *view) odd(role, given, allowed string) {
	at := v.at
	defer func() { v.at = at }()
	v.at = v.names[role]
	short, _ := cut(clean(given), 40)
	v.warn("unknown_choice", "%q in %q is ignored. Allowed: %s.", short, v.at, allowed)
}

// codeText returns the text of a listing, which may be a list of lines.
func codeText(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case []any:
		lines := make([]string, len(value))
		for i, e := range value {
			lines[i] = codeText(e)
		}
		return strings.Join(lines, "\n")
	case map[string]any:
		if e, _, ok := newProps(value).take("code", "text", "content", "source"); ok {
			return codeText(e)
		}
	}
	return words(value)
}

// codeLines splits a listing into lines. It keeps the indentation, replaces tabs by spaces, and removes empty lines
// around it and characters that could reorder or hide code.
func codeLines(s string, tab int) []string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029",
		"\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	var lines []string
	for l := range strings.SplitSeq(s, "\n") {
		var b strings.Builder
		column := 0
		for _, r := range l {
			switch {
			case r == '\t':
				n := tab - column%tab
				b.WriteString(strings.Repeat(" ", n))
				column += n
				continue
			case unicode.Is(unicode.Cc, r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' &&
				r <= '\u2069', r == '\ufeff', r >= 0xfff9 && r <= 0xfffb:
				continue
			}
			b.WriteRune(r)
			column++
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// ranges reads line numbers such as "2, 5-7", from 1 to n. odd is the first invalid part.
func ranges(s string, n int) (out map[int]bool, odd string) {
	out = map[int]bool{}
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		from, to, ranged := strings.Cut(strings.NewReplacer("–", "-", "—", "-").Replace(part), "-")
		first, err := strconv.Atoi(from)
		last := first
		if ranged && err == nil {
			last, err = strconv.Atoi(to)
		}
		if err != nil || first < 1 || last < first || first > n {
			odd = cmp.Or(odd, part)
		}
		if err != nil {
			continue
		}
		for i := max(first, 1); i <= min(last, n); i++ {
			out[i] = true
		}
	}
	return out, odd
}
