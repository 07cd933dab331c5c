// Package encode decides how the pieces of a video are encoded, without encoding any.
//
// The arguments of ffmpeg, the part of a picture that is encoded separately and the groups of frames are decisions, and
// decisions can be tested as values. So everything here is a function from values to values: no files, no processes, no
// clock. internal/render runs ffmpeg.
//
// Two rules hold the pieces together:
//
//   - Encode only what moves. A still is one repeated group of pictures. With an avatar, only the part of the picture
//     around it is encoded again for each frame. A transition encodes only the overlap of its two slides.
//   - One set of encoder parameters for a whole video ([Encoding]), so that every piece has the same parameter sets and
//     all are joined by copying bytes. internal/mp4 refuses a piece that does not fit.
package encode
