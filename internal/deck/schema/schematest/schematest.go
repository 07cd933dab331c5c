// Package schematest validates decks by the schema, for tests.
package schematest

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/pb33f/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"lectern/internal/deck/schema"
)

// Compile returns a function that validates a deck in YAML, of which JSON is a part.
func Compile(t testing.TB) (validate func(text []byte) error) {
	t.Helper()
	text, err := schema.JSON()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schema.File, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schema.File)
	if err != nil {
		t.Fatal(err)
	}
	return func(text []byte) error {
		if !json.Valid(text) {
			var v any
			if err := yaml.Load(text, &v); err != nil {
				return err
			}
			if text, err = json.Marshal(v); err != nil {
				return err
			}
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return err
		}
		return s.Validate(doc)
	}
}
