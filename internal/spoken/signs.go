package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// sign reads a spoken sign: between words, or as part of a name.
func (n *reader) sign(at, first int) (end int, say string, ok bool) {
	r, size := utf8.DecodeRuneInString(n.text[at:])
	end = at + size
	if unicode.IsLetter(r) {
		if say, to, ok := n.joinedName(at); ok {
			return to, say, true
		}
		return n.version(at)
	}
	if !unicode.IsPunct(r) && !unicode.IsSymbol(r) {
		return at, "", false
	}
	alone := at == first && n.chunkEnd(at) == end
	between := alone && n.last != "" && n.skip(end) < len(n.text)
	switch r {
	case '&', '＆':
		if alone || wordRune(n.runeBefore(at)) && wordRune(n.runeAt(end)) {
			return end, n.signWord("and", "&"), true
		}
	case '+', '＋':
		if between || alone || wordRune(n.runeBefore(at)) && !keys[strings.ToLower(n.wordEnding(at))] {
			return end, n.signWord("plus", "+"), true
		}
	case '^', '⁻', '⁺':
		if before := n.runeBefore(at); wordRune(before) || before == ')' {
			if unicode.IsLetter(n.runeAt(end)) {
				return end, n.lex["power"], n.lex["power"] != ""
			}
			return n.exponent(at)
		}
	case '!', '=', '＝':
		if end, say, ok := n.compared(at, first); ok || r == '!' {
			return end, say, ok
		}
		if alone || wordRune(n.runeBefore(at)) && wordRune(n.runeAt(end)) {
			return end, n.signWord("equals", "="), true
		}
	case '×', '÷', '≠', '≤', '≥', '±', '≈', '→':
		if alone || unicode.IsDigit(n.runeAt(end)) || wordRune(n.runeAt(end)) {
			key := map[rune]string{'×': "times", '÷': "divided", '≠': "notequal", '≤': "atmost", '≥': "atleast",
				'±': "plusminus", '≈': "about", '→': "arrow"}[r]
			return end, n.lex[key], true
		}
	case '−':
		if between && unicode.IsDigit(n.runeBefore(n.spaceBefore(at))) {
			return end, n.signWord("minus", "-"), true
		}
	case '-', '*', '<', '>':
		if end, say, ok := n.compared(at, first); ok {
			return end, say, true
		}
		if zone := n.wordEnding(at); r == '-' && (zone == "UTC" || zone == "GMT") && unicode.IsDigit(n.runeAt(end)) {
			return end, n.minus(), true
		}
		if between && unicode.IsDigit(n.runeBefore(n.spaceBefore(at))) && n.digitNext(end) &&
			(r != '-' || n.sumAround(end)) {
			return end, n.lex[map[rune]string{'-': "minus", '*': "times", '<': "less", '>': "greater"}[r]], true
		}
	case '@':
		if alone || wordRune(n.runeAt(end)) {
			return end, n.signWord("at", "@"), true
		}
	case '§', '%', '‰', '№', '#', '°':
		if end, say, ok := n.label(at, first, alone); ok {
			return end, say, true
		}
	}
	if unicode.Is(unicode.Sc, r) && !unicode.IsLetter(n.runeAt(end)) { // "$HOME" is a name
		if key := signs[string(r)]; key != "" {
			if names := money[n.lang][key]; names != "" {
				main, _, _ := strings.Cut(names, "/")
				_, forms := genderOf(main)
				return end, n.plural(forms, integer(5)), true
			}
			return end, n.named(n.Currencies[codeOf[key]], integer(5)), true
		}
	}
	return at, "", false
}

// label reads a sign that means a word, before or after a name or number.
func (n *reader) label(at, first int, alone bool) (end int, say string, ok bool) {
	r, size := utf8.DecodeRuneInString(n.text[at:])
	end = at + size
	switch r {
	case '§':
		one, many, known := strings.Cut(n.lex["sections"], "|")
		switch {
		case !known:
			return end, "§", true
		case n.runeAt(end) == r:
			return end + size, many, true
		}
		return end, one, true
	case '%', '‰':
		if alone || at > first && wordRune(n.runeBefore(at)) && !wordRune(n.runeAt(end)) {
			if forms := n.unitForm(unitSigns[string(r)], integer(100)); forms != "" {
				return end, strings.TrimSpace(strings.ReplaceAll(forms, "{0}", "")), true
			}
			return end, string(r), true
		}
	case '№':
		return end, n.signWord("number", "№"), true
	case '#':
		if alone && n.last != "" {
			return end, n.lex["hash"], true
		}
		if unicode.IsLetter(n.runeAt(end)) && !wordRune(n.runeBefore(at)) {
			tag := firstLetters(n.text[end:min(len(n.text), end+longest)])
			return end + len(tag), n.lex["hashtag"] + " " + splitCamel(tag), n.lex["hashtag"] != ""
		}
	case '°':
		if alone || at > first {
			if s := n.unitForm("degree", integer(100)); s != "" {
				return end, strings.TrimSpace(strings.ReplaceAll(s, "{0}", "")), true
			}
		}
	}
	return at, "", false
}

