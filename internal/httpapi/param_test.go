package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lectern/internal/httpapi"
)

// A refusal names the field, the parameter or the header at fault, in the problem and in errors[].
func TestProblemsNameWhatIsAtFault(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.post("/v1/presentations", seedRequest, "Idempotency-Key", "taken")
	for _, c := range []struct {
		method, path, body string
		headers            []string
		param              string
	}{
		{"POST", "/v1/presentations?dryrun=true", seedRequest, nil, "dryrun"},
		{"POST", "/v1/presentations?dry_run=true&dry_run=false", seedRequest, nil, "dry_run"},
		{"POST", "/v1/presentations", seedRequest, []string{"Content-Type", "image/png"}, "Content-Type"},
		{"POST", "/v1/presentations", seedRequest, []string{"Content-Type", "multipart/form-data"}, "Content-Type"},
		{"POST", "/v1/presentations", seedRequest, []string{"Content-Encoding", "gzip"}, "Content-Encoding"},
		{"POST", "/v1/presentations", seedRequest, []string{"Accept", "text/html"}, "Accept"},
		{"POST", "/v1/presentations", seedRequest, []string{"Origin", "https://evil.example"}, "Origin"},
		{"POST", "/v1/presentations", seedRequest + " ", []string{"Idempotency-Key", "taken"}, "Idempotency-Key"},
		{"GET", "/v1/presentations", "", []string{"X-Forwarded-For", "203.0.113.7"}, "X-Forwarded-For"},
		{"GET", "/v1/presentations", "", []string{"Host", "evil.example"}, "Host"},
		{"POST", "/v1/webhooks", `{"ur":"https://example.com"}`, nil, "url"},
		{"POST", "/v1/keys", `{"name":"x","quota":{"runing":1}}`, nil, "quota.runing"},
	} {
		a := r.do(c.method, c.path, c.body, c.headers...)
		var p httpapi.Problem
		if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status < 400 {
			t.Errorf("%s %s %v: %d %.300s", c.method, c.path, c.headers, a.status, a.body)
			continue
		}
		if p.Param != c.param || len(p.Errors) == 0 || p.Errors[0].Param != c.param {
			t.Errorf("%s %s %v names %q, want %q: %s", c.method, c.path, c.headers, p.Param, c.param, p.Detail)
		}
	}
	if n := len(r.jobs.all); n != 1 {
		t.Errorf("%d presentations were made, want the first one alone", n)
	}
}

// The answer for another owner's presentation is the same as for one that never existed.
func TestC2AnotherOwnersPresentationIsNotFound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	p := r.post("/v1/presentations", seedRequest)
	id := strings.TrimPrefix(p.header.Get("Location"), "/v1/presentations/")
	for i := range r.jobs.all[0].history {
		r.jobs.all[0].history[i].Owner = "school-b"
	}
	const never = "00000000-0000-4000-8000-00000000dead"
	problem := func(id string) string {
		a := r.get("/v1/presentations/"+id, "X-Request-Id", "same")
		if a.status != 404 {
			t.Errorf("%s: %d %s", id, a.status, a.body)
		}
		return strings.ReplaceAll(a.body, id, "ID")
	}
	if theirs, unknown := problem(id), problem(never); theirs != unknown {
		t.Errorf("of another owner: %s\nthat never existed: %s", theirs, unknown)
	}
}
