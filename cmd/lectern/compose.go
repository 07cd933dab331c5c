package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lectern"
	"lectern/internal/asset"
	"lectern/internal/avatar"
	"lectern/internal/avatar/elai"
	"lectern/internal/blob"
	"lectern/internal/check"
	"lectern/internal/chrome"
	"lectern/internal/config"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
	"lectern/internal/ffmpeg"
	"lectern/internal/httpapi"
	"lectern/internal/job"
	"lectern/internal/keys"
	"lectern/internal/picturefile"
	"lectern/internal/proc"
	"lectern/internal/render"
	"lectern/internal/slides"
	"lectern/internal/store/sqlstore"
	"lectern/internal/tts"
	"lectern/internal/tts/espeak"
	"lectern/internal/tts/flite"
	"lectern/internal/webhook"
)

// kit is what makes slides, voices and pictures. Building one starts nothing and touches no disk.
type kit struct {
	cfg     config.Config
	slides  *slides.Library
	voices  *tts.Catalogue
	avatars *avatar.Catalogue
	slots   *render.Resources
	elai    *elai.Engine // nil: there is no token
	secrets config.Secrets
	assets  *asset.Fetcher
	judge   *picturefile.Judge
	checker *check.Checker
	decks   *deck.Catalogue
	browser *chrome.Browser
	ffmpeg  *lateFFmpeg
	chips   *hardware
	engines []tts.Engine
}

func newKit(cfg config.Config, logger *slog.Logger) (*kit, error) {
	library, err := slides.New()
	if err != nil {
		return nil, fmt.Errorf("read the slide templates: %w", err)
	}
	o := asset.Options{Limits: cfg.Limits, Log: logger}
	if cfg.Assets.AllowPrivate {
		o.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	} else {
		o.Ports = cfg.Assets.Numbers()
	}
	secrets, err := cfg.ReadSecrets(os.Environ())
	if err != nil {
		return nil, err
	}
	engines, ffmpeg := newVoiceEngines(cfg), &lateFFmpeg{path: cfg.Tools.FFmpeg, log: logger}
	avatars, external := newAvatars(cfg, secrets, ffmpeg)
	bounded, voices, assets, judge := library.Bounded(cfg.Limits), tts.NewCatalogue(engines...), asset.New(o), picturefile.NewJudge()
	return &kit{
		cfg: cfg, secrets: secrets, slides: bounded, engines: engines, voices: voices,
		avatars: avatars, elai: external, assets: assets, judge: judge, decks: all.Parsers(),
		checker: check.New(check.Options{
			Voices: voices, Avatars: avatars, Library: bounded, Fetcher: assets, Judge: judge, Limits: cfg.Limits, Subtitles: cfg.Subtitles,
		}),
		browser: newBrowser(cfg, logger),
		ffmpeg:  ffmpeg,
		chips:   newHardware(cfg, ffmpeg, logger),
		slots:   render.NewResources(render.Slots{Encoders: cfg.Encoders, Tabs: cfg.Tabs, Voices: cfg.Voices, Avatars: cfg.Elai.Concurrency}),
	}, nil
}

// newVoiceEngines lists the voices' engines in the order in which they are preferred.
func newVoiceEngines(cfg config.Config) []tts.Engine {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return []tts.Engine{
		flite.New(flite.Options{Program: cfg.Tools.Flite}), // English only, and the more pleasant to listen to
		espeak.New(espeak.Options{Command: []string{self, "internal-voice", "espeak"}}),
	}
}

// close ends the browser and the voices' children.
func (k *kit) close() error {
	err := k.browser.Close()
	for _, e := range k.engines {
		if c, ok := e.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
	}
	k.assets.Close()
	if k.elai != nil {
		err = errors.Join(err, k.elai.Close())
	}
	return err
}

// pipeline puts the kit to work on what is kept in artifacts and cache.
func (k *kit) pipeline(artifacts render.Artifacts, cache *blob.Cache) *render.Pipeline {
	return render.New(render.Options{
		FFmpeg: k.ffmpeg, Browser: k.browser, Fetcher: k.assets, Library: k.slides, Voices: k.voices, Avatars: k.avatars,
		Align: tts.Align, Plain: k.cfg.Compat, Check: k.checker.Lenient().Check, Segmenter: k.browser, Encoder: k.chips.encoder, Artifacts: artifacts, Limits: k.cfg.Limits,
		Judge: k.judge,
		Cache: func() (render.Cache, func()) {
			hold := cache.Hold()
			return hold, hold.Release
		},
		Resources: k.slots,
	})
}

// absent quickly names the programs without which nothing can be rendered.
func (k *kit) absent() []finding {
	var out []finding
	if _, err := proc.Find(first(k.cfg.Tools.FFmpeg, "ffmpeg")); err != nil {
		if f := examineFFmpeg(k.cfg); f.State == "missing" {
			out = append(out, f)
		}
	}
	if _, err := chrome.Find(k.cfg.Tools.Chromium); err != nil {
		out = append(out, finding{Name: "Chromium", Needed: true, Packages: []string{chrome.Package}}.missing(err))
	}
	return out
}

