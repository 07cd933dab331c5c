// Package private keeps what Lectern stores from the other users of a machine: folders are 0700 and files 0600.
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

// Folder makes a folder if it is missing. If other users can read it, Folder removes their access to it and to
// everything in it: older builds leave such folders. If dir is a link, this applies to its target; links inside are not
// followed. What belongs to another user stays, since only its owner may change it.
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
	return errors.Join(err, Close(dir)) // itself last: should this be cut off, the next start finds it open
}

// Close takes the rights of others from a file or folder. One that is not there is no fault.
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
