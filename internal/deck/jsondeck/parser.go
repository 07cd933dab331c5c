package jsondeck

import (
	"bytes"
	"context"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/form"
)

// Parser reads decks in JSON.
type Parser struct{}

var _ deck.Parser = Parser{}

// Kind implements deck.Parser.
func (Parser) Kind() deck.Kind {
	return deck.Kind{Name: "JSON", MediaTypes: []string{"application/json", "text/json"}, Endings: []string{".json"},
		Looks: looks}
}

// looks reports whether a text begins like JSON.
func looks(text []byte) bool {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	return len(text) > 0 && bytes.IndexByte([]byte(`{["`), text[0]) >= 0
}

// Parse implements deck.Parser. It fails with CodeInvalidJSON and a position if the text is not valid JSON, and with
// CodeTooLarge beyond a limit. The names, values and brackets of the deck and its settings are counted together.
func (Parser) Parse(_ context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error) {
	return parse(string(s.Bytes), string(settings), lim)
}

func parse(text, settings string, lim lectern.Limits) (deck.Request, error) {
	lim = lim.WithDefaults()
	left := budget{lim.JSONTokens, lim.JSONTokens}
	tree, err := read(text, lim, &left)
	if err != nil {
		return deck.Request{}, err
	}
	var over any
	if settings != "" {
		if over, err = read(settings, lim, &left); err != nil {
			return deck.Request{}, lectern.AsFailure(err).On("settings")
		}
		if over == nil {
			over = false // null is not an object; nil would mean no settings
		}
	}
	q, err := form.Read(tree, over, "JSON", lim)
	q.Locate = func(written []string) []deck.Position { return locate(text, written) }
	return q, err
}

// read decodes a text of at most lim.BodyBytes.
func read(text string, lim lectern.Limits, left *budget) (any, error) {
	if int64(len(text)) > lim.BodyBytes {
		return nil, lectern.Fail(lectern.CodeTooLarge, "The JSON has %d bytes; the limit is %d (limits.body). Remove "+
			"fields that no video needs, or split the deck.", len(text), lim.BodyBytes)
	}
	v, bad := decode(text, left)
	if bad != nil {
		return nil, bad
	}
	return v, nil
}
