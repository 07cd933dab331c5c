package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// day is a written date. Year 0 means without a year.
type day struct {
	year, month, day uint64
	end              int
}

// isDate reports whether a date in digits begins at i.
func (n *reader) isDate(i int) bool {
	_, ok := n.digitDate(i)
	return ok
}

// digitDate reads "2024-03-15", "15.03.2024", "03/04/2025" at i, in the language's order if the date is ambiguous.
func (n *reader) digitDate(i int) (day, bool) {
	a, end := run(n.text, i)
	if a == "" || len(a) > 4 || len(a) == 3 {
		return day{}, false
	}
	sep := n.runeAt(end)
	if sep != '-' && sep != '/' && sep != '.' && sep != '‑' {
		return day{}, false
	}
	width := utf8.RuneLen(sep)
	b, mid := run(n.text, end+width)
	if len(b) != 1 && len(b) != 2 || n.runeAt(mid) != sep {
		return day{}, false
	}
	c, stop := run(n.text, mid+width)
	if c == "" || wordRune(n.runeAt(stop)) && !(n.runeAt(stop) == 'T') || n.runeAt(stop) == sep &&
		unicode.IsDigit(n.runeAt(stop+width)) {
		return day{}, false
	}
	x, y, z := numberOf(a, "").Integer, numberOf(b, "").Integer, numberOf(c, "").Integer
	d := day{end: stop}
	switch {
	case len(a) == 4 && len(c) <= 2:
		d.year, d.month, d.day = x, y, z
		if d.month > 12 && d.day <= 12 {
			d.month, d.day = d.day, d.month
		}
	case len(c) == 4 || len(c) == 2 && sep != '.' || len(c) == 2 && sep == '.' && len(a) == 2 && len(b) == 2 &&
		n.Decimal == ",":
		d.year = z
		if len(c) == 2 {
			if d.year += 2000; d.year >= 2050 {
				d.year -= 100
			}
			if sep == '-' {
				return day{}, false
			}
		}
		d.day, d.month = x, y
		if strings.HasPrefix(n.Order, "m") && sep != '.' || n.Order == "" {
			d.day, d.month = y, x
		}
		if d.month > 12 && d.day <= 12 {
			d.day, d.month = d.month, d.day
		}
	default:
		return day{}, false
	}
	if d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 || d.year < 1 {
		return day{}, false
	}
	return d, true
}

// date reads a date that begins with a number: in digits, or a day before a month's name.
func (n *reader) date(at int) (end int, say string, ok bool) {
	if n.Rules == nil || len(n.Months) != 12 {
		return at, "", false
	}
	if d, ok := n.digitDate(at); ok {
		say, end := n.dateWords(d)
		if n.runeAt(end) == 'T' {
			if to, clock, ok := n.clock(end + 1); ok {
				if digits, stop := run(n.text, to+1); n.runeAt(to) == '.' && digits != "" {
					to = stop // parts of a second
				}
				zone, to := n.zone(to)
				return to, say + ", " + clock + zone, true
			}
		}
		return end, say, true
	}
	return n.dayBefore(at)
}

// dayBefore reads the day in "15 March 2024", "1er mai", "15 березня", if it is not spoken as a plain number.
func (n *reader) dayBefore(at int) (end int, say string, ok bool) {
	digits, end := run(n.text, at)
	if len(digits) == 0 || len(digits) > 2 {
		return at, "", false
	}
	v := numberOf(digits, "").Integer
	if v < 1 || v > 31 {
		return at, "", false
	}
	to := n.skip(end)
	if to == end {
		return at, "", false
	}
	next, _ := n.word(end)
	if n.month(next) == 0 || n.lang == "en" && strings.ToLower(next) == next {
		return at, "", false
	}
	switch n.lang {
	case "en":
		if strings.EqualFold(n.last, "the") {
			return end, n.ordinal(v, "") + " of", true
		}
		return end, "the " + n.ordinal(v, "") + " of", true
	case "uk":
		return end, n.ordinal(v, n.dayCase("neuter")), true
	case "ru":
		return end, n.ordinal(v, n.dayCase("neuter")), true
	case "pl":
		return end, n.ordinal(v, "masculine-genitive"), true
	case "fr", "it":
		if v == 1 {
			return end, n.ordinal(1, "masculine"), true
		}
	}
	return at, "", false
}

