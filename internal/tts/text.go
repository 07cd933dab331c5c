package tts

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"lectern"
)

// Word is one word of a sentence.
type Word struct {
	Text       string // as written in the script, without invisible characters; it may hold spaces: "1 234 567"
	Start, End int    // its spoken form: Sentence.Text[Start:End], never empty
	Strong     bool   // it is emphasised
}

// Sentence is what an engine says in one go. It has at least one word, and at most about maxSentence runes.
type Sentence struct {
	Text   string        // clean text, NFC, one line
	Words  []Word        // in order; every byte of Text that is a letter or a digit belongs to one of them
	After  Pause         // the silence after it
	Before time.Duration // a pause that the script asks for before it, the same at every speed
	Ending time.Duration // likewise after it, at the end of the script
}

const (
	maxSentence = 400 // runes of a sentence's Text; beyond, it is cut at a clause or between words
	maxWord     = 120 // runes of one word; a longer run is several words
)

// Span is a stretch of a text that is said as a whole.
type Span struct {
	Start, End int    // bytes of the text; it may hold spaces inside
	Say        string // its spoken form, in one word or several; empty: silent
}

// Say reads a text in a language (BCP 47). It returns spans in order, not overlapping, that hold every character except
// white space. It decides how numbers, signs and addresses are spoken. [PerWord] makes one from a rule for single
// words.
type Say func(text, language string) []Span

// PerWord reads a text word by word: word returns the spoken form of one written word.
func PerWord(word func(written string) string) Say {
	return func(text, _ string) []Span {
		spans := scan(text)
		for i, s := range spans {
			spans[i].Say = word(visible(text[s.Start:s.End]))
		}
		return spans
	}
}

// token is a word as written, with what is around it.
type token struct {
	text   string // as written
	say    string // its spoken form; empty: silent
	lines  int    // line breaks in front of it
	line   int    // runes of the line in front of it, if lines > 0
	glued  bool   // no space in front of it in the input (scripts without spaces)
	strong bool
	pause  time.Duration // the script's pause in front of it
	ends   bool          // whether the script ends a sentence in front of it
}

// Prepare turns a script into sentences to speak. language is BCP 47 and selects abbreviations. say reads the text, one
// call for each stretch between pauses; nil means [PerWord] of [Speakable].
//
// The words hold all of the text, once and in order: joined without white space they are [Bare] of it. A silent word
// (an emoji, a lone dash) is joined to its neighbour. Prepare returns nil for a script with nothing to speak.
func Prepare(script lectern.Script, language string, say Say) []Sentence {
	if say == nil {
		say = PerWord(Speakable)
	}
	all := tokens(script, language, say)
	list, rest := join(all)
	if len(list) == 0 {
		return nil
	}
	out := split(list, base(language))
	out[len(out)-1].Ending = rest
	return out
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

// invisible reports whether a character is neither spoken nor shown. Joiners stay: emoji, Persian and Indic scripts
// need them.
func invisible(r rune) bool {
	if r == 0x200c || r == 0x200d {
		return false
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || unicode.Is(unicode.Cs, r)
}

// tokens reads the stretches of a script between its pauses.
func tokens(script lectern.Script, language string, say Say) []token {
	b := &builder{text: script.Text}
	var pause time.Duration
	ends := false
	stretch := func(to int) {
		if from := b.stretch; from < to {
			b.read(say(script.Text[from:to], language), from, to, pause, ends)
			b.stretch, pause, ends = to, 0, false
		}
	}
	for _, m := range script.Marks {
		switch m.Name {
		case lectern.MarkEmphasis:
			b.strong = append(b.strong, m)
		case lectern.MarkPause:
			stretch(m.Start)
			pause += m.Length
		case lectern.MarkSentence:
			stretch(m.Start)
			ends = true
		}
	}
	stretch(len(script.Text))
	if pause > 0 { // after everything
		b.out = append(b.out, token{pause: pause})
	}
	return b.emphasise()
}

// builder makes tokens from spans.
type builder struct {
	text    string
	out     []token
	starts  []int // where each token begins
	at      int   // the text before this byte has been read
	stretch int   // where the current stretch begins
	strong  []lectern.Mark

	lines  int  // line breaks since the last token
	before int  // runes of the line before them
	column int  // runes of the current line so far
	spaced bool // whether there is white space after the last token
}

// read appends the spans of text[from:to]. Text that belongs to no span becomes silent tokens.
func (b *builder) read(spans []Span, from, to int, pause time.Duration, ends bool) {
	n := len(b.out)
	for _, s := range spans {
		start, end := max(s.Start+from, b.at), min(s.End+from, to)
		if start >= end {
			continue
		}
		b.gap(start)
		b.take(start, end, s.Say)
	}
	b.gap(to)
	if n < len(b.out) {
		b.out[n].pause, b.out[n].ends = pause, ends
	} else if pause > 0 || ends {
		b.out, b.starts = append(b.out, token{pause: pause, ends: ends}), append(b.starts, to)
	}
}

// gap reads the text between two spans: white space, and what a reader left out.
func (b *builder) gap(to int) {
	for b.at < to {
		r, n := utf8.DecodeRuneInString(b.text[b.at:])
		switch {
		case lineBreak(r):
			if b.lines == 0 {
				b.before = b.column
			}
			b.lines++
			if r == 0x2029 || r == '\f' {
				b.lines++
			}
			b.column, b.spaced = 0, true
		case unicode.IsSpace(r):
			b.column++
			b.spaced = true
		case !unseen(r):
			end := b.at + n
			for end < to {
				r, n := utf8.DecodeRuneInString(b.text[end:])
				if unicode.IsSpace(r) || lineBreak(r) {
					break
				}
				end += n
			}
			b.take(b.at, end, "")
			continue
		}
		b.at += n
	}
}

// take appends text[start:end] as a token.
func (b *builder) take(start, end int, say string) {
	b.at = end
	text := visible(b.text[start:end])
	if text == "" {
		return
	}
	glued := len(b.out) > 0 && !b.spaced
	b.out = append(b.out, token{text: text, say: strings.TrimSpace(say), lines: b.lines, line: b.before, glued: glued})
	b.starts = append(b.starts, start)
	b.column += utf8.RuneCountInString(text)
	b.lines, b.spaced = 0, false
}

// emphasise marks the tokens that begin within emphasised text.
func (b *builder) emphasise() []token {
	for _, m := range b.strong {
		i, _ := slices.BinarySearch(b.starts, m.Start)
		for ; i < len(b.starts) && b.starts[i] < m.End; i++ {
			b.out[i].strong = true
		}
	}
	return b.out
}

func lineBreak(r rune) bool {
	return r == '\n' || r == '\v' || r == '\f' || r == 0x2028 || r == 0x2029 || r == 0x85
}

// unseen reports whether a character is left out of words.
func unseen(r rune) bool { return r == utf8.RuneError || invisible(r) }

// visible is text without invisible characters, and without white space around it.
func visible(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unseen(r) && !unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text))
}

