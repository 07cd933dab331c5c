// Package all lists the parsers of decks that are part of the program.
package all

import (
	"lectern/internal/deck"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/markdown"
	"lectern/internal/deck/yamldeck"
)

// Parsers returns a catalogue of all parsers. It reads a source of unknown kind as JSON. Markdown comes before YAML,
// because front matter also looks like the beginning of a document in YAML.
func Parsers() *deck.Catalogue {
	return deck.NewCatalogue(
		jsondeck.Parser{},
		markdown.Parser{},
		yamldeck.Parser{},
	)
}
