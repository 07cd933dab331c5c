// Package picture makes the pictures that encoders get: it draws a slide's background, bakes the avatar's window into
// the slide, cuts a presenter out of a green screen, lays the avatar's frames over the slide, and converts all of it
// to YUV.
//
// One colour conversion, dither included, serves the slide ([ToYUV]) and the avatar's region in it ([Region]), so
// that no seam can be seen. Where a kernel for some processor does the work, its result is that of the portable code,
// bit for bit: what is made on one machine is the same on another. Everything is a function of pixels and values: no
// files, no clock.
package picture
