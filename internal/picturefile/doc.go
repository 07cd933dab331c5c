// Package picturefile judges the pictures that strangers put into a deck, before a browser opens them.
//
// A browser opens whatever its decoders know, and a file of a kilobyte can ask it for gigabytes. So a picture is taken only
// if its kind is one whose header this package reads, and what the header states is within bounds. [Inspect] does that: it
// reads headers and structure, never pixels, in time that is linear in the file. [Decode] then reads the pixels, since a
// file that is cut off has a good header; it uses little memory, and says so where it leaves the work to the browser.
// [Judge] remembers what was decoded.
//
// A slide is a still. Of a file with several frames only the first one is kept, so that neither their number nor the moment
// at which the slide is drawn matters.
//
// Everything here is pure: bytes in, a verdict out.
package picturefile
