package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// number reads an expression that begins with a number or with its sign.
func (n *reader) number(at int) (end int, say string, ok bool) {
	if end, say, ok = n.phone(at); ok {
		return end, say, true
	}
	if end, say, ok = n.money(at); ok {
		return end, say, true
	}
	r, size := utf8.DecodeRuneInString(n.text[at:])
	switch r {
	case '-', '−', '–', '﹣', '－':
		if n.signBefore(at) {
			if p, ok := n.parse(at + size); ok && !n.isDate(at+size) {
				p.Negative = true
				return n.quantity(p, at)
			}
		}
		return at, "", false
	case '+', '±', '~', '≈', '<', '>', '≤', '≥':
		if n.runeAt(at+size) == '=' && (r == '<' || r == '>') {
			r, size = map[rune]rune{'<': '≤', '>': '≥'}[r], size+1
		}
		if p, ok := n.parse(at + size); ok && n.signBefore(at) && n.lex != nil {
			word := n.lex[map[rune]string{'+': "plus", '±': "plusminus", '~': "about", '≈': "about", '<': "less",
				'>': "greater", '≤': "atmost", '≥': "atleast"}[r]]
			end, say, _ := n.quantity(p, at+size)
			return end, strings.TrimSpace(word + " " + say), true
		}
		return at, "", false
	case '#', '№':
		if p, ok := n.parse(at + size); ok && p.Fraction == "" {
			return p.end, strings.TrimSpace(n.lex["number"] + " " + n.cardinal(p.number, "", false)), true
		}
		if p, ok := n.parse(n.skip(at + size)); ok && r == '№' {
			return p.end, strings.TrimSpace(n.lex["number"] + " " + n.cardinal(p.number, "", false)), true
		}
		return at, "", false
	case '%', '‰':
		if p, ok := n.parse(at + size); ok {
			return p.end, n.withUnit(p.number, unitSigns[string(r)]), true
		}
		return at, "", false
	case '\'', '’':
		if digits, end := run(n.text, at+size); len(digits) == 2 {
			if say, to, ok := n.decade(numberOf(digits, ""), end); ok {
				return to, say, true
			}
		}
		return at, "", false
	}
	if _, _, digit := digitAt(n.text, at); !digit {
		return at, "", false
	}
	for _, read := range []func(int) (int, string, bool){n.date, n.clocks, n.dotted} {
		if end, say, ok := read(at); ok {
			return end, say, true
		}
	}
	p, ok := n.parse(at)
	if !ok {
		return at, "", false
	}
	return n.quantity(p, at)
}

// signBefore reports whether a sign at place at begins a number and is not between two.
func (n *reader) signBefore(at int) bool {
	r := n.runeBefore(at)
	return r == 0 || unicode.IsSpace(r) || strings.ContainsRune("([{=<>*/×÷:,;\"“„«'‘~≈", r)
}

// quantity reads the range, ratio, unit or ending after a number that ends at p.end.
func (n *reader) quantity(p parsed, at int) (end int, say string, ok bool) {
	n.depth++
	defer func() { n.depth-- }()
	for _, read := range []func(parsed) (int, string, bool){n.feet, n.power} {
		if end, say, ok := read(p); ok {
			return end, say, true
		}
	}
	if n.depth <= deepest {
		if end, say, ok := n.between(p, at); ok {
			return end, say, true
		}
	}
	if !p.Negative {
		if say, end, ok := n.mixed(p); ok {
			return end, say, true
		}
		if end, say, ok := n.resolution(p); ok {
			return end, say, true
		}
		if say, end, ok := n.decade(p.number, p.end); ok {
			return end, say, true
		}
		if say, end, ok := n.rank(p, at); ok {
			end, say = n.rankRange(say, end)
			return end, say, true
		}
		if end, say, ok := n.pointedRange(p); ok {
			return end, say, true
		}
		if say, end, ok := n.compound(p); ok {
			return end, say, true
		}
		if say, end, ok := n.vulgar(p); ok && n.runeBefore(at) != '/' {
			return end, say, true
		}
	}
	if say, end, ok := n.measure(p); ok {
		say, end = n.rated(say, end)
		return end, say, true
	}
	if end, ok := n.fold(p); ok {
		return end, n.cardinal(p.number, "feminine", false) + " " + n.lex["times"], true
	}
	if n.isYear(p) {
		say, end = n.yearIn(p)
		return end, say, true
	}
	return p.end, n.standing(p), true
}

