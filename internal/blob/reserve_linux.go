package blob

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserve has the file system set bytes aside for the file, and writes none. File systems that cannot do that are believed.
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
