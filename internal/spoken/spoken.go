// Package spoken rewrites text as it is read aloud: "It was -5 °C on 03/04/2025." becomes "It was minus five degrees
// Celsius on March fourth, twenty twenty-five." in the language of the text. Voice engines read digits and signs very
// differently, but all of them read words well.
//
// [Normalise] is pure. Its data for the hundred languages of the Unicode CLDR (how numbers are spelled, units named and
// dates written) is in package cldr; lexicon.go adds the names of signs and the idioms of ten languages. A language
// without number words in the CLDR keeps its digits, without separators, for the engine to read.
package spoken

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Span is one unit of a text: a word, or several that are read together ("1 234 567 руб.").
type Span struct {
	Start, End int    // bytes of the text; no white space at either end
	Say        string // its spoken form; empty: silent
}

// Normalise cuts text into spans with their spoken forms in language, a BCP 47 tag. The spans are in order, do not
// overlap, begin and end at rune boundaries, and hold every character that is not white space. Marks that shape the
// sentence (".", ",", "?") stay in Say. A word that needs no change is its own Say.
func Normalise(text, language string) []Span {
	n := newReader(text, language)
	var out []Span
	for i := n.skip(0); i < len(text); {
		end, say := n.span(i)
		out = append(out, Span{Start: i, End: end, Say: say})
		n.previous(i, end)
		i = n.skip(end)
	}
	return out
}

// reader reads one text.
type reader struct {
	text string
	*language

	last, before string // the bare words before the current one, as written; empty at the beginning of a sentence
	start        int    // of the current span
	depth        int    // of numbers that are read within a number
}

// deepest bounds the numbers that are joined in one piece: "1+2+3".
const deepest = 8

func newReader(text, language string) *reader {
	return &reader{text: text, language: languageOf(language)}
}

// skip returns the first place from i on that is not white space.
func (n *reader) skip(i int) int {
	for i < len(n.text) {
		r, size := utf8.DecodeRuneInString(n.text[i:])
		if !unicode.IsSpace(r) {
			break
		}
		i += size
	}
	return i
}

// longest is the largest length of a unit in bytes.
const longest = 400

// chunkEnd returns the end of the run without white space at i, or of its first part if it is very long.
func (n *reader) chunkEnd(i int) int {
	before, digits := rune(0), 0
	for start := i; i < len(n.text) && i-start < longest && digits < mostDigits; {
		r, size := rune(n.text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(n.text[i:])
		}
		if unicode.IsSpace(r) || before != 0 && changes(before, r) {
			return i
		}
		if digits++; r < '0' || r > '9' {
			digits = 0
		}
		before = r
		i += size
	}
	return i
}

// mostDigits bounds the digits of one unit, because each may be spoken separately.
const mostDigits = 40

// unspaced are the scripts without white space between words.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
	unicode.Tibetan,
}

// changes reports whether a script without white space ends or begins between a and b.
func changes(a, b rune) bool {
	if a < 0xe00 && b < 0xe00 {
		return false
	}
	word := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '%'
	}
	return word(a) && word(b) && unicode.In(a, unspaced...) != unicode.In(b, unspaced...) && !unicode.Is(unicode.M, b)
}

// previous stores the last span as context for the next ones.
func (n *reader) previous(start, end int) {
	chunk := n.text[start:end]
	if i := strings.LastIndexFunc(chunk, unicode.IsSpace); i >= 0 {
		chunk = chunk[i:]
	}
	n.before, n.last = n.last, bare(chunk)
	if strings.HasSuffix(chunk, ".") && len(chunk) > 4 || strings.ContainsAny(chunk[len(chunk)-1:], "!?:;") {
		n.before, n.last = "", ""
	}
}

// bare returns a chunk without the marks around it.
func bare(chunk string) string {
	return strings.TrimFunc(chunk, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) &&
			!unicode.Is(unicode.M, r)
	})
}

// word returns the bare chunk that follows place i, and where the chunk begins.
func (n *reader) word(i int) (string, int) {
	at := n.skip(i)
	return bare(n.text[at:n.chunkEnd(at)]), at
}

