package lectern

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A narration is plain text with a few marks in it. [ParseScript] is their only parser. Voices, captions, the
// transcript, the recognition of languages and estimates all use the [Script] that it returns, so they all agree on
// what is text.
//
//   - [pause], [pause 2s], [pause 500ms]: silence. \[ is a bracket that begins no mark. Brackets with other names are
//     text.
//   - [click], [click:2]: the slide shows its next step. It has no effect on the speech.
//   - *word*, **some words**: emphasis, at the edges of words only, so 5*3 stays as it is.
//   - [label](address) and `code`, as in Markdown: the label is text, and so is the code, with no marks in it.
//   - SSML: <speak>, <p>, <s>, <break>, <emphasis>; entities inside <speak>. HTML's <b>, <strong>, <i>, <em> and <br>.
//   - Text between [literalOpen] and [literalClose] has no marks: it is the value of a variable.
//   - Removed: comments, and HTML's tags that only change how text looks, such as <u> and <span>. <div> and <li> are
//     line breaks; <h1> to <h4> are paragraph breaks.
//   - Not supported, and removed with a note: other known tags of SSML and HTML, {\an8}, the reserved marks.

// Marks that a script has.
const (
	MarkPause    = "pause"    // silence of Length at Start
	MarkEmphasis = "emphasis" // Start to End is stressed
	MarkSentence = "sentence" // a sentence begins or ends at Start
)

// MarkClick is the name of the marks that [Script.Clicks] lists. They are not among [Script.Marks], because a voice
// need not know them.
const MarkClick = "click"

// reserved are names of marks that are not supported yet. They are never spoken or shown.
var reserved = []string{"say-as", "pronounce", "gesture"}

// The lengths of pauses.
const (
	DefaultPause = time.Second
	MaxPause     = 30 * time.Second // a longer one is shortened, with a note
)

// Mark controls the speech at one position or over a range of a script's text. Positions are in bytes.
type Mark struct {
	Name   string        `json:"name"`
	Start  int           `json:"start"`
	End    int           `json:"end"`              // after the last byte; Start for a mark at one position
	Length time.Duration `json:"length,omitempty"` // of a pause
}

// Script is a narration after parsing. The zero value has no text.
type Script struct {
	Text  string    // what is said and shown, without marks
	Marks []Mark    // sorted by Start, then by End with the longer one first
	Notes []Warning // warnings about unsupported marks that were removed
	// Clicks are the marks [click] in their order. They are those of the whole narration: [Script.Part] has none.
	Clicks []Click

	runs []textRun
}

// textRun maps a range of a script's text to a range of the written narration, its source.
type textRun struct {
	at, from int // where the range begins: in the text, in the source
	// bytes in the source; in the text the range has as many, unless it replaces something, such as an entity
	size int
}

// Plain is a script of text without marks: nothing in it is parsed.
func Plain(text string) Script {
	if text == "" {
		return Script{}
	}
	return Script{Text: text, runs: []textRun{{size: len(text)}}}
}

// Script parses the slide's narration.
func (s Slide) Script() Script { return ParseScript(s.Narration) }

// Source returns the position in the written narration, in bytes, that belongs to a position in Text.
func (s Script) Source(at int) int {
	i := sort.Search(len(s.runs), func(i int) bool { return s.runs[i].at > at }) - 1
	if i < 0 {
		return 0
	}
	r := s.runs[i]
	return r.from + min(at-r.at, r.size)
}

// Part is the script of Text[start:end]. An emphasis that is partly inside is cut at the edge. A mark at an edge
// belongs to the part that begins there, and at the end of the text to the part that ends there.
func (s Script) Part(start, end int) Script {
	p := Script{Text: s.Text[start:end]}
	for _, m := range s.Marks {
		from, to := max(m.Start, start), min(m.End, end)
		switch {
		case m.Name == MarkEmphasis && from < to:
		case m.Name != MarkEmphasis && m.Start >= start && (m.Start < end || m.Start == len(s.Text) && end == m.Start):
		default:
			continue
		}
		m.Start, m.End = from-start, to-start
		p.Marks = append(p.Marks, m)
	}
	for _, r := range s.runs {
		if cut := start - r.at; cut > 0 {
			r.at, r.from, r.size = start, r.from+min(cut, r.size), r.size-min(cut, r.size)
		}
		if r.at < end && (r.size > 0 || r.at > start) {
			r.at -= start
			p.runs = append(p.runs, r)
		}
	}
	return p
}

