package picturefile

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// maxDepth is how deeply the elements of an SVG may be nested, references expanded.
const maxDepth = 200

// drawing holds the parts of an SVG on which its cost depends.
type drawing struct {
	nodes  []node
	ids    map[string]int // the first element with that id
	rules  stylesheet
	nested [][]byte // pictures in it
}

type node struct {
	tag      string // lower case, without a namespace
	children []int
	classes  []string
	id       string
	effect   effect // of its attributes
	sheet    string // the text of a style element that has not ended
	parts    int    // how many pieces of that text were read
	pixels   int    // of the picture that it shows
}

func inspectSVG(body []byte, lim Limits) (Picture, *Unfit) {
	d, u := readSVG(body, lim)
	if u != nil {
		return Picture{}, u
	}
	c, u := d.cost()
	if u != nil {
		return Picture{}, u
	}
	switch {
	case lim.Elements > 0 && c.elements > int64(lim.Elements):
		return Picture{}, unfit("it is an SVG drawing that is as costly as %d elements once its references are "+
			"expanded, which is more than %d (limits.svg_elements)", c.elements, lim.Elements)
	case lim.Pixels > 0 && c.pixels > int64(lim.Pixels):
		return Picture{}, unfit("the pictures in it have %s pixels together, which is more than %s "+
			"(limits.picture_pixels)", Million(int(c.pixels)), Million(lim.Pixels))
	}
	return Picture{Pixels: int(c.pixels), Body: body}, nil
}

// barred are elements that do more than draw.
var barred = map[string]bool{
	"script": true, "foreignobject": true, "iframe": true, "object": true, "embed": true, "audio": true, "video": true,
	"canvas":  true,
	"handler": true, "set": true, "animate": true, "animatetransform": true, "animatemotion": true, "animatecolor": true,
	"discard": true,
}

var errOutside = unfit("it is an SVG drawing that loads something from outside")

// readSVG reads a drawing. It refuses everything that does more than draw: scripts, event handlers, foreign markup,
// references to the outside. A drawing that browsers refuse as XML is damaged.
func readSVG(body []byte, lim Limits) (*drawing, *Unfit) {
	r := svgReader{d: &drawing{ids: map[string]int{}}, lim: lim, body: body, dec: xml.NewDecoder(bytes.NewReader(body))}
	r.dec.Strict = true
	for {
		r.at = r.dec.InputOffset()
		t, err := r.dec.RawToken()
		if errors.Is(err, io.EOF) && len(r.d.nodes) > 0 && len(r.open) == 0 {
			return r.d, nil
		}
		if err != nil {
			return nil, illFormed
		}
		var u *Unfit
		switch t := t.(type) {
		case xml.Directive:
			// An internal subset could define entities, which expand without end.
			if text := string(t); !hasPrefixFold(t, "doctype svg") || strings.Contains(text, "[") ||
				len(r.d.nodes) > 0 {
				u = unfit("it is an SVG drawing with a document type of its own, which is not allowed")
			}
		case xml.ProcInst:
			u = r.instruction(t)
		case xml.StartElement:
			u = r.start(t)
		case xml.EndElement:
			u = r.end(t)
		case xml.CharData:
			u = r.chars(t)
		}
		if u != nil {
			return nil, u
		}
	}
}

var illFormed = damaged("SVG", "it is not well formed XML in UTF-8")

// svgReader is a drawing that is being read.
type svgReader struct {
	d     *drawing
	lim   Limits
	body  []byte
	dec   *xml.Decoder
	at    int64 // where the token begins
	open  []int // elements
	names namespaces
}

func (r *svgReader) instruction(t xml.ProcInst) *Unfit {
	switch {
	case t.Target != "xml":
		return unfit("it is an SVG drawing with a processing instruction, which is not allowed")
	case len(bytes.TrimPrefix(r.body[:r.at], []byte("\xef\xbb\xbf"))) > 0,
		bytes.Contains(t.Inst, []byte("encoding")) && !bytes.Contains(bytes.ToLower(t.Inst), []byte("utf-8")):
		return illFormed
	}
	return nil
}

func (r *svgReader) start(t xml.StartElement) *Unfit {
	if u := r.names.enter(t); u != nil {
		return u
	}
	if !spaced(r.body[r.at:r.dec.InputOffset()]) {
		return illFormed
	}
	n, u := r.d.element(t, r.lim)
	if u != nil {
		return u
	}
	if len(r.open) == 0 {
		if len(r.d.nodes) > 0 || t.Name.Local != "svg" {
			return damaged("SVG", "it has more than one root, or one that is not <svg>")
		}
		if !r.names.svg(t) {
			return damaged("SVG", `its root lacks xmlns="http://www.w3.org/2000/svg"`)
		}
	}
	i := len(r.d.nodes)
	r.d.nodes = append(r.d.nodes, n)
	if len(r.open) > 0 {
		p := &r.d.nodes[r.open[len(r.open)-1]]
		p.children = append(p.children, i)
	}
	if r.open = append(r.open, i); len(r.open) > maxDepth {
		return unfit("it is an SVG drawing with elements nested more than %d deep", maxDepth)
	}
	if r.lim.Elements > 0 && len(r.d.nodes) > r.lim.Elements {
		return unfit("it is an SVG drawing with more than %d elements (limits.svg_elements)", r.lim.Elements)
	}
	if _, twice := r.d.ids[n.id]; n.id != "" && !twice {
		r.d.ids[n.id] = i
	}
	return nil
}

