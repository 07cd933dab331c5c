// Package blob stores the files that Lectern makes: artifacts, which people download, and the cache, which saves work.
//
// The two look alike and differ. An artifact belongs to a presentation, exists as long as the presentation, and may be
// stored in any bucket that gocloud.dev/blob can open. A cache entry has no owner, is named by the hash of all its
// inputs, is a local file because ffmpeg reads it, and may be removed whenever space is short and no run uses it.
//
// No reader of either sees a half-written file: files are written to a temporary folder, flushed to the disk, and
// renamed. The next process that opens the same folder removes the temporary files of dead processes.
package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"lectern"
	"lectern/internal/private"
)

// scratchName is the folder for unfinished files, inside a store's folder.
const scratchName = ".tmp"

// scratch is a process's own folder for unfinished files. The process holds a lock on it, which the kernel releases
// when the process dies; so later processes know which folders to remove.
type scratch struct {
	dir  string
	lock *os.File
}

// openScratch makes the folder within root and removes those of dead processes.
func openScratch(root string) (*scratch, error) {
	all := filepath.Join(root, scratchName)
	if err := errors.Join(private.Folder(root), private.Folder(all)); err != nil {
		return nil, storeFailed("make its folder", err)
	}
	sweep(all)
	for range 8 {
		a := &scratch{dir: filepath.Join(all, uuid.NewString())}
		if err := os.Mkdir(a.dir, private.Dir); err != nil {
			return nil, storeFailed("make its folder", err)
		}
		f, err := os.Open(a.dir)
		if err == nil {
			err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		}
		if err == nil {
			if _, err = os.Stat(a.dir); err == nil {
				a.lock = f
				return a, nil
			}
		}
		// Another process that is starting removed the folder as a leftover, before it was locked.
		if f != nil {
			f.Close()
		}
	}
	return nil, lectern.Fail(lectern.CodeInternal, "The folder %s is busy: other processes that start at the same "+
		"time removed this process's files there eight times. Start again.", all)
}

// sweep removes the scratch folders of dead processes from the folder all.
func sweep(all string) {
	entries, err := os.ReadDir(all)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(all, e.Name())
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = os.RemoveAll(path)
		}
		f.Close()
	}
}

// path returns a new name with the extension of name, because ffmpeg derives formats from it.
func (a *scratch) path(name string) string {
	return filepath.Join(a.dir, uuid.NewString()+filepath.Ext(name))
}

func (a *scratch) close() error {
	err := os.RemoveAll(a.dir)
	return errors.Join(err, a.lock.Close())
}

// settle flushes the finished file at from and renames it to to, replacing an existing file.
func settle(from, to string) error {
	f, err := os.OpenFile(from, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(private.Close(from), f.Sync(), f.Close()); err != nil {
		return err
	}
	for range 8 {
		if err = os.Rename(from, to); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		// The folder is new, or was just removed because it was empty, which may happen again.
		if err := os.MkdirAll(filepath.Dir(to), private.Dir); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(to))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the renamed file has been deleted meanwhile
		}
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// copyFile copies the file at from to a new file at to.
func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, private.File)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

// storeFailed turns an error of the file system or a bucket into a Failure. doing names the operation.
func storeFailed(doing string, err error) error {
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		f := lectern.Fail(lectern.CodeDiskFull,
			"The disk is full. Free some space, or move the data folder to a larger disk.").Because(err)
		f.Retryable = true
		return f
	}
	f := lectern.Fail(lectern.CodeInternal, "The file store could not %s.", doing)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		f.Message = fmt.Sprintf("The file store could not %s: the data folder is not writable.", doing)
	}
	return f.Because(err)
}
