package usertimeout

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Control returns the Control of a net.Dialer or net.ListenConfig that sets the TCP user timeout: the kernel gives up
// a connection whose other end has acknowledged nothing of what it was sent for limit (TCP_USER_TIMEOUT; connections
// take it from their listener). By itself the kernel tries for a quarter of an hour.
func Control(limit time.Duration) func(network, address string, c syscall.RawConn) error {
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
