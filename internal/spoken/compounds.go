package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// compound reads a number that is the first part of a word: "5-jährig", "50%ige", "5-летний", "3-krotny".
func (n *reader) compound(p parsed) (say string, end int, ok bool) {
	if p.Fraction != "" || p.grouped || !p.ok || p.Integer == 0 || p.Integer > 9999 || n.Rules == nil {
		return "", p.end, false
	}
	i, percent := p.end, false
	if n.lang == "de" || n.lang == "ru" {
		at := i
		if n.lang == "ru" {
			at, _ = n.after(at)
		}
		if n.runeAt(at) == '-' {
			at++
		}
		if n.runeAt(at) == '%' {
			i, percent = at+1, true
		}
	}
	r, size := utf8.DecodeRuneInString(n.text[i:])
	hyphen := r == '-' || r == '‑'
	if hyphen {
		i += size
	} else if !percent {
		return "", p.end, false
	}
	end = i
	for end < len(n.text) && end-i < 4*mostLetters {
		r, size := utf8.DecodeRuneInString(n.text[end:])
		if !unicode.IsLetter(r) {
			break
		}
		end += size
	}
	rest := n.text[i:end]
	if wordRune(n.runeAt(end)) {
		return "", p.end, false
	}
	stem := n.stem(p.Integer)
	if percent {
		switch {
		case n.lang == "de" && strings.HasPrefix(rest, "ig"):
			return stem + "prozent" + rest, end, true
		case n.lang == "ru" && hyphen && strings.HasPrefix(rest, "н") && stem != "":
			return stem + "процент" + rest, end, true
		case n.lang == "ru" && hyphen && rest == "й" && stem != "":
			return stem + "процентный", end, true
		}
		return "", p.end, false
	}
	first := n.runeAt(i)
	switch n.lang {
	case "de":
		if lower := strings.ToLower(rest); !unicode.IsLower(first) && !strings.HasPrefix(lower, "jährig") ||
			utf8.RuneCountInString(rest) < 3 {
			return "", p.end, false
		} else if unicode.IsUpper(first) {
			stem, rest = capital(stem), lower
		}
	case "nl", "pl", "uk", "ru":
		if !unicode.IsLower(first) || utf8.RuneCountInString(rest) < 4 || stem == "" {
			return "", p.end, false
		}
	default:
		return "", p.end, false
	}
	return stem + rest, end, true
}

// stem returns a number as the first part of a word, or "" if the language has no such words.
func (n *reader) stem(v uint64) string {
	switch n.lang {
	case "de":
		return strings.TrimSuffix(n.cardinal(integer(v), "neuter", true), "s")
	case "nl":
		return n.cardinal(integer(v), "", false)
	}
	m := stems[n.lang]
	if m == nil {
		return ""
	}
	if s := m[v]; s != "" {
		return s
	}
	var b strings.Builder
	for _, part := range []uint64{v / 100 * 100, v % 100 / 10 * 10, v % 10} {
		if v%100 > 10 && v%100 < 20 && part < 100 {
			part = map[bool]uint64{true: v % 100}[part == v%10]
		}
		if part > 0 {
			if m[part] == "" {
				return ""
			}
			b.WriteString(m[part])
		}
	}
	return b.String()
}

// stems are the forms of numbers before an adjective or a noun, mostly in the genitive.
var stems = map[string]map[uint64]string{
	"pl": stemsOf(`1 jedno 2 dwu 3 trzy 4 cztero 5 pięcio 6 sześcio 7 siedmio 8 ośmio 9 dziewięcio 10 dziesięcio 11 jedenasto 12 dwunasto 13 trzynasto 14 czternasto
		15 piętnasto 16 szesnasto 17 siedemnasto 18 osiemnasto 19 dziewiętnasto 20 dwudziesto 30 trzydziesto 40 czterdziesto 50 pięćdziesięcio
		60 sześćdziesięcio 70 siedemdziesięcio 80 osiemdziesięcio 90 dziewięćdziesięcio 100 stu 200 dwustu 300 trzystu 400 czterystu 500 pięćset`),
	"uk": stemsOf(`1 одно 2 дво 3 три 4 чотири 5 п'яти 6 шести 7 семи 8 восьми 9 дев'яти 10 десяти 11 одинадцяти 12 дванадцяти 13 тринадцяти 14 чотирнадцяти
		15 п'ятнадцяти 16 шістнадцяти 17 сімнадцяти 18 вісімнадцяти 19 дев'ятнадцяти 20 двадцяти 30 тридцяти 40 сорока 50 п'ятдесяти 60 шістдесяти
		70 сімдесяти 80 вісімдесяти 90 дев'яносто 100 сто 200 двохсот 300 трьохсот 400 чотирьохсот 500 п'ятисот 600 шестисот 700 семисот 800 восьмисот
		900 дев'ятисот 1000 тисячо`),
	"ru": stemsOf(`1 одно 2 двух 3 трёх 4 четырёх 5 пяти 6 шести 7 семи 8 восьми 9 девяти 10 десяти 11 одиннадцати 12 двенадцати 13 тринадцати 14 четырнадцати
		15 пятнадцати 16 шестнадцати 17 семнадцати 18 восемнадцати 19 девятнадцати 20 двадцати 30 тридцати 40 сорока 50 пятидесяти 60 шестидесяти
		70 семидесяти 80 восьмидесяти 90 девяносто 100 сто 200 двухсот 300 трёхсот 400 четырёхсот 500 пятисот 600 шестисот 700 семисот 800 восьмисот
		900 девятисот 1000 тысяче`),
}

func stemsOf(text string) map[uint64]string {
	m := map[uint64]string{}
	f := strings.Fields(text)
	for i := 0; i+1 < len(f); i += 2 {
		m[numberOf(f[i], "").Integer] = f[i+1]
	}
	return m
}
