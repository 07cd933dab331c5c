package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lectern/internal/private"
)

const (
	reserveName  = "lectern.reserve"
	reserveSize  = 8 << 20
	reserveRetry = 30 * time.Second
)

// reserve is a file that only takes up space. When scratch files and caches have filled the disk, it is removed to make
// space for the state of the presentations, so that even "the disk is full" can be stored. It is made again once there
// is space.
type reserve struct {
	path string

	mu    sync.Mutex
	spent bool
	next  time.Time // when restore tries next
}

// openReserve makes the file if it is missing. A disk without space for it does not prevent the start.
func openReserve(dir string) *reserve {
	r := &reserve{path: filepath.Join(dir, reserveName)}
	if info, err := os.Stat(r.path); err != nil || info.Size() != reserveSize {
		r.spent = fill(r.path) != nil
	}
	return r
}

// spend removes the file and reports whether it was there.
func (r *reserve) spend() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spent {
		return false
	}
	r.spent, r.next = true, time.Now().Add(reserveRetry)
	return os.Remove(r.path) == nil
}

// restore makes the file again if it was removed some time ago and there is space.
func (r *reserve) restore() {
	r.mu.Lock()
	due := r.spent && time.Now().After(r.next)
	if due {
		r.next = time.Now().Add(reserveRetry)
	}
	r.mu.Unlock()
	if !due || fill(r.path) != nil {
		return
	}
	r.mu.Lock()
	r.spent = false
	r.mu.Unlock()
}

// fill writes the file completely, since a file with holes takes up no space.
func fill(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, private.File)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for n := 0; n < reserveSize && err == nil; n += len(block) {
		_, err = f.Write(block)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		if gone := os.Remove(path); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}
