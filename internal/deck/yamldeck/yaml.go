// Package yamldeck reads decks in YAML. Package form defines the meaning of the fields; package yamltree, which YAML is
// accepted.
package yamldeck

import (
	"context"
	"regexp"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/form"
	"lectern/internal/deck/yamltree"
)

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
	r := yamltree.NewReader(lim)
	doc, err := r.Read(s.Bytes)
	if err != nil {
		return deck.Request{}, err
	}
	var over any
	if len(settings) > 0 {
		set, err := r.Read(settings)
		if err != nil {
			return deck.Request{}, lectern.AsFailure(err).On("settings")
		}
		if over = set.Tree; over == nil {
			over = false // null is not a mapping; nil would mean no settings
		}
	}
	q, err := form.Read(doc.Tree, over, "YAML", lim)
	q.Locate = func(written []string) (all []deck.Position) {
		for _, path := range written {
			all = append(all, doc.Locate(path))
		}
		return all
	}
	return q, err
}
