package lectern

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// tagShape matches a tag with well-formed attributes. It does not match "a < b", "<3" and "x<y and z>".
var (
	tagShape  = regexp.MustCompile(`^<(/?)([A-Za-z][A-Za-z0-9]*(?:[:.-][A-Za-z0-9-]+)*)((?:\s+[A-Za-z_:][-\w:.]*\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*)\s*(/?)>`)
	attribute = regexp.MustCompile(`([A-Za-z_:][-\w:.]*)\s*=\s*(?:"([^"]*)"|'([^']*)')`)
)

// The known tags. All others are text, because people write List<String>.
var (
	emphasisTags = words("emphasis b strong i em")
	silentTags   = words("speak s p br u span font small big code tt div")
	otherTags    = words(`sub say-as phoneme prosody voice lang audio mark w token desc lexicon lookup meta metadata media seq par
		bookmark v c ruby rt sup a h1 h2 h3 h4 ul ol li`)
)

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// angle reads a tag, a comment or a declaration.
func (p *scriptParser) angle(i int) int {
	rest := p.src[i:]
	for k, c := range []struct{ open, close string }{{"<!--", "-->"}, {"<?xml", "?>"}} {
		if strings.HasPrefix(rest, c.open) && !p.open[k] {
			end := strings.Index(rest, c.close)
			if end < 0 {
				p.open[k] = true
				return i
			}
			return p.add(i, end+len(c.close), piece{kind: pieceGone})
		}
	}
	m := tagShape.FindStringSubmatch(rest[:min(len(rest), mostTag)])
	if m == nil {
		return i
	}
	name, closing, empty := strings.ToLower(m[2]), m[1] != "", m[4] != ""
	before, _ := utf8.DecodeLastRuneInString(p.src[:i])
	if i > 0 && len(name) == 1 && name != m[2] && inWord(before) { // Box<T> and Set<S>
		return i
	}
	short, _, _ := strings.Cut(name, ".")
	switch {
	case name == "break":
		d, ok := breakLength(m[3])
		if !ok {
			p.note("<break", "The length of %s is not understood; it is written as time=\"2s\" or time=\"500ms\".", m[0])
		}
		return p.pause(i, len(m[0]), d)
	case emphasisTags[name]:
		q := piece{kind: pieceTag, key: "<" + name, opens: !closing && !empty, closes: closing}
		if level := attributes(m[3])["level"]; level == "none" || level == "reduced" {
			q.key += level // </emphasis> has another key, so this tag has no partner
		}
		return p.add(i, len(m[0]), q)
	case name == "p" || strings.HasPrefix(name, "h") && otherTags[name]:
		return p.add(i, len(m[0]), piece{kind: pieceBreak, text: "\n\n"})
	case name == "br" || name == "div" || name == "li":
		return p.add(i, len(m[0]), piece{kind: pieceBreak, text: "\n"})
	case name == "s":
		return p.add(i, len(m[0]), piece{kind: piecePoint, mark: Mark{Name: MarkSentence}})
	case name == "speak":
		p.document = !closing && !empty
	case silentTags[name]:
	case otherTags[short] || strings.Contains(name, ":"):
		p.note("<"+name, "The tag <%s> is not supported; it is left out, and the text in it is spoken as it stands.", m[2])
	default:
		return i
	}
	return p.add(i, len(m[0]), piece{kind: pieceGone})
}

func attributes(text string) map[string]string {
	m := map[string]string{}
	for _, a := range attribute.FindAllStringSubmatch(text, -1) {
		m[strings.ToLower(a[1])] = a[2] + a[3]
	}
	return m
}

// breakStrengths are the pauses that SSML names.
var breakStrengths = map[string]time.Duration{
	"none": 0, "x-weak": 150 * time.Millisecond, "weak": 250 * time.Millisecond, "": 500 * time.Millisecond,
	"medium": 500 * time.Millisecond,
	"strong": time.Second, "x-strong": 1500 * time.Millisecond,
}

func breakLength(attrs string) (time.Duration, bool) {
	a := attributes(attrs)
	if t := a["time"]; t != "" {
		return pauseLength(strings.ToLower(t))
	}
	d, ok := breakStrengths[strings.ToLower(a["strength"])]
	return d, ok
}

// pauseLength reads "2s", "1.5 s", "500ms" or "2", which is in seconds. An empty s is DefaultPause.
func pauseLength(s string) (time.Duration, bool) {
	if s == "" {
		return DefaultPause, true
	}
	unit := time.Second
	number := strings.TrimSuffix(s, "s")
	if n, ok := strings.CutSuffix(s, "ms"); ok {
		number, unit = n, time.Millisecond
	}
	number = strings.TrimSpace(number)
	if number == "" || strings.Trim(number, "0123456789.,") != "" || len(number) > 12 {
		return 0, false
	}
	v, err := strconv.ParseFloat(strings.Replace(number, ",", ".", 1), 64)
	if err != nil || v*float64(unit) > float64(1000*time.Hour) {
		return 0, false
	}
	return time.Duration(v*float64(unit) + 0.5), true
}

// unspacedScripts put no white space between words, or (Hangul) attach endings to a word. In them, a word may end
// between any two letters.
var unspacedScripts = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer,
	unicode.Myanmar, unicode.Tibetan,
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// wordEdge reports whether a word may begin or end next to r.
func wordEdge(r rune) bool { return !inWord(r) || unicode.In(r, unspacedScripts...) }

func isSpace(r rune) bool { return unicode.IsSpace(r) }
