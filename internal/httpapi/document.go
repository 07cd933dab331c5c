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

// finish adds to the document what is not part of a single operation: the bodies of decks and assets, Problem as the
// failure of every operation, the descriptions of schemas, and how to send a key. It removes huma's own error schemas.
func (f *v1Operations) finish() *huma.OpenAPI {
	doc := f.api.OpenAPI()
	describeDeck(doc, f.s.Decks.Kinds())
	if f.s.Assets != nil {
		describeAssets(doc)
	}
	describeList(doc.Paths["/v1/presentations"].Get)
	registry := doc.Components.Schemas
	problem := &huma.Response{
		Description: "Any other problem; code says which.",
		Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: registry.Schema(reflect.TypeFor[Problem](), true, "Problem")},
		},
	}
	for _, path := range doc.Paths {
		for _, o := range []*huma.Operation{path.Get, path.Post, path.Delete} {
			if o != nil {
				o.Responses["default"] = problem
			}
		}
	}
	describeShapes(registry.Map())
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {
			Type: "http", Scheme: "bearer", BearerFormat: "lk_<id>_<secret>",
			Description: "An API key. A server without keys, which listens on loopback or has the setting http.keyless, needs " +
				"none.",
		},
		"session": {
			Type: "apiKey", In: "cookie", Name: sessionCookie,
			Description: "A session of the web page: POST /ui/session with {\"key\":\"lk_…\"} sets it for 12 hours, DELETE " +
				"/ui/session ends it. Only pages of this server can change data with it.",
		},
	}
	delete(registry.Map(), "ErrorModel")
	delete(registry.Map(), "ErrorDetail")
	for name, schema := range registry.Map() {
		// Unknown fields are refused in requests only: answers may get more fields.
		if schema.AdditionalProperties == false && name != "NewWebhook" && name != "NewKey" && name != "NewKeyBounds" {
			schema.AdditionalProperties = nil
		}
		for field, p := range schema.Properties {
			if p.Type == "array" && !strings.HasPrefix(name, "Template") {
				p.Nullable = false // an empty list is written as [], never as null
			}
			if name == "Presentation" && field == "error" {
				schema.Properties[field] = &huma.Schema{Description: p.Description,
					AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
			}
		}
	}
	return doc
}

// refusedDecks and refusedFiles are the codes with which a deck, or a request for a file, may be refused.
var (
	refusedDecks = []lectern.Code{
		lectern.CodeInvalidJSON, lectern.CodeInvalidYAML, lectern.CodeInvalidDeck, lectern.CodeUnknownAvatar,
		lectern.CodeUnknownVoice,
		lectern.CodeUnknownTheme,
		lectern.CodeUnknownLayout, lectern.CodeUnknownTemplate, lectern.CodeUnknownLanguage, lectern.CodeUntranslated,
		lectern.CodeUndefinedVariable,
		lectern.CodeUnknownAsset, lectern.CodeAssetRefused, lectern.CodeCallbackRefused, lectern.CodeKeyMismatch, codeRequest,
		lectern.CodeKeyInUse, lectern.CodeTooLarge, codeMedia, lectern.CodeMissingTool, lectern.CodeOverloaded,
		lectern.CodeDiskFull,
	}
	refusedFiles = []lectern.Code{lectern.CodeNotFound, lectern.CodeNotReady, codeRequest, codePrecondition, codeRange}
)

