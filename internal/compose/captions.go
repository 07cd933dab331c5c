package compose

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lectern"
)

// Bounds of a caption, as broadcasters' guides have them.
const (
	captionLine  = 42 // columns; wide characters take two
	captionMin   = 1000 * time.Millisecond
	captionMax   = 7 * time.Second
	captionGap   = 80 * time.Millisecond // between captions that do not follow each other at once
	captionPause = 700 * time.Millisecond
)

// Cue is one caption.
type Cue struct {
	Start, End time.Duration
	Lines      []string
}

// token is a word as it stands in the text, with what follows it up to the next word.
type token struct {
	text       string // with its punctuation
	glue       bool   // follows the one before without a space
	start, end time.Duration
}

// Spoken is one narration with its place in the whole.
type Spoken struct {
	Text    string
	Words   []lectern.Span
	Start   int64 // sample of the whole
	Samples int64
	Until   int64 // sample up to which its last caption may stay
}

// Captions cuts narrations into captions: at most two lines of 42 columns, broken where a reader would pause, long enough to be
// read, never overlapping.
func Captions(spoken []Spoken) []Cue {
	var cues []Cue
	for _, s := range spoken {
		first := len(cues)
		for _, group := range groups(tokens(s)) {
			cues = append(cues, Cue{Start: group[0].start, End: group[len(group)-1].end, Lines: wrap(group)})
		}
		settle(cues[first:], sampleTime(s.Until))
	}
	return cues
}

// settle gives each cue the time it needs as far as the next one, or until, leaves it.
func settle(cues []Cue, until time.Duration) {
	for i := range cues {
		c := &cues[i]
		limit := until
		if i+1 < len(cues) {
			limit = cues[i+1].Start
		}
		want := max(c.End+200*time.Millisecond, c.Start+captionMin)
		if gap := limit - want; gap > 0 && gap < captionGap {
			want = limit // a flicker between two captions is worse than none
		}
		c.End = max(min(want, limit), c.Start+time.Millisecond)
		if i+1 < len(cues) && c.End > cues[i+1].Start {
			c.End = cues[i+1].Start
		}
	}
}

// tokens cuts the text at its spoken words, each with the punctuation around it, so that nothing of the text is lost. A word that
// is not found in the text lengthens the one before it.
func tokens(s Spoken) []token {
	list, from := locate(s, s.Words)
	if len(list) == 0 {
		list, from = locate(s, guess(s.Text, s.Samples))
	}
	var out []token
	last := sampleTime(s.Start)
	for i, t := range list {
		to := len(s.Text)
		if i+1 < len(list) {
			to = from[i+1]
		}
		before, _ := utf8.DecodeLastRuneInString(s.Text[:from[i]])
		t.text, t.glue = oneLine(s.Text[from[i]:to]), from[i] > 0 && !unicode.IsSpace(before)
		t.start = max(t.start, last)
		t.end = max(t.end, t.start)
		last = t.end
		out = append(out, t.pieces()...)
	}
	return out
}

// locate finds the words in the text, in order, and where each begins, opening marks included.
func locate(s Spoken, words []lectern.Span) (list []token, from []int) {
	at := func(sample int64) time.Duration { return sampleTime(s.Start + min(max(sample, 0), s.Samples)) }
	cursor := 0
	for _, w := range words {
		word := strings.TrimSpace(w.Text)
		if word == "" {
			continue
		}
		found := strings.Index(s.Text[cursor:], word)
		if found < 0 || found > 80+4*len(word) {
			if n := len(list); n > 0 {
				list[n-1].end = at(w.End)
			}
			continue
		}
		begin := cursor + found
		for begin > cursor {
			r, n := utf8.DecodeLastRuneInString(s.Text[cursor:begin])
			if !opens(r) {
				break
			}
			begin -= n
		}
		if len(from) == 0 {
			begin = 0
		}
		cursor += found + len(word)
		list, from = append(list, token{start: at(w.Start), end: at(w.End)}), append(from, begin)
	}
	return list, from
}

func opens(r rune) bool {
	return unicode.In(r, unicode.Ps, unicode.Pi) || r == '¿' || r == '¡' || r == '"'
}

// guess spreads the words of a text evenly over its sound, by their length.
func guess(text string, samples int64) []lectern.Span {
	words := strings.Fields(text)
	total, at := int64(0), int64(0)
	for _, w := range words {
		total += int64(width(w)) + 1
	}
	list := make([]lectern.Span, len(words))
	for i, w := range words {
		list[i] = lectern.Span{Text: w, Start: at * samples / total}
		at += int64(width(w)) + 1
		list[i].End = at * samples / total
	}
	return list
}

