package httpapi_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/egress"
	"lectern/internal/httpapi"
	"lectern/internal/proc"
	"lectern/internal/webhook"
	"lectern/internal/webhook/webhooktest"
)

// described is the part of the document that the tests of examples read.
type described struct {
	Paths map[string]map[string]struct {
		OperationID string
		Responses   map[string]json.RawMessage
		Samples     []struct{ Lang, Label, Source string } `json:"x-codeSamples"`
		RequestBody struct {
			Content map[string]struct{ Example json.RawMessage }
		}
	}
}

// shellRig is a rig with a presentation, a webhook and a delivery, and a shell whose variables have their ids.
type shellRig struct {
	*rig
	dir string
	env []string
}

// newShellRig creates a presentation in the state that the operation needs, a webhook whose receiver answers, and a
// delivery that was given up.
func newShellRig(t *testing.T, operation string) *shellRig {
	t.Helper()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	fake := webhooktest.NewFake()
	r := newRig(t, func(o *httpapi.Options) {
		o.Webhooks = newHooks(t, func(h *webhook.Options) { h.Store, h.Policy = fake, egress.Everywhere() })
	})
	id, _ := newPresentation(t, r)
	switch operation {
	case "cancel-presentation":
	case "retry-presentation":
		r.jobs.begin(t, id)
		r.jobs.fail(t, id, 1, lectern.Failure{Code: lectern.CodeVoiceFailed, Message: "No."})
	default:
		r.jobs.begin(t, id)
		r.jobs.finish(t, id, 1)
	}
	hook := r.do("POST", "/v1/webhooks", `{"url":"`+receiver.URL+`"}`).json(t)["id"].(string)
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	fake.Create("", at)
	claimed, err := fake.ClaimDeliveries(t.Context(), "node", time.Minute, 1)
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	claimed[0].State, claimed[0].DoneAt = lectern.DeliveryGivenUp, at
	if err := fake.FinishDelivery(t.Context(), claimed[0], 0); err != nil {
		t.Fatal(err)
	}
	key, keyID := "lk_none", ""
	if operation == "delete-key" || operation == "list-keys" { // from the first key on every request needs one
		text, k, err := r.ring.Add(t.Context(), lectern.Key{Owner: lectern.DefaultOwner},
			lectern.Key{Name: "x", Scope: lectern.ScopeAdmin})
		if err != nil {
			t.Fatal(err)
		}
		key, keyID = text, k.ID
	}
	dir := t.TempDir()
	// curl reads this file: it connects the default address to the test server and prints the status of each answer.
	rc := "connect-to = \"localhost:8000:" + r.Listener.Addr().String() + "\"\nwrite-out = \"%{stderr}\\nSTATUS " +
		"%{http_code}\\n\"\nno-progress-meter\n"
	if err := os.WriteFile(filepath.Join(dir, ".curlrc"), []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "deck.yaml"), []byte("slides:\n  - title: Hello\n    narration: Hello.\n  "+
		"  translations: {de: {title: Hallo, narration: Hallo.}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "deck.json"), []byte(seedRequest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "fjord.png"), []byte(shot(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	asset := ""
	if strings.Contains(operation, "-asset") && operation != "add-asset" {
		asset = r.do("POST", "/v1/assets", shot(t)).json(t)["sha256"].(string)
	}
	return &shellRig{r, dir, []string{"ASSET=" + asset, "CURL_HOME=" + dir, "ID=" + id, "WEBHOOK=" + hook,
		"DELIVERY=" + claimed[0].ID, "LECTERN_KEY=" + key, "KEY_ID=" + keyID}}
}

// run executes the commands in a shell and returns the HTTP statuses of their requests.
func (s *shellRig) run(commands string) []int {
	s.t.Helper()
	var said []string
	var statuses []int
	err := proc.Run(s.t.Context(), proc.Command{
		Path: "sh", Args: []string{"-c", commands}, Env: s.env, Dir: s.dir,
		OnStderr: func(line string) {
			said = append(said, line)
			if code, ok := strings.CutPrefix(line, "STATUS "); ok {
				n, _ := strconv.Atoi(code)
				statuses = append(statuses, n)
			}
		},
	})
	if err != nil {
		s.t.Errorf("%s: %v\n%s", commands, err, strings.Join(said, "\n"))
	}
	return statuses
}

// Every operation has at least one command in the document and on the page. Each command works as it is written: a
// shell with curl runs it, and the answer has the documented status of success.
func TestSamplesWork(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var doc described
	if err := json.Unmarshal([]byte(r.get("/openapi.json").body), &doc); err != nil {
		t.Fatal(err)
	}
	page := html.UnescapeString(r.get("/docs").body)
	success := map[string]int{"create-presentation": 202, "create-webhook": 201, "delete-presentation": 204,
		"delete-webhook": 204, "create-key": 201, "delete-key": 204,
		"add-asset": 201, "delete-asset": 204}
	for path, item := range doc.Paths {
		for method, o := range item {
			if len(o.Samples) == 0 {
				t.Errorf("%s %s shows no command", method, path)
			}
			for _, sample := range o.Samples {
				t.Run(o.OperationID+"/"+sample.Label, func(t *testing.T) {
					t.Parallel()
					if !strings.Contains(page, "<pre>"+sample.Source+"</pre>") {
						t.Errorf("the page lacks %s", sample.Source)
					}
					want := success[o.OperationID]
					if want == 0 || strings.Contains(sample.Source, "dry_run") {
						want = 200
					}
					if o.Responses[strconv.Itoa(want)] == nil {
						t.Errorf("%d is not documented", want)
					}
					s := newShellRig(t, o.OperationID)
					if got := s.run(sample.Source); len(got) != 1 || got[0] != want {
						t.Errorf("%s\ngave %v, not %d", sample.Source, got, want)
					}
				})
			}
		}
	}
	if shown := strings.Count(page, "<pre>"); shown < len(doc.Paths) {
		t.Errorf("the page shows %d commands", shown)
	}
}

// The sample that stores the id of a new presentation in a variable does so.
func TestSampleKeepsTheID(t *testing.T) {
	t.Parallel()
	var doc described
	s := newShellRig(t, "")
	if err := json.Unmarshal([]byte(s.get("/openapi.json").body), &doc); err != nil {
		t.Fatal(err)
	}
	for _, sample := range doc.Paths["/v1/presentations"]["post"].Samples {
		if !strings.HasPrefix(sample.Source, "ID=") {
			continue
		}
		if got := s.run(sample.Source +
			"\ncurl \"http://localhost:8000/v1/presentations/$ID\""); fmt.Sprint(got) != "[202 200]" || len(s.jobs.all) != 2 {
			t.Errorf("%v", got)
		}
		return
	}
	t.Error("no sample keeps the id")
}

// The commands in README.md, docs/API.md and docs/CUSTOM.md work as they are written.
func TestCommandsOfThePages(t *testing.T) {
	t.Parallel()
	for name, least := range map[string]int{"README.md": 4, "docs/API.md": 6, "docs/CUSTOM.md": 4} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := os.ReadFile(filepath.Join("..", "..", name))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
				s := newShellRig(t, "")
				for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", "")) {
					if !strings.Contains(line, "curl ") {
						continue
					}
					n++
					statuses := s.run(line)
					if len(statuses) == 0 {
						t.Errorf("%s gave no status", line)
					}
					for _, status := range statuses {
						if status < 200 || status > 299 {
							t.Errorf("%s gave %d", line, status)
						}
					}
				}
			}
			if n < least {
				t.Errorf("only %d commands", n)
			}
		})
	}
}