// programs quickly names the programs that are missing before presentations can be made; it looks again at each call, so what
// was installed counts at once. Whether they work is found out by the trials.
func (k *kit) programs(ctx context.Context) []*lectern.Failure {
	looks := []func() error{
		func() error { _, err := k.ffmpeg.find(); return err },
		func() error { _, err := chrome.Find(k.cfg.Tools.Chromium); return err },
		func() error { return k.voices.Any(ctx) },
	}
	found := make([]error, len(looks))
	var wg sync.WaitGroup // each waits for a program to answer
	for i, look := range looks {
		wg.Go(func() { found[i] = look() })
	}
	wg.Wait()
	var out []*lectern.Failure
	for _, err := range found {
		if err != nil {
			out = append(out, lectern.AsFailure(err))
		}
	}
	return out
}

func first(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

// lateFFmpeg is ffmpeg, looked for when it is first needed: asking it for its version and its encoders takes longer
// than the whole start of the server, and what is installed later is found without a restart.
type lateFFmpeg struct {
	path string
	log  *slog.Logger
	mu   sync.Mutex // held by who looks for it
	tool *ffmpeg.Tool
}

var _ render.FFmpeg = (*lateFFmpeg)(nil)

func (l *lateFFmpeg) find() (*ffmpeg.Tool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tool != nil {
		return l.tool, nil
	}
	t, err := ffmpeg.Find(l.path)
	if err != nil {
		return nil, err
	}
	l.tool = t
	l.log.Debug("ffmpeg found", "path", t.Path(), "version", t.Version())
	return t, nil
}

// Run implements render.FFmpeg.
func (l *lateFFmpeg) Run(ctx context.Context, c render.Command) error {
	t, err := l.find()
	if err != nil {
		return err
	}
	return t.Run(ctx, ffmpeg.Run{Args: c.Args, Stdin: c.Stdin, Stdout: c.Stdout, OnFrame: c.OnFrame, OnTime: c.OnTime, What: c.What})
}

// Version implements render.FFmpeg: "" where there is no ffmpeg.
func (l *lateFFmpeg) Version() string {
	t, err := l.find()
	if err != nil {
		return ""
	}
	return t.Version()
}

// folders are where a house keeps what it makes.
type folders struct{ state, artifacts, cache, scratch string }

func foldersIn(cfg config.Config) folders {
	return folders{cfg.Path(), cfg.Path("artifacts"), cfg.Path("cache"), cfg.Path("scratch")}
}

// house is a kit with a job service on a data folder: all that serve and render have in common.
type house struct {
	*kit
	log       *slog.Logger
	records   *records
	watch     *instruments
	hooks     *webhook.Service
	keys      *keys.Ring
	artifacts *blob.Artifacts
	cache     *blob.Cache
	pipe      *render.Pipeline
	jobs      *job.Service
	ready     *readiness
	once      bool          // it is there for one presentation
	warming   chan struct{} // closed when the start of the browser has ended
	endWarm   context.CancelFunc
}

// openHouse opens everything and starts nothing. What it has opened when it fails is closed again.
func openHouse(ctx context.Context, cfg config.Config, at folders, logger *slog.Logger) (*house, error) {
	k, err := newKit(cfg, logger)
	if err != nil {
		return nil, err
	}
	h := &house{kit: k, log: logger}
	if err := h.open(ctx, at); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *house) open(ctx context.Context, at folders) (err error) {
	if h.records, err = openRecords(ctx, h.cfg, at.state, h.log); err != nil {
		return err
	}
	sessions, err := sealSecrets(ctx, h.secrets.SecretKey, at.state, h.records.outbox)
	if err != nil {
		return err
	}
	h.keys = keys.New(keys.Options{Store: h.records.outbox, Admin: h.secrets.APIKey, Seal: sessions, Log: h.log})
	if h.artifacts, err = blob.OpenArtifacts(at.artifacts); err != nil {
		return err
	}
	// Runs hold all that they use, so nothing has to stay for being young, and the limit is kept.
	if h.cache, err = blob.OpenCache(blob.CacheOptions{Dir: at.cache, Limit: h.cfg.CacheLimit, MinAge: -1}); err != nil {
		return err
	}
	if h.watch, err = openInstruments(ctx, h.cfg); err != nil {
		return err
	}
	if h.hooks, err = newHooks(h.cfg, h.secrets.Webhook, h.records, h.watch, h.log); err != nil {
		return err
	}
	h.pipe = h.pipeline(h.artifacts, h.cache)
	h.jobs, err = job.New(job.Options{
		Store: h.records.store, Queue: h.records.queue, Peers: h.records.peers(at.scratch, h.hooks.Bury), Node: h.records.node,
		Observer: h.watch,
		Idle:     h.cfg.Role == config.RoleAPI,
		Files:    remains{h.artifacts}, Run: h.pipe.Run, MakeRoom: h.cache.MakeRoom,
		ScratchDir: filepath.Join(at.scratch, h.records.node), Logger: h.log, Workers: h.cfg.Workers,
		Limits:            job.Limits{Queued: h.cfg.Queue.Presentations, Stored: h.cfg.Queue.StoredBytes},
		HeartbeatInterval: h.cfg.Heartbeat, LeaseTimeout: h.cfg.Lease,
		CleanupDelay: atOnce(h.cfg.CleanupWait), Retention: h.cfg.Retention,
	})
	if err != nil {
		return err
	}
	h.watch.look(h)
	h.ready = newReadiness(h.log, h.trials()...)
	return nil
}

// start begins to work on presentations, and to start the browser beside it.
func (h *house) start(ctx context.Context) error {
	if err := h.jobs.Start(ctx); err != nil {
		return err
	}
	if h.cfg.Role == config.RoleAPI {
		return nil // its browser draws previews alone, and starts with the first
	}
	begin := h.browser.Warm
	if h.once && h.cache.Size() > 0 { // it may find all of its pictures in the cache, and need no browser
		begin = func(ctx context.Context) error {
			_, err := h.browser.Version(ctx)
			return err
		}
	}
	rest := 10 * time.Minute // a server's browser gives its memory back overnight
	if h.once {
		rest = time.Second / 2 // and one that has drawn all slides ends while they are encoded
	}
	h.browser.Rest(rest)
	warm, end := context.WithCancel(context.WithoutCancel(ctx))
	if h.elai != nil {
		h.elai.Warm(ctx)
	}
	h.warming, h.endWarm = make(chan struct{}), end
	go func() {
		defer close(h.warming)
		err := begin(warm)
		if err == nil && !h.once {
			err = h.browser.Prove(warm) // before somebody asks whether the server is ready
		}
		if err != nil && warm.Err() == nil {
			h.log.Warn("the browser does not draw yet", "reason", err.Error())
		}
	}()
	return nil
}

// tell begins to deliver webhooks. Who renders one deck in a folder of its own has nobody to tell.
func (h *house) tell(ctx context.Context) error { return h.hooks.Start(ctx) }

// stop hands running presentations back to the queue.
func (h *house) stop(ctx context.Context) error {
	err := errors.Join(h.jobs.Stop(ctx), h.hooks.Stop(ctx)) // what the jobs say last still goes out, or waits in the outbox
	if h.endWarm != nil {
		h.endWarm()
		<-h.warming
	}
	return err
}

// close ends what was opened, the last first. stop comes before it.
func (h *house) close() error {
	h.ready.close()
	err := errors.Join(h.kit.close(), h.watch.close())
	if h.cache != nil {
		err = errors.Join(err, h.cache.Close())
	}
	if h.artifacts != nil {
		err = errors.Join(err, h.artifacts.Close())
	}
	if h.records != nil {
		err = errors.Join(err, h.records.close())
	}
	return err
}

// deckCheck is the check of a house: a deck that cannot be rendered for want of a program is refused at once, and not
// after it has waited in the queue.
type deckCheck struct {
	house   *house
	checker *check.Checker
}

// Check implements httpapi.Checker.
func (c deckCheck) Check(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	if c.house.cfg.Role != config.RoleAPI {
		if missing := c.house.programs(ctx); len(missing) > 0 {
			f := *missing[0]
			for _, m := range missing[1:] {
				f.Causes = append(f.Causes, *m)
			}
			return d, nil, &f
		}
	}
	return c.checker.Check(ctx, d)
}

// check is that of decks; any: an unknown template is no fault.
func (h *house) check(any bool) deckCheck {
	if any {
		return deckCheck{h, h.checker.Lenient()}
	}
	return deckCheck{h, h.checker}
}

// Measure implements httpapi.Measurer.
func (h *house) Measure(ctx context.Context, d lectern.Deck) (int, []lectern.Warning, error) {
	m, err := h.pipe.Measure(ctx, d, nil)
	return m.Slides, m.Warnings, err
}

// remains are the artifacts of a presentation; the pipeline stores them below its id.
type remains struct{ artifacts *blob.Artifacts }

// RemoveArtifacts implements job.Files.
func (r remains) RemoveArtifacts(ctx context.Context, id string) error {
	return r.artifacts.DeletePrefix(ctx, render.ArtifactsOf(id))
}

var (
	_ httpapi.Jobs     = (*job.Service)(nil)
	_ httpapi.Checker  = deckCheck{}
	_ httpapi.Measurer = (*house)(nil)
	_ httpapi.Keys     = (*keys.Ring)(nil)
	_ keys.Store       = (*sqlstore.Store)(nil)
	_ job.Files        = remains{}
)

// quietLog hears nothing, for commands that only look something up.
func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// userCache is where finished steps of `render` stay between renders.
func userCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "lectern"), nil
}

// atOnce turns a setting of zero into what the job service takes for "at once"; its own zero means the default.
func atOnce(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}
