package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	lowered = "₀₁₂₃₄₅₆₇₈₉"
	raised  = "⁰¹²³⁴⁵⁶⁷⁸⁹"
)

// small reads the small digits at i, in the alphabet lowered or raised.
func (n *reader) small(i int, alphabet string) (digits string, end int) {
	var b strings.Builder
	for end = i; end < len(n.text) && b.Len() < mostDigits; {
		r, size := utf8.DecodeRuneInString(n.text[end:])
		k := strings.IndexRune(alphabet, r)
		if k < 0 || r == utf8.RuneError {
			break
		}
		b.WriteByte('0' + byte(utf8.RuneCountInString(alphabet[:k])))
		end += size
	}
	return b.String(), end
}

// formula reads letters with subscript digits: "H₂O" letter by letter, "x₁" as a name and its number.
func (n *reader) formula(at int) (end int, say string, ok bool) {
	if n.Rules == nil {
		return at, "", false
	}
	i := at
	for i < len(n.text) && i-at < mostLetters && asciiLetter(n.text[i]) {
		i++
	}
	if i == at {
		return at, "", false
	}
	digits, _ := n.small(i, lowered)
	plain := digits == "" && strings.Trim(n.text[at:i], "CHNOPS") == ""
	if digits == "" && !(plain && i-at > 1 && n.plainFormula(i)) {
		return at, "", false
	}
	var words []string
	for i = at; i < len(n.text) && i-at < longest; {
		if asciiLetter(n.text[i]) {
			words = append(words, strings.ToUpper(n.text[i:i+1]))
			i++
			continue
		}
		digits, to := n.small(i, lowered)
		if plain {
			digits, to = run(n.text, i)
		}
		if digits == "" {
			break
		}
		words, i = append(words, n.cardinalText(digits)), to
	}
	return i, strings.Join(words, " "), true
}

// plainFormula reports whether one plain digit at i ends a formula like "CO2".
func (n *reader) plainFormula(i int) bool {
	return i < len(n.text) && n.text[i] >= '2' && n.text[i] <= '9' && !wordRune(n.runeAt(i+1)) && n.runeAt(i+1) != '-'
}

func asciiLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// exponent reads a power at i: "^2", "²", "⁻⁹". It follows a number, a letter or a bracket.
func (n *reader) exponent(i int) (end int, say string, ok bool) {
	if n.lex["power"] == "" {
		return i, "", false
	}
	negative := false
	var digits string
	if n.runeAt(i) == '^' {
		i++
		if r := n.runeAt(i); r == '-' || r == '−' {
			negative = true
			i += utf8.RuneLen(r)
		}
		digits, end = run(n.text, i)
	} else {
		switch n.runeAt(i) {
		case '⁻':
			negative = true
			i += len("⁻")
		case '⁺':
			i += len("⁺")
		}
		digits, end = n.small(i, raised)
	}
	if digits == "" {
		return i, "", false
	}
	if key := map[string]string{"2": "squared", "3": "cubed"}[digits]; key != "" && !negative {
		return end, n.lex[key], true
	}
	num := numberOf(digits, "")
	num.Negative = negative
	return end, n.lex["power"] + " " + n.cardinal(num, "", false), true
}

// power reads a number that is raised, or that a power of ten scales: "10⁶", "2^8", "1.5e6". A unit may follow.
func (n *reader) power(p parsed) (end int, say string, ok bool) {
	if n.lex["power"] == "" {
		return p.end, "", false
	}
	if end, say, ok := n.exponent(p.end); ok {
		return n.powerOf(n.cardinal(p.number, "", false)+" "+say, end)
	}
	if c := n.runeAt(p.end); c != 'e' && c != 'E' || p.grouped {
		return p.end, "", false
	}
	i := p.end + 1
	negative := n.runeAt(i) == '-'
	if negative || n.runeAt(i) == '+' {
		i++
	}
	digits, end := run(n.text, i)
	if digits == "" || len(digits) > 3 || digits[0] == '0' && i == p.end+1 || wordRune(n.runeAt(end)) {
		return p.end, "", false
	}
	num := numberOf(digits, "")
	num.Negative = negative
	say = n.cardinalText("10") + " " + n.lex["power"] + " " + n.cardinal(num, "", false)
	if p.digits != "1" || p.Fraction != "" || p.Negative {
		say = n.cardinal(p.number, "", false) + " " + n.lex["times"] + " " + say
	}
	return n.powerOf(say, end)
}

// powerOf adds the unit that a power counts.
func (n *reader) powerOf(count string, end int) (int, string, bool) {
	if id, to, ok := n.unitAt(end); ok {
		return to, strings.TrimSpace(strings.ReplaceAll(n.unitForm(id, integer(1_000_000)), "{0}", count)), true
	}
	return end, count, true
}

// footnote reports whether a superscript digit at place at refers to a note: it follows a mark or a word of more than
// three letters.
func (n *reader) footnote(at int) bool {
	if before := n.runeBefore(at); !wordRune(before) && before != ')' {
		return true
	}
	letters := 0
	for i := at; i > 0; {
		r, size := utf8.DecodeLastRuneInString(n.text[:i])
		if !unicode.IsLetter(r) {
			break
		}
		if letters++; letters > 3 {
			return true
		}
		i -= size
	}
	return false
}

// feet reads a height: 5'10".
func (n *reader) feet(p parsed) (end int, say string, ok bool) {
	r := n.runeAt(p.end)
	if r != '\'' && r != '’' && r != '′' || p.Fraction != "" || len(p.digits) > 2 || n.Rules == nil {
		return p.end, "", false
	}
	inches, end := run(n.text, p.end+utf8.RuneLen(r))
	if mark := n.runeAt(end); inches == "" || len(inches) > 2 || mark != '"' && mark != '”' && mark != '″' {
		return p.end, "", false
	}
	_, size := utf8.DecodeRuneInString(n.text[end:])
	feet := n.withUnit(p.number, "foot")
	if n.lang == "en" {
		feet = n.cardinal(p.number, "", false) + " foot"
	}
	return end + size, feet + " " + n.cardinalText(inches), true
}
