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

// Jobs is the job service as this package sees it. *job.Service is one.
type Jobs interface {
	Intake
	Meter
	Reader
	Controls
	Results
}

// Intake accepts decks that were checked.
type Intake interface {
	Submit(ctx context.Context, sub lectern.Submission) (lectern.Presentation, error)
	// Reserve claims an Idempotency-Key of an owner for a request. replayed: p is what the same request made before.
	// Another request with this key is CodeKeyMismatch, one that is not answered yet CodeKeyInUse (J13). Submit completes
	// the key.
	Reserve(ctx context.Context, owner, key, fingerprint string) (p lectern.Presentation, replayed bool, err error)
	// ReleaseKey frees the key of a request that failed; one that is completed stays as it is.
	ReleaseKey(ctx context.Context, owner, key string) error
}

// Meter tells how much of a quota is used.
type Meter interface {
	// Usage gives what a key has taken of its quota.
	Usage(ctx context.Context, keyID string) (lectern.Usage, error)
}

// Reader reads presentations. An unknown id gives CodeNotFound.
type Reader interface {
	Get(ctx context.Context, id string) (lectern.Presentation, error)
	// List gives a page, the newest first, and the cursor of the next one, "" behind the last.
	List(ctx context.Context, q lectern.Query) (page []lectern.Presentation, next string, err error)
	// Watch gives every version above after, in order, and ends behind the terminal one, or with an error.
	Watch(ctx context.Context, id string, after int64) iter.Seq2[lectern.Presentation, error]
}

// Controls changes presentations by a user's wish.
type Controls interface {
	Cancel(ctx context.Context, id string) (lectern.Presentation, error)
	// Retry is judged as Submit is; who asks has a quota.
	Retry(ctx context.Context, id string, who lectern.Account) (lectern.Presentation, error)
	Delete(ctx context.Context, id string) error
}

// Results tells what a presentation is made of, what it has left, and what was done for it.
type Results interface {
	Deck(ctx context.Context, id string) (lectern.Deck, error)
	Artifacts(ctx context.Context, id string) ([]lectern.Artifact, error)
	Steps(ctx context.Context, id string) ([]lectern.Step, error)
}

// Decks reads what a request brings. *deck.Catalogue is one.
type Decks interface {
	Parse(ctx context.Context, s deck.Source, settings []byte, lim lectern.Limits) (deck.Request, error)
	Kinds() []deck.Kind
}

// Checker settles a deck and refuses what would fail, with all of its faults in one failure. *check.Checker is one.
type Checker interface {
	Check(ctx context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error)
}

// Measurer draws the slides of a settled deck in the browser and reports what does not fit on them.
type Measurer interface {
	// Measure gives how many slides were measured and what was found. A slide that a render would fail at is a failure.
	// When ctx ends, it gives what was measured so far with ctx's cause.
	Measure(ctx context.Context, d lectern.Deck) (slides int, warnings []lectern.Warning, err error)
}

// Callbacks judges the addresses that want to be told of presentations. *webhook.Service is one.
type Callbacks interface {
	// Allowed refuses an address that may not be reached (CodeCallbackRefused), as far as it shows without asking the
	// network.
	Allowed(address string) error
}

// Slides makes pages of slides. *slides.Library is one.
type Slides interface {
	Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error)
	Document(d lectern.Deck) (string, error)
	// Files lists the pictures that a deck names by the paths of files next to it.
	Files(d lectern.Deck) []lectern.FileUse
	// PropKind returns the type of a template's prop, see lectern.PropKind.
	PropKind(template, prop string) string
	Catalogue
}

// Catalogue names what slides can look like.
type Catalogue interface {
	Templates() []lectern.Template
	Themes() []lectern.Theme
}

// Browser takes pictures of pages. *chrome.Browser is one.
type Browser interface {
	Capture(ctx context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error)
}

// Pictures fetches the pictures that a page loads. *asset.Pictures is one.
type Pictures interface {
	Fetch(ctx context.Context, url string) (lectern.Picture, error)
}

// Assets keeps the files that people upload. *asset.Service is one.
type Assets interface {
	Uploads
	AssetReader
	// Delete removes an asset; one that a presentation names is CodeConflict.
	Delete(ctx context.Context, owner, sha256 string) error
}

// Uploads takes files.
type Uploads interface {
	// Add keeps a file. created: the owner did not have it before.
	Add(ctx context.Context, up lectern.Upload) (a lectern.Asset, created bool, err error)
	Most() int64 // bytes of a file
	// Unpack opens a ZIP file with one deck, whose size is as in lectern.Upload. The caller closes it.
	Unpack(ctx context.Context, size int64, body io.Reader) (deck.Bundle, error)
}

// AssetReader reads what was uploaded. What an owner does not have is CodeNotFound.
type AssetReader interface {
	Get(ctx context.Context, owner, sha256 string) (lectern.Asset, error)
	List(ctx context.Context, q lectern.AssetQuery) (page []lectern.Asset, next string, err error)
	// Open opens the content of an asset that Get returned. The caller closes it.
	Open(ctx context.Context, sha256 string) (io.ReadSeekCloser, error)
	// Check returns the faults of a deck that names assets which the owner does not have.
	Check(ctx context.Context, owner string, d lectern.Deck) error
}

// Voices lists the voices of all engines. *tts.Catalogue is one.
type Voices interface {
	Voices(ctx context.Context) ([]lectern.Voice, error)
}

// Avatars lists the avatars of all engines and draws their portraits. *avatar.Catalogue is one.
type Avatars interface {
	// Performs reports whether the avatar's engine speaks the narration itself.
	Performs(ctx context.Context, code string) bool
	Avatars(ctx context.Context) ([]lectern.Avatar, error)
	Portrait(ctx context.Context, code string, s lectern.Size) (image.Image, error)
}

// Open opens an artifact by its key in the blob store. The caller closes it.
type Open func(ctx context.Context, key string) (io.ReadSeekCloser, error)

// Ready names what is missing before presentations can be made: each failure says how to mend it. Nothing: all is well.
type Ready func(ctx context.Context) []*lectern.Failure

// Observer is told of what was answered, for metrics. Its methods are quick.
type Observer interface {
	// Answered tells of a request, by the pattern of its route: "" where there is none. ctx is the request's.
	Answered(ctx context.Context, route, method string, status int, took time.Duration)
	// Watching tells that so many watchers more, or fewer, are there: kind is WatchStream or WatchPoll.
	Watching(kind string, change int)
	// Dropped tells of a stream that was given up because its client took nothing for WriteTimeout.
	Dropped()
}

// The kinds of watchers.
const (
	WatchStream = "stream" // server-sent events
	WatchPoll   = "poll"   // a request that waits for news
)

// nobody looks.
type nobody struct{}

func (nobody) Answered(context.Context, string, string, int, time.Duration) {}
func (nobody) Watching(string, int)                                         {}
func (nobody) Dropped()                                                     {}
