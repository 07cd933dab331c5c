// Package rbnf spells numbers with rule-based number formats, the notation of the Unicode CLDR for the number words of
// a language ("twenty-one", "einundzwanzig", "quatre-vingt-onze").
//
// The rules of a language come as named sets: "%spellout-cardinal-feminine", "%spellout-ordinal", and private ones that
// begin with "%%". [Parse] reads them once; [Rules.Spell] is then pure and safe for concurrent use. The notation is
// described in Unicode Technical Standard 35, part 3, "Rule-Based Number Formatting". Features for reading text back
// into numbers (lenient parsing) are not supported.
package rbnf

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Number is an exact decimal number. Digits are ASCII.
type Number struct {
	Negative bool
	Integer  uint64
	Fraction string // the digits after the decimal sign, as written; empty: an integer
}

// Plural returns the plural form of a whole number in a language: "one", "few", "other". kind is "cardinal" or
// "ordinal".
type Plural func(kind string, n uint64) string

// Errors of this package.
var (
	ErrUnknownSet = errors.New("there is no such rule set")
	ErrNoWords    = errors.New("the rules have no words for this number")
	ErrBadRule    = errors.New("a rule cannot be read")
)

// Bounds of nested rules and of rules for one number. No language needs more than a dozen, or more than a few hundred.
const (
	depth = 64
	most  = 10_000
)

// Rules are the rule sets of one language.
type Rules struct {
	sets   map[string]*set
	plural Plural
}

// set is one rule set.
type set struct {
	name                   string
	rules                  []rule // by base, ascending
	negative, point, comma *rule  // "-x", "x.x", "x,x"
	proper                 *rule  // "0.x"
	fractions              bool   // it is the fraction part of another set: bases are denominators
}

// rule is one line of a set.
type rule struct {
	base, divisor uint64
	nodes         []node
	modulus       bool // the rule has a substitution for the remainder
}

type kind int

const (
	literal kind = iota
	quotient
	remainder
	same
	words // a plural choice
)

// node is a part of a rule's text.
type node struct {
	kind   kind
	text   string            // literal: itself; words: "cardinal" or "ordinal"
	set    string            // substitutions: the set's name; empty: the rule's own
	format bool              // substitutions: digits are wanted, not words
	triple bool              // remainder: "→→→"
	zeros  bool              // quotient in a set of fractions: "←%set←←", leading zeros are spoken
	forms  map[string]string // words: by plural form
}

// Parse reads rule sets: for each name its lines, each a descriptor ("20", "1100/100", "-x") and a text
// ("twenty[-→→];").
func Parse(sets map[string][][2]string, plural Plural) (*Rules, error) {
	r := &Rules{sets: make(map[string]*set, len(sets)), plural: plural}
	for name, lines := range sets {
		if name == "%%lenient-parse" {
			continue
		}
		s := &set{name: name}
		for _, line := range lines {
			if err := s.add(line[0], line[1]); err != nil {
				return nil, fmt.Errorf("%s %s: %w", name, line[0], err)
			}
		}
		r.sets[name] = s
	}
	for _, s := range r.sets {
		for _, p := range []*rule{s.point, s.comma, s.proper} {
			if p == nil {
				continue
			}
			for _, n := range p.nodes {
				if t := r.sets[n.set]; n.kind == remainder && t != nil && t != s && t.denominators() {
					t.fractions = true
				}
			}
		}
	}
	return r, nil
}

// denominators reports whether all bases of s are powers of ten, as in a set for fractions.
func (s *set) denominators() bool {
	for _, r := range s.rules {
		if r.base < 10 || strings.Trim(strconv.FormatUint(r.base, 10), "0") != "1" {
			return false
		}
	}
	return len(s.rules) > 0
}

// Has reports whether a set of this name exists.
func (r *Rules) Has(name string) bool { return r.sets[name] != nil }

// Names lists the public sets, in no order.
func (r *Rules) Names() []string {
	var out []string
	for n := range r.sets {
		if !strings.HasPrefix(n, "%%") {
			out = append(out, n)
		}
	}
	return out
}

// Spell returns the words for n by the set of this name. The result has no soft hyphens. If the rules would write
// digits, the error is ErrNoWords.
func (r *Rules) Spell(name string, n Number) (string, error) {
	s := r.sets[name]
	if s == nil {
		return "", fmt.Errorf("%w: %s", ErrUnknownSet, name)
	}
	for _, c := range n.Fraction {
		if c < '0' || c > '9' {
			return "", fmt.Errorf("%w: its fraction is %q", ErrNoWords, n.Fraction)
		}
	}
	var b strings.Builder
	left := most
	if err := (speller{r, &b, &left}).number(s, n, 0); err != nil {
		return "", err
	}
	return strings.TrimSpace(soft.Replace(b.String())), nil
}

// soft removes the invisible marks at which a long word may break.
var soft = strings.NewReplacer("\u00ad", "", "\u200b", "")

// speller writes the words of one number.
type speller struct {
	*Rules
	out  *strings.Builder
	left *int // rules that may still be used
}

func (p speller) number(s *set, n Number, level int) error {
	switch *p.left--; {
	case level > depth || *p.left < 0:
		return fmt.Errorf("%w: the rules of %s refer to each other without end", ErrNoWords, s.name)
	case n.Negative:
		if s.negative == nil {
			return fmt.Errorf("%w: %s has no rule for negative numbers", ErrNoWords, s.name)
		}
		return p.negative(s, n, level)
	case n.Fraction != "":
		return p.fraction(s, n, level)
	}
	return p.integer(s, n.Integer, level)
}

