// Package capture draws the slides of a settled deck as pictures, in a browser, and says what does not fit on them.
//
// A run of the pipeline captures each slide as one of its steps; a check and a dry run [Capturer.Measure] a deck. Both
// make the same pictures under the same keys, so that a run finds in the cache what a check has drawn.
//
// All pictures that slides show are fetched and judged first ([Capturer.Load]): a page gets none that was not.
package capture

import (
	"context"

	"lectern"
	"lectern/internal/picturefile"
	"lectern/internal/slots"
)

// Options are what a capturer works with. All ports are needed.
type Options struct {
	Browser Browser
	Fetcher Fetcher
	Library Library
	Tabs    *slots.Slots       // pages that the browser shows at once
	Limits  lectern.Limits     // of pictures; zero fields: the defaults
	Judge   *picturefile.Judge // remembers which pictures can be decoded; may be shared; nil: one of its own
}

// Browser makes pictures of pages.
type Browser interface {
	Capture(ctx context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error)
	Version(ctx context.Context) (string, error)
}

// Fetcher gets the pictures that pages load.
type Fetcher interface {
	Fetch(ctx context.Context, url string) (lectern.Picture, error)
}

// Library turns slides into pages.
type Library interface {
	Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error)
	Fingerprint() string
}

// Cache keeps files by content key. What is there never changes.
type Cache interface {
	Get(key string) (path string, ok bool)
	// Make returns the file of a key; where there is none, write makes it at the path that it is given. Callers with the
	// same key wait for the one that writes.
	Make(ctx context.Context, key string, write func(path string) error) (path string, err error)
	// Drop removes a key's file, for one that turns out to be damaged.
	Drop(key string) error
}

// Capturer draws slides. It is safe for concurrent use.
type Capturer struct {
	o       Options
	proving chan struct{} // has room for the one that proves a picture, so that each content is proved once
}

// New makes a capturer. It panics where a port is missing: that is a fault of the program.
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
