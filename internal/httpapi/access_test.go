package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/egress"
	"lectern/internal/httpapi"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

// operation is one operation of the document.
type operation struct {
	id, method, path string
	scope            lectern.Scope
	dry              bool // it has a dry run, which needs only the scope read
}

// operations reads all operations from the server's document, so that the tests here cover a new one without a change.
func operations(t *testing.T, r *rig, headers ...string) []operation {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Scope       lectern.Scope `json:"x-scope"`
			Responses   map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(r.get("/openapi.json", headers...).body), &doc); err != nil {
		t.Fatal(err)
	}
	var all []operation
	for path, item := range doc.Paths {
		for method, o := range item {
			all = append(all, operation{o.OperationID, strings.ToUpper(method), path, o.Scope,
				o.OperationID == "create-presentation"})
			for _, status := range []string{"401", "403", "429"} {
				if o.Responses[status] == nil {
					t.Errorf("%s does not document %s", o.OperationID, status)
				}
			}
		}
	}
	if len(all) < 30 {
		t.Fatalf("only %d operations", len(all))
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.id, b.id) })
	return all
}

// customOperations returns the operations of /api/custom, which are not in the document.
func customOperations() []operation {
	const p = "/api/custom/presentations"
	return []operation{
		{"custom-create", "POST", p, lectern.ScopeWrite, true}, {"custom-list", "GET", p, lectern.ScopeRead, false},
		{"custom-status", "GET", p + "/{id}", lectern.ScopeRead, false},
		{"custom-video", "GET", p + "/{id}/video", lectern.ScopeRead, false},
		{"custom-thumbnail", "GET", p + "/{id}/thumbnail", lectern.ScopeRead, false},
		{"custom-slide-image", "GET", p + "/{id}/slide-image", lectern.ScopeRead, false},
		{"custom-quick", "GET", p + "/test/quick", lectern.ScopeRead, false},
		{"custom-avatars", "GET", "/api/custom/video/avatars", lectern.ScopeRead, false},
		{"custom-voices", "GET", "/api/custom/video/voices", lectern.ScopeRead, false},
		{"custom-portrait", "GET", "/api/custom/video/avatars/gia/portrait", lectern.ScopeRead, false},
		{"custom-slide-video", "POST", "/api/custom/slide-video/generate", lectern.ScopeWrite, true},
		{"custom-preview", "POST", "/api/custom/slide-image/generate", lectern.ScopeRead, false},
		{"custom-html", "POST", "/api/custom/slide-html/preview", lectern.ScopeRead, false},
	}
}

// keyed is a rig with keys, whose requests come through a trusted proxy that reports the client's address.
type keyed struct {
	*rig
	store *webhooktest.Fake
	hosts int
}

func newKeyed(t *testing.T) *keyed {
	t.Helper()
	store := webhooktest.NewFake()
	r := newRig(t, func(o *httpapi.Options) {
		o.Webhooks = newHooks(t, func(h *webhook.Options) { h.Store, h.Policy = store, egress.Everywhere() })
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "metrics") })
		o.UI = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "page") })
	})
	return &keyed{rig: r, store: store}
}

// key creates a key and returns it with the header that sends it.
func (k *keyed) key(t *testing.T, owner string, scope lectern.Scope) (header []string, made lectern.Key) {
	t.Helper()
	text, made, err := k.ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner},
		lectern.Key{Name: "of " + owner, Owner: owner, Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Authorization", "Bearer " + text}, made
}

// from returns a header by which each request comes from another address, so that the limits by address do not matter.
func (k *keyed) from() []string {
	k.hosts++
	return []string{"X-Forwarded-For", fmt.Sprintf("203.0.%d.%d", 113+k.hosts/250, 1+k.hosts%250)}
}

func (k *keyed) ask(o operation, path, body string, headers ...string) answer {
	return k.do(o.method, path, body, slices.Concat(headers, k.from(), []string{"Content-Type", "application/json"})...)
}

