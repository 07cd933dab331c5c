package lectern

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// ArtifactFile says what the artifacts of one kind are called and where they are found. A kind that has one artifact a
// slide has a "{n}" in Path and in Name.
type ArtifactFile struct {
	Kind      ArtifactKind
	Link      string // its name among a presentation's links
	Path      string // after the presentation's own path in the HTTP interface
	Name      string // of the file, among the files of its presentation
	Suffix    string // of the file, after the presentation's title
	Label     string // in sentences
	MediaType string
}

// artifactFiles has every kind once, in the order in which lists show them.
var artifactFiles = []ArtifactFile{
	{ArtifactVideo, "video", "/video", "video.mp4", ".mp4", "video", "video/mp4"},
	{ArtifactThumbnail, "thumbnail", "/thumbnail", "thumbnail.jpg", ".jpg", "thumbnail", "image/jpeg"},
	{ArtifactCaptions, "captions_srt", "/captions.srt", "captions.srt", ".srt", "captions",
		"application/x-subrip; charset=utf-8"},
	{ArtifactCaptionVTT, "captions_vtt", "/captions.vtt", "captions.vtt", ".vtt", "captions", "text/vtt; charset=utf-8"},
	{ArtifactChapters, "chapters", "/chapters.vtt", "chapters.vtt", "-chapters.vtt", "chapters",
		"text/vtt; charset=utf-8"},
	{ArtifactTranscript, "transcript", "/transcript.txt", "transcript.txt", ".txt", "transcript",
		"text/plain; charset=utf-8"},
	{ArtifactAudio, "audio", "/audio", "audio.m4a", ".m4a", "sound", "audio/mp4"},
	{ArtifactManifest, "manifest", "/manifest", "manifest.json", ".json", "manifest", "application/json"},
	{ArtifactSlideImage, "slide_image", "/slides/{n}/image", "slide-{n}.png", "-slide-{n}.png", "slide image",
		"image/png"},
}

// ArtifactFiles lists the files of a completed presentation: one entry a kind.
func ArtifactFiles() []ArtifactFile { return slices.Clone(artifactFiles) }

// ArtifactFileOf returns the entry of a kind, which must be one of the constants.
func ArtifactFileOf(kind ArtifactKind) ArtifactFile {
	for _, f := range artifactFiles {
		if f.Kind == kind {
			return f
		}
	}
	panic(fmt.Sprintf("lectern: %q is no kind of artifact", kind))
}

// PerSlide reports whether there is one artifact a slide.
func (f ArtifactFile) PerSlide() bool { return strings.Contains(f.Path, "{n}") }

// PathOf is Path with the number of a slide, counted from 1, where the kind has one artifact a slide.
func (f ArtifactFile) PathOf(slide int) string {
	return strings.ReplaceAll(f.Path, "{n}", strconv.Itoa(slide))
}

// NameOf is Name with the number of a slide. Names in the order of letters are in the order of slides, up to slide 999.
func (f ArtifactFile) NameOf(slide int) string { return numbered(f.Name, slide) }

// SuffixOf is Suffix with the number of a slide.
func (f ArtifactFile) SuffixOf(slide int) string { return numbered(f.Suffix, slide) }

func numbered(name string, slide int) string {
	return strings.ReplaceAll(name, "{n}", fmt.Sprintf("%03d", slide))
}

// Artifact is a file that a presentation left in the blob store.
type Artifact struct {
	Kind        ArtifactKind
	Slide       int    // counted from 1 for per-slide kinds, else 0
	Key         string // in the blob store; carries the presentation's id and the attempt that made it (J7)
	ContentType string
	Size        int64
	SHA256      string // lower-case hex

	// Duration is how long video and sound last, as long as the frames of the video; 0: unknown, or the kind has no
	// length. Of what a store lists it is known in Presentation.Files alone.
	Duration time.Duration
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
