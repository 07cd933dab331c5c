package pptx

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"

	"lectern"
)

// node is an element of an XML part, or a text between elements, whose name is empty.
type node struct {
	name  string // with the prefix of prefixes, whatever the prefix in the file: "p:sld"
	attrs []attribute
	kids  []*node
	text  string
}

// attribute has a name like that of a node; attributes without a prefix have none.
type attribute struct{ name, value string }

// attr returns the value of an attribute; "": it is not there.
func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// has reports whether a flag is set. Strict and transitional files write 1, true or on.
func (n *node) has(name string) bool {
	switch n.attr(name) {
	case "1", "true", "on":
		return true
	}
	return false
}

// lacks reports whether a flag is there and not set.
func (n *node) lacks(name string) bool {
	switch n.attr(name) {
	case "0", "false", "off":
		return true
	}
	return false
}

// child returns the first child on a path of names. It returns an empty node if there is none, so that calls can be
// chained.
func (n *node) child(path ...string) *node {
	for _, name := range path {
		i := slices.IndexFunc(n.kids, func(k *node) bool { return k.name == name })
		if i < 0 {
			return &node{}
		}
		n = n.kids[i]
	}
	return n
}

// all calls f for every element below n with one of the names, in document order. Elements inside one that f got are
// visited if f returns true.
func (n *node) all(f func(*node) bool, names ...string) {
	for _, k := range n.kids {
		if k.name != "" && slices.Contains(names, k.name) && !f(k) {
			continue
		}
		k.all(f, names...)
	}
}

// find returns the first element below n with a name, or nil.
func (n *node) find(name string) *node {
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
		if f := k.find(name); f != nil {
			return f
		}
	}
	return nil
}

// prefixes maps namespaces to the prefixes in node names. The strict and the transitional namespaces share a prefix.
var prefixes = map[string]string{
	"http://www.w3.org/XML/1998/namespace": "xml",

	"http://schemas.openxmlformats.org/package/2006/relationships":         "rel",
	"http://schemas.openxmlformats.org/package/2006/content-types":         "ct",
	"http://schemas.openxmlformats.org/markup-compatibility/2006":          "mc",
	"http://purl.org/dc/elements/1.1/":                                     "dc",
	"http://schemas.openxmlformats.org/presentationml/2006/main":           "p",
	"http://schemas.openxmlformats.org/drawingml/2006/main":                "a",
	"http://schemas.openxmlformats.org/officeDocument/2006/relationships":  "r",
	"http://schemas.openxmlformats.org/drawingml/2006/chart":               "c",
	"http://schemas.openxmlformats.org/drawingml/2006/diagram":             "dgm",
	"http://schemas.openxmlformats.org/officeDocument/2006/math":           "m",
	"http://purl.oclc.org/ooxml/presentationml/main":                       "p",
	"http://purl.oclc.org/ooxml/drawingml/main":                            "a",
	"http://purl.oclc.org/ooxml/officeDocument/relationships":              "r",
	"http://purl.oclc.org/ooxml/drawingml/chart":                           "c",
	"http://purl.oclc.org/ooxml/drawingml/diagram":                         "dgm",
	"http://purl.oclc.org/ooxml/officeDocument/math":                       "m",
	"http://schemas.microsoft.com/office/powerpoint/2010/main":             "p14",
	"http://schemas.microsoft.com/office/drawing/2010/main":                "a14",
	"http://schemas.microsoft.com/office/drawing/2017/decorative":          "adec",
	"http://schemas.microsoft.com/office/drawing/2014/main":                "a16",
	"http://schemas.microsoft.com/office/drawing/2008/diagram":             "dsp",
	"urn:oasis:names:tc:opendocument:xmlns:office:1.0":                     "office",
	"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0":                    "draw",
	"urn:oasis:names:tc:opendocument:xmlns:text:1.0":                       "text",
	"urn:oasis:names:tc:opendocument:xmlns:style:1.0":                      "style",
	"urn:oasis:names:tc:opendocument:xmlns:presentation:1.0":               "presentation",
	"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0":                   "manifest",
	"urn:oasis:names:tc:opendocument:xmlns:animation:1.0":                  "anim",
	"urn:oasis:names:tc:opendocument:xmlns:smil-compatible:1.0":            "smil",
	"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0":             "svg",
	"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0":          "fo",
	"urn:oasis:names:tc:opendocument:xmlns:table:1.0":                      "table",
	"urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0": "loext",
	"http://www.w3.org/1999/xlink":                                         "xlink",
}

// ignored are elements whose content is never used. Drawings have very many of them.
var ignored = map[string]bool{"a:custGeom": true, "a:gradFill": true, "a:effectLst": true,
	"draw:enhanced-geometry": true, "text:list-style": true, "office:binary-data": true}

// mixed are elements whose white space is text.
var mixed = map[string]bool{"a:t": true, "m:t": true, "c:v": true, "text:p": true, "text:h": true, "text:span": true,
	"text:a": true}

