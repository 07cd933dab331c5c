package lectern

import (
	"strings"
	"unicode"
)

// Shown is what a slide says to its viewers in words. The picture of the slide does not depend on it.
type Shown struct {
	Texts []string // paragraphs, list items and cells in the order of reading, without listings and running lines
	Alts  []string // the alternative texts of its pictures
	// Unlabelled are the fields of pictures that belong to the content and have no alternative text.
	Unlabelled []string
}

// maxSaid bounds the words of a narration and of a slide's texts that Unsaid compares.
const maxSaid = 20_000

// Unsaid returns the texts of which a narration has less than half of the words, each on one line. Viewers who do not
// see the picture miss these texts (WCAG 2.2, success criterion 1.2.5). Words count as said in other forms too: "ship"
// and "shipping". Numbers count neither way, because a narration may write them as words. Without a narration all texts
// with words are returned.
func Unsaid(texts []string, narration string) []string {
	said, stems := map[string]bool{}, map[string]bool{}
	for _, w := range saidWords(narration) {
		said[w] = true
		stems[stem(w)] = true
	}
	var out []string
	for _, t := range texts {
		n, all := 0, saidWords(t)
		for _, w := range all {
			if said[w] || stems[stem(w)] {
				n++
			}
		}
		if 2*n < len(all) {
			out = append(out, strings.Join(strings.Fields(t), " "))
		}
	}
	return out
}

// stem is the beginning that the forms of a word share, in most cases: at least five letters, without the last three.
func stem(w string) string {
	const least, ending = 5, 3
	r := []rune(w)
	if len(r) <= least {
		return w
	}
	return string(r[:max(least, len(r)-ending)])
}

// saidWords returns the words of a text in lower case, without numbers. In scripts without spaces every character is a
// word.
func saidWords(s string) []string {
	var out []string
	var b strings.Builder
	letters := false
	flush := func() {
		if letters && len(out) < maxSaid {
			out = append(out, b.String())
		}
		b.Reset()
		letters = false
	}
	for _, r := range strings.ToLower(s) {
		switch {
		case r == '\u00ad': // a soft hyphen
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai):
			flush()
			b.WriteRune(r)
			letters = true
			flush()
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			b.WriteRune(r)
			letters = letters || unicode.IsLetter(r)
		default:
			flush()
		}
	}
	flush()
	return out
}
