package render

import (
	"context"
	"fmt"
	"image"
	"os"

	"lectern"
	"lectern/internal/contentkey"
	"lectern/internal/fail"
	"lectern/internal/picture"
)

// Files opens the assets that a deck names.
type Files interface {
	// Fetch writes the content of an asset to path.
	Fetch(ctx context.Context, sha256, path string) error
}

// Documents draws pages of files: of PDF files, and of office files after it has turned them into PDF.
type Documents interface {
	// Key is the content key of an asset as PDF. It depends on what the asset shows and on the programs that draw it, but
	// not on its notes.
	Key(ctx context.Context, sha256 string) (string, error)
	// PDF writes an asset as PDF to path. pages is the largest page that the deck names.
	PDF(ctx context.Context, sha256 string, pages int, path string) error
	// Draw draws a page of a PDF file, counted from 1, as large as it fits into size. Where the page has another shape,
	// the rest is padded as picture.Pad describes.
	Draw(ctx context.Context, pdf string, page int, size lectern.Size) (*image.RGBA, error)
	// Text returns where the text of a page is in the picture that Draw makes of it.
	Text(ctx context.Context, pdf string, page int, size lectern.Size) ([]image.Rectangle, error)
	// Version changes when pages would look different. It is part of content keys.
	Version() string
}

// importer turns the files whose pages slides show into PDF files.
type importer struct {
	*steps
	*outline
	documents Documents
	pdfs      map[string]file // by the hash of the asset
}

// load makes the PDF of every file that the deck names, before its pages are drawn.
func (u *importer) load(ctx context.Context) error {
	first, last := map[string]int{}, map[string]int{} // slides and pages, by hash
	var order []string
	for i, s := range u.deck.Slides {
		if s.Page == nil {
			continue
		}
		sha, _, _ := lectern.AssetAddress(s.Page.File)
		if first[sha] == 0 {
			first[sha] = i + 1
			order = append(order, sha)
		}
		last[sha] = max(last[sha], s.Page.Page)
	}
	for _, sha := range order {
		if u.documents == nil {
			return lectern.Fail(lectern.CodeUnsupported, "This server draws no pages of files.").At(first[sha])
		}
		u.track.say(lectern.StagePreparing, "Importing the slides.")
		key, err := u.documents.Key(ctx, sha)
		if err != nil {
			return fail.On(ctx, err, first[sha])
		}
		u.pdfs[sha], err = u.step(ctx, lectern.StepImport, 0, key, ".pdf", func(path string) error {
			return u.documents.PDF(ctx, sha, last[sha], path)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// page draws the page of a file that a slide shows.
func (u *capturer) page(ctx context.Context, s *slide) error {
	d := u.deck.Slides[s.index]
	sha, _, _ := lectern.AssetAddress(d.Page.File)
	pdf := u.importer.pdfs[sha]
	key := pageKey(pdf.key, d.Page.Page, u.deck.Size, u.importer.documents)
	var drawn *image.RGBA
	u.track.say(lectern.StageCapturing, fmt.Sprintf("Drawing %s.", u.of(s)))
	var err error
	s.picture.file, err = u.step(ctx, lectern.StepCapture, s.number, key, ".png", func(path string) error {
		var err error
		drawn, err = drawPage(ctx, u.importer.documents, u.resources, pdf.path, d.Page.Page, u.deck.Size, path)
		return err
	})
	if err != nil {
		return err
	}
	if err := u.placer.measure(ctx, s, pdf.path, drawn); err != nil {
		return fail.On(ctx, err, s.number)
	}
	if drawn != nil {
		u.keep(s, drawn)
	}
	u.track.move(taskOf("capture", s), 1)
	close(s.captured)
	return nil
}

// pageKey is the key of the picture of a page. pdf is the key of its file.
func pageKey(pdf string, page int, size lectern.Size, documents Documents) string {
	return contentkey.Of(lectern.StepCapture, "page", pdf, page, size, documents.Version())
}

// drawPage draws a page of a PDF file and writes the picture to path as PNG.
func drawPage(ctx context.Context, documents Documents, r *Resources, pdf string, page int, size lectern.Size,
	path string) (img *image.RGBA, err error) {
	err = r.tabs.Do(ctx, 1, func() error {
		if img, err = documents.Draw(ctx, pdf, page, size); err != nil {
			return fail.Else(err, lectern.CodeCaptureFailed, "The page of the slide could not be drawn.")
		}
		b, err := picture.PNG(img)
		if err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o666)
	})
	return img, err
}
