package httpapi

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"lectern"
	"lectern/internal/deck"
)

// previewDeck parses a deck for a preview. A deck without a layout of its own is shown without an avatar.
func (s *server) previewDeck(c context.Context, body deck.Source) (lectern.Deck, []lectern.Warning, error) {
	q, err := s.parse(c, body, nil)
	if err == nil {
		q, err = s.withAssets(c, q)
	}
	if err != nil {
		return q.Deck, nil, err
	}
	if !q.NamesLayout {
		q.Deck.Layout = lectern.LayoutSlideOnly
	}
	if q, err = s.edition(q, submission{}, true); err != nil {
		return q.Deck, nil, err
	}
	d := q.Deck.WithDefaults()
	return d, q.Warnings, q.Judge(lectern.Join(d.Validate(s.Limits)))
}

func (s *server) themeExists(id string) error {
	themes := s.Slides.Themes()
	names := ""
	for i, t := range themes {
		if t.ID == id {
			return nil
		}
		if i > 0 {
			names += ", "
		}
		names += strconv.Quote(t.ID)
	}
	f := lectern.Fail(lectern.CodeUnknownTheme, "The theme %q is not known; there are %s.", id, names)
	f.Param = "theme"
	return f
}

// slideImage answers with the picture of one slide: the first, or ?slide=n.
func (s *server) slideImage(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r, "slide", 1, 1, 100_000)
	if err != nil {
		return err
	}
	c, d, _, release, err := s.preview(r)
	if err != nil {
		return err
	}
	defer release()
	if n > len(d.Slides) {
		f := lectern.Fail(codeRequest, "The deck has %d slides; there is no slide %d.", len(d.Slides), n)
		f.Param = "slide"
		return f
	}
	if s.Browser == nil {
		return lectern.Fail(lectern.CodeMissingTool, "Pictures of slides need Chromium, which this server does not have.")
	}
	page, _, err := s.Slides.Page(d, n-1)
	if err != nil {
		return asFailure(err).At(n)
	}
	assets, pixels := make([]lectern.Picture, 0, len(page.Assets)), 0
	for _, a := range page.Pictures {
		pixels += a.Pixels
	}
	for _, address := range page.Assets {
		if s.Pictures == nil {
			return lectern.Fail(lectern.CodeAssetRefused, "This server loads no pictures for previews.").At(n)
		}
		a, err := s.Pictures.Fetch(c, address)
		if err != nil {
			f := *asFailure(err)
			f.Param = cmp.Or(f.Param, page.Params[address])
			return f.At(n)
		}
		a.URL = address
		assets = append(assets, a)
		if pixels += a.Pixels; s.Limits.SlidePixels > 0 && pixels > s.Limits.SlidePixels {
			return blame(page.Params[address], lectern.CodeAssetRefused, "The pictures of the slide have %d pixels together, "+
				"and at most %d are shown (limits.slide_pixels).",
				pixels, s.Limits.SlidePixels).At(n)
		}
	}
	shot, err := s.Browser.Capture(c, page, assets)
	if err != nil {
		return asFailure(err).At(n)
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Disposition", attachment("inline", "slide-"+strconv.Itoa(n)+".png"))
	h.Set("Content-Length", strconv.Itoa(len(shot.PNG)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(shot.PNG) // the client may have gone
	return nil
}

// customHTML is the answer to a preview as HTML.
type customHTML struct {
	Success    bool              `json:"success"`
	HTML       string            `json:"html"`
	Theme      string            `json:"theme"`
	SlideCount int               `json:"slideCount"`
	Width      int               `json:"width"`
	Height     int               `json:"height"`
	Warnings   []lectern.Warning `json:"warnings"`
}

// slideHTML answers with JSON that contains all slides as one HTML document.
func (s *server) slideHTML(w http.ResponseWriter, r *http.Request) error {
	_, d, warnings, release, err := s.preview(r)
	if err != nil {
		return err
	}
	defer release()
	html, err := s.Slides.Document(d)
	if err != nil {
		return err
	}
	size := d.SlideSize()
	writeJSON(w, r, http.StatusOK, customHTML{true, html, d.Theme, len(d.Slides), size.Width, size.Height,
		nonNil(warnings)})
	return nil
}
