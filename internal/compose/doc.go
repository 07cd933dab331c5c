// Package compose says how a plan becomes a video, without making one.
//
// What ffmpeg is told, what stands in a caption file, where a picture-in-picture's shadow falls and which bytes of which
// segment follow each other are decisions, and decisions can be tested as values. So everything here is a function
// from values (and, for streams, readers) to values: no files, no processes, no clock. internal/render does the doing.
//
// Three rules hold the pieces together:
//
//   - Encode only what moves. A still is one group of pictures, repeated; an avatar is a region laid over a picture that
//     was converted once; a transition encodes its own overlap and nothing else.
//   - One set of encoder parameters for a whole video ([Encoding]), so that every piece has the same parameter sets and
//     all are joined by copying bytes. internal/mp4 refuses a piece that does not fit.
//   - One colour conversion for a slide and for the avatar's region in it ([Plate], [Region]), dither included, so that no
//     seam can be seen.
package compose
