// Package h264 reads and writes the little of H.264 (ITU-T H.264, 08/2021) that is needed to encode only what moves.
//
// A still slide is one coded picture and, behind it, pictures whose every macroblock is skipped: [Sets.Skips] writes such
// slices, [Still] whole groups of them. An avatar is a small stream of its own, encoded by itself, one slice to a row of
// macroblocks; [Splice] puts those slices into the pictures of a still. Nothing here knows what is in a picture: slice
// data is copied, never decoded.
//
// It understands what x264 writes for Lectern and refuses the rest with [ErrUnsupported]: frames, 4:2:0 at 8 bits, one
// slice group, picture order count type 2 (so no B slices), no weighted prediction. Both entropy coders are known.
//
// Section and table numbers in comments are those of the standard.
package h264
