package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// codes are ISO 4217 codes of currencies that texts write next to amounts.
var codes = func() map[string]bool {
	m := map[string]bool{}
	for _, c := range strings.Fields(`USD EUR GBP JPY CNY UAH RUB CHF PLN CZK SEK NOK DKK HUF RON BGN TRY INR KRW BRL MXN CAD AUD NZD ILS KZT
		GEL AMD AZN BYN RSD ISK ZAR THB VND PHP IDR MYR SGD HKD TWD AED SAR EGP NGN ARS CLP COP BTC`) {
		m[c] = true
	}
	return m
}()

// measure reads the magnitude, currency or unit after the number that ends at p.end.
func (n *reader) measure(p parsed) (say string, end int, ok bool) {
	zeros, at := n.magnitude(p.end, false)
	if zeros > 0 {
		if key, to, ok := n.currencyAt(at); ok {
			return n.amount(p.number, zeros, key), to, true
		}
		if id, to, ok := n.unitAt(at); ok {
			return n.scaled(p.number, zeros) + " " +
				strings.TrimSpace(strings.ReplaceAll(n.unitForm(id, integer(1_000_000)),
					"{0}", "")), to, true
		}
		return n.scaled(p.number, zeros), at, true
	}
	if key, to, ok := n.currencyAt(p.end); ok {
		return n.amount(p.number, 0, key), to, true
	}
	if id, to, ok := n.unitAt(p.end); ok {
		return n.withUnit(p.number, id), to, true
	}
	return "", p.end, false
}

// symbol reads the characters at i that may form an abbreviation.
func (n *reader) symbol(i int) (word string, end int) {
	end = i
	for end < len(n.text) {
		r, size := utf8.DecodeRuneInString(n.text[end:])
		if !unicode.IsLetter(r) && !strings.ContainsRune("°º²³%‰/$€£¥₽₴₹¢₩₺₿₪₸￥·℃℉Ω", r) && !(r == '2' || r == '3') {
			break
		}
		if (r == '2' || r == '3') && (end == i || !unicode.IsLetter(n.runeBefore(end)) ||
			unicode.IsDigit(n.runeAt(end+1))) {
			break
		}
		if r == '/' && !unicode.IsLetter(n.runeAt(end+1)) {
			break
		}
		end += size
	}
	return n.text[i:end], end
}

// after returns the place after one space at i, and whether there was one.
func (n *reader) after(i int) (int, bool) {
	r, size := utf8.DecodeRuneInString(n.text[i:])
	if r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\u2009' {
		return i + size, true
	}
	return i, false
}

// magnitude reads "M", "bn", "Mio." at i. money says that a currency precedes the number; then a single letter is a
// magnitude too and not a unit. zeros is 0 if there is no magnitude.
func (n *reader) magnitude(i int, money bool) (zeros, end int) {
	at, spaced := n.after(i)
	word, to := n.symbol(at)
	paid := false
	if cut := strings.IndexAny(word, "$€£¥₽₴₹/"); cut > 0 {
		paid = word[cut] != '/'
		word, to = word[:cut], at+cut
	}
	if word == "" || utf8.RuneCountInString(word) > 10 {
		return 0, i
	}
	dotted := word + "."
	for _, lang := range []string{n.lang, ""} {
		m := magnitudes[lang]
		if z := m[dotted]; z > 0 && n.runeAt(to) == '.' {
			return z, to + 1
		}
		z := m[word]
		if z == 0 {
			continue
		}
		long := utf8.RuneCountInString(word) > 1
		if !money && !paid && !long && (spaced || word == "m" || word == "b" || word == "T" || word == "B") {
			continue // "5 M", "5m", "5B" are units
		}
		return z, to
	}
	return 0, i
}

// currencyAt reads a currency at i, with or without a space in front.
func (n *reader) currencyAt(i int) (key string, end int, ok bool) {
	at, _ := n.after(i)
	word, to := n.symbol(at)
	if word == "" {
		return "", i, false
	}
	if n.runeAt(to) == '.' && signs[word+"."] != "" && !(n.lang == "uk" && word == "р") {
		// The full stop stays if it ends a sentence.
		if word == "kr" || n.sentenceGoesOn(to+1) {
			to++
		}
		if next := n.runeAt(to); !wordRune(next) {
			return signs[word+"."], to, true
		}
	}
	if word == "р" {
		return "", i, false
	}
	for cut := len(word); cut > 0; cut-- {
		w := word[:cut]
		if cut < len(word) && (!utf8.RuneStart(word[cut]) || word[cut] != '/' && unicode.IsLetter(rune(word[0]))) {
			continue
		}
		key := signs[w]
		if key == "" && codes[w] {
			key = w
		}
		if key != "" && (cut == len(word) || w != word) && !wordRune(n.runeAt(at+cut)) {
			return key, at + cut, true
		}
	}
	return "", i, false
}

// sentenceGoesOn reports whether the point that ends at i is within a sentence: a small letter, a digit or a mark such
// as a comma follows, or any character without a space.
func (n *reader) sentenceGoesOn(i int) bool {
	at := n.skip(i)
	if at >= len(n.text) {
		return false
	}
	if at == i {
		return true
	}
	r := n.runeAt(at)
	return unicode.IsLower(r) || unicode.IsDigit(r) || strings.ContainsRune(",;:(–—", r)
}

