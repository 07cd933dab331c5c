package jsondeck_test

import (
	"encoding/json"
	"testing"

	"lectern"
	"lectern/internal/deck/decktest"
	"lectern/internal/deck/jsondeck"
)

func TestParser(t *testing.T) {
	t.Parallel()
	decktest.Run(t, decktest.Fixture{Parser: jsondeck.Parser{}, Broken: `{"slides":[{]}`, Code: lectern.CodeInvalidJSON,
		Lines: true, Write: func(tree any) []byte {
			b, err := json.Marshal(tree)
			if err != nil {
				panic(err)
			}
			return b
		}})
}
