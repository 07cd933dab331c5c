package blob

import (
	"errors"
	"os"

	"lectern/internal/private"
)

// Temp makes a file for an artifact of size bytes that [Artifacts.Put] may store later, and reserves the space: on a
// disk that is too full, Temp fails with CodeDiskFull before anything is written. The file may then already be
// size bytes long, filled with zeros, so a caller that writes less must truncate it. A size of 0 reserves nothing. The
// caller closes and removes the file. If this process dies, the next process that opens a local store removes it.
func (a *Artifacts) Temp(size int64) (f *os.File, err error) {
	if a.scratch != nil {
		f, err = os.OpenFile(a.scratch.path(""), os.O_CREATE|os.O_EXCL|os.O_RDWR, private.File)
	} else {
		f, err = os.CreateTemp("", "lectern-")
	}
	if err != nil {
		return nil, storeFailed("make a file", err)
	}
	if size > 0 {
		if err := reserve(f, size); err != nil {
			return nil, errors.Join(storeFailed("make room for a file", err), f.Close(), os.Remove(f.Name()))
		}
	}
	return f, nil
}
