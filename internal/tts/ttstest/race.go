//go:build race

package ttstest

// shorter divides the length of long texts: the race detector makes arithmetic ten times as slow, and longer
// texts show no further races.
const shorter = 10
