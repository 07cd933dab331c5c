// Package watch reports that files were saved. It is the only importer of fsnotify.
//
// Editors save a file in several ways: they write into it, or they write another file and rename it to its name. So the
// folders of the files are watched, and not the files. Several changes within a short time are reported once, after the
// last of them, because most editors and office programs need several steps for one save.
package watch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// The times of a report: after the last change, and after the first one at most.
const (
	Quiet = 40 * time.Millisecond
	Most  = time.Second
)

// Watcher watches files. Close ends it.
type Watcher struct {
	events  *fsnotify.Watcher
	changes chan struct{}
	stop    context.CancelFunc
	done    sync.WaitGroup

	mu    sync.Mutex
	files map[string]bool // absolute paths
	whole map[string]bool // folders of which every file counts
	skip  map[string]bool // files that do not count
}

// New starts a watcher of no files.
func New() (*Watcher, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch files: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background()) // ends with Close
	w := &Watcher{events: events, changes: make(chan struct{}, 1), stop: stop}
	saved := make(chan struct{})
	w.done.Go(func() { w.sift(ctx, saved) })
	w.done.Go(func() { settle(ctx, saved, w.changes, Quiet, Most) })
	return w, nil
}

// Changes receives a value after files were saved. Changes that nobody has received yet count as one.
func (w *Watcher) Changes() <-chan struct{} { return w.changes }

// Watch replaces the files that are watched. They need not exist. A folder among them stands for every file in it,
// without subfolders and hidden files. The files of skip are not watched, even if they are in such a folder.
func (w *Watcher) Watch(files, skip []string) error {
	want, whole, not := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var folders []string
	for _, f := range files {
		path, err := filepath.Abs(f)
		if err != nil {
			return err
		}
		want[path] = true
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			whole[path] = true
			folders = append(folders, path)
		}
		folders = append(folders, filepath.Dir(path))
	}
	for _, f := range skip {
		path, err := filepath.Abs(f)
		if err != nil {
			return err
		}
		not[path] = true
	}
	w.mu.Lock()
	w.files, w.whole, w.skip = want, whole, not
	w.mu.Unlock()
	slices.Sort(folders)
	folders = slices.Compact(folders)
	have := w.events.WatchList()
	for _, dir := range folders {
		if slices.Contains(have, dir) {
			continue
		}
		if err := w.events.Add(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("watch the folder %s: %w", dir, err)
		}
	}
	for _, dir := range have {
		if !slices.Contains(folders, dir) {
			_ = w.events.Remove(dir) // it may be gone
		}
	}
	return nil
}

// Close ends the watcher.
func (w *Watcher) Close() error {
	w.stop()
	err := w.events.Close()
	w.done.Wait()
	return err
}

// sift passes on the changes of files that are watched.
func (w *Watcher) sift(ctx context.Context, saved chan<- struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-w.events.Events:
			if !open {
				return
			}
			if !w.counts(e) {
				continue
			}
		case _, open := <-w.events.Errors: // an event may be lost
			if !open {
				return
			}
		}
		select {
		case saved <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// counts reports whether an event is the change of a file that is watched.
func (w *Watcher) counts(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod { // the content is the same
		return false
	}
	path := filepath.Clean(e.Name)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.skip[path] {
		return false
	}
	return w.files[path] || w.whole[filepath.Dir(path)] && !strings.HasPrefix(filepath.Base(path), ".")
}

// settle sends to out when nothing was received from in for a time, or when most has passed since the first value. It
// does not wait for the receiver: a value that was not received yet stays. It ends with ctx.
func settle(ctx context.Context, in <-chan struct{}, out chan<- struct{}, quiet, most time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-in:
		}
		end, last := time.NewTimer(quiet), time.NewTimer(most)
		for waiting := true; waiting; {
			select {
			case <-in:
				end.Reset(quiet)
			case <-end.C:
				waiting = false
			case <-last.C:
				waiting = false
			case <-ctx.Done():
				waiting = false
			}
		}
		end.Stop()
		last.Stop()
		select {
		case out <- struct{}{}:
		default:
		}
	}
}
