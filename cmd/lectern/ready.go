package main

import (
	"log/slog"

	"lectern/internal/chrome"
	"lectern/internal/config"
)

// newBrowser is the browser that the settings ask for.
func newBrowser(cfg config.Config, logger *slog.Logger) *chrome.Browser {
	return chrome.New(chrome.Options{
		Path: cfg.Tools.Chromium, Tabs: cfg.Tabs, Sandbox: chrome.Sandbox(cfg.Chromium.Sandbox),
		Memory: cfg.Chromium.Memory, Page: cfg.Chromium.Page,
		Exposed: func(reason, said string) {
			logger.Warn("Chromium runs without its own sandbox", "reason", reason, "fix", chrome.AllowSandbox, "chromium", said)
		},
	})
}
