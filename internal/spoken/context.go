package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// yearWords are words that precede a year.
var yearWords = map[string]map[string]bool{
	"en": words("in since by of from until till during year before after around circa late early mid spring summer " +
		"autumn fall winter to and"),
	"de": words("jahr jahre seit von bis ab anno um jahres vor nach"),
	"nl": words("in sinds jaar vanaf tot"),
}

// isYear reports whether a bare number is a year.
func (n *reader) isYear(p parsed) bool {
	if len(p.digits) != 4 || p.grouped || p.Fraction != "" || p.Negative || p.Integer < 1100 || p.Integer > 2199 {
		return false
	}
	next, at := n.word(p.end)
	if inflected := n.yearNoun(next); inflected != "" {
		return true
	}
	if _, _, ok := n.yearShort(p.end); ok {
		return true
	}
	if yearNouns[n.lang] != nil && n.month(n.last) > 0 {
		return true
	}
	if n.lex["years"] != "pairs" {
		return false
	}
	last := strings.ToLower(n.last)
	if yearWords[n.lang][last] || n.month(last) > 0 {
		return true
	}
	if p.end < len(n.text) && at > p.end && n.lang == "en" {
		// "1500 people" and "1100 users" are counts.
		lower := strings.ToLower(next)
		r, _ := utf8.DecodeRuneInString(next)
		return !(unicode.IsLower(r) && (strings.HasSuffix(lower, "s") && !notPlurals[lower] || lower == "people" ||
			lower == "men" || lower == "women" || lower == "children"))
	}
	return n.lang == "en" || p.Integer >= 1900 && p.Integer < 2000
}

// notPlurals are English words that end in "s" but are not plurals, so that a number before them counts nothing.
var notPlurals = words("was is has does this as its his")

// yearNoun returns the form of a year before the word "year" if the language says it as an ordinal, or "".
func (n *reader) yearNoun(next string) string {
	if last := strings.ToLower(n.last); n.lang == "pl" && strings.EqualFold(next, "roku") &&
		(last == "w" || last == "o" || last == "po") {
		return "masculine-locative"
	}
	return yearNouns[n.lang][strings.ToLower(next)]
}

var yearNouns = map[string]map[string]string{
	"ru": {"год": "masculine", "года": "masculine-genitive", "году": "masculine-prepositional",
		"годом": "masculine-instrumental"},
	"uk": {"рік": "masculine", "року": "masculine-genitive", "році": "masculine-prepositional",
		"роком": "masculine-instrumental"},
	"pl": {"rok": "masculine", "roku": "masculine-genitive", "rokiem": "masculine-instrumental"},
}

// yearIn spells a year in its context.
func (n *reader) yearIn(p parsed) (say string, end int) {
	next, _ := n.word(p.end)
	if form := n.yearNoun(next); form != "" {
		return short(n.ordinal(p.Integer, form)), p.end
	}
	if noun, end, ok := n.yearShort(p.end); ok && n.month(n.last) == 0 {
		return short(n.ordinal(p.Integer, n.yearNoun(noun))) + " " + noun, end
	}
	if yearNouns[n.lang] != nil { // "15 марта 2024 г."
		return short(n.ordinal(p.Integer, "masculine-genitive")) + " " + n.lex["year"], n.dropYear(p.end)
	}
	return n.yearOf(p.Integer), p.end
}

// yearShort reads the abbreviation of "year" after a year, in the case that the preceding word requires: "в 2024 г.".
func (n *reader) yearShort(i int) (noun string, end int, ok bool) {
	letter := map[string]string{"ru": "г.", "uk": "р.", "pl": "r."}[n.lang]
	at, _ := n.after(i)
	if letter == "" || !strings.HasPrefix(n.text[at:], letter) {
		return "", i, false
	}
	if end = at + len(letter); !n.sentenceGoesOn(end) {
		end--
	}
	switch last := strings.ToLower(n.last); {
	case n.lang == "ru" && (last == "в" || last == "о"):
		return "году", end, true
	case n.lang == "uk" && (last == "у" || last == "в"):
		return "році", end, true
	}
	return n.lex["year"], end, true
}

// short returns a year without the "one" before its thousand.
func short(year string) string {
	for _, one := range []string{"одна тысяча ", "одна тисяча "} {
		if rest, ok := strings.CutPrefix(year, one); ok {
			return one[len("одна "):] + rest
		}
	}
	return year
}

