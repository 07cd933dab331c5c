package app

import (
	"context"
	"log/slog"

	"lectern/internal/config"
	"lectern/internal/office"
)

// newOffice returns what converts office files for the settings. It starts nothing.
func newOffice(cfg config.Config, logger *slog.Logger) *office.Converter {
	return office.New(office.Options{
		Program: cfg.Office.Program, Child: childOf(officeChild), Timeout: cfg.Office.Timeout,
		Memory: uint64(cfg.Office.Memory), Log: logger,
	})
}

// examineOffice starts LibreOffice, and finds out how far this machine lets Lectern contain it.
func examineOffice(ctx context.Context, cfg config.Config) Finding {
	f := Finding{Name: "LibreOffice", For: "PowerPoint and OpenDocument decks", Packages: office.Packages}
	o := newOffice(cfg, slog.New(slog.DiscardHandler))
	defer o.Close()
	version, err := o.Find(ctx)
	if err != nil {
		return f.missing(err)
	}
	f.Tried = "started, contained"
	if lacks := o.Examine(ctx).Missing(); lacks != "" {
		f.Tried = "started"
		f.Note = "it runs with fewer restrictions than it could: " + lacks + ". Its profile still blocks linked content " +
			"and macros."
	}
	return f.found(version)
}
