package render

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"sync"
	"sync/atomic"

	"lectern"
	"lectern/internal/picture"
	"lectern/internal/slots"
)

// capturedSlide is the picture of a slide: a PNG in the cache.
type capturedSlide struct {
	file
	drawn atomic.Pointer[image.RGBA] // what is in it, where that was drawn just now and nobody took it yet
}

// slack is by how many pixels a capture may miss the video's size: a page has whole CSS pixels, its picture may not.
const slack = 2

// sheet is a slide's page with all that its picture depends on.
type sheet struct {
	page   lectern.Page
	assets []lectern.Picture
	key    string
}

// drawer makes the pictures of slides.
type drawer struct {
	library Library
	browser Browser
	tabs    *slots.Slots
}

func (p *Pipeline) drawer() drawer { return drawer{p.Library, p.Browser, p.Resources.tabs} }

// sheet makes the page of slide i of a settled deck, with what it loads of pictures.
func (p drawer) sheet(ctx context.Context, d lectern.Deck, i int, pictures *gallery) (sheet, error) {
	page, _, err := p.library.Page(d, i)
	if err != nil {
		return sheet{}, err
	}
	assets, err := pictures.of(page)
	if err != nil {
		return sheet{}, err
	}
	version, err := p.browser.Version(ctx)
	if err != nil {
		return sheet{}, orElse(err, lectern.CodeCaptureFailed, "The browser could not be started.")
	}
	return sheet{page, assets, captureKey(page, assets, version, p.library.Fingerprint())}, nil
}

// capturer captures slides.
type capturer struct {
	*steps
	*outline
	drawer
	resources  *Resources
	pictures   *gallery // those that pages load, fetched and judged
	background pageBackground
}

// capture makes the picture of a slide, and warns of what does not fit on it.
func (u *capturer) capture(ctx context.Context, s *slide) error {
	sh, err := u.sheet(ctx, u.deck, s.index, u.pictures)
	if err != nil {
		return failed(ctx, err, s.number)
	}
	u.track.say(lectern.StageCapturing, fmt.Sprintf("Drawing %s.", u.of(s)))
	s.picture.file, err = u.step(ctx, lectern.StepCapture, s.number, sh.key, ".png", func(path string) error {
		return u.draw(ctx, u.cache, u.deck.Size, sh, &u.background, path, func(whole *image.RGBA) { u.keep(s, whole) })
	})
	if err != nil {
		return err
	}
	lacking, err := u.lacking(ctx, u.cache, sh, s.number)
	if err != nil {
		return failed(ctx, err, s.number)
	}
	u.warn(lacking)
	u.track.move(taskOf("capture", s), 1)
	close(s.captured)
	return nil
}

// draw writes the picture of a page of so many pixels to path, on its background, and stores beside it what does not
// fit. keep may keep the picture; nil: nobody wants it.
func (p drawer) draw(ctx context.Context, cache Cache, size lectern.Size, sh sheet, g *pageBackground, path string,
	keep func(*image.RGBA)) error {
	return p.tabs.Do(ctx, 1, func() error {
		c, err := p.browser.Capture(ctx, sh.page, sh.assets)
		if err != nil {
			return orElse(err, lectern.CodeCaptureFailed, "The browser could not draw the slide.")
		}
		if err := checkPicture(c.PNG, size); err != nil {
			return err
		}
		if sh.page.Background != nil {
			whole, b, err := g.under(sh.page, c.PNG)
			if err != nil {
				return err
			}
			c.PNG = b
			if keep != nil {
				keep(whole)
			}
		}
		write := func(path string) error { return writeOverflow(path, c.Overflow) }
		if _, err := cache.Make(ctx, sh.key+".json", write); err != nil {
			return err
		}
		return os.WriteFile(path, c.PNG, 0o666)
	})
}

func writeOverflow(path string, list []lectern.Overflow) error {
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o666)
}

// keep keeps the picture of a slide. The first slides, for which encoders wait, are kept in memory until these take
// them; the others' files are read again, since captures are far ahead of encoders in a long deck.
func (u *capturer) keep(s *slide, whole *image.RGBA) {
	most := min(u.resources.slots.Encoders, mostDrawn)
	if s.index >= most {
		return
	}
	if u.resources.drawn.Add(1) <= int64(most) {
		s.picture.drawn.Store(whole)
	} else {
		u.resources.drawn.Add(-1)
	}
}

// mostDrawn is how many slides the presentations of a process together keep in memory, however many encoders there are.
const mostDrawn = 4

// pageBackground draws the backgrounds of a run's slides. It remembers the last one, since most slides of a deck have
// the same, and does one slide at a time: whole pictures are large.
type pageBackground struct {
	mu    sync.Mutex
	key   string
	drawn *image.RGBA
}

// under lays the picture of a page, as PNG, on its background.
func (g *pageBackground) under(page lectern.Page, b []byte) (*image.RGBA, []byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	img, err := decodePicture(b)
	if err != nil {
		return nil, nil, err
	}
	size := lectern.Size{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	if key := fmt.Sprint(*page.Background, size, page.Scale); key != g.key {
		if g.drawn, err = picture.Background(*page.Background, size, page.Scale); err != nil {
			return nil, nil, err
		}
		g.key = key
	}
	whole := picture.Lay(img, g.drawn)
	b, err = picture.PNG(whole)
	return whole, b, err
}

func checkPicture(b []byte, size lectern.Size) error {
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return lectern.Fail(lectern.CodeCaptureFailed,
			"The browser's picture of the slide cannot be read.").Because(err)
	}
	if dw, dh := c.Width-size.Width, c.Height-size.Height; max(dw, -dw, dh, -dh) > slack {
		return lectern.Fail(lectern.CodeCaptureFailed,
			"The browser's picture of the slide has %d×%d pixels instead of %d×%d.",
			c.Width, c.Height, size.Width, size.Height)
	}
	return nil
}

func decodePicture(b []byte) (image.Image, error) {
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, lectern.Fail(lectern.CodeCaptureFailed, "The picture of the slide cannot be read.").Because(err)
	}
	return img, nil
}
