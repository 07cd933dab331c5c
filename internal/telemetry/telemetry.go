// Package telemetry counts and traces what Lectern does, for Prometheus and OpenTelemetry.
//
// It is the only package that imports either. Other packages declare small observers, which internal/app implements
// with [Metrics] and [Traces]. A registry is a value, so that two services in one process never share a count. Labels
// have bounded values (a kind, a state, an outcome), never ids. The trace of a presentation has its details.
package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lectern"
)

// Metrics is a registry with Lectern's metrics. It is safe for concurrent use, and an observer of the job service.
type Metrics struct {
	registry   *prometheus.Registry
	steps      *prometheus.HistogramVec
	wait       prometheus.Histogram
	runs       *prometheus.HistogramVec
	takeovers  prometheus.Counter
	writes     prometheus.Histogram
	commits    prometheus.Histogram
	reports    prometheus.Counter
	requests   *prometheus.CounterVec
	answers    *prometheus.HistogramVec
	watchers   *prometheus.GaugeVec
	dropped    prometheus.Counter
	deliveries *prometheus.CounterVec
}

// New makes a registry for the program's version. It reads s at each scrape.
func New(version string, s Sources) *Metrics {
	long, short := prometheus.ExponentialBuckets(0.05, 3, 10), prometheus.ExponentialBuckets(0.0005, 3, 10)
	histogram := func(name, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	}
	counter := func(name, help string) prometheus.CounterOpts { return prometheus.CounterOpts{Name: name, Help: help} }
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		steps: prometheus.NewHistogramVec(histogram("lectern_step_duration_seconds",
			"Time of a finished step, by kind, and whether its output was reused from the "+
				"cache.", long), []string{"kind", "reused"}),
		wait: prometheus.NewHistogram(histogram("lectern_queue_wait_seconds",
			"Time from the creation of a presentation to the start of its first run.", long)),
		runs: prometheus.NewHistogramVec(histogram("lectern_presentation_duration_seconds",
			"Time from the first start of a presentation to its end, by its last state.", long), []string{"status"}),
		takeovers: prometheus.NewCounter(counter("lectern_lease_takeovers_total",
			"Runs that were taken over because their node died or stopped responding.")),
		writes: prometheus.NewHistogram(histogram("lectern_flush_writes",
			"Writes in one transaction of the job service.", prometheus.ExponentialBuckets(1, 2, 8))),
		commits: prometheus.NewHistogram(histogram("lectern_commit_duration_seconds",
			"Time of one transaction of the job service.", short)),
		reports: prometheus.NewCounter(counter("lectern_reports_total",
			"Progress reports of runs, before they are merged.")),
		requests: prometheus.NewCounterVec(counter("lectern_http_requests_total",
			"Answered requests, by route, method and status code."), []string{"route", "method", "code"}),
		answers: prometheus.NewHistogramVec(histogram("lectern_http_request_duration_seconds",
			"Time from a request to the end of its response, including streams and long polls.", short), []string{"route"}),
		watchers: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "lectern_watchers",
			Help: "Connected watchers of presentations, by kind: stream (server-sent events), poll " +
				"(requests that wait)."}, []string{"kind"}),
		dropped: prometheus.NewCounter(counter("lectern_watchers_dropped_total",
			"Event streams that were closed because their clients read nothing for too long.")),
		deliveries: prometheus.NewCounterVec(counter("lectern_webhook_deliveries_total",
			"Tries to deliver a webhook, by outcome: delivered, retried, given_up."), []string{"outcome"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "lectern_build_info",
		Help:        "Always 1; the label has the version of the program.",
		ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	m.registry.MustRegister(m.steps, m.wait, m.runs, m.takeovers, m.writes, m.commits, m.reports, m.requests, m.answers,
		m.watchers, m.dropped, m.deliveries,
		build, newCollector(s), collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Committed implements job.Observer.
func (m *Metrics) Committed(writes, reports int, took time.Duration) {
	m.reports.Add(float64(reports))
	m.writes.Observe(float64(writes))
	m.commits.Observe(took.Seconds())
}

// Changed implements job.Observer.
func (m *Metrics) Changed(before, after lectern.Presentation) {
	switch {
	case after.Status == lectern.StatusProcessing && after.Attempt == 1 && before.Status == lectern.StatusQueued:
		m.wait.Observe(after.StartedAt.Sub(after.CreatedAt).Seconds())
	case after.Status.Terminal() && !after.StartedAt.IsZero():
		m.runs.WithLabelValues(string(after.Status)).Observe(after.CompletedAt.Sub(after.StartedAt).Seconds())
	}
}

// StepDone implements job.Observer.
func (m *Metrics) StepDone(_ string, s lectern.Step) {
	m.steps.WithLabelValues(string(s.Kind), strconv.FormatBool(s.Reused)).Observe(s.Took.Seconds())
}

// TakenOver implements job.Observer.
func (m *Metrics) TakenOver(string) { m.takeovers.Inc() }

// Answered counts a request by the pattern of its route; "" means no route.
func (m *Metrics) Answered(_ context.Context, route, method string, status int, took time.Duration) {
	if route == "" {
		route, method = "none", "any" // the client chooses both
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.answers.WithLabelValues(route).Observe(took.Seconds())
}

// Watching adds change, which may be negative, to the number of current watchers of a kind.
func (m *Metrics) Watching(kind string, change int) {
	m.watchers.WithLabelValues(kind).Add(float64(change))
}

// Dropped counts a watcher that was disconnected because it was too slow.
func (m *Metrics) Dropped() { m.dropped.Inc() }

// Delivered counts a try to deliver a webhook; outcome is delivered, retried or given_up.
func (m *Metrics) Delivered(outcome string) { m.deliveries.WithLabelValues(outcome).Inc() }

// Resource is a limited resource for which steps wait.
type Resource struct {
	Name                     string
	Capacity, InUse, Waiting int
}

// Sources are read at each scrape. Nil ones are omitted.
type Sources struct {
	Counts    func(ctx context.Context) (map[lectern.Status]int64, error)
	Resources func() []Resource
	Cache     func() (hits, misses, bytes int64)
	// Backlog counts the webhooks that wait for delivery, and returns the time since which the oldest waits, or the
	// zero time.
	Backlog func(ctx context.Context) (pending int64, oldest time.Time, err error)
}

// scrapeLimit bounds the store's queries of a scrape.
const scrapeLimit = 5 * time.Second

type collector struct {
	from                                        Sources
	presentations, inUse, capacity, waiting, up *prometheus.Desc
	hits, misses, bytes                         *prometheus.Desc
	backlog, age                                *prometheus.Desc
}

func newCollector(s Sources) *collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &collector{
		from:          s,
		presentations: desc("lectern_presentations", "Stored presentations, by state.", "status"),
		up:            desc("lectern_store_up", "1 if the store answered this scrape, else 0."),
		inUse: desc("lectern_resource_in_use", "Used slots of a shared resource: encoder cores, browser "+
			"tabs, voices.", "resource"),
		capacity: desc("lectern_resource_capacity", "Slots of a shared resource.", "resource"),
		waiting:  desc("lectern_resource_waiting", "Slots of a shared resource for which steps wait.", "resource"),
		hits:     desc("lectern_cache_hits_total", "Steps that were found in the cache."),
		misses:   desc("lectern_cache_misses_total", "Steps that were not in the cache."),
		bytes:    desc("lectern_cache_bytes", "Size of the cache of finished steps."),
		backlog:  desc("lectern_webhook_backlog", "Webhooks that wait to be delivered by any node."),
		age: desc("lectern_webhook_backlog_age_seconds",
			"Time that the oldest of these has waited; 0 if there is none."),
	}
}

// Describe implements prometheus.Collector.
func (w *collector) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(w, out) }

// Collect implements prometheus.Collector.
func (w *collector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if w.from.Counts != nil {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
		counts, err := w.from.Counts(ctx)
		cancel()
		up := 0.0
		if err == nil {
			up = 1
			for _, s := range []lectern.Status{lectern.StatusQueued, lectern.StatusProcessing, lectern.StatusCompleted,
				lectern.StatusFailed, lectern.StatusCanceled} {
				gauge(w.presentations, float64(counts[s]), string(s))
			}
		}
		gauge(w.up, up)
	}
	if w.from.Backlog != nil {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
		pending, oldest, err := w.from.Backlog(ctx)
		cancel()
		if err == nil {
			age := 0.0
			if pending > 0 {
				age = max(0, time.Since(oldest).Seconds())
			}
			gauge(w.backlog, float64(pending))
			gauge(w.age, age)
		}
	}
	if w.from.Resources != nil {
		for _, r := range w.from.Resources() {
			gauge(w.inUse, float64(r.InUse), r.Name)
			gauge(w.capacity, float64(r.Capacity), r.Name)
			gauge(w.waiting, float64(r.Waiting), r.Name)
		}
	}
	if w.from.Cache != nil {
		hits, misses, bytes := w.from.Cache()
		out <- prometheus.MustNewConstMetric(w.hits, prometheus.CounterValue, float64(hits))
		out <- prometheus.MustNewConstMetric(w.misses, prometheus.CounterValue, float64(misses))
		gauge(w.bytes, float64(bytes))
	}
}
