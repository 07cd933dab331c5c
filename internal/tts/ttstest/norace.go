//go:build !race

package ttstest

const shorter = 1
