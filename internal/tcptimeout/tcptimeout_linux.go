package tcptimeout

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// After returns the Control of a net.Dialer or net.ListenConfig. The kernel closes a connection whose sent data stays
// unacknowledged for limit; accepted connections inherit the limit from their listener. Without it the kernel retries
// for about a quarter of an hour.
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
