package markdown

import (
	"html"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	emoji "github.com/yuin/goldmark-emoji"
	emojiast "github.com/yuin/goldmark-emoji/ast"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"lectern"
)

// finish turns what is left of a slide's text into its content, and adds the slide to the deck.
func (p *reader) finish(d *draft) {
	p.tags(d)
	p.paginate(d)
	body := d.rest()
	if p.dialect == dialectSlidev {
		body = p.snippets(d, body)
		body = stepsOfMath.ReplaceAllString(body, "$$$$")
	}
	var built fragments
	switch {
	case !p.steps:
	case p.byMarp:
		built = marpFragments(d.whole)
	case p.dialect == dialectMarp:
		body, built = markMarp(body)
	case p.dialect == dialectSlidev:
		body, built = markSlidev(body)
	}
	p.build(d, built)
	body = p.listings(d, body)
	if n := brackets(body); n > maxBrackets || len(body) > p.lim.PropsBytes {
		f := lectern.Fail(lectern.CodeTooLarge, "The slide has %d bytes of text with %d brackets; at most %d and %d are "+
			"possible. Split the slide.", len(body), n, p.lim.PropsBytes, maxBrackets)
		at := d.position(0)
		f.Line, f.Column = at.Line, at.Column
		p.faults = append(p.faults, *in(d.src, f).At(p.number()))
		body = ""
	}
	parts := map[string]string{"default": body}
	if p.dialect == dialectSlidev {
		parts = slots(body)
	}
	d.arrange(parts)
	p.collect(d)
	if d.title == "" && d.name != "" {
		d.title, d.inside = oneLine(d.name), true
	}
	p.drafts = append(p.drafts, d)
}

// stepsOfMath matches the beginning of a formula whose lines appear one by one.
var stepsOfMath = regexp.MustCompile(`(?m)^\$\$[ \t]*\{[^\n]*\}[ \t]*$`)

// arrange sets the content from the parts of a slide: the default one, and its columns.
func (d *draft) arrange(parts map[string]string) {
	body, left, right := parts["default"], parts["left"], parts["right"]
	if right != "" && left == "" && d.look["layout"] != "two-cols-header" {
		body, left = "", body // its text is the left column
	}
	if more := trimLines(parts["top"] + "\n\n" + body + "\n\n" + parts["bottom"]); more != "" {
		body = more
	}
	from := &body
	if body == "" && left != "" {
		from = &left
	}
	o := read(*from)
	d.title, d.inside = o.title, !o.first
	if columns := from == &left; o.first && !(columns && read(right).first) {
		d.fit, d.heading = o.fit, o.heading
		*from = trimLines((*from)[:o.at.from] + (*from)[o.at.to:])
	} else {
		d.inside = d.title != ""
	}
	d.body, d.left, d.right = body, left, right
}

// slots splits a text at Slidev's marks of slots, such as ::right::.
func slots(text string) map[string]string {
	parts := map[string]string{}
	name, from := "default", 0
	rs := regions(scan(text))
	add := func(to int) { parts[name] = trimLines(parts[name] + "\n" + text[from:to]) }
	for _, m := range slotLine.FindAllStringIndex(text, -1) {
		if rs.at(m[0]) == nil {
			add(m[0])
			name, from = strings.Trim(text[m[0]:m[1]], ": \t"), m[1]
		}
	}
	add(len(text))
	return parts
}

// whole reads Markdown as the slides show it. It is made for the first deck, so that other programs start sooner.
var whole = sync.OnceValue(func() parser.Parser {
	return goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, emoji.Emoji)).Parser()
})

// outline is what the text of a slide says about the slide.
type outline struct {
	title   string // of the first heading
	heading string // the same in Markdown, if it has more than words
	fit     bool
	first   bool // the heading is the first block
	at      span // of the heading's lines
	images  []string
}

// read returns the outline of a text.
func read(md string) outline {
	var o outline
	src := []byte(md)
	doc := whole().Parse(text.NewReader(src))
	first := true
	for n := doc.FirstChild(); n != nil && o.title == ""; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			o.head(h, src, first)
		}
		if _, definition := n.(*ast.LinkReferenceDefinition); !definition {
			first = false
		}
	}
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Image:
			o.images = append(o.images, string(n.Destination))
		case *ast.RawHTML, *ast.HTMLBlock:
			for _, m := range imageTag.FindAllStringSubmatch(rawOf(n, src), -1) {
				o.images = append(o.images, html.UnescapeString(m[1]+m[2]+m[3]))
			}
		}
		return ast.WalkContinue, nil
	})
	return o
}

