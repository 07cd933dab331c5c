// Package mp4 writes and reads MP4 files (ISO 14496-12).
//
// Nothing is encoded here. A [Film] sets where every picture, packet of sound, caption and chapter title is stored and
// when it is played, to the frame and to the sample. A [Soundtrack] joins parts of sound that were encoded separately.
// The index comes first, so that a file plays while it loads. All sizes are known before the first byte is written, so
// a file is written in one pass, and its pictures and sound are streamed. [ReadMovie] reads an index back, to check a
// file before it is published.
//
// The package has no files and no clock: streams come in as readers and go out to writers.
package mp4
