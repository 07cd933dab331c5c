package images

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decode reads a text in UTF-8 or, after a byte order mark, in UTF-16. ok is false for other encodings.
func decode(b []byte) (text string, ok bool) {
	for _, order := range []struct {
		mark      string
		low, high int // places of a unit's bytes
	}{{"\xff\xfe", 0, 1}, {"\xfe\xff", 1, 0}} {
		rest, marked := bytes.CutPrefix(b, []byte(order.mark))
		if !marked {
			continue
		}
		if len(rest)%2 != 0 {
			return "", false
		}
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = uint16(rest[2*i+order.low]) | uint16(rest[2*i+order.high])<<8
		}
		return string(utf16.Decode(units)), true
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	return string(b), utf8.Valid(b)
}

var (
	comments = regexp.MustCompile(`(?s)<!--.*?-->`)
	headings = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	// bullets are the marks of list items and of quotes.
	bullets = regexp.MustCompile(`^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+|>\s?)+`)
	rules   = regexp.MustCompile(`^\s*(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,}|=+)$`)
	embeds  = regexp.MustCompile(`!\[([^\]]*)\]\([^)]*\)`)
)

// plain returns what is said of a Markdown text: its words without the marks of headings, lists, quotes, rules and
// comments. Emphasis, links and code are marks of narrations too. A heading at the beginning is the title of the slide,
// and is not said.
func plain(md string) (title, said string) {
	md = strings.ReplaceAll(md, "\r\n", "\n")
	var lines []string
	begun := false
	for line := range strings.SplitSeq(comments.ReplaceAllString(md, ""), "\n") {
		if m := headings.FindStringSubmatch(line); m != nil {
			if !begun {
				title, begun = m[1], true
				continue
			}
			line = m[1]
		}
		if rules.MatchString(line) {
			line = ""
		}
		line = embeds.ReplaceAllString(bullets.ReplaceAllString(line, ""), "$1")
		begun = begun || strings.TrimSpace(line) != ""
		lines = append(lines, line)
	}
	return title, strings.TrimSpace(strings.Join(lines, "\n"))
}

// numbered matches names that say only the place of a picture: 003, Slide12, IMG_2031.
var numbered = regexp.MustCompile(`^\pL*[\s_.-]*\d+$`)

// ordinal is the number at the beginning of a name.
var ordinal = regexp.MustCompile(`^\d+[\s_.)-]+`)

// titleOf returns the title of a picture by its name: "our harbour" for 02-our-harbour. It is "" for a name without
// words of its own.
func titleOf(stem string) string {
	if numbered.MatchString(stem) {
		return ""
	}
	words := strings.FieldsFunc(ordinal.ReplaceAllString(stem, ""), func(c rune) bool {
		return c == '_' || c == '-' || c == ' '
	})
	return strings.Join(words, " ")
}
