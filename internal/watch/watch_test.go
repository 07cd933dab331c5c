package watch

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Changes that follow one another are reported once, after the last of them. Changes that never end are reported all
// the same. What nobody has received yet is not reported twice.
func TestChangesSettle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in, out := make(chan struct{}), make(chan struct{}, 1)
		ctx, stop := context.WithCancel(t.Context())
		go settle(ctx, in, out, Quiet, Most)
		began := time.Now()
		for range 5 {
			in <- struct{}{}
			time.Sleep(Quiet / 2)
		}
		<-out
		if took := time.Since(began); took != 4*(Quiet/2)+Quiet {
			t.Errorf("five changes are reported after %v", took)
		}
		began = time.Now()
		busy, end := context.WithCancel(ctx)
		go func() {
			for busy.Err() == nil {
				select {
				case in <- struct{}{}:
					time.Sleep(Quiet / 2)
				case <-busy.Done():
				}
			}
		}()
		<-out
		if took := time.Since(began); took > Most+Quiet {
			t.Errorf("changes without an end are reported after %v", took)
		}
		time.Sleep(3 * Most)
		end()
		synctest.Wait()
		time.Sleep(Most)
		<-out
		select {
		case <-out:
			t.Error("one report is received twice")
		default:
		}
		stop()
		synctest.Wait()
	})
}

// A file counts as saved when it is written, and when another file is renamed to its name. It need not exist before.
// Other files next to it do not count, except in a folder that is watched whole.
func TestSavedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string) {
		if err := os.WriteFile(in(name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(in("pictures"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("deck.md")
	w, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Watch([]string{in("deck.md"), in("later.png"), in("pictures"), in("none/a.png")},
		[]string{in("pictures/out.mp4")}); err != nil {
		t.Fatal(err)
	}
	for what, save := range map[string]func(){
		"written": func() { write("deck.md") },
		"renamed": func() {
			write("deck.md.new")
			if err := os.Rename(in("deck.md.new"), in("deck.md")); err != nil {
				t.Fatal(err)
			}
		},
		"new":         func() { write("later.png") },
		"in a folder": func() { write("pictures/1.png") },
		"removed": func() {
			if err := os.Remove(in("deck.md")); err != nil {
				t.Fatal(err)
			}
			write("deck.md")
		},
	} {
		save()
		select {
		case <-w.Changes():
		case <-t.Context().Done():
			t.Errorf("%s: not reported", what)
		}
	}
	for path, want := range map[string]bool{
		"deck.md": true, "none/a.png": true, "pictures/2.png": true, "pictures": true, "deck.md.new": false,
		"other.md": false, "pictures/.hidden": false, "pictures/out.mp4": false, "pictures/a/b.png": false,
	} {
		if got := w.counts(fsnotify.Event{Name: in(path), Op: fsnotify.Write}); got != want {
			t.Errorf("%s counts: %v", path, got)
		}
	}
	if w.counts(fsnotify.Event{Name: in("deck.md"), Op: fsnotify.Chmod}) {
		t.Error("another mode counts as another content")
	}
	if err := w.Watch([]string{in("other.md")}, nil); err != nil {
		t.Fatal(err)
	}
	if w.counts(fsnotify.Event{Name: in("deck.md"), Op: fsnotify.Write}) {
		t.Error("a file that is not watched any more counts")
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
