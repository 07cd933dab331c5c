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
	Key  string // with its ending
	Size int64
	Used time.Time // when it was used last
	Held bool      // by a run of some process
}

// Survey lists the files of a cache's folder, the least recently used first, without opening the cache. A missing
// folder is empty.
func Survey(dir string) ([]Entry, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, storeFailed("find its folder", err)
	}
	f := folder{dir}
	sweep(filepath.Join(dir, asideName)) // the marks of the dead
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

// Pruning says what [Prune] takes.
type Pruning struct {
	Before time.Time // everything that was not used since; zero: nothing for its age
	// and the least recently used, until no more than so many bytes are left; less than 0: however many are left
	To     int64
	DryRun bool // count, and remove nothing
}

// Pruned says what [Prune] did, or would do.
type Pruned struct {
	Entries int   // that were removed
	Bytes   int64 // that they had
	InUse   int   // entries that were due and stay, since a run of some process uses them
	Left    int   // entries that stay, those in use among them
	Size    int64 // that they have
}

// Prune removes entries from a cache's folder, the least recently used first, while processes use it. What a run holds
// stays, and so does what is used while Prune runs. It stops when ctx ends, and returns what it has done by then.
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
			if o.Before.IsZero() || !e.Used.Before(o.Before) {
				break // those that follow are younger
			}
			continue
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
