package spoken

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"lectern/internal/spoken/cldr"
	"lectern/internal/spoken/rbnf"
)

// language has the data of the language that is spoken.
type language struct {
	*cldr.Language
	lang   string // as the lexicon calls it
	region string
	lex    lexicon
	months map[string]int // by name in small letters, from 1
}

var languages sync.Map // *language by tag

func languageOf(tag string) *language {
	if v, ok := languages.Load(tag); ok {
		return v.(*language)
	}
	l := cldr.Find(tag)
	v := &language{Language: l, lang: l.Tag, lex: lexicons[l.Tag]}
	if parts := strings.FieldsFunc(tag, func(r rune) bool { return r == '-' || r == '_' }); len(parts) > 1 {
		v.region = strings.ToUpper(parts[len(parts)-1])
	}
	v.months = monthsOf(l)
	if len(tag) <= 16 && known(tag, l) {
		languages.Store(tag, v)
	}
	return v
}

// monthsOf returns the months of l, from 1, by their long and short names in small letters.
func monthsOf(l *cldr.Language) map[string]int {
	m := map[string]int{}
	if len(l.Months) != 12 {
		return m
	}
	for i := range l.Months {
		for _, name := range []string{l.Months[i], l.MonthsAlone[i], strings.TrimSuffix(l.MonthsShort[i], ".")} {
			if name = strings.ToLower(name); len(name) > 2 && m[name] == 0 {
				m[name] = i + 1
			}
		}
	}
	if m["sept"] == 0 {
		m["sept"] = 9
	}
	return m
}

// known reports whether a tag may be cached. It bounds the cache: only short tags of languages in the tables are
// cached.
func known(tag string, l *cldr.Language) bool {
	return l.Decimal != "" && strings.Count(tag, "-") <= 1 && len(tag) <= 6
}

// Supported reports whether numbers of a language become words.
func Supported(language string) bool { return languageOf(language).Rules != nil }

// number is a number as it is written.
type number struct {
	rbnf.Number
	digits string // of the integer part
	ok     bool   // whether the integer part is below 1e15, so that rules can spell it
}

func integer(n uint64) number {
	return number{Number: rbnf.Number{Integer: n}, digits: strconv.FormatUint(n, 10), ok: true}
}

// numberOf reads plain digits.
func numberOf(digits, fraction string) number {
	n := number{digits: digits}
	v, err := strconv.ParseUint(digits, 10, 64)
	n.ok = err == nil && v < 1e15
	n.Integer, n.Fraction = v, fraction
	return n
}

// round reports whether n ends in millions, so that a following noun takes "of" in Romance languages.
func (n number) round() bool {
	return n.ok && n.Fraction == "" && n.Integer >= 1e6 && n.Integer%1e6 == 0
}

// cardinal spells n. gender is that of the noun that n counts; noun says whether that noun follows.
func (v *language) cardinal(n number, gender string, noun bool) string {
	if n.Negative && v.Rules != nil {
		n.Negative = false
		return v.minus() + " " + v.cardinal(n, gender, noun)
	}
	if v.Rules == nil {
		out := n.digits
		if n.Fraction != "" {
			out += v.decimalSign() + n.Fraction
		}
		if n.Negative {
			out = "-" + out
		}
		return out
	}
	if !n.ok {
		return v.eachDigit(n.digits) + v.tail(n.Fraction)
	}
	if n.Fraction != "" {
		return v.decimal(n)
	}
	s, err := v.Rules.Spell(v.cardinalSet(gender, noun), n.Number)
	if err != nil {
		return v.eachDigit(n.digits) + v.tail(n.Fraction)
	}
	return v.polish(s)
}

func (v *language) decimalSign() string {
	if v.Decimal == "" {
		return "."
	}
	return v.Decimal
}

// tail reads the decimal sign and the digits after it one by one, for numbers that no rule spells.
func (v *language) tail(fraction string) string {
	if fraction == "" {
		return ""
	}
	return strings.TrimRight(" "+v.decimalWord(), " ") + " " + v.eachDigit(fraction)
}

