package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"lectern/internal/config"
	"lectern/internal/httpapi"
	"lectern/internal/webui"
)

// loopback reports whether an address is reached from this machine alone.
func loopback(at net.Addr) bool {
	host, _, err := net.SplitHostPort(at.String())
	ip := net.ParseIP(host)
	return err == nil && ip != nil && ip.IsLoopback()
}

// guarded refuses to serve other machines without a key, unless that is wanted. A worker answers nothing but how it is.
func (h *house) guarded(ctx context.Context, key string, at net.Addr) error {
	admin := key == "admin.addr"
	if loopback(at) || !admin && (h.cfg.HTTP.Keyless || h.cfg.Role == config.RoleWorker) {
		return nil
	}
	needed, err := h.keys.Needed(ctx)
	if err != nil || needed {
		return err
	}
	allowed := `a key, made with "lectern key add NAME" or given in the variable ` + config.APIKeyVariable + ", or an address of this machine such as 127.0.0.1:8000"
	if !admin {
		allowed = `one of three: a key, made with "lectern key add NAME" or given in the variable ` + config.APIKeyVariable +
			"; http.keyless: true, LECTERN_HTTP_KEYLESS=true or --http-keyless, which lets everybody in; or an address of this machine such as 127.0.0.1:8000"
	}
	return &config.Error{Key: key, Cause: fmt.Errorf("%s is reached from other machines, and there is no key: everybody could do everything", at), Allowed: allowed}
}

// web is what both handlers of a server have in common.
func (h *house) web(draining <-chan struct{}, at net.Addr) (httpapi.Options, error) {
	proxies, err := httpapi.ParseNetworks(h.cfg.HTTP.TrustedProxies.Items())
	if err != nil {
		return httpapi.Options{}, &config.Error{Key: "http.trusted_proxies", Cause: err, Allowed: "networks such as 10.0.0.0/8 or addresses"}
	}
	var hosts []string
	for _, name := range h.cfg.HTTP.Hosts.Items() {
		hosts = append(hosts, strings.ToLower(strings.Trim(name, "[]")))
	}
	return httpapi.Options{
		Jobs: h.jobs, Decks: h.decks, Check: h.check(false), CustomCheck: h.check(true), Measure: h, CheckTime: h.cfg.HTTP.CheckTime, Slides: h.slides, Browser: h.browser, Assets: h.assets, Voices: h.voices, Avatars: h.avatars,
		Open:      func(ctx context.Context, key string) (io.ReadSeekCloser, error) { return h.artifacts.Open(ctx, key) },
		Callbacks: h.hooks, Draining: draining,
		Ready: h.ready.missing, Limits: h.cfg.Limits, LargeBodies: h.cfg.HTTP.LargeBodies, Log: h.log, UI: webui.Handler(), Version: programVersion(),
		Webhooks: h.hooks, Metrics: h.watch.metrics.Handler(), Observer: h.watch, TraceParent: h.watch.traceParent,
		Keys: h.keys, Quota: h.cfg.Keys, Beyond: !loopback(at), Keyless: h.cfg.HTTP.Keyless, Providers: h.providers(),
		Hosts: hosts, Origins: h.cfg.HTTP.Origins.Items(), Proxies: proxies, BaseURL: h.cfg.HTTP.BaseURL,
		Streams: h.cfg.HTTP.Streams, StreamsPerAddress: h.cfg.HTTP.StreamsPerAddress, Ranges: h.cfg.HTTP.Ranges,
	}, nil
}

// handler is the whole HTTP interface, or of a worker what tells how it is. draining is closed when the server begins to
// stop; at is where it listens.
func (h *house) handler(draining <-chan struct{}, at net.Addr) (http.Handler, error) {
	o, err := h.web(draining, at)
	if err != nil {
		return nil, err
	}
	if h.cfg.AdminAddr != "" {
		o.Metrics = nil
	}
	all := h.watch.around(httpapi.New(o))
	if h.cfg.Role != config.RoleWorker {
		return all, nil
	}
	health := http.NewServeMux()
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		health.Handle(path, all)
	}
	return health, nil
}

// openAdmin listens at admin.addr, where there is one, and gives its server and listener.
func (h *house) openAdmin(ctx context.Context, draining <-chan struct{}, shape func(http.Handler) *http.Server) (*http.Server, net.Listener, error) {
	if h.cfg.AdminAddr == "" {
		return nil, nil, nil
	}
	l, err := listen(h.cfg.AdminAddr)
	if err != nil {
		if fault, ok := errors.AsType[*config.Error](err); ok {
			fault.Key = "admin.addr"
		}
		return nil, nil, err
	}
	err = h.guarded(ctx, "admin.addr", l.Addr())
	var o httpapi.Options
	if err == nil {
		o, err = h.web(draining, l.Addr())
	}
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return shape(httpapi.Admin(o)), l, nil
}

// The file by which the commands of this machine find the server that holds a data folder.
const addressFile = "address"

// noteAddress tells them where it is, until forget.
func noteAddress(cfg config.Config, at net.Addr, log *slog.Logger) (forget func()) {
	name := filepath.Join(cfg.Path(), addressFile)
	err := os.WriteFile(name+".part", []byte(browserURL(at)+"\n"), 0o600)
	if err == nil {
		err = os.Rename(name+".part", name)
	}
	if err != nil {
		log.Warn("the commands of this machine will not find this server by its data folder", "reason", err.Error())
		return func() {}
	}
	return func() { _ = os.Remove(name) } // a stale one is found out: nobody answers there
}

// holderOf is the URL of the server that holds the data folder; "" where none said so.
func holderOf(cfg config.Config) (string, error) {
	b, err := os.ReadFile(filepath.Join(cfg.Path(), addressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}