// pieces cuts a token where a line may break inside it: between the characters of scripts that write no spaces, and anywhere
// in a word that is longer than a line. Its time is spread over the pieces by their width.
func (t token) pieces() []token {
	if t.text == "" {
		return nil
	}
	var cuts []int
	wide, col := false, 0
	for i, r := range t.text {
		w := columns(r)
		breakable := i > 0 && w > 0 && !closes(r)
		if breakable && (wide || w == 2 && !opensBefore(t.text[:i]) || col+w > captionLine) {
			cuts, col = append(cuts, i), 0
		}
		wide = w == 2 || wide && (w == 0 || closes(r))
		col += w
	}
	if len(cuts) == 0 {
		return []token{t}
	}
	total, done, from := max(width(t.text), 1), 0, 0
	long := t.end - t.start
	var list []token
	for _, to := range append(cuts, len(t.text)) {
		p := token{text: t.text[from:to], glue: t.glue || from > 0, start: t.start + long*time.Duration(done)/time.Duration(total)}
		done += width(p.text)
		p.end = t.start + long*time.Duration(done)/time.Duration(total)
		list, from = append(list, p), to
	}
	return list
}

func opensBefore(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return opens(r)
}

func closes(r rune) bool {
	return unicode.In(r, unicode.Pe, unicode.Pf, unicode.Po, unicode.Mn, unicode.Me, unicode.Mc, unicode.Sk) || strings.ContainsRune("ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々", r)
}

// columns is how wide a character is in a fixed-width line.
func columns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff,
		r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

func width(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

// groups cuts tokens into captions.
func groups(list []token) [][]token {
	var out [][]token
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].start-list[n-1].end < captionPause && list[n].end-list[0].start <= captionMax &&
			splitAt(list[:n+1]) >= 0 {
			n++
		}
		if n < len(list) && list[n].start-list[n-1].end < captionPause {
			n = restAt(list[:n])
		}
		out, list = append(out, list[:n]), list[n:]
	}
	return out
}

// restAt is how many of the tokens that fit to take, so that the caption ends where the speaker takes a breath.
func restAt(list []token) int {
	total := width(join(list))
	sentence, clause := 0, 0
	for i := 1; i < len(list); i++ {
		share := width(join(list[:i])) * 100 / max(total, 1)
		switch end := list[i-1].text; {
		case endsWith(end, ".!?…。！？") && share >= 25:
			sentence = i
		case endsWith(end, ",;:–—，、；：") && share >= 45:
			clause = i
		}
	}
	switch {
	case endsWith(list[len(list)-1].text, ".!?…。！？"):
		return len(list)
	case sentence > 0:
		return sentence
	case clause > 0:
		return clause
	}
	return len(list)
}

func endsWith(s, marks string) bool {
	s = strings.TrimRightFunc(s, func(r rune) bool { return unicode.In(r, unicode.Pe, unicode.Pf) || r == '"' })
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && strings.ContainsRune(marks, r)
}

// join writes tokens as one line.
func join(list []token) string {
	var b strings.Builder
	for i, t := range list {
		if i > 0 && !t.glue {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// splitAt says how many tokens stand on the first line: all of them where one line does, −1 where two do not.
func splitAt(list []token) int {
	whole := width(join(list))
	if whole <= captionLine {
		return len(list)
	}
	best, cost := -1, 0
	for i := 1; i < len(list); i++ {
		a, b := width(join(list[:i])), width(join(list[i:]))
		if a > captionLine || b > captionLine {
			continue
		}
		c := 2 * max(a-b, b-a)
		if a > b {
			c++ // a longer second line stands better
		}
		if endsWith(list[i-1].text, ".!?…。！？,;:–—，、；：") {
			c -= 32
		}
		if best < 0 || c < cost {
			best, cost = i, c
		}
	}
	return best
}

// wrap writes the tokens of a caption as one or two lines.
func wrap(list []token) []string {
	n := splitAt(list)
	if n < 0 || n == len(list) {
		return []string{join(list)}
	}
	return []string{join(list[:n]), join(list[n:])}
}

// SRT writes captions as SubRip.
func SRT(cues []Cue) string {
	var b strings.Builder
	for i, c := range cues {
		fmt.Fprintf(&b, "%d\n%s --> %s\n%s\n\n", i+1, stamp(c.Start, ','), stamp(c.End, ','), strings.Join(c.Lines, "\n"))
	}
	return b.String()
}

// VTT writes captions as WebVTT.
func VTT(cues []Cue) string {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for i, c := range cues {
		fmt.Fprintf(&b, "\n%d\n%s --> %s\n%s\n", i+1, stamp(c.Start, '.'), stamp(c.End, '.'), escapeVTT(strings.Join(c.Lines, "\n")))
	}
	return b.String()
}

var vttEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escapeVTT(s string) string { return vttEscapes.Replace(s) }

// stamp writes a time to the millisecond, rounded down, hours with at least two digits.
func stamp(t time.Duration, point byte) string {
	ms := t.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%c%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, point, ms%1000)
}

// Transcript writes what is said, a paragraph to a slide with its title and time.
func Transcript(title string, rate int64, chapters []Chapter, texts []string) string {
	var b strings.Builder
	if title != "" {
		b.WriteString(oneLine(title) + "\n\n")
	}
	for i, c := range chapters {
		sec := c.Start / rate
		fmt.Fprintf(&b, "[%02d:%02d:%02d] %s\n", sec/3600, sec/60%60, sec%60, oneLine(c.Title))
		if text := oneLine(texts[i]); text != "" {
			b.WriteString(text + "\n")
		}
		b.WriteByte('\n')
	}
	return b.String()
}
