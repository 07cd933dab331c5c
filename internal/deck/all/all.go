// Package all lists the parsers of decks that the program has.
package all

import (
	"lectern/internal/deck"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/yamldeck"
)

// Parsers reads every kind of source. What tells its kind in no way is read as JSON.
func Parsers() *deck.Catalogue {
	return deck.NewCatalogue(
		jsondeck.Parser{},
		yamldeck.Parser{},
	)
}
