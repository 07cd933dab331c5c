package httpapi_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/httpapi"
)

const one = `{"slidesData":[{"templateId":"content-slide","props":{"title":"Hello"}}]`

// J11: both interfaces refuse a bad deck with status, code and sentence, and create nothing; the server still serves.
func TestBadDecksAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) { o.Limits.BodyBytes = 4 << 20 })
	for _, c := range []struct {
		name, body string
		status     int
		code       string
		says       string
	}{
		{"broken JSON", `{"slidesData":[{"templateId":`, 400, "invalid_json", "line 1, column"},
		{"an empty body", ``, 400, "invalid_json", "empty"},
		{"a list", `[1,2]`, 422, "invalid_deck", "JSON object"},
		{"missing slides", `{}`, 422, "invalid_deck", "no slides"},
		{"empty slides", `{"slides":[]}`, 422, "invalid_deck", "no slides"},
		{"slides of the wrong type", `{"slidesData":"three"}`, 422, "invalid_deck", "must be a list"},
		{"an unknown avatar", one + `,"avatarCode":"nobody"}`, 422, "unknown_avatar", `"mikhailo" and "gia"`},
		{"an unknown layout", one + `,"layout":"upside_down"}`, 422, "unknown_layout", "picture_in_picture"},
		{"an unknown theme", one + `,"theme":"neon"}`, 422, "unknown_theme", "neon"},
		{"an odd resolution", one + `,"resolution":[1921,1080]}`, 422, "invalid_deck", "even"},
		{"a huge resolution", one + `,"resolution":[99999998,99999998]}`, 422, "invalid_deck", "3840"},
		{"501 slides", `{"slides":[` + strings.Repeat("{},", 500) + `{}]}`, 422, "invalid_deck", "more than 500 slides"},
		{"a narration of 1 MB", `{"slides":[{"narration":"` + strings.Repeat("x", 1<<20) + `"}]}`, 422, "invalid_deck",
			"slide 1"},
		{"a body over the limit", `{"slides":[{"narration":"` + strings.Repeat("x", 5<<20) + `"}]}`, 413, "too_large",
			"4 MiB"},
	} {
		for _, path := range []string{"/api/custom/presentations", "/v1/presentations", "/v1/presentations?dry_run=true",
			"/api/custom/slide-video/generate"} {
			a := r.post(path, c.body)
			var m struct {
				Success                        *bool
				Error, Detail, Code, RequestID string
				V1RequestID                    string `json:"request_id"`
				Errors                         []map[string]any
				Status                         int
			}
			if err := json.Unmarshal([]byte(a.body), &m); err != nil {
				t.Fatalf("%s at %s: %v: %.200s", c.name, path, err, a.body)
			}
			if a.status != c.status || m.Code != c.code || !strings.Contains(m.Error+m.Detail, c.says) {
				t.Errorf("%s at %s: %d %s: %s", c.name, path, a.status, m.Code, m.Error+m.Detail)
			}
			id := a.header.Get("X-Request-Id")
			if strings.HasPrefix(path, "/api/custom") {
				if m.Success == nil || *m.Success || m.Error == "" || m.RequestID != id || len(m.Errors) == 0 ||
					a.header.Get("Content-Type") != "application/json" {
					t.Errorf("%s at %s: %.300s", c.name, path, a.body)
				}
			} else if m.Status != c.status || m.V1RequestID != id || a.header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s at %s: %.300s", c.name, path, a.body)
			}
		}
	}
	if a := r.get("/api/custom/presentations"); a.body != `{"success":true,"jobs":[]}`+"\n" {
		t.Errorf("refused requests created presentations: %s", a.body)
	}
	golden(t, "v1_problem", r.post("/v1/presentations", `{"theme":1,"slides":[{"title":[]}]}`, "X-Request-Id",
		"req-1").body)
	golden(t, "custom_failure", r.post("/api/custom/presentations", `{"theme":1,"slides":[{"title":[]}]}`, "X-Request-Id",
		"req-1").body)
}

