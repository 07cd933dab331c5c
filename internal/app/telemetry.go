package main

import (
	"context"
	"net/http"
	"os"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/httpapi"
	"lectern/internal/job"
	"lectern/internal/telemetry"
)

// instruments show what a house does: metrics always, since they cost next to nothing, and traces where somebody takes
// them.
type instruments struct {
	metrics *telemetry.Metrics
	traces  *telemetry.Traces // nil: nobody takes them
	wake    func()            // there is something new in the outbox
}

var (
	_ job.Observer     = (*instruments)(nil)
	_ httpapi.Observer = (*instruments)(nil)
)

func openInstruments(ctx context.Context, cfg config.Config) (*instruments, error) {
	i := &instruments{metrics: telemetry.New(programVersion()), wake: func() {}}
	if cfg.Telemetry.OTLP == "" && os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return i, nil
	}
	var err error
	i.traces, err = telemetry.OpenTraces(ctx, cfg.Telemetry.OTLP, programVersion())
	return i, err
}

// look lets the metrics ask the house at each scrape.
func (i *instruments) look(h *house) {
	i.metrics.Watch(telemetry.Sources{
		Counts: h.jobs.Counts,
		Resources: func() []telemetry.Resource {
			var out []telemetry.Resource
			for _, u := range h.slots.Uses() {
				out = append(out, telemetry.Resource(u))
			}
			return out
		},
		Cache: func() (hits, misses, bytes int64) {
			hits, misses = h.cache.Uses()
			return hits, misses, h.cache.Size()
		},
		Backlog: h.records.outbox.Backlog,
	})
}

// close sends the last traces.
func (i *instruments) close() error {
	if i == nil || i.traces == nil {
		return nil
	}
	return i.traces.Close()
}

// around lets the traces see the requests that h answers.
func (i *instruments) around(h http.Handler) http.Handler {
	if i.traces == nil {
		return h
	}
	return i.traces.Handler(h)
}

// traceParent is the trace of a request, for the runs that it leads to.
func (i *instruments) traceParent(ctx context.Context) string {
	if i.traces == nil {
		return ""
	}
	return i.traces.Parent(ctx)
}

// Answered implements httpapi.Observer.
func (i *instruments) Answered(ctx context.Context, route, method string, status int, took time.Duration) {
	i.metrics.Answered(route, method, status, took)
	if i.traces != nil {
		i.traces.Answered(ctx, route, method, status, took)
	}
}

// Watching implements httpapi.Observer.
func (i *instruments) Watching(kind string, change int) { i.metrics.Watching(kind, change) }

// Dropped implements httpapi.Observer.
func (i *instruments) Dropped() { i.metrics.Dropped() }

// Committed implements job.Observer.
func (i *instruments) Committed(writes, reports int, took time.Duration) {
	i.metrics.Committed(writes, reports, took)
}

// Changed implements job.Observer.
func (i *instruments) Changed(before, after lectern.Presentation) {
	i.metrics.Changed(before, after)
	i.wake()
	if i.traces != nil {
		i.traces.Changed(before, after)
	}
}

// StepDone implements job.Observer.
func (i *instruments) StepDone(id string, s lectern.Step) {
	i.metrics.StepDone(id, s)
	if i.traces != nil {
		i.traces.StepDone(id, s)
	}
}

// TakenOver implements job.Observer.
func (i *instruments) TakenOver(id string) { i.metrics.TakenOver(id) }
