package slides

import (
	"html/template"
	"regexp"
	"strings"
	"unicode"
)

// bcp47 is loose: a match is safe inside an attribute, and CSS matches its first part.
var bcp47 = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

// direction returns "rtl" or "ltr" by the first letter of s, or "" if s has no letter, such as "42 %".
func direction(s string) string {
	for _, r := range s {
		switch {
		case rtl(r):
			return "rtl"
		case unicode.IsLetter(r):
			return "ltr"
		}
	}
	return ""
}

func rtl(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

// scripts maps the script of a text to the language that decides fonts and line breaking.
var scripts = []struct {
	table *unicode.RangeTable
	lang  string
	also  []string // other languages in that script, used if the deck names one
}{
	{unicode.Hangul, "ko", nil},
	{unicode.Arabic, "ar", []string{"fa", "ur", "ps", "ku", "ug", "sd"}},
	{unicode.Hebrew, "he", []string{"yi"}},
	{unicode.Devanagari, "hi", []string{"mr", "ne", "sa"}},
	{unicode.Thai, "th", nil},
	{unicode.Bengali, "bn", []string{"as"}},
	{unicode.Tamil, "ta", nil},
	{unicode.Telugu, "te", nil},
	{unicode.Georgian, "ka", nil},
	{unicode.Armenian, "hy", nil},
	{unicode.Greek, "el", nil},
	{unicode.Cyrillic, "uk", []string{"ru", "bg", "sr", "be", "mk", "kk", "ky", "mn", "tg"}},
	{unicode.Latin, "en", []string{
		"de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "sl", "hr", "ro", "hu", "sv", "da", "nb", "no", "nn", "fi",
		"et",
		"lv", "lt", "tr", "az", "id", "ms", "vi", "sq", "ca", "eu", "gl", "is", "ga", "cy", "af", "sw", "bs", "mt", "lb",
		"eo", "fil", "tl", "uz",
	}},
}

// language guesses the language of s by its script. If the deck's language uses that script, it is the deck's language.
// It is "" if s has no letters.
func language(s, deck string) string {
	primary, _, _ := strings.Cut(strings.ToLower(deck), "-")
	counts := make([]int, len(scripts))
	han, kana := 0, 0
	for _, r := range s {
		switch {
		case r < 'A':
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		default:
			for i := range scripts {
				if unicode.Is(scripts[i].table, r) {
					counts[i]++
					break
				}
			}
		}
	}
	best, n := "", 0
	for i, c := range counts {
		if c > n {
			n, best = c, scripts[i].lang
			for _, a := range scripts[i].also {
				if a == primary {
					best = deck
				}
			}
			if primary == scripts[i].lang {
				best = deck
			}
		}
	}
	// One character of these scripts carries about as much as three letters.
	if 3*(kana+han) > n {
		switch {
		case primary == "ja" || primary == "zh" || primary == "ko" && kana == 0:
			return deck
		case kana > 0:
			return "ja"
		case counts[0] > 0:
			return "ko"
		}
		return "zh-Hans"
	}
	return best
}

// attrs returns the dir and lang attributes of a block with the text s. Both come from fixed sets or a pattern, so they
// need no escaping.
func attrs(s, deck string) template.HTMLAttr {
	var parts []string
	if d := direction(s); d != "" {
		parts = append(parts, `dir="`+d+`"`)
	}
	if l := language(s, deck); bcp47.MatchString(l) {
		parts = append(parts, `lang="`+l+`"`)
	}
	return template.HTMLAttr(strings.Join(parts, " "))
}

// mostlyRTL reports whether most letters of the texts run from right to left, so that the whole slide should too.
func mostlyRTL(texts []string) bool {
	right, left := 0, 0
	for _, s := range texts {
		for _, r := range s {
			switch {
			case r < 'A':
			case rtl(r):
				right++
			case unicode.IsLetter(r):
				left++
			}
		}
	}
	return right > left
}
