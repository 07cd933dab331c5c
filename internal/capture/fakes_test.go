package capture

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"lectern/internal/slots"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"lectern"
	"lectern/internal/capture/capturetest"
)

// fakeBrowser draws grey pictures of the right size.
type fakeBrowser struct {
	hook     func(ctx context.Context, what string) error // its error is the call's; nil: none
	overflow []lectern.Overflow
	mu       sync.Mutex
	calls    int
}

func (b *fakeBrowser) call(ctx context.Context, what string) error {
	if ctx.Err() != nil || b.hook == nil {
		return ctx.Err()
	}
	return b.hook(ctx, what)
}

func (b *fakeBrowser) Version(ctx context.Context) (string, error) {
	return "Fake/1", b.call(ctx, "version")
}

func (b *fakeBrowser) Capture(ctx context.Context, p lectern.Page, _ []lectern.Picture) (lectern.Capture, error) {
	b.mu.Lock()
	b.calls++
	b.mu.Unlock()
	if err := b.call(ctx, "capture "+p.HTML); err != nil {
		return lectern.Capture{}, err
	}
	at := func(n int) int { return int(math.Round(float64(n) * p.Scale)) }
	var out bytes.Buffer
	err := png.Encode(&out, image.NewGray(image.Rect(0, 0, at(p.Width), at(p.Height))))
	return lectern.Capture{PNG: out.Bytes(), Overflow: b.overflow}, err
}

// fakeLibrary makes pages of titles, each with the picture that its slide names.
type fakeLibrary struct{ props map[string]string }

func (*fakeLibrary) Fingerprint() string { return "library 1" }

func (l *fakeLibrary) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	size := d.SlideSize()
	p := lectern.Page{HTML: fmt.Sprint(d.Slides[i].Props["title"]), Width: size.Width, Height: size.Height,
		Scale: d.Scale(), Props: l.props}
	if url, ok := d.Slides[i].Props["image"].(string); ok {
		p.Assets = []string{url}
	}
	return p, nil, nil
}

// folderCache is a cache without eviction.
type folderCache struct {
	dir string
	mu  sync.Mutex
}

func (c *folderCache) Get(key string) (string, bool) {
	path := filepath.Join(c.dir, key)
	_, err := os.Stat(path)
	return path, err == nil
}

func (c *folderCache) Drop(key string) error { return os.Remove(filepath.Join(c.dir, key)) }

func (c *folderCache) Make(_ context.Context, key string, write func(string) error) (string, error) {
	path, ok := c.Get(key)
	if ok {
		return path, nil
	}
	tmp := filepath.Join(c.dir, "tmp-"+key)
	defer os.Remove(tmp)
	if err := write(tmp); err != nil {
		return "", err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return path, os.Rename(tmp, path)
}

// rig is a capturer with fake ports.
type rig struct {
	*Capturer
	browser *fakeBrowser
	library *fakeLibrary
	cache   *folderCache
}

func newRig(t *testing.T) *rig {
	t.Helper()
	g := &rig{browser: &fakeBrowser{}, library: &fakeLibrary{}, cache: &folderCache{dir: t.TempDir()}}
	g.Capturer = New(Options{Browser: g.browser, Fetcher: capturetest.Given{}, Library: g.library,
		Tabs: slots.New("tabs", 2)})
	return g
}

// talk is a small checked deck of three slides.
func talk() lectern.Deck {
	d := lectern.Deck{Size: lectern.Size{Width: 320, Height: 240}, Layout: lectern.LayoutSlideOnly}
	for _, title := range []string{"One", "Two", "Three"} {
		d.Slides = append(d.Slides, lectern.Slide{Template: "content", Props: map[string]any{"title": title}})
	}
	return d.WithDefaults()
}