func (r *svgReader) end(t xml.EndElement) *Unfit {
	if len(r.open) == 0 {
		return illFormed
	}
	n := &r.d.nodes[r.open[len(r.open)-1]]
	if !r.names.leave(t) {
		return illFormed
	}
	r.open = r.open[:len(r.open)-1]
	if n.tag == "style" {
		return r.d.styled(n)
	}
	return nil
}

func (r *svgReader) chars(t xml.CharData) *Unfit {
	if len(r.open) > 0 {
		return r.d.text(&r.d.nodes[r.open[len(r.open)-1]], string(t))
	}
	if r.at == 0 {
		t = bytes.TrimPrefix(t, []byte("\xef\xbb\xbf"))
	}
	if len(bytes.TrimSpace(t)) > 0 {
		return illFormed
	}
	return nil
}

// text takes the text within an element. It collects the text of a style element, because comments, CDATA sections and
// elements may interrupt it, even within a word.
func (d *drawing) text(n *node, s string) *Unfit {
	if outside(s) {
		return errOutside
	}
	n.effect.cost += int64(len(s) / 8)
	if n.tag == "style" {
		if n.parts++; n.parts > maxRefs {
			return tooStyled
		}
		n.sheet += s
	}
	return nil
}

// styled reads the rules of a style element at its end.
func (d *drawing) styled(n *node) *Unfit {
	if outside(n.sheet) {
		return errOutside
	}
	u := d.rules.read(n.sheet)
	n.sheet = ""
	return u
}

// element reads a start tag.
func (d *drawing) element(t xml.StartElement, lim Limits) (node, *Unfit) {
	n := node{tag: strings.ToLower(t.Name.Local)}
	n.effect.cost = costOf(n.tag)
	if barred[n.tag] {
		return n, unfit("it is an SVG drawing with a <%.40s> element, which is not allowed", t.Name.Local)
	}
	for _, a := range t.Attr {
		name := strings.ToLower(a.Name.Local)
		if a.Name.Space == "xmlns" || name == "xmlns" {
			continue
		}
		if strings.HasPrefix(name, "on") {
			return n, unfit("it is an SVG drawing with a script in %.40s", a.Name.Local)
		}
		if name == "href" || name == "src" {
			if u := d.link(&n, strings.TrimSpace(a.Value), lim); u != nil {
				return n, u
			}
			continue
		}
		if outside(a.Value) {
			return n, errOutside
		}
		if a.Name.Space != "" && (name == "id" || name == "d" || name == "points") {
			continue // not in the namespace of SVG
		}
		switch name {
		case "id":
			n.id = a.Value
		case "class":
			if n.classes = strings.Fields(a.Value); len(n.classes) > maxRefs {
				return n, tooStyled
			}
		case "style":
			if u := declarations(a.Value, &n.effect); u != nil {
				return n, u
			}
		case "d", "points":
			n.effect.cost += int64(len(a.Value) / 200)
			n.effect.points += int64(len(a.Value) / 4)
		default:
			if a.Name.Space == "" && presentation(name) && strings.Contains(a.Value, `\`) {
				return n, tooStyled // an escape may hide anything
			}
			if u := n.effect.take(name, a.Value); u != nil {
				return n, u
			}
		}
	}
	return n, nil
}

// presentation reports whether an attribute is read as CSS and may have references or costs.
func presentation(name string) bool {
	return costly[name] || inherited(name) != once || name == "mask" || name == "opacity" || name == "stroke-dasharray"
}

// withoutBreaks removes the characters that browsers remove from addresses.
var withoutBreaks = strings.NewReplacer("\n", "", "\r", "", "\t", "")

// link reads an href: a part of the drawing, or a picture.
func (d *drawing) link(n *node, v string, lim Limits) *Unfit {
	if id, ok := strings.CutPrefix(v, "#"); ok {
		if id = withoutBreaks.Replace(id); n.tag != "a" && id != "" {
			n.effect.refs = append(n.effect.refs, ref{id: unescaped(id)})
		}
		return nil
	}
	low := strings.ToLower(v[:min(len(v), 20)])
	if v == "" && n.tag != "image" {
		return nil
	}
	if !strings.HasPrefix(low, "data:image/png") && !strings.HasPrefix(low, "data:image/jp") {
		return errOutside
	}
	head, data, _ := strings.Cut(v, ",")
	if !strings.HasSuffix(strings.ToLower(head), ";base64") {
		return damaged("SVG", "a picture in it is not in base64")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "").
		Replace(data))
	if err != nil {
		return damaged("SVG", "the base64 of a picture in it is broken")
	}
	p, err := Inspect(raw, "", Limits{Pixels: lim.Pixels})
	if err != nil {
		return unfit("a picture in it cannot be used: %s", err)
	}
	if p.Type != PNG && p.Type != JPEG {
		return unfit("a picture in it is neither PNG nor JPEG")
	}
	n.pixels += p.Pixels
	d.nested = append(d.nested, p.Body)
	return nil
}

// decodeSVG decodes the pictures in a drawing.
func decodeSVG(body []byte) (done bool, u *Unfit) {
	d, u := readSVG(body, Limits{})
	if u != nil {
		return false, u
	}
	done = true
	for _, b := range d.nested {
		whole, err := Decode(sniff(b).media, b)
		if err != nil {
			return false, unfit("a picture in it cannot be used: %s", err)
		}
		done = done && whole
	}
	return done, nil
}
