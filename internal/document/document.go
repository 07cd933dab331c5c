// Package document draws the pages of the files that slides show. A PDF is drawn as it is; an office file is turned
// into PDF first, by the program for it. What a converter gets has no notes and nothing that it would load from
// elsewhere, so the result depends only on what the file shows, and an edited note draws no slide again.
package document

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lectern"
	"lectern/internal/picture"
)

// Contents opens the contents of assets. *asset.Service is one.
type Contents interface {
	Open(ctx context.Context, sha256 string) (io.ReadSeekCloser, error)
}

// Converter turns office files into PDF. *office.Converter is one.
type Converter interface {
	// ToPDF writes the PDF of a file. slides is how many slides it has, by which the time is bounded.
	ToPDF(ctx context.Context, in, out string, slides int) error
	Version() string
}

// Office reads the packages of office files.
type Office interface {
	// Shown returns how many slides a file shows, and the ending of the name of what Strip writes, such as ".pptx".
	Shown(ctx context.Context, r io.ReaderAt, size int64) (slides int, ending string, err error)
	// Clicks returns how many clicks each of the shown slides has that make something appear.
	Clicks(ctx context.Context, r io.ReaderAt, size int64) ([]int, error)
	// Strip writes the part of a file that its pictures depend on. With steps, what it writes has a slide more for each
	// click, which shows the state before it.
	Strip(ctx context.Context, w io.Writer, r io.ReaderAt, size int64, steps bool) error
}

// Pages is an open PDF file. *pdf.Document is one.
type Pages interface {
	Count() int
	// Draw draws a page, counted from 1, as large as it fits, in the middle of a white picture.
	Draw(ctx context.Context, page, width, height int) (*image.RGBA, error)
	// Place is where Draw puts a page.
	Place(page, width, height int) image.Rectangle
	// Unprotected writes the file without its password.
	Unprotected(ctx context.Context, w io.Writer) error
	Close()
}

// Options are the ports of a Service. All are required.
type Options struct {
	Contents  Contents
	Converter Converter
	Office    Office
	// Open opens a PDF file. password is "" without one.
	Open   func(ctx context.Context, r io.ReaderAt, size int64, password string) (Pages, error)
	Locked func(error) bool       // reports whether an error of Open is about the password
	Engine string                 // the version of what draws PDF files
	Dir    func() (string, error) // a new folder for a conversion
}

// Service draws pages. It is safe for concurrent use.
type Service struct {
	o       Options
	life    context.Context // ends with Close
	end     context.CancelFunc
	opening sync.WaitGroup

	mu   sync.Mutex
	open map[string]*kept // by path
}

