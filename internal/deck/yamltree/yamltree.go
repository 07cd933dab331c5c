// Package yamltree reads YAML as a tree of values, with the position of every field. Decks in YAML and the front matter
// of decks in Markdown use it.
//
// It accepts what JSON can express: mappings with names, sequences, strings, numbers, true, false and null. Anchors and
// aliases work, and merge keys (<<), which add the fields of other mappings that a mapping does not have. The values of
// an alias count for the limits each time. Several documents, and scalars and mappings with tags of other types are
// refused.
package yamltree

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/form"
)

// maxNesting bounds how deep any value may be nested, aliases included.
const maxNesting = 64

// Reader turns texts into trees. All of them together have at most a number of names, values and brackets.
type Reader struct {
	lim         lectern.Limits
	limit, left int // tokens: of all texts, and what remains of them
	before      int // lines before the text, see ReadAt
}

// NewReader returns a reader with the bounds of lim.
func NewReader(lim lectern.Limits) *Reader {
	lim = lim.WithDefaults()
	return &Reader{lim: lim, limit: lim.JSONTokens, left: lim.JSONTokens}
}

// Doc is a text as a tree: nil, a bool, a [form.Number], a string, a []any or a *[form.Object].
type Doc struct {
	Tree   any
	root   *yaml.Node
	before int
}

// Locate returns the position of the field at a path or, if there is no such field, of the innermost field around it.
func (d Doc) Locate(path string) deck.Position {
	if d.root == nil {
		return deck.Position{Line: d.before + 1, Column: 1}
	}
	at := locate(d.root, path)
	at.Line += d.before
	return at
}

// Read reads a text. The error is a *[lectern.Failure] with a position.
func (r *Reader) Read(text []byte) (Doc, error) { return r.ReadAt(text, 0) }

// ReadAt reads a part of a larger text. before is the number of lines before the part. Positions count them.
func (r *Reader) ReadAt(text []byte, before int) (Doc, error) {
	r.before = before
	root, tree, err := r.read(text, r.lim)
	return Doc{tree, root, before}, err
}

// read returns the document of a text as a node of the YAML library, and as a tree.
func (r *Reader) read(text []byte, lim lectern.Limits) (*yaml.Node, any, error) {
	switch {
	case int64(len(text)) > lim.BodyBytes:
		return nil, nil, lectern.Fail(lectern.CodeTooLarge, "The YAML has %d bytes; the limit is %d (limits.body). "+
			"Remove fields that no video needs, or split the deck.", len(text), lim.BodyBytes)
	case !utf8.Valid(text):
		return nil, nil, lectern.Fail(lectern.CodeInvalidYAML, "This is not valid YAML: the text is not UTF-8. Save it as "+
			"UTF-8 and try again.")
	case marks(text) > r.left:
		return nil, nil, r.tooMany()
	}
	var doc yaml.Node
	err := yaml.Load(text, &doc, yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxNesting))))
	if err != nil {
		return nil, nil, r.invalid(err)
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		doc = *doc.Content[0]
	}
	tree, err := r.value(&doc, 0)
	if err != nil {
		return nil, nil, err
	}
	return &doc, tree, nil
}

// marks counts the characters that can separate values. A text has at most that many values, so checking this number
// first keeps the library from building more values than the limit. Such characters inside strings count too; a real
// deck does not reach the limit by them.
func marks(text []byte) int {
	n := 1
	for i, c := range text {
		switch c {
		case '\n', ':', ',', '[', ']', '{', '}', '?', '&', '*':
			n++
		case '-':
			if i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\t') {
				n++
			}
		}
	}
	return n
}

func (r *Reader) tooMany() error {
	return lectern.Fail(lectern.CodeTooLarge, "The YAML has more than %d names, values and brackets, which is the limit "+
		"(limits.json_tokens). Remove fields that no video needs, or split the deck.", r.limit)
}

// count takes tokens from what is left.
func (r *Reader) count(n int) error {
	if r.left -= n; r.left < 0 {
		return r.tooMany()
	}
	return nil
}

func (r *Reader) at(n *yaml.Node, format string, args ...any) error {
	f := lectern.Fail(lectern.CodeInvalidYAML, "This is not valid YAML: %s (line %d, column %d).",
		fmt.Sprintf(format, args...), r.before+n.Line, n.Column)
	f.Line, f.Column = r.before+n.Line, n.Column
	return f
}

// invalid turns an error of the library into a failure.
func (r *Reader) invalid(err error) error {
	e, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		return lectern.Fail(lectern.CodeInvalidYAML, "This is not valid YAML (line %d, column 1).",
			r.before+1).Because(err)
	}
	n := &yaml.Node{Line: max(e.Mark.Line, 1), Column: max(e.Mark.Column, 1)}
	if strings.Contains(e.Message, "expected single document") {
		return lectern.AsFailure(r.at(n, "it has two documents, and a deck is one; remove the line --- between them, or "+
			"make a file of each")).Because(err)
	}
	return lectern.AsFailure(r.at(n, "%s", strings.TrimSuffix(e.Message, "."))).Because(err)
}