// dayCase returns the case of a day's number: "с пятнадцатого марта", but "пятнадцатое марта".
func (n *reader) dayCase(plain string) string {
	switch strings.ToLower(n.last) {
	case "с", "до", "от", "после", "около", "з", "від", "після", "од":
		return plain + "-genitive"
	case "к":
		return plain + "-dative"
	}
	return plain
}

// month returns the number of a month's name, or 0.
func (n *reader) month(s string) int {
	if len(s) < 3 || len(s) > 32 {
		return 0
	}
	return n.months[strings.ToLower(s)]
}

// dateWords spells a date in the style of the language, and includes a word for "year" after it.
func (n *reader) dateWords(d day) (say string, end int) {
	month := n.Months[d.month-1]
	year := n.yearOf(d.year)
	switch n.lang {
	case "en":
		if strings.HasPrefix(n.Order, "m") {
			return month + " " + n.ordinal(d.day, "") + ", " + year, d.end
		}
		return "the " + n.ordinal(d.day, "") + " of " + month + ", " + year, d.end
	case "de":
		return n.german(d.day) + " " + month + " " + year, d.end
	case "fr":
		if d.day == 1 {
			return "premier " + month + " " + year, d.end
		}
	case "it":
		if d.day == 1 {
			return "primo " + month + " " + year, d.end
		}
	case "es", "pt":
		first := n.cardinal(integer(d.day), "", false)
		if n.lang == "pt" && d.day == 1 {
			first = "primeiro"
		}
		return first + " de " + month + " de " + year, d.end
	case "pl":
		return n.ordinal(d.day, "masculine-genitive") + " " + month + " " +
			n.ordinal(d.year, "masculine-genitive") + " " +
			n.lex["year"], n.dropYear(d.end)
	case "uk", "ru":
		return n.ordinal(d.day, n.dayCase("neuter")) + " " + month + " " +
			n.ordinal(d.year, "masculine-genitive") + " " +
			n.lex["year"], n.dropYear(d.end)
	}
	pattern := n.Date
	if pattern == "" {
		pattern = "d MMMM y"
	}
	return n.patterned(pattern, d), d.end
}

