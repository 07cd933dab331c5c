package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// countedPages are English words after which "100-1200" is a range and not a telephone number.
var countedPages = words("pages pp lines rows rooms numbers items from between")

// plainEnd reports whether the text at i does not belong to a number.
func (n *reader) plainEnd(i int) bool {
	r := n.runeAt(i)
	if wordRune(r) || strings.ContainsRune("%‰°€$£¥-–:", r) && r != 0 {
		return false
	}
	if _, _, ok := n.unitAt(i); ok {
		return false
	}
	_, _, ok := n.currencyAt(i)
	return !ok
}

// fold reads the "x" of "3x" after a number.
func (n *reader) fold(p parsed) (end int, ok bool) {
	return p.end + 1, n.runeAt(p.end) == 'x' && !wordRune(n.runeAt(p.end+1)) && n.lex["times"] != "" && p.digits != "0"
}

// across reads dimensions: "1920x1080", "3x4 grid", "20×30 cm". "24x7" is an idiom, not a dimension.
func (n *reader) across(p, q parsed, second int, sign rune) (end int, say string, ok bool) {
	word := n.lex["across"]
	if word == "" || sign != 'x' && sign != '×' || q.Fraction == "" && p.Integer == 24 && q.Integer == 7 {
		if sign == 'x' && p.Integer == 24 && q.Integer == 7 {
			return q.end, n.cardinal(p.number, "", false) + " " + n.cardinal(q.number, "", false), true
		}
		return p.end, "", false
	}
	if at := n.skip(q.end); sign == '×' && !(len(p.digits) > 2 && len(q.digits) > 2) {
		_, _, unit := n.unitAt(q.end)
		if !unit && (at == q.end || !unicode.IsLower(n.runeAt(at))) {
			return p.end, "", false // a product
		}
	}
	left := n.extent(p)
	if next := n.runeAt(q.end); next == 'x' || next == '×' {
		end, say, _ = n.quantity(q, second)
	} else if end, say = q.end, n.extent(q); q.Fraction != "" || len(q.digits) < 4 {
		end, say, _ = n.quantity(q, second)
	}
	return end, left + " " + word + " " + say, true
}

// extent spells a number of pixels: four digits are read in pairs if the language reads years so.
func (n *reader) extent(p parsed) string {
	if len(p.digits) == 4 && p.Fraction == "" && n.lex["years"] == "pairs" && p.Integer%1000 >= 10 {
		if p.Integer >= 1100 {
			return n.yearOf(p.Integer)
		}
		if n.lang == "en" {
			return n.cardinal(integer(p.Integer/100), "", false) + " " + n.cardinal(integer(p.Integer%100), "", false)
		}
	}
	return n.cardinal(p.number, "", false)
}

// resolution reads "4K": the letter is spoken if it does not mean thousands.
func (n *reader) resolution(p parsed) (end int, say string, ok bool) {
	if n.runeAt(p.end) != 'K' || len(p.digits) != 1 || p.Fraction != "" || wordRune(n.runeAt(p.end+1)) ||
		n.Rules == nil {
		return p.end, "", false
	}
	next, at := n.word(p.end + 1)
	if at > p.end+1 && n.lang == "en" && (strings.HasSuffix(next, "s") && !notPlurals[next] || next == "people") {
		return p.end, "", false
	}
	return p.end + 1, n.cardinal(p.number, "", false) + " K", true
}

// rankRange reads the second of "1st–3rd" after the first.
func (n *reader) rankRange(say string, end int) (int, string) {
	r, size := utf8.DecodeRuneInString(n.text[end:])
	if r != '–' && r != '-' && r != '—' || n.lex["to"] == "" {
		return end, say
	}
	q, ok := n.parse(end + size)
	if !ok {
		return end, say
	}
	last, to, ok := n.rank(q, end+size)
	if !ok {
		return end, say
	}
	return to, say + " " + n.lex["to"] + " " + last
}

// clocks reads a time, or two that a dash joins: "10am–5pm", "7:30–9:00".
func (n *reader) clocks(at int) (end int, say string, ok bool) {
	end, say, ok = n.clock(at)
	if !ok || n.lex["to"] == "" {
		return end, say, ok
	}
	i, spaced := n.after(end)
	r, size := utf8.DecodeRuneInString(n.text[i:])
	if r != '–' && r != '—' && (r != '-' || spaced) {
		return end, say, ok
	}
	second, again := n.after(i + size)
	if spaced != again {
		return end, say, ok
	}
	last, before := n.last, n.before
	n.before, n.last = last, n.lex["to"]
	to, other, found := n.clock(second)
	n.last, n.before = last, before
	if !found {
		return end, say, ok
	}
	return to, say + " " + n.lex["to"] + " " + other, true
}

