package httpapi_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"lectern/internal/deck/all"
	"lectern/internal/httpapi"
)

// The schema of decks is served with its media type, and knows every field that the OpenAPI document has for a deck.
func TestSchemaOfDecks(t *testing.T) {
	t.Parallel()
	text, err := all.Schema()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(o *httpapi.Options) { o.Schema = text })
	a := r.get("/schemas/deck.json")
	if a.status != 200 || a.header.Get("Content-Type") != "application/schema+json" || a.body != string(text) ||
		a.header.Get("ETag") == "" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	type object struct {
		Properties        map[string]any
		PatternProperties map[string]any
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	var doc struct {
		Components struct{ Schemas map[string]object }
	}
	for body, into := range map[string]any{a.body: &schema, r.get("/openapi.json").body: &doc} {
		if err := json.Unmarshal([]byte(body), into); err != nil {
			t.Fatal(err)
		}
	}
	for component, in := range map[string]object{
		"DeckInput": schema.object, "SlideInput": schema.Defs["slide"], "VoiceInput": schema.Defs["voice"],
		"SizeInput": schema.Defs["size"], "BoxInput": schema.Defs["avatarBox"],
		"TransitionInput": schema.Defs["transition"], "TranslationInput": schema.Defs["translation"],
		"DeckTranslationInput": schema.Defs["deckTranslation"],
	} {
		fields := doc.Components.Schemas[component].Properties
		if len(fields) < 2 {
			t.Errorf("the document has no %s", component)
		}
		for name := range fields {
			known := in.Properties[name] != nil
			for pattern := range in.PatternProperties {
				known = known || regexp.MustCompile(pattern).MatchString(name)
			}
			if !known {
				t.Errorf("the schema of decks lacks the field %s of %s", name, component)
			}
		}
	}
}
