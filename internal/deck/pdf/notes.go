package pdf

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"lectern"
)

// separator is a line that ends the notes of a page.
var separator = regexp.MustCompile(`^[ \t]{0,3}-{3,}[ \t]*$`)

// heading is a line that begins the notes of the page with its number: "# 3", "## Slide 3", "### Page 3: Results". The
// word is one of those for slide and page in the languages of most users, or missing.
var heading = regexp.MustCompile(`(?i)^ {0,3}#{1,6}[ \t]+(?:(?:slide|page|folie|seite|diapositiva|diapositive|diapo|` +
	`página|pagina|strona|slajd|слайд|страница|スライド|ページ|幻灯片|第)[ \t]*)?([0-9]{1,6})` +
	`(?:(?:[ \t]*[.:)]|[ \t]+[-–—]|[ \t]*[页頁])(?:[ \t].*)?)?[ \t]*#*[ \t]*$`)

// Notes reads a file with notes in one of two forms, and returns the notes of each page by its number, from 1.
//
// Either lines of three hyphens separate the pages in their order, and an empty part is a page without notes. Or
// headings name the pages: "# 3", "## Slide 3", "## Page 3: Results". The second form is that of a file with at least
// one such heading; in it, lines of hyphens are ignored, and two parts of one page are joined. What follows the number
// in a heading is for the author. Text between comment marks (<!-- and -->) is left out in both.
//
// The error is a sentence without a full stop that names the line.
func Notes(text string, pages int) (map[int]string, error) {
	if !utf8.ValidString(text) {
		return nil, fmt.Errorf("it is not UTF-8; save it as UTF-8 and try again")
	}
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(uncommented(text), "\n")
	for _, l := range lines {
		if heading.MatchString(l) {
			return numbered(lines, pages)
		}
	}
	return ordered(lines, pages)
}

// uncommented blanks out comments, and keeps their line ends so that lines keep their numbers. A comment without an end
// is text.
func uncommented(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "<!--")
		comment, after, ended := strings.Cut(rest, "-->")
		if !found || !ended {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(before)
		b.WriteString(strings.Repeat("\n", strings.Count(comment, "\n")))
		text = after
	}
}

// ordered reads parts in the order of the pages.
func ordered(lines []string, pages int) (map[int]string, error) {
	notes, page, from := map[int]string{}, 1, 0
	for i := 0; i <= len(lines); i++ {
		if i < len(lines) && !separator.MatchString(lines[i]) {
			continue
		}
		if part := strings.TrimSpace(strings.Join(lines[from:i], "\n")); part != "" {
			if page > pages {
				return nil, fmt.Errorf("line %d begins the notes of page %d, but the PDF has %d pages", from+1, page, pages)
			}
			notes[page] = part
		}
		page, from = page+1, i+1
	}
	return notes, nil
}

// numbered reads parts that begin with a heading.
func numbered(lines []string, pages int) (map[int]string, error) {
	notes, page, part := map[int]string{}, 0, []string(nil)
	end := func() {
		if text := strings.TrimSpace(strings.Join(part, "\n")); page > 0 && text != "" {
			if notes[page] != "" {
				text = notes[page] + "\n\n" + text
			}
			notes[page] = text
		}
		part = nil
	}
	for i, l := range lines {
		if m := heading.FindStringSubmatch(l); m != nil {
			end()
			page, _ = strconv.Atoi(m[1])
			if page < 1 || page > pages {
				return nil, fmt.Errorf("line %d names page %d, but the PDF has the pages 1 to %d", i+1, page, pages)
			}
			continue
		}
		if separator.MatchString(l) {
			continue
		}
		if page == 0 && strings.TrimSpace(l) != "" && !strings.HasPrefix(strings.TrimSpace(l), "#") {
			return nil, fmt.Errorf("line %d (%s) belongs to no page: it comes before the first heading with a number", i+1,
				lectern.Shorten(strings.TrimSpace(l)))
		}
		part = append(part, l)
	}
	end()
	return notes, nil
}
