package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var romanDigits = []struct {
	value int
	text  string
}{
	{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"},
	{5, "V"}, {4, "IV"}, {1, "I"},
}

// romanValue returns the value of a Roman numeral in its usual form, up to 3999, or 0 if s is not a numeral.
func romanValue(s string) int {
	value, rest := 0, s
	for _, d := range romanDigits {
		for k := 0; k < 3 && strings.HasPrefix(rest, d.text); k++ {
			value, rest = value+d.value, rest[len(d.text):]
			if len(d.text) == 2 {
				break
			}
		}
	}
	if rest != "" || romanText(value) != s {
		return 0
	}
	return value
}

func romanText(n int) string {
	var b strings.Builder
	for _, d := range romanDigits {
		for ; n >= d.value; n -= d.value {
			b.WriteString(d.text)
		}
	}
	return b.String()
}

// romanStart reports whether s may be a Roman numeral: capital Roman digits, then at most six bytes of an ending.
func romanStart(s string) bool {
	if s == "" || !strings.ContainsRune("IVXLCDM", rune(s[0])) {
		return false
	}
	capitals := len(s) - len(strings.TrimLeft(s, "IVXLCDM"))
	return capitals == len(s) || len(s)-capitals <= 6
}

// romanNames are names of rulers and popes, before an ordinal.
var romanNames = words(`henry louis charles elizabeth george edward richard william james mary john paul pius benedict leo gregory francis philip ferdinand
	alfonso napoleon frederick nicholas alexander peter catherine ivan ramesses ramses thutmose amenhotep ptolemy cleopatra darius xerxes cyrus margrethe
	gustav christian haakon harald olaf emmanuel umberto baldwin leopold albert alphonse isabella victoria anne joseph maximilian rudolf otto sigismund
	mehmed selim suleiman murad constantine justinian theodosius pedro manuel michael boniface innocent clement urban julius sixtus adrian stephen
	celestine antiochus seti robert david kenneth henri françois philippe carlos felipe fernando isabel juan alejandro pío benedicto clemente
	ludwig heinrich friedrich wilhelm karl otto konrad leopold joseph franz johannes pius benedikt katharina peter alexander nikolaus georg eduard richard jakob elisabeth
	philipp rudolf albrecht ramses christian luigi carlo enrico vittorio emanuele umberto giovanni paolo pio benedetto leone gregorio francesco elisabetta
	élisabeth catherine marguerite jeanne marie anna christina wilhelmina juliana beatrix margarethe jadwiga caroline juana giovanna giorgio caterina pietro alessandro ivan napoleone federico guglielmo joão josé afonso sancho dinis duarte sebastião manuel luís maria pedro filipe bento
	lodewijk willem karel hendrik filips elizabeth johannes paulus benedictus frederik george jan kazimierz zygmunt władysław bolesław stanisław paweł
	henryk ludwik karol fryderyk wilhelm mikołaj aleksander piotr katarzyna elżbieta benedykt pius august
	пётр петр екатерина николай александр иван павел елизавета генрих людовик карл фридрих вильгельм наполеон георг эдуард филипп рамзес рамсес бенедикт пий
	генріх людовік микола олександр іван петро павло катерина єлизавета карл фрідріх вільгельм наполеон георг едуард філіп филип іоанн иоанн карл яків яков
	анна мария марія людвіг бенедикт пій юлій юлий климент лев данило ярослав володимир василий василь фёдор федор борис святослав`)

// women are names of female rulers without a female ending; men are male names with one.
var (
	women = words("elizabeth elisabeth élisabeth isabel mary anne jeanne catherine marguerite marie margrethe " +
		"margarethe beatrix friederike")
	men = words("микола никола илья ілля никита микита фома лука сава савва данила mustafa joshua luca andrea nikola")
)

// centuries are the abbreviations of "century" after a Roman numeral, by language. The other fields are the gender, the
// word in the nominative, genitive and prepositional, and the name of the last case in the forms of [language.ordinal].
var centuries = map[string][]string{
	"ru": {"в.", "masculine", "век", "века", "веке", "prepositional"},
	"uk": {"ст.", "neuter", "століття", "століття", "столітті", "prepositional"},
	"pl": {"w.", "masculine", "wiek", "wieku", "wieku", "locative"},
}

// words before a century that require a case.
var (
	prepositional = words("в во о у на w we o")
	genitive      = words(`наприкінці напередодні с до от из после начало начала начале конец конца конце середина середины середине половина половине годы з від після кінець
		кінця кінці початок початку середині половині z od do początek początku koniec końca końcu połowa połowie połowy`)
)

// century reads a Roman numeral followed by an abbreviation of "century": "XVIII в.".
func (n *reader) century(v uint64, end int) (say string, to int, ok bool) {
	c := centuries[n.lang]
	at, spaced := n.after(end)
	if c == nil || !spaced || !strings.HasPrefix(n.text[at:], c[0]) || wordRune(n.runeAt(at+len(c[0]))) {
		return "", end, false
	}
	if to = at + len(c[0]); !n.sentenceGoesOn(to) {
		to-- // the point ends the sentence, too
	}
	switch last := strings.ToLower(n.last); {
	case prepositional[last]:
		return n.ordinal(v, c[1]+"-"+c[5]) + " " + c[4], to, true
	case genitive[last]:
		return n.ordinal(v, c[1]+"-genitive") + " " + c[3], to, true
	}
	return n.ordinal(v, c[1]) + " " + c[2], to, true
}

var lookalikes = strings.NewReplacer("Х", "X", "І", "I", "С", "C", "М", "M")

// latinNumeral returns a Roman numeral that is written with Cyrillic letters of the same shape.
func latinNumeral(word string) (numeral string, ok bool) {
	if len(word) < 2 || len(word) > 2*mostLetters || word[0] < utf8.RuneSelf && word[0] != 'X' && word[0] != 'V' &&
		word[0] != 'I' {
		return word, false
	}
	numeral = lookalikes.Replace(word)
	ok = numeral != word && strings.ContainsAny(numeral, "XV") && romanValue(numeral) > 0 || numeral != word &&
		len(numeral) > 1 && strings.Trim(numeral, "I") == ""
	return numeral, ok
}

// romanWords are words before a Roman numeral that is a cardinal: by language, and "" for the words that many share.
var romanWords = map[string]map[string]bool{
	"": words("version type phase level class model mark"),
	"en": words(`war chapter part volume book act scene section article appendix figure table title stage phase type class grade tier level step mark bowl olympiad
		episode season round unit vol ch pt sec fig division category factor schedule amendment olympics rocky fantasy quest apollo gemini saturn apple`),
	"de": words("kapitel teil band buch akt szene abschnitt artikel anhang abbildung tabelle titel stufe phase typ " +
		"klasse bd kap gruppe hartz"),
	"fr": words("chapitre partie tome livre acte scène section article annexe figure tableau titre phase type classe " +
		"guerre volume chap niveau paris"),
	"es": words("capítulo parte tomo libro acto escena sección artículo anexo figura tabla título fase tipo clase siglo " +
		"volumen guerra cap siglos"),
	"it": words("capitolo parte tomo libro atto scena sezione articolo allegato figura tabella titolo fase tipo classe " +
		"volume guerra cap"),
	"pt": words("capítulo parte tomo livro ato acto cena seção secção artigo anexo figura tabela título fase tipo " +
		"classe século volume guerra cap séculos"),
	"nl": words("hoofdstuk deel band boek akte scène sectie artikel bijlage figuur tabel titel fase type klasse " +
		"wereldoorlog oorlog"),
	"pl": words("rozdział część tom księga akt scena sekcja artykuł załącznik rysunek tabela tytuł faza typ klasa " +
		"rozdziale części tomie"),
	"uk": words("розділ частина том книга акт сцена секція стаття додаток рисунок таблиця титул фаза тип клас розділі " +
		"частині глава"),
	"ru": words("глава часть том книга акт сцена раздел статья приложение рисунок таблица титул фаза тип класс главе " +
		"части томе"),
}

// romanNouns are nouns after a Roman numeral that is an ordinal, with the form that each requires.
var romanNouns = map[string]map[string]string{
	"pl": {
		"wojna": "feminine", "wojny": "feminine-genitive", "wojnie": "feminine-genitive", "wiek": "masculine",
		"wieku": "masculine-genitive", "wieków": "plural-genitive", "klasa": "feminine", "rzeczpospolita": "feminine",
		"rzesza": "feminine", "rzeszy": "feminine-genitive", "liceum": "neuter", "etap": "masculine", "edycja": "feminine",
		"tysiąclecie": "neuter", "kwartał": "masculine", "połowa": "feminine", "runda": "feminine", "miejsce": "neuter",
		"tom": "masculine",
	},
	"uk": {
		"світова": "feminine", "світової": "feminine-genitive", "світовій": "feminine-prepositional",
		"світову": "feminine-accusative", "століття": "neuter", "столітті": "neuter-prepositional", "ст": "neuter",
		"вік":  "masculine",
		"віку": "masculine-genitive", "тисячоліття": "neuter", "квартал": "masculine", "кварталі": "masculine-prepositional",
		"етап": "masculine", "тур": "masculine", "рейх": "masculine", "місце": "neuter",
	},
	"ru": {
		"мировая": "feminine", "мировой": "feminine-genitive", "мировую": "feminine-accusative", "век": "masculine",
		"века": "masculine-genitive", "веке": "masculine-prepositional", "веку": "masculine-dative",
		"веком": "masculine-instrumental",
		"веков": "plural-genitive", "столетие": "neuter", "столетия": "neuter-genitive", "тысячелетие": "neuter",
		"квартал": "masculine", "квартале": "masculine-prepositional", "этап": "masculine", "тур": "masculine",
		"рейх": "masculine", "место": "neuter",
	},
	"it": {"secolo": "masculine", "guerra": "feminine", "edizione": "feminine", "millennio": "masculine",
		"repubblica": "feminine", "trimestre": "masculine"},
	"fr": {"siècle": "masculine", "république": "feminine", "guerre": "feminine"},
	"nl": {"eeuw": ""},
	"es": {"guerra": "feminine", "república": "feminine", "edición": "feminine", "congreso": "masculine"},
	"pt": {"guerra": "feminine", "república": "feminine", "edição": "feminine", "congresso": "masculine"},
	"en": {"century": "", "dynasty": ""},
}

// roman reads a word that is a Roman numeral, depending on the words around it.
func (n *reader) roman(word string, at, end int) (next int, say string, ok bool) {
	numeral, lookalike := latinNumeral(word)
	if lookalike {
		word = numeral
	}
	capitals := len(word) - len(strings.TrimLeft(word, "IVXLCDM"))
	if capitals == 0 || n.Rules == nil {
		return 0, "", false
	}
	value := romanValue(word[:capitals])
	if value == 0 || value > 3000 {
		return 0, "", false
	}
	v := uint64(value)
	if capitals < len(word) {
		return n.romanEnding(v, word[capitals:], end)
	}
	if say, to, ok := n.century(v, end); ok {
		return to, say, true
	}
	if r := n.runeBefore(at); r == '\'' || r == '’' || r == '_' || r == '&' || r == '-' || r == '.' {
		return 0, "", false
	}
	if r := n.runeAt(end); r == '\'' || r == '’' || r == '_' || r == '&' || r == '+' || r == '#' ||
		r == '-' || r == '/' || r == '=' {
		return 0, "", false
	}
	last := strings.ToLower(n.last)
	following, _ := n.word(end)
	if n.runeAt(end) == '.' && n.lang == "de" {
		following, _ = n.word(end + 1)
		return n.germanRoman(v, end, following)
	}
	if form, ok := romanNouns[n.lang][strings.ToLower(following)]; ok &&
		(len(word) > 1 || word != "I" || n.lang != "en") {
		return end, n.ordinal(v, form), true
	}
	if n.start == at && n.last != "" || n.start < at {
		if name, form := n.ruler(); name {
			if word == "I" && n.lang == "en" && pronounFollows[strings.ToLower(following)] {
				return 0, "", false
			}
			if end, say, ok := n.reign(v, form, end); ok {
				return end, say, true
			}
		}
		if lookalike {
			return 0, "", false
		}
		if romanWords[n.lang][last] || len(word) > 1 && romanWords[""][last] {
			if word == "I" && n.lang == "en" && pronounFollows[strings.ToLower(following)] {
				return 0, "", false
			}
			return end, n.cardinal(integer(v), "", false), true
		}
	}
	r, _ := utf8.DecodeRuneInString(n.last)
	if !lookalike && utf8.RuneCountInString(word) >= 2 && unicode.IsUpper(r) && !allCapitals(n.last) &&
		strings.Trim(word, "IVX") == "" {
		return end, n.cardinal(integer(v), "", false), true // "Rocky II", "Windows XI"
	}
	return 0, "", false
}

// pronounFollows are words that follow the pronoun "I".
var pronounFollows = words("am was have had will would can could do did think know want need see said say saw love " +
	"like mean guess hope believe never always still just")

func allCapitals(s string) bool {
	return utf8.RuneCountInString(s) > 1 && strings.ToUpper(s) == s
}

// germanRoman reads "XIV." after a name or an article.
func (n *reader) germanRoman(v uint64, end int, following string) (next int, say string, ok bool) {
	goesOn := n.sentenceGoesOn(end + 1)
	if name, form := n.ruler(); name {
		if goesOn {
			end++
		}
		return n.reign(v, form, end)
	}
	if romanWords[n.lang][strings.ToLower(n.last)] {
		return end, n.cardinal(integer(v), "", false), true
	}
	if germanNouns(following) || n.germanCase() != "r" && following != "" && v > 1 {
		return end + 1, n.german(v), true
	}
	return 0, "", false
}

// ruler reports whether the word before is a ruler's name, and returns the form of its ordinal.
func (n *reader) ruler() (ok bool, form string) {
	last := strings.ToLower(n.last)
	if romanNames[last] {
		form = "masculine"
		if women[last] || hasEnd(last, "a", "а", "я") && !men[last] {
			form = "feminine"
		}
		return true, form
	}
	if n.lang != "ru" && n.lang != "uk" {
		return false, ""
	}
	// Other cases: "Петра I", "Екатерины II".
	for _, c := range []struct{ end, name, form string }{
		{"а", "", "masculine-genitive"}, {"у", "", "masculine-dative"}, {"ом", "", "masculine-instrumental"},
		{"е", "", "masculine-prepositional"}, {"я", "й", "masculine-genitive"},
		{"ю", "й", "masculine-dative"}, {"ы", "а", "feminine-genitive"}, {"и", "а", "feminine-genitive"},
		{"у", "а", "feminine-accusative"}, {"ой", "а", "feminine-instrumental"}, {"ою", "а", "feminine-instrumental"},
		{"е", "а", "feminine-dative"}, {"і", "а", "feminine-dative"}, {"а", "о", "masculine-genitive"},
	} {
		if stem, found := strings.CutSuffix(last, c.end); found && romanNames[stem+c.name] &&
			utf8.RuneCountInString(stem) > 2 {
			return true, c.form
		}
	}
	return false, ""
}

// reign spells the number of a ruler as the language does.
func (n *reader) reign(v uint64, form string, end int) (int, string, bool) {
	switch n.lang {
	case "en":
		return end, "the " + n.ordinal(v, ""), true
	case "de":
		nominative, dative := "der ", "dem "
		if form == "feminine" {
			nominative, dative = "die ", "der "
		}
		switch strings.ToLower(n.before) {
		case "von", "unter", "mit", "bei", "zu", "nach", "seit":
			return end, dative + capital(n.ordinal(v, "n")), true
		}
		return end, nominative + capital(n.ordinal(v, "none")), true
	case "nl":
		return end, "de " + capital(n.ordinal(v, "")), true
	case "fr":
		if v == 1 {
			return end, n.ordinal(1, form), true
		}
		return end, n.cardinal(integer(v), "", false), true
	case "es", "pt":
		if v > 10 {
			return end, n.cardinal(integer(v), "", false), true
		}
	case "it", "pl", "uk", "ru":
	default:
		return end, n.cardinal(integer(v), "", false), true
	}
	return end, n.ordinal(v, form), true
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// romanEnding reads a numeral with the ending of an ordinal: "XXe", "Ier".
func (n *reader) romanEnding(v uint64, ending string, end int) (int, string, bool) {
	switch n.lang {
	case "fr", "es", "it", "pt", "ca":
	default:
		return 0, "", false
	}
	if first := romanText(int(v)); len(first) == 1 && strings.Contains("LCDM", first) {
		return 0, "", false // "Le", "Ce", "De"
	}
	for _, s := range rankEnds[n.lang] {
		if ending == s.end && fits(n.lang, v, s.end) && len(ending) > 0 && !(n.lang != "fr" && len(ending) == 1) {
			return end, n.ordinal(v, s.form), true
		}
	}
	return 0, "", false
}