// decimal spells a number with digits after the sign, in the habit of the language.
func (v *language) decimal(n number) string {
	n.Fraction = n.Fraction[:min(len(n.Fraction), 18)]
	whole := v.cardinal(integer(n.Integer), "", false)
	if v.lang == "uk" && len(n.Fraction) <= 3 {
		unit := v.lex[[]string{"", "tenths", "hundredths", "thousandths"}[len(n.Fraction)]]
		parts := numberOf(n.Fraction, "")
		return v.cardinal(integer(n.Integer), "feminine", true) + " " + oneOrMany(v.lex["whole"], n.Integer) + " " +
			v.cardinal(parts, "feminine", true) + " " + oneOrMany(unit, parts.Integer)
	}
	if v.lex["decimal"] == "number" && len(n.Fraction) <= 3 && strings.Trim(n.Fraction, "0") != "" {
		rest := strings.TrimLeft(n.Fraction, "0")
		zeros := strings.Repeat(v.cardinal(integer(0), "", false)+" ", len(n.Fraction)-len(rest))
		return whole + " " + v.decimalWord() + " " + zeros + v.cardinal(numberOf(rest, ""), "", false)
	}
	for _, set := range []string{"%spellout-numbering", "%spellout-cardinal", "%spellout-cardinal-masculine",
		v.cardinalSet("", false)} {
		if v.Rules.Has(set) {
			if s, err := v.Rules.Spell(set, n.Number); err == nil {
				return v.polish(s)
			}
		}
	}
	return strings.Join(strings.Fields(whole+" "+v.decimalWord()+" "+v.eachDigit(n.Fraction)), " ")
}

// decimalWord is the word for the decimal sign.
func (v *language) decimalWord() string {
	for _, set := range []string{"%spellout-numbering", "%spellout-cardinal", "%spellout-cardinal-masculine"} {
		if !v.Rules.Has(set) {
			continue
		}
		zero, err := v.Rules.Spell(set, rbnf.Number{})
		s, failed := v.Rules.Spell(set, rbnf.Number{Fraction: "0"})
		if err == nil && failed == nil && strings.HasPrefix(s, zero) && strings.HasSuffix(s, zero) &&
			len(s) > 2*len(zero) {
			return strings.TrimSpace(s[len(zero) : len(s)-len(zero)])
		}
	}
	return v.lex["point"]
}

func (v *language) signed(n number, s string) string {
	if n.Negative {
		return v.minus() + " " + s
	}
	return s
}

// oneOrMany returns the form for n from "one|other", by the Slavic rule for words that have no third form.
func oneOrMany(forms string, n uint64) string {
	one, many, _ := strings.Cut(forms, "|")
	if n%10 == 1 && n%100 != 11 {
		return one
	}
	return many
}

// minus is the word for a negative number.
func (v *language) minus() string {
	if w := v.lex["minus"]; w != "" {
		return w
	}
	if v.Rules == nil {
		return "-"
	}
	names := v.Rules.Names()
	slices.Sort(names)
	for _, set := range append([]string{"%spellout-numbering", "%spellout-cardinal", "%spellout-cardinal-masculine"},
		names...) {
		one, err := v.Rules.Spell(set, rbnf.Number{Integer: 1})
		s, failed := v.Rules.Spell(set, rbnf.Number{Negative: true, Integer: 1})
		if err == nil && failed == nil && strings.HasSuffix(s, one) && s != one {
			return strings.TrimSpace(strings.TrimSuffix(s, one))
		}
	}
	return "-"
}

// cardinalSet is the rule set for a cardinal number in front of a noun of this gender.
func (v *language) cardinalSet(gender string, noun bool) string {
	switch gender {
	case "inanimate", "animate", "personal", "common", "":
		gender = "masculine"
	}
	sets := []string{"%spellout-cardinal-" + gender, "%spellout-cardinal-masculine", "%spellout-cardinal",
		"%spellout-numbering"}
	if !noun {
		sets = []string{"%spellout-numbering", "%spellout-cardinal", "%spellout-cardinal-masculine"}
	}
	if v.lang == "en" && british[v.region] {
		sets = []string{"%spellout-cardinal-verbose"}
	}
	for _, s := range sets {
		if v.Rules.Has(s) {
			return s
		}
	}
	for _, s := range v.Rules.Names() {
		if strings.HasPrefix(s, "%spellout-cardinal") {
			return s
		}
	}
	return sets[0]
}

// british are the regions that say "one hundred and one".
var british = map[string]bool{"GB": true, "IE": true, "AU": true, "NZ": true, "ZA": true, "IN": true}

