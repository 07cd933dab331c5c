package pdf_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lectern"
	"lectern/internal/pdf"
	"lectern/internal/pdf/pdftest"
	"lectern/internal/soak"
)

func TestAPageThatNeedsTooMuchMemoryFailsAlone(t *testing.T) {
	t.Parallel()
	low := pdf.New(pdf.Options{CacheDir: cacheDir(), Memory: 32 << 20})
	t.Cleanup(func() { _ = low.Close() })
	file := pdftest.Doc{Pages: []pdftest.Page{{Width: 100, Height: 100, Content: fill("red", 0, 0, 100, 100)}}}.Bytes()
	d, err := low.Open(t.Context(), bytes.NewReader(file), int64(len(file)), "")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_, err = d.Draw(t.Context(), 1, 4000, 4000)
	if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != lectern.CodeTooLarge ||
		!strings.Contains(f.Message, "Page 1 of the PDF needs more than 32 MiB of memory") {
		t.Errorf("a picture of 64 MB: %v", err)
	}
	expect(t, draw(t, d, 1, 1000, 1000), map[image.Point]color.RGBA{{500, 500}: red})
}

func TestAFileThatCannotBeReadIsNotDamaged(t *testing.T) {
	t.Parallel()
	file := pdftest.Doc{Pages: []pdftest.Page{{Width: 10, Height: 10}}}.Bytes()
	broken := errors.New("the disk is gone")
	_, err := engine.Open(t.Context(), &failing{bytes.NewReader(file), broken, false}, int64(len(file)), "")
	if _, ours := errors.AsType[*lectern.Failure](err); ours || !errors.Is(err, broken) {
		t.Error(err)
	}
}

// failing reads only once.
type failing struct {
	*bytes.Reader
	err  error
	done bool
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if f.done {
		return 0, f.err
	}
	f.done = true
	return f.Reader.ReadAt(p, off)
}

func TestDocumentsAndCallsMayBeConcurrent(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	for range 4 { // more than there are workers
		all.Go(func() {
			file := pdftest.Doc{Pages: []pdftest.Page{
				{Width: 100, Height: 100, Content: fill("red", 0, 0, 100, 100), Notes: []string{"one"}},
				{Width: 100, Height: 100, Content: fill("blue", 0, 0, 100, 100), Notes: []string{"two"}}}}.Bytes()
			d, err := engine.Open(t.Context(), bytes.NewReader(file), int64(len(file)), "")
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			var pages sync.WaitGroup
			for i := range 6 {
				pages.Go(func() {
					img, err := d.Draw(t.Context(), 1+i%2, 50, 50)
					if want := []color.RGBA{red, blue}[i%2]; err != nil || img.RGBAAt(25, 25) != want {
						t.Errorf("page %d: %v", 1+i%2, err)
					}
				})
			}
			pages.Wait()
		})
	}
	all.Wait()
}

func TestCloseEndsCallsThatRun(t *testing.T) {
	t.Parallel()
	e := pdf.New(pdf.Options{CacheDir: cacheDir(), Time: time.Hour})
	file := pdftest.Bomb(12, 10)
	d, err := e.Open(t.Context(), bytes.NewReader(file), int64(len(file)), "")
	if err != nil {
		t.Fatal(err)
	}
	reads, ended := make(chan bool), make(chan error)
	go func() {
		close(reads)
		_, err := d.Draw(t.Context(), 1, 100, 100)
		ended <- err
	}()
	<-reads
	closed := make(chan error)
	go func() { closed <- e.Close() }()
	if err := <-ended; err == nil {
		t.Error("the bomb was drawn")
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	d.Close()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if _, err := d.Draw(t.Context(), 2, 100, 100); err == nil {
		t.Error("a closed document draws")
	}
	if _, err := e.Open(t.Context(), bytes.NewReader(file), int64(len(file)), ""); err == nil {
		t.Error("a closed engine opens a document")
	}
	if err := pdf.New(pdf.Options{}).Close(); err != nil {
		t.Error("an engine that never started:", err)
	}
}

// A truncated file of the cache is written again. PDFium is compiled for that, which takes seconds.
func TestADamagedCacheIsReplaced(t *testing.T) {
	t.Parallel()
	for range soak.Rounds(0, 1) {
		if err := engine.Start(t.Context()); err != nil { // the cache of the package is complete
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(cacheDir())); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "pdfium-*", "wazero-*", "*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, f := range files {
			if err := os.Truncate(f, 1<<20); err != nil {
				t.Fatal(err)
			}
		}
		e := pdf.New(pdf.Options{CacheDir: dir})
		if err := e.Start(t.Context()); err != nil {
			t.Error(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		for _, f := range files {
			if info, err := os.Stat(f); err != nil || info.Size() == 1<<20 {
				t.Errorf("%s: %v", f, err)
			}
		}
	}
}
