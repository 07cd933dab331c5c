//go:build !linux

package usertimeout

import (
	"syscall"
	"time"
)

// Control does nothing: elsewhere the kernel decides when a connection is lost.
func Control(time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, _ syscall.RawConn) error { return nil }
}