// scan cuts text into words at white space, and between the letters of scripts that write none.
func scan(text string) []Span {
	var out []Span
	start, runes, prev := -1, 0, rune(0)
	flush := func(at int) {
		if start >= 0 && runes > 0 {
			out = append(out, Span{Start: start, End: at})
		}
		start, runes = -1, 0
	}
	for i, r := range text {
		switch {
		case unicode.IsSpace(r) || lineBreak(r):
			flush(i)
			prev = 0
			continue
		case unseen(r):
			continue
		}
		if runes > 0 && (runes >= maxWord && !unicode.Is(unicode.M, r) || breaks(prev, r)) {
			flush(i)
		}
		if start < 0 {
			start = i
		}
		runes++
		prev = r
	}
	flush(len(text))
	return out
}

// unspaced are the scripts that put no white space between words.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
	unicode.Tibetan,
}

// breaks reports whether a word may end between a and b although no space is there.
func breaks(a, b rune) bool {
	if !unicode.IsLetter(b) || a == 0 {
		return false
	}
	if a == 'ー' || unicode.In(a, unspaced...) || unicode.In(b, unspaced...) {
		switch {
		case strings.ContainsRune("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮー", b): // small kana belong to the character before them
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

// join removes tokens without speech by joining them to a neighbour, so that every remaining token is audible.
//
// Pauses keep their places. rest is the pause after the last token.
func join(in []token) (out []token, rest time.Duration) {
	var lead string // the silent text before the next spoken word
	var first token
	var pause time.Duration
	ends := false
	for _, t := range in {
		pause, ends = pause+t.pause, ends || t.ends
		if t.text == "" {
			continue
		}
		if t.say != "" {
			t.pause, t.ends = pause, ends
			pause, ends = 0, false
			if lead != "" {
				t.text = lead + gap(t) + t.text
				t.lines, t.line, t.glued = first.lines, first.line, first.glued
				lead = ""
			}
			out = append(out, t)
			continue
		}
		// A mark at the beginning of a line (a bullet) belongs to what follows; all others to what precedes.
		if len(out) == 0 || lead != "" || t.lines > 0 || pause > 0 {
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
	return out, pause
}

func gap(t token) string {
	if t.glued {
		return ""
	}
	return " "
}

func dash(s string) bool { return s == "-" || s == "–" || s == "—" || s == "--" || s == "―" }

// stop returns the mark that a token of marks alone, such as "?!" or ").", gives to the word before it.
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

// Speakable is the spoken form of one word as written: without Markdown marks, emoji and decoration, an address reduced
// to its host name, in NFC. It is empty if there is nothing to speak.
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
		// A single sign is spoken by its name, as in "R & D" or "2 + 2"; several signs are silent.
		if utf8.RuneCountInString(out) > 1 {
			return ""
		}
	}
	return out
}

// loosen replaces the signs of a word by spaces if it has more signs than a real word has ("x.x.x.x…"), because engines
// fail on such words.
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

// plain maps a character to one that engines understand, or to 0 if it is not spoken.
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
