package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"lectern/internal/config"
)

// `lectern render` sends no webhooks, so it starts no deliverer. A deliverer can be started only once; that the test
// can start it shows that it was not running.
func TestRenderDeliversNoWebhooks(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Tools.Chromium = filepath.Join(t.TempDir(), "none") // nothing is rendered
	l, err := newLocal(t.Context(), cfg, t.TempDir(), streams{out: io.Discard, err: io.Discard, in: strings.NewReader("")},
		false, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Deliver(t.Context()); err != nil {
		t.Error("the deliverer runs in a local render")
	}
	if err := l.close(); err != nil {
		t.Error(err)
	}
}
