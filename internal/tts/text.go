package tts

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Word is one word of a sentence.
type Word struct {
	Text       string // as written in the input
	Start, End int    // what is said for it: Sentence.Text[Start:End], never empty
}

// Sentence is what an engine says in one go. It has at least one word, and at most about maxSentence runes.
type Sentence struct {
	Text  string // clean text, NFC, one line
	Words []Word // in order; every byte of Text that is a letter or a digit belongs to one of them
	After Pause  // the silence behind it
}

const (
	maxSentence = 400 // runes of a sentence's Text; beyond, it is cut at a clause or between words
	maxWord     = 120 // runes of one word; a longer run is several words
)

// token is a word as written with what stands around it.
type token struct {
	text  string // as written
	say   string // what is said for it; empty: nothing
	lines int    // line breaks in front of it
	line  int    // runes of the line in front of it, where lines > 0
	glued bool   // no space in front of it in the input (scripts without spaces)
}

// Prepare turns text as people write it into sentences to be said. language is BCP 47 and steers abbreviations; say
// turns one written word into what is said for it and may be nil for [Speakable].
//
// The words hold all of the input, once and in order: joined without white space they are [Bare] of the text. A word
// for which nothing is said (an emoji, a lone dash) is joined to its neighbour. Text with nothing to say gives nil.
func Prepare(text, language string, say func(string) string) []Sentence {
	if say == nil {
		say = Speakable
	}
	tokens := join(scan(text, say))
	if len(tokens) == 0 {
		return nil
	}
	return split(tokens, base(language))
}

// Bare is text without white space, control and invisible format characters and broken UTF-8: what the words of a
// narration hold of it.
func Bare(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsSpace(r) || invisible(r) {
			return -1
		}
		return r
	}, text)
}

// invisible tells the characters that are neither said nor shown. Joiners stay: emoji, Persian and Indic scripts need
// them.
func invisible(r rune) bool {
	if r == 0x200c || r == 0x200d {
		return false
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cs, r)
}

// scan cuts text into tokens at white space, and between the letters of scripts that write none.
func scan(text string, say func(string) string) []token {
	var out []token
	var word strings.Builder
	runes, lines, column, before := 0, 0, 0, 0
	spaced := true
	flush := func() {
		if word.Len() == 0 {
			return
		}
		t := word.String()
		out = append(out, token{text: t, say: say(t), lines: lines, line: before, glued: !spaced})
		word.Reset()
		runes, lines, spaced = 0, 0, false
	}
	prev := rune(0)
	for _, r := range text {
		switch {
		case r == '\n' || r == '\v' || r == '\f' || r == 0x2028 || r == 0x2029 || r == 0x85:
			flush()
			if lines == 0 {
				before = column
			}
			lines++
			if r == 0x2029 || r == '\f' {
				lines++
			}
			column, spaced, prev = 0, true, 0
			continue
		case unicode.IsSpace(r):
			flush()
			column++
			spaced, prev = true, 0
			continue
		case r == utf8.RuneError || invisible(r):
			continue
		}
		if word.Len() > 0 && (runes >= maxWord && !unicode.Is(unicode.M, r) || breaks(prev, r)) {
			flush()
		}
		word.WriteRune(r)
		runes++
		column++
		prev = r
	}
	flush()
	return out
}

// unspaced are the scripts that put no white space between words.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
}

// breaks tells whether a word may end between a and b though no space stands there.
func breaks(a, b rune) bool {
	if !unicode.IsLetter(b) || a == 0 {
		return false
	}
	if a == 'ー' || unicode.In(a, unspaced...) || unicode.In(b, unspaced...) {
		switch {
		case strings.ContainsRune("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮー", b): // small kana belong to what is in front of them
			return false
		case (unicode.Is(unicode.Katakana, a) || a == 'ー') && unicode.Is(unicode.Katakana, b):
			return false
		case strings.ContainsRune("「『（《〈【“‘([{เแโใไ", a): // openers, and Thai vowels that are written first
			return false
		}
		return true
	}
	// After a full-width stop any script may go on.
	return strings.ContainsRune("。！？｡、，；：", a)
}

// join drops tokens without anything to say by joining them to a neighbour, so that every token left is heard.
func join(in []token) []token {
	var out []token
	var lead string // what stands in front of the first word that is said
	var first token
	for _, t := range in {
		if t.say != "" {
			if lead != "" {
				t.text = lead + gap(t) + t.text
				t.lines, t.line, t.glued = first.lines, first.line, first.glued
				lead = ""
			}
			out = append(out, t)
			continue
		}
		// A mark at the beginning of a line (a bullet) belongs to what follows; all others to what precedes.
		if len(out) == 0 || lead != "" || t.lines > 0 {
			if lead == "" {
				lead, first = t.text, t
			} else {
				lead += gap(t) + t.text
			}
			continue
		}
		last := &out[len(out)-1]
		last.text += gap(t) + t.text
		if dash(t.text) && !endsInMark(last.say) {
			last.say += ","
		}
		if s := stop(t.text); s != "" && !endsInMark(last.say) {
			last.say += s
		}
	}
	if lead != "" && len(out) > 0 {
		out[len(out)-1].text += gap(first) + lead
	}
	return out
}