// scaled spells a number with its magnitude: "two point five million".
func (n *reader) scaled(num number, zeros int) string {
	forms := n.Compact[map[int]string{3: "3", 6: "6", 9: "9", 12: "12"}[zeros]]
	if n.lang == "it" && zeros == 3 {
		return n.cardinal(thousands(num), "", false)
	}
	if len(forms) == 0 {
		return n.cardinal(num, "", false)
	}
	gender := ""
	switch {
	case zeros == 3 && (n.lang == "uk" || n.lang == "ru"), n.lang == "de" && zeros >= 6:
		gender = "feminine"
	}
	words := n.named(forms, num)
	count := n.cardinal(num, gender, gender != "" && num.Fraction == "" || n.lang != "de" && num.Fraction == "")
	if num.ok && num.Integer == 1 && num.Fraction == "" && zeros == 3 && strings.HasPrefix("es fr it pt sv", n.lang) {
		count = ""
	}
	return strings.TrimSpace(strings.ReplaceAll(words, "{0}", count))
}

// thousands returns num times a thousand.
func thousands(num number) number {
	f := (num.Fraction + "000")[:3]
	n := numberOf(num.digits+f, strings.TrimRight((num.Fraction + "   ")[3:], " "))
	n.Negative = num.Negative
	return n
}

// amount spells a sum of money. key is a key of [money] or an ISO code.
func (n *reader) amount(num number, zeros int, key string) string {
	names := money[n.lang][key]
	if names == "" {
		return n.plainAmount(num, zeros, key)
	}
	main, hundredth, _ := strings.Cut(names, "/")
	gender, forms := genderOf(main)
	if zeros > 0 {
		many := integer(1_000_000)
		name := n.plural(forms, many)
		return n.scaled(num, zeros) + " " + n.of(zeros >= 6, name)
	}
	if len(num.Fraction) != 2 || hundredth == "" || strings.Trim(num.Fraction, "0") == "" || n.Rules == nil {
		if strings.Trim(num.Fraction, "0") == "" {
			num.Fraction = ""
		}
		return n.cardinal(num, gender, num.Fraction == "") + " " + n.of(num.round(), n.plural(forms, num))
	}
	whole := num
	whole.Fraction = ""
	parts := numberOf(strings.TrimLeft(num.Fraction, "0"), "")
	cg, cforms := genderOf(hundredth)
	cents := n.cardinal(parts, cg, true) + " " + n.plural(cforms, parts)
	if whole.Integer == 0 && whole.ok {
		return n.signed(num, cents)
	}
	out := n.cardinal(whole, gender, true) + " " + n.plural(forms, whole)
	switch n.lang {
	case "de", "fr", "nl": // "drei Euro fünfzig"
		return out + " " + n.cardinal(parts, "", false)
	case "es", "it":
		return out + " " + n.lex["cents"] + " " + n.cardinal(parts, "", false)
	case "en", "pt":
		return out + " " + n.lex["cents"] + " " + cents
	}
	return out + " " + cents
}

// plainAmount spells a sum of money with the CLDR's name of the currency.
func (n *reader) plainAmount(num number, zeros int, key string) string {
	code := key
	if key == "kr" {
		code = map[string]string{"sv": "SEK", "no": "NOK", "da": "DKK", "is": "ISK"}[n.lang]
	}
	if c := codeOf[key]; c != "" {
		code = c
	}
	count := num
	if zeros > 0 {
		count = integer(1_000_000)
	}
	name := n.named(n.Currencies[code], count)
	if name == "" {
		name = key
	}
	if zeros > 0 {
		return n.scaled(num, zeros) + " " + n.of(zeros >= 6, name)
	}
	return n.cardinal(num, "", true) + " " + n.of(num.round(), name)
}

// of adds the word between millions and their noun.
func (n *reader) of(round bool, name string) string {
	word := n.lex["of"]
	if !round || word == "" {
		return name
	}
	if n.lang == "fr" && strings.ContainsRune("aeiouyéêèh", unicode.ToLower([]rune(name)[0])) {
		return "d'" + name
	}
	return word + " " + name
}

// money reads an amount after its currency: "$5M", "€ 2.000", "R$ 5", "CHF 20".
func (n *reader) money(at int) (end int, say string, ok bool) {
	i, negative := at, false
	if r, size := utf8.DecodeRuneInString(n.text[i:]); (r == '-' || r == '−' || r == '–') && n.signBefore(at) {
		i, negative = i+size, true
	}
	key, to, ok := n.currencySign(i)
	if !ok {
		return at, "", false
	}
	from, spaced := n.after(to)
	if r, size := utf8.DecodeRuneInString(n.text[from:]); (r == '-' || r == '−') && !spaced {
		from, negative = from+size, true
	}
	p, ok := n.parse(from)
	if !ok {
		return at, "", false
	}
	p.Negative = negative
	zeros, end := n.magnitude(p.end, true)
	// "$5–10", "$5M–10M"
	if r, size := utf8.DecodeRuneInString(n.text[end:]); (r == '–' || r == '-') && n.lex["to"] != "" && !negative {
		second := end + size
		if _, to, again := n.currencySign(second); again {
			second = to
		}
		if q, ok := n.parse(second); ok {
			z, stop := n.magnitude(q.end, true)
			first := n.cardinal(p.number, "", false)
			if zeros > 0 {
				first = n.scaled(p.number, zeros)
			}
			return stop, first + " " + n.lex["to"] + " " + n.amount(q.number, z, key), true
		}
	}
	say, end = n.rated(n.amount(p.number, zeros, key), end)
	return end, say, true
}

