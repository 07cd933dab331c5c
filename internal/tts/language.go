package tts

import (
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// Language recognition: the script decides where it can. Among languages of Latin and Cyrillic script, the trigrams of
// letters decide, by naive Bayes over the 1400 most frequent ones of each language, with short words and letters that
// only some languages use as further evidence. profiles.txt holds the trigrams' probabilities. They come from the
// language models of github.com/pemistahl/lingua-go (Apache-2.0), whose package itself would add 120 MB to the program.

//go:embed profiles.txt
var profilesText string

// profiles are read at first use; that takes a few milliseconds.
var profiles = sync.OnceValue(func() *models { return readProfiles(profilesText) })

// models holds, for each trigram, the logarithm of its probability by language.
type models struct {
	latin, cyrillic []string
	logs            map[string][]float32 // by trigram; index: language in latin, then cyrillic; 0: not among the frequent
}

// miss is the log probability of a trigram that is not among a language's frequent ones.
const miss = -10.5

func readProfiles(text string) *models {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	m := &models{logs: make(map[string][]float32, 24_000)}
	for i, line := range lines {
		fields := strings.Fields(line)
		if unicode.Is(unicode.Cyrillic, firstLetter(fields[2])) {
			m.cyrillic = append(m.cyrillic, fields[0])
		} else {
			m.latin = append(m.latin, fields[0])
		}
		var p float32
		for _, f := range fields[1:] {
			if n, err := strconv.Atoi(f); err == nil {
				p = -float32(n) / 4
				continue
			}
			if m.logs[f] == nil {
				m.logs[f] = make([]float32, len(lines))
			}
			m.logs[f][i] = p
		}
	}
	return m
}

// recognised bounds the characters of a text that are examined.
const recognised = 4000

// Recognise finds the language of most of text: a BCP 47 tag without a region, or "" without letters. A few words are
// enough; for one or two, the more common language is the better guess.
func Recognise(text string) string {
	tag, _ := recognise(text)
	return tag
}

// Certain is Recognise that also reports whether its answer is certain.
func Certain(text string) (tag string, certain bool) {
	tag, margin := recognise(text)
	return tag, margin > 12
}

// recognise returns the language and by how much it leads, as a logarithm of odds.
func recognise(text string) (tag string, margin float64) {
	text = sample(text)
	counts := map[string]int{}
	for _, r := range text {
		if unicode.IsLetter(r) {
			counts[script(r)]++
		}
	}
	delete(counts, "")
	var best string
	for s, n := range counts {
		// A letter of these scripts says about as much as two or three of an alphabet.
		if s == "han" || s == "kana" || s == "ko" {
			counts[s] = n * 3
		}
		if best == "" || counts[s] > counts[best] || counts[s] == counts[best] && s < best {
			best = s
		}
	}
	m := profiles()
	switch best {
	case "":
		return "", 0
	case "latin":
		return m.decide(text, m.latin, 0, unicode.Latin)
	case "cyrillic":
		return m.decide(text, m.cyrillic, len(m.latin), unicode.Cyrillic)
	case "han", "kana":
		if counts["kana"] > 0 && counts["kana"]*8 > counts["han"] {
			return "ja", 100
		}
		return "zh", 100
	case "arabic":
		return arabic(text)
	case "hebrew":
		if strings.ContainsAny(text, "ײױ") || strings.Contains(text, "אַ") {
			return "yi", 5
		}
		return "he", 100
	case "devanagari":
		if strings.Contains(text, "आहे") || strings.ContainsRune(text, 'ळ') {
			return "mr", 5
		}
		return "hi", 20
	}
	return best, 100
}

// sample shortens a long text to parts of its beginning, middle and end.
func sample(text string) string {
	r := []rune(text[:min(len(text), 1<<20)])
	if len(r) <= recognised {
		return string(r)
	}
	third := recognised / 3
	mid := len(r) / 2
	return string(slices.Concat(r[:third], []rune{' '}, r[mid:mid+third], []rune{' '}, r[len(r)-third:]))
}

// script returns the script of a letter if several languages share the script, and otherwise the one language here that
// is written in it. It returns "" for letters that show no language.
func script(r rune) string {
	switch {
	case r < 0x250, r >= 0x1e00 && r < 0x1f00:
		return "latin"
	case unicode.Is(unicode.Cyrillic, r):
		return "cyrillic"
	}
	for _, s := range scripts {
		if unicode.Is(s.table, r) {
			return s.name
		}
	}
	return ""
}

var scripts = []struct {
	table *unicode.RangeTable
	name  string
}{
	{unicode.Han, "han"}, {unicode.Hiragana, "kana"}, {unicode.Katakana, "kana"}, {unicode.Hangul, "ko"},
	{unicode.Arabic, "arabic"},
	{unicode.Hebrew, "hebrew"}, {unicode.Devanagari, "devanagari"}, {unicode.Greek, "el"}, {unicode.Thai, "th"},
	{unicode.Georgian, "ka"}, {unicode.Armenian, "hy"}, {unicode.Bengali, "bn"}, {unicode.Tamil, "ta"},
	{unicode.Telugu, "te"},
	{unicode.Kannada, "kn"}, {unicode.Malayalam, "ml"}, {unicode.Gujarati, "gu"}, {unicode.Gurmukhi, "pa"},
	{unicode.Oriya, "or"},
	{unicode.Sinhala, "si"}, {unicode.Ethiopic, "am"}, {unicode.Myanmar, "my"}, {unicode.Khmer, "km"}, {unicode.Lao, "lo"},
	{unicode.Cherokee, "chr"},
}

// arabic distinguishes Persian and Urdu from Arabic by letters that Arabic does not have.
func arabic(text string) (string, float64) {
	urdu, persian := 0, 0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ٹڈڑںےہھ", r):
			urdu++
		case strings.ContainsRune("پچژگکی", r):
			persian++
		}
	}
	switch {
	case urdu > 0 && urdu*2 >= persian:
		return "ur", 20
	case persian > 0:
		return "fa", 20
	}
	return "ar", 20
}

