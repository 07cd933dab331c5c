package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/avatar/elai/elaitest"
	"lectern/internal/config"
	"lectern/internal/httpapi"
)

func elaiConfig(stand *elaitest.Server) config.Config {
	cfg := config.Default()
	cfg.Elai.URL = stand.URL
	return cfg
}

// With a token the list has Elai's avatars behind the built-in ones; without one, `elai:…` says what is missing.
func TestElaiIsThereWithAToken(t *testing.T) {
	t.Parallel()
	cfg := elaiConfig(elaitest.New(t))
	with, e := newAvatars(cfg, config.Secrets{ElaiToken: elaitest.Token}, &lateFFmpeg{})
	defer e.Close()
	list, err := with.Avatars(t.Context())
	if err != nil || list[0].Engine != "builtin" || list[len(list)-1].Engine != "elai" {
		t.Errorf("%+v (%v)", list, err)
	}
	for code, want := range map[string]string{"gia.casual": "builtin", "elai:gia.casual": "elai", "zara": "elai"} {
		if got, _, err := with.Resolve(t.Context(), code); err != nil || got != want {
			t.Errorf("%s is %s's (%v)", code, got, err)
		}
	}
	without, none := newAvatars(cfg, config.Secrets{}, &lateFFmpeg{})
	_, _, err = without.Resolve(t.Context(), "elai:gia.casual")
	if f := lectern.AsFailure(err); none != nil || f == nil || f.Code != lectern.CodeUnknownAvatar || !strings.Contains(f.Message, "ELAI_API_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
}

func TestDoctorTriesElaisToken(t *testing.T) {
	cfg := elaiConfig(elaitest.New(t))
	for token, want := range map[string]string{elaitest.Token: "the token works, 2 avatars", "wrong-token": "refused the token", "": ""} {
		t.Setenv(config.ElaiTokenVariable, token)
		found := examineElai(t.Context(), cfg)
		if token == "" {
			if len(found) > 0 {
				t.Errorf("without a token doctor says %+v", found)
			}
			continue
		}
		if len(found) != 1 || !strings.Contains(found[0].Version+found[0].Problem, want) || found[0].Needed || (found[0].State == "found") != (token == elaitest.Token) {
			t.Errorf("%s: %+v", token, found)
		}
	}
}

// A provider that does not answer keeps nobody from the built-in avatars. That the start does not wait for it is the engine's
// own test.
func TestADeadElaiDelaysNobody(t *testing.T) {
	t.Parallel()
	stand := elaitest.New(t)
	stand.Dead = true
	c, e := newAvatars(elaiConfig(stand), config.Secrets{ElaiToken: elaitest.Token}, &lateFFmpeg{})
	defer e.Close()
	e.Warm(t.Context())
	if engine, _, err := c.Resolve(t.Context(), "mikhailo"); engine != "builtin" || err != nil {
		t.Errorf("%s %v", engine, err)
	}
}

func TestElaisWebhooksNeedASecret(t *testing.T) {
	t.Parallel()
	_, e := newAvatars(elaiConfig(elaitest.New(t)), config.Secrets{ElaiToken: elaitest.Token}, &lateFFmpeg{})
	defer e.Close()
	for secret, want := range map[string]int{"": http.StatusNotFound, "agreed": http.StatusUnauthorized} {
		k := &kit{elai: e, secrets: config.Secrets{ElaiWebhook: secret}}
		web := httpapi.New(httpapi.Options{Beyond: true, Keyless: true, Providers: k.providers(), Hosts: []string{"example.com"}})
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/webhooks/elai", strings.NewReader("{}"))
		web.ServeHTTP(w, r)
		if w.Code != want || w.Header().Get("X-Request-Id") == "" {
			t.Errorf("with secret %q: %d %v", secret, w.Code, w.Header())
		}
	}
}