// polish corrects the CLDR's words: it writes the characters that engines know, and mends misspellings.
func (v *language) polish(s string) string {
	if v.lang == "uk" || v.lang == "be" {
		s = apostrophes.Replace(s)
	}
	if v.lang == "pl" {
		s = strings.ReplaceAll(s, "dziewiętdziesiąt", "dziewięćdziesiąt")
	}
	if v.lang == "ru" {
		s = yo.Replace(s)
	}
	return s
}

var (
	apostrophes = strings.NewReplacer("ʼ", "'", "’", "'")
	yo          = strings.NewReplacer("четвертог", "четвёртог", "четвертый", "четвёртый", "четвертая", "четвёртая",
		"четвертое", "четвёртое", "четвертой", "четвёртой", "четвертом", "четвёртом", "трех", "трёх", "четырех",
		"четырёх")
)

// cardinalText spells digits as a number.
func (v *language) cardinalText(digits string) string {
	return v.cardinal(numberOf(digits, ""), "", false)
}

// eachDigit reads digits one by one.
func (v *language) eachDigit(digits string) string {
	var words []string
	for i := range len(digits) {
		words = append(words, v.cardinal(integer(uint64(digits[i]-'0')), "", false))
	}
	return strings.Join(words, " ")
}

// yearOf spells a year.
func (v *language) yearOf(n uint64) string {
	if v.Rules != nil && v.lex["years"] == "pairs" && n >= 1100 && n < 10_000 {
		if s, err := v.Rules.Spell("%spellout-numbering-year", rbnf.Number{Integer: n}); err == nil {
			return v.polish(s)
		}
	}
	return v.cardinal(integer(n), "", false)
}

var ruHundreds = [10]string{2: "двух", 3: "трёх", 4: "четырёх", 5: "пяти", 6: "шести", 7: "семи", 8: "восьми",
	9: "девяти"}

// ordinal spells a rank. form is a gender, optionally with a case or an ending: "feminine", "masculine-genitive", "n".
func (v *language) ordinal(n uint64, form string) string {
	if v.Rules == nil {
		return strconv.FormatUint(n, 10) + "."
	}
	if v.lang == "uk" {
		if s := v.ukrainian(n, form); s != "" {
			return s
		}
	}
	if h := n % 1000; v.lang == "ru" && h >= 200 && h%100 == 0 {
		out := ruHundreds[h/100] + v.ordinal(100, form) // the CLDR has cardinals here
		if n > h {
			out = v.cardinal(integer(n-h), "", false) + " " + out
		}
		return out
	}
	gender, _, _ := strings.Cut(form, "-")
	sets := []string{"%spellout-ordinal-" + form, "%spellout-ordinal-" + gender, "%spellout-ordinal",
		"%spellout-ordinal-masculine"}
	if v.lang == "en" && british[v.region] {
		sets = []string{"%spellout-ordinal-verbose"}
	}
	for _, s := range sets {
		if v.Rules.Has(s) {
			if out, err := v.Rules.Spell(s, rbnf.Number{Integer: n}); err == nil {
				return v.polish(out)
			}
		}
	}
	if low := n % 1000; low > 0 && n > low && (v.lang == "ru" || v.lang == "pl") {
		return v.cardinal(integer(n-low), "", false) + " " + v.ordinal(low, form) // the last word alone is an ordinal
	}
	return v.cardinal(integer(n), "", false)
}

// plural returns the form for n from "one|few|many|other" or "one|other".
func (v *language) plural(forms string, n number) string {
	f := strings.Split(forms, "|")
	if len(f) == 1 {
		return f[0]
	}
	form := "other"
	if n.ok {
		form = v.PluralOf(n.Integer, n.Fraction)
	} else {
		form = v.PluralOf(5, "")
	}
	if len(f) >= 4 {
		return f[map[string]int{"one": 0, "few": 1, "many": 2, "other": 3}[form]]
	}
	if form == "one" {
		return f[0]
	}
	return f[1]
}

// named returns the CLDR's form for n, or "" if it has no forms.
func (v *language) named(forms map[string]string, n number) string {
	form := v.PluralOf(5, "")
	if n.ok {
		form = v.PluralOf(n.Integer, n.Fraction)
	}
	if s, ok := forms[form]; ok {
		return s
	}
	return forms["other"]
}

// genderOf splits "f:words" into the gender and the words.
func genderOf(s string) (gender, words string) {
	switch {
	case strings.HasPrefix(s, "f:"):
		return "feminine", s[2:]
	case strings.HasPrefix(s, "n:"):
		return "neuter", s[2:]
	}
	return "masculine", s
}