// feminines are frequent feminine nouns in the forms that follow a number, of languages whose endings there do not
// show the gender.
var feminines = map[string]map[string]bool{
	"pl": words("osoby kobiety godziny minuty sekundy strony książki rzeczy części litery osoba kobieta godzina minuta " +
		"sekunda strona książka rzecz część próby próba firmy firma lekcje lekcja rundy runda grupy grupa klasy klasa"),
	"uk": words(`особи жінки години хвилини секунди сторінки книги книжки речі частини літери особа жінка година хвилина секунда сторінка книга книжка
		річ частина літера спроби спроба групи група задачі задача лекції лекція версії версія помилки помилка`),
}

// nounAfter guesses from its ending the gender of the noun that a bare number counts. noun reports whether a noun
// follows.
func (n *reader) nounAfter(p parsed) (gender string, noun bool) {
	at := n.skip(p.end)
	if at == p.end {
		return "", false
	}
	next, at := n.word(p.end)
	r, _ := utf8.DecodeRuneInString(n.text[at:])
	if next == "" || !unicode.IsLetter(r) {
		return "", false
	}
	lower := strings.ToLower(next)
	switch n.lang {
	case "es", "pt":
		if !unicode.IsLower(r) || notNouns[lower] {
			return "", false
		}
		if strings.HasSuffix(lower, "as") || p.Integer == 1 && strings.HasSuffix(lower, "a") {
			return "feminine", true
		}
		if strings.HasSuffix(lower, "s") || p.Integer == 1 {
			return "masculine", true
		}
	case "fr":
		if p.Integer%10 == 1 && p.Integer%100 != 11 && (hasEnd(lower, frenchEnds...) || frenchNouns[lower]) {
			return "feminine", true
		}
	case "it":
		if p.Integer == 1 && !notNouns[lower] {
			if strings.HasSuffix(lower, "a") {
				return "feminine", true
			}
			return "masculine", true
		}
	case "de":
		if p.Integer == 1 && unicode.IsUpper(r) {
			if !germanMen[lower] && hasEnd(lower, "frau", "stadt", "nacht", "hand", "person", "zahl", "art",
				"form", "million", "milliarde", "ung", "heit", "keit", "schaft", "ion", "tät", "ur", "e", "ei") {
				return "feminine", true
			}
			return "masculine", true
		}
	case "ru":
		return slavic(p.Integer, lower, "ыи", "ая"), unicode.IsLower(r)
	case "uk", "pl":
		if feminines[n.lang][lower] {
			return "feminine", true
		}
	}
	return "", false
}

var (
	frenchEnds = strings.Fields(
		"tion tions sion sions té tés ée ées ette ettes ance ances ence ences ure ures ie ies " +
			"esse esses euse euses elle elles")
	frenchNouns = words(`page pages fois minute minutes seconde secondes heure heures semaine semaines personne personnes étape étapes ligne lignes équipe
		équipes image images diapositive diapositives vidéo vidéos ville villes femme femmes question questions classe classes part parts clé clés`)
	germanMen = words("kunde name junge kollege experte gedanke ende auge interesse gebäude gebirge gemüse käse löwe " +
		"affe ende erbe")
)

// notNouns are frequent words in Romance languages that may follow a number and are not the noun that it counts.
var notNouns = words("es más mas menos antes después ens et est ou en de y o e è ha tiene son veces das dos às aos " +
	"pas dans as os ces les des nas más si")

func hasEnd(s string, ends ...string) bool {
	for _, e := range ends {
		if strings.HasSuffix(s, e) {
			return true
		}
	}
	return false
}

// slavic guesses the gender of a noun from its last letter after n, a number that ends in 1 or 2: few and one are the
// last letters of feminine nouns after two and after one.
func slavic(n uint64, noun, few, one string) string {
	last, _ := utf8.DecodeLastRuneInString(noun)
	switch {
	case n%100 >= 11 && n%100 <= 14:
	case n%10 == 1 && strings.ContainsRune(one, last):
		return "feminine"
	case n%10 == 1 && strings.ContainsRune("ое", last):
		return "neuter"
	case n%10 == 2 && strings.ContainsRune(few, last) && utf8.RuneCountInString(noun) > 2:
		return "feminine"
	}
	return "masculine"
}

