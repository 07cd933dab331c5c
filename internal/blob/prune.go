package blob

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Entry is a file of a cache, as [Survey] finds it.
type Entry struct {
	Key  string // with its extension
	Size int64
	Used time.Time // when it was used last
	Held bool      // whether a run of some process holds it
}

// Survey lists the files of a cache's folder, the least recently used first, without opening the cache. A missing
// folder is empty.
func Survey(dir string) ([]Entry, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, storeFailed("find its folder", err)
	}
	f := folder{dir}
	sweep(filepath.Join(dir, scratchName)) // the marks of dead processes
	var all []Entry
	held := f.allHeld()
	err = f.walk(func(key string, info fs.FileInfo) {
		all = append(all, Entry{Key: key, Size: info.Size(), Used: lastUse(info), Held: held[key]})
	})
	if err != nil {
		return nil, storeFailed("read its folder", err)
	}
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(a.Used.Compare(b.Used), strings.Compare(a.Key, b.Key))
	})
	return all, nil
}

// Pruning sets what [Prune] removes.
type Pruning struct {
	// Before removes entries that were last used before this time; zero: none because of their age.
	Before time.Time
	// To removes the least recently used entries until at most this many bytes are left; less than 0: none because of
	// the size.
	To     int64
	DryRun bool // only count
}

// Pruned is the result of [Prune], or of a dry run.
type Pruned struct {
	Entries int   // removed entries
	Bytes   int64 // their bytes
	InUse   int   // entries that were due but are in use by a run
	Left    int   // remaining entries, including those in use
	Size    int64 // their bytes
}

// Prune removes entries from a cache's folder, the least recently used first, while processes use it. Files that a run
// holds stay, and so do files that are used while Prune runs. It stops when ctx ends, and returns the result so far.
func Prune(ctx context.Context, dir string, o Pruning) (Pruned, error) {
	all, err := Survey(dir)
	if err != nil {
		return Pruned{}, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return Pruned{}, storeFailed("find its folder", err)
	}
	f := folder{dir}
	done := Pruned{Left: len(all)}
	for _, e := range all {
		done.Size += e.Size
	}
	for _, e := range all {
		old := e.Used.Before(o.Before)
		if !old && (o.To < 0 || done.Size <= o.To) {
			break // the rest are younger
		}
		if err := context.Cause(ctx); err != nil {
			return done, err
		}
		switch err := f.take(e, o.DryRun); {
		case errors.Is(err, errUsed):
			done.InUse++
		case err != nil:
			return done, storeFailed("delete a file", err)
		default:
			done.Entries++
			done.Bytes += e.Size
			done.Left--
			done.Size -= e.Size
		}
	}
	return done, nil
}

// take removes the file of e, or, with dry, only checks that it could be removed. It returns errUsed for a file in use.
func (f folder) take(e Entry, dry bool) error {
	if !dry {
		return f.remove(e.Key, e.Used)
	}
	if e.Held {
		return errUsed
	}
	_, err := os.Lstat(f.file(e.Key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
