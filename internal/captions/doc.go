// Package captions makes the texts of a video: captions, chapters and a transcript.
//
// [Captions] divides a narration into captions and their lines: at most two lines of 42 columns, broken where a reader
// pauses, in scripts with and without spaces. Times come from the words of the narration. The results are values, which
// [SRT], [VTT] and [ChaptersVTT] write as files and internal/mp4 stores in the video.
package captions
