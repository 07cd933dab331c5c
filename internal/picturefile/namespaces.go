package picturefile

import (
	"bytes"
	"encoding/xml"
	"strings"
)

const svgSpace = "http://www.w3.org/2000/svg"

// namespaces checks the names of elements and attributes by the rules of browsers: every prefix is declared, and no
// attribute occurs twice. The zero value is the state at the start of a document.
type namespaces struct {
	open     []opened
	declared map[string]int // how many of the open elements declare a prefix
}

type opened struct {
	name     xml.Name
	prefixes []string
}

// enter takes a start tag.
func (n *namespaces) enter(t xml.StartElement) *Unfit {
	o := opened{name: t.Name}
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" {
			o.prefixes = append(o.prefixes, a.Name.Local)
		}
	}
	if n.declared == nil {
		n.declared = map[string]int{"": 1, "xml": 1, "xmlns": 1}
	}
	for _, p := range o.prefixes {
		n.declared[p]++
	}
	n.open = append(n.open, o)
	if n.declared[t.Name.Space] == 0 {
		return undeclared(t.Name)
	}
	for _, a := range t.Attr {
		if n.declared[a.Name.Space] == 0 {
			return undeclared(a.Name)
		}
	}
	if name, twice := repeated(t.Attr); twice {
		return damaged("SVG", "an element has the attribute "+shortened(name.Local)+" twice")
	}
	return nil
}

func undeclared(name xml.Name) *Unfit {
	return damaged("SVG", "the prefix of "+shortened(name.Space+":"+name.Local)+" is not declared")
}

func shortened(s string) string { return strings.ToValidUTF8(s[:min(len(s), 40)], "") }

// repeated finds an attribute that occurs twice.
func repeated(attrs []xml.Attr) (xml.Name, bool) {
	if len(attrs) > 16 {
		seen := make(map[xml.Name]bool, len(attrs))
		for _, a := range attrs {
			if seen[a.Name] {
				return a.Name, true
			}
			seen[a.Name] = true
		}
		return xml.Name{}, false
	}
	for i, a := range attrs {
		for _, b := range attrs[:i] {
			if a.Name == b.Name {
				return a.Name, true
			}
		}
	}
	return xml.Name{}, false
}

// leave takes an end tag, and reports whether it belongs to the start tag before it.
func (n *namespaces) leave(t xml.EndElement) bool {
	if len(n.open) == 0 {
		return false
	}
	o := n.open[len(n.open)-1]
	n.open = n.open[:len(n.open)-1]
	for _, p := range o.prefixes {
		n.declared[p]--
	}
	return o.name == t.Name
}

// svg reports whether a root, which was entered, is one of SVG.
func (n *namespaces) svg(t xml.StartElement) bool {
	want := xml.Name{Local: "xmlns"}
	if t.Name.Space != "" {
		want = xml.Name{Space: "xmlns", Local: t.Name.Space}
	}
	for _, a := range t.Attr {
		if a.Name == want {
			return a.Value == svgSpace
		}
	}
	return false
}

// spaced reports whether there is a space between the attributes of a tag, as it is written.
func spaced(tag []byte) bool {
	for {
		i := bytes.IndexAny(tag, "\"'")
		if i < 0 {
			return true
		}
		end := bytes.IndexByte(tag[i+1:], tag[i])
		if end < 0 {
			return true // the decoder has checked the end
		}
		tag = tag[i+end+2:]
		if len(tag) > 0 && !bytes.ContainsRune([]byte(" \t\r\n/>"), rune(tag[0])) {
			return false
		}
	}
}