// zone reads the end of an ISO time: "Z", "+02:00".
func (n *reader) zone(i int) (say string, end int) {
	r := n.runeAt(i)
	if r == 'Z' && !wordRune(n.runeAt(i+1)) {
		return " UTC", i + 1
	}
	if r != '+' && r != '-' {
		return "", i
	}
	h, to := run(n.text, i+1)
	if len(h) != 2 && len(h) != 4 {
		return "", i
	}
	m := h[2:]
	if h = h[:2]; m == "" && n.runeAt(to) == ':' {
		if more, stop := run(n.text, to+1); len(more) == 2 {
			m, to = more, stop
		}
	}
	word := n.lex["plus"]
	if r == '-' {
		word = n.minus()
	}
	say = " UTC " + word + " " + n.cardinalText(strings.TrimPrefix(h, "0"))
	if strings.Trim(m, "0") != "" {
		say += " " + n.cardinalText(m)
	}
	return say, to
}

// pointedRange reads "1.–3. Platz".
func (n *reader) pointedRange(p parsed) (end int, say string, ok bool) {
	if n.runeAt(p.end) != '.' || len(p.digits) > 2 || p.Fraction != "" || n.lex["to"] == "" {
		return p.end, "", false
	}
	r, size := utf8.DecodeRuneInString(n.text[p.end+1:])
	if r != '–' && r != '-' {
		return p.end, "", false
	}
	q, ok := n.parse(p.end + 1 + size)
	if !ok || len(q.digits) > 2 || q.Fraction != "" {
		return p.end, "", false
	}
	last, end, ok := n.pointed(q)
	if !ok {
		return p.end, "", false
	}
	first := n.ordinal(p.Integer, "masculine")
	if n.lang == "de" {
		first = n.german(p.Integer)
	}
	return end, first + " " + n.lex["to"] + " " + last, true
}

// governing are prepositions that require a case of the number. A range after one of them gets no "from".
var governing = words("в за на о об про через по при o w we na za przez")

// genitiveRange reads a range where both numbers are in the genitive: "от трёх до пяти километров".
func (n *reader) genitiveRange(p, q parsed) (say string, end int, ok bool) {
	from := n.lex["from"]
	if from == "" || !p.ok || !q.ok || p.Fraction != "" || q.Fraction != "" || p.Negative || q.Integer <= p.Integer ||
		q.Integer > 9999 {
		return "", q.end, false
	}
	if zeros, _ := n.magnitude(q.end, false); zeros > 0 {
		return "", q.end, false
	}
	many := integer(5)
	if q.Integer%10 == 1 && q.Integer%100 != 11 && n.lang == "ru" {
		many = integer(2) // its "few" is the genitive of one
	}
	gender, name := "masculine", ""
	end = q.end
	if key, to, found := n.currencyAt(q.end); found {
		names, _, _ := strings.Cut(money[n.lang][key], "/")
		if names == "" {
			return "", q.end, false
		}
		g, forms := genderOf(names)
		gender, name, end = g, n.plural(forms, many), to
	} else if id, to, found := n.unitAt(q.end); found {
		name, end = strings.TrimSpace(strings.ReplaceAll(n.unitForm(id, many), "{0}", "")), to
		if g := n.genderOfUnit(id); g == "feminine" || g == "neuter" {
			gender = g
		}
	} else if wordRune(n.runeAt(q.end)) || n.runeAt(q.end) == '.' && n.pointedNext(q) || n.runeAt(q.end) == '-' ||
		n.runeAt(q.end) == ':' {
		return "", q.end, false
	}
	if next, at := n.word(end); name == "" && at > end {
		if n.month(next) > 0 {
			return n.daysRange(p, q), end, true
		}
		if q.Integer%10 >= 2 && q.Integer%10 <= 4 && q.Integer%100/10 != 1 { // the noun has the form of two: "2–3 раза"
			g, _ := n.nounAfter(q)
			return n.cardinal(p.number, g, true) + " " + n.cardinal(q.number, g, true), end, true
		}
	}
	if last := strings.ToLower(n.last); governing[last] {
		if n.lang == "pl" {
			return strings.TrimSpace(n.cardinal(p.number, gender, true) + " " + n.lex["to"] + " " +
				n.cardinal(q.number, gender+"-genitive", true) + " " + name), end, true
		}
		high, end, measured := n.measure(q)
		if !measured {
			high, end = n.standing(q), q.end
		}
		return n.cardinal(p.number, gender, true) + " " + high, end, true
	}
	low, high := n.cardinal(p.number, gender+"-genitive", true), n.cardinal(q.number, gender+"-genitive", true)
	last := strings.ToLower(n.last)
	if last != from && last != "с" && last != "со" && last != "z" && last != "między" && last != "между" {
		low = from + " " + low
	}
	return strings.TrimSpace(low + " " + n.lex["to"] + " " + high + " " + name), end, true
}

// daysRange reads the days of "3–5 мая".
func (n *reader) daysRange(p, q parsed) string {
	if n.lang == "pl" {
		say := n.ordinal(p.Integer, "masculine-genitive") + " " + n.lex["to"] + " " +
			n.ordinal(q.Integer, "masculine-genitive")
		if strings.EqualFold(n.last, "od") {
			return say
		}
		return n.lex["from"] + " " + say
	}
	say := n.ordinal(p.Integer, "neuter-genitive") + " по " + n.ordinal(q.Integer, "neuter")
	if last := strings.ToLower(n.last); last == "с" || last == "со" {
		return say
	}
	return "с " + say
}

func (n *reader) pointedNext(q parsed) bool {
	_, _, ok := n.pointed(q)
	return ok
}
