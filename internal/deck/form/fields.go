package form

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"lectern"
	"lectern/internal/deck"
)

// reader reads a deck, and collects its faults and warnings.
type reader struct {
	lim      lectern.Limits
	faults   []lectern.Failure
	warnings []lectern.Warning
	places   deck.Places

	resize  bool // the settings have a preset, which replaces the deck's size but keeps its aspect
	reshape bool // the settings have an aspect, which replaces that of the deck's size

	// asked is called with the object and the names of each field that is looked for; nil: nothing is called.
	asked func(object string, names []string)

	callback, callbackAt string // the callback URL, and the field name under which it was given
}

func (r *reader) fault(path string, slide int, format string, args ...any) {
	r.faults = append(r.faults, lectern.Failure{Code: lectern.CodeInvalidDeck, Message: fmt.Sprintf(format, args...),
		Param: path, Slide: slide})
}

func (r *reader) warn(code string, slide int, format string, args ...any) {
	r.warnAt(code, "", slide, format, args...)
}

// warnAt warns about the field at path.
func (r *reader) warnAt(code, path string, slide int, format string, args ...any) {
	if len(r.warnings) < lectern.MaxFaults {
		r.warnings = append(r.warnings, lectern.Warning{Code: code, Message: fmt.Sprintf(format, args...), Slide: slide,
			Param: path})
	}
}

// fields is one object of a deck while it is read. Every field that the reader asks for becomes known; the other ones
// are unknown fields or props.
type fields struct {
	r     *reader
	obj   *Object
	path  string // of the object as its author wrote it; "" for the whole deck
	name  string // the object's path in a deck
	slide int    // counted from 1; 0: the whole deck
	known map[string]bool
}

// open begins to read an object, which was written at path and whose path in a deck is name.
func (r *reader) open(o *Object, path, name string, slide int) *fields {
	return &fields{r: r, obj: o, path: path, name: name, slide: slide, known: map[string]bool{}}
}

func (f *fields) at(name string) string     { return inside(f.path, name) }
func (f *fields) called(name string) string { return inside(f.name, name) }

// inside is the path of a field of the object at path.
func inside(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// field is a value with the path under which its author wrote it.
type field struct {
	value any
	path  string
}

// take finds a field by any of its names. They are given in camelCase; take also tries each in snake_case. The first
// name is that of the field in a deck. Null counts as absent. A field that is there under two names must have equal
// values.
func (f *fields) take(names ...string) (field, bool) {
	if f.r.asked != nil {
		f.r.asked(f.name, all(names))
	}
	var found field
	ok := false
	for _, camel := range names {
		for _, name := range spellings(camel) {
			f.known[name] = true
			v, there := f.obj.Get(name)
			if !there || v == nil {
				continue
			}
			if ok && !reflect.DeepEqual(found.value, v) {
				f.fault(f.at(name), "%q and %q mean the same, but have different values; give one of them.",
					last(found.path), name)
				continue
			}
			if !ok {
				found, ok = field{v, f.at(name)}, true
			}
		}
	}
	if ok && last(found.path) != names[0] {
		f.r.places[f.called(names[0])] = found.path
	}
	return found, ok
}

// all lists the spellings of names.
func all(names []string) []string {
	var list []string
	for _, name := range names {
		list = append(list, spellings(name)...)
	}
	return list
}

func (f *fields) fault(path, format string, args ...any) {
	f.r.fault(path, f.slide, format, args...)
}

func (f *fields) wrong(v field, want string) {
	f.fault(v.path, "%q must be %s, not %s.", last(v.path), want, kind(v.value))
}

// text reads a string field and trims it. An empty string counts as absent.
func (f *fields) text(names ...string) (string, field, bool) {
	v, ok := f.take(names...)
	if !ok {
		return "", v, false
	}
	s, ok := v.value.(string)
	if !ok {
		f.wrong(v, "a string")
		return "", v, false
	}
	s = clean(s)
	return s, v, s != ""
}

// clean trims s, removes control characters, and writes line breaks as "\n".
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r == '\n', r == '\t':
			return r
		case r < ' ', r >= 0x7f && r < 0xa0, r == '\ufeff':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

func (f *fields) flag(names ...string) (value, ok bool) {
	v, ok := f.take(names...)
	if !ok {
		return false, false
	}
	b, ok := v.value.(bool)
	if !ok {
		f.wrong(v, "true or false")
	}
	return b, ok
}

// number reads a field that is a finite number.
func (f *fields) number(names ...string) (float64, field, bool) {
	v, ok := f.take(names...)
	if !ok {
		return 0, v, false
	}
	x, ok := f.float(v)
	return x, v, ok
}

func (f *fields) float(v field) (float64, bool) {
	n, ok := v.value.(Number)
	if !ok {
		f.wrong(v, "a number")
		return 0, false
	}
	x, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		f.fault(v.path, "The number %s of %q is too large.", lectern.Shorten(string(n)), last(v.path))
		return 0, false
	}
	return x, true
}

// whole reads a number without a fraction; 30.0 counts as 30.
func (f *fields) whole(v field) (int, bool) {
	x, ok := f.float(v)
	if !ok {
		return 0, false
	}
	if x != math.Trunc(x) || math.Abs(x) > 1e9 {
		f.fault(v.path, "%q must be a whole number, not %s.", last(v.path), lectern.Shorten(string(v.value.(Number))))
		return 0, false
	}
	return int(x), true
}

func (f *fields) list(names ...string) ([]any, field, bool) {
	v, ok := f.take(names...)
	if !ok {
		return nil, v, false
	}
	l, ok := v.value.([]any)
	if !ok {
		f.wrong(v, "a list")
	}
	return l, v, ok
}

func (f *fields) object(names ...string) (*fields, bool) {
	v, ok := f.take(names...)
	if !ok {
		return nil, false
	}
	o, ok := v.value.(*Object)
	if !ok {
		f.wrong(v, "an object")
		return nil, false
	}
	return f.r.open(o, v.path, f.called(names[0]), f.slide), true
}

// rest lists the names of fields that are not known, in the order in which they were written.
func (f *fields) rest() []string {
	var names []string
	for _, m := range f.obj.members {
		if !f.known[m.name] {
			names = append(names, m.name)
		}
	}
	return names
}

// kind names the type of a value, with its article.
func kind(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return fmt.Sprint(v)
	case Number:
		return "the number " + lectern.Shorten(string(v))
	case string:
		return "a string"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

// last is the last name of a path.
func last(path string) string {
	return path[strings.LastIndexByte(path, '.')+1:]
}

// spellings are a camelCase name and its snake_case form, where that differs.
func spellings(camel string) []string {
	var b strings.Builder
	for _, c := range camel {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	if b.String() == camel {
		return []string{camel}
	}
	return []string{camel, b.String()}
}

// camel turns a snake_case name into camelCase; any other name stays as it is.
func camel(name string) string {
	if !strings.Contains(name, "_") || name[0] < 'a' || name[0] > 'z' {
		return name
	}
	var b strings.Builder
	up := false
	for _, c := range []byte(name) {
		switch {
		case c == '_' && up:
			return name
		case c == '_':
			up = true
		case c >= 'a' && c <= 'z' && up:
			b.WriteByte(c - 'a' + 'A')
			up = false
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteByte(c)
			up = false
		default:
			return name
		}
	}
	if up {
		return name
	}
	return b.String()
}
