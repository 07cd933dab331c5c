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
	ArtifactSlideImage ArtifactKind = "slide_image" // PNG, one for each slide
	ArtifactCaptions   ArtifactKind = "captions"    // SRT
	ArtifactCaptionVTT ArtifactKind = "captions_vtt"
	ArtifactChapters   ArtifactKind = "chapters" // WebVTT
	ArtifactTranscript ArtifactKind = "transcript"
	ArtifactAudio      ArtifactKind = "audio"    // the sound without the picture, AAC in MP4
	ArtifactManifest   ArtifactKind = "manifest" // JSON, per-slide timings in frames and samples
)

// ArtifactFile says what the artifacts of one kind are called and where they are found. A kind with one artifact for
// each slide has "{n}" in Path, Name and Suffix, in the place of the slide's number.
type ArtifactFile struct {
	Kind      ArtifactKind
	Link      string // its name among a presentation's links
	Path      string // appended to the presentation's path in the HTTP interface
	Name      string // the file's name in the presentation's folder
	Suffix    string // the end of a download's name, after the presentation's title
	Label     string // what messages call it
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

// ArtifactFiles lists the files of a completed presentation: one entry for each kind.
func ArtifactFiles() []ArtifactFile { return slices.Clone(artifactFiles) }

// ArtifactFileOf returns the entry of a kind. It panics if kind is not one of the constants.
func ArtifactFileOf(kind ArtifactKind) ArtifactFile {
	for _, f := range artifactFiles {
		if f.Kind == kind {
			return f
		}
	}
	panic(fmt.Sprintf("lectern: %q is not a kind of artifact", kind))
}

// PerSlide reports whether there is one artifact for each slide.
func (f ArtifactFile) PerSlide() bool { return strings.Contains(f.Path, "{n}") }

// PathOf is Path with the number of a slide, counted from 1. For kinds that are not per slide it is Path.
func (f ArtifactFile) PathOf(slide int) string {
	return strings.ReplaceAll(f.Path, "{n}", strconv.Itoa(slide))
}

// NameOf is Name with the number of a slide. Names that are sorted as text are in the order of slides, up to slide 999.
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

	// Duration is the length of video and of audio, which is that of the video's frames; 0: unknown, or the kind has no
	// length. Stores know it only in Presentation.Files; their lists of artifacts have 0.
	Duration time.Duration
}

// StepKind names what a step does.
type StepKind string

// The kinds of step, in the order in which a slide needs them.
const (
	StepImport     StepKind = "import" // turns an office file into PDF
	StepDivide     StepKind = "divide" // finds the slides in the recording of a whole deck
	StepNarrate    StepKind = "narrate"
	StepSegment    StepKind = "segment" // finds where words begin in scripts without spaces, for captions
	StepCapture    StepKind = "capture"
	StepAnimate    StepKind = "animate"
	StepEncode     StepKind = "encode"
	StepTransition StepKind = "transition"
	StepAudio      StepKind = "audio"
	StepMux        StepKind = "mux"
	StepPublish    StepKind = "publish"
)

// Step is the record of one finished unit of a presentation's work. Its output is stored in the cache under Key. A
// later attempt that plans a step with the same Key uses that output and sets Reused (J9).
type Step struct {
	Kind    StepKind
	Slide   int    // counted from 1; 0: the whole deck
	Key     string // content key, lower-case hex
	Attempt int
	Reused  bool
	Started time.Time
	Took    time.Duration
}

// Job is what a run gets to do its work.
type Job struct {
	ID      string // of the presentation
	Attempt int
	Deck    Deck
	Scratch string   // the run's own folder for temporary files; the caller of the run makes and removes it
	Orders  Orders   // nil: external renders cannot be ordered
	Locks   Unlocker // nil: no password is kept
}

// Reporter receives what a run reports. Both methods are safe for concurrent use.
type Reporter interface {
	// Report notes progress. It is cheap, never blocks on I/O and never fails (J15): the context of a stale run is
	// canceled. Report sets the report's Attempt.
	Report(Reported)
	// StepDone records a finished step durably. It fails with CodeStale for a run that lost its lease (J7).
	StepDone(ctx context.Context, s Step) error
}