// standing reads a bare number.
func (n *reader) standing(p parsed) string {
	if len(p.digits) > 1 && p.digits[0] == '0' && p.Fraction == "" {
		return n.eachDigit(p.digits)
	}
	gender, noun := n.nounAfter(p)
	return n.cardinal(p.number, gender, noun)
}

// between reads a number that a sign joins to another one: ranges, scores, sums.
func (n *reader) between(p parsed, at int) (end int, say string, ok bool) {
	r, size := utf8.DecodeRuneInString(n.text[p.end:])
	spaced := p.end
	if unicode.IsSpace(r) {
		spaced = n.skip(p.end)
		r, size = utf8.DecodeRuneInString(n.text[spaced:])
	}
	second := n.skip(spaced + size)
	tight := spaced == p.end && second == spaced+size
	if (spaced == p.end) != (second == spaced+size) {
		return at, "", false
	}
	switch r {
	case '–', '—', '‒', '−', '-', '…':
		return n.rangeOf(p, at, second, r, tight)
	case ':', '∶':
		q, ok := n.parse(second)
		if ok && tight && q.Fraction == "" && p.Fraction == "" && n.lex["score"] != "" && n.runeAt(q.end) != ':' {
			return q.end, n.cardinal(p.number, "", false) + " " + n.lex["score"] + " " +
				n.cardinal(q.number, "", false), true
		}
	case '*', '×', 'x', '÷', '+', '/', '=', '^', '·', '⋅', '<', '>':
		if r == 'x' && p.digits == "0" {
			return at, "", false
		}
		if r == '/' && (p.Fraction == "" || n.lex == nil) {
			return at, "", false
		}
		if _, ok := n.parse(second); !ok || n.lex == nil || r == 'x' && !tight || !tight && r != 'x' {
			return at, "", false
		}
		q, _ := n.parse(second)
		if end, say, ok := n.across(p, q, second, r); ok {
			return end, say, true
		}
		key := map[rune]string{'*': "times", '×': "times", 'x': "times", '·': "times", '⋅': "times", '÷': "divided",
			'+': "plus", '/': "divided", '=': "equals", '<': "less", '>': "greater", '^': "power"}[r]
		if n.lex[key] == "" {
			return at, "", false
		}
		left := n.cardinal(p.number, "", false)
		end, right, _ := n.quantity(q, second)
		return end, left + " " + n.lex[key] + " " + right, true
	}
	return at, "", false
}

// rangeOf reads "5–10 km" and "2019–2021".
func (n *reader) rangeOf(p parsed, at, second int, dash rune, tight bool) (end int, say string, ok bool) {
	q, ok := n.parse(second)
	if !ok || p.Negative && dash == '-' && !tight {
		return at, "", false
	}
	// A hyphen between spaces is a minus or a pause, and "7-10-2" is not a range.
	if dash == '-' && (!tight || n.runeAt(q.end) == '-') || dash == '…' || dash == '−' && !tight {
		return at, "", false
	}
	if n.isDate(at) {
		return at, "", false
	}
	word := n.lex["to"]
	first := n.cardinal(p.number, "", false)
	bothYears := len(p.digits) == 4 && p.Fraction == "" && p.Integer >= 1100 && p.Integer < 2200 &&
		(len(q.digits) == 4 && q.Integer >= p.Integer || len(q.digits) == 2) && q.Fraction == ""
	if bothYears {
		last := n.cardinal(q.number, "", false)
		if len(q.digits) == 4 {
			last = short(n.yearOf(q.Integer))
		}
		return q.end, strings.TrimSpace(short(n.yearOf(p.Integer)) + " " + word + " " + last), true
	}
	if p.Fraction == "" && q.Fraction == "" && p.Integer+q.Integer == 100 && tight && len(p.digits) == 2 &&
		len(q.digits) == 2 && p.Integer >= q.Integer && n.plainEnd(q.end) {
		return q.end, first + " " + n.cardinal(q.number, "", false), true // "50-50"
	}
	if len(p.digits) == 3 && len(q.digits) == 4 && dash == '-' && n.lang == "en" &&
		!countedPages[strings.ToLower(n.last)] {
		return q.end, n.eachDigit(p.digits) + ", " + n.eachDigit(q.digits), true // a telephone number
	}
	if dash == '-' && (q.Fraction == "" && p.Fraction == "" && q.Integer <= p.Integer || q.digits[0] == '0' &&
		len(q.digits) > 1) {
		if n.lex["score"] != "" && len(p.digits) <= 2 && len(q.digits) <= 2 && q.digits[0] != '0' {
			return q.end, first + " " + n.lex["score"] + " " + n.cardinal(q.number, "", false), true
		}
		return q.end, n.eachDigit(p.digits) + ", " + n.eachDigit(q.digits), n.Rules != nil
	}
	if q.digits[0] == '0' && len(q.digits) > 1 && q.Fraction == "" {
		return at, "", false
	}
	if say, end, ok := n.genitiveRange(p, q); ok {
		return end, say, true
	}
	say2, end, measured := n.measure(q)
	if !measured {
		say2, end = n.cardinal(q.number, "", false), q.end
		if rank, to, ok := n.rank(q, second); ok {
			say2, end = rank, to
			if rank, to, ok := n.rank(p, at); ok && to == p.end {
				first = rank
			}
		} else if half, to, ok := n.halves(q.Integer, q.end); ok && q.Fraction == "" {
			say2, end = half, to
		} else if to, ok := n.fold(q); ok {
			say2, end = say2+" "+n.lex["times"], to
		}
	} else if g := n.unitGender(q); g != "" {
		first = n.cardinal(p.number, g, true)
	}
	return end, strings.TrimSpace(first) + " " + strings.TrimSpace(word+" "+say2), true
}

