package tts

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Pause is what kind of silence follows a sentence.
type Pause int

// The pauses, from none to the longest.
const (
	PauseNone      Pause = iota // cut between words of a long sentence, or before a pause of the script
	PauseClause                 // cut after a comma or a similar mark of a long sentence
	PauseSentence               // after a full stop or a similar mark, or at the end of a line
	PauseParagraph              // at a blank line
)

// Length is the silence at natural speed.
func (p Pause) Length() time.Duration {
	switch p {
	case PauseClause:
		return 160 * time.Millisecond
	case PauseSentence:
		return 350 * time.Millisecond
	case PauseParagraph:
		return 650 * time.Millisecond
	}
	return 40 * time.Millisecond
}

// split gathers tokens into sentences. Every token has something to say.
func split(tokens []token, lang string) []Sentence {
	var out []Sentence
	start, runes := 0, 0
	for i, t := range tokens {
		runes += utf8.RuneCountInString(t.say) + 1
		after, ends := PauseParagraph, true
		if i+1 < len(tokens) {
			after, ends = boundary(t, tokens[i+1], lang)
			if !ends && runes+utf8.RuneCountInString(tokens[i+1].say) > maxSentence {
				cut := clause(tokens, start, i)
				after, ends = PauseNone, true
				if cut < i || strings.ContainsRune(",;:、，；：،", lastRune(t.say)) {
					after = PauseClause
				}
				out = append(out, sentence(tokens[start:cut+1], after))
				start, runes = cut+1, 0
				for _, u := range tokens[start : i+1] {
					runes += utf8.RuneCountInString(u.say) + 1
				}
				continue
			}
		}
		if ends {
			out = append(out, sentence(tokens[start:i+1], after))
			start, runes = i+1, 0
		}
	}
	return out
}

// clause finds the last token in the second half of tokens[start..end] after which a long sentence may be cut. It
// returns end if there is none.
func clause(tokens []token, start, end int) int {
	for i := end; i > start+(end-start)/2; i-- {
		if strings.ContainsRune(",;:)、，；：،-", lastRune(tokens[i].say)) {
			return i
		}
	}
	return end
}

// sentence writes the tokens into one line and keeps the place of each.
func sentence(tokens []token, after Pause) Sentence {
	s := Sentence{After: after, Words: make([]Word, 0, len(tokens)), Before: tokens[0].pause}
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 && !(t.glued && unicode.In(firstLetter(t.say), unspaced...)) {
			b.WriteByte(' ')
		}
		at := b.Len()
		b.WriteString(t.say)
		s.Words = append(s.Words, Word{Text: t.text, Start: at, End: b.Len(), Strong: t.strong})
	}
	s.Text = b.String()
	return s
}

// boundary reports whether a sentence ends between a and b, and how long the silence is.
func boundary(a, b token, lang string) (Pause, bool) {
	switch {
	case b.pause > 0: // the script's pause is the whole silence
		return PauseNone, true
	case b.ends:
		return max(PauseSentence, PauseParagraph*Pause(min(b.lines/2, 1))), true
	}
	if b.lines >= 2 {
		return PauseParagraph, true
	}
	if b.lines == 1 && lineEnds(a, b, lang) {
		return PauseSentence, true
	}
	if b.glued && !unicode.In(firstLetter(b.say), unspaced...) && !strings.ContainsRune("。！？｡", lastStop(a.text)) {
		return 0, false
	}
	core := strings.TrimRight(a.text, `"'”’»)]}*_`+"`")
	core = strings.TrimRightFunc(core, func(r rune) bool { return unicode.Is(unicode.So, r) || r == 0xfe0f || r == ' ' })
	core = strings.TrimRight(core, `"'”’»」』）)]}*_`)
	switch r := lastRune(core); {
	case strings.ContainsRune("。！？｡؟۔।॥።၊။", r):
		return PauseSentence, true
	case r == '!' || r == '?': // not in "Yahoo! is" and "(really!) she"
		return PauseSentence, !startsLower(b.text)
	case r == '…' || strings.HasSuffix(core, ".."):
		return PauseSentence, !startsLower(b.text)
	case r == '.':
		if !strings.HasSuffix(strings.TrimRight(a.say, `"'”’»)]`), ".") {
			return 0, false // the reader read the point as part of an ordinal or an abbreviation
		}
		return PauseSentence, fullStop(core[strings.LastIndexByte(core, ' ')+1:], b.text, lang)
	}
	return 0, false
}