// rank reads the ending of an ordinal: "1st", "3.", "1er", "2º", "5-й".
func (n *reader) rank(p parsed, at int) (say string, end int, ok bool) {
	if p.Fraction != "" || !p.ok || n.Rules == nil || p.Integer == 0 && n.lang != "en" {
		return "", p.end, false
	}
	rest := n.text[p.end:min(len(n.text), p.end+16)]
	for _, s := range rankEnds[n.lang] {
		if k := len(s.end); len(rest) >= k && strings.EqualFold(rest[:k], s.end) && !wordRune(n.runeAt(p.end+k)) &&
			fits(n.lang, p.Integer, s.end) {
			if plural := p.Integer%10 == 0 &&
				(s.end == "-е" && n.lang == "ru" || s.end == "-ті" || s.end == "-і"); plural {
				return short(n.ordinal(p.Integer, "plural")), p.end + k, true
			}
			return short(n.ordinal(p.Integer, s.form)), p.end + k, true
		}
	}
	switch n.lang {
	case "en":
		if to := n.runeAt(p.end); n.month(n.last) > 0 && n.last[0] < 97 && p.Integer <= 31 && len(p.digits) <= 2 &&
			!wordRune(to) && to != ':' && to != '/' && to != '%' {
			return n.ordinal(p.Integer, ""), p.end, true // "March 3"
		}
	case "it", "es", "pt":
		if r, size := utf8.DecodeRuneInString(rest); r == '°' && (n.lang == "it" || n.lang == "es") && p.Integer <= 31 {
			to, spaced := n.after(p.end + size)
			next, _ := n.word(to)
			if spaced && unicode.IsLower(n.runeAt(to)) && !notRanked[strings.ToLower(next)] {
				return n.ordinal(p.Integer, "masculine"), p.end + size, true
			}
		}
	case "de", "pl", "cs", "sk", "da", "no", "fi", "hu", "hr", "sl", "et", "lv", "is", "tr", "sr", "bs":
		return n.pointed(p)
	}
	return "", p.end, false
}

// notRanked are Italian and Spanish words after "°" that show that it means degrees: "a 5° di temperatura".
var notRanked = words("a di da e in verso al alla de y en al c f")

// pointed reads an ordinal that is written with a point: "3. Oktober".
func (n *reader) pointed(p parsed) (say string, end int, ok bool) {
	if n.runeAt(p.end) != '.' || p.grouped || len(p.digits) > 3 || p.digits[0] == '0' && len(p.digits) > 2 {
		return "", p.end, false
	}
	to, spaced := n.after(p.end + 1)
	r := n.runeAt(to)
	if !spaced || !unicode.IsLetter(r) {
		return "", p.end, false
	}
	next, _ := n.word(to)
	month := n.month(next)
	if n.lang == "pl" {
		if month == 0 {
			return "", p.end, false
		}
		return n.ordinal(p.Integer, "masculine-genitive"), p.end + 1, true
	}
	// A small letter, a month, or an article before it: "die 2. Auflage".
	if !(unicode.IsLower(r) || month > 0 || n.lang == "de" && len(p.digits) <= 2 &&
		(n.germanCase() != "r" || germanNouns(next))) {
		return "", p.end, false
	}
	if n.lang == "de" {
		return n.german(p.Integer), p.end + 1, true
	}
	return n.ordinal(p.Integer, "masculine"), p.end + 1, true
}

// germanNouns reports whether w is a noun that a German ordinal often counts.
func germanNouns(w string) bool {
	return hasEnd(strings.ToLower(w), "jahrhundert", "weltkrieg", "platz", "tag", "auflage", "kapitel",
		"stock", "klasse", "woche", "quartal", "mal")
}

type rankEnd struct{ end, form string }

