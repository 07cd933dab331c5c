// Package picturefile judges the pictures that users put into a deck, before a browser opens them.
//
// A browser opens every format that its decoders support, and a file of a kilobyte can make it use gigabytes. So a
// picture is accepted only if this package reads the header of its format and the header is within bounds. [Inspect]
// checks that: it reads headers and structure, never pixels, in time linear in the file's size. [Decode] then reads the
// pixels, since a truncated file has a good header; it uses little memory, and reports which files it leaves to the
// browser. [Judge] caches the verdicts.
//
// A slide is a still. Of a file with several frames only the first one is kept, so that neither their number nor the
// moment of the capture matters.
//
// Everything here is pure: bytes in, a verdict out.
package picturefile