// patterned fills a date pattern of the CLDR with words.
func (n *reader) patterned(pattern string, d day) string {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(pattern); {
		r, size := utf8.DecodeRuneInString(pattern[i:])
		j := i + size
		for j < len(pattern) && pattern[j] == pattern[i] && size == 1 {
			j++
		}
		switch {
		case r == '\'':
			quoted = !quoted
		case quoted:
			b.WriteString(pattern[i:j])
		case r == 'd':
			b.WriteString(n.cardinal(integer(d.day), "", false))
		case r == 'M' || r == 'L':
			if n.Months[d.month-1] == "" || strings.ContainsAny(n.Months[d.month-1], "0123456789") {
				b.WriteString(n.cardinal(integer(d.month), "", false) +
					n.Months[d.month-1][strings.LastIndexAny(n.Months[d.month-1], "0123456789")+1:])
			} else {
				b.WriteString(n.Months[d.month-1])
			}
		case r == 'y':
			b.WriteString(n.yearOf(d.year))
		case r == 'G' || r == 'E' || r == 'c':
		case r == '.':
		case r == '/' || r == '-':
			b.WriteByte(' ')
		default:
			b.WriteString(pattern[i:j])
		}
		i = j
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// dropYear returns the place after the word "year" if it follows a date whose words include it.
func (n *reader) dropYear(end int) int {
	at, spaced := n.after(end)
	if !spaced {
		return end
	}
	for _, w := range map[string][]string{"ru": {"года", "гг.", "г."}, "uk": {"року", "рр.", "р."},
		"pl": {"roku", "r."}}[n.lang] {
		if strings.HasPrefix(n.text[at:], w) && !wordRune(n.runeAt(at+len(w))) {
			if strings.HasSuffix(w, ".") && !n.sentenceGoesOn(at+len(w)) {
				return at + len(w) - 1
			}
			return at + len(w)
		}
	}
	return end
}

// clock reads a time of day: "14:30", "2:30 pm", "14h30", "14 h 30".
func (n *reader) clock(at int) (end int, say string, ok bool) {
	h, end := run(n.text, at)
	if len(h) == 0 || len(h) > 2 || n.Rules == nil {
		return at, "", false
	}
	hour := numberOf(h, "").Integer
	if say, to, ok := n.halves(hour, end); ok {
		return to, say, true
	}
	sep := n.runeAt(end)
	if sep != ':' && sep != 'h' && sep != '.' || hour > 24 || sep == 'h' && n.lang == "pt" {
		return n.frenchClock(hour, at, end)
	}
	m, to := run(n.text, end+1)
	if len(m) != 2 || numberOf(m, "").Integer > 59 {
		return n.frenchClock(hour, at, end)
	}
	minute := numberOf(m, "").Integer
	if sep == '.' {
		// "14.30 Uhr", "2.30 pm": only with a word after it. Without one, "14.30" is a decimal number.
		rest, _ := n.word(n.pointedEnd(to))
		if !strings.EqualFold(rest, n.lex["hour"]) || n.lang != "de" && n.lang != "nl" {
			if w := strings.ToLower(rest); n.lang != "en" || w != "am" && w != "pm" && w != "a.m" && w != "p.m" {
				return at, "", false
			}
		}
	}
	second := -1
	if s, stop := run(n.text, to+1); sep == ':' && n.runeAt(to) == ':' && len(s) == 2 && numberOf(s, "").Integer < 60 {
		second, to = int(numberOf(s, "").Integer), stop
	}
	if next := n.runeAt(to); wordRune(next) && !n.halfDay(to) && next != 'Z' || next == ':' &&
		unicode.IsDigit(n.runeAt(to+1)) {
		return at, "", false
	}
	say, to = n.timeWords(hour, minute, second, to)
	return to, say, true
}

// pointedEnd returns the end of the second time in "9.30–10.30 Uhr", where the first ends at i, or i without a second
// one.
func (n *reader) pointedEnd(i int) int {
	r, size := utf8.DecodeRuneInString(n.text[i:])
	if r != '–' && r != '-' {
		return i
	}
	h, end := run(n.text, i+size)
	m, to := run(n.text, end+1)
	if len(h) == 0 || len(h) > 2 || n.runeAt(end) != '.' || len(m) != 2 {
		return i
	}
	return to
}

// frenchClock reads "14 h 30" and "14 h", in French and Portuguese.
func (n *reader) frenchClock(hour uint64, at, end int) (int, string, bool) {
	if n.lang != "fr" && n.lang != "pt" || hour > 24 {
		return at, "", false
	}
	to, spaced := n.after(end)
	if n.runeAt(to) != 'h' || wordRune(n.runeAt(to+1)) && !unicode.IsDigit(n.runeAt(to+1)) {
		return at, "", false
	}
	to++
	from := to
	if spaced {
		from, _ = n.after(to)
	}
	m, stop := run(n.text, from)
	minute := uint64(0)
	if len(m) == 2 && numberOf(m, "").Integer < 60 && !wordRune(n.runeAt(stop)) {
		minute, to = numberOf(m, "").Integer, stop
	}
	say, to := n.timeWords(hour, minute, -1, to)
	if n.lang == "pt" {
		one, many, _ := strings.Cut(n.lex["hours"], "|")
		if hour > 1 {
			one = many
		}
		say = n.cardinal(integer(hour), "feminine", true) + " " + one
		if minute > 0 {
			say += " " + n.lex["and"] + " " + n.cardinal(integer(minute), "", false)
		}
	}
	return to, say, true
}

// halfDay reports whether "am" or "pm" is at i.
func (n *reader) halfDay(i int) bool {
	if n.lang != "en" {
		return false
	}
	w := strings.ToLower(n.text[i:min(len(n.text), i+4)])
	return strings.HasPrefix(w, "am") && !wordRune(n.runeAt(i+2)) || strings.HasPrefix(w, "pm") &&
		!wordRune(n.runeAt(i+2)) || w == "a.m." || w == "p.m."
}

// meridiem reads "am" or "pm" at i.
func (n *reader) meridiem(i int) (word string, end int) {
	at, _ := n.after(i)
	if !n.halfDay(at) {
		return "", i
	}
	word = strings.ToUpper(n.text[at:at+1]) + "M"
	if n.text[at+1] != '.' {
		return word, at + 2
	}
	if end = at + 4; !n.sentenceGoesOn(end) {
		end--
	}
	return word, end
}

// halves reads an hour with "am" or "pm" and no minutes.
func (n *reader) halves(hour uint64, end int) (say string, to int, ok bool) {
	if hour < 1 || hour > 12 {
		return "", end, false
	}
	word, to := n.meridiem(end)
	if word == "" {
		return "", end, false
	}
	return n.cardinal(integer(hour), "", false) + " " + word, to, true
}

// englishMinutes returns the words after the hour.
func (n *reader) englishMinutes(hour, minute uint64, half bool) []string {
	m := n.cardinal(integer(minute), "", false)
	switch {
	case minute == 0 && half:
		return nil
	case minute == 0 && hour >= 1 && hour <= 12:
		return []string{n.lex["oclock"]}
	case minute == 0:
		return []string{n.lex["hundred"]}
	case minute < 10:
		return []string{n.lex["oh"], m}
	}
	return []string{m}
}

// timeWords spells a time, and includes the word after it that belongs to it.
func (n *reader) timeWords(hour, minute uint64, second, end int) (string, int) {
	if second == 0 {
		second = -1
	}
	h, m := n.cardinal(integer(hour), "", false), n.cardinal(integer(minute), "", false)
	words := []string{h}
	switch n.lang {
	case "en":
		half, to := n.meridiem(end)
		words = append(words, n.englishMinutes(hour, minute, half != "")...)
		if second >= 0 {
			words = append(words, "and", n.cardinal(integer(uint64(second)), "", false), "seconds")
		}
		if half != "" {
			words, end = append(words, half), to
		}
		return strings.Join(words, " "), end
	case "de", "nl":
		if hour == 1 && n.lang == "de" {
			words[0] = "ein"
		}
		words = append(words, n.lex["hour"])
		if minute > 0 || second >= 0 {
			words = append(words, m)
		}
		at := n.skip(end)
		if w := n.lex["hour"]; strings.HasPrefix(n.text[at:], w) && at > end && !wordRune(n.runeAt(at+len(w))) {
			end = at + len(w)
		}
	case "fr":
		one, many, _ := strings.Cut(n.lex["hour"], "|")
		words[0] = n.cardinal(integer(hour), "feminine", true)
		if hour > 1 {
			one = many
		}
		words = append(words, one)
		if minute > 0 || second >= 0 {
			words = append(words, m)
		}
	case "pl", "uk":
		form := "feminine"
		if last := strings.ToLower(n.last); last == "o" || last == "о" || last == "об" || last == "po" ||
			last == "od" || last == "do" || last == "з" || last == "від" || last == "до" {
			form = map[string]string{"pl": "feminine-genitive", "uk": "feminine-prepositional"}[n.lang]
			if last == "з" || last == "від" || last == "до" {
				form = "feminine-genitive"
			}
		}
		words = []string{n.ordinal(hour, form)}
		if minute > 0 && minute < 10 {
			words = append(words, n.cardinal(integer(0), "", false))
		}
		if minute > 0 || second >= 0 {
			words = append(words, m)
		}
	default:
		if w := n.lex["timeand"]; w != "" && minute > 0 {
			words = append(words, w)
		}
		if minute < 10 && (n.lang == "ru" || minute == 0 && n.lang == "es") {
			words = append(words, n.cardinal(integer(0), "", false))
		}
		if minute > 0 || n.lang == "ru" {
			words = append(words, m)
		}
		if n.lang == "es" && minute == 0 {
			words = words[:1]
		}
	}
	if second >= 0 {
		words = append(words, n.cardinal(integer(uint64(second)), "", false))
	}
	return strings.Join(words, " "), end
}