// Silent reports whether the text has no letters and no numbers, so that there is nothing to say.
func (s Script) Silent() bool {
	return !strings.ContainsFunc(s.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// Pauses is the sum of the script's pauses.
func (s Script) Pauses() time.Duration {
	var sum time.Duration
	for _, m := range s.Marks {
		sum += m.Length
	}
	return sum
}

// piece is a part of a narration's source.
type piece struct {
	kind     pieceKind
	from, to int    // in the source
	text     string // the script's text for this piece
	key      string // of pieceStars and pieceTag: only pieces with equal keys can be a pair
	opens    bool   // of pieceStars and pieceTag: it can begin an emphasis
	closes   bool   // … or end one
	mark     Mark   // of piecePoint
	clicks   int    // of pieceGone: how many clicks happen there
}

type pieceKind int

const (
	pieceText  pieceKind = iota
	pieceStars           // emphasis begins or ends here; without a partner the stars are text
	pieceTag             // emphasis begins or ends here; without a partner the tag is removed
	piecePoint           // a mark at one position
	pieceBreak           // a line break or paragraph break: piece.text
	pieceGone            // removed from the text
)

// ParseScript parses a narration. It accepts every text and never fails: what is not a mark is text.
func ParseScript(narration string) Script {
	if !strings.ContainsAny(narration, "[*<{\\`"+literalOpen) {
		return Plain(narration)
	}
	p := scriptParser{src: masked(narration), text: narration}
	p.scan()
	return p.write(p.pair())
}

// scriptParser divides a narration into pieces.
type scriptParser struct {
	src      string // the source, with literal text masked so that no mark is found in it
	text     string // the source as it was written
	pieces   []piece
	notes    []Warning
	noted    map[string]bool
	labelEnd int     // where the label of the link that is being read ends
	linkEnd  int     // where that link ends; 0: no link is being read
	document bool    // inside <speak>, where entities are characters
	open     [2]bool // the rest of the source has no end of a comment, no end of a declaration
}

// The parser looks at most this many bytes ahead for the end of a mark, code, link or tag.
const (
	mostMark = 200
	mostCode = 400
	mostLink = 1500
	mostTag  = 1000
)

func (p *scriptParser) note(name, format string, args ...any) {
	if p.noted == nil {
		p.noted = map[string]bool{}
	}
	if p.noted[name] || len(p.notes) == 20 {
		return
	}
	p.noted[name] = true
	p.notes = append(p.notes, Warning{Code: "narration_mark", Message: fmt.Sprintf(format, args...)})
}

// add appends a piece of n bytes of the source, from i on, and returns where the next one begins.
func (p *scriptParser) add(i, n int, q piece) int {
	q.from, q.to = i, i+n
	p.pieces = append(p.pieces, q)
	return i + n
}

// scan cuts the source into pieces.
func (p *scriptParser) scan() {
	text := 0 // where text that is not yet a piece begins
	for i := 0; i < len(p.src); {
		n := len(p.pieces)
		next := p.special(i)
		if next == i {
			_, size := utf8.DecodeRuneInString(p.src[i:])
			i += size
			continue
		}
		if text < i {
			p.pieces = slices.Insert(p.pieces, n, piece{from: text, to: i, text: p.text[text:i]})
		}
		i, text = next, next
	}
	if text < len(p.src) {
		p.add(text, len(p.src)-text, piece{text: p.text[text:]})
	}
}

// special reads a mark, or anything else that is not plain text, at i. It returns where that ends, or i if only plain
// text is there.
func (p *scriptParser) special(i int) int {
	rest := p.src[i:]
	switch rest[0] {
	case '\\':
		return p.escape(i)
	case '`':
		return p.code(i)
	case '*':
		return p.stars(i)
	case '[':
		return p.bracket(i)
	case ']':
		if p.linkEnd > 0 && i == p.labelEnd {
			end := p.linkEnd
			p.linkEnd = 0
			return p.add(i, end-i, piece{kind: pieceGone})
		}
	case '<':
		return p.angle(i)
	case literalOpen[0]:
		if strings.HasPrefix(rest, literalOpen) {
			return p.literal(i)
		}
	case '{':
		end := strings.IndexByte(rest[:min(len(rest), mostMark)], '}')
		if end > 0 && rest[1] == '\\' && !strings.ContainsAny(rest[1:end], "{\n") {
			p.note("{", "Marks such as %s are for subtitle files; they are left out.", rest[:end+1])
			return p.add(i, end+1, piece{kind: pieceGone})
		}
	case '&':
		if !p.document {
			return i
		}
		for _, e := range entities {
			if strings.HasPrefix(rest, e.name) {
				return p.add(i, len(e.name), piece{text: e.text})
			}
		}
	}
	return i
}

var entities = []struct{ name, text string }{{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", `"`},
	{"&apos;", "'"}}

// escape reads \[ anywhere, and \* and \< unless the word looks like a path of Windows.
func (p *scriptParser) escape(i int) int {
	if i+1 == len(p.src) || !strings.ContainsRune("[*<", rune(p.src[i+1])) {
		return i
	}
	word := p.src[max(0, i-mostMark):i]
	word = word[1+strings.LastIndexFunc(word, isSpace):]
	if p.src[i+1] != '[' && (strings.Contains(word, `:\`) || strings.HasPrefix(word, `\\`) ||
		strings.HasSuffix(word, ":")) {
		return i
	}
	return p.add(i, 2, piece{text: p.src[i+1 : i+2]})
}

// code reads `code`, in which there are no marks.
func (p *scriptParser) code(i int) int {
	n := len(p.src[i:]) - len(strings.TrimLeft(p.src[i:], "`"))
	rest := p.src[i+n : min(i+n+mostCode, len(p.src))]
	end := strings.IndexByte(rest, '`')
	if n > 1 || end <= 0 || strings.ContainsRune(rest[:end], '\n') || strings.HasPrefix(rest[end:], "``") {
		return p.add(i, n, piece{text: p.src[i : i+n]})
	}
	p.add(i, 1, piece{kind: pieceGone})
	for at, to := i+1, i+1+end; at < to; {
		if strings.HasPrefix(p.src[at:], literalOpen) {
			if next := p.literal(at); next > at {
				at = next
				continue
			}
		}
		n := 1 + strings.Index(p.src[at+1:to]+literalOpen, literalOpen)
		at = p.add(at, n, piece{text: p.text[at : at+n]})
	}
	return p.add(i+1+end, 1, piece{kind: pieceGone})
}

// The characters around literal text. They are noncharacters, which Unicode reserves for use inside a program.
const (
	literalOpen  = "\ufdd0"
	literalClose = "\ufdd1"
)

// masked returns the narration with every byte of literal text replaced by the letter a.
func masked(narration string) string {
	if !strings.Contains(narration, literalOpen) {
		return narration
	}
	b := []byte(narration)
	for i := 0; ; {
		open := strings.Index(narration[i:], literalOpen)
		if open < 0 {
			return string(b)
		}
		i += open + len(literalOpen)
		size := strings.Index(narration[i:], literalClose)
		if size < 0 {
			return string(b)
		}
		for ; size > 0; size-- {
			b[i] = 'a'
			i++
		}
	}
}

// literal reads literal text, in which there are no marks.
func (p *scriptParser) literal(i int) int {
	from := i + len(literalOpen)
	size := strings.Index(p.src[from:], literalClose)
	if size < 0 {
		return i
	}
	p.add(i, len(literalOpen), piece{kind: pieceGone})
	if size > 0 {
		p.add(from, size, piece{text: p.text[from : from+size]})
	}
	return p.add(from+size, len(literalClose), piece{kind: pieceGone})
}

// stars reads a run of stars.
func (p *scriptParser) stars(i int) int {
	n := len(p.src[i:]) - len(strings.TrimLeft(p.src[i:], "*"))
	q := piece{kind: pieceStars, text: p.src[i : i+n]}
	if n <= 3 {
		before, _ := utf8.DecodeLastRuneInString(p.src[:i])
		after, _ := utf8.DecodeRuneInString(p.src[i+n:])
		start, end := i == 0, i+n == len(p.src)
		q.key = q.text
		q.opens = !end && !isSpace(after) && (start || wordEdge(before))
		q.closes = !start && !isSpace(before) && (end || wordEdge(after))
	}
	return p.add(i, n, q)
}

// bracket reads a mark, or the beginning of a link.
func (p *scriptParser) bracket(i int) int {
	rest := p.src[i+1:]
	end := strings.IndexAny(rest[:min(len(rest), mostMark)], "[]\n")
	if end < 0 || rest[end] != ']' {
		return i
	}
	inner, after := rest[:end], rest[end+1:]
	if strings.HasPrefix(after, "(") {
		close := strings.IndexAny(after[:min(len(after), mostLink)], ") \t\n")
		if close > 0 && after[close] == ')' && inner != "" {
			p.labelEnd, p.linkEnd = i+1+end, i+1+end+1+close+1
			return p.add(i, 1, piece{kind: pieceGone})
		}
	}
	name, args, _ := strings.Cut(strings.TrimSpace(strings.ToLower(inner)), " ")
	length := end + 2
	if n, ok := clickCount(name); ok {
		return p.add(i, length, piece{kind: pieceGone, clicks: n})
	}
	switch bare := strings.TrimPrefix(name, "/"); {
	case name == MarkPause:
		d, ok := pauseLength(strings.TrimSpace(args))
		if !ok {
			p.note("[pause", "The mark [%s] is left out: a pause is written as [pause], [pause 2s] or [pause 500ms].", inner)
			return p.add(i, length, piece{kind: pieceGone})
		}
		return p.pause(i, length, d)
	case slices.Contains(reserved, bare):
		p.note("["+bare, "The mark [%s] is not supported yet; it is left out.", bare)
		return p.add(i, length, piece{kind: pieceGone})
	}
	return i
}

func (p *scriptParser) pause(i, n int, d time.Duration) int {
	if d > MaxPause {
		p.note("long", "A pause lasts at most %v; the longer one is shortened.", MaxPause)
		d = MaxPause
	}
	if d == 0 {
		return p.add(i, n, piece{kind: pieceGone})
	}
	return p.add(i, n, piece{kind: piecePoint, mark: Mark{Name: MarkPause, Length: d}})
}

// pair finds the pieces that begin and end an emphasis. It returns the index of the closing piece for each opening one.
// An emphasis does not extend over an empty line; a break that a tag makes does not end it.
func (p *scriptParser) pair() map[int]int {
	var stack []int
	open, partner := map[string]int{}, map[int]int{}
	for i := range p.pieces {
		q := &p.pieces[i]
		switch q.kind {
		case pieceText:
			if strings.Contains(q.text, "\n\n") {
				stack, open = stack[:0], map[string]int{}
			}
			continue
		case pieceStars, pieceTag:
		default:
			continue
		}
		if q.closes && open[q.key] > 0 {
			for closed := false; !closed; stack = stack[:len(stack)-1] {
				top := stack[len(stack)-1]
				open[p.pieces[top].key]--
				if closed = p.pieces[top].key == q.key; closed {
					partner[top] = i
				}
			}
			continue
		}
		if q.opens {
			stack = append(stack, i)
			open[q.key]++
		}
	}
	return partner
}

// write joins the text of the pieces and places the marks in it. partner is the result of pair.
func (p *scriptParser) write(partner map[int]int) Script {
	w := scriptWriter{src: p.src}
	closes := map[int]int{} // closing piece → index in w.marks of the emphasis that it closes
	for i, q := range p.pieces {
		switch q.kind {
		case pieceText:
			w.text(q)
		case pieceStars, pieceTag:
			if end, ok := partner[i]; ok {
				closes[end] = len(w.marks)
				w.marks = append(w.marks, Mark{Name: MarkEmphasis, Start: w.b.Len()})
			} else if at, ok := closes[i]; ok {
				w.marks[at].End = w.b.Len()
			} else if q.kind == pieceStars {
				w.text(q)
			}
		case piecePoint:
			w.space(p.next(i))
			q.mark.Start, q.mark.End = w.b.Len(), w.b.Len()
			w.marks = append(w.marks, q.mark)
			w.trim = true
			w.wait(q.mark.Length)
		case pieceBreak:
			w.brk(q)
		case pieceGone:
			if q.clicks > 0 {
				w.clicks = append(w.clicks, Click{At: w.b.Len(), Count: q.clicks})
				w.waiting++
			}
			w.trim = p.src[q.from] == '[' && q.to-q.from > 1 || p.src[q.from] == '<' || p.src[q.from] == '{'
		}
	}
	text := w.b.String()
	if w.trim {
		text = strings.TrimRight(text, " \t\n")
	}
	s := Script{Text: text, Notes: p.notes, Clicks: w.clicks, runs: w.runs}
	for i := range s.Clicks {
		s.Clicks[i].At = min(s.Clicks[i].At, len(text))
	}
	for _, m := range w.marks {
		m.Start, m.End = min(m.Start, len(text)), min(m.End, len(text))
		if m.Name != MarkEmphasis || m.End > m.Start {
			s.Marks = append(s.Marks, m)
		}
	}
	slices.SortStableFunc(s.Marks, func(a, b Mark) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	return s
}

// next is the first character after piece i; 0 at the end of the source.
func (p *scriptParser) next(i int) rune {
	r, n := utf8.DecodeRuneInString(strings.TrimPrefix(p.text[p.pieces[i].to:], literalOpen))
	if n == 0 {
		return 0
	}
	return r
}

// scriptWriter writes a script's text.
type scriptWriter struct {
	src   string
	b     strings.Builder
	runs  []textRun
	marks []Mark
	trim  bool // something was removed just before the next text, whose leading space could be a second one

	clicks  []Click
	waiting int // clicks after which there is no word yet
}

// wait adds a pause to the clicks that come before it, so that they do not wait for the next word.
func (w *scriptWriter) wait(pause time.Duration) {
	for i := range w.waiting {
		w.clicks[len(w.clicks)-1-i].Wait += pause
	}
}

// text writes a piece's text. After something that was removed it leaves out leading blanks that would follow a space.
func (w *scriptWriter) text(q piece) {
	text, from := q.text, q.from
	if w.trim && (w.b.Len() == 0 || isSpace(w.last())) {
		cut := len(text) - len(strings.TrimLeft(text, " \t"))
		text, from = text[cut:], from+cut
	}
	if text == "" {
		return
	}
	w.trim = false
	if strings.TrimSpace(text) != "" {
		w.waiting = 0
	}
	w.runs = append(w.runs, textRun{w.b.Len(), from, q.to - from})
	w.b.WriteString(text)
}

// space writes a space between two words that only a mark separates. next is the character after the mark.
func (w *scriptWriter) space(next rune) {
	if last := w.last(); w.b.Len() > 0 && inWord(last) && inWord(next) && !wordEdge(last) && !wordEdge(next) {
		w.b.WriteByte(' ')
	}
}

// brk writes a line break or paragraph break, unless the text already ends in one.
func (w *scriptWriter) brk(q piece) {
	w.trim = true
	have := w.b.String()
	if have == "" || strings.HasSuffix(have, q.text) {
		return
	}
	w.runs = append(w.runs, textRun{w.b.Len(), q.from, q.to - q.from})
	w.b.WriteString(strings.TrimPrefix(q.text, have[len(strings.TrimRight(have, "\n")):]))
}

func (w *scriptWriter) last() rune {
	r, _ := utf8.DecodeLastRuneInString(w.b.String())
	return r
}
