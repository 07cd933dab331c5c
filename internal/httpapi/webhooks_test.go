package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lectern"
	"lectern/internal/egress"
	"lectern/internal/httpapi"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

// newHooks returns the real webhook service on a store in memory. It is not started, so it sends only test messages.
func newHooks(t testing.TB, edit ...func(*webhook.Options)) *webhook.Service {
	t.Helper()
	o := webhook.Options{Store: webhooktest.NewFake(), Encode: httpapi.Encoder("")}
	for _, e := range edit {
		e(&o)
	}
	s, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWebhooks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.do("POST", "/v1/webhooks", `{"url":"https://example.com/hook","types":["presentation.completed"]}`)
	made := a.json(t)
	id, _ := made["id"].(string)
	secret, _ := made["secret"].(string)
	if a.status != 201 || !strings.HasPrefix(id, "wh_") || !strings.HasPrefix(secret, "whsec_") ||
		a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	a = r.get("/v1/webhooks")
	if a.status != 200 || strings.Contains(a.body, "whsec_") || !strings.Contains(a.body, id) ||
		!strings.Contains(a.body, `"types":["presentation.completed"]`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = r.do("POST", "/v1/webhooks/"+id+"/rotate", "")
	if fresh, _ := a.json(t)["secret"].(string); a.status != 200 || fresh == secret ||
		!strings.HasPrefix(fresh, "whsec_") {
		t.Errorf("%d %s", a.status, a.body)
	}
	a = r.do("POST", "/v1/webhooks/callback/rotate", "")
	if fresh, _ := a.json(t)["secret"].(string); a.status != 200 || !strings.HasPrefix(fresh, "whsec_") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a = r.get("/v1/webhooks"); strings.Contains(a.body, `"callback"`) {
		t.Errorf("the endpoint for callback addresses is listed: %s", a.body)
	}
	if a = r.do("DELETE", "/v1/webhooks/"+id, ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
	for _, ask := range [][2]string{{"DELETE", id}, {"POST", id + "/rotate"}, {"POST", id + "/test"},
		{"POST", "deliveries/msg_nobody/redeliver"}, {"DELETE", "callback"}} {
		if a = r.do(ask[0], "/v1/webhooks/"+ask[1], ""); a.status != 404 || a.json(t)["code"] != "not_found" {
			t.Errorf("%s %s: %d %s", ask[0], ask[1], a.status, a.body)
		}
	}
}

func TestBadWebhooksAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []struct {
		body, code, param string
		status            int
	}{
		{`{"url":"http://127.0.0.1:9/"}`, "callback_refused", "url", 422},
		{`{"url":"http://169.254.169.254/latest"}`, "callback_refused", "url", 422},
		{`{"url":"ftp://example.com/"}`, "callback_refused", "url", 422},
		{`{"url":""}`, "callback_refused", "url", 422},
		{`{"url":"https://example.com/","types":["presentation.exploded"]}`, "invalid_request", "types[0]", 422},
		{`{"url":7}`, "invalid_request", "url", 422},
		{`{"types":[]}`, "invalid_request", "", 422},
		{`{"url":"https://example.com/","secret":"mine"}`, "invalid_request", "secret", 422},
		{`{"url":`, "invalid_json", "", 400},
		{``, "invalid_json", "", 400},
	} {
		a := r.do("POST", "/v1/webhooks", c.body)
		p := a.json(t)
		param, _ := p["param"].(string)
		if a.status != c.status || p["code"] != c.code || c.param != "" && param != c.param ||
			a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", c.body, a.status, a.body)
		}
	}
	if a := r.get("/v1/webhooks/deliveries?state=lost"); a.status != 422 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// A test message is sent to the receiver, and the answer has the receiver's status.
func TestWebhookTest(t *testing.T) {
	t.Parallel()
	status, bodies, headers := 204, make(chan []byte, 2), make(chan http.Header, 2)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies <- b
		headers <- r.Header
		w.WriteHeader(status)
	}))
	t.Cleanup(receiver.Close)
	r := newRig(t, func(o *httpapi.Options) {
		o.Webhooks = newHooks(t, func(h *webhook.Options) { h.Policy = egress.Everywhere() })
	})
	made := r.do("POST", "/v1/webhooks", `{"url":"`+receiver.URL+`"}`).json(t)
	id, secret := made["id"].(string), made["secret"].(string)
	a := r.do("POST", "/v1/webhooks/"+id+"/test", "")
	v := a.json(t)
	if a.status != 200 || v["state"] != "delivered" || v["status_code"] != 204.0 || v["type"] != "webhook.test" ||
		v["webhook"] != id || v["presentation"] != nil || v["took_ms"] == nil {
		t.Errorf("%d %s", a.status, a.body)
	}
	wh, err := standard.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	body := <-bodies
	if err := wh.Verify(body, <-headers); err != nil || !bytes.Contains(body, []byte(`"type":"webhook.test"`)) {
		t.Errorf("%v: %s", err, body)
	}
	status = 500
	v = r.do("POST", "/v1/webhooks/"+id+"/test", "").json(t)
	if v["state"] != "given_up" || v["status_code"] != 500.0 || !strings.Contains(v["problem"].(string), "500") {
		t.Errorf("%v", v)
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	fake := webhooktest.NewFake()
	r := newRig(t, func(o *httpapi.Options) {
		o.Webhooks = newHooks(t, func(h *webhook.Options) { h.Store = fake })
	})
	id := r.do("POST", "/v1/webhooks", `{"url":"https://example.com/hook"}`).json(t)["id"].(string)
	at := time.Date(2024, 11, 24, 10, 0, 0, 0, time.UTC)
	p := fake.Create("https://callback.example.com/", at)
	if _, err := fake.Apply(p.ID, at.Add(time.Second), lectern.Began{Worker: "w"}); err != nil {
		t.Fatal(err)
	}
	claimed, err := fake.ClaimDeliveries(t.Context(), "node", time.Minute, 1)
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	d := claimed[0]
	d.State, d.Attempts, d.StatusCode, d.Problem, d.DoneAt = lectern.DeliveryGivenUp, 11, 500, "It answered 500.",
		at.Add(24*time.Hour)
	if err := fake.FinishDelivery(t.Context(), d, 0); err != nil {
		t.Fatal(err)
	}
	count := func(query string) int {
		t.Helper()
		a := r.get("/v1/webhooks/deliveries?" + query)
		list, ok := a.json(t)["deliveries"].([]any)
		if a.status != 200 || !ok {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return len(list)
	}
	for query, want := range map[string]int{
		"": 4, "presentation=" + p.ID: 4, "presentation=nobody": 0, "endpoint=" + id: 2, "endpoint=callback": 2,
		"state=given_up": 1, "state=pending": 3, "limit=1": 1,
	} {
		if n := count(query); n != want {
			t.Errorf("?%s gives %d, not %d", query, n, want)
		}
	}
	a := r.get("/v1/webhooks/deliveries?state=given_up")
	v := a.json(t)["deliveries"].([]any)[0].(map[string]any)
	if v["id"] != d.ID || v["webhook"] != nil || v["presentation"] != p.ID || v["status_code"] != 500.0 ||
		v["next_at"] != nil || v["done_at"] != "2024-11-25T10:00:00.000Z" || v["attempts"] != 11.0 {
		t.Errorf("%v", v)
	}
	a = r.do("POST", "/v1/webhooks/deliveries/"+d.ID+"/redeliver", "")
	if v := a.json(t); a.status != 200 || v["state"] != "pending" || v["attempts"] != 0.0 || v["next_at"] == nil ||
		v["done_at"] != nil {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// The data of a message is what /v1 shows, and the same bytes each time.
func TestEncodePresentation(t *testing.T) {
	t.Parallel()
	p := lectern.NewPresentation("0d9e5f0c-5c3e-4d0e-9a43-0f8f3ad6f1a1",
		lectern.Deck{Title: "T", Metadata: map[string]string{"b": "2", "a": "1", "c": "<3"}},
		time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	first, err := httpapi.Encoder("")(p)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if b, err := httpapi.Encoder("")(p); err != nil || !bytes.Equal(b, first) {
			t.Fatalf("%s, then %s", first, b)
		}
	}
	for _, want := range []string{`"status":"queued"`, `"completed_at":null`, `"links":{`} {
		if !bytes.Contains(first, []byte(want)) {
			t.Errorf("no %s in %s", want, first)
		}
	}
}

// json is the answer as an object.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("%d is not JSON: %v\n%s", a.status, err, a.body)
	}
	return m
}