// value turns a node, which is nested depth deep, into a tree.
func (r *Reader) value(n *yaml.Node, depth int) (any, error) {
	if depth > maxNesting {
		return nil, r.at(n, "values are nested more than %d deep", maxNesting)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		if err := r.count(2); err != nil {
			return nil, err
		}
		if n.Tag != "" && n.ShortTag() != "!!seq" {
			return nil, r.tagged(n)
		}
		list := make([]any, 0, len(n.Content))
		for _, e := range n.Content {
			v, err := r.value(e, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		return r.mapping(n, depth)
	case yaml.ScalarNode:
		if err := r.count(1); err != nil {
			return nil, err
		}
		return r.scalar(n)
	}
	return nil, r.at(&yaml.Node{Line: 1, Column: 1}, "the text is empty")
}

// tagged is the failure for a node with a tag that has no meaning in a deck.
func (r *Reader) tagged(n *yaml.Node) error {
	return r.at(n, "tags such as %s are not accepted", lectern.Shorten(n.Tag))
}

func (r *Reader) mapping(n *yaml.Node, depth int) (any, error) {
	if err := r.count(2 + len(n.Content)/2); err != nil {
		return nil, err
	}
	if n.Tag != "" && n.ShortTag() != "!!map" {
		return nil, r.tagged(n)
	}
	o := &form.Object{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, r.at(n.Content[i], "the name of a field must be a string")
		case key.ShortTag() == mergeTag:
			merged = append(merged, n.Content[i+1])
			continue
		}
		v, err := r.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if !o.Add(key.Value, v) {
			return nil, r.at(n.Content[i], "the field %q occurs twice in one mapping", lectern.Shorten(key.Value))
		}
	}
	for _, m := range merged {
		if err := r.merge(o, m, depth+1); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// mergeTag is the type of the key <<.
const mergeTag = "!!merge"

// merge adds to o the fields of a mapping that o does not have, or those of several mappings, of which the first that
// has a field counts. https://yaml.org/type/merge.html
func (r *Reader) merge(o *form.Object, n *yaml.Node, depth int) error {
	v, err := r.value(n, depth)
	if err != nil {
		return err
	}
	list, several := v.([]any)
	if !several {
		list = []any{v}
	}
	for _, from := range list {
		m, ok := from.(*form.Object)
		if !ok {
			return r.at(n, "a merge key (<<) names a mapping, or a list of mappings")
		}
		for _, name := range m.Names() {
			field, _ := m.Get(name)
			o.Add(name, field) // does nothing if o has the field
		}
	}
	return nil
}

// scalar reads a string, a number, true, false or null. A timestamp of YAML is a string.
func (r *Reader) scalar(n *yaml.Node) (any, error) {
	switch tag := n.ShortTag(); tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return nil, r.at(n, "%q is neither true nor false", lectern.Shorten(n.Value))
		}
		return b, nil
	case "!!int", "!!float":
		return r.number(n)
	case "!!str", "!!timestamp":
		return n.Value, nil
	default:
		return nil, r.at(n, "tags such as %s are not accepted", lectern.Shorten(tag))
	}
}

// plain matches numbers that are valid in JSON.
var plain = regexp.MustCompile(`\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\z`)

// maxNumber is the longest number, in characters.
const maxNumber = 1000

func (r *Reader) number(n *yaml.Node) (any, error) {
	if len(n.Value) > maxNumber {
		return nil, r.at(n, "a number has more than %d characters", maxNumber)
	}
	if plain.MatchString(n.Value) {
		return form.Number(n.Value), nil
	}
	var x float64
	if err := n.Decode(&x); err != nil {
		return nil, r.at(n, "%q is not a number", lectern.Shorten(n.Value))
	}
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if !plain.MatchString(s) {
		return nil, r.at(n, "%s is not a number here", lectern.Shorten(n.Value))
	}
	return form.Number(s), nil
}

// locate returns the position of the field at a path or, if there is no such field, of the innermost field around it.
func locate(n *yaml.Node, path string) deck.Position {
	at := deck.Position{Line: n.Line, Column: n.Column}
	for path != "" {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		name, rest := deck.Step(path)
		key, value := child(n, name)
		if value == nil {
			return at
		}
		at = deck.Position{Line: key.Line, Column: key.Column}
		n, path = value, rest
	}
	return at
}

// child returns the part of a node with a name or index, and the node of its name, which for an element of a sequence
// is the element itself. It returns nil if there is no such part.
func child(n *yaml.Node, name string) (key, value *yaml.Node) {
	switch n.Kind {
	case yaml.SequenceNode:
		i, err := strconv.Atoi(strings.Trim(name, "[]"))
		if err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	case yaml.MappingNode:
		var merged []*yaml.Node
		for i := 0; i+1 < len(n.Content); i += 2 {
			switch k := n.Content[i]; {
			case k.Kind == yaml.ScalarNode && k.ShortTag() == mergeTag:
				merged = append(merged, n.Content[i+1])
			case k.Value == name:
				return k, n.Content[i+1]
			}
		}
		return childOfMerged(merged, name)
	}
	return nil, nil
}

// childOfMerged is child for the values of merge keys.
func childOfMerged(merged []*yaml.Node, name string) (key, value *yaml.Node) {
	for _, m := range merged {
		for m.Kind == yaml.AliasNode {
			m = m.Alias
		}
		if m.Kind == yaml.SequenceNode {
			key, value = childOfMerged(m.Content, name)
		} else {
			key, value = child(m, name)
		}
		if value != nil {
			return key, value
		}
	}
	return nil, nil
}
