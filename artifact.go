package lectern

import (
	"context"
	"time"
)

// ArtifactKind names what a file of a presentation is.
type ArtifactKind string

// The kinds of artifact.
const (
	ArtifactVideo      ArtifactKind = "video"       // MP4
	ArtifactThumbnail  ArtifactKind = "thumbnail"   // JPEG
	ArtifactSlideImage ArtifactKind = "slide_image" // PNG, one a slide
	ArtifactCaptions   ArtifactKind = "captions"    // SRT
	ArtifactCaptionVTT ArtifactKind = "captions_vtt"
	ArtifactChapters   ArtifactKind = "chapters" // WebVTT
	ArtifactTranscript ArtifactKind = "transcript"
	ArtifactAudio      ArtifactKind = "audio"    // the sound alone, AAC in MP4
	ArtifactManifest   ArtifactKind = "manifest" // JSON, per-slide timings in frames and samples
)

// Artifact is a file that a presentation left in the blob store.
type Artifact struct {
	Kind        ArtifactKind
	Slide       int    // counted from 1 for per-slide kinds, else 0
	Key         string // in the blob store; carries the presentation's id and the attempt that made it (J7)
	ContentType string
	Size        int64
	SHA256      string // lower-case hex
}

// StepKind names what a step does.
type StepKind string

// The kinds of step, in the order in which a slide needs them.
const (
	StepNarrate    StepKind = "narrate"
	StepSegment    StepKind = "segment" // where words begin in scripts without spaces, for captions
	StepCapture    StepKind = "capture"
	StepAnimate    StepKind = "animate"
	StepEncode     StepKind = "encode"
	StepTransition StepKind = "transition"
	StepAudio      StepKind = "audio"
	StepMux        StepKind = "mux"
	StepPublish    StepKind = "publish"
)

// Step is the record of one finished unit of a presentation's work. Its output lies in the cache under Key; a later
// attempt that plans a step with the same Key finds it there and records Reused instead of doing it again (J9).
type Step struct {
	Kind    StepKind
	Slide   int    // counted from 1; 0: the whole deck
	Key     string // content key, lower-case hex
	Attempt int
	Reused  bool
	Started time.Time
	Took    time.Duration
}

// Job is what a run gets: which presentation, as which attempt, and a folder of its own for scratch files, which
// the run's owner makes and removes.
type Job struct {
	ID      string
	Attempt int
	Deck    Deck
	Scratch string
	Orders  Orders // nil: external renders cannot be ordered
}

// Reporter takes a run's news. Both methods are safe for concurrent use.
type Reporter interface {
	// Report notes progress. It is cheap, never blocks on I/O and never fails: a stale run is told by its context
	// (J15). The report's Attempt is filled in.
	Report(Reported)
	// StepDone records a finished step durably. It fails with CodeStale for a run that lost its lease (J7).
	StepDone(ctx context.Context, s Step) error
}
