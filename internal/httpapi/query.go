package httpapi

import (
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lectern"
)

// metadataPrefix begins the names of parameters that filter by an entry of the metadata.
const metadataPrefix = "metadata."

// knownQuery makes an operation refuse unknown and repeated parameters, before anything else of the request is checked.
// Without this, a list with a misspelt filter would contain too much.
func (s *server) knownQuery(known []string) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(c)
		if err := judgeQuery(r.URL.RawQuery, known); err != nil {
			s.refuse(w, r, err)
			return
		}
		next(c)
	}
}

func judgeQuery(raw string, known []string) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return lectern.Fail(codeParameter, "The parameters after the question mark cannot be read: %s.",
			lectern.Shorten(err.Error()))
	}
	metadata := slices.Contains(known, metadataPrefix)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case metadata && strings.HasPrefix(name, metadataPrefix) && len(values[name]) == 1:
		case len(values[name]) > 1 && (slices.Contains(known, name) || metadata && strings.HasPrefix(name, metadataPrefix)):
			return blame(name, codeParameter, "The parameter %q comes %d times; send it once.",
				lectern.Shorten(name), len(values[name]))
		case !slices.Contains(known, name):
			return blame(name, codeParameter, "The parameter %q is not known here.%s", lectern.Shorten(name), meant(name, known))
		}
	}
	return nil
}

// meant suggests the known parameter that resembles a name, or else lists all known parameters.
func meant(name string, known []string) string {
	shown := make([]string, len(known))
	for i, k := range known {
		if shown[i] = k; k == metadataPrefix {
			shown[i] = metadataPrefix + "KEY"
		}
	}
	if near := lectern.DidYouMean(name, shown); near != "" {
		return near
	}
	if len(shown) == 0 {
		return " This operation has no parameters."
	}
	return " This operation knows " + lectern.OneOf(shown) + "."
}

// queryOf lists the parameters that a type of input reads from the query.
func queryOf(t reflect.Type) []string {
	var names []string
	for f := range fields(t) {
		if f.Anonymous {
			names = append(names, queryOf(f.Type)...)
		}
		if name, _, _ := strings.Cut(f.Tag.Get("query"), ","); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// fields yields the fields of a struct.
func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

type listInput struct {
	Status        string    `query:"status" doc:"Only presentations with this status: queued, processing, completed, failed or canceled. Several, separated by commas: with any of these." example:"queued,processing"`
	CreatedAfter  time.Time `query:"created_after" doc:"Only presentations that were created after this time (RFC 3339)." example:"2026-11-24T09:00:00Z"`
	CreatedBefore time.Time `query:"created_before" doc:"Only presentations that were created before this time (RFC 3339)." example:"2026-11-25T09:00:00Z"`
	Limit         int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The most to return."`
	Cursor        string    `query:"cursor" maxLength:"500" doc:"The next_cursor of the previous page."`
}

// describeList documents the parameters metadata.KEY. The caller chooses KEY, so they are an object that is sent as one
// parameter for each entry.
func describeList(o *huma.Operation) {
	explode := true
	entry := map[string]any{"type": "string", "description": "The value of the entry."}
	o.Parameters = append(o.Parameters, &huma.Param{
		Name: "metadata", In: "query", Style: "form", Explode: &explode,
		Example: map[string]string{"metadata.course": "algebra"},
		Description: "Only presentations with this entry in their metadata: metadata.KEY=VALUE. If there are several, all " +
			"must match. Keys and values are compared exactly.",
		Schema: &huma.Schema{
			Type: "object", AdditionalProperties: false,
			Extensions: map[string]any{"patternProperties": map[string]any{`^metadata\..+$`: entry}},
		},
	})
}

// query is what the parameters of a list ask for.
func (in *listInput) query(r *http.Request) (lectern.Query, error) {
	q := lectern.Query{CreatedAfter: in.CreatedAfter, CreatedBefore: in.CreatedBefore, Limit: in.Limit, Cursor: in.Cursor}
	if in.Status != "" {
		for status := range strings.SplitSeq(in.Status, ",") {
			if !lectern.Status(status).Valid() {
				return q, blame("status", codeRequest,
					"There is no status %q; there are queued, processing, completed, failed and canceled.", lectern.Shorten(status))
			}
			q.Statuses = append(q.Statuses, lectern.Status(status))
		}
	}
	for name, values := range r.URL.Query() {
		if key, ok := strings.CutPrefix(name, metadataPrefix); ok {
			if q.Metadata == nil {
				q.Metadata = map[string]string{}
			}
			q.Metadata[key] = values[0]
		}
	}
	return q, nil
}

// flagged reads a query parameter that is true or false; absent, it is false.
func flagged(r *http.Request, name string) (bool, error) {
	values, given := r.URL.Query()[name]
	if !given {
		return false, nil
	}
	switch strings.Join(values, ",") {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	f := lectern.Fail(codeRequest, "%s must be true or false, not %.60q.", name, strings.Join(values, ","))
	f.Param = name
	return false, f
}