// decide finds the most probable of the languages whose columns in m begin at first.
func (m *models) decide(text string, langs []string, first int, table *unicode.RangeTable) (string, float64) {
	scores := make([]float64, len(langs))
	for i, l := range langs {
		scores[i] = prior[l]
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) &&
			!unicode.Is(unicode.M, r)
	})
	for _, w := range words {
		runes := []rune(w)
		if len(runes) == 0 || !unicode.Is(table, runes[0]) {
			continue
		}
		for i, l := range langs {
			scores[i] += evidence(w, runes, l)
		}
		for k := 0; k+3 <= len(runes); k++ {
			logs := m.logs[string(runes[k:k+3])]
			if logs == nil {
				continue // in no language's list, so it is no evidence
			}
			for i := range langs {
				if p := float64(logs[first+i]); p != 0 {
					scores[i] += p
				} else {
					scores[i] += miss
				}
			}
		}
	}
	best, second := 0, math.Inf(-1)
	for i, s := range scores {
		if s > scores[best] {
			best = i
		}
	}
	for i, s := range scores {
		if i != best {
			second = max(second, s)
		}
	}
	return langs[best], scores[best] - second
}

// prior is how much more likely a language is than others before anything is read, as a logarithm.
var prior = map[string]float64{
	"en": 6, "de": 2, "fr": 2, "es": 2, "it": 1.5, "pt": 1.5, "pl": 1, "nl": 1, "uk": 2, "ru": 2, "af": -4, "ca": -2,
	"is": -2, "sq": -2,
	"mk": -2, "sr": -1, "be": -3, "kk": -2, "sl": -1, "hr": -1, "et": -1, "lv": -1, "lt": -1, "nb": -0.5,
}

// evidence is how much a whole word indicates a language, beyond its trigrams. A common short word and each letter
// beyond ASCII that the language has count for it; a letter beyond ASCII that it does not have counts against it.
func evidence(word string, runes []rune, lang string) float64 {
	e := 0.0
	if short[lang][word] {
		e += 3
	}
	for _, r := range runes {
		if r < 0x80 {
			continue
		}
		switch {
		case strings.ContainsRune(letters[lang], r):
			e += 1.5
		case unicode.IsLetter(r):
			e -= 4
		}
	}
	return e
}