// keys are names of keys. A plus between keys is silent: "Ctrl+C".
var keys = words("ctrl strg control alt shift umschalt maj cmd command option win fn tab esc altgr meta super")

// wordEnding returns the letters that end at place at.
func (n *reader) wordEnding(at int) string {
	from := at
	for from > 0 && at-from < mostLetters {
		r, size := utf8.DecodeLastRuneInString(n.text[:from])
		if !unicode.IsLetter(r) {
			break
		}
		from -= size
	}
	return n.text[from:at]
}

// comparisons are signs that source code writes with two characters.
var comparisons = map[string]string{"!=": "notequal", "<=": "atmost", ">=": "atleast", "==": "equals"}

// compared reads a comparison that is alone or before a number or name.
func (n *reader) compared(at, first int) (end int, say string, ok bool) {
	if end = at + 2; end > len(n.text) {
		return at, "", false
	}
	key := comparisons[n.text[at:end]]
	if n.runeAt(end) == '=' {
		end++ // "==="
	}
	next := n.runeAt(end)
	if key == "" || n.lex[key] == "" || at > first && !wordRune(n.runeBefore(at)) ||
		next != 0 && !unicode.IsSpace(next) &&
			!wordRune(next) {
		return at, "", false
	}
	return end, n.lex[key], true
}

// signWord returns the language's word for a sign, or the sign itself for the engine.
func (n *reader) signWord(key, sign string) string {
	if w, ok := n.lex[key]; ok {
		return w
	}
	return sign
}

func (n *reader) spaceBefore(at int) int {
	return len(strings.TrimRightFunc(n.text[:at], unicode.IsSpace))
}

func (n *reader) digitNext(i int) bool {
	_, _, ok := digitAt(n.text, n.skip(i))
	return ok
}

// sumAround reports whether the number at i is part of a sum, so that a hyphen before it is a minus: "=", "+", "*" or
// "×" follows it, as in "5 - 3 = 2".
func (n *reader) sumAround(i int) bool {
	p, ok := n.parse(n.skip(i))
	return ok && strings.ContainsRune("=+*×", n.runeAt(n.skip(p.end))) && n.skip(p.end) < len(n.text)
}

// joinedName reads names with signs that belong to them: "C#", "C++", "F#". ".NET" stays as it is.
func (n *reader) joinedName(at int) (say string, end int, ok bool) {
	i := at
	for i < len(n.text) && i-at < 3 && (n.text[i] >= 'A' && n.text[i] <= 'Z' || n.text[i] >= 'a' && n.text[i] <= 'z') {
		i++
	}
	if i == at || i >= len(n.text) {
		return "", at, false
	}
	name := n.text[at:i]
	switch {
	case n.text[i] == '#' && len(name) == 1 && !wordRune(n.runeAt(i+1)):
		return strings.TrimSpace(name + " " + n.lex["sharp"]), i + 1, n.lex["sharp"] != ""
	case strings.HasPrefix(n.text[i:], "++") && !strings.HasPrefix(n.text[i:], "+++") && n.lex["plus"] != "" &&
		len(name) <= 3:
		say = name + " " + n.lex["plus"] + " " + n.lex["plus"]
		digits, to := run(n.text, i+2)
		if digits != "" {
			return say + " " + n.cardinalText(digits), to, true
		}
		return say, i + 2, true
	}
	return "", at, false
}

// abbreviation reads abbreviations of "number" before a number.
func (n *reader) abbreviation(word string, end int) (next int, say string, ok bool) {
	lower := strings.ToLower(word)
	w := n.lex["number"]
	switch lower {
	case "nr", "no", "num", "núm", "n", "nº":
	default:
		return 0, "", false
	}
	if w == "" {
		return 0, "", false
	}
	i := end
	if r, size := utf8.DecodeRuneInString(n.text[i:]); r == '.' || r == '°' || r == 'º' || r == 'ᵒ' {
		i += size
		if r == '.' && (lower == "n" && n.lang != "it") {
			return 0, "", false
		}
	} else if lower != "nº" && lower != "nr" || lower == "n" {
		return 0, "", false
	}
	if lower == "no" && n.lang != "en" && n.lang != "fr" {
		return 0, "", false
	}
	if !n.digitNext(i) {
		return 0, "", false
	}
	return i, w, true
}
