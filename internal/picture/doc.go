// Package picture makes the pictures that encoders read: it draws a slide's background, draws the avatar's window on
// the slide, cuts a presenter out of a green screen, lays the avatar's frames over the slide, and converts all of it to
// YUV.
//
// The slide ([ToYUV]) and the avatar's region in it ([Region]) share one colour conversion, including its dither, so
// that no seam is visible. A processor's own kernel gives the result of the portable code, bit for bit, so all machines
// make the same pictures. Everything is a function of pixels and values: no files, no clock.
package picture
