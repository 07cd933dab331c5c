package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"lectern/internal/config"
)

// `lectern render` tells nobody of its presentation, so nothing of it looks for webhooks to deliver. A deliverer can be
// started once: that it can be here shows that it was not.
func TestRenderDeliversNoWebhooks(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Tools.Chromium = filepath.Join(t.TempDir(), "none") // nothing is rendered
	l, err := newLocal(t.Context(), cfg, t.TempDir(), streams{out: io.Discard, err: io.Discard, in: strings.NewReader("")},
		false)
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
