package markdown

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// noteParser reads notes. Emphasis, code and HTML stay, because they are marks of a narration.
var noteParser = goldmark.New(goldmark.WithExtensions(extension.Strikethrough, extension.Table)).Parser()

// clickMark matches Slidev's marks of a click in notes.
var clickMark = regexp.MustCompile(`(?i)[ \t]*\[click(?::\d+)?\][ \t]*`)

// speak turns a note in Markdown into a narration. Signs of headings and lists are not spoken; lines of a paragraph are
// joined; emphasis, pauses and other marks of narrations stay, with clicks also those of clicks.
func speak(note string, clicks bool) string {
	if !clicks {
		note = clickMark.ReplaceAllString(note, " ")
	}
	lines := strings.Split(strings.TrimSpace(note), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line) // an indented note is not a listing
	}
	note = strings.TrimSpace(strings.Join(lines, "\n"))
	if plainNote(note) || brackets(note) > maxBrackets {
		return strings.ReplaceAll(note, "\n", " ")
	}
	src := []byte(note)
	w := &noteWriter{src: src}
	w.blocks(noteParser.Parse(text.NewReader(src)))
	return strings.TrimSpace(tripleBreak.ReplaceAllString(w.b.String(), "\n\n"))
}

var tripleBreak = regexp.MustCompile(`\n[ \t]*(?:\n[ \t]*)+`)

// plainNote reports whether a note is one paragraph without any mark of Markdown.
func plainNote(s string) bool {
	return !strings.ContainsAny(s, "\\`*_#[]<>&~|!") && !strings.Contains(s, "\n\n") && !listLine.MatchString(s)
}

var listLine = regexp.MustCompile(`(?m)^(?:[-+=]|\d+[.)])`)

// noteWriter writes the nodes of a note as a narration.
type noteWriter struct {
	src []byte
	b   strings.Builder
}

func (w *noteWriter) blocks(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Paragraph, *ast.Heading:
			w.brk("\n\n")
			w.inlines(c)
		case *ast.TextBlock, *ast.ListItem:
			w.brk("\n")
			if _, item := c.(*ast.ListItem); item {
				w.blocks(c)
			} else {
				w.inlines(c)
			}
		case *ast.List:
			w.brk("\n\n")
			w.blocks(c)
		case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.HTMLBlock:
			w.brk("\n\n")
			w.raw(c)
		case *extast.TableRow, *extast.TableHeader:
			w.brk("\n")
			w.cells(c)
		case *ast.ThematicBreak:
		default:
			w.blocks(c)
		}
	}
}

// brk writes line ends, unless the text already ends in them.
func (w *noteWriter) brk(ends string) {
	have := w.b.String()
	if have == "" || strings.HasSuffix(have, ends) {
		return
	}
	if ends == "\n\n" && strings.HasSuffix(have, "\n") {
		ends = "\n"
	}
	w.b.WriteString(ends)
}

// raw writes the lines of a block as they are.
func (w *noteWriter) raw(n ast.Node) {
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		w.b.Write(line.Value(w.src))
	}
	if h, ok := n.(*ast.HTMLBlock); ok && h.HasClosure() {
		w.b.Write(h.ClosureLine.Value(w.src))
	}
}

func (w *noteWriter) cells(row ast.Node) {
	for c := row.FirstChild(); c != nil; c = c.NextSibling() {
		if c != row.FirstChild() {
			w.b.WriteString(", ")
		}
		w.inlines(c)
	}
}

func (w *noteWriter) inlines(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			w.b.WriteString(spoken(string(c.Segment.Value(w.src))))
			switch {
			case c.HardLineBreak():
				w.b.WriteByte('\n')
			case c.SoftLineBreak():
				w.b.WriteByte(' ')
			}
		case *ast.String:
			w.b.Write(c.Value)
		case *ast.CodeSpan:
			w.b.WriteByte('`')
			for t := c.FirstChild(); t != nil; t = t.NextSibling() {
				if t, ok := t.(*ast.Text); ok {
					w.b.Write(t.Segment.Value(w.src))
				}
			}
			w.b.WriteByte('`')
		case *ast.Emphasis:
			w.emphasis(c)
		case *ast.AutoLink:
			w.b.Write(c.Label(w.src))
		case *ast.RawHTML:
			for i := range c.Segments.Len() {
				s := c.Segments.At(i)
				w.b.Write(s.Value(w.src))
			}
		default:
			w.inlines(c) // links and pictures are spoken by their texts
		}
	}
}

// emphasis writes emphasis as a mark of a narration, which works only at the edges of words.
func (w *noteWriter) emphasis(n *ast.Emphasis) {
	before, _ := utf8.DecodeLastRuneInString(w.b.String())
	within := &noteWriter{src: w.src}
	within.inlines(n)
	stars, inner := strings.Repeat("*", n.Level), within.b.String()
	if unicode.IsLetter(before) || unicode.IsDigit(before) || strings.Contains(inner, "*") ||
		strings.TrimSpace(inner) == "" {
		stars = ""
	}
	w.b.WriteString(stars + inner + stars)
}

var (
	entity  = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)
	escaped = regexp.MustCompile("\\\\([!-)+-/:-;=-@\\]^-`|}~])")
)

// spoken writes the text of a note without the escapes and entities of Markdown. Escapes that narrations know stay.
func spoken(s string) string {
	s = escaped.ReplaceAllString(s, "$1")
	return entity.ReplaceAllStringFunc(s, func(e string) string {
		c := html.UnescapeString(e)
		if c == "<" || c == "*" || c == "[" {
			return `\` + c
		}
		return c
	})
}
