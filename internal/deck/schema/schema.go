// Package schema describes decks in JSON and YAML as a JSON Schema. Editors complete fields and mark faults with it.
//
// The names of the fields, in all their spellings, come from the parser; the bounds, defaults and values from package
// lectern. So only the descriptions are written here.
package schema

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/deck/form"
)

// File is the name of the file with the schema next to decks that Lectern writes.
const File = "deck.schema.json"

// JSON returns the JSON Schema (draft 2020-12) of decks in JSON and YAML, for editors and validators. It has every
// field that [form.Read] knows, in each of its spellings. Its bounds and defaults are those of package lectern, with
// the default limits. A deck that is valid by the rules of package lectern and writes each value as the schema names it
// is valid by the schema; form.Read also accepts other spellings of values, such as "Side By Side".
func JSON() ([]byte, error) {
	s := schema{asked: form.Fields(), limits: lectern.DefaultLimits()}
	root := s.object("#", object{"", s.deck(), false})
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "A deck of Lectern"
	root["description"] = "Slides with their narrations, and the settings of the video. A deck is written in JSON or " +
		"YAML. Every field may also be written in snake_case."
	root["patternProperties"].(node)[`^\$`] = true
	root["anyOf"] = s.oneOf("slides", "slidesData", "slides_data", "slideUrl", "slide_url")
	defs := node{}
	for name, o := range s.objects() {
		defs[name] = s.object("#/$defs/"+name, o)
	}
	// A text in the slide's field duration is a prop: editors write "5 min" there.
	defs["slide"].(node)["patternProperties"].(node)["^(duration)$"] = node{"anyOf": []node{
		{"$ref": "#/$defs/slide/properties/hold"}, {"type": []string{"string", "boolean", "array", "object", "null"}}}}
	root["$defs"] = defs
	text, err := json.MarshalIndent(root, "", "  ")
	return append(text, '\n'), err
}

// node is a part of a schema.
type node map[string]any

// with returns n with one more keyword.
func (n node) with(keyword string, value any) node {
	n[keyword] = value
	return n
}

// schema makes a schema.
type schema struct {
	asked  map[string][][]string // see form.Fields
	limits lectern.Limits
}

// object describes the fields of an object.
type object struct {
	at     string // its path in form.Fields
	fields map[string]node
	open   bool // it may have other fields: props
}

// object returns the schema of an object that is at ref. Further spellings of a field are patterns, which editors do
// not suggest.
func (s schema) object(ref string, o object) node {
	properties, patterns := node{}, node{}
	for name, field := range o.fields {
		properties[name] = field
	}
	for _, names := range s.asked[o.at] {
		i := slices.IndexFunc(names, func(name string) bool { return o.fields[name] != nil })
		if i < 0 {
			continue // the tests find it
		}
		others := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return o.fields[name] != nil })
		for j := range others {
			others[j] = regexp.QuoteMeta(others[j])
		}
		if len(others) > 0 {
			patterns["^("+strings.Join(others, "|")+")$"] = node{"$ref": ref + "/properties/" + names[i]}
		}
	}
	return node{"type": "object", "properties": properties, "patternProperties": patterns, "additionalProperties": o.open}
}

// oneOf requires at least one of the fields.
func (schema) oneOf(names ...string) []node {
	var list []node
	for _, name := range names {
		list = append(list, node{"required": []string{name}})
	}
	return list
}
