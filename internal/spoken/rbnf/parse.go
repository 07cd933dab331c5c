package rbnf

import (
	"fmt"
	"slices"
	"strings"
)

// add adds one line to a set.
func (s *set) add(descriptor, text string) error {
	body, ok := strings.CutSuffix(text, ";")
	if !ok {
		return fmt.Errorf("%w: %q does not end with a semicolon", ErrBadRule, text)
	}
	body = strings.TrimPrefix(body, "'")
	before, within, instead, after, err := optional(body)
	if err != nil {
		return err
	}
	full, err := compile(before + within + after)
	if err != nil {
		return err
	}
	short := full
	if within != "" {
		if short, err = compile(before + instead + after); err != nil {
			return err
		}
	}
	switch descriptor {
	case "Inf", "NaN", "x.0":
		return nil
	case "-x":
		s.negative = &rule{nodes: full}
		return nil
	case "x.x":
		s.point = &rule{nodes: full}
		if within != "" {
			s.proper = &rule{nodes: short}
		}
		return nil
	case "x,x":
		s.comma = &rule{nodes: full}
		return nil
	case "0.x":
		s.proper = &rule{nodes: full}
		return nil
	}
	number, radixText, hasRadix := strings.Cut(descriptor, "/")
	base, err := bounded(number)
	if err != nil {
		return err
	}
	radix := uint64(10)
	if hasRadix {
		if radix, err = bounded(radixText); err != nil {
			return err
		}
	}
	if radix < 2 {
		return fmt.Errorf("%w: its radix is %d, less than 2", ErrBadRule, radix)
	}
	r := rule{base: base, divisor: divisorOf(base, radix), nodes: full}
	if within != "" && base > 0 && base%r.divisor == 0 {
		// Without a remainder, the part in brackets is omitted.
		s.insert(rule{base: base, divisor: r.divisor, nodes: short})
		r.base++
	}
	s.insert(r)
	return nil
}

// insert inserts r in the order of bases.
func (s *set) insert(r rule) {
	r.modulus = slices.ContainsFunc(r.nodes, func(n node) bool { return n.kind == remainder })
	at := len(s.rules)
	for at > 0 && s.rules[at-1].base > r.base {
		at--
	}
	s.rules = slices.Insert(s.rules, at, r)
}

// optional finds the part of a rule's text in brackets: the text used if there is a remainder, and after a bar the
// alternative.
func optional(s string) (before, within, instead, after string, err error) {
	before, rest, ok := strings.Cut(s, "[")
	if !ok {
		return s, "", "", "", nil
	}
	within, after, ok = strings.Cut(rest, "]")
	if !ok {
		return "", "", "", "", fmt.Errorf("%w: a bracket is open in %q", ErrBadRule, s)
	}
	within, instead, _ = strings.Cut(within, "|")
	return before, within, instead, after, nil
}

// marks are the characters that enclose a substitution.
var marks = map[string]kind{"←": quotient, "→": remainder, "=": same}

// compile reads a rule's text without brackets.
func compile(s string) ([]node, error) {
	var out []node
	text := func(t string) {
		if t != "" {
			out = append(out, node{kind: literal, text: t})
		}
	}
	for s != "" {
		at := strings.IndexAny(s, "←→=$")
		if at < 0 {
			text(s)
			return out, nil
		}
		text(s[:at])
		s = s[at:]
		if s[0] == '$' {
			n, rest, err := choice(s)
			if err != nil {
				return nil, err
			}
			out, s = append(out, n), rest
			continue
		}
		mark := "="
		if s[0] != '=' {
			mark = s[:len("←")]
		}
		name, rest, ok := strings.Cut(s[len(mark):], mark)
		if !ok {
			return nil, fmt.Errorf("%w: a substitution is open in %q", ErrBadRule, s)
		}
		n := node{kind: marks[mark], set: name, format: name != "" && name[0] != '%'}
		if n.format {
			n.set = ""
		}
		if name == "" && mark == "→" && strings.HasPrefix(rest, mark) {
			n.triple, rest = true, rest[len(mark):]
		}
		if name != "" && mark == "←" && strings.HasPrefix(rest, mark) {
			n.zeros, rest = true, rest[len(mark):]
		}
		out, s = append(out, n), rest
	}
	return out, nil
}

// choice reads "$(cardinal,one{…}other{…})$".
func choice(s string) (n node, rest string, err error) {
	body, rest, ok := strings.Cut(strings.TrimPrefix(s, "$("), ")$")
	kind, forms, more := strings.Cut(body, ",")
	if !ok || !more || !strings.HasPrefix(s, "$(") {
		return node{}, "", fmt.Errorf("%w: %q is not a choice of plural forms", ErrBadRule, s)
	}
	n = node{kind: words, text: kind, forms: map[string]string{}}
	for forms != "" {
		name, after, ok := strings.Cut(forms, "{")
		form, next, closed := strings.Cut(after, "}")
		if !ok || !closed {
			return node{}, "", fmt.Errorf("%w: %q is not a choice of plural forms", ErrBadRule, s)
		}
		n.forms[strings.TrimSpace(name)] = form
		forms = next
	}
	return n, rest, nil
}
