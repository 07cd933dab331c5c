package slides

import (
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

var (
	listingLines = regexp.MustCompile(`\{([\d\s,–-]+)\}`)
	listingTitle = regexp.MustCompile(`\btitle="([^"]*)"`)
	lineNumbers  = regexp.MustCompile(`(?:^|\s)(?:lines|numbers)(?:\s|$)`)
)

// listing writes a listing: its lines with colours, numbers and marks. The info after the opening fence may have lines
// that stand out, "lines" for line numbers, and a title: ```go {2,5-7} lines title="pool.go".
func listing(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	name, info := "", ""
	if f, ok := n.(*ast.FencedCodeBlock); ok && f.Info != nil {
		name, info = string(f.Language(src)), string(f.Info.Segment.Value(src))
		info = strings.TrimPrefix(info, name)
	}
	var b strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		b.Write(line.Value(src))
	}
	if isDiagram(name) {
		_, _ = w.WriteString(`<div class="diagram">` + template.HTMLEscapeString(b.String()) + `</div>`)
		return ast.WalkSkipChildren, nil
	}
	lines := codeLines(b.String(), defaultTab)
	lines = lines[:min(len(lines), maxItems)]
	marked := map[int]bool{}
	if m := listingLines.FindStringSubmatch(info); m != nil {
		marked, _ = ranges(m[1], len(lines))
	}
	class := "lines"
	if lineNumbers.MatchString(listingTitle.ReplaceAllString(info, "")) {
		class += " numbered"
	}
	_, _ = w.WriteString(`<div class="pane" dir="ltr">`)
	if m := listingTitle.FindStringSubmatch(info); m != nil && m[1] != "" {
		_, _ = w.WriteString(`<p class="file">` + template.HTMLEscapeString(m[1]) + `</p>`)
	}
	if len(marked) > 0 {
		class += " some"
	}
	_, _ = w.WriteString(`<ol class="` + class + `">`)
	for i, parts := range coloured(name, strings.Join(lines, "\n")) {
		mark := ""
		if marked[i+1] {
			mark = ` class="marked"`
		}
		_, _ = w.WriteString(`<li` + mark + `><i class="no">` + strconv.Itoa(i+1) + `</i><code>`)
		for _, p := range parts {
			s := template.HTMLEscapeString(p.S)
			if p.Class != "" {
				s = `<span class="` + p.Class + `">` + s + `</span>`
			}
			_, _ = w.WriteString(s)
		}
		_, _ = w.WriteString(`</code></li>`)
	}
	_, _ = w.WriteString(`</ol></div>`)
	return ast.WalkSkipChildren, nil
}

// isDiagram reports whether a listing is the source of a diagram.
func isDiagram(name string) bool { return strings.EqualFold(name, "mermaid") }

// colours reports whether code in a language has colours, or needs none.
func colours(name string) bool {
	return name == "" || slices.Contains(plainNames, name) || lexers.Get(name) != nil
}

// coloured divides a text into lines, and each line into parts of one colour. Code in an unknown language has none.
func coloured(name, text string) [][]CodePart {
	var tokens []chroma.Token
	if lexer := lexers.Get(name); lexer != nil && name != "" {
		if it, err := chroma.Coalesce(lexer).Tokenise(nil, text); err == nil {
			tokens = it.Tokens()
		}
	}
	if tokens == nil {
		tokens = []chroma.Token{{Type: chroma.Text, Value: text}}
	}
	lines := [][]CodePart{nil}
	for _, t := range tokens {
		class := classOf(t.Type)
		for i, piece := range strings.Split(t.Value, "\n") {
			if i > 0 {
				lines = append(lines, nil)
			}
			if piece == "" {
				continue
			}
			last := &lines[len(lines)-1]
			*last = append(*last, CodePart{class, piece})
		}
	}
	want := strings.Count(text, "\n") + 1
	for len(lines) < want {
		lines = append(lines, nil)
	}
	return lines[:want] // some lexers add a line end
}

// classOf maps a kind of token to one of the classes of CodePart.
func classOf(t chroma.TokenType) string {
	switch {
	case t == chroma.NameFunction || t == chroma.NameClass || t == chroma.NameFunctionMagic || t == chroma.NameDecorator:
		return "fn"
	case t == chroma.NameConstant || t == chroma.KeywordConstant || t.InSubCategory(chroma.LiteralNumber):
		return "num"
	case t == chroma.NameTag || t == chroma.GenericInserted || t == chroma.NameBuiltin || t == chroma.NameKeyword ||
		t == chroma.GenericHeading || t == chroma.GenericSubheading:
		return "key"
	case t.InCategory(chroma.Keyword):
		return "key"
	case t.InCategory(chroma.Comment) || t == chroma.GenericDeleted:
		return "com"
	case t.InSubCategory(chroma.LiteralString) || t == chroma.NameAttribute:
		return "str"
	}
	return ""
}
