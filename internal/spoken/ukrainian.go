package spoken

import "strings"

// The CLDR has no Ukrainian ordinals. Only the last word of a number is an ordinal: "двадцять четвертий".

var (
	ukStems = map[uint64]string{
		0: "нульов", 1: "перш", 2: "друг", 3: "трет", 4: "четверт", 5: "п'ят", 6: "шост", 7: "сьом", 8: "восьм", 9: "дев'ят",
		10: "десят",
		11: "одинадцят", 12: "дванадцят", 13: "тринадцят", 14: "чотирнадцят", 15: "п'ятнадцят", 16: "шістнадцят",
		17: "сімнадцят",
		18: "вісімнадцят", 19: "дев'ятнадцят", 20: "двадцят", 30: "тридцят", 40: "сороков", 50: "п'ятдесят", 60: "шістдесят",
		70: "сімдесят", 80: "вісімдесят", 90: "дев'яност", 100: "сот", 200: "двохсот", 300: "трьохсот", 400: "чотирьохсот",
		500: "п'ятисот", 600: "шестисот", 700: "семисот", 800: "восьмисот", 900: "дев'ятисот", 1000: "тисячн",
		2000: "двотисячн",
		3000: "трьохтисячн", 4000: "чотиритисячн", 5000: "п'ятитисячн", 1_000_000: "мільйонн",
	}
	ukEnds = map[string][2]string{ // hard, and soft for "третій"
		"masculine": {"ий", "ій"}, "feminine": {"а", "я"}, "neuter": {"е", "є"}, "plural": {"і", "і"},
		"masculine-genitive": {"ого", "ього"}, "neuter-genitive": {"ого", "ього"}, "feminine-genitive": {"ої", "ьої"},
		"plural-genitive":  {"их", "іх"},
		"masculine-dative": {"ому", "ьому"}, "neuter-dative": {"ому", "ьому"}, "feminine-dative": {"ій", "ій"},
		"masculine-accusative": {"ий", "ій"}, "neuter-accusative": {"е", "є"}, "feminine-accusative": {"у", "ю"},
		"masculine-prepositional": {"ому", "ьому"}, "neuter-prepositional": {"ому", "ьому"},
		"feminine-prepositional": {"ій", "ій"},
		"masculine-instrumental": {"им", "ім"}, "neuter-instrumental": {"им", "ім"}, "feminine-instrumental": {"ою", "ьою"},
	}
)

// ukrainian spells an ordinal, or returns "" if it has no word for it.
func (v *language) ukrainian(n uint64, form string) string {
	ends, ok := ukEnds[form]
	if !ok {
		ends = ukEnds["masculine"]
	}
	last := uint64(0)
	for _, step := range []uint64{20, 100, 1000, 10_000} {
		if n%step != 0 && last == 0 {
			switch {
			case step == 20 && n%100 < 20:
				last = n % 100
			case step == 20:
				last = n % 10
			default:
				last = n % step
			}
		}
	}
	if n == 0 {
		last = 0
	}
	if n == 1_000_000 {
		last = n
	}
	stem, ok := ukStems[last]
	if !ok || last == 0 && n != 0 || n > 9999 && n != 1_000_000 && last >= 1000 {
		return ""
	}
	end := ends[0]
	if last == 3 {
		end = ends[1]
	}
	out := stem + end
	if rest := n - last; rest > 0 {
		out = v.cardinal(integer(rest), "", false) + " " + out
	}
	return strings.TrimSpace(out)
}
