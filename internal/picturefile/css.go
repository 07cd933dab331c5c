package picturefile

import (
	"net/url"
	"strings"
)

// effect is the cost that attributes and declarations add to an element.
type effect struct {
	cost   int64
	points int64 // approximate number of vertices
	layer  bool  // the element needs its own layer
	refs   []ref
}

// ref is a part of the drawing that an element uses.
type ref struct {
	id   string
	each each
}

// each says how often a reference is drawn.
type each int

const (
	once   each = iota
	shape       // every element within, which inherits it
	vertex      // every vertex of every element within
)

// inherited returns how often an inherited property is drawn.
func inherited(name string) each {
	switch {
	case strings.HasPrefix(name, "marker"):
		return vertex
	case name == "fill" || name == "stroke":
		return shape
	}
	return once
}

// maxRefs bounds the references of the rules for one class and of the attributes of one element.
const maxRefs = 64

var tooStyled = unfit("it is an SVG drawing with a style sheet that is too complex")

// take counts an attribute or a declaration and its references.
func (e *effect) take(name, value string) *Unfit {
	if u := e.add(name, value); u != nil {
		return u
	}
	return e.refer(name, value)
}

func (e *effect) add(name, value string) *Unfit {
	value = strings.ToLower(strings.TrimSpace(value))
	if hides(name, value) {
		return tooStyled
	}
	switch name {
	case "d":
		e.cost += int64(len(value) / 200)
		e.points += int64(len(value) / 4)
	case "filter", "backdrop-filter", "-webkit-filter":
		if value != "none" && value != "" {
			e.layer = true
			e.cost += 50 + 500*int64(strings.Count(value, "(")-strings.Count(value, "url("))
		}
	case "mask", "mask-image", "-webkit-mask", "-webkit-mask-image":
		if value != "none" && value != "" {
			e.layer = true
			e.cost += 50
		}
	case "clip-path":
		if value != "none" && value != "" {
			e.cost += 5
		}
	case "opacity":
		if value != "1" && value != "100%" {
			e.layer = true
			e.cost++
		}
	case "mix-blend-mode", "isolation":
		if value != "normal" && value != "auto" {
			e.layer = true
			e.cost += 10
		}
	case "stroke-dasharray":
		if value != "none" {
			e.cost += 5
		}
	}
	return nil
}

// costly lists properties whose values must be literal, so that they can be counted.
var costly = map[string]bool{
	"filter": true, "backdrop-filter": true, "-webkit-filter": true, "clip-path": true, "d": true, "initial-value": true,
}

// hides reports whether a value is not literal but comes from a variable, an attribute or a function of the style
// sheet, where it is not counted. Variables that use variables can also double with each step.
func hides(name, value string) bool {
	if strings.HasPrefix(name, "--") {
		return strings.Contains(value, "var(") || strings.Contains(value, "url(") || strings.Contains(value, "path(")
	}
	if !costly[name] && !strings.Contains(name, "mask") && !strings.HasPrefix(name, "marker") {
		return false
	}
	for _, f := range []string{"var(", "attr(", "if(", " --", ",--", "(--"} {
		if strings.Contains(value, f) {
			return true
		}
	}
	return strings.HasPrefix(value, "--")
}

// refer counts the url(#…) in a value; their case matters.
func (e *effect) refer(name, value string) *Unfit {
	for {
		i := indexFold(value, "url(")
		if i < 0 {
			return nil
		}
		value = value[i+4:]
		end := strings.IndexByte(value, ')')
		if end < 0 {
			return tooStyled
		}
		id, ok := strings.CutPrefix(unquoted(strings.TrimSpace(value[:end])), "#")
		if !ok {
			continue
		}
		if len(e.refs) == maxRefs || strings.ContainsAny(id, "/*;{}()\"' \t\n\r\f") {
			return tooStyled
		}
		e.refs = append(e.refs, ref{unescaped(id), inherited(name)})
	}
}

func unquoted(s string) string {
	if n := len(s); n >= 2 && (s[0] == '"' || s[0] == '\'') && s[n-1] == s[0] {
		return s[1 : n-1]
	}
	return s
}

// unescaped returns the id of a reference without its percent-encoding.
func unescaped(id string) string {
	if s, err := url.PathUnescape(id); err == nil {
		return s
	}
	return id
}

// indexFold returns the first index of sub in s, or -1. sub is in lower case; the case of s does not matter.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i]|0x20 == sub[0] && strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// merge adds another effect.
func (e *effect) merge(o effect) *Unfit {
	e.cost += o.cost
	e.points += o.points
	e.layer = e.layer || o.layer
	if e.refs = append(e.refs, o.refs...); len(e.refs) > maxRefs {
		return tooStyled
	}
	return nil
}

