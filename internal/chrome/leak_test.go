//go:build linux

package chrome

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/soak"
)

// Pages that keep memory, exhaust it or hang leave neither processes nor memory, however many there are. A closed
// browser leaves nothing.
func TestPagesLeaveNoProcessesAndNoMemory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := patient(dir)
	o.Tabs, o.Memory = 1, 1<<40 // only the browser's own bound ends a page that exhausts memory
	b := New(o)
	b.maxUses = soak.Rounds(30, maxUses)
	defer b.Close()
	fine := lectern.Page{HTML: document(full("#00ff00")), Width: 64, Height: 36}
	for range 3 {
		capture(t, b, fine)
	}
	processes, memory := len(using(dir)), resident(t, dir)

	// Together the pages keep 1.8 GB. A tab that was never replaced would use all of it.
	pages := b.maxUses + 20
	kept := 1800 << 20 / 8 / pages // numbers of 8 bytes
	for i := range pages {
		capture(t, b, lectern.Page{Width: 64, Height: 36, HTML: document(full("#00ff00") + fmt.Sprintf(
			`<script>window.kept = new Float64Array(%d).fill(%d.5)</script>`, kept, i))})
	}
	// The process of one tab may be starting while another one ends.
	bounded(t, "after many pages", dir, processes+1, memory+400<<20)

	for range soak.Rounds(1, 2) {
		_, err := b.Capture(t.Context(), lectern.Page{Width: 64, Height: 36,
			HTML: `<!doctype html><script>const all = []; for (;;) ` +
				`all.push(Array.from({length: 1 << 20}, (_, i) => i + 0.5))</script>`}, nil)
		if f := wantFailure(t, err, lectern.CodeCaptureFailed, "crashed the browser's tab twice"); !f.Retryable {
			t.Error("not retryable")
		}
	}
	b.o.Timeout = time.Second
	for range soak.Rounds(1, 3) {
		_, err := b.Capture(t.Context(), lectern.Page{HTML: `<!doctype html><script>for (;;);</script>`, Width: 64,
			Height: 36}, nil)
		wantFailure(t, err, lectern.CodeCaptureFailed, "not finished within 1 s")
	}
	b.o.Timeout = patience
	capture(t, b, fine)
	bounded(t, "after pages that crash and hang", dir, processes+1, memory+400<<20)

	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if left, pids := profiles(dir), using(dir); len(left)+len(pids) > 0 {
		t.Errorf("the closed browser leaves the folders %v and the processes %v", left, pids)
	}
}

// bounded waits until the browser in dir has at most the given number of processes and bytes of memory.
func bounded(t *testing.T, when, dir string, processes int, memory int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		n, m := len(using(dir)), resident(t, dir)
		if n <= processes && m <= memory {
			t.Logf("%s: %d processes, %d MB", when, n, m>>20)
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: %d processes of at most %d, %d MB of at most %d", when, n, processes, m>>20, memory>>20)
		}
	}
}

// resident returns the memory of the browser's processes in dir. Shared memory is divided among its users.
func resident(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	for _, pid := range using(dir) {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid)) // empty if the process has ended
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "Pss:" {
				kb, err := strconv.ParseInt(f[1], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				bytes += kb << 10
			}
		}
	}
	return bytes
}

// An idle browser ends with all its processes. The next picture starts a new browser and looks the same. A browser in
// use keeps running.
func TestIdleBrowserEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := New(Options{Dir: dir})
	ended, working, held := make(chan bool, 100), make(chan struct{}, 10), make(chan struct{})
	b.ended = func(did bool) { ended <- did }
	page := lectern.Page{HTML: document(full("#0a84ff"))}
	first, _ := capture(t, b, page)
	b.loaded = func(*tab) {
		working <- struct{}{}
		<-held
	}
	again := make(chan lectern.Capture)
	go func() {
		c, err := b.Capture(t.Context(), lectern.Page{HTML: page.HTML, Width: 320, Height: 180}, nil)
		if err != nil {
			t.Error(err)
		}
		again <- c
	}()
	<-working
	pid := b.Pid()
	b.Rest(time.Millisecond)
	if <-ended || b.Pid() != pid {
		t.Error("a browser in use ended")
	}
	close(held)
	if c := <-again; !bytes.Equal(first.PNG, c.PNG) {
		t.Error("the picture changed")
	}
	for !<-ended {
	}
	if pids := using(dir); b.Pid() != 0 || len(pids) > 0 || len(profiles(dir)) > 0 {
		t.Errorf("the idle browser left the processes %v and the folders %v; its process id is %d", pids, profiles(dir),
			b.Pid())
	}
	if c, _ := capture(t, b, page); !bytes.Equal(first.PNG, c.PNG) {
		t.Error("the picture changed in another browser")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}
