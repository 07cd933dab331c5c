package captions

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"lectern"
	"lectern/internal/timeline"
)

// Bounds of a caption, from broadcasters' guides.
const (
	captionLine  = 42 // columns; wide characters take two
	captionMin   = 1000 * time.Millisecond
	captionMax   = 7 * time.Second
	captionGap   = 80 * time.Millisecond // least time between captions that are not adjacent
	captionPause = 700 * time.Millisecond
)

// Cue is one caption.
type Cue struct {
	Start, End time.Duration
	Lines      []string
}

// token is a word of the text with all characters up to the next word.
type token struct {
	text       string // with its punctuation
	glue       bool   // no space before it
	bytes      int    // length in the text
	start, end time.Duration
}

// Spoken is one narration with its place in the whole.
type Spoken struct {
	Text    string
	Words   []lectern.Span
	Start   int64 // sample of the whole
	Samples int64
	Until   int64 // sample up to which its last caption may stay
	// Breaks are the byte offsets in Text at which words of scripts without spaces begin, in order. nil means unknown:
	// a line may then break between any two of their characters.
	Breaks []int
}

// Captions divides narrations into captions: at most two lines of 42 columns, broken where a reader would pause, shown
// long enough to be read, never overlapping.
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

// Places returns when the places of a narration's text, byte offsets in order, are spoken: the sample of the narration
// at which the word there begins, or the end of the last word.
func Places(s Spoken, places []int) []int64 {
	s.Start = 0
	list, from := locate(s, s.Words)
	if len(list) == 0 {
		list, from = locate(s, guess(s.Text, s.Samples))
	}
	out := make([]int64, len(places))
	if len(list) == 0 {
		return out
	}
	clock := clock{text: s.Text, words: list, from: from}
	for i, at := range places {
		at += len(s.Text[at:]) - len(strings.TrimLeftFunc(s.Text[at:], unicode.IsSpace))
		const half = time.Second / lectern.SampleRate / 2
		out[i] = timeline.Samples(clock.at(at, at == len(s.Text)) + half)
	}
	return out
}

// settle extends each cue to the time that a reader needs, at most to the next cue or until.
func settle(cues []Cue, until time.Duration) {
	for i := range cues {
		c := &cues[i]
		limit := until
		if i+1 < len(cues) {
			limit = cues[i+1].Start
		}
		want := max(c.End+200*time.Millisecond, c.Start+captionMin)
		if gap := limit - want; gap > 0 && gap < captionGap {
			want = limit // no gap is better than a flicker between two captions
		}
		c.End = max(min(want, limit), c.Start+time.Millisecond)
		if i+1 < len(cues) && c.End > cues[i+1].Start {
			c.End = cues[i+1].Start
		}
	}
}

// tokens divides the text at the places where a line may break. Each token has the time of its words. A spoken word
// that the text does not have lengthens the token before it.
func tokens(s Spoken) []token {
	list, from := locate(s, s.Words)
	if len(list) == 0 {
		list, from = locate(s, guess(s.Text, s.Samples))
	}
	var out []token
	if len(list) == 0 {
		return nil
	}
	last := sampleTime(s.Start)
	clock := clock{text: s.Text, words: list, from: from}
	cuts := append(breaks(s, from, list), len(s.Text))
	for i, at := range cuts[:len(cuts)-1] {
		t := token{text: oneLine(readable(s.Text[at:cuts[i+1]])), start: max(clock.at(at, false), last)}
		if t.text == "" {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s.Text[:at])
		t.glue = at > 0 && !unicode.IsSpace(before)
		t.end = max(clock.at(at+len(strings.TrimRightFunc(s.Text[at:cuts[i+1]], unicode.IsSpace)), true), t.start)
		last = t.end
		out = append(out, t)
	}
	return out
}

// readable returns text without control characters.
func readable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cc, r) && !unicode.IsSpace(r) || r == 0xfeff || r == 0x200b {
			return -1
		}
		return r
	}, text)
}

