package lectern

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Texts of a deck may name variables: {{customer}}, with or without blanks inside the braces. \{{ writes two braces
// that begin no variable. Braces around anything but a name are text. Source code on a slide is never filled in.

// Bounds of variables.
const (
	MaxVariables   = 200
	MaxVariableLen = 4000 // bytes of a value
)

// IsVariable reports whether s can name a variable: a letter or "_", then letters, digits, "_", "." and "-", at most
// MaxName bytes in all.
func IsVariable(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '_', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c == '.' || c == '-' || c >= '0' && c <= '9'):
		default:
			return false
		}
	}
	return s != "" && len(s) <= MaxName
}

// Choice is how a request wants a deck: its language and the values of its variables.
type Choice struct {
	Language  string            // see [Deck.In]
	Variables map[string]string // values by name; they override the deck's
	Kinds     PropKind          // of the templates' props
	Limits    Limits            // of the texts after they are filled in; zero fields have their defaults
	Literal   bool              // braces are text, and nothing is filled in
}

// Edition returns d as a request asks for it: in one language, with its variables filled in. Values are plain text:
// marks and braces in them have no effect. A variable without a value is a fault; a value that no text names is a
// warning. Both name the fields of the edition; the field From of the result maps these to the fields of d. Faults of
// all translations are reported here too: [Deck.Validate] cannot find them in the edition, which has no translations.
func (d Deck) Edition(c Choice) Edition {
	v := &validator{deck: d, lim: c.Limits.WithDefaults()}
	v.languages()
	e := d.In(c.Language, c.Kinds)
	e.Faults = append(v.faults, e.Faults...)
	values := maps.Clone(d.Variables)
	if values == nil {
		values = map[string]string{}
	}
	maps.Copy(values, c.Variables)
	e.Deck.Variables = nil
	if c.Literal {
		return e
	}
	e.Faults = append(e.Faults, variableFaults(values)...)
	if len(values) > MaxVariables {
		return e
	}
	f := &filler{values: values, names: slices.Sorted(maps.Keys(values)), kinds: c.Kinds,
		left: c.Limits.WithDefaults().BodyBytes}
	f.limit = f.left
	f.deck(&e.Deck)
	if len(values) > 0 {
		f.unused(d)
	}
	e.Faults, e.Warnings = append(e.Faults, f.faults...), append(e.Warnings, f.warnings...)
	return e
}

// variableFaults returns the faults of the names and the values of variables.
func variableFaults(values map[string]string) []Failure {
	fault := func(name, format string, args ...any) Failure {
		param := "variables"
		if name != "" {
			param += "." + Shorten(name)
		}
		return *Fail(CodeInvalidDeck, format, args...).On(param)
	}
	if n := len(values); n > MaxVariables {
		return []Failure{fault("", "There are %d variables; the limit is %d.", n, MaxVariables)}
	}
	var faults []Failure
	for _, name := range sortedKeys(values) {
		if !IsVariable(name) {
			faults = append(faults, fault(name, "%q cannot name a variable: a name begins with a letter or \"_\", followed "+
				"by letters, digits, \"_\", \".\" and \"-\".", Shorten(name)))
		}
		if n := len(values[name]); n > MaxVariableLen {
			faults = append(faults, fault(name, "The value of the variable %q has %d bytes; the limit is %d.", Shorten(name), n,
				MaxVariableLen))
		}
	}
	return faults
}

// filler fills in variables.
type filler struct {
	values      map[string]string
	names       []string // of values, sorted
	kinds       PropKind
	limit, left int64 // bytes of texts with variables: allowed in all, and left; left is -1 once the limit is exceeded
	faults      []Failure
	warnings    []Warning
}

func (f *filler) deck(d *Deck) {
	d.Title = f.text(d.Title, fieldTitle, 0, plainValue)
	for i := range d.Slides {
		s := &d.Slides[i]
		at := "slides[" + strconv.Itoa(i) + "]"
		s.Narration = f.text(s.Narration, at+".narration", i+1, spokenValue)
		s.Section = f.text(s.Section, at+".section", i+1, plainValue)
		if !hasBraces(s.Props) {
			continue
		}
		s.Props = maps.Clone(s.Props)
		for _, name := range sortedKeys(s.Props) {
			if f.kinds.of(*s, name) != "code" {
				s.Props[name] = f.value(s.Props[name], at+".props."+Shorten(name), i+1)
			}
		}
	}
}

// hasBraces reports whether v may have something to fill in. The props of most slides do not, and are not copied.
func hasBraces(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, "{{")
	case []any:
		return slices.ContainsFunc(v, hasBraces)
	case map[string]any:
		for _, e := range v {
			if hasBraces(e) {
				return true
			}
		}
	}
	return false
}

// value fills in the texts inside a prop.
func (f *filler) value(v any, at string, slide int) any {
	if !hasBraces(v) {
		return v
	}
	switch v := v.(type) {
	case string:
		return f.text(v, at, slide, plainValue)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = f.value(e, at+"["+strconv.Itoa(i)+"]", slide)
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for _, name := range sortedKeys(v) {
			m[name] = f.value(v[name], at+"."+Shorten(name), slide)
		}
		return m
	}
	return v
}

func plainValue(s string) string { return s }

// spokenValue is a value inside a narration, marked so that [ParseScript] finds no marks in it.
func spokenValue(s string) string {
	return literalOpen + strings.NewReplacer(literalOpen, "", literalClose, "").Replace(s) + literalClose
}