// Every operation, also of /api/custom, answers 401 without a key and with a wrong one. It answers 403 to a key with
// the scope read if it changes something, and to a key with the scope write if it needs admin.
func TestC2EveryOperationNeedsAKey(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	read, _ := k.key(t, "a", lectern.ScopeRead)
	write, _ := k.key(t, "a", lectern.ScopeWrite)
	wrong := []string{"Authorization", "Bearer lk_aaaaaaaaaa_" + strings.Repeat("0", 43)}
	for _, o := range append(operations(t, k.rig, read...), customOperations()...) {
		path := strings.NewReplacer("{id}", "00000000-0000-4000-8000-000000000009", "{n}", "1", "{code}",
			"gia").Replace(o.path)
		for name, headers := range map[string][]string{"without a key": nil, "with a wrong one": wrong,
			"with a scheme of another kind": {"Authorization", "Basic eDp5"},
			"with a made-up session":        {"Cookie", "lectern_session=a.b.c"}} {
			a := k.ask(o, path, seedRequest, headers...)
			if a.status != 401 || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), `Bearer realm="lectern"`) ||
				!strings.Contains(a.body, `"unauthorized"`) {
				t.Errorf("%s %s: %d %v %s", o.id, name, a.status, a.header, a.body)
			}
			if problem := a.header.Get("Content-Type") == "application/problem+json"; problem == strings.HasPrefix(path,
				"/api/custom") {
				t.Errorf("%s %s: %s", o.id, name, a.header.Get("Content-Type"))
			}
		}
		a := k.ask(o, path, seedRequest, read...)
		if want := o.scope != lectern.ScopeRead; (a.status == 403) != want || a.status == 401 {
			t.Errorf("%s with the scope read: %d %s", o.id, a.status, a.body)
		}
		if a.status == 403 &&
			(!strings.Contains(a.body, `"forbidden"`) ||
				!strings.Contains(a.header.Get("WWW-Authenticate"), "insufficient_scope")) {
			t.Errorf("%s: %v %s", o.id, a.header, a.body)
		}
		if o.dry {
			if a := k.ask(o, path+"?dry_run=true", seedRequest, read...); a.status != 200 {
				t.Errorf("%s as a dry run with the scope read: %d %s", o.id, a.status, a.body)
			}
		}
		if o.scope == lectern.ScopeAdmin {
			if a := k.ask(o, path, seedRequest, write...); a.status != 403 {
				t.Errorf("%s with the scope write: %d %s", o.id, a.status, a.body)
			}
		}
	}
	if n := len(k.jobs.all); n != 0 {
		t.Errorf("%d presentations were made", n)
	}
}

// Some routes need no key. The other routes that are not in the document need one, and so do unknown paths.
func TestRoutesThatNeedNoKey(t *testing.T) {
	t.Parallel()
	k := newKeyed(t)
	read, _ := k.key(t, "a", lectern.ScopeRead)
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/": 200, "/ui/app.js": 200, "/ui/session": 200, "/schemas/deck.json": 200,
		"/metrics": 401, "/openapi.json": 401, "/docs": 401, "/docs/docs.css": 401, "/nothing": 401, "/v1/nothing": 401,
		"/v1//presentations": 401,
	} {
		if a := k.get(path, k.from()...); a.status != want {
			t.Errorf("%s: %d, not %d", path, a.status, want)
		}
		if a := k.get(path, append(k.from(), read...)...); a.status == 401 || a.status == 403 {
			t.Errorf("%s with a key: %d", path, a.status)
		}
	}
}

// owned is a rig with presentations, webhooks, assets and keys of the owner A, which requests of the owner B name.
type owned struct {
	*keyed
	a, b                                 []string // the headers with their keys
	id, queued, failed, hook, msg, keyID string
	asset                                string
	secret                               string // a word in everything that belongs to A
}

func newOwned(t *testing.T) *owned {
	o := &owned{keyed: newKeyed(t), secret: "Alphas-own"}
	var made lectern.Key
	o.a, made = o.key(t, "a", lectern.ScopeAdmin)
	o.b, _ = o.key(t, "b", lectern.ScopeAdmin)
	o.keyID = made.ID
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	create := func() string {
		a := o.post("/v1/presentations", strings.Replace(seedRequest, "{", `{"title":"`+o.secret+`",`, 1),
			append(o.a, "Idempotency-Key", fmt.Sprint("same-", len(o.jobs.all)))...)
		if a.status != 202 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return a.json(t)["id"].(string)
	}
	o.id, o.queued, o.failed = create(), create(), create()
	o.jobs.begin(t, o.id)
	o.jobs.finish(t, o.id, 1)
	o.jobs.begin(t, o.failed)
	o.jobs.fail(t, o.failed, 1, lectern.Failure{Code: lectern.CodeVoiceFailed, Message: "No."})
	o.hook = o.post("/v1/webhooks", `{"url":"`+receiver.URL+"/"+o.secret+`"}`, o.a...).json(t)["id"].(string)
	o.store.CreateOf("a", "", time.Now())
	o.asset = o.do("POST", "/v1/assets?name="+o.secret+".md", "# "+o.secret, o.a...).json(t)["sha256"].(string)
	o.msg = o.get("/v1/webhooks/deliveries", o.a...).json(t)["deliveries"].([]any)[0].(map[string]any)["id"].(string)
	return o
}

