package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// rated adds the unit of a price: "€5/kg", "$10/user/month".
func (n *reader) rated(say string, end int) (string, int) {
	for range 3 {
		more, to, ok := n.per(end)
		if !ok {
			break
		}
		say, end = say+" "+more, to
	}
	return say, end
}

// per reads a slash and the unit of a price.
func (n *reader) per(i int) (say string, end int, ok bool) {
	if n.runeAt(i) != '/' {
		return "", i, false
	}
	i++
	for end = i; end < len(n.text) && end-i < 2*mostLetters; {
		r, size := utf8.DecodeRuneInString(n.text[end:])
		if !unicode.IsLetter(r) && r != '²' && r != '³' {
			break
		}
		end += size
	}
	word := n.text[i:end]
	if word == "" || wordRune(n.runeAt(end)) {
		return "", i, false
	}
	id := perUnits[word]
	if n.lang == "ru" && word == "год" {
		id = "year"
	}
	if id == "" {
		id = n.unitOf(word)
	}
	if id == "" {
		id = n.unitCalled(word)
	}
	if pointed := word == "мес" || word == "міс" || word == "mies" || localUnits[n.lang][word+"."] != ""; pointed &&
		n.runeAt(end) == '.' && n.sentenceGoesOn(end+1) {
		end++
	}
	if id == "" {
		if utf8.RuneCountInString(word) < 2 || n.lex["per"] == "" {
			return "", i, false
		}
		return n.each() + " " + word, end, true
	}
	pattern := n.Units[id].Forms["per"]
	if pattern == "" {
		one := n.unitForm(id, integer(1))
		if one == "" || n.lex["per"] == "" {
			return "", i, false
		}
		pattern = n.lex["per"] + " " + strings.TrimSpace(strings.ReplaceAll(one, "{0}", ""))
	}
	pattern = strings.TrimSpace(strings.ReplaceAll(pattern, "{0}", ""))
	if noun, ok := strings.CutPrefix(pattern, n.lex["per"]+" "); ok {
		switch first := n.first(noun); {
		case n.lex["each"] != "":
			pattern = n.lex["each"] + " " + noun
		case n.lang == "it" && n.Units[id].Gender == "masculine" && !strings.ContainsRune("aeiou", first):
			pattern = "al " + noun
		}
	}
	return pattern, end, true
}

// unitCalled returns the unit of a price that is written as a word: "Monat".
func (n *reader) unitCalled(word string) string {
	for _, id := range [...]string{"hour", "day", "week", "month", "year", "minute", "second", "kilogram", "liter",
		"meter"} {
		if one := n.Units[id].Forms["one"]; one != "" && strings.TrimSpace(strings.ReplaceAll(one, "{0}", "")) == word {
			return id
		}
	}
	return ""
}

// each returns the word between a price and its unit.
func (n *reader) each() string {
	if w := n.lex["each"]; w != "" {
		return w
	}
	return n.lex["per"]
}

// perCounted reads a slash between a counted word and a unit: "100 requests/second".
func (n *reader) perCounted(at int) (say string, end int, ok bool) {
	if n.last == "" || n.last[0] < '0' || n.last[0] > '9' || !unicode.IsLetter(n.runeBefore(at)) {
		return "", at, false
	}
	i := at + 1
	word := firstLetters(n.text[i:min(len(n.text), i+mostLetters)])
	if perUnits[word] == "" && n.unitOf(word) == "" {
		return "", at, false
	}
	return n.per(at)
}

// unitAlone reads a unit without a number if its sign shows that it is a unit: "km/h", "m²".
func (n *reader) unitAlone(at int) (end int, say string, ok bool) {
	for end = at; end < len(n.text) && n.text[end] < utf8.RuneSelf &&
		(asciiLetter(n.text[end]) || n.text[end] == '/'); {
		end++
		if end-at > mostLetters {
			return at, "", false
		}
	}
	if r := n.runeAt(end); r == '²' || r == '³' {
		end += utf8.RuneLen(r)
	}
	word := n.text[at:end]
	if next := n.runeAt(end); !strings.ContainsAny(word, "/²³") || len(word) < 3 || wordRune(next) || next == '/' ||
		strings.Contains(word, "//") {
		return at, "", false
	}
	id := n.unitOf(word)
	if id == "" {
		return at, "", false
	}
	count := integer(5)
	if last := strings.ToLower(n.last); last == n.lex["per"] || last == n.lex["each"] {
		count = integer(1)
	}
	say = strings.TrimSpace(strings.ReplaceAll(n.unitForm(id, count), "{0}", ""))
	return end, say, say != ""
}
