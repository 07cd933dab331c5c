// Package yamldeck reads decks in YAML. Package form defines the meaning of the fields.
//
// It accepts what JSON can express: mappings with names, sequences, strings, numbers, true, false and null. Anchors and
// aliases work; the values of an alias count for the limits each time. Merge keys, several documents, and scalars and
// mappings with tags of other types are refused.
package yamldeck

import (
	"context"
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

// Parser reads decks in YAML.
type Parser struct{}

var _ deck.Parser = Parser{}

// Kind implements deck.Parser.
func (Parser) Kind() deck.Kind {
	return deck.Kind{
		Name: "YAML", MediaTypes: []string{"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"},
		Endings: []string{".yaml", ".yml"}, Looks: begins.Match,
	}
}

// begins matches a text whose first line, after comments and blank lines, begins a document or names a field.
var begins = regexp.MustCompile(`\A\x{FEFF}?(?:[ \t]*(?:#[^\n]*)?\r?\n)*(?:---|%YAML|[A-Za-z_]+:)(?:\s|\z)`)

// Parse implements deck.Parser. It fails with CodeInvalidYAML and a position if the text is not valid YAML, and with
// CodeTooLarge beyond a limit.
func (Parser) Parse(_ context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error) {
	lim = lim.WithDefaults()
	r := &reader{limit: lim.JSONTokens, left: lim.JSONTokens}
	root, tree, err := r.read(s.Bytes, lim)
	if err != nil {
		return deck.Request{}, err
	}
	var over any
	if len(settings) > 0 {
		if _, over, err = r.read(settings, lim); err != nil {
			return deck.Request{}, lectern.AsFailure(err).On("settings")
		}
		if over == nil {
			over = false // null is not a mapping; nil would mean no settings
		}
	}
	q, err := form.Read(tree, over, "YAML", lim)
	q.Locate = func(written []string) (all []deck.Position) {
		for _, path := range written {
			all = append(all, locate(root, path))
		}
		return all
	}
	return q, err
}

// reader turns texts into trees. limit is the number of tokens that they may have together; left, what remains of it.
type reader struct{ limit, left int }

// read returns the document of a text as a node of the YAML library, and as a tree.
func (r *reader) read(text []byte, lim lectern.Limits) (*yaml.Node, any, error) {
	switch {
	case int64(len(text)) > lim.BodyBytes:
		return nil, nil, lectern.Fail(lectern.CodeTooLarge, "The YAML has %d bytes; the limit is %d (limits.body). Remove "+
			"fields that no video needs, or split the deck.", len(text), lim.BodyBytes)
	case !utf8.Valid(text):
		return nil, nil, lectern.Fail(lectern.CodeInvalidYAML, "This is not valid YAML: the text is not UTF-8. Save it as "+
			"UTF-8 and try again.")
	case marks(text) > r.left:
		return nil, nil, r.tooMany()
	}
	var doc yaml.Node
	err := yaml.Load(text, &doc, yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxNesting))))
	if err != nil {
		return nil, nil, invalid(err)
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		doc = *doc.Content[0]
	}
	tree, err := r.value(&doc, 0)
	return &doc, tree, err
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

func (r *reader) tooMany() error {
	return lectern.Fail(lectern.CodeTooLarge, "The YAML has more than %d names, values and brackets, which is the limit "+
		"(limits.json_tokens). Remove fields that no video needs, or split the deck.", r.limit)
}

// count takes tokens from what is left.
func (r *reader) count(n int) error {
	if r.left -= n; r.left < 0 {
		return r.tooMany()
	}
	return nil
}

func at(n *yaml.Node, format string, args ...any) error {
	f := lectern.Fail(lectern.CodeInvalidYAML, "This is not valid YAML: %s (line %d, column %d).",
		fmt.Sprintf(format, args...), n.Line, n.Column)
	f.Line, f.Column = n.Line, n.Column
	return f
}

// invalid turns an error of the library into a failure.
func invalid(err error) error {
	e, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		return lectern.Fail(lectern.CodeInvalidYAML, "This is not valid YAML (line 1, column 1).").Because(err)
	}
	n := &yaml.Node{Line: max(e.Mark.Line, 1), Column: max(e.Mark.Column, 1)}
	return lectern.AsFailure(at(n, "%s", strings.TrimSuffix(e.Message, "."))).Because(err)
}

// value turns a node, which is nested depth deep, into a tree.
func (r *reader) value(n *yaml.Node, depth int) (any, error) {
	if depth > maxNesting {
		return nil, at(n, "values are nested more than %d deep", maxNesting)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return r.value(n.Alias, depth+1)
	case yaml.SequenceNode:
		if err := r.count(2); err != nil {
			return nil, err
		}
		if n.Tag != "" && n.ShortTag() != "!!seq" {
			return nil, tagged(n)
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
		return scalar(n)
	}
	return nil, at(&yaml.Node{Line: 1, Column: 1}, "the text is empty")
}

// tagged is the failure for a node with a tag that has no meaning in a deck.
func tagged(n *yaml.Node) error {
	return at(n, "tags such as %s are not accepted", lectern.Shorten(n.Tag))
}

func (r *reader) mapping(n *yaml.Node, depth int) (any, error) {
	if err := r.count(2 + len(n.Content)/2); err != nil {
		return nil, err
	}
	if n.Tag != "" && n.ShortTag() != "!!map" {
		return nil, tagged(n)
	}
	o := &form.Object{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, at(n.Content[i], "the name of a field must be a string")
		case key.ShortTag() == "!!merge":
			return nil, at(n.Content[i], "merge keys (<<) are not accepted; write the fields out")
		}
		v, err := r.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if !o.Add(key.Value, v) {
			return nil, at(n.Content[i], "the field %q occurs twice in one mapping", lectern.Shorten(key.Value))
		}
	}
	return o, nil
}

// scalar reads a string, a number, true, false or null. A timestamp of YAML is a string.
func scalar(n *yaml.Node) (any, error) {
	switch tag := n.ShortTag(); tag {
	case "!!null":
		return nil, nil
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return nil, at(n, "%q is neither true nor false", lectern.Shorten(n.Value))
		}
		return b, nil
	case "!!int", "!!float":
		return number(n)
	case "!!str", "!!timestamp":
		return n.Value, nil
	default:
		return nil, at(n, "tags such as %s are not accepted", lectern.Shorten(tag))
	}
}

// plain matches numbers that are valid in JSON.
var plain = regexp.MustCompile(`\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\z`)

// maxNumber is the longest number, in characters.
const maxNumber = 1000

func number(n *yaml.Node) (any, error) {
	if len(n.Value) > maxNumber {
		return nil, at(n, "a number has more than %d characters", maxNumber)
	}
	if plain.MatchString(n.Value) {
		return form.Number(n.Value), nil
	}
	var x float64
	if err := n.Decode(&x); err != nil {
		return nil, at(n, "%q is not a number", lectern.Shorten(n.Value))
	}
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if !plain.MatchString(s) {
		return nil, at(n, "%s is not a number here", lectern.Shorten(n.Value))
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
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return n.Content[i], n.Content[i+1]
			}
		}
	}
	return nil, nil
}
