//go:build race

package ttstest

// shorter divides the length of long texts: the race detector makes arithmetic ten times as slow, and looks for
// nothing that length would bring to light.
const shorter = 10
