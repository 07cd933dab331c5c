// Package capture draws the slides of a checked deck as pictures, in a browser, and reports what does not fit on them.
//
// A run of the pipeline captures each slide as one of its steps. A check and a dry run call [Capturer.Measure] for a
// deck. Both make the same pictures under the same keys, so that a run finds in the cache what a check has drawn.
//
// All pictures that slides show are fetched and checked first ([Capturer.Load]). A page gets only checked pictures.
package capture

import (
	"context"

	"lectern"
	"lectern/internal/picturefile"
	"lectern/internal/slots"
)

// Options are the settings and ports of a Capturer. All ports are required.
type Options struct {
	Browser Browser
	Fetcher Fetcher
	Library Library
	Tabs    *slots.Slots       // bound the pages that the browser shows at once
	Limits  lectern.Limits     // of pictures; zero fields have their defaults
	Judge   *picturefile.Judge // decodes pictures and caches the verdicts; may be shared; nil: a new one
}

// Browser makes pictures of pages.
type Browser interface {
	Capture(ctx context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error)
	Version(ctx context.Context) (string, error)
}

// Fetcher fetches the pictures that pages load.
type Fetcher interface {
	Fetch(ctx context.Context, url string) (lectern.Picture, error)
}

// Library turns slides into pages.
type Library interface {
	Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error)
	Fingerprint() string
}

// Cache keeps files by content key. A file in it never changes.
type Cache interface {
	Get(key string) (path string, ok bool)
	// Make returns the file of a key. If there is none, Make calls write with the path at which to write it. Callers with
	// the same key wait for the one that writes.
	Make(ctx context.Context, key string, write func(path string) error) (path string, err error)
	// Drop removes a key's file, for one that turns out to be damaged.
	Drop(key string) error
}

// Capturer draws slides. It is safe for concurrent use.
type Capturer struct {
	o       Options
	proving chan struct{} // holds one value while a picture is proved, so that each content is proved once
}

// New makes a capturer. It panics if a port is missing.
func New(o Options) *Capturer {
	if o.Browser == nil || o.Fetcher == nil || o.Library == nil || o.Tabs == nil {
		panic("capture.New: a port is missing")
	}
	o.Limits = o.Limits.WithDefaults()
	if o.Judge == nil {
		o.Judge = picturefile.NewJudge()
	}
	return &Capturer{o: o, proving: make(chan struct{}, 1)}
}
