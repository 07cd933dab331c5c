package telemetry

import (
	"context"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// w3c reads and writes the headers of W3C Trace Context. It has no state.
var w3c propagation.TraceContext

const traceParent = "traceparent"

// Handler makes a span for each request that next answers, in the trace of the request's traceparent if it has one.
// Probes and scrapes make none. Answered names the span.
func (t *Traces) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/readyz", "/metrics":
			next.ServeHTTP(w, r)
			return
		}
		ctx, span := t.tracer.Start(w3c.Extract(r.Context(), propagation.HeaderCarrier(r.Header)), "HTTP",
			trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("url.path", r.URL.Path)))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Answered records the response on the span of ctx, by the pattern of the request's route; "" means no route.
func (t *Traces) Answered(ctx context.Context, route, method string, status int, _ time.Duration) {
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if route != "" { // otherwise the client could choose any method
		span.SetName(route)
		_, path, _ := strings.Cut(route, " ")
		span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", path))
	}
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
}

// Parent returns the span of ctx as a traceparent, for a run that begins later and perhaps on another node. "" means no
// span.
func (t *Traces) Parent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	return carrier[traceParent]
}

// below returns a context in which new spans are children of the span that a traceparent names, or start their own
// traces.
func below(parent string) context.Context {
	return w3c.Extract(context.Background(), propagation.MapCarrier{traceParent: parent})
}
