package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"lectern"
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

// given is a fetcher that has its answers ready.
type given map[string]lectern.Picture

func (g given) Fetch(_ context.Context, url string) (lectern.Picture, error) {
	a, ok := g[url]
	if !ok {
		return a, lectern.Fail(lectern.CodeAssetFailed, "The picture %s could not be loaded.", url)
	}
	a.URL = url
	return a, nil
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

// twoTabs are tabs that nobody else wants.
type twoTabs struct{ slots chan struct{} }

func (twoTabs) Count() int { return 2 }

func (t twoTabs) Use(ctx context.Context, do func() error) error {
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
		return do()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
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

// rig is a capturer on fakes.
type rig struct {
	*Capturer
	browser *fakeBrowser
	library *fakeLibrary
	cache   *folderCache
}

func newRig(t *testing.T) *rig {
	t.Helper()
	g := &rig{browser: &fakeBrowser{}, library: &fakeLibrary{}, cache: &folderCache{dir: t.TempDir()}}
	g.Capturer = New(Options{Browser: g.browser, Fetcher: given{}, Library: g.library,
		Tabs: twoTabs{make(chan struct{}, 2)}})
	return g
}

// talk is a small settled deck of three slides.
func talk() lectern.Deck {
	d := lectern.Deck{Size: lectern.Size{Width: 320, Height: 240}, Layout: lectern.LayoutSlideOnly}
	for _, title := range []string{"One", "Two", "Three"} {
		d.Slides = append(d.Slides, lectern.Slide{Template: "content", Props: map[string]any{"title": title}})
	}
	return d.WithDefaults()
}

// tiny is a PNG of one pixel that holds a text.
func tiny(text string) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	end := b.Bytes()[b.Len()-12:]
	out := append([]byte(nil), b.Bytes()[:b.Len()-12]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(text)))
	out = append(out, "tEXt"+text+"\x00\x00\x00\x00"...) // nobody looks at the checksum of what is not drawn
	return append(out, end...)
}