// tree reads a part into memory. The alternatives of markup compatibility are resolved: of each, only the first choice
// is kept, or the fallback if there is no choice.
func (a *archive) tree(ctx context.Context, name string) (*node, error) {
	text, err := a.read(ctx, name)
	if err != nil {
		return nil, err
	}
	s := &scanner{ctx: ctx, part: name, lim: a.lim, build: true}
	if err := s.scan(text); err != nil {
		return nil, err
	}
	a.valid[name] = true
	return s.root, nil
}

// check reads a part only to see that it is valid XML, unless it was read before.
func (a *archive) check(ctx context.Context, name string) error {
	if a.valid[name] {
		return nil
	}
	text, err := a.read(ctx, name)
	if err != nil {
		return err
	}
	if err := (&scanner{ctx: ctx, part: name, lim: a.lim}).scan(text); err != nil {
		return err
	}
	a.valid[name] = true
	return nil
}

// scanner reads one part. Unlike the decoder of the standard library, it refuses what other XML readers refuse too:
// undeclared prefixes, repeated attributes, text outside the root and document types.
type scanner struct {
	ctx   context.Context
	part  string
	lim   Limits
	build bool
	copy  *copier // nil: the part is not rewritten

	dec    *xml.Decoder
	root   *node
	stack  []level
	bound  map[string]string // prefix → prefix of prefixes, or the namespace in braces
	undo   []binding
	kept   int
	tokens int
	inside int // number of open elements that are not kept
	names  map[xml.Name]string
}

// level is an open element.
type level struct {
	node *node // nil: not kept
	raw  xml.Name
	undo int // length of undo outside it
}

// binding is what a prefix stood for outside an element.
type binding struct {
	prefix, was string
	known       bool
}

func (s *scanner) scan(text []byte) error {
	text, err := utf8Text(text)
	if err != nil {
		return s.invalid(err.Error())
	}
	s.bound, s.names = map[string]string{"xml": "xml", "": ""}, map[xml.Name]string{}
	s.dec = xml.NewDecoder(bytes.NewReader(text))
	s.dec.CharsetReader = charset
	for {
		if s.tokens++; s.tokens%1024 == 0 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		t, err := s.dec.RawToken()
		switch {
		case errors.Is(err, io.EOF) && len(s.stack) > 0:
			return s.invalid("it ends before its elements are closed")
		case errors.Is(err, io.EOF) && s.root == nil:
			return s.invalid("it is empty")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return s.invalid(reason(err))
		}
		if err := s.token(t); err != nil {
			return err
		}
	}
}

func (s *scanner) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.Directive:
		if d := strings.TrimSpace(string(t)); strings.HasPrefix(d, "DOCTYPE") &&
			(strings.Contains(d, "[") || !strings.HasPrefix(strings.ToLower(s.part), "meta-inf/")) {
			return s.invalid("it has a document type, which could load other files or define entities")
		}
	case xml.StartElement:
		return s.start(t)
	case xml.EndElement:
		if len(s.stack) == 0 || s.stack[len(s.stack)-1].raw != t.Name {
			return s.invalid("its elements are not closed in order")
		}
		s.end()
	case xml.CharData:
		return s.chars(t)
	}
	return nil
}

func (s *scanner) start(t xml.StartElement) error {
	if len(s.stack) == 0 && s.root != nil {
		return s.invalid("it has more than one root element")
	}
	if len(s.stack) >= s.lim.Depth {
		return s.invalid(fmt.Sprintf("its elements are nested more than %d deep", s.lim.Depth))
	}
	l := level{raw: t.Name, undo: len(s.undo)}
	if err := s.bind(t.Attr); err != nil {
		return err
	}
	name, err := s.name(t.Name, false)
	if err != nil {
		return err
	}
	n := &node{name: name}
	if err := s.attributes(n, t.Attr); err != nil {
		return err
	}
	if s.copy != nil {
		if err := s.copy.start(s, name, t); err != nil {
			return err
		}
	}
	switch {
	case s.root == nil:
		s.root, l.node = n, n
	case !s.build || s.inside > 0:
		s.inside++
	default:
		if s.kept++; s.kept > s.lim.Elements {
			return tooLarge("The part %s of the deck has more than %d elements.", lectern.Shorten(s.part), s.lim.Elements)
		}
		parent := s.stack[len(s.stack)-1].node
		parent.kids, l.node = append(parent.kids, n), n
		if ignored[name] {
			s.inside++
			l.node = nil
		}
	}
	s.stack = append(s.stack, l)
	return nil
}

func (s *scanner) end() {
	if s.copy != nil {
		s.copy.end()
	}
	l := s.stack[len(s.stack)-1]
	s.stack = s.stack[:len(s.stack)-1]
	for len(s.undo) > l.undo {
		u := s.undo[len(s.undo)-1]
		s.undo = s.undo[:len(s.undo)-1]
		if s.bound[u.prefix] = u.was; !u.known {
			delete(s.bound, u.prefix)
		}
	}
	if l.node == nil {
		s.inside--
		return
	}
	for i := 0; i < len(l.node.kids); i++ {
		if k := l.node.kids[i]; k.name == "mc:AlternateContent" {
			branch := k.child("mc:Choice")
			if branch.name == "" {
				branch = k.child("mc:Fallback")
			}
			l.node.kids = slices.Replace(l.node.kids, i, i+1, branch.kids...)
			i += len(branch.kids) - 1
		}
	}
}

