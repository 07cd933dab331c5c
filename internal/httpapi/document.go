package httpapi

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lectern"
)

// finish gives every operation the one kind of failure, and drops what huma would have used instead.
func (f *face) finish() *huma.OpenAPI {
	doc := f.api.OpenAPI()
	describeDeck(doc)
	registry := doc.Components.Schemas
	problem := &huma.Response{
		Description: "Any other problem; code tells which.",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: registry.Schema(reflect.TypeFor[Problem](), true, "Problem")}},
	}
	for _, path := range doc.Paths {
		for _, o := range []*huma.Operation{path.Get, path.Post, path.Delete} {
			if o != nil {
				o.Responses["default"] = problem
			}
		}
	}
	describeShapes(registry.Map())
	delete(registry.Map(), "ErrorModel")
	delete(registry.Map(), "ErrorDetail")
	for name, schema := range registry.Map() {
		if schema.AdditionalProperties == false && name != "NewWebhook" { // a request with a field that nobody reads is refused
			schema.AdditionalProperties = nil // answers may grow
		}
		for field, p := range schema.Properties {
			if p.Type == "array" && !strings.HasPrefix(name, "Template") {
				p.Nullable = false // an empty list is written as one
			}
			if name == "Presentation" && field == "error" {
				schema.Properties[field] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
			}
		}
	}
	return doc
}

// refusedDecks and refusedFiles are what a deck and a file may be refused with.
var (
	refusedDecks = []lectern.Code{
		lectern.CodeInvalidJSON, lectern.CodeInvalidDeck, lectern.CodeUnknownAvatar, lectern.CodeUnknownVoice, lectern.CodeUnknownTheme,
		lectern.CodeUnknownLayout, lectern.CodeAssetRefused, lectern.CodeKeyMismatch, codeRequest, lectern.CodeKeyInUse, lectern.CodeTooLarge,
		codeMedia, lectern.CodeMissingTool, lectern.CodeOverloaded, lectern.CodeDiskFull,
	}
	refusedFiles = []lectern.Code{lectern.CodeNotFound, lectern.CodeNotReady, codeRequest, codePrecondition, codeRange}
)

// refusals says what the codes of refused requests mean.
var refusals = map[lectern.Code]string{
	lectern.CodeInvalidJSON:   "the body is no JSON",
	lectern.CodeInvalidDeck:   "a field of the deck is missing, of the wrong type or out of range",
	lectern.CodeUnknownAvatar: "there is no such avatar",
	lectern.CodeUnknownVoice:  "there is no such voice",
	lectern.CodeUnknownTheme:  "there is no such theme",
	lectern.CodeUnknownLayout: "there is no such layout",
	lectern.CodeAssetRefused:  "an address may not be reached",
	lectern.CodeKeyMismatch:   "the Idempotency-Key came with another request before",
	lectern.CodeKeyInUse:      "the first request with this Idempotency-Key is not answered yet; Retry-After says when to ask again",
	lectern.CodeTooLarge:      "the body, or something in it, is larger than the server allows",
	lectern.CodeNotFound:      "there is nothing of that name",
	lectern.CodeNotReady:      "the presentation is not completed, so it has no such file",
	lectern.CodeConflict:      "the presentation's state does not allow this",
	lectern.CodeMissingTool:   "a program that is needed is not installed on the server",
	lectern.CodeOverloaded:    "the server is busy, starting or stopping; Retry-After says when to ask again",
	lectern.CodeDiskFull:      "the server's disk is full",
	codeRequest:               "a parameter or header makes no sense",
	codeMedia:                 "the body is of a kind that is not taken",
	codeAccept:                "the Accept header does not take the answer",
	codeOrigin:                "the page that asks may not use this server",
	codePrecondition:          "the file is not the one that If-Match or If-Unmodified-Since names",
	codeRange:                 "the file has no such part",
}

// describeRefusals tells the document what an operation may be refused with: these codes, those that every operation has,
// and under default whatever else may go wrong.
func (f *face) describeRefusals(o *huma.Operation, codes []lectern.Code) {
	codes = append(slices.Clone(codes), codeAccept)
	if o.Method != http.MethodGet {
		codes = append(codes, codeOrigin)
	}
	said := map[int][]string{}
	for _, c := range codes {
		said[v1Status[c]] = append(said[v1Status[c]], "`"+string(c)+"`: "+refusals[c]+".")
	}
	schema := f.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for status, sentences := range said {
		o.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: strings.Join(sentences, "\n"), Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
}
