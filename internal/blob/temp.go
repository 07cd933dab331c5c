package blob

import (
	"errors"
	"os"

	"lectern/internal/private"
)

// Temp makes an empty file for something of size bytes that [Artifacts.Put] may store later, and sets the space aside
// first: a disk without room for it is CodeDiskFull before anything is written. The file is longer than what is written
// until it is truncated. The caller closes and removes it; a crash leaves it to the next process.
func (a *Artifacts) Temp(size int64) (f *os.File, err error) {
	if a.aside != nil {
		f, err = os.OpenFile(a.aside.path(""), os.O_CREATE|os.O_EXCL|os.O_RDWR, private.File)
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