func (s *scanner) chars(t xml.CharData) error {
	if len(s.stack) == 0 {
		if len(bytes.Trim(t, " \t\r\n")) > 0 {
			return s.invalid("it has text outside its root element")
		}
		return nil
	}
	if s.copy != nil {
		s.copy.chars(t)
	}
	n := s.stack[len(s.stack)-1].node
	if !s.build || n == nil || !mixed[n.name] && len(bytes.TrimSpace(t)) == 0 {
		return nil
	}
	n.kids = append(n.kids, &node{text: string(t)})
	return nil
}

// bind applies the namespace declarations among attributes.
func (s *scanner) bind(attrs []xml.Attr) error {
	for _, a := range attrs {
		prefix := a.Name.Local
		switch {
		case a.Name.Space == "" && prefix == "xmlns":
			prefix = ""
		case a.Name.Space != "xmlns":
			continue
		case a.Value == "":
			return s.invalid(fmt.Sprintf("the prefix %q stands for nothing", lectern.Shorten(prefix)))
		}
		space, ok := prefixes[a.Value]
		if !ok && a.Value != "" {
			space = "{" + a.Value + "}"
		}
		was, known := s.bound[prefix]
		s.undo = append(s.undo, binding{prefix, was, known})
		s.bound[prefix] = space
	}
	return nil
}

// name resolves the prefix of a name. An attribute without a prefix is in no namespace.
func (s *scanner) name(n xml.Name, attr bool) (string, error) {
	space, ok := s.bound[n.Space]
	if !ok {
		return "", s.invalid(fmt.Sprintf("the prefix %q is not declared", lectern.Shorten(n.Space)))
	}
	if attr && n.Space == "" || space == "" {
		return n.Local, nil
	}
	key := xml.Name{Space: space, Local: n.Local}
	full := s.names[key]
	if full == "" {
		full = space + ":" + n.Local
		s.names[key] = full
	}
	return full, nil
}

// attributes adds the attributes of an element to n. Their names are compared as they are written, which finds every
// repetition but one through two prefixes of the same namespace.
func (s *scanner) attributes(n *node, attrs []xml.Attr) error {
	var seen map[xml.Name]bool
	if len(attrs) > 8 {
		seen = make(map[xml.Name]bool, len(attrs))
	}
	keep := s.build && s.inside == 0 || s.root == nil
	if keep && len(attrs) > 0 {
		n.attrs = make([]attribute, 0, len(attrs))
	}
	for i, a := range attrs {
		twice := seen[a.Name]
		if seen != nil {
			seen[a.Name] = true
		} else {
			twice = slices.ContainsFunc(attrs[:i], func(b xml.Attr) bool { return b.Name == a.Name })
		}
		if twice {
			return s.invalid(fmt.Sprintf("an element has two attributes %q", lectern.Shorten(a.Name.Local)))
		}
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		name, err := s.name(a.Name, true)
		if err != nil {
			return err
		}
		if keep {
			n.attrs = append(n.attrs, attribute{name, a.Value})
		}
	}
	return nil
}

// invalid is the failure for a part that is not valid XML. A converter would make a blank page of it.
func (s *scanner) invalid(why string) error {
	line := 1
	if s.dec != nil {
		line, _ = s.dec.InputPos()
	}
	return fault("The part %s of the deck is not valid XML: %s (line %d of the part).", lectern.Shorten(s.part), why, line)
}

// reason is the text of an error of the decoder, without its line.
func reason(err error) string {
	if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return lectern.Shorten(e.Msg)
	}
	return lectern.Shorten(strings.TrimPrefix(err.Error(), "xml: "))
}

// utf8Text converts a text in UTF-16 to UTF-8. Other texts are returned as they are.
func utf8Text(b []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	default:
		return bytes.TrimPrefix(b, []byte("\xEF\xBB\xBF")), nil
	}
	if len(b)%2 != 0 {
		return nil, errors.New("its text in UTF-16 has an odd number of bytes")
	}
	var units []uint16
	for i := 2; i < len(b); i += 2 {
		units = append(units, order.Uint16(b[i:]))
	}
	return []byte(string(utf16.Decode(units))), nil
}

// charset converts the encodings that a part may declare. A text in UTF-16 is already converted.
func charset(name string, r io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "utf-16", "us-ascii":
		return r, nil
	case "iso-8859-1":
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		runes := make([]rune, 0, len(b))
		for _, c := range b {
			runes = append(runes, rune(c))
		}
		return strings.NewReader(string(runes)), nil
	}
	return nil, fmt.Errorf("its encoding %q is not known", name)
}
