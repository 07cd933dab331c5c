package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"lectern"
	"lectern/internal/fail"
	"lectern/internal/picturefile"
)

// Pictures are the pictures that the pages of a deck load, after they were checked. They are kept as files, because
// those of a long deck would fill the memory. The zero value has none.
type Pictures struct {
	loaded map[string]*loaded // by address
}

type loaded struct {
	once  sync.Once
	asset lectern.Picture // without its body
	path  string
	err   error
}

// of reads the pictures of a page from their files.
func (s *Pictures) of(page lectern.Page) ([]lectern.Picture, error) {
	var list []lectern.Picture
	for _, url := range page.Assets {
		l := s.loaded[url]
		if l == nil || l.err != nil {
			return nil, lectern.Fail(lectern.CodeInternal, "A picture was not loaded before it was needed.")
		}
		a := l.asset
		var err error
		if a.Body, err = os.ReadFile(l.path); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// fetchers is how many pictures of a deck are fetched at once.
const fetchers = 4

// Load fetches and checks all pictures of a checked deck, also those in data addresses. It keeps the fetched pictures
// as files in the folder dir, which it creates and the caller removes. A failure names the slide and the field, and has
// the failures of the other pictures as its causes.
func (c *Capturer) Load(ctx context.Context, d lectern.Deck, dir string) (*Pictures, error) {
	g := &loading{Capturer: c, ctx: ctx, dir: dir, pictures: Pictures{loaded: map[string]*loaded{}},
		faults: make([][]*lectern.Failure, len(d.Slides))}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(fetchers, len(d.Slides)) {
		wg.Go(func() {
			for i := range next {
				if err := fail.GuardOn(i+1, func() error { return g.slide(d, i) }); err != nil {
					g.fault(i, err)
				}
			}
		})
	}
	for i := range d.Slides {
		if ctx.Err() != nil || g.enough() {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var all []*lectern.Failure
	for _, list := range g.faults {
		all = append(all, list...)
	}
	if len(all) > 0 {
		return nil, fail.Join(all)
	}
	return &g.pictures, nil
}

// loading is one call of Load.
type loading struct {
	*Capturer
	ctx context.Context
	dir string

	mu       sync.Mutex
	pictures Pictures
	bytes    int64
	faults   [][]*lectern.Failure // by slide
	count    int
}

func (g *loading) fault(i int, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count++
	g.faults[i] = append(g.faults[i], lectern.AsFailure(err).At(i+1))
}

func (g *loading) enough() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count >= fail.MaxCauses
}

// slide loads and checks the pictures of one slide, and notes their faults. It returns errors that do not belong to a
// single picture.
func (g *loading) slide(d lectern.Deck, i int) error {
	page, _, err := g.o.Library.Page(d, i)
	if err != nil {
		return err
	}
	pixels := 0
	for _, a := range page.Pictures {
		pixels += a.Pixels
		if err := g.judge(g.ctx, a); err != nil {
			g.fault(i, blame(err, a.URL))
		}
	}
	for _, url := range page.Assets {
		l := g.load(url)
		if l.err != nil {
			g.fault(i, blame(fail.Else(l.err, lectern.CodeAssetFailed, "A picture could not be loaded."),
				page.Params[url]))
			continue
		}
		pixels += l.asset.Pixels
	}
	if most := g.o.Limits.SlidePixels; most > 0 && pixels > most {
		return lectern.Fail(lectern.CodeAssetRefused,
			"The pictures of the slide have %s pixels together, which is more than %s (limits.slide_pixels).",
			picturefile.Million(pixels), picturefile.Million(most))
	}
	return nil
}

// blame sets the field of a failure, unless it has one. It returns a copy, since other slides may have the same
// failure.
func blame(err error, param string) error {
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f.On(param)
	}
	return err
}

// load fetches and checks a picture, once for all slides that show it.
func (g *loading) load(url string) *loaded {
	g.mu.Lock()
	l := g.pictures.loaded[url]
	if l == nil {
		l = &loaded{path: filepath.Join(g.dir, fmt.Sprintf("%d", len(g.pictures.loaded)))}
		g.pictures.loaded[url] = l
	}
	g.mu.Unlock()
	l.once.Do(func() {
		a, err := g.o.Fetcher.Fetch(g.ctx, url)
		if err == nil {
			err = g.afford(len(a.Body))
		}
		if err == nil {
			err = g.judge(g.ctx, a)
		}
		if err == nil {
			err = os.WriteFile(l.path, a.Body, 0o600)
		}
		a.Body = nil
		l.asset, l.err = a, err
	})
	return l
}

// afford counts the bytes of a picture, and fails if all pictures together exceed the limit.
func (g *loading) afford(n int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bytes += int64(n)
	if most := g.o.Limits.PictureBytes; most > 0 && g.bytes > most {
		return lectern.Fail(lectern.CodeTooLarge,
			"The pictures that the deck loads have more than %d MiB together (limits.picture_bytes).", most>>20)
	}
	return nil
}

// judge decodes a picture, in the browser if package picturefile cannot decode it.
func (c *Capturer) judge(ctx context.Context, a lectern.Picture) error {
	done, err := c.o.Judge.Decode(ctx, a.ContentType, a.Body)
	if err == nil && !done {
		err = c.prove(ctx, a)
	}
	return picturefile.Refusal(err, a.URL)
}

// proofPage makes the browser decode one picture, and reports a picture that it cannot decode as overflow. It reads a
// pixel too, because Image.decode accepts a file with a good header and damaged pixels.
const (
	proofURL  = "https://picture.lectern.invalid/"
	proofPage = `<!doctype html><html data-lectern><head><meta charset="utf-8"></head><body><script>
window.__lectern = {overflow: []};
const i = new Image();
i.src = "` + proofURL + `";
window.__lectern.ready = i.decode().then(() => createImageBitmap(i, 0, 0, 1, 1)).then(() => true, () => { window.__lectern.overflow.push("damaged"); return true; });
</script></body></html>`
)

// prove makes the browser decode a picture, once for each content.
func (c *Capturer) prove(ctx context.Context, a lectern.Picture) error {
	page := lectern.Page{HTML: proofPage, Width: 16, Height: 16, Scale: 1, Assets: []string{proofURL}}
	select {
	case c.proving <- struct{}{}:
		defer func() { <-c.proving }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return c.o.Tabs.Do(ctx, 1, func() error {
		if done, err := c.o.Judge.Decode(ctx, a.ContentType, a.Body); done || err != nil {
			return err
		}
		shot, err := c.o.Browser.Capture(ctx, page, []lectern.Picture{{URL: proofURL, ContentType: a.ContentType,
			Body: a.Body}})
		if err != nil {
			return fail.Else(err, lectern.CodeCaptureFailed, "The browser could not decode a picture.")
		}
		var verdict error
		if len(shot.Overflow) > 0 {
			verdict = &picturefile.Unfit{Why: "it is damaged: its pixels cannot be read"}
		}
		c.o.Judge.Settle(a.Body, verdict)
		return verdict
	})
}
