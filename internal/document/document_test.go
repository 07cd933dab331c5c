package document_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/document"
)

// The files of these tests are texts. "%PDF-" and a line for each page is a PDF file. Any other text is an office file:
// each line is a slide, and what follows a "#" in it are its notes.
type world struct {
	files   map[string]string
	lost    int // pages that the converter loses
	version string
	dir     string
	slow    time.Duration // that opening a PDF file takes

	mu          sync.Mutex
	conversions []string // what the converter got
	open        int      // PDF files
	opened      int
}

func newWorld(t *testing.T) (*world, *document.Service) {
	w := &world{files: map[string]string{}, version: "1", dir: t.TempDir()}
	return w, document.New(document.Options{Contents: w, Converter: w, Office: w, Open: w.openPDF, Locked: locked,
		Engine: "engine 1",
		Dir:    func() (string, error) { return os.MkdirTemp(w.dir, "") }})
}

func (w *world) Open(_ context.Context, sha string) (io.ReadSeekCloser, error) {
	text, ok := w.files[sha]
	if !ok {
		return nil, lectern.Fail(lectern.CodeNotFound, "There is no asset.")
	}
	return struct {
		io.ReadSeeker
		io.Closer
	}{strings.NewReader(text), io.NopCloser(nil)}, nil
}

func (w *world) Version() string { return w.version }

func (w *world) ToPDF(_ context.Context, in, out string, slides int) error {
	b, err := os.ReadFile(in)
	if err != nil || filepath.Ext(in) != ".pptx" {
		return fmt.Errorf("the file is %s (%w)", in, err)
	}
	w.mu.Lock()
	w.conversions = append(w.conversions, fmt.Sprintf("%s %d", b, slides))
	w.mu.Unlock()
	return os.WriteFile(out, []byte("%PDF-"+strings.Repeat("\npage", slides-w.lost)), 0o600)
}

// count returns how many PDF files are open, and how many were opened.
func (w *world) count() (open, opened int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open, w.opened
}

func lines(r io.ReaderAt, size int64) []string {
	b, _ := io.ReadAll(io.NewSectionReader(r, 0, size))
	return strings.Split(string(b), "\n")
}

func (w *world) Shown(_ context.Context, r io.ReaderAt, size int64) (int, string, error) {
	return len(lines(r, size)), ".pptx", nil
}

// Clicks counts the plus signs of each slide.
func (w *world) Clicks(_ context.Context, r io.ReaderAt, size int64) ([]int, error) {
	var clicks []int
	for _, l := range lines(r, size) {
		clicks = append(clicks, strings.Count(l, "+"))
	}
	return clicks, nil
}

func (w *world) Strip(_ context.Context, to io.Writer, r io.ReaderAt, size int64, steps bool) error {
	var drawn []string
	if steps {
		drawn = append(drawn, "steps")
	}
	for _, l := range lines(r, size) {
		shown, _, _ := strings.Cut(l, "#")
		drawn = append(drawn, shown)
	}
	_, err := io.WriteString(to, strings.Join(drawn, "|"))
	return err
}

func (w *world) openPDF(ctx context.Context, r io.ReaderAt, size int64, password string) (document.Pages, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(w.slow):
	}
	head := make([]byte, 5)
	if _, err := r.ReadAt(head, 0); err != nil || !bytes.Equal(head, []byte("%PDF-")) {
		return nil, errors.New("not a PDF file")
	}
	all := lines(r, size)
	if lock, is := strings.CutPrefix(all[0], "%PDF-/Encrypt "); is && lock != password {
		return nil, errLocked
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open++
	w.opened++
	return &pages{w, len(all) - 1}, nil
}

// errLocked is the error of opening a PDF file whose first line is "%PDF-/Encrypt " and another password.
var errLocked = errors.New("it needs a password")

func locked(err error) bool { return errors.Is(err, errLocked) }

type pages struct {
	w *world
	n int
}

func (p *pages) Count() int { return p.n }

func (p *pages) Draw(_ context.Context, page, width, height int) (*image.RGBA, error) {
	if page > p.n {
		return nil, errors.New("no such page")
	}
	return image.NewRGBA(image.Rect(0, 0, width, height)), nil
}

func (p *pages) Unprotected(_ context.Context, to io.Writer) error {
	_, err := io.WriteString(to, "%PDF-"+strings.Repeat("\npage", p.n))
	return err
}

func (p *pages) Place(_, width, height int) image.Rectangle { return image.Rect(0, 0, width, height) }

func (p *pages) Close() {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	p.w.open--
}

func key(t *testing.T, s *document.Service, sha string) string {
	t.Helper()
	k, err := s.Key(t.Context(), sha, lectern.Unlock{}, false)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The key of an office file does not depend on its notes, but on what it shows and on the converter. The key of a PDF
// file is its content.
func TestAnEditedNoteKeepsTheKey(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t)
	w.files["a"], w.files["b"], w.files["c"] = "one#hello\ntwo", "one#changed\ntwo#more", "one\nthree"
	w.files["p"], w.files["q"] = "%PDF-\npage", "%PDF-\npage"
	first := key(t, s, "a")
	if key(t, s, "b") != first || key(t, s, "c") == first || key(t, s, "p") == key(t, s, "q") {
		t.Errorf("the keys are %s %s %s", first, key(t, s, "b"), key(t, s, "c"))
	}
	w.version = "2"
	if key(t, s, "a") == first {
		t.Error("another converter has the same key")
	}
	if _, err := s.Key(t.Context(), "gone", lectern.Unlock{}, false); lectern.AsFailure(err).Code !=
		lectern.CodeAssetRefused {
		t.Errorf("a deleted asset: %v", err)
	}
}

