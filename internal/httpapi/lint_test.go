package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/jsonschema/v6"

	"lectern"
)

// object is a node of the document.
type object = map[string]any

// lint checks a document of OpenAPI 3.1 for what readers need besides validity, and returns what it lacks.
func lint(body []byte) ([]string, error) {
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	doc, ok := root.(object)
	if !ok {
		return nil, fmt.Errorf("the document is %T", root)
	}
	l := &linter{doc: doc, schemas: jsonschema.NewCompiler(), used: map[string]bool{}, ids: map[string]bool{}}
	l.schemas.DefaultDraft(jsonschema.Draft2020)
	l.schemas.AssertFormat()
	if err := l.schemas.AddResource("doc.json", doc); err != nil {
		return nil, err
	}
	l.operations()
	l.shapes()
	l.examples("", doc)
	l.unused()
	slices.Sort(l.found)
	return l.found, nil
}

type linter struct {
	doc     object
	schemas *jsonschema.Compiler
	used    map[string]bool // components that were reached
	ids     map[string]bool
	found   []string
}

func (l *linter) fault(at, format string, args ...any) {
	l.found = append(l.found, at+": "+fmt.Sprintf(format, args...))
}

// said reports a node whose text is missing or shorter than four characters.
func (l *linter) said(at string, node object, key string) {
	text, _ := node[key].(string)
	if len(strings.TrimSpace(text)) < 4 {
		l.fault(at, "no %s", key)
	}
}

func child(node object, keys ...string) object {
	for _, k := range keys {
		node, _ = node[k].(object)
	}
	return node
}

func list(node object, key string) []any {
	v, _ := node[key].([]any)
	return v
}

func (l *linter) operations() {
	tags := map[string]bool{}
	for _, t := range list(l.doc, "tags") {
		tag, _ := t.(object)
		l.said("tag "+fmt.Sprint(tag["name"]), tag, "description")
		tags[fmt.Sprint(tag["name"])] = true
	}
	if len(list(l.doc, "servers")) == 0 {
		l.fault("document", "no servers")
	}
	for path, item := range child(l.doc, "paths") {
		for method, op := range item.(object) {
			l.operation(strings.ToUpper(method)+" "+path, op.(object), tags)
		}
	}
}

func (l *linter) operation(at string, o object, tags map[string]bool) {
	for _, key := range []string{"operationId", "summary", "description"} {
		l.said(at, o, key)
	}
	id := fmt.Sprint(o["operationId"])
	if l.ids[id] {
		l.fault(at, "the operationId %s is taken", id)
	}
	l.ids[id] = true
	if len(list(o, "tags")) == 0 {
		l.fault(at, "no tags")
	}
	for _, t := range list(o, "tags") {
		if !tags[fmt.Sprint(t)] {
			l.fault(at, "the tag %v is not declared", t)
		}
	}
	for _, p := range list(o, "parameters") {
		param := p.(object)
		l.said(at+", parameter "+fmt.Sprint(param["name"]), param, "description")
	}
	refused := 0
	for status, r := range child(o, "responses") {
		response := r.(object)
		l.said(at+" "+status, response, "description")
		for name, h := range child(response, "headers") {
			l.said(at+" "+status+", header "+name, h.(object), "description")
		}
		if strings.HasPrefix(status, "4") {
			refused++
			if child(response, "content", "application/problem+json", "schema")["$ref"] != "#/components/schemas/Problem" {
				l.fault(at, "%s does not answer with Problem", status)
			}
		}
	}
	if refused == 0 {
		l.fault(at, "no status of a refusal")
	}
	for _, s := range list(o, "security") {
		for name := range s.(object) {
			if child(l.doc, "components", "securitySchemes", name) == nil {
				l.fault(at, "the security scheme %s is not declared", name)
			}
			l.used["#/components/securitySchemes/"+name] = true
		}
	}
	if len(list(o, "security")) == 0 || !lectern.Scope(fmt.Sprint(o["x-scope"])).Valid() {
		l.fault(at, "no security, or no scope")
	}
	l.reach(o)
}

// reach marks all components that a node refers to, directly or not.
func (l *linter) reach(node any) {
	switch v := node.(type) {
	case object:
		if ref, ok := v["$ref"].(string); ok && !l.used[ref] {
			l.used[ref] = true
			l.reach(child(l.doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...))
		}
		for _, c := range v {
			l.reach(c)
		}
	case []any:
		for _, c := range v {
			l.reach(c)
		}
	}
}

func (l *linter) unused() {
	for kind, all := range child(l.doc, "components") {
		for name := range all.(object) {
			if ref := "#/components/" + kind + "/" + name; !l.used[ref] {
				l.fault(ref, "nothing refers to this component")
			}
		}
	}
}

