// Package h264 reads and writes the part of H.264 (ITU-T H.264, 08/2021) that lets Lectern encode only the moving part
// of a picture.
//
// A still slide is one coded picture followed by pictures in which every macroblock is skipped: [Still] writes such a
// group. An avatar is a small stream, encoded separately, with one slice for each row of macroblocks: [Splicer] puts
// those slices into the pictures of a still, and [Leaks] reports whether that would change their pixels. The package
// copies slice data and never decodes it into pixels.
//
// It supports what x264 writes for Lectern and refuses the rest with [ErrUnsupported]: frames, 4:2:0 at 8 bits, one
// slice group, picture order count type 2 (so no B slices), no weighted prediction. It supports both entropy coders,
// except for Leaks, which needs CABAC.
//
// Section and table numbers in comments are those of the standard.
package h264