// span reads one unit at i and returns its end and its spoken form.
func (n *reader) span(i int) (end int, say string) {
	end = n.chunkEnd(i)
	chunk := n.text[i:end]
	n.start = i
	if plainWord(chunk) && !n.special(chunk) {
		return end, chunk
	}
	if dottedLetters(chunk) {
		if _, _, ok := n.abbreviated(i); !ok {
			return end, chunk
		}
	}
	if say, ok := n.address(chunk); ok {
		return end, say
	}
	if say, ok := n.identifier(chunk); ok {
		return end, say
	}
	var b builder
	at := i
	for at < end {
		next, words, glue := n.piece(at, i)
		if next <= at {
			_, size := utf8.DecodeRuneInString(n.text[at:])
			next = at + size
		}
		b.add(words, glue)
		at = next
		end = max(end, n.reach(at, end))
	}
	return at, tidy.Replace(b.String())
}

// tidy replaces the special spaces in the CLDR's patterns by plain ones.
var tidy = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u200f", "", "\u200e", "")

// reach returns end, or, if a piece extends beyond it to place at, the end of the chunk that contains at.
func (n *reader) reach(at, end int) int {
	if at <= end {
		return end
	}
	return n.chunkEnd(at)
}

// plainWord reports whether a chunk is only letters, with an apostrophe or hyphen inside and a mark after it.
func plainWord(s string) bool {
	s = strings.TrimRight(s, ".,;:!?…")
	if s == "" {
		return false
	}
	before := rune(0)
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.Is(unicode.M, r):
		case r == '\'' || r == '’' || r == '-':
			if i == 0 || !unicode.IsLetter(before) || i+utf8.RuneLen(r) == len(s) && r == '-' {
				return false
			}
		default:
			return false
		}
		before = r
	}
	return true
}

// dottedLetters reports whether a chunk is an abbreviation like "i.e." or "т.д.".
func dottedLetters(s string) bool {
	core := strings.TrimRight(s, ",;:!?)")
	if !strings.Contains(core, ".") || len(core) > 24 || romanStart(strings.Trim(core, ".")) {
		return false
	}
	letters, points := 0, 0
	for _, r := range core {
		switch {
		case r == '.' && letters > 0:
			letters, points = 0, points+1
		case unicode.IsLetter(r) && letters < 3:
			letters++
		default:
			return false
		}
	}
	return points > 1 || points == 1 && letters == 1
}

// special reports whether a chunk of letters may be more than a word: a Roman numeral, an abbreviation, a name written
// as one word.
func (n *reader) special(chunk string) bool {
	core := strings.TrimRight(chunk, ".,;:!?…")
	if _, numeral := latinNumeral(core); numeral || romanStart(core) || camel(core) || fullWidth(core) ||
		n.month(core) > 0 {
		return true
	}
	if list, _ := n.shortened(core); list != nil {
		return true
	}
	switch strings.ToLower(core) {
	case "nr", "no", "nº", "num", "núm", "n":
		return true
	}
	return codes[core] || signs[core] != "" || signs[chunk] != ""
}

// fullWidth reports whether s has compatibility forms of letters, such as full-width ones.
func fullWidth(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r >= 0xff00 && r <= 0xffef })
}

// camel reports whether s is an identifier of joined words: "getUserName".
func camel(s string) bool {
	lower := 0
	for i, r := range s {
		if unicode.IsUpper(r) && lower >= 2 {
			next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if unicode.IsLower(next) {
				return true
			}
		}
		if unicode.IsLower(r) {
			lower++
		} else {
			lower = 0
		}
	}
	return false
}

// glue is how a piece joins the one before it.
type glue int

const (
	apart  glue = iota // a word of its own
	joined             // a mark, or letters that belong to the piece before
	quiet              // silent; the next piece is a separate word
)

// builder joins the spoken forms of the pieces of a span.
type builder struct {
	strings.Builder
	after glue // of the last piece
}

func (b *builder) add(s string, g glue) {
	if s == "" {
		if g == quiet {
			b.after = quiet
		}
		return
	}
	if b.Len() > 0 && !strings.HasSuffix(b.String(), "(") && (g == apart || b.after == quiet && g != joined) {
		b.WriteByte(' ')
	}
	b.WriteString(s)
	b.after = g
}