func (l *linter) shapes() {
	for name, s := range child(l.doc, "components", "schemas") {
		shape := s.(object)
		l.said(name, shape, "description")
		for field, p := range child(shape, "properties") {
			l.said(name+"."+field, p.(object), "description")
		}
		for _, required := range list(shape, "required") {
			if child(shape, "properties", fmt.Sprint(required)) == nil {
				l.fault(name, "%v is required but does not exist", required)
			}
		}
	}
}

// examples checks that every example and default fits its schema, and that every enum has a description. at is a JSON
// pointer.
func (l *linter) examples(at string, node any) {
	switch v := node.(type) {
	case object:
		_, typed := v["type"]
		if given, ok := v["examples"].([]any); ok && typed {
			for _, e := range given {
				l.valid(at, at, e)
			}
		}
		if d, ok := v["default"]; ok && typed {
			l.valid(at, at, d)
		}
		if e, ok := v["example"]; ok && v["schema"] != nil {
			l.valid(at, at+"/schema", e)
		}
		if all, ok := v["enum"].([]any); ok && typed {
			l.said(at, v, "description")
			for _, e := range all {
				l.valid(at, at, e)
			}
		}
		for _, k := range slices.Sorted(maps.Keys(v)) {
			l.examples(at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(k), v[k])
		}
	case []any:
		for i, c := range v {
			l.examples(fmt.Sprintf("%s/%d", at, i), c)
		}
	}
}

// valid checks that a value fits the schema at a JSON pointer.
func (l *linter) valid(at, schema string, value any) {
	s, err := l.schemas.Compile("doc.json#" + strings.NewReplacer("{", "%7B", "}", "%7D").Replace(schema))
	if err != nil {
		l.fault(at, "its schema: %v", err)
		return
	}
	if err := s.Validate(value); err != nil {
		l.fault(at, "%v does not fit: %v", value, err)
	}
}

// The document has what readers need and validators do not require: descriptions of everything, refusals by status,
// examples that fit their schemas, and no unused components.
func TestDocumentPassesTheLinter(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	found, err := lint(body)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// The linter finds each kind of fault that the test puts into the document.
func TestLinterFinds(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	get := []string{"paths", "/v1/presentations", "get"}
	for want, spoil := range map[string]func(doc object){
		"no operationId":                 func(d object) { delete(child(d, get...), "operationId") },
		"the operationId list-themes is": func(d object) { child(d, get...)["operationId"] = "list-themes" },
		"no summary":                     func(d object) { delete(child(d, get...), "summary") },
		"presentations: no description":  func(d object) { child(d, get...)["description"] = " " },
		"no tags":                        func(d object) { delete(child(d, get...), "tags") },
		"the tag Odds is not declared":   func(d object) { child(d, get...)["tags"] = []any{"Odds"} },
		"parameter status: no description": func(d object) {
			delete(list(child(d, get...), "parameters")[0].(object),
				"description")
		},
		"no security":                    func(d object) { delete(child(d, get...), "security") },
		"the security scheme odd is not": func(d object) { child(d, get...)["security"] = []any{object{"odd": []any{}}} },
		"no status of a refusal": func(d object) {
			child(d,
				get...)["responses"] = object{"200": object{"description": "Fine."}}
		},
		"422 does not answer with Problem": func(d object) {
			delete(child(d, append(get, "responses", "422")...),
				"content")
		},
		"Theme: no description": func(d object) {
			delete(child(d, "components", "schemas", "Theme"),
				"description")
		},
		"Theme.id: no description": func(d object) {
			delete(child(d, "components", "schemas", "Theme", "properties",
				"id"), "description")
		},
		"nothing refers to this component": func(d object) {
			child(d, "components",
				"schemas")["Odd"] = object{"description": "Odd."}
		},
		"/properties/kind: no description": func(d object) {
			delete(child(d, "components", "schemas", "Step", "properties",
				"kind"), "description")
		},
		"wide does not fit": func(d object) {
			child(d, "components", "schemas", "SizeInput", "properties", "width")["examples"] = []any{"wide"}
		},
		"fast does not fit": func(d object) {
			child(d, "components", "schemas", "DeckInput", "properties", "quality")["default"] = "fast"
		},
		"content/application~1json: map[] d": func(d object) {
			child(d, "paths", "/v1/presentations", "post", "requestBody", "content", "application/json")["example"] = object{}
		},
	} {
		var doc object
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatal(err)
		}
		spoil(doc)
		spoiled, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		found, err := lint(spoiled)
		if err != nil || !strings.Contains(strings.ToLower(strings.Join(found, "\n")), strings.ToLower(want)) {
			t.Errorf("%q is not among %q, %v", want, found, err)
		}
	}
}
