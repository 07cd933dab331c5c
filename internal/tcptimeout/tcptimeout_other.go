//go:build !linux

package tcptimeout

import (
	"syscall"
	"time"
)

// After does nothing: on these systems the kernel's own limit applies.
func After(time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, _ syscall.RawConn) error { return nil }
}
