package telemetry

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.opentelemetry.io/otel/codes"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"lectern"
)

// life is a presentation that is created, runs and ends.
func life() (queued, running, failed lectern.Presentation) {
	at := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	queued = lectern.NewPresentation("p", lectern.Deck{Slides: make([]lectern.Slide, 2)}, at)
	running, _, _ = queued.Apply(lectern.Began{Worker: "w"}, at.Add(2*time.Second))
	failed, _, _ = running.Apply(lectern.Broke{Attempt: 1, Failure: lectern.Failure{Code: lectern.CodeEncodeFailed,
		Slide: 2}}, at.Add(5*time.Second))
	return queued, running, failed
}

func scrape(m *Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestAScrapeHasAllMetrics(t *testing.T) {
	t.Parallel()
	down := false
	m := New("1.2.3", Sources{
		Counts: func(context.Context) (map[lectern.Status]int64, error) {
			if down {
				return nil, errors.New("away")
			}
			return map[lectern.Status]int64{lectern.StatusQueued: 7}, nil
		},
		Resources: func() []Resource { return []Resource{{"tabs", 2, 1, 4}} },
		Cache:     func() (int64, int64, int64) { return 3, 4, 5 },
		Backlog: func(context.Context) (int64, time.Time, error) {
			if down {
				return 0, time.Time{}, errors.New("away")
			}
			return 2, time.Now().Add(time.Hour), nil // by a clock that is ahead
		},
	})
	queued, running, failed := life()
	m.Changed(lectern.Presentation{}, queued)
	m.Changed(queued, running)
	m.StepDone("p", lectern.Step{Kind: lectern.StepCapture, Reused: true, Took: time.Second})
	m.Changed(running, failed)
	m.TakenOver("p")
	m.Committed(5, 70, time.Millisecond)
	m.Answered(t.Context(), "GET /v1/presentations/{id}", "GET", 200, time.Millisecond)
	m.Answered(t.Context(), "", "BREW", 404, time.Millisecond)
	m.Watching("stream", 2)
	m.Watching("stream", -1)
	m.Watching("poll", 3)
	m.Dropped()
	m.Delivered("retried")
	if faults, err := testutil.GatherAndLint(m.registry); err != nil || len(faults) > 0 {
		t.Errorf("lint: %v %v", faults, err)
	}
	got := scrape(m)
	for _, line := range []string{
		`lectern_step_duration_seconds_sum{kind="capture",reused="true"} 1`,
		`lectern_queue_wait_seconds_sum 2`,
		`lectern_presentation_duration_seconds_sum{status="failed"} 3`,
		`lectern_lease_takeovers_total 1`,
		`lectern_flush_writes_sum 5`,
		`lectern_reports_total 70`,
		`lectern_commit_duration_seconds_count 1`,
		`lectern_build_info{version="1.2.3"} 1`,
		`lectern_presentations{status="queued"} 7`,
		`lectern_presentations{status="failed"} 0`,
		`lectern_store_up 1`,
		`lectern_resource_in_use{resource="tabs"} 1`,
		`lectern_resource_capacity{resource="tabs"} 2`,
		`lectern_resource_waiting{resource="tabs"} 4`,
		`lectern_cache_hits_total 3`,
		`lectern_cache_misses_total 4`,
		`lectern_cache_bytes 5`,
		`lectern_webhook_backlog 2`,
		`lectern_webhook_backlog_age_seconds 0`,
		`lectern_http_requests_total{code="200",method="GET",route="GET /v1/presentations/{id}"} 1`,
		`lectern_http_requests_total{code="404",method="any",route="none"} 1`,
		`lectern_watchers{kind="stream"} 1`,
		`lectern_watchers{kind="poll"} 3`,
		`lectern_watchers_dropped_total 1`,
		`lectern_webhook_deliveries_total{outcome="retried"} 1`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("the scrape lacks %s", line)
		}
	}
	down = true
	if got := scrape(m); !strings.Contains(got, "lectern_store_up 0\n") ||
		strings.Contains(got, "lectern_presentations{") || strings.Contains(got, "lectern_webhook_backlog") ||
		!strings.Contains(got, "lectern_watchers_dropped_total 1\n") {
		t.Error("while the store does not answer, the scrape lacks other metrics or does not show it")
	}
}

// The wait of the oldest webhook is exposed in seconds, and is 0 if none waits.
func TestTheBacklogHasAnAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pending, began := int64(3), time.Now()
		m := New("1.2.3", Sources{Backlog: func(context.Context) (int64, time.Time, error) {
			return pending,
				began, nil
		}})
		time.Sleep(90 * time.Second)
		if got := scrape(m); !strings.Contains(got, "lectern_webhook_backlog 3\n") ||
			!strings.Contains(got, "lectern_webhook_backlog_age_seconds 90\n") {
			t.Error("the scrape does not show three that wait, for 90 s")
		}
		pending, began = 0, time.Time{}
		if got := scrape(m); !strings.Contains(got, "lectern_webhook_backlog 0\n") ||
			!strings.Contains(got, "lectern_webhook_backlog_age_seconds 0\n") {
			t.Error("nothing waits, but the scrape shows a backlog or its age")
		}
	})
}

