package render

import (
	"cmp"
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
	// not on its notes and its password. It fails for a file that needs a password which u lacks. With steps, a page of an
	// office file is preceded by its states before each of its clicks.
	Key(ctx context.Context, sha256 string, u lectern.Unlock, steps bool) (string, error)
	// PDF writes an asset as PDF without a password to path. pages is the largest page that the deck names, steps is as
	// for Key.
	PDF(ctx context.Context, sha256 string, u lectern.Unlock, pages int, steps bool, path string) error
	// Clicks returns how many clicks each page of an office file has. A PDF has none, so the list is empty.
	Clicks(ctx context.Context, sha256 string) ([]int, error)
	// Draw draws a page of a PDF file, counted from 1, as large as it fits into size. Where the page has another shape,
	// the rest is padded as picture.Pad describes.
	Draw(ctx context.Context, pdf string, page int, size lectern.Size) (*image.RGBA, error)
	// Version changes when pages would look different. It is part of content keys.
	Version() string
}

// importer turns the files whose pages slides show into PDF files.
type importer struct {
	*steps
	*outline
	documents Documents
	pdfs      map[string]file  // by the hash of the asset
	clicks    map[string][]int // of assets with steps; see Documents.Clicks
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
		for _, step := range u.deck.StepsOf(i) {
			last[sha] = max(last[sha], step.Page)
		}
	}
	if len(order) == 0 {
		return nil
	}
	lock, err := u.unlock(ctx)
	if err != nil {
		return fail.On(ctx, err, 0)
	}
	for _, sha := range order {
		if u.documents == nil {
			return lectern.Fail(lectern.CodeUnsupported, "This server draws no pages of files.").At(first[sha])
		}
		u.track.say(lectern.StagePreparing, "Importing the slides.")
		steps := u.deck.ShowsClicks(sha)
		key, err := u.documents.Key(ctx, sha, lock, steps)
		if err == nil && steps {
			u.clicks[sha], err = u.documents.Clicks(ctx, sha)
		}
		if err != nil {
			return fail.On(ctx, err, first[sha])
		}
		u.pdfs[sha], err = u.step(ctx, lectern.StepImport, 0, key, ".pdf", func(path string) error {
			return u.documents.PDF(ctx, sha, lock, last[sha], steps, path)
		})
		if err != nil {
			return err
		}
	}
	if lock.Password == "" {
		return nil
	}
	if err := u.job.Locks.Unlocked(ctx); err != nil {
		return fail.On(ctx, err, 0)
	}
	return nil
}

// unlock returns the password of the deck's file.
func (u *importer) unlock(ctx context.Context) (lectern.Unlock, error) {
	if u.job.Locks == nil {
		return lectern.Unlock{}, nil
	}
	return u.job.Locks.Unlock(ctx)
}

// number returns the page of the PDF that shows a step of slide i, counted from 1.
func (u *importer) number(i int, step lectern.SlideStep) (int, error) {
	p := u.deck.Slides[i].Page
	page := cmp.Or(step.Page, p.Page)
	sha, _, _ := lectern.AssetAddress(p.File)
	clicks := u.clicks[sha]
	if clicks == nil && step.Ahead == 0 {
		return page, nil
	}
	if page > len(clicks) || clicks[page-1] < step.Ahead {
		return 0, lectern.Fail(lectern.CodeInvalidDeck, "Page %d of the file has no %d clicks. Only animated slides of a "+
			"PPTX file have clicks.", page, step.Ahead).On(fmt.Sprintf("slides[%d].steps", i))
	}
	number := page - step.Ahead
	for _, n := range clicks[:page] {
		number += n
	}
	return number, nil
}

// page draws a view of a slide that shows the page of a file.
func (u *capturer) page(ctx context.Context, s *slide, v *view, step lectern.SlideStep) error {
	sha, _, _ := lectern.AssetAddress(u.deck.Slides[s.index].Page.File)
	pdf := u.importer.pdfs[sha]
	number, err := u.importer.number(s.index, step)
	if err != nil {
		return fail.On(ctx, err, s.number)
	}
	key := contentkey.Of(lectern.StepCapture, "page", pdf.key, number, u.deck.Size, u.importer.documents.Version())
	v.picture.file, err = u.step(ctx, lectern.StepCapture, s.number, key, ".png", func(path string) error {
		return u.resources.tabs.Do(ctx, 1, func() error {
			img, err := u.importer.documents.Draw(ctx, pdf.path, number, u.deck.Size)
			if err != nil {
				return fail.Else(err, lectern.CodeCaptureFailed, "The page of the slide could not be drawn.")
			}
			b, err := picture.PNG(img)
			if err != nil {
				return err
			}
			u.keep(s, v, img)
			return os.WriteFile(path, b, 0o666)
		})
	})
	return err
}
