package capture

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"strconv"
	"strings"
	"sync"

	"lectern"
	"lectern/internal/contentkey"
	"lectern/internal/fail"
	"lectern/internal/picture"
)

// slack is by how many pixels a capture's size may differ from the video's, because a page has whole CSS pixels.
const slack = 2

// Sheet is a slide's page with everything on which its picture depends.
type Sheet struct {
	Key    string // of the picture, without an ending
	page   lectern.Page
	assets []lectern.Picture
}

// Sheet makes the page of slide i of a checked deck, with the pictures that it loads.
func (c *Capturer) Sheet(ctx context.Context, d lectern.Deck, i int, pictures *Pictures) (Sheet, error) {
	page, _, err := c.o.Library.Page(d, i)
	if err != nil {
		return Sheet{}, err
	}
	assets, err := pictures.of(page)
	if err != nil {
		return Sheet{}, err
	}
	key, err := c.key(ctx, page, assets)
	return Sheet{key, page, assets}, err
}

func (c *Capturer) key(ctx context.Context, page lectern.Page, assets []lectern.Picture) (string, error) {
	version, err := c.o.Browser.Version(ctx)
	if err != nil {
		return "", fail.Else(err, lectern.CodeCaptureFailed, "The browser could not be started.")
	}
	return key(page, assets, version, c.o.Library.Fingerprint()), nil
}

// SheetOf is Sheet for a step of the slide: the elements with the ids in hidden are not visible, but keep their places.
func (c *Capturer) SheetOf(ctx context.Context, d lectern.Deck, i int, hidden []string, pictures *Pictures) (Sheet,
	error) {
	sh, err := c.Sheet(ctx, d, i, pictures)
	if err != nil || len(hidden) == 0 {
		return sh, err
	}
	sh.page.HTML = hide(sh.page.HTML, hidden)
	sh.Key, err = c.key(ctx, sh.page, sh.assets)
	return sh, err
}

// hide adds a style to a page that makes elements invisible, with all that is in them. An id names
//   - the element with it in data-el,
//   - for "items-2", the second item of the element "items",
//   - the element with it in data-step. If that is in an item of a list, it stands for the innermost such item,
//   - for "fragment-2", the second fragment of a slide that marp-core draws.
func hide(html string, ids []string) string {
	var all []string
	for _, id := range ids {
		mark := `[data-step="` + id + `"]`
		all = append(all, `[data-el="`+id+`"]`, mark, `li:has(`+mark+`):not(:has(li `+mark+`))`)
		if cut := strings.LastIndexByte(id, '-'); cut > 0 {
			name := id[:cut]
			if n, err := strconv.Atoi(id[cut+1:]); err == nil && n > 0 {
				all = append(all, fmt.Sprintf(`[data-el="%s"] :nth-child(%d of [data-item])`, name, n))
				if name == "fragment" {
					all = append(all, fmt.Sprintf(`[data-marpit-fragment="%d"]`, n))
				}
			}
		}
	}
	head, rest, found := strings.Cut(html, "</head>")
	if !found {
		return html
	}
	rule := strings.Join(all, ",")
	return head + "<style>:is(" + rule + "),:is(" + rule + ") *{visibility:hidden!important}</style></head>" + rest
}

// key is the content key of the picture: it depends on the page, the pictures that it loads, the browser and the
// library.
func key(page lectern.Page, assets []lectern.Picture, browser, library string) string {
	type loaded struct{ URL, Type, Hash string }
	list := make([]loaded, len(assets))
	for i, a := range assets {
		list[i] = loaded{a.URL, a.ContentType, contentkey.Digest(a.Body)}
	}
	return contentkey.Of(lectern.StepCapture, page, list, browser, library)
}

// Draw writes the picture of a sheet, with its background, to path as PNG, and stores the list of what does not fit in
// the cache. size is the size of the video, which the picture must have. If the page has a background, keep is called
// with the picture; nil: it is not called.
func (c *Capturer) Draw(ctx context.Context, cache Cache, size lectern.Size, sh Sheet, g *Backgrounds, path string,
	keep func(*image.RGBA)) error {
	return c.o.Tabs.Do(ctx, 1, func() error {
		shot, err := c.shoot(ctx, sh)
		if err != nil {
			return err
		}
		if err := checkPicture(shot.PNG, size); err != nil {
			return err
		}
		if sh.page.Background != nil {
			whole, b, err := g.under(sh.page, shot.PNG)
			if err != nil {
				return err
			}
			shot.PNG = b
			if keep != nil {
				keep(whole)
			}
		}
		write := func(path string) error { return writeOverflow(path, shot.Overflow) }
		if _, err := cache.Make(ctx, sh.Key+overflowEnding, write); err != nil {
			return err
		}
		return os.WriteFile(path, shot.PNG, 0o666)
	})
}

func (c *Capturer) shoot(ctx context.Context, sh Sheet) (lectern.Capture, error) {
	shot, err := c.o.Browser.Capture(ctx, sh.page, sh.assets)
	return shot, fail.Else(err, lectern.CodeCaptureFailed, "The browser could not draw the slide.")
}

// The endings of a key's files: the picture, and the list of what does not fit.
const (
	pictureEnding  = ".png"
	overflowEnding = ".json"
)

func writeOverflow(path string, list []lectern.Overflow) error {
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o666)
}

// Backgrounds draws the backgrounds of a deck's slides. It keeps the last one, since most slides have the same. It
// works on one slide at a time, because whole pictures need much memory. Its zero value is ready for use.
type Backgrounds struct {
	mu    sync.Mutex
	key   string
	drawn *image.RGBA
}

// under draws the picture of a page, given as PNG, over its background. It returns the result, also as PNG.
func (g *Backgrounds) under(page lectern.Page, b []byte) (*image.RGBA, []byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	img, err := Decode(b)
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

// Decode reads the picture of a slide.
func Decode(b []byte) (image.Image, error) {
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, lectern.Fail(lectern.CodeCaptureFailed, "The picture of the slide cannot be read.").Because(err)
	}
	return img, nil
}