// docs/OPERATIONS.md lists exactly the exposed metrics, and the dashboard uses no others.
func TestTheDocumentationListsTheMetrics(t *testing.T) {
	t.Parallel()
	m := New("1.2.3", Sources{
		Counts:    func(context.Context) (map[lectern.Status]int64, error) { return nil, nil },
		Resources: func() []Resource { return []Resource{{"tabs", 2, 1, 4}} },
		Cache:     func() (int64, int64, int64) { return 3, 4, 5 },
		Backlog:   func(context.Context) (int64, time.Time, error) { return 0, time.Time{}, nil },
	})
	queued, running, failed := life()
	m.Changed(queued, running)
	m.Changed(running, failed)
	m.StepDone("p", lectern.Step{})
	m.Answered(t.Context(), "", "", 200, 0)
	m.Watching("stream", 1)
	m.Delivered("retried")
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	page := read(t, "../../docs/OPERATIONS.md")
	for _, f := range families {
		there[f.GetName()] = true
		if name := f.GetName(); strings.HasPrefix(name, "lectern_") &&
			!regexp.MustCompile("`"+name+"[`{]").MatchString(page) {
			t.Errorf("docs/OPERATIONS.md does not list %s", name)
		}
	}
	var dashboard any
	text := read(t, "../../deploy/grafana/lectern.json")
	if err := json.Unmarshal([]byte(text), &dashboard); err != nil {
		t.Errorf("the dashboard is not JSON: %v", err)
	}
	for _, used := range regexp.MustCompile(`lectern_[a-z_]+`).FindAllString(page+text, -1) {
		name := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(used, "")
		if !there[name] && !there[used] {
			t.Errorf("%s is in docs/OPERATIONS.md or the dashboard and does not exist", used)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestARunIsATrace(t *testing.T) {
	t.Parallel()
	kept := tracetest.NewInMemoryExporter()
	tr := newTraces("1.2.3", sdk.WithSyncer(kept))
	queued, running, failed := life()
	tr.Changed(lectern.Presentation{}, queued)
	tr.StepDone("p", lectern.Step{Kind: lectern.StepMux}) // of a run that did not begin here, so it has no parent span
	tr.Changed(queued, running)
	tr.StepDone("p", lectern.Step{Kind: lectern.StepEncode, Slide: 2, Key: strings.Repeat("ab", 32),
		Started: running.StartedAt, Took: time.Second})
	tr.Changed(running, failed)
	spans := kept.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans: %v", len(spans), spans.Snapshots())
	}
	step, run := spans[0], spans[1]
	if step.Name != "encode" || run.Name != "render" || step.Parent.SpanID() != run.SpanContext.SpanID() ||
		step.EndTime.Sub(step.StartTime) != time.Second {
		t.Errorf("the step is %+v below %+v", step, run)
	}
	if run.Status.Code != codes.Error || run.Status.Description != string(lectern.CodeEncodeFailed) {
		t.Errorf("the run ended as %+v", run.Status)
	}
	for _, a := range step.Attributes {
		if a.Key == "lectern.key" && len(a.Value.AsString()) != keyShown {
			t.Errorf("the key is shown as %q", a.Value.AsString())
		}
	}
	if err := tr.Close(); err != nil {
		t.Error(err)
	}
}

// A collector that accepts the connection and never answers delays no run, and delays the end only within its bound.
func TestADeadCollectorDelaysNoRun(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	tr, err := OpenTraces(t.Context(), "http://"+l.Addr().String(), "1")
	if err != nil {
		t.Fatal(err)
	}
	queued, running, failed := life()
	for range 5000 { // more than the queue holds
		tr.Changed(queued, running)
		tr.Changed(running, failed)
	}
	if err := tr.Close(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close returned %v, not the error of its own time limit", err)
	}
}

// A run is in the trace of the request that made its presentation, and that request is in the trace of its sender. The
// run may begin much later, from the stored traceparent.
func TestARunIsInTheTraceOfItsRequest(t *testing.T) {
	t.Parallel()
	const sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	kept := tracetest.NewInMemoryExporter()
	tr := newTraces("1.2.3", sdk.WithSyncer(kept))
	queued, running, failed := life()
	h := tr.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.TraceParent = tr.Parent(r.Context())
		failed.TraceParent = running.TraceParent
		tr.Answered(r.Context(), "POST /v1/presentations", "POST", 503, time.Millisecond)
	}))
	ask := func(path string, header ...string) {
		r := httptest.NewRequest("POST", path, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask("/v1/presentations", "Traceparent", sent)
	tr.Changed(queued, running)
	tr.Changed(running, failed)
	spans := kept.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans: %v", len(spans), spans.Snapshots())
	}
	request, run := spans[0], spans[1]
	if request.Name != "POST /v1/presentations" || request.SpanKind != trace.SpanKindServer ||
		request.Status.Code != codes.Error ||
		request.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" ||
		request.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("the request is %+v", request)
	}
	if run.Parent.SpanID() != request.SpanContext.SpanID() ||
		run.SpanContext.TraceID() != request.SpanContext.TraceID() || !run.Parent.IsRemote() {
		t.Errorf("the run is %+v below %+v", run, request)
	}
	kept.Reset()
	ask("/metrics", "Traceparent", sent)
	if n := len(kept.GetSpans()); n != 0 || tr.Parent(t.Context()) != "" {
		t.Errorf("a scrape makes %d spans", n)
	}
	for _, nonsense := range []string{"", "nonsense", "00-0-0-0"} {
		running.TraceParent, failed.TraceParent = nonsense, nonsense
		tr.Changed(queued, running)
		tr.Changed(running, failed)
	}
	for _, s := range kept.GetSpans() {
		if s.Parent.IsValid() {
			t.Errorf("a run without a request has the parent %v", s.Parent)
		}
	}
}
