package picturefile

import (
	"strings"
)

// effect is what attributes and declarations add to the cost of an element.
type effect struct {
	cost  int64
	layer bool // it is drawn on a sheet of its own first
	refs  []ref
}

// ref is a part of the drawing that an element uses.
type ref struct {
	id     string
	marker bool // drawn at every vertex
}

// maxRefs bounds what the rules for one class, and the attributes of one element, may refer to.
const maxRefs = 64

var tooStyled = unfit("it is an SVG drawing with a style sheet that is too complex")

// take counts an attribute or a declaration, and what it refers to.
func (e *effect) take(name, value string) *Unfit {
	if u := e.add(name, value); u != nil {
		return u
	}
	return e.refer(name, value)
}

func (e *effect) add(name, value string) *Unfit {
	value = strings.ToLower(strings.TrimSpace(value))
	switch name {
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
	if strings.HasPrefix(name, "--") && strings.Contains(value, "var(") {
		return tooStyled // variables made of variables double with each step
	}
	return nil
}

// refer counts the url(#…) in a value, whose case matters.
func (e *effect) refer(name, value string) *Unfit {
	marker := strings.HasPrefix(name, "marker")
	for {
		i := indexFold(value, "url(")
		if i < 0 {
			return nil
		}
		value = strings.TrimLeft(value[i+4:], " \t\n\r'\"")
		id, ok := strings.CutPrefix(value, "#")
		if !ok {
			continue
		}
		if end := strings.IndexAny(id, "'\") \t\n\r"); end >= 0 {
			id = id[:end]
		}
		if len(e.refs) == maxRefs {
			return tooStyled
		}
		e.refs = append(e.refs, ref{id, marker})
	}
}

// indexFold finds sub, in lower case, in s in any case.
func indexFold(s, sub string) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i]|0x20 == sub[0] && strings.EqualFold(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// merge adds what another effect adds.
func (e *effect) merge(o effect) *Unfit {
	e.cost += o.cost
	e.layer = e.layer || o.layer
	if e.refs = append(e.refs, o.refs...); len(e.refs) > maxRefs {
		return tooStyled
	}
	return nil
}

// declarations reads what stands in a style attribute, or between the braces of a rule.
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

// stylesheet is what rules add to elements, by the last part of their selectors: ".name", "#id", "tag", or "*" for all that
// may match anything.
type stylesheet map[string]effect

// read takes the rules of one style element. Rules within rules count for what they match themselves.
func (sheet *stylesheet) read(s string) *Unfit {
	s = stripComments(s)
	if strings.Contains(s, `\`) {
		return tooStyled
	}
	if *sheet == nil {
		*sheet = stylesheet{}
	}
	var open []string // selectors
	for s != "" {
		i := strings.IndexAny(s, "{};\"'")
		if i < 0 {
			break
		}
		for i >= 0 && (s[i] == '"' || s[i] == '\'') { // strings may hold anything
			end := strings.IndexByte(s[i+1:], s[i])
			if end < 0 {
				return tooStyled
			}
			next := strings.IndexAny(s[i+end+2:], "{};\"'")
			if next < 0 {
				return nil
			}
			i += end + 2 + next
		}
		text, sign := s[:i], s[i]
		s = s[i+1:]
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
		if u := sheet.apply(open[len(open)-1], e); u != nil {
			return u
		}
		if sign == '}' {
			open = open[:len(open)-1]
		}
	}
	return nil
}

func (sheet stylesheet) apply(selectors string, e effect) *Unfit {
	if e.cost == 0 && !e.layer && len(e.refs) == 0 {
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

// selectorKey gives the part of a selector that what it matches must have.
func selectorKey(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "@") || strings.ContainsAny(s, "()[]&") {
		return "*"
	}
	if i := strings.LastIndexAny(s, " \t\n\r>+~"); i >= 0 {
		s = s[i+1:]
	}
	s, _, _ = strings.Cut(s, ":")
	if i := strings.IndexAny(s, ".#"); i >= 0 {
		sign, name := s[i:i+1], s[i+1:]
		if end := strings.IndexAny(name, ".#"); end >= 0 {
			name = name[:end]
		}
		return sign + name
	}
	if s == "" {
		return "*"
	}
	return strings.ToLower(s)
}

func stripComments(s string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "/*")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, s, _ = strings.Cut(after, "*/")
		b.WriteByte(' ')
	}
}

// outside reports whether CSS inside a drawing reaches for anything but its own parts.
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