// lineEnds reports whether a sentence ends at a single line break: at list items and headings, not where a long line is
// wrapped.
func lineEnds(a, b token, lang string) bool {
	if bullet(b.text) || strings.HasSuffix(a.say, ":") {
		return true
	}
	if b.line >= 60 || strings.HasSuffix(a.say, ",") || startsLower(b.text) {
		return false
	}
	return lang != "de" || b.line < 30
}

// bullet reports whether a line that begins with this word is an item of a list or a heading.
func bullet(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	if strings.ContainsRune("•●▪◦‣■#>", r) {
		return true
	}
	if (r == '-' || r == '*' || r == '–' || r == '+') && strings.HasPrefix(s[n:], " ") {
		return true
	}
	num := strings.TrimRight(s, ".)")
	return num != s && num != "" && strings.Trim(num, "0123456789") == ""
}

// fullStop reports whether the point at the end of word ends a sentence, given the word after it.
func fullStop(word, next, lang string) bool {
	bare := strings.ToLower(strings.TrimLeft(strings.TrimSuffix(word, "."), `"'“„«([*_`))
	if bare == "" {
		return true
	}
	if startsLower(next) {
		return !abbreviation(bare, lang) && utf8.RuneCountInString(bare) > 3 && !strings.Contains(bare, ".")
	}
	if strings.Trim(bare, "0123456789") == "" {
		// "am 3. Oktober": an ordinal number in the languages that write it so.
		return !(ordinal[lang] && len(bare) <= 2 && unicode.IsLetter(firstLetter(next)))
	}
	if utf8.RuneCountInString(bare) == 1 && unicode.IsLetter(firstLetter(bare)) {
		// An initial, "J. Smith": names are more frequent than "Plan B. We". An English "I" is the pronoun: "So did I."
		return lang == "en" && bare == "i"
	}
	if never[bare] {
		return false
	}
	if abbreviation(bare, lang) {
		// "etc." and the like may stand at an end; before a capital they usually do.
		return ender[bare]
	}
	return true
}

func abbreviation(bare, lang string) bool {
	if never[bare] || ender[bare] {
		return true
	}
	return abbreviations[lang][bare]
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	// ordinal are the languages that write ordinal numbers with a point.
	ordinal = set("de cs sk pl da nb no fi hu sl hr sr bs et lv is")
	// never are abbreviations that end no sentence, although a capital often follows them. They hold for all languages
	// of Latin or Cyrillic script.
	never = set(`mr mrs ms dr prof st mt sr jr gen col lt sgt capt rev hon vs no nr inc.a fig vol ed eds e.g i.e z.b u.a d.h bzw
		mme mlle m.m sra srta dra d.dr hr fr ing dipl dipl.-ing tel str bd abb dott sig avv ph.d.c
		п ім вул просп акад проф гр тов св г ул доц им стр рис м тел напр див т.зв т.н ks ul dr.hab inż mgr im`)
	// ender are abbreviations that often close a sentence.
	ender = set(`etc inc ltd co corp a.m p.m u.s u.k u.s.a ph.d b.c a.d usw usf et.al al approx dept est min max
		т.д т.п тощо ін др т.е грн руб тис млн млрд itd itp ecc enz osv`)
	abbreviations = map[string]map[string]bool{
		"en": set("jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun ave blvd rd ca cf viz"),
		"de": set("ca evtl ggf inkl exkl max min sog vgl zzgl jan feb apr aug sept okt nov dez mio mrd art abs kap s"),
		"fr": set("av apr art boul cf chap env ex fig janv févr juil sept oct nov déc p pp"),
		"es": set("ud uds pág págs art av avda aprox cap ee.uu etc ej p.ej"),
		"it": set("pag art cap es ca gen feb mar apr"),
		"pt": set("pág art av cap ex aprox"),
		"pl": set("np tzn tj tzw m.in prof godz r w wg"),
		"nl": set("bijv bv dhr mevr nl o.a d.w.z m.b.t p"),
		"uk": set("рр р ст с обл р-н див напр тзв о"),
		"ru": set("гг г в вв с обл р-н см напр т.к"),
	}
)

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// lastStop is the last rune of s that is not a closing quote.
func lastStop(s string) rune { return lastRune(strings.TrimRight(s, `"'”’»」』）)]}`)) }

// firstLetter is the first letter or digit of s, or 0.
func firstLetter(s string) rune {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
	}
	return 0
}

func startsLower(s string) bool { return unicode.IsLower(firstLetter(s)) }

// base is the primary language of a BCP 47 tag: "en" of "en-US".
func base(tag string) string {
	b, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	return b
}
