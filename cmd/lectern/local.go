package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lectern"
	"lectern/internal/config"
	"lectern/internal/deck"
	"lectern/internal/log"
)

// local renders in this process: the same pipeline and the same job service as serve's, on a data folder that goes with
// the process. Only the cache of finished steps stays, so that the next render of an edited deck is short.
type local struct {
	house  *house
	cfg    config.Config
	dir    string
	preset string // goes before what decks say; "": there is none
}

func newLocal(ctx context.Context, cfg config.Config, cacheDir string, s streams, verbose bool) (_ *local, err error) {
	dir, err := os.MkdirTemp("", "lectern-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the work: %w", bare(err))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if cacheDir == "" {
		if cacheDir, err = userCache(); err != nil {
			cacheDir = filepath.Join(dir, "cache") // without a home there is nothing to keep
		}
	}
	logger := quietLog()
	if verbose {
		if logger, _, err = log.Open(log.Options{Terminal: s.err, Color: s.color, Level: cfg.Log.Level}); err != nil {
			return nil, err
		}
	}
	cfg.Workers = 1
	cfg.DB, cfg.Role = "", config.RoleAll // what it makes is nobody else's business, whatever the environment says for serve
	l := &local{cfg: cfg, dir: dir}
	l.house, err = openHouse(ctx, cfg, folders{dir, filepath.Join(dir, "artifacts"), cacheDir, filepath.Join(dir, "scratch")}, logger)
	if err != nil {
		return nil, err
	}
	l.house.once = true
	if err := l.house.start(ctx); err != nil {
		return nil, errors.Join(err, l.house.close())
	}
	return l, nil
}

func (l *local) create(ctx context.Context, source deck.Source) (lectern.Presentation, error) {
	q, err := parseDeck(ctx, l.house.decks, source, l.preset, l.cfg.Limits)
	if err != nil {
		return lectern.Presentation{}, err
	}
	d, more, err := l.house.check(false).Check(ctx, q.Deck)
	if err = q.Judge(err); err != nil {
		return lectern.Presentation{}, err
	}
	return l.house.jobs.Submit(ctx, lectern.Submission{Deck: d, Warnings: append(q.Warnings, more...)})
}

func (l *local) follow(ctx context.Context, id string, show func(lectern.Presentation)) (lectern.Presentation, error) {
	var last lectern.Presentation
	for p, err := range l.house.jobs.Watch(ctx, id, 0) {
		if err != nil {
			return last, err
		}
		last = p
		show(p)
	}
	return last, ctx.Err()
}

func (l *local) cancel(ctx context.Context, id string) error {
	_, err := l.house.jobs.Cancel(ctx, id)
	return err
}

func (l *local) files(ctx context.Context, id string) ([]keepsake, error) {
	artifacts, err := l.house.jobs.Artifacts(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []keepsake
	for _, a := range artifacts {
		out = append(out, keepsake{a.Kind, a.Slide, func(ctx context.Context, w io.Writer) error { return l.copy(ctx, a, w) }})
	}
	return out, nil
}

func (l *local) copy(ctx context.Context, a lectern.Artifact, w io.Writer) error {
	r, err := l.house.artifacts.Open(ctx, a.Key)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	if err != nil {
		err = fmt.Errorf("copy the %s: %w", a.Kind, err)
	}
	return errors.Join(err, r.Close())
}

// close stops the service and removes its folder.
func (l *local) close() error {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	return errors.Join(l.house.stop(ctx), l.house.close(), os.RemoveAll(l.dir))
}
