// Package all lists the parsers of decks that are part of the program.
package all

import (
	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/images"
	"lectern/internal/deck/jsondeck"
	"lectern/internal/deck/markdown"
	deckpdf "lectern/internal/deck/pdf"
	"lectern/internal/deck/pptx"
	"lectern/internal/deck/schema"
	"lectern/internal/deck/yamldeck"
	"lectern/internal/pdf"
)

// JSON writes a deck that a parser read as JSON, see [jsondeck.Encode].
func JSON(d lectern.Deck) ([]byte, error) { return jsondeck.Encode(d) }

// Schema returns the JSON Schema of decks in JSON and YAML, see package schema.
func Schema() ([]byte, error) { return schema.JSON() }

// Parsers returns a catalogue of all parsers. It knows the kind of PDF files, but does not read them, see [With].
func Parsers() *deck.Catalogue { return With(nil, Machine{}) }

// Machine has the programs that the parsers of office files use, see [pptx.Machine].
type Machine = pptx.Machine

// Font is what the machine draws for a font, see [pptx.Font].
type Font = pptx.Font

// With returns a catalogue of all parsers, which reads PDF files with an engine, and office files with the programs of
// the machine. It reads a source of unknown kind as JSON. Markdown comes before YAML, because front matter also looks
// like the beginning of a document in YAML.
func With(engine *pdf.Engine, m Machine) *deck.Catalogue {
	return deck.NewCatalogue(
		jsondeck.Parser{},
		markdown.Parser{},
		yamldeck.Parser{},
		pptx.Parser{Form: jsondeck.Parser{}, Machine: m},
		deckpdf.Parser{Form: jsondeck.Parser{}, Engine: engine},
	).WithFolders(images.Parser{Form: jsondeck.Parser{}})
}

// YAML writes a deck that a parser read as YAML, see [yamldeck.Encode].
func YAML(d lectern.Deck, schema string) ([]byte, error) { return yamldeck.Encode(d, schema) }
