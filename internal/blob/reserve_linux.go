package blob

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve makes the file system allocate bytes for the file, without writing any. A file system that does not support
// this counts as having space.
func reserve(f *os.File, bytes int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, 0, bytes)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return nil
		}
		return err
	}
}
