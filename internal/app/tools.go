package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"

	"lectern"
	"lectern/internal/asset"
	"lectern/internal/avatar"
	"lectern/internal/blob"
	"lectern/internal/capture"
	"lectern/internal/check"
	"lectern/internal/chrome"
	"lectern/internal/config"
	"lectern/internal/deck"
	parsers "lectern/internal/deck/all"
	"lectern/internal/document"
	"lectern/internal/fetch"
	"lectern/internal/office"
	"lectern/internal/pdf"
	"lectern/internal/picturefile"
	"lectern/internal/render"
	"lectern/internal/slides"
	"lectern/internal/slots"
	"lectern/internal/tts"
	"lectern/internal/usage"
)

// Tools make slides, voices and pictures.
type Tools struct {
	Config  config.Config
	Slides  *slides.Library
	Voices  *tts.Catalogue
	Avatars *avatar.Catalogue
	Web     *fetch.Fetcher // of pictures
	Browser *chrome.Browser
	FFmpeg  *FFmpeg
	Office  *office.Converter // of PowerPoint and OpenDocument files to PDF

	pdf       *pdf.Engine
	secrets   config.Secrets
	providers []provider
	slots     *render.Resources
	ledger    *usage.Ledger
	judge     *picturefile.Judge
	checker   *check.Checker
	Decks     *deck.Catalogue
	encoder   *encoder
}

// NewTools makes tools. It starts no program and writes nothing. A secret that cannot be read is a *config.Error.
func NewTools(cfg config.Config, logger *slog.Logger) (*Tools, error) {
	return newTools(cfg, logger, nil)
}

func newTools(cfg config.Config, logger *slog.Logger, extra []provider) (*Tools, error) {
	library, err := slides.New()
	if err != nil {
		return nil, fmt.Errorf("read the slide templates: %w", err)
	}
	secrets, err := cfg.ReadSecrets(os.Environ())
	if err != nil {
		return nil, err
	}
	o := fetch.Options{Limits: cfg.Limits, Log: logger}
	if cfg.Assets.AllowPrivate {
		o.AllowPrivate = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	} else {
		o.Ports = cfg.Assets.Numbers()
	}
	ffmpeg := newFFmpeg(cfg, logger)
	all, engine := slices.Concat(extra, providers(cfg, secrets, ffmpeg)), newPDF(cfg)
	converter := newOffice(cfg, logger)
	t := &Tools{
		Config: cfg, Slides: library.Bounded(cfg.Limits), Voices: voicesOf(all), Avatars: avatarsOf(cfg, all),
		Web: fetch.New(o), Browser: newBrowser(cfg, logger), FFmpeg: ffmpeg,
		Office: converter, pdf: engine,
		secrets: secrets, providers: all, judge: picturefile.NewJudge(),
		Decks:   parsers.With(engine, machine(converter, ffmpeg)),
		encoder: newEncoder(cfg, ffmpeg, logger),
		slots: render.NewResources(render.Slots{
			Encoders: cfg.Encoders, Tabs: cfg.Tabs, Avatars: cfg.Elai.Concurrency, Voices: widest(all),
		}),
	}
	t.ledger = usage.NewLedger(t.Browser.CPU)
	t.checker = check.New(check.Options{
		Voices: t.Voices, Avatars: t.Avatars, Library: t.Slides, Fetcher: &asset.Pictures{Web: t.Web}, Judge: t.judge,
		Recognise: tts.Certain, Limits: cfg.Limits, Subtitles: cfg.Subtitles,
	})
	return t, nil
}

// newBrowser returns a browser for the settings, without starting it.
func newBrowser(cfg config.Config, logger *slog.Logger) *chrome.Browser {
	return chrome.New(chrome.Options{
		Path: cfg.Tools.Chromium, Tabs: cfg.Tabs, Sandbox: chrome.Sandbox(cfg.Chromium.Sandbox),
		Memory: cfg.Chromium.Memory, Page: cfg.Chromium.Page,
		Exposed: func(reason, said string) {
			logger.Warn("Chromium runs without its own sandbox", "reason", reason, "fix", chrome.AllowSandbox, "chromium", said)
		},
	})
}

// Close ends the browser, LibreOffice and the children of the providers.
func (t *Tools) Close() error {
	err := errors.Join(t.Browser.Close(), t.Office.Close(), t.pdf.Close())
	t.Web.Close()
	for _, p := range t.providers {
		if p.close != nil {
			err = errors.Join(err, p.close())
		}
	}
	return err
}

// pictures returns what loads the pictures of slides: from the web, and those of assets from contents.
func (t *Tools) pictures(contents asset.Contents, cache *blob.Cache) *asset.Pictures {
	return &asset.Pictures{Web: t.Web, Contents: contents, Drawer: t.Browser, Cache: cache, Limits: t.Config.Limits}
}

// capturer returns what draws slides with these pictures.
func (t *Tools) capturer(p *asset.Pictures) *capture.Capturer {
	return capture.New(capture.Options{
		Browser: t.Browser, Fetcher: p, Library: t.Slides, Tabs: t.slots.Tabs(), Limits: t.Config.Limits, Judge: t.judge,
	})
}

