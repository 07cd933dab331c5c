package jsondeck

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"lectern"
	"lectern/internal/deck/form"
)

// maxNesting bounds how deep any value may be nested, so that a hostile body cannot exhaust the stack.
const maxNesting = 64

// maxNumber is the longest number, in characters. The largest float64 has 309 digits.
const maxNumber = 1000

// syntax is a fault in the text: what is wrong and at which byte.
type syntax struct {
	at   int
	what string
	over int // the limit of tokens, if the text exceeds it; else 0
}

// decode reads one JSON value with only white space around it. It skips a byte order mark. Each token is taken from
// budget; a text with more tokens is refused. The fields of the outermost object are built when they are read (see
// [form.Later]), so unknown fields are never built.
func decode(text string, budget *budget) (any, *lectern.Failure) {
	text = strings.TrimPrefix(text, "\ufeff")
	if isUTF16(text) {
		return nil, lectern.Fail(lectern.CodeInvalidJSON, "This is not valid JSON: the text is UTF-16, not UTF-8 (line 1, "+
			"column 1). Save it as UTF-8 and try again.")
	}
	s := scanner{text: text, budget: budget}
	v, bad := s.document()
	if bad != nil {
		return nil, bad.failure(text)
	}
	return v, nil
}

// isUTF16 reports whether a text is UTF-16: it has that byte order mark, or every other byte at its beginning is zero.
func isUTF16(text string) bool {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return true
	}
	return len(text) >= 4 && (text[0] != 0 && text[1] == 0 && text[2] != 0 && text[3] == 0 ||
		text[0] == 0 && text[1] != 0 && text[2] == 0 && text[3] != 0)
}

// budget counts the names, values and brackets that may still be read.
type budget struct{ limit, left int }

func (b *syntax) failure(text string) *lectern.Failure {
	at := min(b.at, len(text))
	if b.over > 0 {
		return lectern.Fail(lectern.CodeTooLarge, "The JSON has more than %d names, values and brackets, which is the "+
			"limit (limits.json_tokens). The limit is reached in line %d. Remove fields that no video needs, or split the deck.",
			b.over, strings.Count(text[:at], "\n")+1)
	}
	start := strings.LastIndexByte(text[:at], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
		end = start + i
	}
	line := strings.Count(text[:at], "\n") + 1
	column := utf8.RuneCountInString(text[start:at]) + 1
	f := lectern.Fail(lectern.CodeInvalidJSON, "This is not valid JSON: %s (line %d, column %d).", b.what, line, column)
	if strings.TrimSpace(text[start:end]) != "" {
		f.Detail = excerpt(text[start:end], at-start)
	}
	return f
}

// excerpt is the part of a line around the byte at, with a caret below that byte.
func excerpt(line string, at int) string {
	const before, after = 40, 30
	at = min(at, len(line))
	near, far := max(at-utf8.UTFMax*(before+1), 0), min(at+utf8.UTFMax*(after+1), len(line)) // a line may have megabytes
	left, right := []rune(strings.ToValidUTF8(line[near:at], "�")), []rune(strings.ToValidUTF8(line[at:far], "�"))
	prefix, suffix := "", ""
	if len(left) > before {
		left, prefix = left[len(left)-before:], "…"
	}
	if len(right) > after {
		right, suffix = right[:after], "…"
	}
	shown := strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, prefix+string(left)+string(right)+suffix)
	return shown + "\n" + strings.Repeat(" ", len([]rune(prefix))+len(left)) + "^"
}

// scanner reads JSON from pos on.
type scanner struct {
	text   string
	pos    int
	depth  int
	skip   bool     // the syntax of values is checked, but they are not built
	budget *budget  // nil: the tokens of the text are already counted
	names  []string // of the open objects that are not built, see nameSet
}

func (s *scanner) bad(at int, format string, args ...any) *syntax {
	return &syntax{at: at, what: fmt.Sprintf(format, args...)}
}

// count takes one token from the budget.
func (s *scanner) count() *syntax {
	if s.budget == nil {
		return nil
	}
	if s.budget.left == 0 {
		return &syntax{at: s.pos, over: s.budget.limit}
	}
	s.budget.left--
	return nil
}

