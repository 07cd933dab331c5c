package picturefile

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
)

// maxDepth is how deeply the elements of an SVG may be nested, references expanded.
const maxDepth = 200

// drawing is an SVG as far as its cost depends on it.
type drawing struct {
	nodes  []node
	ids    map[string]int // the first element with that id
	rules  stylesheet
	nested [][]byte // pictures in it
}

// node is an element.
type node struct {
	tag      string // lower case, without a namespace
	children []int
	classes  []string
	id       string
	effect   effect // of its attributes
	points   int    // about how many vertices it has
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
		return Picture{}, unfit("it is an SVG drawing that is as costly as %d elements once its references are expanded, which is more than %d (limits.svg_elements)",
			c.elements, lim.Elements)
	case lim.Pixels > 0 && c.pixels > int64(lim.Pixels):
		return Picture{}, unfit("the pictures in it have %s pixels together, which is more than %s (limits.picture_pixels)",
			Million(int(c.pixels)), Million(lim.Pixels))
	}
	return Picture{Pixels: int(c.pixels), Body: body}, nil
}

// barred are elements that do more than draw.
var barred = map[string]bool{
	"script": true, "foreignobject": true, "iframe": true, "object": true, "embed": true, "audio": true, "video": true, "canvas": true,
	"handler": true, "set": true, "animate": true, "animatetransform": true, "animatemotion": true, "animatecolor": true, "discard": true,
}

var errOutside = unfit("it is an SVG drawing that loads something from outside")

// readSVG reads a drawing and refuses what does more than draw: scripts, event handlers, foreign markup, anything from
// outside.
func readSVG(body []byte, lim Limits) (*drawing, *Unfit) {
	d := &drawing{ids: map[string]int{}}
	dec := xml.NewDecoder(bytes.NewReader(body))
	dec.Strict = true
	var open []int
	for {
		t, err := dec.RawToken()
		if errors.Is(err, io.EOF) && len(d.nodes) > 0 && len(open) == 0 {
			return d, nil
		}
		if err != nil {
			return nil, damaged("SVG", "it is not well formed XML in UTF-8")
		}
		switch t := t.(type) {
		case xml.Directive:
			// An internal subset could define entities, which expand without end.
			if text := string(t); !hasPrefixFold(t, "doctype svg") || strings.Contains(text, "[") || len(d.nodes) > 0 {
				return nil, unfit("it is an SVG drawing with a document type of its own, which is not allowed")
			}
		case xml.ProcInst:
			if t.Target != "xml" {
				return nil, unfit("it is an SVG drawing with a processing instruction, which is not allowed")
			}
			if strings.Contains(string(t.Inst), "encoding") && !bytes.Contains(bytes.ToLower(t.Inst), []byte("utf-8")) {
				return nil, damaged("SVG", "it is not well formed XML in UTF-8")
			}
		case xml.StartElement:
			n, u := d.element(t, lim)
			if u != nil {
				return nil, u
			}
			if len(open) == 0 && (len(d.nodes) > 0 || n.tag != "svg") {
				return nil, damaged("SVG", "it has more than one root, or another one than <svg>")
			}
			i := len(d.nodes)
			d.nodes = append(d.nodes, n)
			if len(open) > 0 {
				p := &d.nodes[open[len(open)-1]]
				p.children = append(p.children, i)
			}
			if open = append(open, i); len(open) > maxDepth {
				return nil, unfit("it is an SVG drawing with elements nested more than %d deep", maxDepth)
			}
			if lim.Elements > 0 && len(d.nodes) > lim.Elements {
				return nil, unfit("it is an SVG drawing with more than %d elements (limits.svg_elements)", lim.Elements)
			}
			if _, twice := d.ids[n.id]; n.id != "" && !twice {
				d.ids[n.id] = i
			}
		case xml.EndElement:
			if len(open) == 0 || !strings.EqualFold(t.Name.Local, d.nodes[open[len(open)-1]].tag) {
				return nil, damaged("SVG", "it is not well formed XML in UTF-8")
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 {
				continue
			}
			if u := d.text(&d.nodes[open[len(open)-1]], string(t)); u != nil {
				return nil, u
			}
		}
	}
}

// text takes the words within an element, or the rules of a style sheet.
func (d *drawing) text(n *node, s string) *Unfit {
	if outside(s) {
		return errOutside
	}
	n.effect.cost += int64(len(s) / 8)
	if n.tag == "style" {
		return d.rules.read(s)
	}
	return nil
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
			n.points = len(a.Value) / 4
		default:
			if u := n.effect.take(name, a.Value); u != nil {
				return n, u
			}
		}
	}
	return n, nil
}

// link takes an href: a part of the drawing, or a picture.
func (d *drawing) link(n *node, v string, lim Limits) *Unfit {
	if id, ok := strings.CutPrefix(v, "#"); ok {
		if n.tag != "a" && id != "" {
			if s, err := url.PathUnescape(id); err == nil {
				id = s
			}
			n.effect.refs = append(n.effect.refs, ref{id: id})
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
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "").Replace(data))
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
