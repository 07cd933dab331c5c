package slides

import (
	"html/template"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// policy is the wall between the HTML of a deck and a page: elements and attributes that cannot load, run or style
// anything. Addresses of pictures are tokens, which are replaced by checked addresses afterwards.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd",
		"blockquote", "pre", "code", "em", "strong", "b", "i", "u", "s", "del", "ins", "mark", "small", "sub", "sup", "kbd",
		"samp", "var", "q", "cite", "dfn", "abbr", "time", "ruby", "rt", "rp", "wbr", "figure", "figcaption", "table",
		"caption", "thead", "tbody", "tfoot", "tr", "th", "td", "section", "bdi", "bdo")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(?:[a-z][a-z0-9-]*)(?: [a-z][a-z0-9-]*)*$`)).Globally()
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(?:ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(bcp47).Globally()
	p.AllowAttrs("data-t", "data-c", "data-box", "data-item", "data-picture").Matching(regexp.MustCompile(`^$`)).Globally()
	p.AllowAttrs("data-unit").Matching(regexp.MustCompile(`^lines$`)).Globally()
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(?:left|right|center)$`)).OnElements("th", "td")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^\d{1,4}$`)).OnElements("ol")
	p.AllowAttrs("src").Matching(pictureToken).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("style").Matching(pictureStyle).OnElements("img")
	p.AllowRelativeURLs(true)
	return p
}()

var (
	pictureToken = regexp.MustCompile(`^p/\d{1,4}$`)
	tokenInPage  = regexp.MustCompile(`src="p/(\d{1,4})"`)
	pictureStyle = regexp.MustCompile(`^(?:(?:width|height):\d{1,4}px;)*` +
		`(?:filter:(?:(?:` + filterNames + `)\([0-9.]{1,8}(?:px|%|deg)?\) ?)+;)?$`)
)

// inlines are elements within a line.
var inlines = strings.Fields("a abbr b bdi bdo br cite code del dfn em font i img input ins kbd mark q rp rt ruby s " +
	"samp small span strike strong sub sup time tt u var wbr")

// ownClasses are the classes that the renderer gives. Classes of the deck are not kept: they could look like others.
var ownClasses = []string{"pane", "file", "lines", "lines numbered", "lines some", "lines numbered some", "marked",
	"no", "key", "str", "num", "com", "fn", "tex", "formula", "diagram", "footnotes"}

// dresser turns the HTML of a text into elements that the script of a page can measure.
type dresser struct {
	v        *view
	pictures []*picture
	doc      *Doc
	text     strings.Builder
	line     int // where the line that is being read begins in text
	code     int // how many listings are around it
}

// endLine adds the text since the last call to the lines of the text, unless it is in a listing.
func (d *dresser) endLine() {
	s := strings.Join(strings.Fields(d.text.String()[d.line:]), " ")
	d.line = d.text.Len()
	if s != "" && d.code == 0 {
		d.doc.lines = append(d.doc.lines, s)
	}
}

// dress sanitises HTML and prepares it for a page. line reports that only what is in a line may remain.
func (v *view) dress(in string, line bool) *Doc {
	root := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(in), root)
	if err != nil {
		v.warn("markdown_unread", "%q cannot be shown as Markdown.", v.at)
		return nil
	}
	for _, n := range nodes {
		root.AppendChild(n)
	}
	d := &dresser{v: v, doc: &Doc{}}
	d.clean(root)
	d.endLine()
	if line {
		unwrap(root)
	} else {
		d.blocks(root)
	}
	var b strings.Builder
	for n := root.FirstChild; n != nil; n = n.NextSibling {
		d.doc.blocks++
		if err := html.Render(&b, n); err != nil {
			return nil
		}
	}
	safe := policy.Sanitize(b.String())
	safe = tokenInPage.ReplaceAllStringFunc(safe, func(token string) string {
		n, err := strconv.Atoi(tokenInPage.FindStringSubmatch(token)[1])
		if err != nil || n >= len(d.pictures) {
			return `src=""`
		}
		return `src="` + template.HTMLEscapeString(string(d.pictures[n].URL)) + `"`
	})
	d.doc.html, d.doc.text = template.HTML(strings.TrimSpace(safe)), strings.TrimSpace(d.text.String())
	if strings.TrimSpace(safe) == "" {
		return nil
	}
	v.all = append(v.all, d.doc.text)
	return d.doc
}

// unwrap replaces the blocks of a line by what is in them.
func unwrap(root *html.Node) {
	for n := root.FirstChild; n != nil; {
		next := n.NextSibling
		if n.Type == html.ElementNode && !slices.Contains(inlines, n.Data) {
			unwrap(n)
			for c := n.FirstChild; c != nil; c = n.FirstChild {
				n.RemoveChild(c)
				root.InsertBefore(c, n)
			}
			root.RemoveChild(n)
		}
		n = next
	}
}

// clean removes what a page does not show, and attributes that are not the renderer's. Links become spans, since nobody
// can follow them, and boxes of task lists become signs.
func (d *dresser) clean(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case c.Type == html.CommentNode && strings.TrimSpace(c.Data) == "fit" && strings.HasPrefix(n.Data, "h"):
			n.Attr = append(n.Attr, html.Attribute{Key: "class", Val: "fit"})
			n.RemoveChild(c)
		case c.Type == html.TextNode:
			d.text.WriteString(c.Data)
		case c.Type != html.ElementNode || slices.Contains(dropped, c.Data):
			n.RemoveChild(c)
		case c.Data == "img":
			d.picture(c)
		case c.Data == "input":
			d.box(c)
		case c.Data == "div" && attribute(c, "class") == "diagram":
			d.diagram(c)
		default:
			block := !slices.Contains(inlines, c.Data)
			if block {
				d.endLine()
			}
			listing := c.Data == "pre"
			if listing {
				d.code++
			}
			d.element(c)
			d.clean(c)
			if block {
				d.text.WriteByte(' ')
				d.endLine()
			}
			if listing {
				d.code--
			}
		}
		c = next
	}
}

// dropped are elements that go with all that is inside them.
var dropped = strings.Fields("script style iframe object embed svg math template noscript video audio canvas form " +
	"select textarea head title link meta base frame frameset noframes noembed")

// diagram keeps the source of a diagram, which is no text of the slide.
func (d *dresser) diagram(c *html.Node) {
	words, _ := wordsOf(c.FirstChild, nil)
	for c.FirstChild != nil {
		c.RemoveChild(c.FirstChild)
	}
	source := &html.Node{Type: html.ElementNode, Data: "pre", DataAtom: atom.Pre}
	source.AppendChild(&html.Node{Type: html.TextNode, Data: words})
	c.AppendChild(source)
	d.element(c)
}

func (d *dresser) element(c *html.Node) {
	class := attribute(c, "class")
	kept := c.Attr[:0]
	for _, a := range c.Attr {
		if (a.Key == "align" && (c.Data == "td" || c.Data == "th")) || (a.Key == "start" && c.Data == "ol") ||
			(a.Key == "dir" && a.Val == "ltr" && class == "pane") {
			kept = append(kept, a)
		}
	}
	if slices.Contains(ownClasses, class) {
		d.v.drawn = d.v.drawn.or(drawnParts{class == "tex" || class == "formula", class == "diagram"})
		kept = append(kept, html.Attribute{Key: "class", Val: class})
	}
	c.Attr = kept
	switch c.Data {
	case "a":
		c.Data, c.DataAtom = "span", atom.Span
		if class != "footnote-backref" {
			c.Attr = []html.Attribute{{Key: "class", Val: "link"}}
		} else {
			c.FirstChild = nil
		}
	case "strike", "tt", "font", "center", "main", "article", "aside", "header", "footer", "nav", "details", "summary",
		"address", "hgroup":
		c.Data, c.DataAtom = map[bool]string{true: "span", false: "div"}[c.Data == "font"], 0
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// box replaces the box of a task.
func (d *dresser) box(c *html.Node) {
	class := "box"
	for _, a := range c.Attr {
		if a.Key == "checked" {
			class = "box done"
		}
	}
	c.Data, c.DataAtom, c.Attr = "i", atom.I, []html.Attribute{{Key: "class", Val: class}}
	if c.Parent != nil && c.Parent.Data == "li" {
		c.Parent.Attr = append(c.Parent.Attr, html.Attribute{Key: "class", Val: "task"})
	} else if p := c.Parent; p != nil && p.Parent != nil && p.Parent.Data == "li" {
		p.Parent.Attr = append(p.Parent.Attr, html.Attribute{Key: "class", Val: "task"})
	}
}

// picture resolves the address of a picture by the prop "images". Without an address, its alternative text is shown.
func (d *dresser) picture(c *html.Node) {
	src, alt := attribute(c, "src"), attribute(c, "alt")
	style, alt := pictureWords(alt)
	for _, side := range []string{"width", "height"} {
		if n, err := strconv.Atoi(attribute(c, side)); err == nil && n > 0 && n < 4000 && style == "" {
			style += side + ":" + strconv.Itoa(n) + "px;"
		}
	}
	p := d.v.illustration(src)
	if p == nil {
		c.Data, c.DataAtom, c.Attr = "span", atom.Span, []html.Attribute{{Key: "class", Val: "missing"}}
		if alt == "" {
			alt = path.Base(src)
		}
		c.AppendChild(&html.Node{Type: html.TextNode, Data: alt})
		d.text.WriteString(alt)
		return
	}
	c.Attr = []html.Attribute{{Key: "src", Val: "p/" + strconv.Itoa(len(d.pictures))}, {Key: "alt", Val: alt}}
	if style != "" {
		c.Attr = append(c.Attr, html.Attribute{Key: "style", Val: style})
	}
	d.pictures = append(d.pictures, p)
	if alt == "" {
		d.doc.bare++
	} else {
		d.doc.alts = append(d.doc.alts, alt)
	}
}

// illustration returns the picture that the prop "images" names by an address of the text. An address that it lacks
// is used itself, if it is one of the web or has the data of the picture.
func (v *view) illustration(src string) *picture {
	if p, ok := v.images[src]; ok {
		return p
	}
	if u, err := url.PathUnescape(src); err == nil && v.images[u] != nil {
		return v.images[u]
	}
	if strings.HasPrefix(src, "data:image/") {
		return v.image(src, v.at)
	}
	return nil
}

const filterNames = `blur|brightness|contrast|grayscale|hue-rotate|invert|opacity|saturate|sepia`

var (
	sizeWord   = regexp.MustCompile(`^(w|h|width|height):(\d{1,4}(?:\.\d+)?)(px|cm|mm|in|pt|em|rem)?$`)
	filterWord = regexp.MustCompile(`^(` + filterNames + `)(?::([0-9.]{1,8}(?:px|%|deg)?))?$`)
)

// lengths are the units of sizes, in pixels of Marp's slides. Those have 720 lines, and pages here 1080.
var lengths = map[string]float64{"": 1, "px": 1, "cm": 96 / 2.54, "mm": 9.6 / 2.54, "in": 96, "pt": 96.0 / 72,
	"em": 29, "rem": 29}

// pictureWords splits Marp's words for sizes and filters off an alternative text, and returns them as CSS.
func pictureWords(alt string) (style, rest string) {
	var left, filters []string
	sides := map[string]string{"w": "width", "h": "height", "width": "width", "height": "height"}
	for _, word := range strings.Fields(alt) {
		if m := sizeWord.FindStringSubmatch(word); m != nil {
			x, err := strconv.ParseFloat(m[2], 64)
			if n := int(x * lengths[m[3]] * 1.5); err == nil && n > 0 && n < 4000 {
				style += sides[m[1]] + ":" + strconv.Itoa(n) + "px;"
			}
			continue
		}
		if f := filterOf(word); f != "" && strings.Contains(word, ":") {
			filters = append(filters, f)
			continue
		}
		left = append(left, word)
	}
	if len(filters) > 0 {
		style += "filter:" + strings.Join(filters, " ") + ";"
	}
	if !pictureStyle.MatchString(style) {
		style = ""
	}
	return style, strings.Join(left, " ")
}

// filterDefaults are the strengths of filters that name none, as in Marp.
var filterDefaults = map[string]string{"blur": "10px", "brightness": "1.5", "contrast": "2", "grayscale": "1",
	"hue-rotate": "180deg", "invert": "1", "opacity": "0.5", "saturate": "2", "sepia": "1"}

// filterOf returns a word such as blur:3px as CSS, or "".
func filterOf(word string) string {
	m := filterWord.FindStringSubmatch(word)
	if m == nil {
		return ""
	}
	value := m[2]
	if value == "" {
		value = filterDefaults[m[1]]
	}
	return m[1] + "(" + value + ")"
}
