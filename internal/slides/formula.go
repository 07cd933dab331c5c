package slides

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// formulas is an extension of Markdown: $x^2$ within a line, and $$…$$ as a block. As in Pandoc, an opening sign has no
// blank after it, and a closing one no blank before and no digit after it, so that prices are no formulas.
type formulas struct{}

// Extend implements goldmark.Extender.
func (formulas) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithInlineParsers(util.Prioritized(inlineFormula{}, 150)),
		parser.WithBlockParsers(util.Prioritized(blockFormula{}, 650)),
	)
}

var kindFormula = ast.NewNodeKind("Formula")

// formula is a formula in TeX.
type formula struct {
	ast.BaseBlock
	inline bool
	whole  bool // it ends in its first line
	tex    string
}

func (*formula) Kind() ast.NodeKind { return kindFormula }

// Type says how the parser places the node.
func (f *formula) Type() ast.NodeType {
	if f.inline {
		return ast.TypeInline
	}
	return ast.TypeBlock
}

// IsRaw reports that the text of the node is not Markdown.
func (*formula) IsRaw() bool { return true }

// Dump implements ast.Node.
func (f *formula) Dump(src []byte, level int) { ast.DumpHelper(f, src, level, nil, nil) }

// formulaNode writes a formula as its source, which the browser draws.
func formulaNode(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	f := n.(*formula)
	tag, class := "div", "formula"
	if f.inline {
		tag, class = "span", "tex"
	}
	_, _ = w.WriteString(`<` + tag + ` class="` + class + `">` + template.HTMLEscapeString(f.tex) + `</` + tag + `>`)
	return ast.WalkSkipChildren, nil
}

// inlineFormula parses a formula within a line.
type inlineFormula struct{}

// Trigger implements parser.InlineParser.
func (inlineFormula) Trigger() []byte { return []byte{'$'} }

// Parse implements parser.InlineParser.
func (inlineFormula) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, _ := block.PeekLine()
	sign := 1
	if bytes.HasPrefix(line, []byte("$$")) {
		sign = 2
	}
	rest := line[sign:]
	for from := 0; ; {
		n := bytes.IndexByte(rest[from:], '$')
		if n < 0 {
			return nil
		}
		end := from + n
		inner, after := rest[:end], rest[end+1:]
		switch {
		case end > 0 && rest[end-1] == '\\':
			from = end + 1
			continue
		case sign == 2 && !bytes.HasPrefix(after, []byte("$")):
			return nil
		case len(bytes.TrimSpace(inner)) == 0:
			return nil
		case sign == 1 && (blankAt(inner, 0) || blankAt(inner, len(inner)-1)):
			return nil
		case sign == 1 && len(after) > 0 && after[0] >= '0' && after[0] <= '9':
			return nil
		}
		block.Advance(end + 2*sign)
		return &formula{inline: true, tex: strings.TrimSpace(string(inner))}
	}
}

func blankAt(b []byte, i int) bool { return b[i] == ' ' || b[i] == '\t' || b[i] == '\n' }

// blockFormula parses a formula of several lines.
type blockFormula struct{}

// Trigger implements parser.BlockParser.
func (blockFormula) Trigger() []byte { return []byte{'$'} }

// Open implements parser.BlockParser.
func (blockFormula) Open(_ ast.Node, reader text.Reader, _ parser.Context) (ast.Node, parser.State) {
	line, _ := reader.PeekLine()
	s := strings.TrimSpace(string(line))
	inner, ok := strings.CutPrefix(s, "$$")
	if !ok {
		return nil, parser.NoChildren
	}
	if whole, closed := strings.CutSuffix(inner, "$$"); closed && strings.TrimSpace(whole) != "" {
		if strings.Contains(whole, "$$") {
			return nil, parser.NoChildren
		}
		return &formula{tex: strings.TrimSpace(whole), whole: true}, parser.NoChildren
	}
	if strings.Contains(inner, "$$") {
		return nil, parser.NoChildren
	}
	return &formula{tex: inner}, parser.NoChildren
}

// Continue implements parser.BlockParser.
func (blockFormula) Continue(n ast.Node, reader text.Reader, _ parser.Context) parser.State {
	f := n.(*formula)
	if f.whole {
		return parser.Close
	}
	line, _ := reader.PeekLine()
	s := strings.TrimRight(string(line), " \t\n")
	last, closed := strings.CutSuffix(s, "$$")
	f.tex += "\n" + last
	reader.AdvanceToEOL()
	if closed {
		return parser.Close
	}
	return parser.Continue | parser.NoChildren
}

// Close implements parser.BlockParser.
func (blockFormula) Close(n ast.Node, _ text.Reader, _ parser.Context) {
	f := n.(*formula)
	f.tex = strings.TrimSpace(f.tex)
}

// CanInterruptParagraph implements parser.BlockParser.
func (blockFormula) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements parser.BlockParser.
func (blockFormula) CanAcceptIndentedLine() bool { return false }