// vulgar reads two numbers with a slash between them: "3/4" as a fraction, "24/7" and "60/40" as two numbers, and
// others, such as "9/8", with the word for the slash.
func (n *reader) vulgar(p parsed) (say string, end int, ok bool) {
	if p.Fraction != "" || p.grouped || len(p.digits) > 3 || n.runeAt(p.end) != '/' && n.runeAt(p.end) != '⁄' ||
		n.Rules == nil {
		return "", 0, false
	}
	_, size := utf8.DecodeRuneInString(n.text[p.end:])
	bottom, end := run(n.text, p.end+size)
	if bottom == "" || len(bottom) > 3 || n.runeAt(end) == '/' {
		return "", 0, false
	}
	q := numberOf(bottom, "")
	if p.Integer == 24 && q.Integer == 7 {
		return n.cardinal(p.number, "", false) + " " + n.cardinal(q, "", false), end, true
	}
	if p.Integer+q.Integer == 100 && len(p.digits) == 2 && len(bottom) == 2 && p.Integer >= q.Integer {
		return n.cardinal(p.number, "", false) + " " + n.cardinal(q, "", false), end, true // "60/40"
	}
	if p.Integer == 0 || p.Integer >= q.Integer || !smallPart(q.Integer) {
		return strings.Join(strings.Fields(n.cardinal(p.number, "", false)+" "+n.lex["slash"]+" "+
			n.cardinal(q, "", false)), " "), end, true
	}
	return n.fraction(p.digits, bottom), end, true
}

// fraction spells a common fraction.
func (n *reader) fraction(top, bottom string) string {
	t, b := numberOf(top, ""), numberOf(bottom, "")
	if top == "" {
		t = integer(1)
	}
	if n.Rules == nil {
		return t.digits + "/" + b.digits
	}
	if t.Integer == 1 && b.Integer == 2 && n.lex["half1"] != "" {
		return n.lex["half1"]
	}
	one := t.Integer == 1
	choose := func(forms string) string {
		single, many, both := strings.Cut(forms, "|")
		if one || !both {
			return single
		}
		return many
	}
	key := map[uint64]string{2: "half", 3: "third", 4: "quarter"}[b.Integer]
	forms := n.lex[key]
	switch n.lang {
	case "pl", "uk", "ru":
		one = t.Integer%10 == 1 && t.Integer%100 != 11
		form := "plural-genitive"
		if one {
			form = "feminine"
		} else if n.lang == "pl" && t.Integer%10 >= 2 && t.Integer%10 <= 4 && t.Integer%100/10 != 1 {
			form = "plural"
		}
		return n.cardinal(t, "feminine", true) + " " + n.ordinal(b.Integer, form)
	case "de":
		if forms == "" {
			forms = strings.TrimSuffix(n.ordinal(b.Integer, ""), "te")
			forms = strings.ToUpper(forms[:1]) + forms[1:] + "tel"
		}
		return n.cardinal(t, "neuter", true) + " " + choose(forms)
	case "en":
		if forms == "" {
			forms = n.ordinal(b.Integer, "") + "|" + n.ordinal(b.Integer, "") + "s"
		}
	case "es", "it", "pt", "fr":
		if forms == "" && (b.Integer <= 10 || n.lang == "fr" || n.lang == "it") {
			o := n.ordinal(b.Integer, "masculine")
			forms = o + "|" + n.ordinal(b.Integer, "masculine-plural")
			if n.lang == "pt" {
				forms = o + "|" + o + "s"
			}
		}
	case "nl":
		if forms == "" {
			o := n.ordinal(b.Integer, "")
			forms = o + "|" + o
		}
	}
	if forms == "" {
		return strings.Join(strings.Fields(n.cardinal(t, "", false)+" "+n.lex["by"]+" "+n.cardinal(b, "", false)), " ")
	}
	return n.cardinal(t, "masculine", true) + " " + choose(forms)
}

