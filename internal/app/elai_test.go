package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/avatar/elai/elaitest"
	"lectern/internal/config"
	parsers "lectern/internal/deck/all"
	"lectern/internal/httpapi"
)

func elaiConfig(stand *elaitest.Server) config.Config {
	cfg := config.Default()
	cfg.Elai.URL = stand.URL
	return cfg
}

// quiet drops what is logged.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// withElai returns the providers for these settings and secrets, and closes them at the end of the test.
func withElai(t *testing.T, cfg config.Config, s config.Secrets) []provider {
	all := providers(cfg, s, newFFmpeg(cfg, quiet()))
	t.Cleanup(func() {
		for _, p := range all {
			if p.close != nil {
				if err := p.close(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	return all
}

// With a token, Elai's avatars are listed after the built-in ones. Without one, the fault of a code "elai:…" names the
// variable to set.
func TestElaiAvatarsNeedAToken(t *testing.T) {
	t.Parallel()
	cfg := elaiConfig(elaitest.New(t))
	with := avatarsOf(cfg, withElai(t, cfg, config.Secrets{ElaiToken: elaitest.Token}))
	list, err := with.Avatars(t.Context())
	if err != nil || list[0].Engine != "builtin" || list[len(list)-1].Engine != "elai" {
		t.Errorf("%+v (%v)", list, err)
	}
	for code, want := range map[string]string{"gia.casual": "builtin", "elai:gia.casual": "elai", "zara": "elai"} {
		if got, _, err := with.Resolve(t.Context(), code); err != nil || got != want {
			t.Errorf("%s is an avatar of %s, not of %s (%v)", code, got, want, err)
		}
	}
	without := avatarsOf(cfg, withElai(t, cfg, config.Secrets{}))
	_, _, err = without.Resolve(t.Context(), "elai:gia.casual")
	if f := lectern.AsFailure(err); f == nil || f.Code != lectern.CodeUnknownAvatar ||
		!strings.Contains(f.Message, "ELAI_API_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
}

func TestDoctorTriesElaisToken(t *testing.T) {
	t.Parallel()
	cfg := elaiConfig(elaitest.New(t))
	for token, want := range map[string]string{elaitest.Token: "the token works, 2 avatars",
		"wrong-token": "refused the token", "": ""} {
		_, found := examineProviders(t.Context(), cfg, config.Secrets{ElaiToken: token})
		if token == "" {
			if len(found) > 0 {
				t.Errorf("without a token doctor says %+v", found)
			}
			continue
		}
		if len(found) != 1 || !strings.Contains(found[0].Version+found[0].Problem, want) || found[0].Needed ||
			(found[0].State == Found) != (token == elaitest.Token) {
			t.Errorf("%s: %+v", token, found)
		}
	}
}

// Doctor reports a secret that cannot be read as needed and broken, since the server does not start with it.
func TestDoctorReportsUnreadableSecrets(t *testing.T) {
	t.Setenv(config.ElaiTokenVariable, "two words")
	cfg := elaiConfig(elaitest.New(t))
	cfg.Role = config.RoleAPI
	all := Examine(t.Context(), cfg)
	last := all[len(all)-1]
	if last.Name != "secrets" || last.State != Broken || !last.Needed ||
		!strings.Contains(last.Problem, "elai.token_file") {
		t.Errorf("doctor reports %+v", last)
	}
}

// The built-in avatars are found although Elai does not answer. The tests of the engine check that warm does not block.
func TestADeadElaiDelaysNobody(t *testing.T) {
	t.Parallel()
	stand := elaitest.New(t)
	stand.Dead = true
	cfg := elaiConfig(stand)
	all := withElai(t, cfg, config.Secrets{ElaiToken: elaitest.Token})
	for _, p := range all {
		if p.warm != nil {
			p.warm(t.Context())
		}
	}
	c := avatarsOf(cfg, all)
	if engine, _, err := c.Resolve(t.Context(), "mikhailo"); engine != "builtin" || err != nil {
		t.Errorf("%s %v", engine, err)
	}
}

// answers notes the requests that were answered, by route.
type answers struct{ routes []string }

func (a *answers) Answered(_ context.Context, route, _ string, status int, _ time.Duration) {
	a.routes = append(a.routes, fmt.Sprint(route, " ", status))
}
func (*answers) Watching(string, int) {}
func (*answers) Dropped()             {}

// A provider's messages need the provider's secret and no API key. They pass through the middleware of httpapi like all
// requests: they have a request id, its headers, a log line and a route for the metrics.
func TestWebhooksOfProvidersAreGuarded(t *testing.T) {
	t.Parallel()
	cfg := elaiConfig(elaitest.New(t))
	for secret, want := range map[string]int{"": http.StatusNotFound, "agreed": http.StatusUnauthorized} {
		var log bytes.Buffer
		var seen answers
		tools := &Tools{providers: withElai(t, cfg, config.Secrets{ElaiToken: elaitest.Token, ElaiWebhook: secret})}
		web := httpapi.New(httpapi.Options{Decks: parsers.Parsers(), Beyond: true, Keyless: true, Providers: tools.webhooks(),
			Hosts:    []string{"example.com"},
			Observer: &seen, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/webhooks/elai", strings.NewReader("{}"))
		web.ServeHTTP(w, r)
		if w.Code != want || w.Header().Get("X-Request-Id") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("with secret %q: %d %v", secret, w.Code, w.Header())
		}
		if !strings.Contains(log.String(), "path=/webhooks/elai") {
			t.Errorf("with secret %q: the log is %s", secret, &log)
		}
		if secret != "" && !slices.Equal(seen.routes, []string{"/webhooks/elai 401"}) {
			t.Errorf("the routes are %q", seen.routes)
		}
	}
}
