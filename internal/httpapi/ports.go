package httpapi

import (
	"context"
	"image"
	"io"
	"iter"
	"time"

	"lectern"
	"lectern/internal/deck"
)

// Jobs is the job service as this package sees it. *job.Service implements it.
type Jobs interface {
	Intake
	Meter
	Reader
	Controls
	Results
}

// Intake accepts decks that have been checked.
type Intake interface {
	Submit(ctx context.Context, sub lectern.Submission) (lectern.Presentation, error)
	// Reserve claims an Idempotency-Key of an owner for a request. If the same request has already created a presentation,
	// replayed is true and p is that presentation. It fails with CodeKeyMismatch if a different request has the key, and
	// with CodeKeyInUse while the first request with it is not answered yet (J13). Submit completes the key.
	Reserve(ctx context.Context, owner, key, fingerprint string) (p lectern.Presentation, replayed bool, err error)
	// ReleaseKey frees the key of a request that failed. A completed key stays.
	ReleaseKey(ctx context.Context, owner, key string) error
}

// Meter reports how much of a quota is used.
type Meter interface {
	// Usage returns what a key has used of its quota.
	Usage(ctx context.Context, keyID string) (lectern.Usage, error)
}

// Reader reads presentations. An unknown id fails with CodeNotFound.
type Reader interface {
	Get(ctx context.Context, id string) (lectern.Presentation, error)
	// List returns a page, the newest first, and the cursor of the next page; "" after the last page.
	List(ctx context.Context, q lectern.Query) (page []lectern.Presentation, next string, err error)
	// Watch yields every version above after, in order. It ends after the terminal version, or with an error.
	Watch(ctx context.Context, id string, after int64) iter.Seq2[lectern.Presentation, error]
}

// Controls changes presentations at the request of a user.
type Controls interface {
	Cancel(ctx context.Context, id string) (lectern.Presentation, error)
	// Retry queues a presentation again. The limits of Submit and the quota of who apply to it.
	Retry(ctx context.Context, id string, who lectern.Account) (lectern.Presentation, error)
	Delete(ctx context.Context, id string) error
}

// Results reads the deck of a presentation with its report, its artifacts and its finished steps.
type Results interface {
	Deck(ctx context.Context, id string) (lectern.Deck, error)
	// Report returns what was made of each slide of the deck's file; nil: it has no such file.
	Report(ctx context.Context, id string) ([]lectern.SlideReport, error)
	Artifacts(ctx context.Context, id string) ([]lectern.Artifact, error)
	Steps(ctx context.Context, id string) ([]lectern.Step, error)
}

// Decks parses the deck of a request. *deck.Catalogue implements it.
type Decks interface {
	Parse(ctx context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error)
	Kinds() []deck.Kind
}

// Checker settles a deck (package check says what that is) and refuses one that would fail, with all of its faults in
// one failure. *check.Checker implements it.
type Checker interface {
	Check(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error)
}

// Measurer draws the slides of a settled deck in the browser and reports what does not fit on them.
type Measurer interface {
	// Measure returns the number of measured slides and the warnings about them. It fails at a slide that a render would
	// fail at. When ctx ends, it returns what it has measured so far, and ctx's cause as the error.
	Measure(ctx context.Context, d lectern.Deck) (slides int, warnings []lectern.Warning, err error)
}

// Callbacks judges callback addresses. *webhook.Service implements it.
type Callbacks interface {
	// Allowed refuses an address that webhooks may not be sent to (CodeCallbackRefused). It does not use the network, so
	// it resolves no names.
	Allowed(address string) error
}

// Slides makes pages of slides. *slides.Library implements it.
type Slides interface {
	Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error)
	Document(d lectern.Deck) (string, error)
	// Files lists the pictures that a deck names by the paths of files next to it.
	Files(d lectern.Deck) []lectern.FileUse
	// PropKind is a lectern.PropKind: it returns the type of a template's prop.
	PropKind(template, prop string) string
	Catalogue
}

// Catalogue lists templates and themes.
type Catalogue interface {
	Templates() []lectern.Template
	Themes() []lectern.Theme
}

// Browser takes pictures of pages. *chrome.Browser implements it.
type Browser interface {
	Capture(ctx context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error)
}

// Pictures fetches the pictures that a page loads. *asset.Pictures implements it.
type Pictures interface {
	Fetch(ctx context.Context, url string) (lectern.Picture, error)
}

// Assets stores uploaded files. *asset.Service implements it.
type Assets interface {
	Uploads
	AssetReader
	// Delete removes an asset. It fails with CodeConflict if a presentation names the asset.
	Delete(ctx context.Context, owner, sha256 string) error
}

// Uploads stores files.
type Uploads interface {
	// Add stores a file. created reports that the owner did not have it before.
	Add(ctx context.Context, up lectern.Upload) (a lectern.Asset, created bool, err error)
	Most() int64 // the size of the largest file that is accepted, in bytes
	// Unpack opens a ZIP file with one deck or with pictures. size is as in lectern.Upload. The caller closes the bundle.
	Unpack(ctx context.Context, size int64, body io.Reader) (deck.Bundle, error)
}

// AssetReader reads stored files. For an asset that the owner does not have, it fails with CodeNotFound.
type AssetReader interface {
	Get(ctx context.Context, owner, sha256 string) (lectern.Asset, error)
	List(ctx context.Context, q lectern.AssetQuery) (page []lectern.Asset, next string, err error)
	// Open opens the content of an asset that Get returned. The caller closes it.
	Open(ctx context.Context, sha256 string) (io.ReadSeekCloser, error)
	// Check returns the faults of a deck that names assets which the owner does not have.
	Check(ctx context.Context, owner string, d lectern.Deck) error
}

// Voices lists the voices of all engines. *tts.Catalogue implements it.
type Voices interface {
	Voices(ctx context.Context) ([]lectern.Voice, error)
}

// Avatars lists the avatars of all engines and draws their portraits. *avatar.Catalogue implements it.
type Avatars interface {
	// Performs reports whether the avatar's engine speaks the narration itself.
	Performs(ctx context.Context, code string) bool
	Avatars(ctx context.Context) ([]lectern.Avatar, error)
	Portrait(ctx context.Context, code string, s lectern.Size) (image.Image, error)
}

// Open opens an artifact by its key in the blob store. The caller closes it.
type Open func(ctx context.Context, key string) (io.ReadSeekCloser, error)

// Ready returns what is missing for making presentations; each failure says how to fix it. The server is ready if the
// list is empty.
type Ready func(ctx context.Context) []*lectern.Failure

// Observer counts requests and watchers, for metrics. Its methods must return quickly.
type Observer interface {
	// Answered reports a finished request. route is the pattern of its route, "" if there is none; ctx is the request's.
	Answered(ctx context.Context, route, method string, status int, took time.Duration)
	// Watching adds change, which may be negative, to the number of watchers of a kind: WatchStream or WatchPoll.
	Watching(kind string, change int)
	// Dropped reports a stream that was closed because its client read nothing for WriteTimeout.
	Dropped()
}

// The kinds of watchers.
const (
	WatchStream = "stream" // server-sent events
	WatchPoll   = "poll"   // a long poll
)

// noObserver ignores everything.
type noObserver struct{}

func (noObserver) Answered(context.Context, string, string, int, time.Duration) {}
func (noObserver) Watching(string, int)                                         {}
func (noObserver) Dropped()                                                     {}
