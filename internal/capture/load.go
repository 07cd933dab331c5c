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

// Pictures are what the pages of a deck load from outside. They were judged, and are kept as files: all of a long
// deck's would fill the memory. The zero value has none.
type Pictures struct {
	loaded map[string]*loaded // by address
}

type loaded struct {
	once  sync.Once
	asset lectern.Picture // without its body
	path  string
	err   error
}

// of reads the pictures of a page.
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

// Load fetches and judges all pictures of a settled deck, those in data addresses too, before anything is made of them.
// It keeps the fetched ones as files in the folder dir, which it makes; the caller removes them. A failure names the
// slide and the field, and has those of the other slides as its causes.
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

// slide loads and judges the pictures of one slide. The error is one that is not a picture's.
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

// blame names the field of a failure, unless it has one. It changes no failure that others have too.
func blame(err error, param string) error {
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f.On(param)
	}
	return err
}

// load fetches and judges a picture, once, whichever slides show it.
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

// afford counts the bytes of a picture.
func (g *loading) afford(n int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bytes += int64(n)
	if most := g.o.Limits.PictureBytes; most > 0 && g.bytes > most {
		return lectern.Fail(lectern.CodeTooLarge,
			"The pictures that the deck loads have more than %d MB together (limits.picture_bytes).", most>>20)
	}
	return nil
}

// judge decodes a picture, in the browser where nobody else can.
func (c *Capturer) judge(ctx context.Context, a lectern.Picture) error {
	done, err := c.o.Judge.Decode(ctx, a.ContentType, a.Body)
	if err == nil && !done {
		err = c.prove(ctx, a)
	}
	return picturefile.Refusal(err, a.URL)
}

// proofPage shows a picture to the browser alone, and lists it where it cannot be decoded. What decode says does not
// do: it is content with a header.
const (
	proofURL  = "https://picture.lectern.invalid/"
	proofPage = `<!doctype html><html data-lectern><head><meta charset="utf-8"></head><body><script>
window.__lectern = {overflow: []};
const i = new Image();
i.src = "` + proofURL + `";
window.__lectern.ready = i.decode().then(() => createImageBitmap(i, 0, 0, 1, 1)).then(() => true, () => { window.__lectern.overflow.push("damaged"); return true; });
</script></body></html>`
)

// prove lets the browser decode a picture, once for each content.
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
