//go:build !linux

package lost

import (
	"syscall"
	"time"
)

// After does nothing: elsewhere the kernel decides when a connection is lost.
func After(time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, _ syscall.RawConn) error { return nil }
}
