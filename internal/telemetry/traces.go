package telemetry

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"lectern"
)

const (
	exportLimit = 5 * time.Second // for the collector to accept a batch
	closeLimit  = 3 * time.Second // for the last batch, when the program ends
	keyShown    = 12              // characters of a step's content key
)

// Traces makes a span for each request and each run, and a child span of a run for each finished step. A run's span is
// a child of the request that made the presentation, if that had one; otherwise it starts a trace. Traces is an
// observer of the job service. Spans wait in a bounded queue and are dropped if the collector is slow or dead, so that
// no render waits for it.
type Traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer

	mu   sync.Mutex // guards runs
	runs map[string]trace.Span
}

// OpenTraces sends spans to the collector at endpoint ("http://host:4318") or, if that is empty, to the one in the
// standard OTEL_EXPORTER_OTLP_… variables. It does not contact the collector yet.
func OpenTraces(ctx context.Context, endpoint, version string) (*Traces, error) {
	options := []otlptracehttp.Option{otlptracehttp.WithTimeout(exportLimit),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{})}
	if endpoint != "" {
		options = append(options, otlptracehttp.WithEndpointURL(endpoint))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("open the traces: %w", err)
	}
	return newTraces(version, sdk.WithBatcher(exporter, sdk.WithExportTimeout(exportLimit))), nil
}

func newTraces(version string, options ...sdk.TracerProviderOption) *Traces {
	about := resource.NewSchemaless(attribute.String("service.name", "lectern"),
		attribute.String("service.version", version))
	p := sdk.NewTracerProvider(append(options, sdk.WithResource(about))...)
	return &Traces{provider: p, tracer: p.Tracer("lectern"), runs: map[string]trace.Span{}}
}

// Committed implements job.Observer.
func (t *Traces) Committed(_, _ int, _ time.Duration) {}

// TakenOver implements job.Observer.
func (t *Traces) TakenOver(string) {}

// Watching implements httpapi.Observer.
func (t *Traces) Watching(string, int) {}

// Dropped implements httpapi.Observer.
func (t *Traces) Dropped() {}

// Changed implements job.Observer: a run begins and ends.
func (t *Traces) Changed(_, after lectern.Presentation) {
	if after.Status == lectern.StatusProcessing {
		_, span := t.tracer.Start(below(after.TraceParent), "render", trace.WithTimestamp(after.LastHeartbeat),
			trace.WithAttributes(
				attribute.String("lectern.presentation", after.ID), attribute.Int("lectern.attempt",
					after.Attempt), attribute.Int("lectern.slides", after.SlidesTotal)))
		t.put(after.ID, span)
		return
	}
	span := t.put(after.ID, nil)
	if span == nil {
		return
	}
	span.SetAttributes(attribute.String("lectern.status", string(after.Status)))
	if after.Error != nil {
		span.SetStatus(codes.Error, string(after.Error.Code))
		span.SetAttributes(attribute.Int("lectern.slide", after.Error.Slide))
	}
	span.End()
}

// put replaces the span of the presentation's run and returns the old one. nil means none.
func (t *Traces) put(id string, span trace.Span) trace.Span {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.runs[id]
	delete(t.runs, id)
	if span != nil {
		t.runs[id] = span
	}
	return old
}

// StepDone implements job.Observer.
func (t *Traces) StepDone(id string, s lectern.Step) {
	t.mu.Lock()
	run := t.runs[id]
	t.mu.Unlock()
	if run == nil {
		return
	}
	_, span := t.tracer.Start(trace.ContextWithSpan(context.Background(), run), string(s.Kind),
		trace.WithTimestamp(s.Started), trace.WithAttributes(
			attribute.Int("lectern.slide", s.Slide), attribute.Bool("lectern.reused", s.Reused),
			attribute.String("lectern.key",
				s.Key[:min(len(s.Key), keyShown)])))
	span.End(trace.WithTimestamp(s.Started.Add(s.Took)))
}

// Close sends the waiting spans, within a bounded time.
func (t *Traces) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	return t.provider.Shutdown(ctx)
}
