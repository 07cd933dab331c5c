package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	validation "github.com/pb33f/libopenapi-validator/errors"

	"lectern"
)

// loadContract reads docs/openapi.json with a validator of another project.
func loadContract(t *testing.T) validator.Validator {
	t.Helper()
	b, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := libopenapi.NewDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := doc.BuildV3Model(); err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return v
}

// The document passes the schema of OpenAPI 3.1 itself.
func TestDocumentPassesAValidator(t *testing.T) {
	t.Parallel()
	if ok, errs := loadContract(t).ValidateDocument(); !ok {
		complain(t, "the document", errs)
	}
}

// documented reports whether the document has a response for the status itself, not only the default.
func documented(t *testing.T, method, path string, status int) bool {
	t.Helper()
	b, err := os.ReadFile("../../docs/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc described
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	path, _, _ = strings.Cut(path, "?")
	for pattern, item := range doc.Paths {
		expression := "^" + regexp.MustCompile(`\\{[a-z0-9]+\\}`).ReplaceAllString(regexp.QuoteMeta(pattern), "[^/]+") + "$"
		if regexp.MustCompile(expression).MatchString(path) {
			return item[strings.ToLower(method)].Responses[strconv.Itoa(status)] != nil
		}
	}
	return false
}

func complain(t *testing.T, what string, errs []*validation.ValidationError) {
	t.Helper()
	for _, e := range errs {
		t.Errorf("%s: %s: %s", what, e.Message, e.Reason)
		for _, s := range e.SchemaValidationErrors {
			t.Errorf("%s:   %s at %s", what, s.Reason, s.FieldPath)
		}
	}
}

// The answers of the handlers, successes and refusals, are valid by the document.
func TestAnswersKeepTheDocument(t *testing.T) {
	t.Parallel()
	v, r := loadContract(t), newRig(t)
	queued, self := newPresentation(t, r)
	running, runningSelf := newPresentation(t, r)
	r.jobs.begin(t, running)
	must(t, r.jobs.apply)(running, lectern.Reported{Attempt: 1, Progress: 4267, Stage: lectern.StageEncoding, ETA: 1e10,
		Warnings: []lectern.Warning{{Code: "overflow", Message: "Too long.", Slide: 1}}})
	failed, failedSelf := newPresentation(t, r)
	r.jobs.begin(t, failed)
	r.jobs.fail(t, failed, 1, lectern.Failure{Code: lectern.CodeVoiceFailed, Message: "No.", Slide: 1, Retryable: true,
		Detail: "exit 1", Causes: []lectern.Failure{{Code: lectern.CodeTimeout, Message: "Too long."}}})
	done, doneSelf := newPresentation(t, r)
	r.jobs.begin(t, done)
	r.jobs.finish(t, done, 1)
	upload, formType := form(t, part{"deck", "deck.json", "application/json", one + "}"})
	const all = "/v1/presentations"
	calls := []struct {
		method, path, body string
		status             int
		headers            []string
	}{
		{"POST", all, seedRequest, 202, []string{"Idempotency-Key", "k"}},
		{"POST", all, seedRequest, 202, []string{"Idempotency-Key", "k"}},
		{"POST", all, seedRequest + " ", 422, []string{"Idempotency-Key", "k"}},
		{"POST", all, seedRequest, 422, []string{"Idempotency-Key", "a b"}},
		{"POST", all, upload, 202, []string{"Content-Type", formType}}, {"POST", all + "?dry_run=true", seedRequest, 200,
			nil},
		{"POST", all, `{`, 400, nil}, {"POST", all, `{"theme":1,"slides":[{"title":[]}]}`, 422, nil},
		{"POST", all, `x`, 415, []string{"Content-Type", "image/png"}},
		{"GET", all, "", 200, nil}, {"GET", all + "?limit=2&status=queued", "", 200, nil},
		{"GET", all + "?limit=0", "", 422, nil}, {"GET", all + "?cursor=nonsense", "", 422, nil},
		{"GET", self, "", 200, nil}, {"GET", runningSelf, "", 200, nil}, {"GET", failedSelf, "", 200, nil},
		{"GET", doneSelf, "", 200, nil},
		{"GET", self, "", 304, []string{"If-None-Match", `W/"1"`}}, {"GET", self + "?wait=soon", "", 422, nil},
		{"GET", all + "/nobody", "", 404, nil},
		{"GET", self, "", 406, []string{"Accept", "text/html"}}, {"GET", doneSelf + "/steps", "", 200, nil},
		{"GET", doneSelf + "/report", "", 200, nil},
		{"GET", doneSelf + "/events", "", 200, nil},
		{"GET", doneSelf + "/events", "", 204, []string{"Last-Event-ID", "99"}},
		{"POST", doneSelf + "/cancel", "", 409, nil}, {"POST", self + "/cancel", "", 200, nil},
		{"POST", failedSelf + "/retry", "", 200, nil},
		{"GET", doneSelf + "/video", "", 200, nil}, {"GET", doneSelf + "/video", "", 206, []string{"Range", "bytes=0-9"}},
		{"GET", doneSelf + "/video", "", 416, []string{"Range", "bytes=999999-"}},
		{"GET", doneSelf + "/video", "", 412, []string{"If-Match", `"x"`}}, {"GET", runningSelf + "/video", "", 409, nil},
		{"GET", doneSelf + "/slides/1/image", "", 200, nil}, {"GET", doneSelf + "/slides/9/image", "", 404, nil},
		{"GET", doneSelf + "/captions.vtt", "", 200, nil}, {"GET", doneSelf + "/transcript.txt", "", 200, nil},
		{"GET", "/v1/voices", "", 200, nil}, {"GET", "/v1/avatars", "", 200, nil}, {"GET", "/v1/templates", "", 200, nil},
		{"GET", "/v1/themes", "", 200, nil},
		{"GET", "/v1/avatars/gia/portrait", "", 200, nil}, {"GET", "/v1/avatars/nobody/portrait", "", 404, nil},
		{"POST", "/v1/assets", "# Notes", 201, nil}, {"POST", "/v1/assets", "# Notes", 200, nil},
		{"POST", "/v1/assets", "\x00", 415, nil},
		{"POST", "/v1/assets", shot(t)[:50], 422, nil}, {"POST", "/v1/assets", wave(1000) + strings.Repeat("\x00", 1000), 201,
			nil},
		{"GET", "/v1/assets", "", 200, nil}, {"GET", "/v1/assets/" + sumOf("# Notes"), "", 200, nil},
		{"GET", "/v1/assets/x", "", 404, nil},
		{"GET", "/v1/assets/" + sumOf("# Notes") + "/content", "", 206, []string{"Range", "bytes=0-1"}},
		{"GET", "/v1/assets/" + sumOf("# Notes") + "/content", "", 416, []string{"Range", "bytes=99-"}},
		{"DELETE", "/v1/assets/" + sumOf("# Notes"), "", 204, nil}, {"DELETE", "/v1/assets/" + sumOf("# Notes"), "", 404,
			nil},
		{"DELETE", self, "", 204, nil}, {"DELETE", self, "", 404, nil},
	}
	if queued == "" {
		t.Fatal("no id")
	}
	for _, c := range calls {
		what := c.method + " " + strings.NewReplacer(queued, "{id}", done, "{done}").Replace(c.path)
		a := r.do(c.method, c.path, c.body, append([]string{"Content-Type", "application/json"}, c.headers...)...)
		if a.status != c.status {
			t.Errorf("%s: %d, not %d: %.300s", what, a.status, c.status, a.body)
			continue
		}
		if a.status >= 400 && a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d as %s", what, a.status, a.header.Get("Content-Type"))
		}
		if a.status >= 400 && a.status < 500 && !documented(t, c.method, c.path, a.status) {
			t.Errorf("%s: the document has no response %d", what, a.status)
		}
		req, err := http.NewRequest(c.method, r.URL+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		res := &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader([]byte(a.body))),
			Request: req}
		if ok, errs := v.ValidateHttpResponse(req, res); !ok {
			complain(t, what, errs)
		}
	}
}
