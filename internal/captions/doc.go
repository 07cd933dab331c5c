// Package captions makes the texts that go with a video: captions, chapters and a transcript.
//
// [Captions] decides where a narration is cut into captions and where their lines break: at most two lines of 42
// columns, broken where a reader pauses, in scripts with and without spaces. Times come from the words of the
// narration. What is returned are values, which [SRT], [VTT] and [ChaptersVTT] write as files and internal/mp4 stores
// in the video.
package captions