// text returns s with its variables filled in, or s itself if one has no value or the limit is exceeded. as converts
// each value.
func (f *filler) text(s, at string, slide int, as func(string) string) string {
	if !strings.Contains(s, "{{") || f.left < 0 {
		return s
	}
	var b strings.Builder
	whole := true
	for part := range variableParts(s) {
		switch {
		case part.odd:
			f.odd(at, slide, part.text)
			b.WriteString(part.text)
		case part.name == "":
			b.WriteString(part.text)
		default:
			value, known := f.values[part.name]
			if !known {
				f.undefined(at, slide, part.name)
				whole = false
			}
			b.WriteString(as(value))
		}
		if int64(b.Len()) > f.left {
			f.left = -1
			fault := Fail(CodeTooLarge, "The texts of the deck have more than %d bytes once their variables are filled in, "+
				"which is the limit (limits.body).", f.limit)
			f.faults = append(f.faults, *fault.On(at).At(slide))
			return s
		}
	}
	f.left -= int64(b.Len())
	if !whole {
		return s
	}
	return b.String()
}

func (f *filler) undefined(at string, slide int, name string) {
	if len(f.faults) <= MaxFaults {
		fault := Fail(CodeUndefinedVariable, "The variable %q has no value.%s Give it one under \"variables\"; braces that "+
			"are text are written \\{{.",
			Shorten(name), DidYouMean(name, f.names))
		f.faults = append(f.faults, *fault.On(at).At(slide))
	}
}

// odd warns of braces that look like a variable's, once for each field.
func (f *filler) odd(at string, slide int, text string) {
	if len(f.warnings) >= MaxFaults || slices.ContainsFunc(f.warnings, func(w Warning) bool { return w.Param == at }) {
		return
	}
	f.warnings = append(f.warnings, Warning{Code: "literal_braces", Slide: slide, Param: at, Message: fmt.Sprintf(
		"%q is not a variable, so it stays as it is. To avoid this warning, write \\{{.", Shorten(text))})
}

// unused warns of values that no text of the deck names, in any of its languages.
func (f *filler) unused(d Deck) {
	used := d.variables(f.kinds)
	near := slices.Sorted(maps.Keys(used))
	near = near[:min(len(near), MaxVariables)] // comparing names costs time
	for _, name := range f.names {
		if !used[name] && len(f.warnings) < MaxFaults {
			f.warnings = append(f.warnings, Warning{Code: "unused_variable", Param: "variables." + Shorten(name),
				Message: fmt.Sprintf(
					"No text of the deck names the variable %q.%s", Shorten(name), DidYouMean(name, near))})
		}
	}
}

// variables returns the names of the variables in all texts of a deck.
func (d Deck) variables(kinds PropKind) map[string]bool {
	used := map[string]bool{}
	var look func(v any)
	look = func(v any) {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, "{{") {
				for part := range variableParts(v) {
					used[part.name] = true
				}
			}
		case []any:
			for _, e := range v {
				look(e)
			}
		case map[string]any:
			for _, e := range v {
				look(e)
			}
		}
	}
	props := func(s Slide, props map[string]any) {
		for name, v := range props {
			if kinds.of(s, name) != "code" {
				look(v)
			}
		}
	}
	look(d.Title)
	for _, t := range d.Translations {
		look(t.Title)
	}
	for _, s := range d.Slides {
		look(s.Narration)
		look(s.Section)
		props(s, s.Props)
		for _, t := range s.Translations {
			look(t.Narration)
			look(t.Section)
			props(s, t.Props)
		}
	}
	delete(used, "")
	return used
}

// VariableNames lists the variables that the texts of a deck name, in all of its languages, sorted.
func (d Deck) VariableNames(kinds PropKind) []string {
	return slices.Sorted(maps.Keys(d.variables(kinds)))
}

// variablePart is a part of a text: a variable, or text to be shown as it is.
type variablePart struct {
	text string
	name string // of a variable; "": the part is text
	odd  bool   // the text looks like a variable but is not
}

// variableParts divides a text into parts.
func variableParts(s string) func(yield func(variablePart) bool) {
	return func(yield func(variablePart) bool) {
		for s != "" {
			i := strings.Index(s, "{{")
			if i < 0 {
				yield(variablePart{text: s})
				return
			}
			part, rest := variablePart{}, ""
			before := s[:i]
			switch name, size := variableAt(s[i:]); {
			case i > 0 && s[i-1] == '\\':
				part, rest, before = variablePart{text: "{{"}, s[i+2:], s[:i-1]
			case name != "":
				part, rest = variablePart{name: name}, s[i+size:]
			case size > 0:
				part, rest = variablePart{text: s[i : i+size], odd: true}, s[i+size:]
			default:
				part, rest = variablePart{text: "{"}, s[i+1:]
			}
			if before != "" && !yield(variablePart{text: before}) || !yield(part) {
				return
			}
			s = rest
		}
	}
}

// variableAt returns the name of the variable at the beginning of s, and its size in bytes with the braces. If the
// braces hold other words, name is "" and size is theirs. If they hold nothing, more braces or a line break, or are not
// closed within the length of the longest name, size is 0.
func variableAt(s string) (name string, size int) {
	const longest = MaxName + 20
	end := strings.Index(s[:min(len(s), longest)], "}}")
	if end < 0 {
		return "", 0
	}
	inner := s[2:end]
	if name := strings.Trim(inner, " \t"); IsVariable(name) {
		return name, end + 2
	}
	if strings.ContainsAny(inner, "{}\n") || strings.TrimSpace(inner) == "" {
		return "", 0
	}
	return "", end + 2
}