// clock computes the time at which a place of the text is spoken.
type clock struct {
	text  string
	words []token
	from  []int // where each word begins
	next  int   // the word of the last place
}

// at returns the time at which the byte at a place is spoken or, if end is set, at which the text before it ends.
// Places must be in order.
func (c *clock) at(place int, end bool) time.Duration {
	last := place
	if end {
		last--
	}
	for c.next+1 < len(c.from) && c.from[c.next+1] <= last {
		c.next++
	}
	w, to := c.words[c.next], len(c.text)
	if c.next+1 < len(c.from) {
		to = c.from[c.next+1]
	}
	to = c.from[c.next] + len(strings.TrimRightFunc(c.text[c.from[c.next]:to], unicode.IsSpace))
	whole, done := width(c.text[c.from[c.next]:to]), width(c.text[c.from[c.next]:min(max(place, c.from[c.next]), to)])
	return w.start + (w.end-w.start)*time.Duration(done)/time.Duration(max(whole, 1))
}

// breaks lists the offsets at which a line may begin, from 0 on: after white space, except inside a word that fits on a
// line; in scripts without spaces, at words; and between any two characters of a word that is longer than a line.
func breaks(s Spoken, from []int, words []token) []int {
	inside := map[int]bool{} // places inside words that hold spaces
	for i, at := range from {
		if n := words[i].bytes; strings.ContainsFunc(s.Text[at:at+n], unicode.IsSpace) &&
			width(s.Text[at:at+n]) <= captionLine {
			for j := range n {
				inside[at+j] = j > 0
			}
		}
	}
	known := s.Breaks
	var clusters []int
	if Unspaced(s.Text) || width(s.Text) > captionLine {
		clusters = clustersOf(s.Text)
	}
	if known == nil {
		known = clusters
	}
	cuts, columnsOf := []int{0}, 0
	before := rune(0)
	for i, r := range s.Text {
		for len(known) > 0 && known[0] < i {
			known = known[1:]
		}
		for len(clusters) > 0 && clusters[0] < i {
			clusters = clusters[1:]
		}
		at := func(list []int) bool { return len(list) > 0 && list[0] == i }
		switch {
		case i == 0 || unicode.IsSpace(r) || inside[i]:
		case unicode.IsSpace(before) && !tied(before) && !lone(s.Text[i:]),
			at(known) && at(clusters) && (unspaced(before) || unspaced(r)) && !opens(before) && !closes(r) &&
				!hangs(before),
			columnsOf+columns(r) > captionLine && at(clusters) && !inside[i]:
			cuts, columnsOf = append(cuts, i), 0
		}
		columnsOf += columns(r)
		before = r
	}
	return cuts
}

// clustersOf lists the offsets of the characters of a text, as readers count them.
func clustersOf(text string) []int {
	var out []int
	state, at := -1, 0
	for rest := text; rest != ""; {
		var c string
		out = append(out, at)
		c, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		at += len(c)
	}
	return out
}

// unspacedScripts are the scripts without spaces between words.
var unspacedScripts = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Thai, unicode.Lao, unicode.Khmer,
	unicode.Myanmar, unicode.Tibetan,
}

// unspaced reports whether r belongs to a script without spaces or is one of its marks.
func unspaced(r rune) bool {
	return unicode.In(r, unspacedScripts...) || r >= 0x3000 && r <= 0x303f || r == 'ー' || r == '・' ||
		r >= 0xff01 && r <= 0xff65
}

// Unspaced reports whether text has words of a script without spaces. Their line breaks are Breaks of [Spoken].
func Unspaced(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r > 0x7f && unicode.In(r, unspacedScripts...) })
}

// tied reports whether a space keeps the words around it on one line.
func tied(space rune) bool { return space == 0xa0 || space == 0x202f || space == 0x2007 }

