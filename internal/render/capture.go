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
	"lectern/internal/compose"
)

// picture is a captured slide: a PNG in the cache.
type picture struct {
	file
	drawn atomic.Pointer[image.RGBA] // what is in it, where that was drawn just now and nobody took it yet
}

// slack is by how many pixels a capture may miss the video's size: a page has whole CSS pixels, its picture may not.
const slack = 2

// capture makes the picture of a slide.
func (u *run) capture(ctx context.Context, s *slide) error {
	page, _, err := u.Library.Page(u.deck, s.index)
	if err != nil {
		return u.failed(ctx, err, s.number)
	}
	assets, err := u.pictures.of(page)
	if err != nil {
		return u.failed(ctx, err, s.number)
	}
	version, err := u.Browser.Version(ctx)
	if err != nil {
		return u.failed(ctx, orElse(err, lectern.CodeCaptureFailed, "The browser could not be started."), s.number)
	}
	key := captureKey(page, assets, version, u.Library.Fingerprint())
	u.track.say(lectern.StageCapturing, fmt.Sprintf("Drawing %s.", u.of(s)))
	if s.picture.file, err = u.captured(ctx, s, key, page, assets); err != nil {
		return err
	}
	if notes, ok := u.cache.Get(key + ".json"); ok {
		u.overflow(s, notes)
	}
	u.track.move(u.task("capture", s), 1)
	close(s.captured)
	return nil
}

func (u *run) captured(ctx context.Context, s *slide, key string, page lectern.Page, assets []lectern.Asset) (file, error) {
	return u.step(ctx, lectern.StepCapture, s.number, key, ".png", func(path string) error {
		return with(ctx, u.Resources.tabs, 1, func() error {
			c, err := u.Browser.Capture(ctx, page, assets)
			if err != nil {
				return orElse(err, lectern.CodeCaptureFailed, "The browser could not draw the slide.")
			}
			if err := u.checkPicture(c.PNG); err != nil {
				return err
			}
			if c.PNG, err = u.grounded(s, page, c.PNG); err != nil {
				return err
			}
			list, err := json.Marshal(c.Overflow)
			if err != nil {
				return err
			}
			if _, err := u.cache.Make(ctx, key+".json", func(path string) error { return os.WriteFile(path, list, 0o666) }); err != nil {
				return err
			}
			return os.WriteFile(path, c.PNG, 0o666)
		})
	})
}

