package tts

import (
	"strings"
	"unicode"
)

// A narration may have whole sentences in another language of the same script: "Guten Morgen zusammen." in a talk in
// English. A voice of that language reads them.

// The signs of a sentence in another language: how much that language leads, as a logarithm of odds, and how many words
// the sentence has. Names and titles have few words.
const (
	foreignMargin = 18
	foreignWords  = 4
)

// foreignSentences cuts stretches at the sentences that are in another language than own, which the text as a whole is
// in. If it is in another one, the voice was chosen against the text, and reads all of it.
func foreignSentences(all []stretch, text, own string) []stretch {
	if found := Recognise(text); found == "" || base(found) != base(own) {
		return all
	}
	var out []stretch
	for _, s := range all {
		if s.script != "latin" && s.script != "cyrillic" {
			out = append(out, s)
			continue
		}
		for _, part := range byLanguage(text[s.start:s.end], own) {
			n := len(out)
			if n > 0 && out[n-1].end == s.start+part.start && out[n-1].script == s.script &&
				out[n-1].language == part.language {
				out[n-1].end = s.start + part.end
				continue
			}
			out = append(out, stretch{s.start + part.start, s.start + part.end, tongue{s.script, part.language}})
		}
	}
	return out
}

// byLanguage cuts a text into sentences, each with its language if that is another one than own. A sentence whose
// language is not certain belongs to the ones around it, if these are in one language.
func byLanguage(text, own string) []stretch {
	var list []stretch
	var unsure []bool
	for _, end := range sentenceEnds(text) {
		start := 0
		if n := len(list); n > 0 {
			start = list[n-1].end
		}
		s, sentence := stretch{start: start, end: end}, text[start:end]
		found, margin := recognise(sentence)
		doubt := margin < foreignMargin || len(strings.Fields(sentence)) < foreignWords
		if !doubt && base(found) != base(own) && shortWords(sentence, found) > shortWords(sentence, base(own)) {
			s.language = found
		}
		list, unsure = append(list, s), append(unsure, doubt)
	}
	for i := 1; i < len(list); i++ {
		if !unsure[i] || list[i-1].language == "" {
			continue
		}
		for j := i + 1; j < len(list); j++ {
			if !unsure[j] {
				if list[j].language == list[i-1].language {
					list[i].language = list[j].language
				}
				break
			}
		}
	}
	return list
}

// shortWords counts the common short words of a language in a sentence. A sentence with foreign names has its own.
func shortWords(sentence, lang string) int {
	n := 0
	for w := range strings.FieldsFuncSeq(strings.ToLower(sentence), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if short[lang][w] {
			n++
		}
	}
	return n
}

// sentenceEnds returns where the sentences of a text end, with the white space after them.
func sentenceEnds(text string) []int {
	var ends []int
	over := false // a mark that ends a sentence has been read
	space := false
	for i, r := range text {
		switch {
		case r == '\n':
			over, space = true, true
		case unicode.IsSpace(r):
			space = over
		case over && space:
			ends, over, space = append(ends, i), false, false
		}
		if strings.ContainsRune(".!?…", r) {
			over = true
		} else if over && !space && !strings.ContainsRune("\"'”’»)]", r) {
			over = false // "3.5", "example.org"
		}
	}
	if text != "" {
		ends = append(ends, len(text))
	}
	return ends
}
