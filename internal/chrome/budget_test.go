//go:build linux

package chrome

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/soak"
)

// usesBomb returns a small SVG that is costly to draw: every level shows the level below ten times.
func usesBomb(levels int) string {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
		`width="64" height="36"><defs><g id="l0"><path d="M0 0h1v1z"/></g>`)
	for i := range levels {
		fmt.Fprintf(&b, `<g id="l%d">%s</g>`, i+1, strings.Repeat(fmt.Sprintf(`<use href="#l%d" x="1"/>`, i), 10))
	}
	fmt.Fprintf(&b, `</defs><use href="#l%d"/></svg>`, levels)
	return b.String()
}

// A page that would compute for ever fails with a message at the limit of its processor time, and its process ends. The
// next page is drawn.
func TestHeavyPageIsEnded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := New(Options{Dir: dir, Tabs: 1, Page: 2 * time.Second, Timeout: 10 * time.Minute})
	defer b.Close()
	fine := lectern.Page{HTML: document(full("#00ff00")), Width: 64, Height: 36}
	capture(t, b, fine)
	for name, html := range map[string]string{
		"inline": document(usesBomb(10)),
		"a picture": document(`<img src="data:image/svg+xml;base64,` +
			base64.StdEncoding.EncodeToString([]byte(usesBomb(10))) + `">`),
		"a script": `<!doctype html><script>for (;;);</script>`,
	} {
		_, err := b.Capture(t.Context(), lectern.Page{HTML: html, Width: 64, Height: 36}, nil)
		f := wantFailure(t, err, lectern.CodeCaptureFailed, "chromium.page")
		if f.Retryable || !strings.Contains(f.Message, "2 s of processor time") {
			t.Errorf("%s: %+v", name, f)
		}
		if _, img := capture(t, b, fine); at(img) != "#00ff00" {
			t.Errorf("%s: the next page is %s", name, at(img))
		}
	}
	calm(t, b)
}

// calm waits until the browser's processes use less than 0.1 s of processor time in half a second.
func calm(t *testing.T, b *Browser) {
	t.Helper()
	g := newGauge(b.Pid())
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for before := time.Duration(-1); ; {
		g.looks = 0
		now := g.measure().cpu
		if before >= 0 && now-before < 100*time.Millisecond {
			return
		}
		before = now
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("a page that was ended still uses processor time")
		}
	}
}

// A page that needs more memory than the bound fails with a message. The browser restarts, and the pictures of other
// pages that were being taken succeed.
func TestPageBeyondTheMemoryBoundIsEnded(t *testing.T) {
	t.Parallel()
	b := New(Options{Dir: t.TempDir(), Tabs: 2, Memory: 512 << 20, Page: 10 * time.Minute, Timeout: 10 * time.Minute,
		ReadyTimeout: 5 * time.Minute})
	defer b.Close()
	fine := lectern.Page{HTML: document(full("#00ff00")), Width: 64, Height: 36}
	capture(t, b, fine)
	const eats = `<!doctype html><html data-lectern><script>window.kept = []; const more = () => {
		kept.push(new Uint8Array(16 << 20).fill(1)); setTimeout(more, 1) }; more()</script>`
	const canvases = `<!doctype html><html data-lectern><script>window.kept = []; const more = () => {
		const c = document.createElement('canvas'); c.width = c.height = 4096; c.getContext('2d').fillRect(0, 0, 4096, 4096);
		kept.push(c); setTimeout(more, 1) }; more()</script>`
	pages := map[string]string{"arrays": eats, "canvases": canvases}
	for _, name := range soak.Pick([]string{"arrays", "canvases"}, "arrays") {
		html := pages[name]
		before := b.Pid()
		taken := make(chan struct{})
		var once sync.Once
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		wg.Go(func() { // another caller's pictures at the same time
			for ctx.Err() == nil {
				if _, img := capture(t, b, fine); at(img) != "#00ff00" {
					t.Errorf("during %s: %s", name, at(img))
				}
				once.Do(func() { close(taken) })
			}
		})
		<-taken
		_, err := b.Capture(t.Context(), lectern.Page{HTML: html, Width: 64, Height: 36}, nil)
		f := wantFailure(t, err, lectern.CodeCaptureFailed, "chromium.memory")
		if f.Retryable || !strings.Contains(f.Message, "512 MiB") {
			t.Errorf("%s: %+v", name, f)
		}
		cancel()
		wg.Wait()
		if b.Pid() == before {
			t.Errorf("%s: the browser did not restart", name)
		}
	}
}

// Processor time is divided among the pictures being taken. A picture that exceeds its time is ended. All are ended if
// the browser exceeds its memory, and the meter then knows whether a picture was the only one.
func TestMeterDividesTimeAndBoundsMemory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "pictures")
		killed := make(chan struct{}, 1)
		m := newMeter(Options{Memory: 100, Page: time.Second}, nil, func() { killed <- struct{}{} })
		began := time.Now()
		var charges []*charge
		var ends []context.Context
		for range n {
			ctx, end := context.WithCancelCause(context.Background())
			c := m.enter(end)
			c.began = began.Add(-time.Hour)
			charges, ends = append(charges, c), append(ends, ctx)
		}
		var sum time.Duration
		for _, ms := range rapid.SliceOfN(rapid.IntRange(0, 500), 1, 10).Draw(t, "spent") {
			spent := time.Duration(ms) * time.Millisecond
			m.charge(began, spent, 50)
			sum += spent / time.Duration(n)
		}
		for i, ctx := range ends {
			if charges[i].used != sum {
				t.Fatalf("charged %v, want %v", charges[i].used, sum)
			}
			if heavy := errors.Is(context.Cause(ctx), errHeavy); heavy != (sum > time.Second) {
				t.Fatalf("%v of a second: ended %v", sum, heavy)
			}
		}
		m.charge(began, 0, 101)
		<-killed
		for i, ctx := range ends {
			if ctx.Err() == nil || charges[i].sole != (n == 1) || !m.bloated.Load() {
				t.Fatalf("%d pictures: %v, alone %v", n, context.Cause(ctx), charges[i].sole)
			}
		}
	})
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (a (b) c) S 7 42 42 0 -1 4194560 0 0 0 0 1 2 0 0 20 0 1 0 100 4096 3 0 0"))
	f.Add([]byte("1 () Z 1 1 1 1 1 1 1 1 1 1 1 1 1"))
	f.Add([]byte(")"))
	f.Fuzz(func(t *testing.T, line []byte) { parseStat(line) })
}

// The gauge reads the parent, the processor time and the memory of a process from /proc. Sizes in messages are written
// as in the settings.
func TestGaugeMeasuresThisProcess(t *testing.T) {
	t.Parallel()
	if s, ok := parseStat([]byte("42 (a (b) c) S 7 42 42 0 -1 4194560 0 0 0 0 1 2 0 0 20")); !ok || s.parent != 7 ||
		s.cpu != 30*time.Millisecond {
		t.Errorf("%+v %v", s, ok)
	}
	if s, ok := readStat(os.Getpid()); !ok || s.parent != os.Getppid() {
		t.Errorf("%+v %v", s, ok)
	}
	if u := newGauge(os.Getpid()).measure(); u.memory < 1<<20 {
		t.Errorf("%+v", u)
	}
	for n, want := range map[int64]string{2 << 30: "2 GiB", 512 << 20: "512 MiB", 1536 << 20: "1536 MiB",
		3 << 10: "3 KiB"} {
		if got := bytesInWords(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
}

func BenchmarkMeasure(b *testing.B) {
	g := newGauge(os.Getppid())
	for b.Loop() {
		g.measure()
	}
}
