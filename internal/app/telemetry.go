package app

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
	"lectern/internal/webhook"
)

// Telemetry has the metrics of an App, and its traces if a collector is set.
type Telemetry struct {
	metrics *telemetry.Metrics
	traces  *telemetry.Traces // nil: no collector is set
}

func openTelemetry(ctx context.Context, cfg config.Config, version string, s telemetry.Sources) (*Telemetry, error) {
	t := &Telemetry{metrics: telemetry.New(version, s)}
	if cfg.Telemetry.OTLP == "" && os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" &&
		os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return t, nil
	}
	var err error
	t.traces, err = telemetry.OpenTraces(ctx, cfg.Telemetry.OTLP, version)
	return t, err
}

// sources are the functions that the metrics call at each scrape.
func (a *App) sources() telemetry.Sources {
	return telemetry.Sources{
		Counts: a.storage.Store.Counts,
		Resources: func() []telemetry.Resource {
			var out []telemetry.Resource
			for _, u := range a.uses() {
				out = append(out, telemetry.Resource(u))
			}
			return out
		},
		Cache: func() (hits, misses, bytes int64) {
			hits, misses = a.cache.Uses()
			return hits, misses, a.cache.Size()
		},
		Backlog: a.storage.outbox.Backlog,
	}
}

// close sends the last traces.
func (t *Telemetry) close() error {
	if t == nil || t.traces == nil {
		return nil
	}
	return t.traces.Close()
}

// jobs are the observers of the job service.
func (t *Telemetry) jobs() jobObservers {
	all := jobObservers{t.metrics}
	if t.traces != nil {
		all = append(all, t.traces)
	}
	return all
}

// requests are the observers of the HTTP interface.
func (t *Telemetry) requests() requestObservers {
	all := requestObservers{t.metrics}
	if t.traces != nil {
		all = append(all, t.traces)
	}
	return all
}

// around returns h with a trace of each request, if there are traces.
func (t *Telemetry) around(h http.Handler) http.Handler {
	if t.traces == nil {
		return h
	}
	return t.traces.Handler(h)
}

// traceParent returns the traceparent of a request, which is stored with the presentation that it creates.
func (t *Telemetry) traceParent(ctx context.Context) string {
	if t.traces == nil {
		return ""
	}
	return t.traces.Parent(ctx)
}

// jobObservers calls each of its observers, in order.
type jobObservers []job.Observer

// Committed implements job.Observer.
func (all jobObservers) Committed(writes, reports int, took time.Duration) {
	for _, o := range all {
		o.Committed(writes, reports, took)
	}
}

// Changed implements job.Observer.
func (all jobObservers) Changed(before, after lectern.Presentation) {
	for _, o := range all {
		o.Changed(before, after)
	}
}

// StepDone implements job.Observer.
func (all jobObservers) StepDone(id string, s lectern.Step) {
	for _, o := range all {
		o.StepDone(id, s)
	}
}

// TakenOver implements job.Observer.
func (all jobObservers) TakenOver(id string) {
	for _, o := range all {
		o.TakenOver(id)
	}
}

// wakeup wakes the deliverer of webhooks after a change, since the outbox may have a new row. Without it, the row would
// wait for the next poll.
type wakeup struct{ webhooks *webhook.Service }

// Changed implements job.Observer.
func (w wakeup) Changed(_, _ lectern.Presentation) { w.webhooks.Wake() }

// Committed implements job.Observer.
func (wakeup) Committed(_, _ int, _ time.Duration) {}

// StepDone implements job.Observer.
func (wakeup) StepDone(string, lectern.Step) {}

// TakenOver implements job.Observer.
func (wakeup) TakenOver(string) {}

// requestObservers calls each of its observers, in order.
type requestObservers []httpapi.Observer

// Answered implements httpapi.Observer.
func (all requestObservers) Answered(ctx context.Context, route, method string, status int, took time.Duration) {
	for _, o := range all {
		o.Answered(ctx, route, method, status, took)
	}
}

// Watching implements httpapi.Observer.
func (all requestObservers) Watching(kind string, change int) {
	for _, o := range all {
		o.Watching(kind, change)
	}
}

// Dropped implements httpapi.Observer.
func (all requestObservers) Dropped() {
	for _, o := range all {
		o.Dropped()
	}
}

var (
	_ job.Observer     = jobObservers(nil)
	_ job.Observer     = wakeup{}
	_ httpapi.Observer = requestObservers(nil)
)