// currencySign reads the sign or code of a currency before an amount.
func (n *reader) currencySign(i int) (key string, end int, ok bool) {
	r := n.runeAt(i)
	if !unicode.Is(unicode.Sc, r) && !(r >= 'A' && r <= 'Z') {
		return "", i, false
	}
	for _, length := range []int{4, 3, 2, 1} {
		if i+length > len(n.text) || i+length < len(n.text) && !utf8.RuneStart(n.text[i+length]) {
			continue
		}
		w := n.text[i : i+length]
		key := signs[w]
		if key == "" && codes[w] {
			key = w
		}
		if key == "" {
			continue
		}
		if next := n.runeAt(i + length); unicode.IsLetter(next) || next == 0 {
			continue
		}
		return key, i + length, true
	}
	return "", i, false
}

// unitAt reads a unit at i.
func (n *reader) unitAt(i int) (id string, end int, ok bool) {
	at, spaced := n.after(i)
	word, to := n.symbol(at)
	if word == "" {
		return "", i, false
	}
	if n.runeAt(to) == '.' && localUnits[n.lang][word+"."] != "" && n.sentenceGoesOn(to+1) {
		return localUnits[n.lang][word+"."], to + 1, true
	}
	if spaced && (bareUnits[""][word] || bareUnits[n.lang][word]) {
		return "", i, false
	}
	if n.lang == "ru" && word == "г" && n.runeAt(to) == '.' {
		return "", i, false
	}
	if id := n.unitOf(word); id != "" {
		// A single letter before a hyphen and a letter begins a word: "the 3 m-files".
		if n.runeAt(to) == '-' && unicode.IsLetter(n.runeAt(to+1)) && utf8.RuneCountInString(word) == 1 {
			return "", i, false
		}
		return id, to, true
	}
	// The "%" of "5%ige".
	r, size := utf8.DecodeRuneInString(word)
	if (r == '%' || r == '‰') && !spaced {
		return unitSigns[string(r)], at + size, true
	}
	return "", i, false
}

// unitOf returns the CLDR's name of a unit, or of two units with a slash between them.
func (n *reader) unitOf(word string) string {
	if id := localUnits[n.lang][word]; id != "" {
		return id
	}
	if id := unitSigns[word]; id != "" {
		return id
	}
	top, bottom, ok := strings.Cut(word, "/")
	if !ok {
		return ""
	}
	first, per := n.unitOf(top), perUnits[bottom]
	if first == "" || per == "" || strings.Contains(first, "/") || n.Units[per].Forms["per"] == "" {
		return ""
	}
	return first + "/" + per
}

// unitForm returns the pattern for a number of a unit.
func (n *reader) unitForm(id string, num number) string {
	if top, per, ok := strings.Cut(id, "/"); ok {
		return strings.ReplaceAll(n.Units[per].Forms["per"], "{0}", n.unitForm(top, num))
	}
	if forms := unitWords[n.lang][id]; forms != "" {
		return "{0} " + n.plural(forms, num)
	}
	return n.named(n.Units[id].Forms, num)
}

// withUnit spells a number and its unit.
func (n *reader) withUnit(num number, id string) string {
	pattern := n.unitForm(id, num)
	count := n.cardinal(num, n.genderOfUnit(id), num.Fraction == "")
	if id == "percent" && (n.lang == "de" || n.lang == "es" || n.lang == "it" || n.lang == "pt" || n.lang == "fr") &&
		num.Integer != 1 {
		count = n.cardinal(num, "", false)
	}
	if pattern == "" {
		return count
	}
	if n.lang == "en" && british[n.region] {
		pattern = strings.NewReplacer("meter", "metre", "liter", "litre").Replace(pattern)
	}
	return strings.TrimSpace(strings.ReplaceAll(pattern, "{0}", count))
}

func (n *reader) genderOfUnit(id string) string {
	top, _, _ := strings.Cut(id, "/")
	return n.Units[top].Gender
}

// unitGender returns the gender of the unit after p, or "" without a unit or a gender.
func (n *reader) unitGender(p parsed) string {
	if zeros, _ := n.magnitude(p.end, false); zeros > 0 {
		return ""
	}
	if key, _, ok := n.currencyAt(p.end); ok {
		names := money[n.lang][key]
		if names == "" {
			return ""
		}
		g, _ := genderOf(names)
		return g
	}
	if id, _, ok := n.unitAt(p.end); ok && id != "percent" {
		return n.genderOfUnit(id)
	}
	return ""
}
