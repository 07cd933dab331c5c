package blob

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/google/uuid"

	"lectern"
)

// room is the number of bytes that must be free for a store to count as writable.
const room = 16 << 20

// Probe writes a small file to the store, as artifacts are written, and removes it. It returns a failure
// if the store is not writable or its disk has no space for a short video.
func (a *Artifacts) Probe(ctx context.Context) error {
	if a.scratch == nil {
		key := "probe-" + uuid.NewString()
		if err := a.bucket.WriteAll(ctx, key, make([]byte, 1<<10), nil); err != nil {
			return storeFailed("write to its bucket", err)
		}
		return a.bucket.Delete(ctx, key)
	}
	return writable(a.scratch.dir, "the data folder") // a readiness check shows no paths
}

// Writable checks that files can be written to a folder: it writes one, flushes it, reserves space, and removes it.
func Writable(dir string) error { return writable(dir, dir) }

// writable is Writable with another name for the folder in messages.
func writable(dir, name string) error {
	f, err := os.CreateTemp(dir, ".lectern-*")
	if err == nil {
		_, err = f.Write(make([]byte, 4<<10))
		if err == nil {
			err = f.Sync()
		}
		if err == nil {
			err = reserve(f, room)
		}
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return lectern.Fail(lectern.CodeDiskFull,
			"The disk of %s is full: less than %d MiB are free. Free some space, or choose "+
				"another folder with the setting data.", name, room>>20).Because(err)
	}
	return lectern.Fail(lectern.CodeInternal, "Files cannot be written to %s: %v. Give this user write access "+
		"there, or choose another folder with the setting data.", name, plainly(err)).Because(err)
}

// plainly returns an error of the system without the name of the call and the path.
func plainly(err error) error {
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return fmt.Errorf("%w", e)
	}
	return err
}
