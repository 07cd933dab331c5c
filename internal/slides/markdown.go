package slides

import (
	"bytes"
	"html/template"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	emoji "github.com/yuin/goldmark-emoji"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"lectern"
)

// Doc is a text in Markdown as the elements of a page.
type Doc struct {
	html   template.HTML
	text   string   // its words
	lines  []string // its paragraphs, items and cells, without listings
	bare   int      // pictures without an alternative text
	alts   []string // the alternative texts of the others
	blocks int
	code   int // lines of listings
}

// HTML returns the elements. They passed the sanitiser, and the addresses of their pictures are checked ones.
func (d *Doc) HTML() template.HTML { return d.html }

// Doc returns a text in Markdown by role, or nil.
func (v *view) Doc(role string) *Doc { return v.docs[role] }

// maxMarkdown is how many characters of a text in Markdown a page shows. It also bounds the time that the parser needs.
const maxMarkdown = 20_000

// pages turns Markdown into HTML. hard does too, and a line end in the text breaks the line, as in Marp. They are made
// when the first text needs them, so that other programs start sooner.
var (
	pages = sync.OnceValue(func() goldmark.Markdown { return converter() })
	hard  = sync.OnceValue(func() goldmark.Markdown { return converter(html.WithHardWraps()) })
)

// converter turns CommonMark with the extensions of GitHub, footnotes, emoji and formulas into HTML. HTML in the text
// stays, since the sanitiser comes after it.
func converter(more ...renderer.Option) goldmark.Markdown {
	table := extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))
	return goldmark.New(
		goldmark.WithExtensions(table, extension.Strikethrough, extension.Linkify, extension.TaskList, extension.Footnote,
			emoji.Emoji, formulas{}),
		goldmark.WithRendererOptions(append(more, html.WithUnsafe(),
			renderer.WithNodeRenderers(util.Prioritized(parts{}, 100)))...),
	)
}

// markdown reads a text in Markdown. line reports that it is a part of a line, such as a title. It returns nil for a
// text without content.
func (v *view) markdown(value any, line bool) *Doc {
	s, short := cut(sourceOf(value), maxMarkdown)
	if strings.TrimSpace(s) == "" {
		return nil
	}
	if short {
		v.warn("text_cut", "%q has more than %d characters, so its end is not shown.", v.at, maxMarkdown)
	}
	src := []byte(s)
	context := parser.NewContext()
	to := pages()
	if truth(v.options["breaks"]) {
		to = hard()
	}
	doc := to.Parser().Parse(text.NewReader(src), parser.WithContext(context))
	v.sources(doc, src)
	var b bytes.Buffer
	if err := to.Renderer().Render(&b, src, doc); err != nil {
		v.warn("markdown_unread", "%q cannot be shown as Markdown.", v.at)
		return nil
	}
	return v.dress(b.String(), line)
}

// sourceOf returns a text in Markdown, which may be a list of lines. Unlike clean it keeps tabs and indentation.
func sourceOf(value any) string {
	s := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n").Replace(
		strings.ToValidUTF8(codeText(value), "\ufffd"))
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.Is(unicode.Cc, r), r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff',
			r >= 0xfff9 && r <= 0xfffb:
			return -1
		}
		return r
	}, s)
}

// inMarkdown reads a prop in Markdown.
func (v *view) inMarkdown(role string, value any) {
	line := role == "heading" || role == "header" || role == "footer"
	if d := v.markdown(value, line); d != nil {
		v.docs[role] = d
	}
}

// arrange sets what a slide in Markdown needs beside its texts: its colours, the frame next to its pictures, and the
// look of its layout.
func (v *view) arrange(l *Library, d lectern.Deck, i int, chosen *design, fr frame) (*design, frame) {
	t, err := l.themeOf(d)
	v.stand(err == nil && t.Dark)
	if v.behind != nil && v.behind.side != "" {
		fr = v.behind.frameBeside(d, i)
	}
	if title := v.texts["title"]; title != nil && (v.docs["heading"] != nil || v.Choice("titlePlace") == "body") {
		title.shown = true
		if v.Choice("titlePlace") == "body" {
			delete(v.docs, "heading")
			delete(v.texts, "title")
		}
	}
	if title := v.texts["title"]; title != nil && v.Choice("layout") == "quote" {
		title.S = strings.Trim(title.S, "\"“”„«»‹› ") // the page draws a quotation mark
	}
	v.fitTitle(fr)
	if c := v.Choice("layout"); c == "cover" || c == "section" {
		hero := *chosen
		hero.Hero, hero.Variant = v.behind == nil, "cover"
		chosen = &hero
	}
	return chosen, fr
}

// HasHead reports whether a slide in Markdown shows a title above its text.
func (v *view) HasHead() bool { return v.docs["heading"] != nil || v.texts["title"] != nil }

// HeadAttrs returns the attributes of a title in Markdown.
func (v *view) HeadAttrs() template.HTMLAttr { return attrs(v.docs["heading"].text, v.lang) }

// words is the number of characters of a text.
func (d *Doc) words() int { return utf8.RuneCountInString(d.text) }

// sources warns of listings whose language is unknown.
func (v *view) sources(doc ast.Node, src []byte) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		f, ok := n.(*ast.FencedCodeBlock)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		name := strings.ToLower(string(f.Language(src)))
		if !isDiagram(name) && !colours(name) {
			short, _ := cut(name, 40)
			v.warn("unknown_language", "The language %q is not known here, so its code has no colours.", short)
		}
		return ast.WalkContinue, nil
	})
}

// parts renders the nodes that pages show in their own way.
type parts struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (parts) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(ast.KindFencedCodeBlock, listing)
	reg.Register(ast.KindCodeBlock, listing)
	reg.Register(ast.KindImage, pictureNode)
	reg.Register(kindFormula, formulaNode)
}

// pictureNode writes a picture with its address as it is in the text, so that it can be found in the prop "images".
func pictureNode(w util.BufWriter, src []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	i := n.(*ast.Image)
	_, _ = w.WriteString(`<img src="` + template.HTMLEscapeString(string(i.Destination)) + `" alt="` +
		template.HTMLEscapeString(plain(n, src)) + `">`)
	return ast.WalkSkipChildren, nil
}

// plain returns the words of a node.
func plain(n ast.Node, src []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(src))
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