func (p speller) negative(s *set, n Number, level int) error {
	n.Negative = false
	for _, x := range s.negative.nodes {
		switch {
		case x.kind == literal:
			p.out.WriteString(x.text)
		case x.format:
			return ErrNoWords
		default:
			if err := p.number(p.target(s, x), n, level+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// fraction spells a number that has digits after the decimal sign.
func (p speller) fraction(s *set, n Number, level int) error {
	r := s.point
	if s.comma != nil {
		r = s.comma
	}
	if s.proper != nil && n.Integer == 0 {
		r = s.proper
	}
	if r == nil {
		return fmt.Errorf("%w: %s has no rule for fractions", ErrNoWords, s.name)
	}
	for _, x := range r.nodes {
		var err error
		switch {
		case x.kind == literal:
			p.out.WriteString(x.text)
		case x.kind == words:
			p.out.WriteString(p.form(x, n.Integer))
		case x.format:
			err = ErrNoWords
		case x.kind == same:
			err = p.number(p.target(s, x), n, level+1)
		case x.kind == quotient:
			err = p.integer(p.target(s, x), n.Integer, level+1)
		default:
			err = p.digits(p.target(s, x), x, s, n.Fraction, level+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// digits spells the digits after the decimal sign: with a set of fractions, or digit by digit.
func (p speller) digits(t *set, x node, own *set, fraction string, level int) error {
	if t != own && t.fractions {
		return p.numerator(t, fraction, level)
	}
	for i := range len(fraction) {
		if i > 0 && !x.triple {
			p.out.WriteByte(' ')
		}
		if err := p.integer(t, uint64(fraction[i]-'0'), level+1); err != nil {
			return err
		}
	}
	return nil
}

// numerator spells a fraction as a number of tenths, hundredths and so on.
func (p speller) numerator(t *set, fraction string, level int) error {
	base := strconv.Itoa(1) + strings.Repeat("0", len(fraction))
	for i := range t.rules {
		r := &t.rules[i]
		if strconv.FormatUint(r.base, 10) != base {
			continue
		}
		n, err := strconv.ParseUint(fraction, 10, 64)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNoWords, err)
		}
		for _, x := range r.nodes {
			switch {
			case x.kind == literal:
				p.out.WriteString(x.text)
			case x.kind == words:
				p.out.WriteString(p.form(x, n))
			case x.format:
				return ErrNoWords
			default:
				to := p.target(t, x)
				for i := 0; x.zeros && i < len(fraction)-1 && fraction[i] == '0'; i++ {
					if err := p.integer(to, 0, level+1); err != nil {
						return err
					}
					p.out.WriteByte(' ')
				}
				if err := p.integer(to, n, level+1); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return fmt.Errorf("%w: %s has no rule for %d digits", ErrNoWords, t.name, len(fraction))
}

func (p speller) integer(s *set, n uint64, level int) error {
	if *p.left--; level > depth || *p.left < 0 {
		return fmt.Errorf("%w: the rules of %s refer to each other without end", ErrNoWords, s.name)
	}
	i := s.find(n)
	if i < 0 {
		return fmt.Errorf("%w: %s has no rule for %d", ErrNoWords, s.name, n)
	}
	return p.apply(s, i, n, level)
}

func (p speller) apply(s *set, i int, n uint64, level int) error {
	r := &s.rules[i]
	for _, x := range r.nodes {
		var err error
		switch {
		case x.kind == literal:
			p.out.WriteString(x.text)
		case x.kind == words:
			p.out.WriteString(p.form(x, n/r.divisor))
		case x.format:
			err = ErrNoWords
		case x.kind == same:
			err = p.integer(p.target(s, x), n, level+1)
		case x.kind == quotient:
			err = p.integer(p.target(s, x), n/r.divisor, level+1)
		case x.triple && i > 0:
			if *p.left--; level > depth || *p.left < 0 {
				return ErrNoWords
			}
			err = p.apply(s, i-1, n%r.divisor, level+1)
		default:
			err = p.integer(p.target(s, x), n%r.divisor, level+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// target returns the set that a substitution names, or its own set without a name. An unknown name gives an empty set.
func (p speller) target(own *set, x node) *set {
	if x.set == "" {
		return own
	}
	if t := p.sets[x.set]; t != nil {
		return t
	}
	return &set{name: x.set}
}

func (p speller) form(x node, n uint64) string {
	if f, ok := x.forms[p.plural(x.text, n)]; ok {
		return f
	}
	return x.forms["other"]
}

// find returns the index of the rule for n: the last whose base is at most n. If that rule would spell a zero
// remainder, the one before it applies.
func (s *set) find(n uint64) int {
	lo, hi := 0, len(s.rules)
	for lo < hi {
		if mid := (lo + hi) / 2; s.rules[mid].base <= n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	i := lo - 1
	if i > 0 && s.rules[i].modulus && n%s.rules[i].divisor == 0 && s.rules[i].base%s.rules[i].divisor != 0 {
		i--
	}
	return i
}

// divisorOf returns the highest power of radix that is at most base.
func divisorOf(base, radix uint64) uint64 {
	if radix < 2 {
		return 1
	}
	d := uint64(1)
	for d <= base/radix {
		d *= radix
	}
	return d
}

// bounded reads the number of a descriptor, and returns an error if it is too large.
func bounded(s string) (uint64, error) {
	n, ok := new(big.Int).SetString(strings.ReplaceAll(s, ",", ""), 10)
	if !ok || !n.IsUint64() {
		return 0, fmt.Errorf("%w: %q is not a whole number of at most 64 bits", ErrBadRule, s)
	}
	return n.Uint64(), nil
}