// New makes a service. It panics if a port is missing.
func New(o Options) *Service {
	if o.Contents == nil || o.Converter == nil || o.Office == nil || o.Open == nil || o.Locked == nil ||
		o.Dir == nil {
		panic("document.New: a port is missing")
	}
	s := &Service{o: o, open: map[string]*kept{}}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Version changes when pages would look different.
func (s *Service) Version() string { return s.o.Engine + " " + padding }

// padding changes when the pictures around pages of another shape would look different.
const padding = "continued"

// Fetch writes the content of an asset to path.
func (s *Service) Fetch(ctx context.Context, sha, path string) error {
	r, err := s.o.Contents.Open(ctx, sha)
	if err != nil {
		return gone(err, sha)
	}
	defer r.Close()
	return written(path, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// written writes a file.
func written(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

func gone(err error, sha string) error {
	if f, ok := errors.AsType[*lectern.Failure](err); ok && f.Code == lectern.CodeNotFound {
		return lectern.Fail(lectern.CodeAssetRefused, "The file asset:%.12s… cannot be used: it has been deleted.", sha)
	}
	return err
}

// source is the content of an asset.
type source struct {
	io.ReaderAt
	size   int64
	office bool
	close  func() error
}

// source opens an asset for reading at any place. Contents that cannot be read so are copied to a temporary file.
func (s *Service) source(ctx context.Context, sha string) (source, error) {
	r, err := s.o.Contents.Open(ctx, sha)
	if err != nil {
		return source{}, gone(err, sha)
	}
	at, ok := r.(io.ReaderAt)
	closer := r.Close
	if !ok {
		f, err := os.CreateTemp("", "lectern-document-")
		if err != nil {
			return source{}, errors.Join(err, r.Close())
		}
		closer = func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
		_, err = io.Copy(f, r)
		if err = errors.Join(err, r.Close()); err != nil {
			return source{}, errors.Join(err, closer())
		}
		at, r = f, f
	}
	size, err := r.Seek(0, io.SeekEnd)
	head := make([]byte, 5)
	if err == nil {
		_, err = at.ReadAt(head, 0)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return source{}, errors.Join(err, closer())
	}
	return source{at, size, !bytes.Equal(head, []byte("%PDF-")), closer}, nil
}

// Key is the content key of an asset as PDF, see render.Documents. It does not depend on the password, but without the
// password there is no key.
func (s *Service) Key(ctx context.Context, sha string, u lectern.Unlock, steps bool) (string, error) {
	src, err := s.source(ctx, sha)
	if err != nil {
		return "", err
	}
	defer src.close()
	if !src.office {
		return "document-" + sha, s.knows(ctx, src, u)
	}
	h := sha256.New()
	if err := s.o.Office.Strip(ctx, h, src, src.size, steps); err != nil {
		return "", err
	}
	_, _ = io.WriteString(h, s.o.Converter.Version())
	return "document-" + hex.EncodeToString(h.Sum(nil)), nil
}

// Clicks returns how many clicks each page of an asset has, see render.Documents.
func (s *Service) Clicks(ctx context.Context, sha string) ([]int, error) {
	src, err := s.source(ctx, sha)
	if err != nil {
		return nil, err
	}
	defer src.close()
	if !src.office {
		return []int{}, nil
	}
	return s.o.Office.Clicks(ctx, src, src.size)
}

// PDF writes an asset as PDF to path. pages is the largest page that is needed. An office file must have as many pages
// as it shows slides, and with steps also states of slides, because a page is found by its number. A PDF file that
// needs the password is written without it.
func (s *Service) PDF(ctx context.Context, sha string, u lectern.Unlock, pages int, steps bool, path string) error {
	src, err := s.source(ctx, sha)
	if err != nil {
		return err
	}
	defer src.close()
	want := 0
	if !src.office {
		if err := s.copied(ctx, src, u, path); err != nil {
			return err
		}
	} else if want, err = s.convert(ctx, src, steps, path); err != nil {
		return err
	}
	err = s.with(ctx, path, func(doc Pages) error {
		switch n := doc.Count(); {
		case want > 0 && n != want:
			return lectern.Fail(lectern.CodeInvalidDeck, "The deck shows %d slides, but LibreOffice drew %d pages, so it is "+
				"not known which page belongs to which slide. Open the deck in an office program, save it again, and try "+
				"again; or export it as PDF.", want, n)
		case n < pages:
			return lectern.Fail(lectern.CodeInvalidDeck, "The file has %d pages, so there is no page %d.", n, pages)
		}
		return nil
	})
	return s.forgotten(err, u)
}

// convert turns an office file into PDF. It returns how many pages the PDF must have.
func (s *Service) convert(ctx context.Context, src source, steps bool, path string) (shown int, err error) {
	shown, ending, err := s.o.Office.Shown(ctx, src, src.size)
	if err != nil {
		return 0, err
	}
	if steps {
		clicks, err := s.o.Office.Clicks(ctx, src, src.size)
		if err != nil {
			return 0, err
		}
		for _, n := range clicks {
			shown += n
		}
	}
	dir, err := s.o.Dir()
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	in := filepath.Join(dir, "deck"+ending)
	err = written(in, func(w io.Writer) error { return s.o.Office.Strip(ctx, w, src, src.size, steps) })
	if err != nil {
		return 0, err
	}
	return shown, s.o.Converter.ToPDF(ctx, in, path, shown)
}

// Draw draws a page of a PDF file, see render.Documents.
func (s *Service) Draw(ctx context.Context, pdf string, page int, size lectern.Size) (img *image.RGBA, err error) {
	err = s.with(ctx, pdf, func(doc Pages) error {
		img, err = doc.Draw(ctx, page, size.Width, size.Height)
		if err == nil {
			picture.Pad(img, doc.Place(page, size.Width, size.Height))
		}
		return err
	})
	return img, err
}

// kept is a PDF file that is open.
type kept struct {
	ready chan struct{} // closed when pages or err is set
	pages Pages
	err   error
	file  *os.File
	users int
	idle  *time.Timer
}

// keptOpen is how long a file stays open after its last use, for the next page.
const keptOpen = 5 * time.Second

// with calls use with a PDF file. The file stays open for a while, because pages are drawn one after another.
func (s *Service) with(ctx context.Context, path string, use func(Pages) error) error {
	s.mu.Lock()
	k := s.open[path]
	first := k == nil
	if first {
		k = &kept{ready: make(chan struct{})}
		s.open[path] = k
	}
	k.users++
	if first {
		k.users++
		s.opening.Go(func() { // others may wait for the file, so it is opened although ctx ends
			defer s.leave(path, k)
			defer close(k.ready)
			k.pages, k.file, k.err = s.opened(s.life, path)
		})
	}
	if k.idle != nil {
		k.idle.Stop()
	}
	s.mu.Unlock()
	defer s.leave(path, k)
	select {
	case <-k.ready:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if k.err != nil {
		return k.err
	}
	return use(k.pages)
}

func (s *Service) opened(ctx context.Context, path string) (Pages, *os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	doc, err := s.o.Open(ctx, f, info.Size(), "")
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return doc, f, nil
}

// leave ends a use. The last user of a file that could not be opened forgets it at once. Opening is a use, so the file
// is ready when there is no other.
func (s *Service) leave(path string, k *kept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.users--; k.users > 0 {
		return
	}
	if k.err != nil {
		s.forget(path, k)
		return
	}
	k.idle = time.AfterFunc(keptOpen, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if k.users == 0 {
			s.forget(path, k)
		}
	})
}

// forget closes a file. s.mu is held; closing does not wait, because nobody uses the file.
func (s *Service) forget(path string, k *kept) {
	if s.open[path] != k {
		return
	}
	delete(s.open, path)
	if k.pages != nil {
		k.pages.Close()
		_ = k.file.Close()
	}
}

// Close closes all files. No call may run.
func (s *Service) Close() error {
	s.end()
	s.opening.Wait() // for files whose callers gave up
	s.mu.Lock()
	defer s.mu.Unlock()
	busy := 0
	for path, k := range s.open {
		if k.users > 0 {
			busy++
			continue
		}
		if k.idle != nil {
			k.idle.Stop()
		}
		s.forget(path, k)
	}
	if busy > 0 {
		return fmt.Errorf("%d documents are still in use", busy)
	}
	return nil
}
