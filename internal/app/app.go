package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"lectern"
	"lectern/internal/asset"
	"lectern/internal/blob"
	"lectern/internal/capture"
	"lectern/internal/check"
	"lectern/internal/config"
	"lectern/internal/httpapi"
	"lectern/internal/job"
	"lectern/internal/keys"
	"lectern/internal/render"
	"lectern/internal/store/sqlstore"
	"lectern/internal/webhook"
)

// Options are what an App is made of. All fields but Once are required.
type Options struct {
	Config  config.Config
	Folders Folders
	Version string // of the program
	Log     *slog.Logger
	// Once says that the process renders one presentation and ends: the browser starts only where the cache may lack a
	// picture, and ends as soon as all slides are drawn.
	Once bool

	extra []provider // preferred to those of the list; for tests
}

// App is Tools with storage, webhooks and the job service on a data folder.
type App struct {
	*Tools
	Jobs      *job.Service
	Artifacts *blob.Artifacts
	Assets    *asset.Service

	opt       Options
	storage   *Storage
	telemetry *Telemetry
	webhooks  *webhook.Service
	keys      *keys.Ring
	cache     *blob.Cache
	pictures  *asset.Pictures
	slides    *capture.Capturer
	ready     *readiness
	warming   chan struct{} // closed when the start of the browser has ended; nil: it was not begun
	endWarm   context.CancelFunc
}

// Open opens everything and starts nothing. When it fails, it closes what it has opened.
func Open(ctx context.Context, o Options) (*App, error) {
	t, err := newTools(o.Config, o.Log, o.extra)
	if err != nil {
		return nil, err
	}
	a := &App{Tools: t, opt: o}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	cfg, log, at := a.Config, a.opt.Log, a.opt.Folders
	if a.storage, err = OpenStorage(ctx, cfg, at.State, log); err != nil {
		return err
	}
	sessions, err := sealSecrets(ctx, a.secrets.SecretKey, at.State, a.storage.outbox)
	if err != nil {
		return err
	}
	a.keys = keys.New(keys.Options{Store: a.storage.outbox, Admin: a.secrets.APIKey, Seal: sessions, Log: log})
	if a.Artifacts, err = blob.OpenArtifacts(at.Artifacts); err != nil {
		return err
	}
	// Runs hold all that they use, so nothing has to stay for being young, and the limit is kept.
	if a.cache, err = blob.OpenCache(blob.CacheOptions{Dir: at.Cache, Limit: cfg.CacheLimit, MinAge: -1}); err != nil {
		return err
	}
	a.Assets = asset.New(asset.Options{
		Store: a.storage.outbox, Files: assetFiles{a.Artifacts}, Texts: a.Decks.Kinds(), Limits: cfg.Limits,
		Most: cfg.Assets.Upload,
		Keep: cfg.Assets.Keep, Log: log,
	})
	a.pictures = a.Tools.pictures(a.Assets, a.cache)
	a.slides = a.capturer(a.pictures)
	if a.telemetry, err = openTelemetry(ctx, cfg, a.opt.Version, a.sources()); err != nil {
		return err
	}
	if a.webhooks, err = a.newWebhooks(); err != nil {
		return err
	}
	o := job.Options{
		Store: a.storage.Store, Queue: a.storage.Queue, Node: a.storage.node,
		Peers:    a.storage.peers(at.Scratch, a.webhooks.Bury),
		Observer: append(a.telemetry.jobs(), wakeup{a.webhooks}),
		Idle:     cfg.Role == config.RoleAPI,
		Files:    remains{a.Artifacts}, MakeRoom: a.cache.MakeRoom,
		ScratchDir: filepath.Join(at.Scratch, a.storage.node), Logger: log, Workers: cfg.Workers,
		Limits:            job.Limits{Queued: cfg.Queue.Presentations, Stored: cfg.Queue.StoredBytes},
		HeartbeatInterval: cfg.Heartbeat, LeaseTimeout: cfg.Lease,
		CleanupDelay: atOnce(cfg.CleanupWait), Retention: cfg.Retention,
	}
	if !o.Idle {
		o.Run = a.pipeline(a.slides, a.Artifacts, a.cache).Run
	}
	if a.Jobs, err = job.New(o); err != nil {
		return err
	}
	a.ready = newReadiness(log, a.trials()...)
	return nil
}

