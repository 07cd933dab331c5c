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

// w3c reads and writes what W3C Trace Context puts into headers; it has no state.
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

// Answered says of the span of ctx how its request was answered, by the pattern of its route: "" where there is none.
func (t *Traces) Answered(ctx context.Context, route, method string, status int, _ time.Duration) {
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(attribute.Int("http.response.status_code", status))
	if route != "" { // else a stranger chose the method, too
		span.SetName(route)
		_, path, _ := strings.Cut(route, " ")
		span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", path))
	}
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
}

// Parent is the span of ctx as a traceparent, for a run that is begun later and perhaps elsewhere; "": there is none.
func (t *Traces) Parent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	w3c.Inject(ctx, carrier)
	return carrier[traceParent]
}

// below returns a context in which spans begin below the one that a traceparent names, or as traces of their own.
func below(parent string) context.Context {
	return w3c.Extract(context.Background(), propagation.MapCarrier{traceParent: parent})
}
