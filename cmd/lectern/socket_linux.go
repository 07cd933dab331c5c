package main

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// impatient has the kernel give up the connections of a listener whose other end acknowledges nothing any more: a laptop that
// was shut, a network that is gone. By itself it tries for a quarter of an hour, and a stream's comments are too few to fill
// the buffers at which the server would notice.
func impatient(_, _ string, c syscall.RawConn) error {
	var err error
	if outer := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(lostAfter/time.Millisecond))
	}); outer != nil {
		return outer
	}
	return err
}
