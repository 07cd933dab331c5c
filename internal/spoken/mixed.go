package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mixed reads a whole number followed by a fraction: "2 1/2", "2½". A unit may follow.
func (n *reader) mixed(p parsed) (say string, end int, ok bool) {
	if p.Fraction != "" || p.grouped || !p.ok || p.Integer == 0 || len(p.digits) > 4 || n.Rules == nil ||
		n.lex["half"] == "" {
		return "", p.end, false
	}
	top, bottom, end, ok := n.fractionAt(p.end)
	if !ok {
		return "", p.end, false
	}
	half := top == "1" && bottom == "2"
	part := n.fraction(top, bottom)
	gender := n.mixedGender(p, end)
	whole := n.cardinal(p.number, gender, gender != "")
	join := whole + " " + n.lex["and"] + " "
	switch n.lang {
	case "en":
		if half {
			part = "a half"
		}
		say = join + part
	case "de":
		whole = strings.TrimSuffix(n.cardinal(p.number, "neuter", true), "s")
		say = whole + strings.ReplaceAll(strings.ToLower(part), " ", "")
	case "fr":
		return n.frenchMixed(p, half, part, end)
	case "es", "pt", "it":
		if half {
			part, _, _ = strings.Cut(n.lex["half"], "|")
			if gender == "feminine" && n.lang != "it" {
				part = strings.TrimSuffix(part, "o") + "a"
			}
		}
		say = join + part
	case "pl", "uk", "ru":
		say = join + part
		if half {
			say = whole + " " + n.lex["andhalf"]
		}
	default:
		say = join + part
	}
	if id, to, ok := n.unitAt(end); ok {
		some := number{Number: p.Number, digits: p.digits, ok: true}
		some.Fraction = "5"
		return strings.TrimSpace(strings.ReplaceAll(n.unitForm(id, some), "{0}", say)), to, true
	}
	return say, end, true
}

// fractionAt reads the fraction after a whole number that ends at i.
func (n *reader) fractionAt(i int) (top, bottom string, end int, ok bool) {
	at, spaced := n.after(i)
	r, size := utf8.DecodeRuneInString(n.text[at:])
	if unicode.Is(unicode.No, r) {
		top, bottom, ok = strings.Cut(norm.NFKD.String(string(r)), "⁄")
		return top, bottom, at + size, ok && top != "" && bottom != ""
	}
	if !spaced {
		return "", "", i, false
	}
	top, to := run(n.text, at)
	if top == "" || len(top) > 2 || n.runeAt(to) != '/' && n.runeAt(to) != '⁄' {
		return "", "", i, false
	}
	bottom, end = run(n.text, to+utf8.RuneLen(n.runeAt(to)))
	t, b := numberOf(top, "").Integer, numberOf(bottom, "").Integer
	if len(bottom) > 2 || t == 0 || t >= b || !smallPart(b) || n.runeAt(end) == '/' || wordRune(n.runeAt(end)) {
		return "", "", i, false
	}
	return top, bottom, end, true
}

// smallPart reports whether b is a common denominator in speech.
func smallPart(b uint64) bool {
	return b >= 2 && b <= 12 || b == 16 || b == 20 || b == 32 || b == 64 || b == 100
}

// mixedGender returns the gender of the noun after a mixed number that ends at end, or "" if it is unknown.
func (n *reader) mixedGender(p parsed, end int) string {
	p.end = end
	if id, _, ok := n.unitAt(end); ok {
		return n.genderOfUnit(id)
	}
	switch n.lang {
	case "pl", "uk", "ru": // the noun is in the genitive singular
		next, _ := n.word(end)
		r, _ := utf8.DecodeLastRuneInString(next)
		switch {
		case strings.ContainsRune("ыиіїyi", r):
			return "feminine"
		case strings.ContainsRune("аяau", r):
			return "masculine"
		}
		return ""
	}
	gender, _ := n.nounAfter(p)
	return gender
}

// frenchMixed puts the fraction after the noun: "deux litres et demi".
func (n *reader) frenchMixed(p parsed, half bool, part string, end int) (string, int, bool) {
	p.end = end
	noun := ""
	if id, to, ok := n.unitAt(end); ok {
		noun, end = " "+strings.TrimSpace(strings.ReplaceAll(n.unitForm(id, p.number), "{0}", "")), to
	} else if at, spaced := n.after(end); spaced {
		letters := firstLetters(n.text[at:min(len(n.text), at+2*mostLetters)])
		if to := at + len(letters); letters != "" && unicode.IsLower(n.runeAt(at)) && !notNouns[letters] &&
			!strings.ContainsRune("'’-", n.runeAt(to)) {
			noun, end = " "+letters, to
		}
	}
	gender := "masculine"
	if lower := strings.TrimSpace(noun); hasEnd(lower, frenchEnds...) || frenchNouns[lower] ||
		hasEnd(lower, "asse", "asses") {
		gender = "feminine"
	}
	if half {
		if part = "demi"; gender == "feminine" {
			part = "demie"
		}
	}
	return n.cardinal(p.number, gender, true) + noun + " " + n.lex["and"] + " " + part, end, true
}
