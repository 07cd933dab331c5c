// Package all lists the parsers of decks that are part of the program.
package all

import (
	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/images"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/markdown"
	"lectern/internal/deck/pptx"
	"lectern/internal/deck/yamldeck"
)

// JSON writes a deck that a parser read as JSON, see [jsondeck.Encode].
func JSON(d lectern.Deck) ([]byte, error) { return jsondeck.Encode(d) }

// Parsers returns a catalogue of all parsers. It reads a source of unknown kind as JSON. Markdown comes before YAML,
// because front matter also looks like the beginning of a document in YAML.
func Parsers() *deck.Catalogue {
	return deck.NewCatalogue(
		jsondeck.Parser{},
		markdown.Parser{},
		yamldeck.Parser{},
		pptx.Parser{Form: jsondeck.Parser{}},
	).WithFolders(images.Parser{Form: jsondeck.Parser{}})
}
