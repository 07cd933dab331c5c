package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lectern"
	"lectern/internal/config"
)

// Local renders in this process, with the pipeline and the job service of a server, on a data folder that Close
// removes. Only the cache of finished steps stays, so that the next render of an edited deck is short. It delivers no
// webhooks.
type Local struct {
	*App
	Dir string // the data folder; the caller may store files in it too

	life  context.Context // ends with Close
	end   context.CancelFunc
	ahead sync.WaitGroup // conversions
}

// LocalOptions are the settings of a Local.
type LocalOptions struct {
	Cache   string // folder of the cache; "": that of the user
	Version string // of the program
	Log     *slog.Logger
	Several bool // it renders several decks, one after another: what is warm stays warm
}

// OpenLocal opens and starts a Local. The settings of databases, roles and workers are for servers, and have no effect
// here.
func OpenLocal(ctx context.Context, cfg config.Config, o LocalOptions) (_ *Local, err error) {
	dir, err := os.MkdirTemp("", "lectern-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the work: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	cache := o.Cache
	if cache == "" {
		if cache, err = UserCache(); err != nil {
			cache = filepath.Join(dir, "cache") // the user has no home folder, so nothing is kept
		}
	}
	cfg.Workers, cfg.DB, cfg.Role = 1, "", config.RoleAll
	at := Folders{State: dir, Artifacts: filepath.Join(dir, "artifacts"), Cache: cache,
		Scratch: filepath.Join(dir, "scratch")}
	a, err := Open(ctx, Options{Config: cfg, Folders: at, Version: o.Version, Log: o.Log, Once: true, Several: o.Several})
	if err != nil {
		return nil, err
	}
	if err := a.Start(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	l := &Local{App: a, Dir: dir}
	l.life, l.end = context.WithCancel(ctx)
	return l, nil
}

// Copy writes an artifact to w.
func (l *Local) Copy(ctx context.Context, a lectern.Artifact, w io.Writer) error {
	r, err := l.Artifacts.Open(ctx, a.Key)
	if err != nil {
		return err
	}
	if _, err = io.Copy(w, r); err != nil {
		err = fmt.Errorf("copy the %s: %w", a.Kind, err)
	}
	return errors.Join(err, r.Close())
}

// Close stops the service and removes its folder.
func (l *Local) Close() error {
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	l.end()
	l.ahead.Wait()
	return errors.Join(l.Stop(ctx), l.App.Close(), os.RemoveAll(l.Dir))
}