// grounded lays what the browser drew on the page's ground, if it has one. The first slides, for which encoders wait, are kept in memory
// too, until these take them; the others' files are read again, since captures are far ahead of encoders in a long deck.
func (u *run) grounded(s *slide, page lectern.Page, b []byte) ([]byte, error) {
	if page.Ground == nil {
		return b, nil
	}
	whole, b, err := u.ground.under(page, b)
	if most := min(u.Resources.slots.Encoders, mostDrawn); err == nil && s.index < most {
		if u.Resources.drawn.Add(1) <= int64(most) {
			s.picture.drawn.Store(whole)
		} else {
			u.Resources.drawn.Add(-1)
		}
	}
	return b, err
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

// ground is what a run's slides lie on. It remembers the last that was drawn, since most slides of a deck have the same, and does one slide
// at a time: whole pictures are large.
type ground struct {
	mu    sync.Mutex
	key   string
	drawn *image.RGBA
}

// under lays the picture of a page, as PNG, on its ground.
func (g *ground) under(page lectern.Page, b []byte) (*image.RGBA, []byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	img, err := decodePicture(b)
	if err != nil {
		return nil, nil, err
	}
	size := lectern.Size{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	if key := fmt.Sprint(*page.Ground, size, page.Scale); key != g.key {
		if g.drawn, err = compose.Ground(*page.Ground, size, page.Scale); err != nil {
			return nil, nil, err
		}
		g.key = key
	}
	whole := compose.Lay(img, g.drawn)
	b, err = compose.PNG(whole)
	return whole, b, err
}

func (u *run) checkPicture(b []byte) error {
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return lectern.Fail(lectern.CodeCaptureFailed, "The browser's picture of the slide cannot be read.").Because(err)
	}
	if dw, dh := c.Width-u.deck.Size.Width, c.Height-u.deck.Size.Height; max(dw, -dw, dh, -dh) > slack {
		return lectern.Fail(lectern.CodeCaptureFailed, "The browser's picture of the slide has %d×%d pixels instead of %d×%d.",
			c.Width, c.Height, u.deck.Size.Width, u.deck.Size.Height)
	}
	return nil
}

// overflow warns of text that does not fit.
func (u *run) overflow(s *slide, notes string) {
	b, err := os.ReadFile(notes)
	var ids []string
	if err != nil || json.Unmarshal(b, &ids) != nil {
		return // the picture is good; what did not fit on it is seen on it
	}
	for _, id := range ids {
		u.warn([]lectern.Warning{{Code: "text_overflow", Slide: s.number,
			Message: fmt.Sprintf("The text of %q does not fit, even at its smallest size. Shorten it, or move some of it to another slide.", id)}})
	}
}

// windowOf says where the avatar stands on a slide; nil where it does not.
func (u *run) windowOf(i int) *compose.Window {
	place := u.deck.Placement(i)
	if u.deck.Layout == lectern.LayoutSlideOnly || u.deck.Avatar == "" || place.Avatar.Empty() {
		return nil
	}
	if u.stars != nil && u.deck.Slides[i].Narration == "" { // a silent slide has no take to show
		return nil
	}
	w := &compose.Window{At: compose.EvenRect(place.Avatar, u.deck.Scale(), u.deck.Size), Shape: place.Shape, Inset: place.Inset, Unit: u.deck.Scale()}
	if u.backdrop(i) == (lectern.Backdrop{}) {
		w.Shape = lectern.ShapeSquare // cut out and standing on the slide itself
	} else if c, ok := compose.ParseColour(u.theme.Ring); ok && place.Inset {
		w.Ring = c
	}
	return w
}

// backdrop is what an avatar stands in front of: the slide's own colour, or the theme's.
func (u *run) backdrop(i int) lectern.Backdrop {
	if _, ok := compose.ParseColour(u.deck.Slides[i].Background); ok {
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

// plate is a slide's picture as the encoder takes it, kept as a scratch file for as long as a step needs it.
type plate struct {
	mu   sync.Mutex
	path string
	uses int
}

// plateOf gives the path of a slide's plate. planes are what is in it, where the caller has them. Each use ends with a call
// of dropPlate.
func (u *run) plateOf(s *slide, planes *compose.Planes) (string, error) {
	s.plate.mu.Lock()
	path := s.plate.path
	s.plate.mu.Unlock()
	if path != "" {
		return path, nil
	}
	if planes == nil {
		img, err := u.canvas(s)
		if err != nil {
			return "", err
		}
		planes = compose.Plate(img)
	}
	f, err := os.CreateTemp(u.job.Scratch, fmt.Sprintf("plate-%d-*.yuv", s.number))
	if err != nil {
		return "", err
	}
	_, err = f.Write(planes.Pix)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return "", err
	}
	s.plate.mu.Lock()
	path, s.plate.path = s.plate.path, f.Name()
	s.plate.mu.Unlock()
	if path != "" { // made twice at the same time; both are the same
		os.Remove(path)
	}
	return f.Name(), nil
}

// dropPlate ends a use of a slide's plate; after the last the file goes.
func (u *run) dropPlate(s *slide) {
	s.plate.mu.Lock()
	s.plate.uses--
	path := s.plate.path
	if s.plate.uses > 0 {
		path = ""
	}
	s.plate.mu.Unlock()
	if path != "" {
		os.Remove(path)
	}
}
