// Package mp4 writes and reads MP4 files (ISO 14496-12).
//
// Nothing is encoded here. A [Film] says where every picture, packet of sound, caption and chapter title is stored
// and when it is seen or heard, to the frame and to the sample; a [Soundtrack] joins parts of sound that were encoded
// apart. The index comes first, so that a file plays while it loads. All sizes are known before the first byte is
// written, so a file is written in one go, and its pictures and sound pass through without being collected.
// [ReadMovie] reads an index back, to check a file before anybody sees it.
//
// The package has no files and no clock: streams come in as readers and go out to writers.
package mp4