// Start begins to work on presentations, and starts the browser meanwhile.
func (a *App) Start(ctx context.Context) error {
	if err := a.Jobs.Start(ctx); err != nil {
		return err
	}
	if !a.opt.Once {
		a.Assets.Start(ctx)
	}
	if a.Config.Role == config.RoleAPI {
		return nil // its browser draws previews alone, and starts with the first
	}
	begin, rest := a.Browser.Warm, 10*time.Minute // a server's browser gives its memory back overnight
	if a.opt.Once {
		rest = time.Second / 2  // one that has drawn all slides ends while they are encoded
		if a.cache.Size() > 0 { // all pictures may be in the cache, and no browser is needed
			begin = func(ctx context.Context) error {
				_, err := a.Browser.Version(ctx)
				return err
			}
		}
	}
	a.Browser.Rest(rest)
	for _, p := range a.providers {
		if p.warm != nil {
			p.warm(ctx)
		}
	}
	warm, end := context.WithCancel(context.WithoutCancel(ctx))
	a.warming, a.endWarm = make(chan struct{}), end
	go func() {
		defer close(a.warming)
		err := begin(warm)
		if err == nil && !a.opt.Once {
			err = a.Browser.Prove(warm) // before the first question whether the server is ready
		}
		if err != nil && warm.Err() == nil {
			a.opt.Log.Warn("the browser does not draw yet", "reason", err.Error())
		}
	}()
	return nil
}

// Deliver begins to deliver webhooks. What renders one deck in a folder of its own has none to deliver.
func (a *App) Deliver(ctx context.Context) error { return a.webhooks.Start(ctx) }

// Stop hands running presentations back to the queue. Their last milestones are still delivered, or wait in the outbox.
func (a *App) Stop(ctx context.Context) error {
	a.Assets.Stop()
	err := errors.Join(a.Jobs.Stop(ctx), a.webhooks.Stop(ctx))
	if a.endWarm != nil {
		a.endWarm()
		<-a.warming
	}
	return err
}

// Close closes what was opened, the last first. Stop comes before it where Start did.
func (a *App) Close() error {
	a.ready.close()
	err := errors.Join(a.Tools.Close(), a.telemetry.close())
	if a.cache != nil {
		err = errors.Join(err, a.cache.Close())
	}
	if a.Artifacts != nil {
		err = errors.Join(err, a.Artifacts.Close())
	}
	if a.storage != nil {
		err = errors.Join(err, a.storage.Close())
	}
	return err
}

// Check implements httpapi.Checker. A deck that cannot be rendered for want of a program is refused at once, and not
// after it has waited in the queue.
func (a *App) Check(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	return deckCheck{a, a.checker}.Check(ctx, d)
}

// deckCheck is one of the App's checks: they differ in what an unknown template is.
type deckCheck struct {
	app     *App
	checker *check.Checker
}

// Check implements httpapi.Checker.
func (c deckCheck) Check(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	if c.app.Config.Role != config.RoleAPI {
		if missing := c.app.missing(ctx); len(missing) > 0 {
			f := *missing[0]
			for _, m := range missing[1:] {
				f.Causes = append(f.Causes, *m)
			}
			return d, nil, &f
		}
	}
	return c.checker.Check(ctx, d)
}

// Measure implements httpapi.Measurer.
func (a *App) Measure(ctx context.Context, d lectern.Deck) (int, []lectern.Warning, error) {
	m, err := measure(ctx, a.slides, a.cache, d, nil)
	return m.Slides, m.Warnings, err
}

// trials are what this process must be able to do, by its role: one that only serves HTTP needs neither browser nor
// voices.
func (a *App) trials() []*trial {
	const database = "See that it runs and can be reached; the setting db names it."
	out := []*trial{
		{name: "database", keep: readyPause, do: func(ctx context.Context) error {
			if _, err := a.Jobs.Counts(ctx); err != nil {
				return lectern.Fail(lectern.CodeOverloaded, "The database does not answer. %s", database).Because(err)
			}
			return nil
		}, late: "The database has not answered in time. " + database},
		{name: "artifacts", keep: trialKeep, do: a.Artifacts.Probe,
			late: "A small file could not be written to the data folder in time. See to its disk."},
	}
	if a.Config.Role == config.RoleAPI {
		return out
	}
	return append(out, a.Tools.trials()...)
}

// remains are the artifacts of a presentation; the pipeline stores them below its id.
type remains struct{ artifacts *blob.Artifacts }

// RemoveArtifacts implements job.Files.
func (r remains) RemoveArtifacts(ctx context.Context, id string) error {
	return r.artifacts.DeletePrefix(ctx, render.ArtifactsOf(id))
}

// assetFiles are the files of assets, next to the artifacts.
type assetFiles struct{ *blob.Artifacts }

// Open implements asset.Files.
func (f assetFiles) Open(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	return f.Artifacts.Open(ctx, key)
}

var (
	_ asset.Files      = assetFiles{}
	_ asset.Store      = (*sqlstore.Store)(nil)
	_ httpapi.Jobs     = (*job.Service)(nil)
	_ httpapi.Checker  = (*App)(nil)
	_ httpapi.Checker  = deckCheck{}
	_ httpapi.Measurer = (*App)(nil)
	_ job.Files        = remains{}
)

// atOnce turns a setting of zero into what the job service takes for "at once"; its own zero means the default.
func atOnce(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
