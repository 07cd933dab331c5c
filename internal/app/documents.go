package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"lectern"
	"lectern/internal/asset"
	"lectern/internal/config"
	"lectern/internal/deck/pptx"
	"lectern/internal/document"
	"lectern/internal/pdf"
)

// documents returns what draws the pages of files.
func (t *Tools) documents(contents document.Contents, scratch string) *document.Service {
	return document.New(document.Options{
		Contents: contents, Converter: t.Office, Engine: pdf.Version,
		Office: packages{pptx.Limits{Slides: t.Config.Limits.Slides}},
		Open: func(ctx context.Context, r io.ReaderAt, size int64, password string) (document.Pages, error) {
			return t.pdf.Open(ctx, r, size, password)
		},
		Locked: func(err error) bool { return errors.Is(err, pdf.ErrPassword) },
		Dir: func() (string, error) {
			if err := os.MkdirAll(scratch, 0o700); err != nil {
				return "", err
			}
			return os.MkdirTemp(scratch, "import-")
		},
	})
}

// packages reads office files, within the limits of decks.
type packages struct{ lim pptx.Limits }

// Shown implements document.Office.
func (p packages) Shown(ctx context.Context, r io.ReaderAt, size int64) (slides int, ending string, err error) {
	talk, err := pptx.Read(ctx, r, size, p.lim)
	if err != nil {
		return 0, "", err
	}
	shown, err := talk.Shown()
	if talk.Format == pptx.ODP {
		return len(shown), ".odp", err
	}
	return len(shown), ".pptx", err
}

// Clicks implements document.Office.
func (p packages) Clicks(ctx context.Context, r io.ReaderAt, size int64) ([]int, error) {
	talk, err := pptx.Read(ctx, r, size, p.lim)
	if err != nil {
		return nil, err
	}
	shown, err := talk.Shown()
	clicks := make([]int, len(shown))
	for i, s := range shown {
		clicks[i] = len(s.Builds)
	}
	return clicks, err
}

// Strip implements document.Office.
func (p packages) Strip(ctx context.Context, w io.Writer, r io.ReaderAt, size int64, steps bool) error {
	if steps {
		return pptx.StripToStates(ctx, w, r, size, p.lim)
	}
	return pptx.Strip(ctx, w, r, size, p.lim)
}

// newPDF returns the engine that draws PDF files, without starting it. All processes of a user share its compiled code.
func newPDF(cfg config.Config) *pdf.Engine {
	dir, err := UserCache()
	if err != nil { // the user has no home folder, so every process compiles it
		return pdf.New(pdf.Options{Workers: cfg.Tabs})
	}
	return pdf.New(pdf.Options{CacheDir: filepath.Join(dir, "pdfium"), Workers: cfg.Tabs})
}

// ToPDF writes a file whose pages slides show as PDF: an office file is converted, a PDF file is copied. pages is the
// largest page that is needed. password opens the file; what is written needs none.
func (t *Tools) ToPDF(ctx context.Context, file, password, to string, pages int) (err error) {
	dir, err := os.MkdirTemp("", "lectern-import-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	const sha = "file"
	d := t.documents(asset.Local{sha: file}, dir)
	return errors.Join(d.PDF(ctx, sha, lectern.Unlock{Password: password}, pages, false, to), d.Close())
}