// piece reads one piece of a span at place at; first is where the span begins.
func (n *reader) piece(at, first int) (next int, say string, g glue) {
	r, size := utf8.DecodeRuneInString(n.text[at:])
	start := at == first || !wordRune(n.runeBefore(at))
	if start {
		if next, say, ok := n.number(at); ok {
			return next, say, apart
		}
	}
	if start || !wordRune(r) {
		if next, say, ok := n.sign(at, first); ok {
			return next, say, apart
		}
	}
	switch {
	case unicode.IsDigit(r):
		next, say = n.looseDigits(at)
		return next, say, apart
	case unicode.IsLetter(r) || unicode.Is(unicode.M, r):
		next, say = n.letters(at, first)
		if start && say != "" && at > first && n.runeBefore(at) == '(' {
			return next, say, joined
		}
		return next, say, apart
	case unicode.IsNumber(r):
		if strings.ContainsRune(raised, r) && at > first {
			if next, say, ok := n.exponent(at); ok && !n.footnote(at) {
				return next, say, apart
			} else if ok {
				return next, "", quiet
			}
		}
		return at + size, n.numeral(r), apart
	}
	return n.mark(at, first)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

func (n *reader) runeBefore(i int) rune {
	if i <= 0 {
		return 0
	}
	r, _ := utf8.DecodeLastRuneInString(n.text[:i])
	return r
}

func (n *reader) runeAt(i int) rune {
	if i >= len(n.text) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(n.text[i:])
	return r
}

// letters reads a run of letters, with the other characters inside the word.
func (n *reader) letters(at, first int) (next int, say string) {
	i := at
	for i < len(n.text) {
		r, size := utf8.DecodeRuneInString(n.text[i:])
		if unicode.IsLetter(r) || unicode.Is(unicode.M, r) || r == 0x200c || r == 0x200d {
			i += size
			continue
		}
		if (r == '\'' || r == '’' || r == 'ʼ' || r == '-' || r == '‐' || r == '‑') && i > at {
			if follows := n.runeAt(i + size); unicode.IsLetter(follows) {
				i += size
				continue
			}
		}
		break
	}
	word := n.text[at:i]
	if start := at == first || !wordRune(n.runeBefore(at)); start {
		for _, read := range []func(int) (int, string, bool){n.formula, n.abbreviated, n.unitAlone} {
			if next, say, ok := read(at); ok {
				return next, say
			}
		}
		if next, say, ok := n.shortMonth(word, i); ok {
			return next, say
		}
	}
	if next, say, ok := n.roman(word, at, i); ok {
		return next, say
	}
	if next, say, ok := n.abbreviation(word, i); ok {
		return next, say
	}
	if camel(word) {
		return i, splitCamel(word)
	}
	if fullWidth(word) {
		word = norm.NFKC.String(word)
	}
	return i, hyphens.Replace(word)
}

var hyphens = strings.NewReplacer("‐", "-", "‑", "-")

func splitCamel(s string) string {
	var b strings.Builder
	before := rune(0)
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// numeral returns the spoken form of a character that is a number of another kind: "½", "²", "Ⅳ", "①".
func (n *reader) numeral(r rune) string {
	plain := norm.NFKD.String(string(r))
	if top, bottom, ok := strings.Cut(plain, "⁄"); ok {
		return n.fraction(top, bottom)
	}
	if strings.Trim(plain, "IVXLCDMivxlcdm") == "" {
		if v := romanValue(strings.ToUpper(plain)); v > 0 {
			return n.cardinal(integer(uint64(v)), "", false)
		}
	}
	digits := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, plain)
	if digits == "" {
		return ""
	}
	return n.cardinalText(digits)
}

// mark reads one mark: it keeps what shapes the sentence, names it between words if it has a name, and drops the rest.
func (n *reader) mark(at, first int) (next int, say string, g glue) {
	r, size := utf8.DecodeRuneInString(n.text[at:])
	next = at + size
	switch r {
	case '.', ',', ';', ':', '!', '?', '…', '¿', '¡', '。', '！', '？', '、', '，', '；', '：', '؟', '۔', '।', '،', '؛',
		'·', '՞', '։':
		if at == first && (r == '.' || r == ',') && wordRune(n.runeAt(next)) {
			return next, "", quiet
		}
		if r == '·' {
			return next, "", quiet
		}
		return next, string(r), joined
	case '(', ')':
		if r == '(' && at > first {
			return next, "", quiet
		}
		return next, string(r), joined
	case '\'', '’', 'ʼ':
		if unicode.IsLetter(n.runeBefore(at)) {
			return next, "'", joined
		}
		return next, "", joined
	case '—', '–':
		if at > first && wordRune(n.runeAt(next)) {
			return next, ",", joined
		}
		return next, "", quiet
	case '_':
		if wordRune(n.runeBefore(at)) && wordRune(n.runeAt(next)) {
			return next, n.lex["underscore"], apart
		}
		return next, "", quiet
	case '/', '\\':
		if say, end, ok := n.perCounted(at); ok && at > first {
			return end, say, apart
		}
		return next, "", quiet
	}
	if unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsControl(r) || r == utf8.RuneError {
		return next, "", quiet
	}
	return next, "", joined
}
