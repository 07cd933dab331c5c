package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// spans collects what a server sends to an OpenTelemetry collector.
type spans struct {
	*httptest.Server
	mu  sync.Mutex
	all []*otlp.Span
}

func collect(t *testing.T) *spans {
	t.Helper()
	s := &spans{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		var batch collector.ExportTraceServiceRequest
		if err != nil || proto.Unmarshal(b, &batch) != nil {
			t.Errorf("no batch of spans at %s: %v", r.URL, err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, resource := range batch.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				s.all = append(s.all, scope.Spans...)
			}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// named returns the spans with the given name that have arrived.
func (s *spans) named(name string) []*otlp.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*otlp.Span
	for _, one := range s.all {
		if one.Name == name {
			out = append(out, one)
		}
	}
	return out
}

// TestTraces follows one trace from a caller through the request to the attempt after a kill. This attempt is in
// another process, which knows the trace from the store.
func TestTraces(t *testing.T) {
	t.Parallel()
	const caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	to := collect(t)
	// a short delay, since a kill loses the spans that are not yet sent
	env := []string{"LECTERN_TELEMETRY_OTLP=" + to.URL, "OTEL_BSP_SCHEDULE_DELAY=50"}
	s := serve(t, plain, env...)
	ctx := patient(t)
	made := s.must("POST", "/v1/presentations", talk(3), "traceparent", caller)
	id, _ := made.json(t)["id"].(string)
	if made.status != 202 {
		t.Fatalf("%d %s", made.status, made.body)
	}
	poll(ctx, 20*time.Millisecond, func() bool {
		return len(to.named("POST /v1/presentations")) > 0 &&
			len(s.steps(id)) > 0
	})
	s.kill9()
	s.start(plain, env...)
	if v := s.awaitEnd(id); v.Status != "completed" || v.Attempt != 2 {
		t.Fatalf("ended as %+v", v)
	}
	s.stop() // the server sends its last spans
	request := to.named("POST /v1/presentations")
	if len(request) != 1 || string(request[0].ParentSpanId) != "\xb7\xad\x6b\x71\x69\x20\x33\x31" {
		t.Fatalf("the request: %v", request)
	}
	runs := to.named("render")
	if len(runs) == 0 {
		t.Fatal("no run was traced")
	}
	last := runs[len(runs)-1]
	if string(last.TraceId) != string(request[0].TraceId) || string(last.ParentSpanId) != string(request[0].SpanId) {
		t.Errorf("the run %v is not below the request %v", last, request[0])
	}
	steps := to.named("encode")
	if len(steps) == 0 {
		t.Error("no step was traced")
	}
	for _, step := range steps {
		if string(step.TraceId) != string(request[0].TraceId) {
			t.Errorf("the step %v is in another trace", step)
		}
	}
	if got := len(to.named("GET /healthz")); got > 0 {
		t.Errorf("%d probes are traced", got)
	}
}
