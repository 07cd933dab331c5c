package httpapi

import (
	"net/http"
	"net/http/pprof"

	"lectern"
)

// Admin builds the handler of the address for operators: metrics, health and the profiles of net/http/pprof. If
// o.Beyond is false, no request needs a key. Otherwise metrics need a key with the scope read, and profiles one with
// the scope admin. o.Metrics is required.
func Admin(o Options) http.Handler {
	if !o.Beyond {
		o.Keys = nil
	}
	o.Keyless = false
	s, mux := newServer(o), http.NewServeMux()
	s.health(mux)
	s.on(mux, "GET /metrics", rule{scope: lectern.ScopeRead}, s.Metrics.ServeHTTP)
	operator := rule{scope: lectern.ScopeAdmin}
	s.on(mux, "GET /debug/pprof/", operator, pprof.Index) // serves the named profiles too
	s.on(mux, "GET /debug/pprof/cmdline", operator, pprof.Cmdline)
	s.on(mux, "GET /debug/pprof/profile", operator, pprof.Profile)
	s.on(mux, "GET /debug/pprof/symbol", operator, pprof.Symbol)
	s.on(mux, "GET /debug/pprof/trace", operator, pprof.Trace)
	return s.guard(mux)
}