func gap(t token) string {
	if t.glued {
		return ""
	}
	return " "
}

func dash(s string) bool { return s == "-" || s == "–" || s == "—" || s == "--" || s == "―" }

// stop gives the stop that a token of marks alone stands for: "?!" or ")." after a word.
func stop(s string) string {
	switch {
	case strings.ContainsAny(s, "?？؟"):
		return "?"
	case strings.ContainsAny(s, "!！"):
		return "!"
	case strings.ContainsAny(s, ".。…"):
		return "."
	}
	return ""
}

func endsInMark(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".,;:!?…。！？、，；：؟۔।،", r)
}

var (
	link    = regexp.MustCompile(`^(.*?)\]\((?:[^()\s]*)\)?(.*)$`)
	address = regexp.MustCompile(`(?i)^([("'<\[]*)(?:https?://|ftp://|www\.)(?:www\.)?(?:[^/@\s]*@)?([^/?#:\s>)"'\]]+)[^\s]*?([.,;:!?)>"'\]]*)$`)
)

// Speakable is what is said for one word as written: without markdown marks, emoji and decoration, an address as its
// host name alone, in NFC. It is empty where nothing is to be said.
func Speakable(written string) string {
	s := norm.NFC.String(written)
	if strings.Contains(s, "](") {
		if m := link.FindStringSubmatch(s); m != nil {
			s = m[1] + m[2]
		}
	}
	if m := address.FindStringSubmatch(s); m != nil {
		s = strings.TrimRight(m[2], ".,;") + tailMark(m[3])
	}
	var b strings.Builder
	voiced := false
	prev := rune(0)
	for _, r := range s {
		r = plain(r)
		if r == 0 || (r == prev && !unicode.IsLetter(r) && !unicode.IsNumber(r)) {
			continue
		}
		if unicode.IsLetter(r) || unicode.IsNumber(r) || strings.ContainsRune("&%€$£¥@+=°№§", r) {
			voiced = true
		}
		if r != '\'' || prev != 0 {
			b.WriteRune(r)
			prev = r
		}
	}
	if !voiced {
		return ""
	}
	out := loosen(strings.Trim(b.String(), "-'"))
	if strings.IndexFunc(out, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) < 0 {
		// A lone sign is said by its name only where it stands between words: "R & D", "2 + 2".
		if utf8.RuneCountInString(out) > 1 {
			return ""
		}
	}
	return out
}

// loosen puts spaces into a word that holds more signs than any word does ("x.x.x.x…"): engines choke on such.
func loosen(word string) string {
	signs := 0
	for _, r := range word {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.Is(unicode.M, r) {
			signs++
		}
	}
	if signs <= 12 {
		return word
	}
	last := lastRune(word)
	fields := strings.FieldsFunc(word, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) })
	out := strings.Join(fields, " ")
	if strings.ContainsRune(".,;:!?", last) {
		out += string(last)
	}
	return out
}

func tailMark(s string) string {
	if i := strings.IndexAny(s, ".,;:!?"); i >= 0 {
		return s[i : i+1]
	}
	return ""
}

// plain maps a character to the one that engines understand, 0 where it is not said.
func plain(r rune) rune {
	switch r {
	case '’', '‘', '‛', 'ʼ', '`', '´', '′':
		if r == '`' {
			return 0
		}
		return '\''
	case '“', '”', '„', '‟', '«', '»', '"', '‹', '›', '*', '_', '~', '#', '|', '\\', '<', '>', '[', ']', '{', '}', '^',
		'「', '」', '『', '』', '《', '》', '〈', '〉', '【', '】', '•', '·', '●', '■', '▪', '◦', '‣', '\uFFFD':
		return 0
	case '‐', '‑', '‒', '−':
		return '-'
	case '–', '—', '―':
		return '-'
	case '…':
		return '.'
	case 0x200c, 0x200d:
		return r
	case '°', '№', '§':
		return r
	}
	switch {
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe01ef, r >= 0x1f3fb && r <= 0x1f3ff:
		return 0
	case unicode.Is(unicode.So, r), unicode.Is(unicode.Sk, r):
		return 0
	case unicode.Is(unicode.Sm, r) && !strings.ContainsRune("+=×÷±", r):
		return 0
	case unicode.IsSpace(r), invisible(r):
		return 0
	}
	return r
}
