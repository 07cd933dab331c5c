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
	"lectern/internal/document"
	"lectern/internal/httpapi"
	"lectern/internal/job"
	"lectern/internal/keys"
	"lectern/internal/render"
	"lectern/internal/store/sqlstore"
	"lectern/internal/webhook"
)

// Options are the settings of an App. All fields except Once are required.
type Options struct {
	Config  config.Config
	Folders Folders
	Version string // of the program
	Log     *slog.Logger
	// Once says that the process renders one presentation and ends. The browser then starts only if the cache may lack a
	// picture, and ends as soon as all slides are drawn.
	Once bool
	// Several says that a process with Once renders several presentations, one after another. The browser stays between
	// them.
	Several bool

	extra []provider // preferred to the others; for tests
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
	pages     *document.Service
	ready     *readiness
	warming   chan struct{} // closed when the browser has started, or failed to; nil: Start has not started it
	endWarm   context.CancelFunc
}

// Open opens storage, cache, webhooks and the job service, without starting them. If it fails, it closes what it has
// opened.
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
	// MinAge -1: young entries may be evicted too, because runs hold all entries that they use.
	if a.cache, err = blob.OpenCache(blob.CacheOptions{Dir: at.Cache, Limit: cfg.CacheLimit, MinAge: -1}); err != nil {
		return err
	}
	a.Assets = asset.New(asset.Options{
		Store: a.storage.outbox, Files: assetFiles{a.Artifacts}, Texts: a.Decks.Kinds(), Limits: cfg.Limits,
		Most: cfg.Assets.Upload,
		Keep: cfg.Assets.Keep, Log: log,
	})
	a.checker = a.checker.Hearing(sounds{a.Assets, a.Tools})
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
		a.pages = a.documents(a.Assets, filepath.Join(at.Scratch, "documents"))
		o.Run = a.pipeline(a.slides, a.Artifacts, a.cache, a.pages).Run
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
		return nil // its browser draws only previews, and starts with the first one
	}
	begin, rest := a.Browser.Warm, 10*time.Minute // an idle browser ends after this time, which frees its memory
	if a.opt.Once {
		if !a.opt.Several {
			rest = time.Second / 2 // the browser ends once all slides are drawn, while they are encoded
		}
		if a.cache.Size() > 0 { // all pictures may be in the cache, so the browser starts when the first one is missing
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
			err = a.Browser.Prove(warm) // so that the first request of /readyz finds a result
		}
		if err != nil && warm.Err() == nil {
			a.opt.Log.Warn("the browser does not draw yet", "reason", err.Error())
		}
	}()
	return nil
}

// Deliver begins to deliver webhooks. A process that renders one deck does not call it.
func (a *App) Deliver(ctx context.Context) error { return a.webhooks.Start(ctx) }

// Stop returns running presentations to the queue. The webhooks of their last milestones are delivered first, or stay
// in the outbox.
func (a *App) Stop(ctx context.Context) error {
	a.Assets.Stop()
	err := errors.Join(a.Jobs.Stop(ctx), a.webhooks.Stop(ctx))
	if a.endWarm != nil {
		a.endWarm()
		<-a.warming
	}
	return err
}

// Close closes what Open has opened, in reverse order. After Start, call Stop first.
func (a *App) Close() error {
	a.ready.close()
	var err error
	if a.pages != nil {
		err = a.pages.Close()
	}
	err = errors.Join(err, a.Tools.Close(), a.telemetry.close())
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

// Check implements httpapi.Checker. If a program is missing without which no deck can be rendered, it refuses the deck
// at once, before the deck waits in the queue.
func (a *App) Check(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	return deckCheck{a, a.checker}.Check(ctx, d)
}

// deckCheck is one of the App's two checks. In one of them an unknown template is a fault, in the other a warning.
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

// trials are the tests of readiness for this process's role: a process that only serves HTTP needs no browser and no
// voices.
func (a *App) trials() []*trial {
	const database = "Check that it runs and can be reached; the setting db has its address."
	out := []*trial{
		{name: "database", keep: readyPause, do: func(ctx context.Context) error {
			if _, err := a.Jobs.Counts(ctx); err != nil {
				return lectern.Fail(lectern.CodeOverloaded, "The database does not answer. %s", database).Because(err)
			}
			return nil
		}, late: "The database has not answered in time. " + database},
		{name: "artifacts", keep: trialKeep, do: a.Artifacts.Probe,
			late: "A small file could not be written to the data folder in time. Check its disk."},
	}
	if a.Config.Role == config.RoleAPI {
		return out
	}
	return append(out, a.Tools.trials()...)
}

// remains removes the artifacts of a presentation, which the pipeline stores below its id.
type remains struct{ artifacts *blob.Artifacts }

// RemoveArtifacts implements job.Files.
func (r remains) RemoveArtifacts(ctx context.Context, id string) error {
	return r.artifacts.DeletePrefix(ctx, render.ArtifactsOf(id))
}

// assetFiles stores the files of assets next to the artifacts.
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

// atOnce converts a setting of zero to -1, which means "at once" to the job service. There, zero means the default.
func atOnce(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