// rankEnds are the endings of ordinals by language, each with the form that [language.ordinal] spells.
var rankEnds = map[string][]rankEnd{
	"en": {{"st", ""}, {"nd", ""}, {"rd", ""}, {"th", ""}, {"ˢᵗ", ""}, {"ⁿᵈ", ""}, {"ʳᵈ", ""}, {"ᵗʰ", ""}},
	"fr": {
		{"ères", "feminine-plural"}, {"ère", "feminine"}, {"ers", "masculine-plural"}, {"er", "masculine"},
		{"re", "feminine"}, {"ʳᵉ", "feminine"}, {"ᵉʳ", "masculine"},
		{"èmes", "masculine-plural"}, {"ème", "masculine"}, {"ième", "masculine"}, {"es", "masculine-plural"},
		{"e", "masculine"}, {"ᵉ", "masculine"}, {"nde", "feminine"}, {"nd", "masculine"},
	},
	"es": {
		{".er", "masculine-adjective"}, {"er", "masculine-adjective"}, {".º", "masculine"}, {"º", "masculine"},
		{".ª", "feminine"}, {"ª", "feminine"},
		{".os", "masculine-plural"}, {".as", "feminine-plural"}, {"ro", "masculine"}, {"ra", "feminine"}, {"do", "masculine"},
		{"da", "feminine"}, {"to", "masculine"}, {"ta", "feminine"}, {"a", "feminine"}, {"o", "masculine"},
	},
	"it": {{"º", "masculine"}, {"ª", "feminine"}, {"ᵒ", "masculine"}, {"ᵃ", "feminine"}},
	"pt": {{".º", "masculine"}, {"º", "masculine"}, {".ª", "feminine"}, {"ª", "feminine"}, {"°", "masculine"},
		{"o", "masculine"}},
	"nl": {{"ste", ""}, {"de", ""}, {"e", ""}, {"ᵉ", ""}},
	"de": {{"ten", "n"}, {"ter", "r"}, {"tes", "s"}, {"tem", "m"}, {"te", ""}, {"ste", ""}},
	"pl": {{"-tego", "masculine-genitive"}, {"-go", "masculine-genitive"}, {"-ty", "masculine"}, {"-y", "masculine"},
		{"-ta", "feminine"}, {"-a", "feminine"}, {"-te", "neuter"}, {"-e", "neuter"}},
	"uk": {
		{"-ого", "masculine-genitive"}, {"-го", "masculine-genitive"}, {"-ому", "masculine-prepositional"},
		{"-му", "masculine-prepositional"}, {"-ий", "masculine"}, {"-й", "masculine"},
		{"-ша", "feminine"}, {"-а", "feminine"}, {"-я", "feminine"}, {"-те", "neuter"}, {"-е", "neuter"}, {"-є", "neuter"},
		{"-ої", "feminine-genitive"}, {"-ї", "feminine-genitive"}, {"-ту", "feminine-accusative"},
		{"-у", "feminine-accusative"}, {"-х", "plural-genitive"}, {"-ті", "plural"}, {"-і", "plural"},
	},
	"ru": {
		{"-ого", "masculine-genitive"}, {"-го", "masculine-genitive"}, {"-ому", "masculine-dative"},
		{"-му", "masculine-dative"}, {"-ый", "masculine"}, {"-ий", "masculine"}, {"-й", "masculine"},
		{"-ая", "feminine"}, {"-я", "feminine"}, {"-ое", "neuter"}, {"-е", "neuter"}, {"-ой", "feminine-genitive"},
		{"-ую", "feminine-accusative"}, {"-ю", "feminine-accusative"}, {"-м", "masculine-prepositional"},
		{"-х", "plural-genitive"}, {"-ые", "plural"}, {"-ми", "plural-instrumental"},
	},
	"sv": {{":a", ""}, {":e", ""}},
	"ca": {{"r", "masculine"}, {"n", "masculine"}, {"a", "feminine"}, {"è", "masculine"}},
}

// fits reports whether an ending belongs to a number: "2nd", not "2th"; in Spanish "20o", not "21o".
func fits(lang string, n uint64, end string) bool {
	switch lang {
	case "en":
		if n%100 >= 11 && n%100 <= 13 {
			return end == "th" || end == "ᵗʰ"
		}
		return end == [10]string{"th", "st", "nd", "rd", "th", "th", "th", "th", "th", "th"}[n%10] || end[0] > 127
	case "fr":
		if strings.HasSuffix(end, "r") || strings.HasPrefix(end, "er") || end == "re" ||
			strings.HasPrefix(end, "ère") || end == "ʳᵉ" || end == "ᵉʳ" {
			return n == 1
		}
		return n > 1
	case "es":
		if end == "a" || end == "o" || end == "er" || end == ".er" {
			return n <= 20
		}
		return true
	case "nl":
		return n > 0
	}
	return true
}

// germanCase returns the ending of an ordinal that the preceding word requires: "n" in "am dritten", "" in "der
// dritte", "r" in "dritter" without an article.
func (n *reader) germanCase() string {
	switch strings.ToLower(n.last) {
	case "am", "im", "zum", "zur", "vom", "beim", "dem", "den", "des", "einem", "einen", "eines", "einer", "seit", "ab",
		"bis", "diesem", "diesen", "unserem", "unseren", "seinem", "ihrem", "jedem", "jeden", "ins", "ans":
		return "n"
	case "der":
		switch strings.ToLower(n.before) {
		case "in", "an", "auf", "mit", "von", "zu", "bei", "nach", "seit", "aus", "während", "wegen",
			"trotz", "vor", "ab":
			return "n"
		}
		return ""
	case "die", "das", "diese", "dieser", "dieses", "eine", "jede", "jeder", "unsere", "seine", "ihre":
		return ""
	}
	return "r"
}

// german spells an ordinal with the ending that the preceding words require.
func (n *reader) german(v uint64) string {
	if form := n.germanCase(); form != "" {
		return n.ordinal(v, form)
	}
	return n.ordinal(v, "none")
}
