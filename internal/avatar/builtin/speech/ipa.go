package speech

import (
	"unicode"
	"unicode/utf8"
)

// Part is a piece of one sound: a mouth shape and its share of the sound's time.
type Part struct {
	Viseme Viseme
	Share  float64 // the shares of a sound sum to 1
}

// kindOf returns the viseme of an IPA letter and its length relative to its neighbours.
func kindOf(r rune) (v Viseme, weight float64, ok bool) {
	switch r {
	case 'p', 'b', 'm', 'ɓ', 'ʙ', 'ᵐ':
		return PP, 1, true
	case 'f', 'v', 'ɱ', 'ʋ', 'ⱱ':
		return FF, 1, true
	case 'θ', 'ð':
		return TH, 1, true
	case 't', 'd', 'ɖ', 'ʈ', 'ɗ', 'ɾ':
		return DD, 0.8, true
	case 'k', 'ɡ', 'g', 'x', 'ɣ', 'q', 'ɢ', 'χ', 'h', 'ɦ', 'ħ', 'ʕ', 'ʔ', 'ŋ', 'ɴ', 'c', 'ɟ', 'ç', 'ʝ', 'ɰ', 'ɠ', 'ʛ',
		'ʜ', 'ʢ', 'ʡ', 'ɧ':
		return KK, 0.9, true
	case 'ʃ', 'ʒ', 'ɕ', 'ʑ', 'ʂ', 'ʐ':
		return CH, 1.2, true
	case 's', 'z', 'ɬ', 'ɮ':
		return SS, 1.2, true
	case 'n', 'l', 'ɫ', 'ɲ', 'ʎ', 'ɳ', 'ɭ', 'ʟ', 'ɺ', 'ⁿ':
		return NN, 0.9, true
	case 'r', 'ɹ', 'ɻ', 'ʁ', 'ʀ', 'ɽ':
		return RR, 0.9, true
	case 'w', 'ʍ', 'ɥ':
		return OU, 0.8, true
	case 'j':
		return IH, 0.7, true
	case 'a', 'ɑ', 'ɐ', 'ʌ', 'æ', 'ɶ', 'ɒ':
		return vowelA(r), 1.6, true
	case 'e', 'ɛ', 'ɜ', 'ə', 'ɘ', 'ɞ', 'ɝ', 'ɚ', 'ᵊ', 'ᵻ', 'ᵽ', 'ɤ':
		return vowelE(r)
	case 'i', 'ɪ', 'ɨ', 'ɯ', 'ᵢ':
		return IH, 1.4, true
	case 'o', 'ɔ', 'ɵ':
		return OH, 1.5, true
	case 'u', 'ʊ', 'y', 'ʏ', 'ʉ', 'ø', 'œ':
		return OU, 1.4, true
	}
	return Sil, 0, false
}

func vowelA(r rune) Viseme {
	if r == 'ɒ' {
		return OH
	}
	return AA
}

func vowelE(r rune) (Viseme, float64, bool) {
	switch r {
	case 'ᵻ':
		return IH, 1, true
	case 'ᵽ':
		return OU, 1, true
	case 'ə', 'ᵊ', 'ɘ':
		return E, 1, true
	case 'ɝ', 'ɚ':
		return RR, 1.4, true
	}
	return E, 1.4, true
}

const limit = 64 // characters of one symbol; Read ignores the rest

// Read reads one IPA symbol as a voice writes it: one letter or several (diphthongs, affricates), with ties and with
// marks for stress, length, tone, nasal or palatal colour, which do not move the lips. A letter outside IPA counts as a
// sound that it often stands for in spelling; see letter. Pauses and symbols without a letter are Sil.
func Read(symbol string) []Part {
	var out []Part
	total := 0.0
	for n := 0; n < limit && len(symbol) > 0; n++ {
		r, size := utf8.DecodeRuneInString(symbol)
		symbol = symbol[size:]
		v, w, ok := kindOf(r)
		switch {
		case ok:
		case r == 'ː' || r == ':': // the vowel before it gets longer
			if k := len(out); k > 0 {
				out[k-1].Share += 0.6
				total += 0.6
			}
			continue
		case unicode.IsLetter(r) && !unicode.Is(unicode.Lm, r):
			v, w = letter(unicode.ToLower(r))
			if w == 0 {
				continue
			}
		default:
			continue
		}
		if k := len(out); k > 0 && out[k-1].Viseme == v {
			out[k-1].Share += w / 2 // a geminate or a diphthong within one shape
			total += w / 2
			continue
		}
		out, total = append(out, Part{v, w}), total+w
	}
	if len(out) == 0 {
		return []Part{{Sil, 1}}
	}
	for i := range out {
		out[i].Share /= total
	}
	return out
}

// letter returns the viseme of a letter in spelling: Latin with its accents, Cyrillic, Greek. A letter of some other
// scripts counts as a syllable, and the rest as an inconspicuous consonant.
func letter(r rune) (Viseme, float64) {
	switch {
	case within(r, "bpmбпмπμ"):
		return PP, 1
	case within(r, "fvфвφβ"):
		return FF, 1
	case within(r, "þθδ"):
		return TH, 1
	case within(r, "dtдтτďťđ"):
		return DD, 0.8
	case within(r, "ckgqxhгґкхγκχξ"):
		return KK, 0.9
	case within(r, "шщжчčšžçşğџćś"):
		return CH, 1.2
	case within(r, "szзсцσζςßźż"):
		return SS, 1.2
	case within(r, "nlнлλνñńłľ"):
		return NN, 0.9
	case within(r, "rрρř"):
		return RR, 0.9
	case within(r, "aаàáâãäåąăαάяæ"):
		return AA, 1.6
	case within(r, "eеéèêëęěэєεέηή"):
		return E, 1.4
	case within(r, "iіїиыyйíìîïýıjιίυύ"):
		return IH, 1.3
	case within(r, "oоóòôõőοόωώ"):
		return OH, 1.5
	case within(r, "uwуюúùûüűůöøўёw"):
		return OU, 1.4
	case within(r, "ьъ"):
		return Sil, 0
	}
	if unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Devanagari,
		unicode.Arabic, unicode.Hebrew) {
		// About a syllable. It has a vowel, but which one is unknown.
		return [...]Viseme{AA, IH, OH, E, OU}[int(r)%5], 1.6
	}
	return DD, 0.9
}

func within(r rune, set string) bool {
	for _, s := range set {
		if s == r {
			return true
		}
	}
	return false
}
