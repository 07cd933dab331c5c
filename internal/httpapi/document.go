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
	describeDeck(doc, f.s.Decks.Kinds())
	if f.s.Assets != nil {
		describeAssets(doc)
	}
	describeList(doc.Paths["/v1/presentations"].Get)
	registry := doc.Components.Schemas
	problem := &huma.Response{
		Description: "Any other problem; code tells which.",
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
				"/ui/session ends it. It is good for pages of this server alone.",
		},
	}
	delete(registry.Map(), "ErrorModel")
	delete(registry.Map(), "ErrorDetail")
	for name, schema := range registry.Map() {
		// a request with a field that nobody reads is refused
		if schema.AdditionalProperties == false && name != "NewWebhook" && name != "NewKey" && name != "NewKeyBounds" {
			schema.AdditionalProperties = nil // answers may grow
		}
		for field, p := range schema.Properties {
			if p.Type == "array" && !strings.HasPrefix(name, "Template") {
				p.Nullable = false // an empty list is written as one
			}
			if name == "Presentation" && field == "error" {
				schema.Properties[field] = &huma.Schema{Description: p.Description,
					AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
			}
		}
	}
	return doc
}

// refusedDecks and refusedFiles are what a deck and a file may be refused with.
var (
	refusedDecks = []lectern.Code{
		lectern.CodeInvalidJSON, lectern.CodeInvalidDeck, lectern.CodeUnknownAvatar, lectern.CodeUnknownVoice,
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
	lectern.CodeInvalidJSON:   "the body is no JSON",
	lectern.CodeInvalidDeck:   "a field of the deck is missing, of the wrong type or out of range",
	lectern.CodeUnknownAvatar: "there is no such avatar",
	lectern.CodeUnknownVoice:  "there is no such voice",
	lectern.CodeUnknownTheme:  "there is no such theme",
	lectern.CodeUnknownLayout: "there is no such layout",

	lectern.CodeUnknownTemplate: "there is no such template",

	lectern.CodeUnknownLanguage:   "the deck is not in the language that is asked for",
	lectern.CodeUntranslated:      "a narration has no translation",
	lectern.CodeUndefinedVariable: "a text names a variable without a value",
	lectern.CodeUnknownAsset:      "the deck names an asset that there is not",
	lectern.CodeInvalidYAML:       "the body is no YAML",
	lectern.CodeAssetRefused:      "an address of a picture may not be reached, or it is no picture that can be used",
	lectern.CodeKeyMismatch:       "the Idempotency-Key came with another request before",
	lectern.CodeKeyInUse: "the first request with this Idempotency-Key is not answered yet; Retry-After says " +
		"when to ask again",
	lectern.CodeTooLarge:     "the body, or something in it, is larger than the server allows",
	lectern.CodeNotFound:     "there is nothing of that name",
	lectern.CodeNotReady:     "the presentation is not completed, so it has no such file",
	lectern.CodeConflict:     "the presentation's state does not allow this",
	lectern.CodeMissingTool:  "a program that is needed is not installed on the server",
	lectern.CodeOverloaded:   "the server is busy, starting or stopping; Retry-After says when to ask again",
	lectern.CodeDiskFull:     "the server's disk is full",
	codeRequest:              "a parameter or header makes no sense",
	codeLength:               "the request has no Content-Length",
	codeMedia:                "the body is of a kind that is not taken",
	codeAccept:               "the Accept header does not take the answer",
	lectern.CodeUnauthorized: "there is no key, or it is wrong, removed or expired",
	lectern.CodeForbidden:    "the key's scope does not allow this",
	lectern.CodeRateLimited: "too many wrong keys came from this address, or a limit of the key or the server is " +
		"reached; Retry-After says when to ask again",
	codeHost:         "the server does not answer for this host name",
	codeProxy:        "the request came through a proxy that the server, which has no key, does not know",
	codeOrigin:       "the page that asks may not use this server",
	codePrecondition: "the file is not the one that If-Match or If-Unmodified-Since names",
	codeRange:        "the file has no such part",

	lectern.CodeCallbackRefused: "webhooks may not be sent to the address",
	codeParameter:               "the query has a parameter that the operation does not read, or one of them twice",
}

// describeRefusals tells the document what an operation may be refused with: these codes, those that every operation
// has, and under default whatever else may go wrong.
func (f *face) describeRefusals(o *huma.Operation, codes []lectern.Code) {
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

// refusalHeaders are those that a refusal has beside its problem.
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

// createID is the operation that makes presentations.
const createID = "create-presentation"

// addRateLimits adds the headers of account.
func addRateLimits(headers map[string]*huma.Param) {
	text := &huma.Schema{Type: "string"}
	headers["RateLimit-Policy"] = &huma.Param{Schema: text, Example: `"presentations";q=5, "minutes";q=60;w=86400`,
		Description: "The bounds of the key, where it has any " +
			"(draft-ietf-httpapi-ratelimit-headers): q is the bound, w its window in seconds. minutes are those of estimated " +
			"video, presentations those that wait or are rendered, queued those that wait, where only they are bounded."}
	headers["RateLimit"] = &huma.Param{Schema: text, Example: `"presentations";r=3, "minutes";r=12;t=3600`,
		Description: "What is left of each bound: r is how " +
			"much, t the seconds until the oldest minutes are free again."}
}

// scopeKey is where the document says which scope an operation takes.
const scopeKey = "x-scope"

// describeAccess tells the document which keys an operation takes.
func describeAccess(o *huma.Operation, need lectern.Scope) {
	o.Security = []map[string][]string{{"key": {}}, {"session": {}}}
	scope := string(need)
	if o.OperationID == createID {
		scope = string(lectern.ScopeWrite)
		o.Description += " Takes a key of the scope `write`; a dry run takes `read`."
	} else {
		o.Description += " Takes a key of the scope `" + scope + "`."
	}
	if o.Extensions == nil {
		o.Extensions = map[string]any{}
	}
	o.Extensions[scopeKey] = scope
}
