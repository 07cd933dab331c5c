// Package e2e holds the tests that use Lectern as its users do: the real binary in an empty folder, real ffmpeg,
// Chromium and voices, requests over HTTP, signals from outside.
//
// What comes out is judged by an oracle that shares no code with the product: it decodes the finished file with
// ffmpeg, walks its boxes itself, and asks the speech engine on its own account when each sound is spoken. Nothing in
// this package imports another package of this module.
package e2e
