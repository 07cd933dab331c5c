package jsondeck

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"lectern/internal/deck"
)

// locate returns the positions of fields, given by their paths, in a text that is valid JSON. The position of a field
// is that of its name; the position of a list's element, that of its first character. It reads the text once.
func locate(text string, written []string) []deck.Position {
	text = strings.TrimPrefix(text, "\ufeff")
	root := &wanted{}
	leaves := make([]*wanted, len(written))
	for i, path := range written {
		leaves[i] = root.add(path)
	}
	l := locator{text: text, line: 1}
	l.space()
	root.found, root.at = true, l.here()
	l.value(root)
	all := make([]deck.Position, len(written))
	for i, w := range leaves {
		for !w.found {
			w = w.around
		}
		all[i] = w.at
	}
	return all
}

// wanted is a field whose position is wanted, or a field around one.
type wanted struct {
	around *wanted
	in     map[string]*wanted // by name, or by index such as "[2]"
	found  bool
	at     deck.Position
}

// add returns the field at path below w, and adds it with the fields around it where they are missing.
func (w *wanted) add(path string) *wanted {
	for path != "" {
		var name string
		name, path = deck.Step(path)
		next := w.in[name]
		if next == nil {
			next = &wanted{around: w}
			if w.in == nil {
				w.in = map[string]*wanted{}
			}
			w.in[name] = next
		}
		w = next
	}
	return w
}

// locator reads a text that is valid JSON, from pos on.
type locator struct {
	text  string
	pos   int
	mark  int // the lines before this byte are counted
	line  int // the line of mark
	start int // where that line begins
}

// here is the position of the next character.
func (l *locator) here() deck.Position {
	for {
		i := strings.IndexByte(l.text[l.mark:l.pos], '\n')
		if i < 0 {
			break
		}
		l.mark += i + 1
		l.line, l.start = l.line+1, l.mark
	}
	return deck.Position{Line: l.line, Column: utf8.RuneCountInString(l.text[l.start:l.pos]) + 1}
}

func (l *locator) space() {
	for l.pos < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.pos]) >= 0 {
		l.pos++
	}
}

// value reads the next value and finds the wanted fields in it; w nil: none.
func (l *locator) value(w *wanted) {
	l.space()
	switch {
	case w == nil || len(w.in) == 0:
		l.skip()
	case l.text[l.pos] == '{':
		l.each('}', func(int) {
			at := l.pos
			l.skip() // the name
			name, end := l.text[at:l.pos], l.pos
			if !strings.Contains(name, `\`) {
				name = name[1 : len(name)-1]
			} else if json.Unmarshal([]byte(name), &name) != nil {
				name = ""
			}
			in := w.in[name]
			if in != nil && !in.found {
				l.pos = at
				in.found, in.at = true, l.here()
				l.pos = end
			}
			l.space()
			l.pos++ // the colon
			l.value(in)
		})
	case l.text[l.pos] == '[':
		l.each(']', func(i int) {
			in := w.in["["+strconv.Itoa(i)+"]"]
			if in != nil {
				in.found, in.at = true, l.here()
			}
			l.value(in)
		})
	default:
		l.skip()
	}
}

// each calls entry at the beginning of each entry of an object or a list, which ends with closing.
func (l *locator) each(closing byte, entry func(i int)) {
	l.pos++
	for i := 0; ; i++ {
		l.space()
		switch l.text[l.pos] {
		case closing:
			l.pos++
			return
		case ',':
			l.pos++
			l.space()
		}
		entry(i)
	}
}

// skip skips the next value, or the name of a field.
func (l *locator) skip() {
	depth := 0
	for l.pos < len(l.text) {
		switch c := l.text[l.pos]; c {
		case '"':
			l.quoted()
		case '{', '[':
			depth++
			l.pos++
		case '}', ']':
			if depth == 0 {
				return // the value was a number or a word
			}
			depth--
			l.pos++
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return
			}
			l.pos++
			continue
		default: // of a number or a word
			l.pos++
			if depth == 0 && l.pos < len(l.text) && strings.IndexByte(",:]} \t\r\n", l.text[l.pos]) < 0 {
				continue
			}
		}
		if depth == 0 {
			return
		}
	}
}

// quoted skips a string.
func (l *locator) quoted() {
	for l.pos++; l.pos < len(l.text); l.pos++ {
		switch l.text[l.pos] {
		case '\\':
			l.pos++
		case '"':
			l.pos++
			return
		}
	}
}
