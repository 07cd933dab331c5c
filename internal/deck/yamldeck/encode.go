package yamldeck

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"lectern"
	"lectern/internal/deck/form"
)

// width is how long a line may be before it is folded. Longer texts stay on one line where folding would change them.
const width = 120

// Encode writes a deck as YAML, with durations in seconds and without empty fields. schema is the address of the JSON
// Schema, relative to the file or absolute, which the first line names for editors. If d came from a parser,
// [Parser.Parse] reads the result as the same deck. Equal decks give equal bytes.
func Encode(d lectern.Deck, schema string) ([]byte, error) {
	root, err := node("", form.Write(d))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# yaml-language-server: $schema=%s\n", schema)
	out, err := yaml.NewDumper(&b, yaml.WithV4Defaults(), yaml.WithLineWidth(width))
	if err != nil {
		return nil, err
	}
	if err := out.Dump(root); err != nil {
		return nil, err
	}
	return b.Bytes(), out.Close()
}

// inline are the fields whose objects and lists are written on one line.
var inline = map[string]bool{"size": true, "page": true, "sound": true, "voice": true, "avatarBox": true,
	"revisions": true}

// node makes the node of a value. name is the field that has it.
func node(name string, v any) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.ScalarNode}
	switch value := v.(type) {
	case nil:
		n.Tag, n.Value = "!!null", "null"
	case bool:
		n.Tag, n.Value = "!!bool", fmt.Sprint(value)
	case form.Number:
		n.Value = string(value)
	case string:
		n.Tag, n.Value, n.Style = "!!str", value, styleOf(value)
	case []any:
		n.Kind = yaml.SequenceNode
		for _, e := range value {
			item, err := node("", e)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
	case *form.Object:
		n.Kind = yaml.MappingNode
		for field, e := range value.All() {
			key := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: field, Style: styleOf(field)}
			item, err := node(field, e)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, key, item)
		}
	default:
		return nil, fmt.Errorf("a deck has no values of type %T", v)
	}
	if n.Kind != yaml.ScalarNode && (inline[name] || len(n.Content) == 0) {
		n.Style = yaml.FlowStyle
	}
	return n, nil
}

// styleOf is how a text is written: a text of several lines as it is, one with characters that YAML would change in
// double quotes, and any other as the library chooses.
func styleOf(s string) yaml.Style {
	odd := strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && !unicode.IsPrint(r) || r == unicode.ReplacementChar || r == '\ufeff'
	})
	switch lines := strings.Split(s, "\n"); {
	case odd:
		return yaml.DoubleQuotedStyle
	case len(lines) == 1:
		return 0
	default:
		for _, l := range lines {
			if l != strings.TrimSpace(l) {
				return yaml.DoubleQuotedStyle
			}
		}
		if s != strings.TrimSpace(s) {
			return yaml.DoubleQuotedStyle
		}
		return yaml.LiteralStyle
	}
}
