package lost

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// After is the Control of a net.Dialer or net.ListenConfig that has the kernel give up connections whose other end has
// acknowledged nothing of what it was sent for that long (TCP_USER_TIMEOUT; connections take it from their listener). By
// itself the kernel tries for a quarter of an hour.
func After(limit time.Duration) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		var err error
		if outer := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(limit/time.Millisecond))
		}); outer != nil {
			return outer
		}
		return err
	}
}
