package render

import (
	"context"
	"io"
	"lectern/internal/capture"
	"time"

	"lectern"
)

// Command is one call of ffmpeg. internal/ffmpeg's Run begins with the same fields.
type Command struct {
	Args    []string
	Stdin   io.Reader           // nil: nothing to read
	Stdout  io.Writer           // nil: thrown away
	OnFrame func(frames int)    // nil: nobody listens; never called after the end
	OnTime  func(time.Duration) // for outputs without pictures, and of the longest of several
	What    string              // begins the sentence of a failure
}

// FFmpeg runs ffmpeg. Its failures are *lectern.Failure; where ctx stopped it, ctx's cause.
type FFmpeg interface {
	Run(ctx context.Context, c Command) error
	Version() string
}

// Browser draws the slides and finds the words of captions; its version is part of the keys of both.
type Browser interface {
	Version(ctx context.Context) (string, error)
}

// Segmenter divides text into words, for captions in scripts that write no spaces.
type Segmenter interface {
	// Segment returns the bytes of text where words and what stands between them begin, in order.
	Segment(ctx context.Context, language, text string) ([]int, error)
}

// Library knows the themes.
type Library interface {
	Theme(id string) (lectern.Theme, bool)
}

// Voices speaks.
type Voices interface {
	Resolve(ctx context.Context, c lectern.VoiceChoice, script lectern.Script) (
		lectern.Reading, []lectern.Warning, error)
	Speak(ctx context.Context, r lectern.Reading) (lectern.Narration, error)
	Fingerprint(r lectern.Reading) string
}

// Avatars presents. An avatar either is animated from a narration, or speaks itself.
type Avatars interface {
	Performers
	Resolve(ctx context.Context, code string) (engine, avatar string, err error)
	Animate(ctx context.Context, code string, r lectern.ClipRequest) (lectern.Clip, error)
	Fingerprint(code string) string
}

// Performers has avatars that speak themselves perform.
type Performers interface {
	// Performs reports whether the avatar that code names speaks itself.
	Performs(ctx context.Context, code string) bool
	// Parts divides what it is to say into parts that are had one by one.
	Parts(ctx context.Context, code, text string) ([]string, error)
	// Perform has a part said and shown in front of pure green, and leaves it, whole and checked, at path.
	Perform(ctx context.Context, code string, r lectern.TakeRequest, path string) error
}

// Cache keeps the outputs of steps as files, by content key.
type Cache = capture.Cache

// Artifacts keeps what presentations leave.
type Artifacts interface {
	// Put stores a local file; it appears whole or not at all. The file must not be changed afterwards.
	Put(ctx context.Context, key, path, contentType string) error
}