// pipeline returns a pipeline that uses the tools and stores its results in artifacts and cache.
func (t *Tools) pipeline(slides *capture.Capturer, artifacts render.Artifacts, cache *blob.Cache,
	documents *document.Service) *render.Pipeline {
	return render.New(render.Options{
		FFmpeg: t.FFmpeg, Capture: slides, Browser: t.Browser, Library: t.Slides, Voices: t.Voices, Avatars: t.Avatars,
		References: t.references(), Align: tts.Align, Plain: t.Config.Compat, Check: t.checker.Lenient().Check,
		Segmenter: t.Browser,
		Encoder:   t.encoder.works, Artifacts: artifacts, Documents: documents, Files: documents,
		Cache: func() (render.Cache, func()) {
			hold := cache.Hold()
			return hold, hold.Release
		},
		Resources: t.slots, Ledger: t.ledger, Prices: pricesOf(t.providers),
	})
}

// references returns the offline voices with which recordings are compared.
func (t *Tools) references() render.Voices {
	var list []provider
	for _, p := range t.providers {
		if p.reference {
			list = append(list, p)
		}
	}
	return voicesOf(list)
}

// measure draws the slides of a checked deck into the cache and reports what does not fit on them, see
// [capture.Capturer.Measure].
func measure(ctx context.Context, slides *capture.Capturer, cache *blob.Cache, d lectern.Deck,
	show func(done int)) (capture.Measured, error) {
	hold := cache.Hold()
	defer hold.Release()
	return slides.Measure(ctx, hold, d, show)
}

// Check checks a deck and draws its slides to measure them, without a server. The drawn pictures are stored in the
// cache of renders.
//
// files maps the hashes of assets to paths of files. judge receives the error of the check and may add the faults that
// a parser found. show is called with the number of slides that are measured, by any goroutine. A deck that fails the
// check is returned with its defaults.
func (t *Tools) Check(ctx context.Context, d lectern.Deck, files map[string]string, judge func(error) error,
	show func(done int)) (
	checked lectern.Deck, warnings []lectern.Warning, measured int, err error) {
	faulty := d.WithDefaults()
	dir, err := UserCache()
	if err != nil { // the user has no home folder, so nothing is kept
		if dir, err = os.MkdirTemp("", "lectern-"); err != nil {
			return faulty, nil, 0, fmt.Errorf("make a folder for the work: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	cache, err := blob.OpenCache(blob.CacheOptions{Dir: dir, Limit: t.Config.CacheLimit, MinAge: -1})
	if err != nil {
		return faulty, nil, 0, err
	}
	defer func() { err = errors.Join(err, cache.Close()) }()
	checked, warnings, err = t.checker.Hearing(sounds{asset.Local(files), t}).Advising().Check(ctx, d)
	if err = judge(err); err != nil {
		return faulty, warnings, 0, err
	}
	m, err := measure(ctx, t.capturer(t.pictures(asset.Local(files), cache)), cache, checked, show)
	return checked, append(warnings, m.Warnings...), m.Slides, err
}

// missing returns a failure for each missing program without which no presentation can be made. It looks again at each
// call, so that an installation takes effect at once. The trials test whether the programs work.
func (t *Tools) missing(ctx context.Context) []*lectern.Failure {
	looks := []func() error{
		func() error { _, err := t.FFmpeg.Find(); return err },
		func() error { _, err := chrome.Find(t.Config.Tools.Chromium); return err },
		func() error { return t.Voices.Any(ctx) },
	}
	found := make([]error, len(looks))
	var wg sync.WaitGroup // concurrently, because ffmpeg and the voice engines need time to answer
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

// trials are the tests of readiness of what a render needs.
func (t *Tools) trials() []*trial {
	return []*trial{
		{name: "ffmpeg", keep: trialKeep, do: func(context.Context) error { _, err := t.FFmpeg.Find(); return err },
			late: "ffmpeg has not printed its version in time. Check that it runs: ffmpeg -version."},
		{name: "browser", keep: trialKeep, do: t.Browser.Prove,
			late: "The browser has not drawn its first picture yet. Ask again in a moment; `lectern doctor` tries it too."},
		{name: "voices", keep: trialKeep, do: func(ctx context.Context) error { return t.Voices.Any(ctx) },
			late: "No voice engine has answered in time. `lectern doctor` tests them."},
	}
}

// uses lists the resources that presentations share, with what is in use of each.
func (t *Tools) uses() []slots.Use {
	list := t.slots.Uses()
	for _, p := range t.providers {
		if p.slots != nil {
			list = append(list, p.slots.Use())
		}
	}
	return list
}

// webhooks maps the route of each provider that sends messages to the handler of that provider.
func (t *Tools) webhooks() map[string]http.Handler {
	routes := map[string]http.Handler{}
	for _, p := range t.providers {
		if p.webhook != nil {
			routes["/webhooks/"+p.name] = p.webhook
		}
	}
	return routes
}

// closer returns the Close of an engine that has one, else nil.
func closer(engine any) func() error {
	if c, ok := engine.(io.Closer); ok {
		return c.Close
	}
	return nil
}
