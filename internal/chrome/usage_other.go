//go:build unix && !linux

package chrome

import (
	"time"

	"golang.org/x/sys/unix"
)

// gauge measures nothing here: other systems have no /proc, so only the timeout bounds a page.
type gauge struct{}

func newGauge(int) *gauge { return &gauge{} }

func (*gauge) measure() usage { return usage{} }

func killFamily(root int) { _ = unix.Kill(-root, unix.SIGKILL) }

// spent returns 0: without /proc, the processor time of a running browser is not known.
func spent(int) time.Duration { return 0 }