// declarations reads a style attribute, or the text between the braces of a rule.
func declarations(s string, e *effect) *Unfit {
	if strings.Contains(s, `\`) {
		return tooStyled // an escape may hide anything
	}
	for d := range strings.SplitSeq(s, ";") {
		name, value, ok := strings.Cut(d, ":")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if u := e.take(name, value); u != nil {
			return u
		}
	}
	return nil
}

// stylesheet is the effect of rules on elements, by the last part of their selectors: ".name", "#id", "tag", or "*" for
// selectors that may match any element.
type stylesheet map[string]effect

// read reads the rules of one style element. A nested rule counts for its own selector. The end of the text closes open
// blocks, as in browsers.
func (sheet *stylesheet) read(s string) *Unfit {
	s, ok := stripComments(s)
	if !ok || strings.Contains(s, `\`) {
		return tooStyled // an escape may hide anything
	}
	if *sheet == nil {
		*sheet = stylesheet{}
	}
	var open []string // selectors
	for s != "" {
		text, sign, rest := statement(s)
		s = rest
		switch {
		case sign == '{':
			if open = append(open, strings.TrimSpace(text)); len(open) > 16 {
				return tooStyled
			}
			continue
		case len(open) == 0:
			continue
		}
		var e effect
		if u := declarations(text, &e); u != nil {
			return u
		}
		if u := sheet.apply(within(open), e); u != nil {
			return u
		}
		if sign == '}' {
			open = open[:len(open)-1]
		}
	}
	return nil
}

// within returns the selectors of a declaration. For an animation that is the selector of everything.
func within(open []string) string {
	for _, s := range open {
		if strings.HasPrefix(s, "@") && strings.Contains(strings.ToLower(s), "keyframes") {
			return "*"
		}
	}
	return open[len(open)-1]
}

// statement splits s after the first of {}; that is not in a string. sign is 0 at the end of s.
func statement(s string) (text string, sign byte, rest string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '{', '}', ';':
			return s[:i], c, s[i+1:]
		case '"', '\'':
			i += 1 + strings.IndexByte(s[i+1:], c) // stripComments has checked that the string ends
		}
	}
	return s, 0, ""
}

func (sheet stylesheet) apply(selectors string, e effect) *Unfit {
	if e.cost == 0 && e.points == 0 && !e.layer && len(e.refs) == 0 {
		return nil
	}
	for s := range strings.SplitSeq(selectors, ",") {
		key := selectorKey(s)
		if len(sheet) > 100_000 {
			return tooStyled
		}
		all := sheet[key]
		if u := all.merge(e); u != nil {
			return u
		}
		sheet[key] = all
	}
	return nil
}

// selectorKey returns the part of a selector that every matching element must have.
func selectorKey(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "@") || strings.ContainsAny(s, "()[]&|") {
		return "*"
	}
	if i := strings.LastIndexAny(s, " \t\n\r>+~"); i >= 0 {
		s = s[i+1:]
	}
	s, _, _ = strings.Cut(s, ":")
	sign := ""
	if i := strings.IndexAny(s, ".#"); i >= 0 {
		sign, s = s[i:i+1], s[i+1:]
		if end := strings.IndexAny(s, ".#"); end >= 0 {
			s = s[:end]
		}
	}
	if s == "" || strings.ContainsFunc(s, notInName) {
		return "*"
	}
	if sign == "" {
		s = strings.ToLower(s)
	}
	return sign + s
}

func notInName(r rune) bool {
	return r < 0x80 && r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
}

// stripComments removes comments, but not text in strings that looks like one. ok is false if a string does not end on
// its line.
func stripComments(s string) (out string, ok bool) {
	var b strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "/\"'")
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		switch {
		case strings.HasPrefix(s, "/*"):
			_, s, _ = strings.Cut(s[2:], "*/")
			b.WriteByte(' ')
		case s[0] == '/':
			b.WriteByte('/')
			s = s[1:]
		default:
			end := strings.IndexAny(s[1:], s[:1]+"\n\r\f")
			if end < 0 || s[1+end] != s[0] {
				return "", false
			}
			b.WriteString(s[:end+2])
			s = s[end+2:]
		}
	}
	b.WriteString(s)
	return b.String(), true
}

// outside reports whether CSS inside a drawing refers to anything except its own parts.
func outside(s string) bool {
	if !strings.ContainsAny(s, "(@:") {
		return false
	}
	s = strings.ToLower(s)
	if strings.Contains(s, "@import") || strings.Contains(s, "javascript:") || strings.Contains(s, "image-set(") {
		return true
	}
	for {
		i := strings.Index(s, "url(")
		if i < 0 {
			return false
		}
		s = strings.TrimLeft(s[i+4:], " \t\r\n'\"")
		if !strings.HasPrefix(s, "#") {
			return true
		}
	}
}
