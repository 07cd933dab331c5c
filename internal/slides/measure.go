package slides

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// blocks marks the elements that the script of a page measures: texts (data-t), boxes (data-c) and the parts by which
// a text is shortened (data-item). Text directly inside a container gets an element of its own.
func (d *dresser) blocks(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if isInline(c) {
			last := c
			for last.NextSibling != nil && isInline(last.NextSibling) {
				last = last.NextSibling
			}
			next = last.NextSibling
			d.run(n, c, next)
			c = next
			continue
		}
		if c.Type == html.ElementNode {
			d.block(c)
		}
		c = next
	}
}

func isInline(n *html.Node) bool {
	return n.Type == html.TextNode || n.Type == html.ElementNode && slices.Contains(inlines, n.Data)
}

// run puts the inline nodes from first up to end into an element of their own.
func (d *dresser) run(parent, first, end *html.Node) {
	words, pictures := wordsOf(first, end)
	if words == "" && pictures == 0 {
		return
	}
	box := &html.Node{Type: html.ElementNode, Data: "span", DataAtom: atom.Span}
	parent.InsertBefore(box, first)
	for c := first; c != end; {
		next := c.NextSibling
		parent.RemoveChild(c)
		box.AppendChild(c)
		c = next
	}
	d.measured(box, words)
}

// wordsOf returns the words of nodes, and the number of their pictures.
func wordsOf(first, end *html.Node) (words string, pictures int) {
	var b strings.Builder
	var look func(n *html.Node)
	look = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if n.Data == "img" && n.Type == html.ElementNode {
			pictures++
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			look(c)
		}
	}
	for n := first; n != end && n != nil; n = n.NextSibling {
		look(n)
	}
	return strings.TrimSpace(b.String()), pictures
}

// measured marks an element with text.
func (d *dresser) measured(n *html.Node, words string) {
	n.Attr = append(n.Attr, html.Attribute{Key: "data-t"})
	if dir := direction(words); dir != "" {
		n.Attr = append(n.Attr, html.Attribute{Key: "dir", Val: dir})
	}
	if l := language(words, d.v.lang); bcp47.MatchString(l) {
		n.Attr = append(n.Attr, html.Attribute{Key: "lang", Val: l})
	}
}

// block marks a block.
func (d *dresser) block(c *html.Node) {
	set := func(n *html.Node, keys ...string) {
		for _, key := range keys {
			n.Attr = append(n.Attr, html.Attribute{Key: key})
		}
	}
	switch c.Data {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "dt", "figcaption", "caption", "pre":
		words, pictures := wordsOf(c.FirstChild, nil)
		if words == "" && pictures > 0 && c.Data == "p" {
			d.figure(c)
			return
		}
		d.measured(c, words)
	case "li":
		if c.Parent != nil && strings.HasPrefix(attribute(c.Parent, "class"), "lines") {
			d.codeLine(c)
			return
		}
		set(c, "data-item")
		d.blocks(c)
	case "div":
		if attribute(c, "class") == "pane" {
			set(c, "data-c")
			c.Attr = append(c.Attr, html.Attribute{Key: "data-unit", Val: "lines"})
		}
		if attribute(c, "class") == "diagram" {
			set(c, "data-c")
			d.measured(c.FirstChild, "")
			return
		}
		if attribute(c, "class") == "formula" {
			words, _ := wordsOf(c.FirstChild, nil)
			d.measured(c, words)
			return
		}
		d.blocks(c)
	case "table":
		d.table(c)
		d.blocks(c)
	case "tr":
		if c.Parent != nil && c.Parent.Data != "thead" {
			set(c, "data-item")
		}
		d.blocks(c)
	default:
		d.blocks(c)
	}
}

// figure makes a figure of a paragraph with only pictures.
func (d *dresser) figure(p *html.Node) {
	p.Data, p.DataAtom = "figure", atom.Figure
	_, n := wordsOf(p.FirstChild, nil)
	class := "pics"
	if n > 1 {
		class += " several"
	}
	p.Attr = []html.Attribute{{Key: "class", Val: class}}
	for c := p.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.TextNode || c.Data == "br" {
			p.RemoveChild(c)
		} else if c.Data == "img" {
			c.Attr = append(c.Attr, html.Attribute{Key: "class", Val: sized(c)})
		}
		c = next
	}
	p.Attr = append(p.Attr, html.Attribute{Key: "data-c"})
}

// sized is the class of a picture: whether its size is given.
func sized(img *html.Node) string {
	if style := attribute(img, "style"); strings.Contains(style, "px;") {
		return "sized"
	}
	return "free"
}

// codeLine marks a line of a listing.
func (d *dresser) codeLine(li *html.Node) {
	li.Attr = append(li.Attr, html.Attribute{Key: "data-item"})
	for c := li.FirstChild; c != nil; c = c.NextSibling {
		if c.Data == "code" {
			c.Attr = append(c.Attr, html.Attribute{Key: "data-t"}, html.Attribute{Key: "data-box"})
			d.doc.code++
		}
	}
}

// table puts a table on a sheet.
func (d *dresser) table(t *html.Node) {
	if t.Parent == nil || attribute(t.Parent, "class") == "sheet" {
		return
	}
	sheet := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div,
		Attr: []html.Attribute{{Key: "class", Val: "sheet"}, {Key: "data-c"}, {Key: "data-box"}}}
	t.Parent.InsertBefore(sheet, t)
	t.Parent.RemoveChild(t)
	sheet.AppendChild(t)
}
