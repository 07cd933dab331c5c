package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"lectern/internal/httpapi"
)

// TestUnknownParametersAreRefused: every operation of the document answers 400 to an unknown and to a repeated
// parameter, and names the parameter.
func TestUnknownParametersAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	b, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	operations := 0
	for path, item := range doc.Paths {
		path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "1")
		for method, o := range item {
			operations++
			bad := map[string]string{"bogus=1": "bogus", "limits=1": "limits", "=1": "", "metadata=1": "metadata"}
			for _, p := range o.Parameters {
				if p.In == "query" && p.Name != "metadata" {
					bad[p.Name+"=1&"+p.Name+"=1"] = p.Name
				}
			}
			for query, param := range bad {
				a := r.do(strings.ToUpper(method), path+"?"+query, "")
				var m httpapi.Problem
				err := json.Unmarshal([]byte(a.body), &m)
				if err != nil || a.status != http.StatusBadRequest || m.Code != "unknown_parameter" || m.Param != param {
					t.Errorf("%s %s?%s: %d %v %s", method, path, query, a.status, err, a.body)
				}
			}
		}
	}
	if operations < 20 {
		t.Errorf("only %d operations", operations)
	}
	for query, want := range map[string]string{
		"?limits=3": `Did you mean "limit"?`, "?statuz=queued": `Did you mean "status"?`,
		"?createdafter=1": `Did you mean "created_after"?`,
		"?q=": `This operation knows "created_after", "created_before", "cursor", "limit", "status" or ` +
			`"metadata.KEY".`,
		"?%zz":                       "cannot be read",
		"?metadata.a=1&metadata.a=2": "comes 2 times",
	} {
		a := r.get("/v1/presentations" + query)
		if m := decode[httpapi.Problem](t, a); a.status != http.StatusBadRequest || !strings.Contains(m.Detail, want) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if a := r.get("/v1/themes?x=1"); !strings.Contains(a.body, "This operation has no parameters.") {
		t.Errorf("an operation without parameters: %s", a.body)
	}
}

// TestListFilters: all filters of a list must match, the links to further pages keep them, and a wrong filter is
// refused by name.
func TestListFilters(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var ids []string
	var made []time.Time
	for i, metadata := range []string{`{}`, `{"course":"a & b"}`, `{"course":"a & b","term":"1"}`, `{"term":"1"}`} {
		a := r.post("/v1/presentations", fmt.Sprintf(`{"slides":[{"title":"%d"}],"metadata":%s}`, i, metadata))
		if a.status != http.StatusAccepted {
			t.Fatalf("%d %s", a.status, a.body)
		}
		p := decode[httpapi.Presentation](t, a)
		ids, made = append(ids, p.ID), append(made, p.CreatedAt.Time)
	}
	if a := r.post("/v1/presentations/"+ids[1]+"/cancel", ""); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	stamp := func(i int) string { return url.QueryEscape(made[i].Format(time.RFC3339Nano)) }
	course := "metadata.course=" + url.QueryEscape("a & b")
	for query, want := range map[string]string{
		"": "3 2 1 0", "status=queued": "3 2 0", "status=queued,canceled": "3 2 1 0", "status=canceled,failed": "1",
		course:                      "2 1",
		course + "&metadata.term=1": "2", course + "&status=canceled": "1", "metadata.course=a": "",
		"created_after=" + stamp(1):  "3 2",
		"created_before=" + stamp(1): "0", "created_after=" + stamp(0) + "&created_before=" + stamp(3): "2 1",
	} {
		var got []string
		next := "/v1/presentations?limit=1&" + query
		for next != "" {
			a := r.get(next)
			page := decode[httpapi.PresentationPage](t, a)
			for _, p := range page.Presentations {
				for i, id := range ids {
					if id == p.ID {
						got = append(got, fmt.Sprint(i))
					}
				}
			}
			next, _, _ = strings.Cut(strings.TrimPrefix(a.header.Get("Link"), "<"), ">")
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q lists %q, not %q", query, s, want)
		}
	}
	for query, param := range map[string]string{
		"status=queued,done": "status", "created_after=yesterday": "created_after",
		"created_before=2026-11-24": "created_before",
	} {
		a := r.get("/v1/presentations?" + query)
		if m := decode[httpapi.Problem](t, a); a.status != http.StatusUnprocessableEntity || m.Param != param {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
}
