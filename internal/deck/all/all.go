// Package all lists the parsers of decks that are part of the program.
package all

import (
	"lectern/internal/deck"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/pptx"
	"lectern/internal/deck/yamldeck"
)

// Parsers returns a catalogue of all parsers. It reads a source of unknown kind as JSON.
func Parsers() *deck.Catalogue {
	return deck.NewCatalogue(
		jsondeck.Parser{},
		yamldeck.Parser{},
		pptx.Parser{Form: jsondeck.Parser{}},
	)
}