// Hostile props are stored unchanged as text, and every answer escapes them.
func TestHostileProps(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	evil := `<script>alert(1)</script>{{.Title}}${7*7}</style>\u0000`
	body := `{"title":"` + evil + `","slides":[{"props":{"title":"` + evil + `","items":["` + evil +
		`"],"__proto__":{"x":1}},"narration":"` + evil + `"}]}`
	a := r.post("/v1/presentations", body)
	if a.status != 202 || strings.Contains(a.body, "<script>") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if d := r.jobs.all[0].deck; d.Slides[0].Props["title"] != "<script>alert(1)</script>{{.Title}}${7*7}</style>\x00" {
		t.Errorf("the prop was changed: %q", d.Slides[0].Props["title"])
	}
	// The hostile title must not reach the header that names a download.
	r.jobs.begin(t, "00000000-0000-4000-8000-000000000001")
	r.jobs.finish(t, "00000000-0000-4000-8000-000000000001", 1)
	d := r.get("/v1/presentations/00000000-0000-4000-8000-000000000001/video?download=true").header.Get("Content-Disposition")
	if !strings.HasPrefix(d, `attachment; filename="script-alert-1-script-Title-7-7-style.mp4"`) {
		t.Errorf("download name %q", d)
	}
}

func TestUnknownIDsAreNotFound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, id := range []string{"00000000-0000-4000-8000-000000000000", "nobody", "%2e%2e%2fetc",
		strings.Repeat("x", 3000)} {
		for _, c := range []struct{ method, path string }{
			{"GET", "/v1/presentations/%s"}, {"GET", "/v1/presentations/%s/events"}, {"POST", "/v1/presentations/%s/cancel"},
			{"POST", "/v1/presentations/%s/retry"},
			{"DELETE", "/v1/presentations/%s"}, {"GET", "/v1/presentations/%s/steps"}, {"GET", "/v1/presentations/%s/video"},
			{"GET", "/v1/presentations/%s/slides/1/image"},
			{"GET", "/v1/presentations/%s?wait=30s"}, {"GET", "/api/custom/presentations/%s"},
			{"GET", "/api/custom/presentations/%s/video"},
			{"GET", "/api/custom/presentations/%s/thumbnail"}, {"GET", "/api/custom/presentations/%s/slide-image"},
		} {
			a := r.do(c.method, fmt.Sprintf(c.path, id), "")
			if a.status != 404 || !strings.Contains(a.body, `"code":"not_found"`) {
				t.Errorf("%s %s: %d %s", c.method, fmt.Sprintf(c.path, id), a.status, a.body)
			}
		}
	}
}

func TestBadParametersAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.post("/v1/presentations", seedRequest)
	self := p.header.Get("Location")
	for path, param := range map[string]string{
		"/v1/presentations?limit=0": "limit", "/v1/presentations?limit=x": "limit", "/v1/presentations?limit=201": "limit",
		"/v1/presentations?status=done": "status",
		self + "?wait=soon":             "wait", self + "?wait=-1s": "wait", self + "?after_version=-1": "after_version",
		self + "/slides/0/image": "n", self + "/slides/x/image": "n",
		"/v1/avatars/gia/portrait?size=10000": "size",
	} {
		a := r.get(path)
		var m httpapi.Problem
		if err := json.Unmarshal([]byte(a.body), &m); err != nil || a.status != 422 || m.Code != "invalid_request" ||
			m.Param != param || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s", path, a.status, err, a.body)
		}
	}
	for _, path := range []string{"/api/custom/presentations?limit=0", "/api/custom/presentations?limit=many"} {
		if a := r.get(path); a.status != 400 || !strings.Contains(a.body, `"success":false`) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := r.get(self+"/events", "Last-Event-ID", "abc"); a.status != 422 || !strings.Contains(a.body, "Last-Event-ID") {
		t.Errorf("a foreign event id: %d %s", a.status, a.body)
	}
}

// Every failure code of the root package is in the table of HTTP statuses.
func TestEveryCodeHasAStatus(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../../failure.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := 0
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		lit, ok := v.Values[0].(*ast.BasicLit)
		if name := fmt.Sprint(v.Type); !ok || name != "Code" {
			return true
		}
		code, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		codes++
		if !httpapi.HasStatus(lectern.Code(code)) {
			t.Errorf("the code %q has no status", code)
		}
		return true
	})
	if codes < 20 {
		t.Errorf("only %d codes found", codes)
	}
}