// decade reads a number with the ending of a decade: "1990s", "90er".
func (n *reader) decade(num number, end int) (say string, to int, ok bool) {
	if num.Fraction != "" || num.Integer%10 != 0 || len(num.digits) != 2 && len(num.digits) != 4 || num.Integer == 0 {
		return "", end, false
	}
	rest := n.text[end:]
	endsWord := func(k int) bool { return !wordRune(n.runeAt(end + k)) }
	if n.lang == "en" && len(num.digits) == 2 && !n.decadeBefore(end) {
		return "", end, false // "30s" are seconds
	}
	switch {
	case n.lang == "en" && (strings.HasPrefix(rest, "s") && endsWord(1) ||
		strings.HasPrefix(rest, "'s") && endsWord(2) || strings.HasPrefix(rest, "’s") && endsWord(4)):
		to = end + strings.IndexByte(rest, 's') + 1
		say = n.yearOf(num.Integer)
		if num.Integer%100 == 0 && num.Integer%1000 != 0 || num.Integer%1000 == 0 {
			return say + "s", to, true
		}
		if strings.HasSuffix(say, "ty") {
			return strings.TrimSuffix(say, "y") + "ies", to, true
		}
		return say + "s", to, true
	case n.lang == "de" && strings.HasPrefix(rest, "er"):
		k := 2
		if strings.HasPrefix(rest, "ern") {
			k = 3
		}
		if !endsWord(k) && n.runeAt(end+k) != '-' {
			return "", end, false
		}
		say = n.yearOf(num.Integer) + rest[:k]
		return strings.ToUpper(say[:1]) + say[1:], end + k, true
	case n.lang == "nl" && strings.HasPrefix(rest, "er") && endsWord(2):
		return n.yearOf(num.Integer) + "er", end + 2, true
	}
	return "", end, false
}

// decadeBefore reports whether the text before a number that ends at end makes it a decade: "the 90s", "'90s".
func (n *reader) decadeBefore(end int) bool {
	switch strings.ToLower(n.last) {
	case "the", "early", "late", "mid", "in", "of":
		return true
	}
	return n.start < end && strings.ContainsRune("'’", n.runeAt(n.start))
}

// dotted reads numbers of more than two parts: versions, IP addresses.
func (n *reader) dotted(at int) (end int, say string, ok bool) {
	if n.Rules == nil {
		return at, "", false
	}
	var parts []string
	end = at
	for {
		digits, to := run(n.text, end)
		if digits == "" {
			return at, "", false
		}
		parts, end = append(parts, digits), to
		if next, _ := run(n.text, end+1); n.runeAt(end) != '.' || next == "" {
			break
		}
		end++
	}
	if len(parts) < 3 {
		return at, "", false
	}
	if p, ok := n.parse(at); ok && p.end >= end {
		return at, "", false // a number in groups
	}
	word := n.lex["point"]
	if word == "" {
		word = "."
	}
	if say, ok := n.internet(parts); ok && n.runeBefore(at) != 'v' {
		return end, say, true
	}
	for i, d := range parts {
		parts[i] = n.cardinalText(d)
		if len(d) > 1 && d[0] == '0' {
			parts[i] = n.eachDigit(d)
		}
	}
	return end, strings.Join(parts, " "+word+" "), true
}

// version reads "v1.2.3" at place at.
func (n *reader) version(at int) (end int, say string, ok bool) {
	if c := n.text[at]; c != 'v' && c != 'V' || n.lex["version"] == "" {
		return at, "", false
	}
	if end, say, ok := n.dotted(at + 1); ok {
		return end, n.lex["version"] + " " + say, true
	}
	digits, end := run(n.text, at+1)
	if digits == "" || wordRune(n.runeAt(end)) {
		return at, "", false
	}
	say = n.cardinalText(digits)
	if more, to := run(n.text, end+1); n.runeAt(end) == '.' && more != "" {
		say, end = say+" "+n.lex["point"]+" "+n.cardinalText(more), to
	}
	return end, n.lex["version"] + " " + say, true
}
