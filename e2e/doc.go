// Package e2e holds the tests that use Lectern as its users do: the real binary in an empty folder, real ffmpeg,
// Chromium and voices, requests over HTTP, signals from outside.
//
// An oracle judges the videos (oracle_test.go, playback_test.go, lipsync_test.go). It shares no code with the product:
// it decodes the finished file with ffmpeg, reads the file's boxes itself, and itself asks the speech engine when each
// sound is spoken.
package e2e
