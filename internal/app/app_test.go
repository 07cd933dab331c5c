package app

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"lectern/internal/config"
)

func TestMain(m *testing.M) {
	if code, child := ChildMain(os.Args[1:]); child {
		os.Exit(code)
	}
	goleak.VerifyTestMain(m)
}

// opened returns an App on a data folder of its own, without a browser.
func opened(t *testing.T) *App {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.Tools.Chromium = filepath.Join(t.TempDir(), "none")
	a, err := Open(t.Context(), Options{Config: cfg, Folders: FoldersIn(cfg), Version: "1.2.3", Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Close closes what Open has opened, started or not, and no goroutine is left.
func TestAnAppLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	if err := opened(t).Close(); err != nil {
		t.Errorf("not started: %v", err)
	}
	a := opened(t)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := a.Deliver(ctx); err != nil {
		t.Fatal(err)
	}
	if err := a.Stop(ctx); err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// An App that fails to open does not keep its data folder locked.
func TestAFailedOpenClosesWhatItOpened(t *testing.T) {
	t.Parallel()
	a := opened(t)
	o := a.opt
	if _, err := Open(t.Context(), o); err == nil {
		t.Error("two Apps share a data folder")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// The handler serves health, readiness and metrics. It is not ready, because the browser is missing.
func TestTheHandlerServesHealthAndReadiness(t *testing.T) {
	t.Parallel()
	a := opened(t)
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	h, err := a.Handler(nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8000})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable,
		"/metrics": http.StatusOK} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "localhost:8000"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