// short are common words by language, most of them short.
var short = map[string]map[string]bool{
	"en": set("a i is it in of to the and on we you he be as at or an my by do if so this that with for from are was " +
		"our " +
		"your what how no yes hello"),
	"de": set("der die das und ist ich in zu den ein im es wir sie er so ja nein mit von auf für eine wie was hallo " +
		"danke an am um"),
	"fr": set("le la les un une de des du et est en je tu il nous vous on au aux ce qui que ne pas à où ça oui non " +
		"merci " +
		"sur pour dans bon"),
	"es": set("el la los las un una de y es en que por con no se lo al del mi tu su yo sí más hola para muy como qué " +
		"esta este"),
	"it": set("il lo la i gli le un una di e è in che per con non si del al mi tu ci da ciao sì grazie sono più come " +
		"alla nel"),
	"pt": set("o a os as um uma de e é em que por com não se do da no na ao eu olá sim mais para muito como obrigado " +
		"você"),
	"nl": set("de het een en is in van ik je we hij dat die niet op te met voor aan er zijn hallo ja nee wat hoe dit " +
		"ook " +
		"u wel"),
	"pl": set("i w na z się że to jest nie do o po za jak co ja ty my czy dla tak są ze od już dzień"),
	"cs": set("a v na je se že to do s z o po jak co já ty my pro tak jsou od už ale dobrý den"),
	"sk": set("a v na je sa že to do s z o po ako čo ja ty my pre tak sú od už ale dobrý deň"),
	"sv": set("och är i på att det en ett som för med av den till jag vi du inte hej om från"),
	"da": set("og er i på at det en et som for med af den til jeg vi du ikke hej om fra"),
	"nb": set("og er i på at det en et som for med av den til jeg vi du ikke hei om fra"),
	"fi": set("ja on ei se että en hän me te mutta kun niin hei tämä ovat"),
	"hu": set("a az és egy is nem hogy van ez meg de ha én mi te szia"),
	"ro": set("și în de la cu pe un o nu este că se mai din ce eu noi salut sunt"),
	"tr": set("ve bir bu da de için ile ne mi ben biz çok var merhaba olarak"),
	"id": set("dan di yang ini itu dengan untuk dari ke tidak saya kami kita ada akan"),
	"vi": set("là và của có không cho tôi các một được chào bạn này với"),
	"ca": set("el la els les un una de i és en que per amb no del al meu hola més"),
	"hr": set("i u je na se da za od su s to a ne kao sa ali dobar dan"),
	"sl": set("in je na v se da za s so z to ne kot pa ali dober dan"),
	"lt": set("ir yra į su kad iš ne tai bet kaip labas"), "lv": set("un ir ar no uz ka par kā bet labdien"),
	"et": set("ja on ei see et ma sa me ta kui aga tere"), "is": set("og er í á að það ég við þú ekki"),
	"sq": set("dhe e në është një për me nuk që të i"), "af": set("die en is nie van het ek jy ons dit wat om"),
	"uk": set("і в у на з що це не до як та за ми ви я він є й від для про але так ні привіт"),
	"ru": set("и в на с что это не к как за мы вы я он по из у от для но так да нет привет"),
	"be": set("і у на з што гэта не да як за мы вы я ён па ад для але так"),
	"bg": set("и в на с че това не да за от се е са по как но аз ти"),
	"sr": set("и у је на се да за од су са то не као али"), "mk": set("и во на се да за од со е не што ќе " +
		"како"), "kk": set("және мен бұл үшін бар емес"),
}

// letters are a language's letters beyond ASCII.
var letters = map[string]string{
	"en": "é", "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíóúüñ", "it": "àèéìíîòóù", "pt": "áâãàçéêíóôõú",
	"nl": "éëïóöü", "pl": "ąćęłńóśźż",
	"cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "sv": "åäöé", "da": "åæøé", "nb": "åæøéò", "fi": "äöå",
	"hu": "áéíóöőúüű",
	"ro": "ăâîșțşţ", "tr": "çğıöşüâ", "id": "é", "ca": "àçéèíïóòúü·", "hr": "čćđšž", "sl": "čšž", "lt": "ąčęėįšųūž",
	"lv": "āčēģīķļņšūž",
	"et": "äõöüšž", "is": "áðéíóúýþæö", "sq": "çë", "af": "êëéôöïû",
	"vi": "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
	"uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя", "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
	"be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
	"bg": "абвгдежзийклмнопрстуфхцчшщъьюя", "sr": "абвгдђежзијклљмнњопрстћуфхцчџш",
	"mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
	"kk": "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя",
}
