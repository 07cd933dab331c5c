//go:build !race

package ttstest

// shorter divides the length of long texts; see race.go.
const shorter = 1
