// Package private protects Lectern's files from other users of the machine: folders are 0700 and files 0600.
package private

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// The modes of stored files and folders.
const (
	Dir  fs.FileMode = 0o700
	File fs.FileMode = 0o600
)

// Folder makes a folder if it is missing. If other users have any access to it, Folder removes their access to it and
// to everything in it: older builds leave such folders. If dir is a link, this applies to its target; links inside are
// not followed. Files of another user stay unchanged, because only their owner may change them.
func Folder(dir string) error {
	if err := os.MkdirAll(dir, Dir); err != nil {
		return err
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir || d.Type()&fs.ModeSymlink != 0 {
			return gone(err)
		}
		if d.IsDir() || d.Type().IsRegular() {
			return Close(path)
		}
		return nil
	})
	// The folder itself last: after a crash the next start finds it open and repeats this.
	return errors.Join(err, Close(dir))
}

// Close removes other users' access to a file or folder. A missing one is no error.
func Close(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return gone(err)
	}
	mode := info.Mode().Perm()
	if mode&0o077 == 0 || info.Mode()&fs.ModeSymlink != 0 {
		return nil
	}
	return gone(os.Chmod(path, mode&^0o077))
}

// gone returns err, or nil if the file was removed meanwhile or belongs to another user.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}