var imageTag = regexp.MustCompile(`(?is)<img\b[^>]*?\ssrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)

// rawOf returns the text of a node of HTML.
func rawOf(n ast.Node, src []byte) string {
	var b strings.Builder
	switch n := n.(type) {
	case *ast.RawHTML:
		for i := range n.Segments.Len() {
			s := n.Segments.At(i)
			b.Write(s.Value(src))
		}
	case *ast.HTMLBlock:
		for i := range n.Lines().Len() {
			s := n.Lines().At(i)
			b.Write(s.Value(src))
		}
		if n.HasClosure() {
			b.Write(n.ClosureLine.Value(src))
		}
	}
	return b.String()
}

// head reads the heading of a slide.
func (o *outline) head(h *ast.Heading, src []byte, first bool) {
	if h.Lines().Len() == 0 {
		return
	}
	var raw []string
	for i := range h.Lines().Len() {
		s := h.Lines().At(i)
		raw = append(raw, strings.TrimSpace(string(s.Value(src))))
	}
	md := string(src)
	from := lineStart(md, h.Lines().At(0).Start)
	to := lineEnd(md, h.Lines().At(h.Lines().Len()-1).Start)
	if !strings.HasPrefix(strings.TrimLeft(md[from:], " "), "#") {
		to = lineEnd(md, to) // the line below the heading
	}
	words, plain := plainText(h, src)
	o.title, o.first, o.at = oneLine(words), first, span{from, to}
	o.fit = strings.Contains(md[from:to], "<!-- fit -->") || strings.Contains(md[from:to], "<!--fit-->")
	if !plain {
		o.heading = strings.TrimSpace(fitMark.ReplaceAllString(strings.Join(raw, "\n"), ""))
	}
	if o.heading == o.title && !strings.Contains(o.title, "$") { // a plain title shows a formula as its source
		o.heading = ""
	}
}

var fitMark = regexp.MustCompile(`<!--\s*fit\s*-->`)

// plainText returns the words of a node. plain reports that it has nothing but words.
func plainText(n ast.Node, src []byte) (words string, plain bool) {
	var b strings.Builder
	plain = true
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
		case *ast.Text:
			b.WriteString(html.UnescapeString(string(escaped.ReplaceAll(n.Segment.Value(src), []byte("$1")))))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *emojiast.Emoji:
			b.WriteString(string(n.Value.Unicode))
		case *ast.AutoLink:
			b.Write(n.Label(src))
			plain = false
		case *ast.RawHTML:
			plain = plain && fitMark.MatchString(rawOf(n, src))
		default:
			plain = false
		}
		return ast.WalkContinue, nil
	})
	return b.String(), plain && !strings.Contains(b.String(), "$")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// collect lists the pictures of a slide, with the files that they are.
func (p *reader) collect(d *draft) {
	d.images = map[string]string{}
	for _, md := range []string{d.heading, d.body, d.left, d.right, d.look["header"], d.look["footer"]} {
		if !strings.Contains(md, "![") && !strings.Contains(md, "<img") {
			continue
		}
		for _, dest := range read(md).images {
			if _, known := d.images[dest]; known || strings.HasPrefix(dest, "data:") {
				continue
			}
			at := d.find(dest)
			if address := p.picture(d, dest, at); address != "" {
				d.images[dest] = address
				d.pictures = append(d.pictures, use{"images." + dest, at})
			}
		}
	}
	kept := d.backgrounds[:0]
	for _, b := range d.backgrounds {
		if b.image == "" {
			continue
		}
		if address := p.picture(d, b.image, b.at); address != "" {
			key := "backgrounds[" + strconv.Itoa(len(kept)) + "]"
			if p.byMarp {
				key = "images." + b.image
				d.images[b.image] = address
			}
			b.image = address
			d.pictures = append(d.pictures, use{key, b.at})
			kept = append(kept, b)
		}
	}
	d.backgrounds = kept
}

// find returns the offset of an address in the slide's source.
func (d *draft) find(address string) int {
	if n := strings.Index(d.src.text[d.at:], address); n >= 0 {
		return d.at + n
	}
	return d.at
}

// picture returns the address of a picture as a deck names it, or "" for one that is not shown.
func (p *reader) picture(d *draft, dest string, at int) string {
	dest = strings.TrimSpace(dest)
	lower := strings.ToLower(dest)
	switch {
	case dest == "":
		return ""
	case strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") || strings.HasPrefix(dest, "//"):
		if p.remote {
			return dest
		}
		p.warnOnce("remote_picture", dest, p.number(), "%sThe picture %q is on the web, so it is not loaded. Put the file "+
			"next to the deck, or allow pictures of the web with remotePictures: true in the front matter.",
			d.src.where(at), lectern.Shorten(dest))
		return ""
	case schemeOf.MatchString(dest):
		return dest // assets; what else has a scheme is refused by the page
	}
	file, _, _ := strings.Cut(dest, "#")
	file, _, _ = strings.Cut(file, "?")
	if u, err := url.PathUnescape(file); err == nil {
		file = u
	}
	if slices.Contains(moving, strings.ToLower(path.Ext(file))) {
		p.warn("video_ignored", p.number(), "", "%sThe video %q is not shown: videos on slides are not supported. Put a "+
			"picture in its place.", d.src.where(at), lectern.Shorten(file))
		return ""
	}
	if rest, ok := strings.CutPrefix(file, "/"); ok && p.dialect == dialectSlidev {
		return path.Join("public", rest)
	}
	if d.src.name != "" && !strings.HasPrefix(file, "/") {
		return path.Join(path.Dir(d.src.name), file)
	}
	return file
}

var (
	schemeOf = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+:`)
	moving   = []string{".mp4", ".webm", ".mov", ".m4v", ".ogv", ".avi", ".mkv"}
)
