// Package all lists the parsers of decks that are part of the program.
package all

import (
	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/images"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/pptx"
	"lectern/internal/deck/schema"
	"lectern/internal/deck/yamldeck"
)

// JSON writes a deck that a parser read as JSON, see [jsondeck.Encode].
func JSON(d lectern.Deck) ([]byte, error) { return jsondeck.Encode(d) }

// Schema returns the JSON Schema of decks in JSON and YAML, see package schema.
func Schema() ([]byte, error) { return schema.JSON() }

// Parsers returns a catalogue of all parsers. It reads a source of unknown kind as JSON.
func Parsers() *deck.Catalogue {
	return deck.NewCatalogue(
		jsondeck.Parser{},
		yamldeck.Parser{},
		pptx.Parser{Form: jsondeck.Parser{}},
	).WithFolders(images.Parser{Form: jsondeck.Parser{}})
}
