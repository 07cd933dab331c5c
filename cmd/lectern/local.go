package main

import (
	"context"
	"io"
	"os"

	"lectern"
	"lectern/internal/app"
	"lectern/internal/config"
	"lectern/internal/deck"
	"lectern/internal/log"
)

// local renders in this process.
type local struct {
	*app.Local
	over overrides
}

// newLocal opens what renders in this process. several: more than one deck, one after another.
func newLocal(ctx context.Context, cfg config.Config, cacheDir string, s streams, verbose, several bool) (*local,
	error) {
	logger := quietLog()
	if verbose {
		var err error
		if logger, _, err = log.Open(log.Options{Terminal: s.err, Color: s.color, Level: cfg.Log.Level}); err != nil {
			return nil, err
		}
	}
	l, err := app.OpenLocal(ctx, cfg, app.LocalOptions{Cache: cacheDir, Version: programVersion(), Log: logger,
		Several: several})
	if err != nil {
		return nil, err
	}
	return &local{Local: l}, nil
}

func (l *local) create(ctx context.Context, source deck.Source, choice choice) (lectern.Presentation, error) {
	q, err := l.read(ctx, source, choice)
	if err != nil {
		return lectern.Presentation{}, err
	}
	return l.submit(ctx, q)
}

// read reads a deck and makes assets of the files that it names.
func (l *local) read(ctx context.Context, source deck.Source, choice choice) (deck.Request, error) {
	settings, err := choice.recording.over(ctx, l.over.settings, l.Tools, l.keep)
	if err != nil {
		return deck.Request{}, err
	}
	q, err := parseDeck(ctx, l.Decks, source, overrides{settings, l.over.password}, l.Config.Limits)
	if err == nil {
		q, err = edition(q, choice, l.Tools)
	}
	if err == nil {
		q, _, err = attach(ctx, q, source.Folder, l.Tools, l.keep)
	}
	return q, err
}

// submit checks a deck that was read, and begins its presentation.
func (l *local) submit(ctx context.Context, q deck.Request) (lectern.Presentation, error) {
	d, more, err := l.Check(ctx, q.Deck)
	if err = q.Judge(err); err != nil {
		return lectern.Presentation{}, err
	}
	return l.Jobs.Submit(ctx, lectern.Submission{Deck: d, Warnings: append(q.Warnings, more...), Report: q.Report,
		Password: l.over.password})
}

func (l *local) report(ctx context.Context, id string) ([]lectern.SlideReport, error) {
	return l.Jobs.Report(ctx, id)
}

// keep implements keeper.
func (l *local) keep(ctx context.Context, name string, f *os.File, size int64) (string, error) {
	a, _, err := l.Assets.Add(ctx, lectern.Upload{Name: name, Size: size, Body: f})
	return a.SHA256, err
}

func (l *local) follow(ctx context.Context, id string, show func(lectern.Presentation)) (lectern.Presentation, error) {
	var last lectern.Presentation
	for p, err := range l.Jobs.Watch(ctx, id, 0) {
		if err != nil {
			return last, err
		}
		last = p
		show(p)
	}
	return last, ctx.Err()
}

func (l *local) cancel(ctx context.Context, id string) error {
	_, err := l.Jobs.Cancel(ctx, id)
	return err
}

func (l *local) files(ctx context.Context, id string) ([]outputFile, error) {
	artifacts, err := l.Jobs.Artifacts(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []outputFile
	for _, a := range artifacts {
		out = append(out, outputFile{a.Kind, a.Slide,
			func(ctx context.Context, w io.Writer) error { return l.Copy(ctx, a, w) }})
	}
	return out, nil
}

func (l *local) close() error { return l.Close() }