// sight returns everything that an owner can see.
func (o *owned) sight(headers []string) string {
	var b strings.Builder
	for _, path := range []string{
		"/v1/presentations", "/v1/webhooks", "/v1/webhooks/deliveries", "/v1/keys", "/api/custom/presentations", "/v1/assets",
		"/v1/assets/" + o.asset, "/v1/assets/" + o.asset + "/content",
		"/v1/presentations/" + o.id, "/v1/presentations/" + o.id + "/steps", "/v1/presentations/" + o.queued,
		"/v1/presentations/" + o.failed, "/v1/presentations/" + o.id + "/video",
	} {
		a := o.get(path, headers...)
		fmt.Fprintf(&b, "%s %d %s\n", path, a.status, a.body)
	}
	return b.String()
}

// With two owners, whose keys both have the scope admin, no operation shows B anything of A's, or changes it. The test
// has a case for each operation id of the document, and fails for an operation without a case.
func TestOwnersSeeOnlyWhatIsTheirs(t *testing.T) {
	t.Parallel()
	o := newOwned(t)
	before := o.sight(o.a)
	hidden := func(path, body string) func(t *testing.T, op operation) {
		return func(t *testing.T, op operation) {
			if a := o.ask(op, path, body, o.b...); a.status != 404 || strings.Contains(a.body, o.secret) {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	}
	empty := func(path, list string) func(t *testing.T, op operation) {
		return func(t *testing.T, op operation) {
			a := o.ask(op, path, "", o.b...)
			if items, ok := a.json(t)[list].([]any); a.status != 200 || !ok || len(items) != 0 {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	}
	shared := func(t *testing.T, op operation) { // everybody may see this
		if a := o.ask(op, strings.ReplaceAll(op.path, "{code}", "gia"), "", o.b...); a.status != 200 ||
			strings.Contains(a.body, o.secret) {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	// B creates with the Idempotency-Key and the deck of A, and gets a new presentation of its own.
	create := func(t *testing.T, op operation) {
		a := o.ask(op, op.path, strings.Replace(seedRequest, "{", `{"title":"Bs",`, 1),
			append(o.b, "Idempotency-Key", "same-0")...)
		if a.status/100 != 2 || strings.Contains(a.body, o.id) || a.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("%d %s", a.status, a.body)
		}
		made := o.jobs.all[len(o.jobs.all)-1].last()
		if made.Owner != "b" {
			t.Errorf("the new presentation belongs to %q", made.Owner)
		}
		if err := o.jobs.Delete(t.Context(), made.ID); err != nil {
			t.Error(err)
		}
	}
	self, custom := "/v1/presentations/"+o.id, "/api/custom/presentations/"+o.id
	cases := map[string]func(t *testing.T, op operation){
		"create-presentation": create, "list-presentations": empty("/v1/presentations", "presentations"),
		"get-presentation": func(t *testing.T, op operation) {
			hidden(self, "")(t, op)
			hidden(self+"?wait=30s&after_version=0", "")(t, op)
		},
		"watch-presentation":  hidden(self+"/events", ""),
		"cancel-presentation": hidden("/v1/presentations/"+o.queued+"/cancel", ""),
		"retry-presentation":  hidden("/v1/presentations/"+o.failed+"/retry", ""),
		"delete-presentation": hidden(self, ""), "list-steps": hidden(self+"/steps", ""),
		"get-report": hidden(self+"/report", ""),
		"get-video":  hidden(self+"/video", ""), "get-thumbnail": hidden(self+"/thumbnail", ""),
		"get-captions-srt": hidden(self+"/captions.srt", ""),
		"get-captions-vtt": hidden(self+"/captions.vtt", ""), "get-chapters": hidden(self+"/chapters.vtt", ""),
		"get-transcript": hidden(self+"/transcript.txt", ""),
		"get-audio":      hidden(self+"/audio", ""), "get-manifest": hidden(self+"/manifest", ""),
		"get-slide-image": hidden(self+"/slides/1/image", ""),
		"add-asset": func(t *testing.T, op operation) { // for B, the same content is a new asset
			a := o.do(op.method, op.path, "# "+o.secret, append(o.b, o.from()...)...)
			if a.status != 201 || a.json(t)["name"] != "" {
				t.Errorf("%d %s", a.status, a.body)
			}
			if a := o.do("DELETE", "/v1/assets/"+o.asset, "", append(o.b, o.from()...)...); a.status != 204 {
				t.Errorf("%d %s", a.status, a.body)
			}
		},
		"list-assets": empty("/v1/assets", "assets"), "get-asset": hidden("/v1/assets/"+o.asset, ""),
		"delete-asset":      hidden("/v1/assets/"+o.asset, ""),
		"get-asset-content": hidden("/v1/assets/"+o.asset+"/content", ""),
		"list-voices":       shared, "list-avatars": shared, "get-portrait": shared, "list-templates": shared,
		"list-themes": shared,
		"create-webhook": func(t *testing.T, op operation) {
			a := o.ask(op, op.path, `{"url":"https://example.com/b"}`, o.b...)
			if a.status != 201 || strings.Contains(o.get("/v1/webhooks", o.a...).body, "example.com/b") {
				t.Errorf("%d %s", a.status, a.body)
			}
			o.do("DELETE", "/v1/webhooks/"+a.json(t)["id"].(string), "", o.b...)
		},
		"list-webhooks": empty("/v1/webhooks", "webhooks"), "delete-webhook": hidden("/v1/webhooks/"+o.hook, ""),
		"test-webhook": hidden("/v1/webhooks/"+o.hook+"/test", ""),
		"rotate-webhook": func(t *testing.T, op operation) {
			hidden("/v1/webhooks/"+o.hook+"/rotate", "")(t, op)
			// Each owner has a secret of its own for callback addresses.
			path := "/v1/webhooks/callback/rotate"
			a, b := o.ask(op, path, "", o.a...).json(t)["secret"], o.ask(op, path, "", o.b...).json(t)["secret"]
			if a == nil || b == nil || a == b {
				t.Errorf("the secrets for callbacks are %v and %v", a, b)
			}
		},
		"list-deliveries": func(t *testing.T, op operation) {
			for _, q := range []string{"", "?presentation=" + o.id, "?endpoint=" + o.hook, "?state=pending"} {
				empty("/v1/webhooks/deliveries"+q, "deliveries")(t, op)
			}
		},
		"redeliver": hidden("/v1/webhooks/deliveries/"+o.msg+"/redeliver", ""),
		"create-key": func(t *testing.T, op operation) {
			if a := o.ask(op, op.path, `{"name":"x","owner":"a"}`, o.b...); a.status != 403 {
				t.Errorf("%d %s", a.status, a.body)
			}
		},
		"list-keys": func(t *testing.T, op operation) {
			if a := o.ask(op, op.path, "", o.b...); a.status != 200 || strings.Contains(a.body, o.keyID) ||
				!strings.Contains(a.body, `"owner":"b"`) {
				t.Errorf("%d %s", a.status, a.body)
			}
		},
		"delete-key": hidden("/v1/keys/"+o.keyID, ""),

		"custom-create": create, "custom-slide-video": create, "custom-list": empty("/api/custom/presentations", "jobs"),
		"custom-status": hidden(custom, ""),
		"custom-video":  hidden(custom+"/video", ""), "custom-thumbnail": hidden(custom+"/thumbnail", ""),
		"custom-slide-image": hidden(custom+"/slide-image", ""),
		"custom-quick":       shared, "custom-avatars": shared, "custom-voices": shared, "custom-portrait": shared,
		// these depend only on the request
		"custom-preview": func(*testing.T, operation) {}, "custom-html": func(*testing.T, operation) {},
	}
	known := slices.Collect(maps.Keys(cases))
	for _, op := range append(operations(t, o.rig, o.b...), customOperations()...) {
		known = slices.DeleteFunc(known, func(id string) bool { return id == op.id })
		try, written := cases[op.id]
		if !written {
			t.Errorf("%s %s (%s) has no case for two owners: write one", op.method, op.path, op.id)
			continue
		}
		t.Run(op.id, func(t *testing.T) { try(t, op) })
	}
	if len(known) > 0 {
		t.Errorf("cases for operations that do not exist: %v", known)
	}
	if after := o.sight(o.a); after != before {
		t.Errorf("what A sees changed from\n%s\nto\n%s", before, after)
	}
}