// lone reports whether text begins with a closing mark between spaces, as in French: "Bonjour !".
func lone(text string) bool {
	r, n := utf8.DecodeRuneInString(text)
	next, _ := utf8.DecodeRuneInString(text[n:])
	return strings.ContainsRune("!?:;»”)%.,…。！？", r) && (n == len(text) || unicode.IsSpace(next))
}

// hangs reports whether r is a vowel of Thai or Lao that is written before its consonant.
func hangs(r rune) bool { return strings.ContainsRune("เแโใไເແໂໃໄ", r) }

// locate finds the words in the text, in order, and the offset of each, including its opening marks.
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
		list, from = append(list, token{bytes: cursor - begin, start: at(w.Start), end: at(w.End)}), append(from, begin)
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

func closes(r rune) bool {
	return unicode.In(r, unicode.Pe, unicode.Pf, unicode.Po, unicode.Mn, unicode.Me, unicode.Mc,
		unicode.Sk) && !opens(r) || strings.ContainsRune("ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞヽヾ〜～—–％℃°ๆฯໆៗ", r)
}

// columns returns the width of a character in columns.
func columns(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff,
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

// groups divides tokens into captions.
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

// restAt returns how many of the fitting tokens to take, so that the caption ends where the speaker pauses.
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

// splitAt returns the number of tokens on the first line: all if one line is enough, −1 if two lines are not.
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
			c++ // prefer a longer second line
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

// srtMarks matches text that players read as markup of SubRip, which has no escapes. A zero-width character breaks it.
var srtMarks = regexp.MustCompile(`<[A-Za-z/]|\{\\|-->`)

func escapeSRT(s string) string {
	return srtMarks.ReplaceAllStringFunc(s, func(m string) string { return m[:len(m)-1] + "\u2060" + m[len(m)-1:] })
}

// SRT writes captions as SubRip.
func SRT(cues []Cue) string {
	var b strings.Builder
	for i, c := range cues {
		fmt.Fprintf(&b, "%d\n%s --> %s\n%s\n\n", i+1, stamp(c.Start, ','), stamp(c.End, ','),
			escapeSRT(strings.Join(c.Lines, "\n")))
	}
	return b.String()
}

// VTT writes captions as WebVTT.
func VTT(cues []Cue) string {
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for i, c := range cues {
		fmt.Fprintf(&b, "\n%d\n%s --> %s\n%s\n", i+1, stamp(c.Start, '.'), stamp(c.End, '.'),
			escapeVTT(strings.Join(c.Lines, "\n")))
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

// Paragraph is what the transcript says of a slide.
type Paragraph struct {
	Narration string
	Shown     []string // texts on the slide; its title and texts that are the narration are left out
	Pictures  []string // the alternative texts of its pictures
}

// Transcript writes a paragraph for each slide: its title and time, its narration, and for people who do not see the
// slide the texts on it and what its pictures show.
func Transcript(title string, rate int64, slides []Chapter, texts []Paragraph) string {
	var b strings.Builder
	if title != "" {
		b.WriteString(oneLine(title) + "\n\n")
	}
	for i, c := range slides {
		sec := c.Start / rate
		fmt.Fprintf(&b, "[%02d:%02d:%02d] %s\n", sec/3600, sec/60%60, sec%60, oneLine(c.Title))
		p := texts[i]
		text := oneLine(p.Narration)
		if text != "" {
			b.WriteString(text + "\n")
		}
		bracketed(&b, "On the slide", p.Shown, oneLine(c.Title), text)
		bracketed(&b, "Pictures", p.Pictures)
		b.WriteByte('\n')
	}
	return b.String()
}

// bracketed writes a line "[name: a | b]" with the texts that are not among the others, each once.
func bracketed(b *strings.Builder, name string, texts []string, others ...string) {
	var list []string
	for _, t := range texts {
		if t = oneLine(t); t != "" && !slices.Contains(others, t) && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	if len(list) > 0 {
		fmt.Fprintf(b, "[%s: %s]\n", name, strings.Join(list, " | "))
	}
}
