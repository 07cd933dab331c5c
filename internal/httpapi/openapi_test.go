package httpapi_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/openapi.json is the document that the server serves. It is checked in, so that a review sees changes of the
// interface. Rewrite it with go test ./internal/httpapi -run OpenAPI -update.
func TestOpenAPIIsCheckedIn(t *testing.T) {
	t.Parallel()
	a := newRig(t).get("/openapi.json")
	if a.status != 200 || a.header.Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	compare(t, filepath.Join("..", "..", "docs", "openapi.json"), a.body)
}

// The document follows the rules of OpenAPI 3.1 that tools depend on: every reference has a target, every operation a
// unique id, every variable of a path is declared, every answer has a description.
func TestOpenAPIIsValid(t *testing.T) {
	t.Parallel()
	var doc struct {
		OpenAPI string
		Info    struct{ Title, Version string }
		Paths   map[string]map[string]struct {
			OperationID string
			Tags        []string
			Parameters  []struct {
				Name, In string
				Required bool
				Schema   map[string]any
			}
			Responses map[string]struct {
				Description string
				Content     map[string]struct{ Schema map[string]any }
			}
		}
		Components struct{ Schemas map[string]map[string]any }
	}
	body := newRig(t).get("/openapi.json").body
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title == "" || doc.Info.Version == "" {
		t.Errorf("head: %q %+v", doc.OpenAPI, doc.Info)
	}
	for _, ref := range regexp.MustCompile(`"\$ref": "([^"]+)"`).FindAllStringSubmatch(body, -1) {
		name, ok := strings.CutPrefix(ref[1], "#/components/schemas/")
		if _, there := doc.Components.Schemas[name]; !ok || !there {
			t.Errorf("the reference %s has no target", ref[1])
		}
	}
	for name := range doc.Components.Schemas {
		if strings.Contains(name, "ErrorModel") || strings.Contains(name, "ErrorDetail") {
			t.Errorf("the schema %s is not of this interface", name)
		}
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths {
		for method, o := range item {
			if o.OperationID == "" || ids[o.OperationID] || len(o.Tags) != 1 {
				t.Errorf("%s %s: operation id %q, tags %v", method, path, o.OperationID, o.Tags)
			}
			ids[o.OperationID] = true
			declared := map[string]bool{}
			for _, p := range o.Parameters {
				declared[p.In+":"+p.Name] = true
				if p.Schema["type"] == nil || p.In == "path" && !p.Required {
					t.Errorf("%s %s: the parameter %s is not described", method, path, p.Name)
				}
			}
			for _, v := range regexp.MustCompile(`{([^}]+)}`).FindAllStringSubmatch(path, -1) {
				if !declared["path:"+v[1]] {
					t.Errorf("%s %s: %s is not declared", method, path, v[1])
				}
			}
			if r, ok := o.Responses["default"]; !ok ||
				r.Content["application/problem+json"].Schema["$ref"] != "#/components/schemas/Problem" {
				t.Errorf("%s %s: failures are not problems", method, path)
			}
			for status, r := range o.Responses {
				if r.Description == "" {
					t.Errorf("%s %s %s has no description", method, path, status)
				}
			}
		}
	}
	if len(ids) < 20 {
		t.Errorf("only %d operations", len(ids))
	}
}

// The page loads nothing from other hosts and shows the operations and schemas.
func TestDocsPage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.get("/docs")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", a.status, a.header)
	}
	if strings.Contains(a.body, "<script") || regexp.MustCompile(`(?:src|href)="(?:https?:)?//`).MatchString(a.body) {
		t.Error("the page loads something from elsewhere")
	}
	for _, id := range []string{"create-presentation", "watch-presentation", "get-video", "shape-Presentation",
		"shape-DeckInput"} {
		if !strings.Contains(a.body, `id="`+id+`"`) {
			t.Errorf("the page has no %s", id)
		}
	}
	if !strings.Contains(a.body, "<code>invalid_deck</code>: a field of the deck") {
		t.Error("the codes of refusals are not shown as code")
	}
	if css := r.get("/docs/docs.css"); css.status != 200 || !strings.Contains(css.header.Get("Content-Type"), "text/css") {
		t.Errorf("style: %d", css.status)
	}
}
