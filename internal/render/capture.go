package render

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"sync"
	"sync/atomic"

	"lectern"
	"lectern/internal/picture"
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
	assets []lectern.Asset
	key    string
}

// sheet makes the page of slide i of a settled deck, with what it loads of pictures.
func (p *Pipeline) sheet(ctx context.Context, d lectern.Deck, i int, pictures *gallery) (sheet, error) {
	page, _, err := p.Library.Page(d, i)
	if err != nil {
		return sheet{}, err
	}
	assets, err := pictures.of(page)
	if err != nil {
		return sheet{}, err
	}
	version, err := p.Browser.Version(ctx)
	if err != nil {
		return sheet{}, orElse(err, lectern.CodeCaptureFailed, "The browser could not be started.")
	}
	return sheet{page, assets, captureKey(page, assets, version, p.Library.Fingerprint())}, nil
}

// capture makes the picture of a slide, and warns of what does not fit on it.
func (u *run) capture(ctx context.Context, s *slide) error {
	sh, err := u.sheet(ctx, u.deck, s.index, u.pictures)
	if err != nil {
		return u.failed(ctx, err, s.number)
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
		return u.failed(ctx, err, s.number)
	}
	u.warn(lacking)
	u.track.move(u.task("capture", s), 1)
	close(s.captured)
	return nil
}

// draw writes the picture of a page of so many pixels to path, on its background, and stores beside it what does not fit. keep
// may keep the picture; nil: nobody wants it.
func (p *Pipeline) draw(ctx context.Context, cache Cache, size lectern.Size, sh sheet, g *pageBackground, path string, keep func(*image.RGBA)) error {
	return with(ctx, p.Resources.tabs, 1, func() error {
		c, err := p.Browser.Capture(ctx, sh.page, sh.assets)
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

// keep keeps the picture of a slide. The first slides, for which encoders wait, are kept in memory until these take them; the
// others' files are read again, since captures are far ahead of encoders in a long deck.
func (u *run) keep(s *slide, whole *image.RGBA) {
	most := min(u.Resources.slots.Encoders, mostDrawn)
	if s.index >= most {
		return
	}
	if u.Resources.drawn.Add(1) <= int64(most) {
		s.picture.drawn.Store(whole)
	} else {
		u.Resources.drawn.Add(-1)
	}
}

// mostDrawn is how many slides the presentations of a process together keep in memory, however many encoders there are.
const mostDrawn = 4

// drawn gives what was drawn of a slide, once, if it was kept.
func (u *run) drawn(s *slide) *image.RGBA {
	img := s.picture.drawn.Swap(nil)
	if img != nil {
		u.Resources.drawn.Add(-1)
	}
	return img
}

// pageBackground draws the backgrounds of a run's slides. It remembers the last one, since most slides of a deck have the same, and does one slide
// at a time: whole pictures are large.
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
		return lectern.Fail(lectern.CodeCaptureFailed, "The browser's picture of the slide cannot be read.").Because(err)
	}
	if dw, dh := c.Width-size.Width, c.Height-size.Height; max(dw, -dw, dh, -dh) > slack {
		return lectern.Fail(lectern.CodeCaptureFailed, "The browser's picture of the slide has %d×%d pixels instead of %d×%d.",
			c.Width, c.Height, size.Width, size.Height)
	}
	return nil
}

// windowOf says where the avatar stands on a slide; nil where it does not.
func (u *run) windowOf(i int) *picture.Window {
	place := u.deck.Placement(i)
	if u.deck.Layout == lectern.LayoutSlideOnly || u.deck.Avatar == "" || place.Avatar.Empty() {
		return nil
	}
	if u.performed && u.deck.Slides[i].Narration == "" { // a silent slide has no take to show
		return nil
	}
	w := &picture.Window{At: picture.EvenRect(place.Avatar, u.deck.Scale(), u.deck.Size), Shape: place.Shape, Inset: place.Inset, Unit: u.deck.Scale()}
	if u.backdrop(i) == (lectern.Backdrop{}) {
		w.Shape = lectern.ShapeSquare // cut out and standing on the slide itself
	} else if c, ok := picture.ParseColour(u.theme.Ring); ok && place.Inset {
		w.Ring = c
	}
	return w
}

// backdrop is what an avatar stands in front of: the slide's own colour, or the theme's.
func (u *run) backdrop(i int) lectern.Backdrop {
	if _, ok := picture.ParseColour(u.deck.Slides[i].Background); ok {
		own := u.deck.Slides[i].Background
		return lectern.Backdrop{Top: own, Bottom: own}
	}
	return u.theme.Backdrop
}

// look is the direction from a slide's avatar to its content.
func (u *run) look(i int) lectern.Point {
	p := u.deck.Placement(i)
	centre := func(r lectern.Rect) (x, y float64) {
		return float64(r.X) + float64(r.Width)/2, float64(r.Y) + float64(r.Height)/2
	}
	ax, ay := centre(p.Avatar)
	cx, cy := centre(p.Content)
	d := math.Hypot(cx-ax, cy-ay)
	if d < 1 {
		return lectern.Point{}
	}
	return lectern.Point{X: (cx - ax) / d, Y: (cy - ay) / d}
}

// canvas reads a slide's picture, exactly as large as the video, with the avatar's window drawn in.
func (u *run) canvas(s *slide) (*image.RGBA, error) {
	var img image.Image
	if drawn := u.drawn(s); drawn != nil {
		img = drawn
	} else {
		b, err := os.ReadFile(s.picture.path)
		if err != nil {
			return nil, err
		}
		if img, err = decodePicture(b); err != nil {
			return nil, err
		}
	}
	b := img.Bounds()
	size := u.deck.Size
	exact, ok := img.(*image.RGBA)
	if !ok || b.Dx() != size.Width || b.Dy() != size.Height {
		exact = image.NewRGBA(image.Rect(0, 0, size.Width, size.Height))
		// A picture that is a pixel short has its last row and column repeated.
		for dx := 0; dx < size.Width; dx += b.Dx() {
			for dy := 0; dy < size.Height; dy += b.Dy() {
				from := image.Pt(b.Min.X, b.Min.Y)
				if dx > 0 {
					from.X = max(b.Min.X, b.Max.X-(size.Width-dx))
				}
				if dy > 0 {
					from.Y = max(b.Min.Y, b.Max.Y-(size.Height-dy))
				}
				draw.Draw(exact, image.Rect(dx, dy, size.Width, size.Height), img, from, draw.Src)
			}
		}
	}
	if s.window != nil {
		s.window.Bake(exact)
	}
	return exact, nil
}

func decodePicture(b []byte) (image.Image, error) {
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, lectern.Fail(lectern.CodeCaptureFailed, "The picture of the slide cannot be read.").Because(err)
	}
	return img, nil
}

