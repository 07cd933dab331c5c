package blob

import (
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// folder is the folder of a cache, which several processes may share.
//
// A Hold marks its keys by lines in a file in its process's scratch folder; the kernel's lock on that folder shows
// whether the process lives. Marks are made under a shared lock of the gate; a file is checked and removed under its
// exclusive lock. So a mark is either made before the check, which sees it, or after the removal, and then its maker
// finds that the file is gone.
type folder struct{ dir string }

// marks begins the names of the files with a Hold's marks: keys, each between two line breaks.
const marks = "held-"

// file returns the path of a key's file: two levels of folders keep each of them small.
func (f folder) file(key string) string {
	if len(key) < 4 {
		return filepath.Join(f.dir, key)
	}
	return filepath.Join(f.dir, key[:2], key[2:4], key)
}

// walk calls see for each entry. It skips files that are not entries by their name or place.
func (f folder) walk(see func(key string, info fs.FileInfo)) error {
	return filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.IsDir() && d.Name() == scratchName:
			return filepath.SkipDir
		case !d.Type().IsRegular() || checkCacheKey(d.Name()) != nil || path != f.file(d.Name()):
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		see(d.Name(), info)
		return nil
	})
}

// gate calls do with the folder's lock held in mode how, unix.LOCK_SH or LOCK_EX. do touches a few files at most.
func (f folder) gate(how int, do func() error) error {
	d, err := os.Open(f.dir)
	if err != nil {
		return err
	}
	defer d.Close() // and the lock with it
	for {
		if err = unix.Flock(int(d.Fd()), how); !errors.Is(err, unix.EINTR) {
			break
		}
	}
	// on a file system without locks only one process may use the folder
	if err != nil && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.ENOLCK) {
		return err
	}
	return do()
}

// marked returns the marks of each Hold of each process: keys, each between two line breaks.
func (f folder) marked() iter.Seq[string] {
	return func(yield func(string) bool) {
		all := filepath.Join(f.dir, scratchName)
		processes, _ := os.ReadDir(all)
		for _, p := range processes {
			mine, _ := os.ReadDir(filepath.Join(all, p.Name()))
			for _, h := range mine {
				if !strings.HasPrefix(h.Name(), marks) {
					continue
				}
				if list, err := os.ReadFile(filepath.Join(all, p.Name(), h.Name())); err == nil &&
					!yield(string(list)) {
					return
				}
			}
		}
	}
}

// held reports whether any process holds a key.
func (f folder) held(key string) bool {
	for list := range f.marked() {
		if strings.Contains(list, "\n"+key+"\n") {
			return true
		}
	}
	return false
}

// allHeld returns every key that any process holds.
func (f folder) allHeld() map[string]bool {
	keys := map[string]bool{}
	for list := range f.marked() {
		for key := range strings.Lines(list) {
			keys[strings.TrimSuffix(key, "\n")] = true
		}
	}
	return keys
}

// errUsed reports that a file stays because it is held or was used meanwhile.
var errUsed = errors.New("the file is in use")

// remove removes a key's file. If a process holds it or used it after since, it returns errUsed. A missing file is not
// an error.
func (f folder) remove(key string, since time.Time) error {
	path := f.file(key)
	err := f.gate(unix.LOCK_EX, func() error {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if lastUse(info).After(since) || f.held(key) {
			return errUsed
		}
		return os.Remove(path)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for d := filepath.Dir(path); d != f.dir && os.Remove(d) == nil; {
		d = filepath.Dir(d)
	}
	return nil
}
