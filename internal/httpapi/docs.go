package httpapi

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"lectern"
)

//go:embed docs.html
var docsHTML string

//go:embed docs.css
var docsCSS []byte

// docs serves the OpenAPI document and a page made from it. Both are made once, by the first request: the document does
// not change, and most servers are never asked.
func (s *server) docs(mux *http.ServeMux, doc *huma.OpenAPI) {
	spec := func() []byte {
		b, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			panic(err) // the document is made of this package's own types
		}
		return append(b, '\n')
	}
	page := func() []byte {
		var b bytes.Buffer
		shape := template.Must(template.New("docs").Funcs(template.FuncMap{"prose": prose}).Parse(docsHTML))
		if err := shape.Execute(&b, newDocsPage(doc)); err != nil {
			panic(err)
		}
		return b.Bytes()
	}
	fixed := func(ct string, make func() []byte) http.HandlerFunc {
		content := sync.OnceValues(func() ([]byte, string) {
			b := make()
			return b, `"` + hash(b) + `"`
		})
		return func(w http.ResponseWriter, r *http.Request) {
			b, tag := content()
			h := w.Header()
			h.Set("Content-Type", ct)
			h.Set("ETag", tag)
			h.Set("Cache-Control", "no-cache")
			if strings.HasPrefix(ct, "text/html") {
				h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'")
			}
			http.ServeContent(w, r, "", zeroTime, bytes.NewReader(b))
		}
	}
	s.on(mux, "GET /openapi.json", rule{scope: lectern.ScopeRead}, fixed("application/openapi+json", spec))
	if s.Schema != nil { // editors that load it have no key
		s.on(mux, "GET /schemas/deck.json", rule{open: true}, fixed("application/schema+json",
			func() []byte { return s.Schema }))
	}
	s.on(mux, "GET /docs", rule{scope: lectern.ScopeRead}, fixed("text/html; charset=utf-8", page))
	s.on(mux, "GET /docs/docs.css", rule{scope: lectern.ScopeRead},
		fixed("text/css; charset=utf-8", func() []byte { return docsCSS }))
}

// prose turns a description of the document into HTML: text between backticks becomes code, and line breaks stay.
func prose(text string) template.HTML {
	var b strings.Builder
	for i, part := range strings.Split(template.HTMLEscapeString(text), "`") {
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		b.WriteString(strings.ReplaceAll(part, "\n", "<br>"))
	}
	return template.HTML(b.String())
}

// docsPage is what docs.html shows.
type docsPage struct {
	Title, Version, Description string
	Groups                      []docsGroup
	Schemas                     []docsSchema
}

type docsGroup struct {
	Name, Description string
	Operations        []docsOperation
}

type docsOperation struct {
	Method, Path, ID, Summary, About string
	Samples                          []sample
	Params                           []docsField
	Bodies                           []docsBody
	Answers                          []docsAnswer
}

type docsBody struct{ Type, Schema string }

type docsAnswer struct{ Status, What, Type, Schema string }

type docsSchema struct {
	Name, Doc string
	Fields    []docsField
}

type docsField struct {
	Name, In, Type, Schema, Doc, Default string
	Required, List                       bool // List: it is a list of Type or Schema
	Enum                                 []string
}

func newDocsPage(doc *huma.OpenAPI) docsPage {
	p := docsPage{Title: doc.Info.Title, Version: doc.Info.Version, Description: doc.Info.Description}
	for _, t := range doc.Tags {
		g := docsGroup{Name: t.Name, Description: t.Description}
		for path, item := range doc.Paths {
			for _, o := range []*huma.Operation{item.Get, item.Post, item.Delete} {
				if o != nil && slices.Contains(o.Tags, t.Name) {
					g.Operations = append(g.Operations, newDocsOperation(path, o))
				}
			}
		}
		slices.SortFunc(g.Operations, func(a, b docsOperation) int {
			return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(b.Method, a.Method))
		})
		p.Groups = append(p.Groups, g)
	}
	for name, s := range doc.Components.Schemas.Map() {
		d := docsSchema{Name: name, Doc: s.Description}
		for field, f := range s.Properties {
			d.Fields = append(d.Fields, newDocsField(field, f, slices.Contains(s.Required, field)))
		}
		slices.SortFunc(d.Fields, func(a, b docsField) int { return strings.Compare(a.Name, b.Name) })
		p.Schemas = append(p.Schemas, d)
	}
	slices.SortFunc(p.Schemas, func(a, b docsSchema) int { return strings.Compare(a.Name, b.Name) })
	return p
}

func newDocsOperation(path string, o *huma.Operation) docsOperation {
	d := docsOperation{Method: o.Method, Path: path, ID: o.OperationID, Summary: o.Summary, About: o.Description}
	d.Samples, _ = o.Extensions[samplesKey].([]sample)
	for _, param := range o.Parameters {
		f := newDocsField(param.Name, param.Schema, param.Required && param.In != "path")
		f.In, f.Doc = param.In, param.Description
		d.Params = append(d.Params, f)
	}
	if o.RequestBody != nil {
		for kind, m := range o.RequestBody.Content {
			d.Bodies = append(d.Bodies, docsBody{kind, schemaName(m.Schema)})
		}
		slices.SortFunc(d.Bodies, func(a, b docsBody) int { return strings.Compare(a.Type, b.Type) })
	}
	for status, r := range o.Responses {
		a := docsAnswer{Status: status, What: r.Description}
		if status == "default" {
			a.Status = "other"
		}
		for ct, m := range r.Content {
			a.Type, _, _ = strings.Cut(ct, ";")
			a.Schema = schemaName(m.Schema)
		}
		d.Answers = append(d.Answers, a)
	}
	slices.SortFunc(d.Answers, func(a, b docsAnswer) int { return strings.Compare(a.Status, b.Status) })
	return d
}

func newDocsField(name string, s *huma.Schema, required bool) docsField {
	f := docsField{Name: name, Required: required}
	if s == nil {
		return f
	}
	f.Doc, f.Type, f.Schema = s.Description, s.Type, schemaName(s)
	for _, one := range s.AnyOf {
		if one.Ref != "" {
			f.Schema = schemaName(one)
		}
	}
	if s.Type == "array" && s.Items != nil {
		f.Type, f.Schema, f.List = s.Items.Type, schemaName(s.Items), true
	}
	if s.Default != nil {
		f.Default = indentedJSON(s.Default)
	}
	for _, e := range s.Enum {
		f.Enum = append(f.Enum, strings.Trim(indentedJSON(e), `"`))
	}
	return f
}

// schemaName is the name of the schema that s refers to, or "".
func schemaName(s *huma.Schema) string {
	if s == nil || s.Ref == "" {
		return ""
	}
	return s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
}

func indentedJSON(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(b)
}