func (s *scanner) document() (any, *syntax) {
	s.space()
	if s.pos == len(s.text) {
		return nil, s.bad(s.pos, "the text is empty")
	}
	v, bad := s.value()
	if bad != nil {
		return nil, bad
	}
	s.space()
	if s.pos < len(s.text) {
		return nil, s.bad(s.pos, "something follows the end of the deck")
	}
	return v, nil
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// value reads a value. With skip it only checks the syntax, and its result has no meaning.
func (s *scanner) value() (any, *syntax) {
	if s.pos >= len(s.text) {
		return nil, s.bad(s.pos, "the text ends where a value should be; it may have been cut off")
	}
	if bad := s.count(); bad != nil {
		return nil, bad
	}
	switch c := s.text[s.pos]; {
	case c == '{':
		return s.nested(s.object)
	case c == '[':
		return s.nested(s.list)
	case c == '"':
		text, bad := s.str()
		if bad != nil || s.skip {
			return nil, bad
		}
		return text, nil
	case c == '-' || c >= '0' && c <= '9':
		n, bad := s.number()
		if bad != nil || s.skip {
			return nil, bad
		}
		return n, nil
	}
	switch rest := s.text[s.pos:]; {
	case strings.HasPrefix(rest, "true"):
		s.pos += len("true")
		return true, nil
	case strings.HasPrefix(rest, "false"):
		s.pos += len("false")
		return false, nil
	case strings.HasPrefix(rest, "null"):
		s.pos += len("null")
		return nil, nil
	}
	return nil, s.unexpected()
}

func (s *scanner) nested(read func() (any, *syntax)) (any, *syntax) {
	if s.depth++; s.depth > maxNesting {
		return nil, s.bad(s.pos, "values are nested more than %d deep", maxNesting)
	}
	defer func() { s.depth-- }()
	return read()
}

// later checks the syntax of a value and returns a [form.Later], which builds it from its text.
func (s *scanner) later() (any, *syntax) {
	s.skip = true
	defer func() { s.skip = false }()
	start := s.pos
	if _, bad := s.value(); bad != nil {
		return nil, bad
	}
	text := s.text[start:s.pos]
	return form.Later(func() any {
		again := scanner{text: text, depth: 1}
		v, _ := again.value() // its syntax was checked above
		return v
	}), nil
}

// unexpected explains why the next character does not begin a value.
func (s *scanner) unexpected() *syntax {
	rest := s.text[s.pos:]
	for _, word := range []string{"NaN", "Infinity"} {
		if strings.HasPrefix(rest, word) {
			return s.bad(s.pos, "%s is not a number in JSON", word)
		}
	}
	for word, right := range map[string]string{"None": "null", "True": "true", "False": "false", "undefined": "null"} {
		if strings.HasPrefix(rest, word) {
			return s.bad(s.pos, "%s should be %s", word, right)
		}
	}
	switch r, size := utf8.DecodeRuneInString(rest); {
	case r == utf8.RuneError && size == 1:
		return s.bad(s.pos, "the text is not UTF-8 here")
	case r == '\'':
		return s.bad(s.pos, "strings need double quotes, not single ones")
	case r == '“' || r == '”':
		return s.bad(s.pos, "strings need straight quotes (\"), not curly ones")
	case r == '/' || r == '#':
		return s.bad(s.pos, "comments are not allowed")
	case r == ']' || r == '}':
		return s.bad(s.pos, "a value is missing before %q; there may be a comma too many", r)
	case r == ',':
		return s.bad(s.pos, "a value is missing before the comma")
	case r == '+' || r == '.':
		return s.bad(s.pos, "a number begins with a digit or a minus sign")
	default:
		return s.bad(s.pos, "%q does not begin a value; text needs double quotes", r)
	}
}

func (s *scanner) object() (any, *syntax) {
	open := s.pos
	s.pos++
	o, read := &form.Object{}, s.value
	if s.budget != nil && s.depth == 1 {
		read = s.later
	}
	defer func(names int) { s.names = s.names[:names] }(len(s.names))
	seen := nameSet{names: &s.names, from: len(s.names)}
	for first := true; ; first = false {
		s.space()
		switch {
		case s.pos >= len(s.text):
			return nil, s.bad(s.pos, "the object that begins in line %d has no end; the text may have been cut off",
				s.line(open))
		case s.text[s.pos] == '}' && first:
			s.pos++
			return o, s.count()
		case s.text[s.pos] == '}':
			return nil, s.bad(s.pos, "there is a comma too many before the \"}\"")
		case s.text[s.pos] != '"':
			return nil, s.bad(s.pos, "the name of a field, in double quotes, is missing here")
		}
		at := s.pos
		if bad := s.count(); bad != nil {
			return nil, bad
		}
		name, bad := s.str()
		if bad != nil {
			return nil, bad
		}
		s.space()
		if s.pos >= len(s.text) || s.text[s.pos] != ':' {
			return nil, s.bad(s.pos, "a colon is missing after the name %q", lectern.Shorten(name))
		}
		s.pos++
		s.space()
		skipped := s.skip
		v, bad := read()
		if bad != nil {
			return nil, bad
		}
		fresh := false
		if skipped {
			fresh = seen.add(name)
		} else {
			fresh = o.Add(name, v)
		}
		if !fresh {
			return nil, s.bad(at, "the field %q occurs twice in one object", lectern.Shorten(name))
		}
		s.space()
		if done, bad := s.next('}', "object", open); bad != nil || done {
			return o, bad
		}
	}
}

func (s *scanner) list() (any, *syntax) {
	open := s.pos
	s.pos++
	list := []any{}
	for some := false; ; some = true {
		s.space()
		if s.pos < len(s.text) && s.text[s.pos] == ']' {
			if some {
				return nil, s.bad(s.pos, "there is a comma too many before the \"]\"")
			}
			s.pos++
			return list, s.count()
		}
		v, bad := s.value()
		if bad != nil {
			return nil, bad
		}
		if !s.skip {
			list = append(list, v)
		}
		s.space()
		if done, bad := s.next(']', "list", open); bad != nil || done {
			return list, bad
		}
	}
}

// next steps over a comma or the closing bracket.
func (s *scanner) next(closing byte, what string, open int) (done bool, bad *syntax) {
	switch {
	case s.pos >= len(s.text):
		return false, s.bad(s.pos, "the %s that begins in line %d has no end; the text may have been cut off", what,
			s.line(open))
	case s.text[s.pos] == ',':
		s.pos++
		return false, nil
	case s.text[s.pos] == closing:
		s.pos++
		return true, s.count()
	}
	return false, s.bad(s.pos, "a comma or %q is missing here", closing)
}

func (s *scanner) line(at int) int { return strings.Count(s.text[:at], "\n") + 1 }

func (s *scanner) number() (form.Number, *syntax) {
	start := s.pos
	digits := func() bool {
		from := s.pos
		for s.pos < len(s.text) && s.text[s.pos] >= '0' && s.text[s.pos] <= '9' {
			s.pos++
		}
		return s.pos > from
	}
	if s.text[s.pos] == '-' {
		s.pos++
	}
	lead := s.pos
	if !digits() {
		return "", s.bad(start, "a digit should follow the minus sign")
	}
	if s.text[lead] == '0' && s.pos > lead+1 {
		return "", s.bad(start, "a number does not begin with a zero")
	}
	if s.pos < len(s.text) && s.text[s.pos] == '.' {
		s.pos++
		if !digits() {
			return "", s.bad(start, "a digit should follow the decimal point")
		}
	}
	if s.pos < len(s.text) && (s.text[s.pos] == 'e' || s.text[s.pos] == 'E') {
		s.pos++
		if s.pos < len(s.text) && (s.text[s.pos] == '+' || s.text[s.pos] == '-') {
			s.pos++
		}
		if !digits() {
			return "", s.bad(start, "the exponent of the number has no digits")
		}
	}
	if s.pos-start > maxNumber {
		return "", s.bad(start, "a number has more than %d characters", maxNumber)
	}
	return form.Number(s.text[start:s.pos]), nil
}

func (s *scanner) str() (string, *syntax) {
	open := s.pos
	s.pos++
	start, plain := s.pos, true
	var b strings.Builder
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			if plain {
				return s.text[start : s.pos-1], nil
			}
			return b.String(), nil
		case c == '\\':
			if plain {
				plain = false
				b.WriteString(s.text[start:s.pos])
			}
			r, bad := s.escape()
			if bad != nil {
				return "", bad
			}
			b.WriteRune(r)
		case c < ' ':
			what := "a control character"
			if c == '\n' || c == '\r' {
				what = `there is a line break inside a string: write \n, or a closing quote is missing`
			} else if c == '\t' {
				what = `there is a tab inside a string: write \t`
			}
			return "", s.bad(s.pos, "%s", what)
		default:
			r, size := utf8.DecodeRuneInString(s.text[s.pos:])
			if r == utf8.RuneError && size == 1 {
				return "", s.bad(s.pos, "the text is not UTF-8 here")
			}
			if !plain {
				b.WriteString(s.text[s.pos : s.pos+size])
			}
			s.pos += size
		}
	}
	return "", s.bad(open, "the string that begins here has no closing quote")
}

