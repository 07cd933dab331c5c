package asset

import (
	"context"
	"fmt"
	"io"
	"os"

	"lectern"
	"lectern/internal/fail"
	"lectern/internal/picturefile"
)

// Web fetches pictures from the web. *fetch.Fetcher is one.
type Web interface {
	Allowed(url string) error
	Fetch(ctx context.Context, url string) (lectern.Picture, error)
}

// Contents opens the contents of assets. *Service is one.
type Contents interface {
	Open(ctx context.Context, sha256 string) (io.ReadSeekCloser, error)
}

// Drawer makes pictures of pages. *chrome.Browser is one.
type Drawer interface {
	Capture(ctx context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error)
}

// Cache keeps files by content key.
type Cache interface {
	Make(ctx context.Context, key string, write func(path string) error) (path string, err error)
}

// Pictures fetches the pictures of slides: assets from Contents, all others from the web. If an asset is a drawing
// (SVG), the browser draws it first, and the page gets the result. Pictures does not check whether a deck's owner has
// an asset; [Service.Check] does that before.
type Pictures struct {
	Web      Web
	Contents Contents
	Drawer   Drawer // nil: drawings are refused
	Cache    Cache  // of drawn drawings; nil: a drawing is drawn each time
	Limits   lectern.Limits
}

// Allowed refuses an address if its text shows, without the network, that it is forbidden.
func (p *Pictures) Allowed(url string) error {
	if _, ok := lectern.AssetOfPage(url); ok {
		return nil
	}
	return p.Web.Allowed(url)
}

// Fetch fetches one picture. A picture that is forbidden or unusable is CodeAssetRefused.
func (p *Pictures) Fetch(ctx context.Context, url string) (lectern.Picture, error) {
	sha, ok := lectern.AssetOfPage(url)
	if !ok {
		return p.Web.Fetch(ctx, url)
	}
	body, err := p.read(ctx, sha)
	if err != nil {
		return lectern.Picture{}, err
	}
	lim := p.Limits.WithDefaults()
	limits := picturefile.Limits{Pixels: lim.PicturePixels, Elements: lim.SVGElements}
	found, unfit := picturefile.Inspect(body, "", limits)
	if unfit != nil {
		return lectern.Picture{}, refuse(sha, unfit.Error())
	}
	if found.Type == picturefile.SVG {
		if body, err = p.draw(ctx, sha, found.Body); err != nil {
			return lectern.Picture{}, err
		}
		if found, unfit = picturefile.Inspect(body, "", limits); unfit != nil {
			return lectern.Picture{}, refuse(sha, unfit.Error())
		}
	}
	return lectern.Picture{URL: url, ContentType: found.Type, Body: found.Body, Pixels: found.Pixels}, nil
}

func refuse(sha, why string) *lectern.Failure {
	return lectern.Fail(lectern.CodeAssetRefused, "The picture asset:%.12s… cannot be used: %s.", sha, why)
}

// read returns the content of a picture.
func (p *Pictures) read(ctx context.Context, sha string) ([]byte, error) {
	r, err := p.Contents.Open(ctx, sha)
	if is(err, lectern.CodeNotFound) {
		return nil, refuse(sha, "it has been deleted")
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	body, err := io.ReadAll(io.LimitReader(r, MaxPicture+1))
	if err != nil {
		return nil, lectern.Fail(lectern.CodeInternal, "An asset could not be read.").Because(err)
	}
	if len(body) > MaxPicture {
		return nil, refuse(sha, "it is too large for a picture, or is not one")
	}
	return body, nil
}

// drawnSide is the longer side of the picture of a drawing, in pixels. More pixels would seldom be visible, since a
// usual video is 1920 pixels wide.
const drawnSide = 2048

// drawnURL is the address from which the page loads the drawing.
const drawnURL = "https://drawing.lectern.invalid/"

// drawnPage shows only a drawing. data-lectern announces a signal to package chrome, and __lectern.ready sends it when
// the page is ready.
const drawnPage = `<!doctype html><html data-lectern><head><meta charset="utf-8"><style>html,body{margin:0;background:transparent}
img{display:block;width:%dpx;height:%dpx}</style></head><body><script>
window.__lectern = {overflow: []};
const i = new Image();
i.src = "` + drawnURL + `";
window.__lectern.ready = i.decode().then(() => { document.body.append(i); return true; },
  () => { window.__lectern.overflow.push("damaged"); return true; });
</script></body></html>`

// draw returns a drawing as PNG. It is drawn once for each content.
func (p *Pictures) draw(ctx context.Context, sha string, svg []byte) ([]byte, error) {
	if p.Drawer == nil {
		return nil, refuse(sha, "drawings (SVG) need Chromium, which is not installed")
	}
	if p.Cache == nil {
		return p.drawn(ctx, sha, svg)
	}
	path, err := p.Cache.Make(ctx, fmt.Sprintf("drawing-%d-%s.png", drawnSide, sha), func(path string) error {
		png, err := p.drawn(ctx, sha, svg)
		if err != nil {
			return err
		}
		return os.WriteFile(path, png, 0o600)
	})
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func (p *Pictures) drawn(ctx context.Context, sha string, svg []byte) ([]byte, error) {
	w, h := picturefile.DrawingSize(svg, drawnSide)
	c, err := p.Drawer.Capture(ctx, lectern.Page{
		HTML: fmt.Sprintf(drawnPage, w, h), Width: w, Height: h, Scale: 1, Assets: []string{drawnURL},
		Background: &lectern.Background{},
	}, []lectern.Picture{{URL: drawnURL, ContentType: picturefile.SVG, Body: svg}})
	if err != nil {
		return nil, fail.Else(err, lectern.CodeCaptureFailed, "The browser could not draw an asset.")
	}
	if len(c.Overflow) > 0 {
		return nil, refuse(sha, "the browser cannot draw it")
	}
	return c.PNG, nil
}

// Local opens assets that are files of this machine. It maps hashes to paths, and serves checks without a server.
type Local map[string]string

// Open implements Contents.
func (l Local) Open(_ context.Context, sha256 string) (io.ReadSeekCloser, error) {
	path, ok := l[sha256]
	if !ok {
		return nil, lectern.Fail(lectern.CodeNotFound, "There is no asset %.64q.", sha256)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, lectern.Fail(lectern.CodeAssetRefused, "The file %s cannot be read.", path).Because(err)
	}
	return f, nil
}