// yuvFile is a slide's picture, without its avatar, as the encoder takes it, kept as a scratch file for as long as a step needs it.
type yuvFile struct {
	mu   sync.Mutex
	path string
	uses int
}

// yuvOf gives the path of a slide's YUV file. yuv is what is in it, where the caller has that. Each use ends with a call
// of dropYUV.
func (u *run) yuvOf(s *slide, yuv *picture.YUV) (string, error) {
	s.yuv.mu.Lock()
	path := s.yuv.path
	s.yuv.mu.Unlock()
	if path != "" {
		return path, nil
	}
	if yuv == nil {
		img, err := u.canvas(s)
		if err != nil {
			return "", err
		}
		yuv = picture.ToYUV(img)
	}
	f, err := os.CreateTemp(u.job.Scratch, fmt.Sprintf("slide-%d-*.yuv", s.number))
	if err != nil {
		return "", err
	}
	_, err = f.Write(yuv.Pix)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return "", err
	}
	s.yuv.mu.Lock()
	path, s.yuv.path = s.yuv.path, f.Name()
	s.yuv.mu.Unlock()
	if path != "" { // made twice at the same time; both are the same
		os.Remove(path)
	}
	return f.Name(), nil
}

// dropYUV ends a use of a slide's YUV file; after the last the file goes.
func (u *run) dropYUV(s *slide) {
	s.yuv.mu.Lock()
	s.yuv.uses--
	path := s.yuv.path
	if s.yuv.uses > 0 {
		path = ""
	}
	s.yuv.mu.Unlock()
	if path != "" {
		os.Remove(path)
	}
}