// refusals says what the codes of refused requests mean.
var refusals = map[lectern.Code]string{
	lectern.CodeInvalidJSON:   "the body is not JSON",
	lectern.CodeInvalidDeck:   "a field of the deck is missing, of the wrong type or out of range",
	lectern.CodeUnknownAvatar: "there is no such avatar",
	lectern.CodeUnknownVoice:  "there is no such voice",
	lectern.CodeUnknownTheme:  "there is no such theme",
	lectern.CodeUnknownLayout: "there is no such layout",

	lectern.CodeUnknownTemplate: "there is no such template",

	lectern.CodeUnknownLanguage:   "the deck does not have the language that the request names",
	lectern.CodeUntranslated:      "a narration has no translation",
	lectern.CodeUndefinedVariable: "a text names a variable without a value",
	lectern.CodeUnknownAsset:      "the deck names an asset that does not exist",
	lectern.CodeInvalidYAML:       "the body is not YAML",
	lectern.CodeAssetRefused:      "the address of a picture is not allowed, or a file is damaged or cannot be used",
	lectern.CodeKeyMismatch:       "an earlier, different request had this Idempotency-Key",
	lectern.CodeKeyInUse: "the first request with this Idempotency-Key is not answered yet; Retry-After says " +
		"when to ask again",
	lectern.CodeTooLarge:     "the body, or something in it, is larger than the server allows",
	lectern.CodeNotFound:     "what the path names does not exist",
	lectern.CodeNotReady:     "the presentation is not completed, so it has no such file",
	lectern.CodeConflict:     "what the path names is in a state that does not allow this",
	lectern.CodeMissingTool:  "a program that is needed is not installed on the server",
	lectern.CodeOverloaded:   "the server is busy, starting or stopping; Retry-After says when to ask again",
	lectern.CodeDiskFull:     "the server's disk is full",
	codeRequest:              "a parameter, a header or a field of a form has a wrong value",
	codeLength:               "the request has no Content-Length",
	codeMedia:                "the body has a type that the server does not accept",
	codeAccept:               "the Accept header excludes the type of the answer",
	lectern.CodeUnauthorized: "the request has no key, or one that is wrong, removed or expired",
	lectern.CodeForbidden:    "the key's scope does not allow this",
	lectern.CodeRateLimited: "too many wrong keys came from this address, or a limit of the key or the server is " +
		"reached; Retry-After says when to ask again",
	codeHost:         "the server does not answer for this host name",
	codeProxy:        "the request came through a proxy that the server, which has no key, does not know",
	codeOrigin:       "the page that sent the request may not use this server",
	codePrecondition: "the file does not meet If-Match or If-Unmodified-Since",
	codeRange:        "the file has no such range, or the request asks for too many",

	lectern.CodeCallbackRefused: "webhooks may not be sent to the address",
	codeParameter:               "the query has a parameter that the operation does not know, or the same parameter twice",
}

// describeRefusals documents the codes with which an operation may be refused: the given codes and those that every
// operation has. finish adds the default for all others.
func (f *v1Operations) describeRefusals(o *huma.Operation, codes []lectern.Code) {
	codes = append(slices.Clone(codes), codeParameter, codeAccept, lectern.CodeUnauthorized, lectern.CodeForbidden,
		lectern.CodeRateLimited, codeHost, codeProxy)
	if o.Method != http.MethodGet {
		codes = append(codes, codeOrigin)
	}
	said := map[int][]string{}
	for _, c := range codes {
		said[statuses[c]] = append(said[statuses[c]], "`"+string(c)+"`: "+refusals[c]+".")
	}
	schema := f.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for status, sentences := range said {
		headers := refusalHeaders(status)
		if status == http.StatusTooManyRequests && o.OperationID == createID {
			addRateLimits(headers)
		}
		o.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: strings.Join(sentences, "\n"), Headers: headers,
			Content: map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
}

// refusalHeaders returns the documented headers of a refusal with this status.
func refusalHeaders(status int) map[string]*huma.Param {
	text := &huma.Schema{Type: "string"}
	switch status {
	case http.StatusUnauthorized:
		return map[string]*huma.Param{"WWW-Authenticate": {Schema: text, Description: "How to send a key."}}
	case http.StatusTooManyRequests:
		return map[string]*huma.Param{"Retry-After": {Schema: &huma.Schema{Type: "integer"},
			Description: "Seconds until the same request may succeed."}}
	}
	return nil
}

// createID is the id of the operation that creates presentations.
const createID = "create-presentation"

// addRateLimits documents the headers that account sets.
func addRateLimits(headers map[string]*huma.Param) {
	text := &huma.Schema{Type: "string"}
	headers["RateLimit-Policy"] = &huma.Param{Schema: text, Example: `"presentations";q=5, "minutes";q=60;w=86400`,
		Description: "The bounds of the key, if it has any " +
			"(draft-ietf-httpapi-ratelimit-headers): q is the bound, w its window in seconds. minutes counts minutes of " +
			"estimated video, presentations those that wait or are rendered. If only those that wait are bounded, the item " +
			"is queued."}
	headers["RateLimit"] = &huma.Param{Schema: text, Example: `"presentations";r=3, "minutes";r=12;t=3600`,
		Description: "What is left of each bound: r is the rest, t the seconds until the oldest minutes are free again."}
}

// scopeKey is the extension of an operation with the scope that it needs.
const scopeKey = "x-scope"

// describeAccess documents which keys may call an operation.
func describeAccess(o *huma.Operation, need lectern.Scope) {
	o.Security = []map[string][]string{{"key": {}}, {"session": {}}}
	scope := string(need)
	if o.OperationID == createID {
		scope = string(lectern.ScopeWrite)
		o.Description += " Needs a key with the scope `write`; a dry run needs `read`."
	} else {
		o.Description += " Needs a key with the scope `" + scope + "`."
	}
	if o.Extensions == nil {
		o.Extensions = map[string]any{}
	}
	o.Extensions[scopeKey] = scope
}