var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads an escape sequence, from its backslash on. Half a surrogate pair becomes U+FFFD, as in encoding/json.
func (s *scanner) escape() (rune, *syntax) {
	at := s.pos
	s.pos++
	if s.pos >= len(s.text) {
		return 0, s.bad(at, "the text ends inside a string")
	}
	c := s.text[s.pos]
	s.pos++
	if r, ok := escapes[c]; ok {
		return r, nil
	}
	if c != 'u' {
		return 0, s.bad(at, `a backslash in a string is written \\`)
	}
	r, ok := s.hex4()
	if !ok {
		return 0, s.bad(at, `four hexadecimal digits should follow \u`)
	}
	if utf16.IsSurrogate(r) {
		back := s.pos
		if strings.HasPrefix(s.text[s.pos:], `\u`) {
			s.pos += 2
			if low, ok := s.hex4(); ok {
				if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
					return pair, nil
				}
			}
		}
		s.pos = back
		return utf8.RuneError, nil
	}
	return r, nil
}

func (s *scanner) hex4() (rune, bool) {
	if s.pos+4 > len(s.text) {
		return 0, false
	}
	for _, c := range []byte(s.text[s.pos : s.pos+4]) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return 0, false
		}
	}
	v, err := strconv.ParseUint(s.text[s.pos:s.pos+4], 16, 16)
	if err != nil {
		return 0, false
	}
	s.pos += 4
	return rune(v), true
}
