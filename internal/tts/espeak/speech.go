package espeak

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lectern"
	"lectern/internal/tts"
)

// utterance turns the library's samples and events into times of the sentence's words and phonemes.
func utterance(s tts.Sentence, rate int, samples []float32, events []event) tts.Utterance {
	n := int64(len(samples))
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b event) int { return a.At - b.At })
	u := tts.Utterance{Rate: rate, Samples: samples, Words: make([]lectern.Span, len(s.Words))}
	starts := runeStarts(s.Text)
	word, open := -1, false // the word being said, and whether its end is still to come
	closeWord := func(at int64) {
		if open && at > u.Words[word].Start {
			u.Words[word].End, open = at, false
		}
	}
	closePhoneme := func(at int64) {
		if k := len(u.Phonemes); k > 0 && u.Phonemes[k-1].End == 0 {
			u.Phonemes[k-1].End = at
		}
	}
	for _, e := range events {
		at := min(max(int64(e.At), 0), n)
		switch {
		case e.Word:
			i := wordAt(s.Words, starts, e.Rune)
			if i < word || i < 0 { // never go back: the library's positions jump where it rewrote the text
				continue
			}
			if i == word {
				open = true // a word said in several parts, "$5.50"
				continue
			}
			closeWord(at)
			word, open = i, true
			u.Words[i].Start = at
		case e.Name == "":
			closePhoneme(at)
			closeWord(at)
		case e.Name[0] == '(': // "(en)": another language's rules begin
		case modifier(e.Name) && len(u.Phonemes) > 0 && u.Phonemes[len(u.Phonemes)-1].End == 0:
			u.Phonemes[len(u.Phonemes)-1].Text += e.Name
		default:
			open = open || word >= 0 // a pause of the library inside a word ("Привет") does not end the word
			closePhoneme(at)
			u.Phonemes = append(u.Phonemes, lectern.Span{Text: symbol(e.Name), Start: at})
		}
	}
	closePhoneme(n)
	closeWord(n)
	u.Phonemes = slices.DeleteFunc(u.Phonemes, func(p lectern.Span) bool { return p.End <= p.Start || p.Text == "" })
	closures(u.Phonemes, samples, rate)
	return u
}

// runeStarts returns the byte at which each rune of s begins, followed by the length of s.
func runeStarts(s string) []int {
	out := make([]int, 0, len(s)+1)
	for i := range s {
		out = append(out, i)
	}
	return append(out, len(s))
}

// wordAt returns the index of the word that holds the given rune of the sentence, or of the next word after it. It
// returns −1 if there is none.
func wordAt(words []tts.Word, starts []int, r int) int {
	if r < 0 || r >= len(starts) {
		return -1
	}
	b := starts[r]
	for i, w := range words {
		if b < w.End {
			return i
		}
	}
	return -1
}

// modifier reports whether a phoneme's name only modifies the previous one: "ʲ".
func modifier(name string) bool {
	r, _ := utf8.DecodeRuneInString(name)
	return unicode.Is(unicode.Lm, r) || unicode.Is(unicode.M, r) || r == 'ː'
}

// symbol cleans a phoneme's name: its eight bytes may cut a character, and some names have marks or digits of eSpeak's
// own.
func symbol(name string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsDigit(r) || strings.ContainsRune(".|_^'ˈˌ,%=;#*-[]()!?\"", r) {
			return -1
		}
		return r
	}, name)
}

// closures extends plosives over the silence before their burst: the library reports a phoneme where its sound begins,
// but the lips of a "p" close earlier. Silence is 24 dB below the loudest part of the previous phoneme.
func closures(p []lectern.Span, samples []float32, rate int) {
	step := int64(max(1, rate/500))
	most := int64(rate / 8)
	for i := 1; i < len(p); i++ {
		if !plosive(p[i].Text) {
			continue
		}
		loudest := 0.0
		for at := p[i-1].Start; at+step <= p[i-1].End; at += step {
			loudest = max(loudest, energy(samples[at:at+step]))
		}
		hush := max(1e-5, loudest/250)
		floor := max(p[i-1].Start+int64(rate)/50, p[i].Start-most)
		at := p[i].Start
		for at-step >= floor && energy(samples[at-step:at]) < hush {
			at -= step
		}
		if p[i].Start-at < int64(rate)/200 {
			continue
		}
		p[i].Start = at
		p[i-1].End = min(p[i-1].End, at)
	}
}

// energy is the mean square.
func energy(samples []float32) float64 {
	var e float64
	for _, v := range samples {
		e += float64(v) * float64(v)
	}
	return e / float64(max(1, len(samples)))
}

func plosive(ipa string) bool {
	r, _ := utf8.DecodeRuneInString(ipa)
	return strings.ContainsRune("pbtdkɡgqɢcɟʈɖʔɓɗɠ", r)
}
