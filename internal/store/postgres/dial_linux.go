package postgres

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// impatient has the kernel give up a connection whose bytes nobody acknowledges; by itself it tries for a quarter of an
// hour, and the writer with it.
func impatient(_, _ string, c syscall.RawConn) error {
	var err error
	if outer := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(lostAfter/time.Millisecond))
	}); outer != nil {
		return outer
	}
	return err
}
