package slides

import (
	"regexp"
	"strings"
	"unicode"
)

// quotes are the marks of a language: outer opening and closing, inner opening and closing.
var quotes = map[string][4]string{
	"en": {"“", "”", "‘", "’"},
	"de": {"„", "“", "‚", "‘"},
	"cs": {"„", "“", "‚", "‘"},
	"sk": {"„", "“", "‚", "‘"},
	"pl": {"„", "”", "‚", "’"},
	"hu": {"„", "”", "‚", "’"},
	"ro": {"„", "”", "‚", "’"},
	"fr": {"«\u202f", "\u202f»", "“", "”"},
	"uk": {"«", "»", "„", "“"},
	"ru": {"«", "»", "„", "“"},
	"es": {"«", "»", "“", "”"},
	"it": {"«", "»", "“", "”"},
	"pt": {"“", "”", "‘", "’"},
	"el": {"«", "»", "“", "”"},
	"sv": {"”", "”", "’", "’"},
	"fi": {"”", "”", "’", "’"},
	"he": {"”", "”", "’", "’"},
	"ar": {"«", "»", "“", "”"},
}

var (
	dashes    = regexp.MustCompile(`(\S)[  ]+(?:--?|–)[  ]+`)
	longDash  = regexp.MustCompile(`---?`)
	dots      = regexp.MustCompile(`\.{3,}`)
	units     = regexp.MustCompile(`(\d) (%|‰|°C|°F|km|m|cm|mm|kg|g|mg|s|ms|h|min|MB|GB|TB|kB|Hz|kHz|MHz|GHz|W|kW|MW|V|€|£|\$|USD|EUR|UAH|грн|тис\.|млн|млрд|Mio\.|Mrd\.|million|billion|px|fps)([\s.,;:!?)]|$)`)
	currency  = regexp.MustCompile(`([€$£¥₴]) (\d)`)
	shortWord = regexp.MustCompile(`(^|[\s\x{a0}(«„“])([вВіІйЙзЗуУоОаАкКсСиИяЯ]|[aAiIoOuUwWzZvVkKsS]) `)
	french    = regexp.MustCompile(`[  ]+([;:!?»])`)
	codeSigns = regexp.MustCompile("[<>{}`\\\\]|://|=>|\\(\\)|;$|==|(^|\\s)--[a-z]")
)

// polish applies typographic rules to a text: the quotes, dashes, ellipses and non-breaking spaces of its language.
// Text that looks like code, markup or an address stays unchanged.
func polish(s, lang string) string {
	if s == "" || codeSigns.MatchString(s) {
		return s
	}
	lang, _, _ = strings.Cut(strings.ToLower(lang), "-")
	s = dots.ReplaceAllString(s, "…")
	if lang == "en" {
		s = longDash.ReplaceAllString(s, "—")
	} else {
		s = longDash.ReplaceAllString(s, "–")
	}
	dash := "$1\u00a0– "
	if lang == "uk" || lang == "ru" || lang == "es" {
		dash = "$1\u00a0— "
	}
	s = dashes.ReplaceAllString(s, dash)
	s = curl(s, lang)
	s = currency.ReplaceAllString(s, "$1\u00a0$2")
	s = units.ReplaceAllString(s, "$1\u00a0$2$3")
	switch lang {
	case "uk", "ru", "be", "bg", "pl", "cs", "sk":
		for range 2 { // adjacent matches share the space between them
			s = shortWord.ReplaceAllString(s, "$1$2\u00a0")
		}
	case "fr":
		s = french.ReplaceAllString(s, "\u202f$1")
	}
	return s
}

// curl replaces straight quotes.
func curl(s, lang string) string {
	if !strings.ContainsAny(s, `"'`) {
		return s
	}
	q, ok := quotes[lang]
	if !ok {
		q = quotes["en"]
	}
	in := []rune(s)
	var b strings.Builder
	for i, r := range in {
		if r != '"' && r != '\'' {
			b.WriteRune(r)
			continue
		}
		before, after := ' ', ' '
		if i > 0 {
			before = in[i-1]
		}
		if i+1 < len(in) {
			after = in[i+1]
		}
		opens := (unicode.IsSpace(before) || strings.ContainsRune("([{—–-/“„«‘", before)) && !unicode.IsSpace(after)
		switch {
		case r == '"' && unicode.IsDigit(before) && strings.Count(s, `"`)%2 == 1:
			b.WriteRune('″')
		case r == '"' && opens:
			b.WriteString(q[0])
		case r == '"':
			b.WriteString(q[1])
		case unicode.IsLetter(before) || unicode.IsDigit(before) && !opens || unicode.IsDigit(after):
			b.WriteRune('’') // an apostrophe, or the end of a quotation, which looks the same in most languages
		case opens && strings.ContainsRune(string(in[i+1:]), '\''):
			b.WriteString(q[2])
		case opens:
			b.WriteRune('’') // ’tis
		default:
			b.WriteString(q[3])
		}
	}
	return b.String()
}

// clean removes characters of s that a page must not have: control characters, odd line ends, and invisible direction
// overrides that could reorder the text around it.
func clean(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n", "\t", " ", "\v", "\n", "\f",
		"\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.Is(unicode.Cc, r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' &&
			r <= '\u2069', r == '\ufeff', r >= 0xfff9 && r <= 0xfffb:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// cut shortens s to at most n runes and an ellipsis, after a word if one ends nearby, and reports whether s was longer.
func cut(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, false
	}
	r := []rune(s)
	if len(r) <= n {
		return s, false
	}
	at := n
	for at > n-40 && at > 1 && !unicode.IsSpace(r[at]) {
		at--
	}
	if at <= n-40 {
		at = n
	}
	return strings.TrimRightFunc(string(r[:at]), unicode.IsSpace) + "…", true
}