// An office file is converted without its notes, and must have a page for each slide that it shows. A PDF file must
// have the pages that the deck names. Nothing is left in the folder of the conversions.
func TestPagesAndSlidesMustAgree(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t)
	w.files["a"], w.files["p"] = "one#hello\ntwo", "%PDF-\npage"
	out := filepath.Join(t.TempDir(), "out.pdf")
	if err := s.PDF(t.Context(), "a", lectern.Unlock{}, 2, false, out); err != nil || len(w.conversions) != 1 ||
		w.conversions[0] != "one|two 2" {
		t.Errorf("%v, and the converter got %q", err, w.conversions)
	}
	w.lost = 1
	err := s.PDF(t.Context(), "a", lectern.Unlock{}, 2, false, filepath.Join(t.TempDir(), "lost.pdf"))
	if f := lectern.AsFailure(err); f.Code != lectern.CodeInvalidDeck || !strings.Contains(f.Message, "2 slides") ||
		!strings.Contains(f.Message, "1 pages") {
		t.Errorf("a page is lost: %v", err)
	}
	err = s.PDF(t.Context(), "p", lectern.Unlock{}, 2, false, filepath.Join(t.TempDir(), "short.pdf"))
	if f := lectern.AsFailure(err); f.Code != lectern.CodeInvalidDeck || !strings.Contains(f.Message, "no page 2") {
		t.Errorf("a PDF that is too short: %v", err)
	}
	if left, err := os.ReadDir(w.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if open, _ := w.count(); open != 0 {
		t.Errorf("%d PDF files are open", open)
	}
}

// With steps, an office file gets a page more for each click, and a key of its own. A PDF file has no clicks.
func TestStepsOfAnOfficeFileArePages(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t)
	w.files["a"], w.files["p"] = "one++\ntwo", "%PDF-\npage+"
	with, err := s.Key(t.Context(), "a", lectern.Unlock{}, true)
	if err != nil || with == key(t, s, "a") {
		t.Errorf("the key with steps is %s, %v", with, err)
	}
	if k, err := s.Key(t.Context(), "p", lectern.Unlock{}, true); err != nil || k != key(t, s, "p") {
		t.Errorf("the key of a PDF with steps is %s, %v", k, err)
	}
	err = s.PDF(t.Context(), "a", lectern.Unlock{}, 2, true, filepath.Join(t.TempDir(), "out.pdf"))
	if err != nil || len(w.conversions) != 1 || w.conversions[0] != "steps|one++|two 4" {
		t.Errorf("%v, and the converter got %q", err, w.conversions)
	}
	for sha, want := range map[string][]int{"a": {2, 0}, "p": {}} {
		if clicks, err := s.Clicks(t.Context(), sha); err != nil || !slices.Equal(clicks, want) {
			t.Errorf("%s has the clicks %v, %v", sha, clicks, err)
		}
	}
}

// Pages of one file are drawn from one open document, also at once. It is closed when no page was drawn for a while.
func TestADocumentStaysOpenBetweenPages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, []byte("%PDF-\n1\n2\n3"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t)
		var all sync.WaitGroup
		for page := 1; page <= 3; page++ {
			all.Go(func() {
				img, err := s.Draw(t.Context(), path, page, lectern.Size{Width: 64, Height: 36})
				if err != nil || img.Rect.Dx() != 64 {
					t.Errorf("page %d: %v", page, err)
				}
			})
		}
		all.Wait()
		if open, opened := w.count(); opened != 1 || open != 1 {
			t.Errorf("opened %d times, %d are open", opened, open)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if open, _ := w.count(); open != 0 {
			t.Error("the document stays open")
		}
		if _, err := s.Draw(t.Context(), path, 4, lectern.Size{Width: 2, Height: 2}); err == nil {
			t.Error("a page that is not there is drawn")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if open, opened := w.count(); open != 0 || opened != 2 {
			t.Errorf("opened %d times, %d are open", opened, open)
		}
	})
}

// A caller that gives up while a file is opened does not take it from another one that waits for the same file.
func TestAnOpenedFileSurvivesItsFirstCaller(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, []byte("%PDF-\n1"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w, s := newWorld(t)
		w.slow = time.Second
		ctx, cancel := context.WithCancel(t.Context())
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := s.Draw(ctx, path, 1, lectern.Size{Width: 2, Height: 2}); !errors.Is(err, context.Canceled) {
				t.Errorf("the caller that gave up: %v", err)
			}
		})
		synctest.Wait()
		both.Go(func() {
			if _, err := s.Draw(t.Context(), path, 1, lectern.Size{Width: 2, Height: 2}); err != nil {
				t.Errorf("the caller that waits: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		both.Wait()
		if _, opened := w.count(); opened != 1 {
			t.Errorf("the file was opened %d times", opened)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A file that is not a PDF fails each time, and is not kept.
func TestADamagedFileIsNotKept(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t)
	path := filepath.Join(t.TempDir(), "a.pdf")
	for range 2 {
		if err := os.WriteFile(path, []byte("nothing"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Draw(t.Context(), path, 1, lectern.Size{Width: 2, Height: 2}); err == nil {
			t.Error("a text is drawn as a PDF")
		}
	}
	if err := os.WriteFile(path, []byte("%PDF-\n1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Draw(t.Context(), path, 1, lectern.Size{Width: 2, Height: 2}); err != nil {
		t.Errorf("the file is mended: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if open, _ := w.count(); open != 0 {
		t.Errorf("%d PDF files are open", open)
	}
}
