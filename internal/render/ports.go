package render

import (
	"context"
	"io"
	"lectern/internal/capture"
	"time"

	"lectern"
)

// Command is one call of ffmpeg. internal/ffmpeg's Run has these fields and more.
type Command struct {
	Args    []string
	Stdin   io.Reader           // nil: nothing to read
	Stdout  io.Writer           // nil: discarded
	OnFrame func(frames int)    // called with the frames that are done, never after the end; nil: not called
	OnTime  func(time.Duration) // called with the time that is done, of the longest output; nil: not called
	What    string              // begins the sentence of a failure
}

// FFmpeg runs ffmpeg. Its failures are *lectern.Failure; where ctx stopped it, ctx's cause.
type FFmpeg interface {
	Run(ctx context.Context, c Command) error
	Version() string
}

// Browser is the browser that draws the slides and finds the words of captions. Its version is part of the keys of
// both.
type Browser interface {
	Version(ctx context.Context) (string, error)
}

// Segmenter divides text into words, for captions in scripts that write no spaces.
type Segmenter interface {
	// Segment returns the offsets in text, in bytes and in order, at which words and the text between words begin.
	Segment(ctx context.Context, language, text string) ([]int, error)
}

// Library has the themes and the words on slides.
type Library interface {
	Theme(id string) (lectern.Theme, bool)
	// Page is used for its Shown.
	Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error)
}

// Voices speaks narrations.
type Voices interface {
	// Resolve selects the voices that read a script.
	Resolve(ctx context.Context, c lectern.VoiceChoice, script lectern.Script) (
		lectern.Reading, []lectern.Warning, error)
	// Speak returns the sound of a reading with its alignment.
	Speak(ctx context.Context, r lectern.Reading) (lectern.Narration, error)
	// Fingerprint changes when the voices of a reading would sound different. It is part of content keys.
	Fingerprint(r lectern.Reading) string
}

// Avatars shows presenters. An avatar either is animated from a narration, or speaks itself.
type Avatars interface {
	Performers
	// Resolve returns the engine and the avatar that code names.
	Resolve(ctx context.Context, code string) (engine, avatar string, err error)
	// Animate begins a clip. The caller closes it.
	Animate(ctx context.Context, code string, r lectern.ClipRequest) (lectern.Clip, error)
	// Fingerprint changes when the avatar would look different. It is part of content keys.
	Fingerprint(code string) string
}

// Performers are avatars that speak themselves.
type Performers interface {
	// Performs reports whether the avatar that code names speaks itself.
	Performs(ctx context.Context, code string) bool
	// Parts divides a text into the parts that the avatar says in one take each.
	Parts(ctx context.Context, code, text string) ([]string, error)
	// Perform makes the take of one part and writes it, complete and checked, to path. The avatar is in front of
	// r.Background, or of pure green where that is empty.
	Perform(ctx context.Context, code string, r lectern.TakeRequest, path string) error
}

// Cache keeps the outputs of steps as files, by content key.
type Cache = capture.Cache

// Artifacts stores the artifacts of presentations.
type Artifacts interface {
	// Put stores a local file; it appears whole or not at all. The file must not be changed afterwards.
	Put(ctx context.Context, key, path, contentType string) error
}
