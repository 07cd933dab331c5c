package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"lectern/internal/config"
	parsers "lectern/internal/deck/all"
	"lectern/internal/httpapi"
	"lectern/internal/webui"
)

// loopback reports whether an address can be reached from this machine only.
func loopback(at net.Addr) bool {
	host, _, err := net.SplitHostPort(at.String())
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// Guard refuses to serve other machines without an API key, unless the settings allow it. at is the address at which a
// server listens; key is the setting that has this address. A worker may always listen at addr, because it serves only
// health and metrics there.
func (a *App) Guard(ctx context.Context, key string, at net.Addr) error {
	admin := key == "admin.addr"
	if loopback(at) || !admin && (a.Config.HTTP.Keyless || a.Config.Role == config.RoleWorker) {
		return nil
	}
	needed, err := a.keys.Needed(ctx)
	if err != nil || needed {
		return err
	}
	allowed := `a key, made with "lectern key add NAME" or given in the variable ` + config.APIKeyVariable +
		", or an address of this machine such as 127.0.0.1:8000"
	if !admin {
		allowed = `one of three: a key, made with "lectern key add NAME" or given in the variable ` + config.APIKeyVariable +
			"; http.keyless: true, LECTERN_HTTP_KEYLESS=true or --http-keyless, which lets everybody in; or an address of " +
			"this machine such as 127.0.0.1:8000"
	}
	return &config.Error{Key: key, Cause: fmt.Errorf("%s can be reached from other machines, but there is no key, so "+
		"everybody could do everything", at), Allowed: allowed}
}

// web returns the options of the HTTP interface at an address, which are the same for addr and admin.addr.
func (a *App) web(draining <-chan struct{}, at net.Addr) (httpapi.Options, error) {
	proxies, err := httpapi.ParseNetworks(a.Config.HTTP.TrustedProxies.Items())
	if err != nil {
		return httpapi.Options{}, &config.Error{Key: "http.trusted_proxies", Cause: err,
			Allowed: "networks such as 10.0.0.0/8 or addresses"}
	}
	var hosts []string
	for _, name := range a.Config.HTTP.Hosts.Items() {
		hosts = append(hosts, strings.ToLower(strings.Trim(name, "[]")))
	}
	schema, err := parsers.Schema()
	if err != nil {
		return httpapi.Options{}, err
	}
	return httpapi.Options{
		Schema: schema,
		Jobs:   a.Jobs, Decks: a.Decks, Check: a, CustomCheck: deckCheck{a, a.checker.Lenient()}, Measure: a,
		CheckTime: a.Config.HTTP.CheckTime, Slides: a.Slides, Browser: a.Browser,
		Pictures: a.pictures, Assets: a.Assets, Voices: a.Voices, Avatars: a.Avatars,
		Open:      func(ctx context.Context, key string) (io.ReadSeekCloser, error) { return a.Artifacts.Open(ctx, key) },
		Callbacks: a.webhooks, Draining: draining,
		Ready: a.ready.missing, Limits: a.Config.Limits, LargeBodies: a.Config.HTTP.LargeBodies, Log: a.opt.Log,
		UI: webui.Handler(), Version: a.opt.Version,
		Webhooks: a.webhooks, Metrics: a.telemetry.metrics.Handler(), Observer: a.telemetry.requests(),
		TraceParent: a.telemetry.traceParent,
		Keys:        a.keys, Quota: a.Config.Keys, Beyond: !loopback(at), Keyless: a.Config.HTTP.Keyless,
		Providers: a.Tools.webhooks(),
		Hosts:     hosts, Origins: a.Config.HTTP.Origins.Items(), Proxies: proxies, BaseURL: a.Config.HTTP.BaseURL,
		Streams: a.Config.HTTP.Streams, StreamsPerAddress: a.Config.HTTP.StreamsPerAddress, Ranges: a.Config.HTTP.Ranges,
	}, nil
}

// Handler returns the whole HTTP interface; for a worker only health, readiness and metrics. draining is closed when
// the server begins to stop; at is the address at which it listens.
func (a *App) Handler(draining <-chan struct{}, at net.Addr) (http.Handler, error) {
	o, err := a.web(draining, at)
	if err != nil {
		return nil, err
	}
	if a.Config.AdminAddr != "" {
		o.Metrics = nil
	}
	all := a.telemetry.around(httpapi.New(o))
	if a.Config.Role != config.RoleWorker {
		return all, nil
	}
	health := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		health.Handle(path, all)
	}
	return health, nil
}

// openAdmin listens at admin.addr and returns its server and listener; nil without that setting.
func (a *App) openAdmin(ctx context.Context, draining <-chan struct{},
	shape func(http.Handler) *http.Server) (*http.Server, net.Listener, error) {
	if a.Config.AdminAddr == "" {
		return nil, nil, nil
	}
	l, err := Listen(a.Config.AdminAddr)
	if err != nil {
		if fault, ok := errors.AsType[*config.Error](err); ok {
			fault.Key = "admin.addr"
		}
		return nil, nil, err
	}
	err = a.Guard(ctx, "admin.addr", l.Addr())
	var o httpapi.Options
	if err == nil {
		o, err = a.web(draining, l.Addr())
	}
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return shape(httpapi.Admin(o)), l, nil
}
