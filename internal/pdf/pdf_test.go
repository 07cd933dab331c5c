package pdf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/pdf"
	"lectern/internal/pdf/pdftest"
)

// engine is shared by the tests of the package, and its cache by all runs of one version.
var engine = pdf.New(pdf.Options{CacheDir: cacheDir()})

func cacheDir() string { return pdftest.CacheDir(pdf.Version) }

func TestMain(m *testing.M) {
	code := m.Run()
	if err := engine.Close(); err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}

func open(t *testing.T, file []byte) *pdf.Document {
	t.Helper()
	d, err := engine.Open(t.Context(), bytes.NewReader(file), int64(len(file)), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func draw(t *testing.T, d *pdf.Document, page, width, height int) *image.RGBA {
	t.Helper()
	img, err := d.Draw(t.Context(), page, width, height)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, width, height) {
		t.Fatalf("the picture is %v", img.Bounds())
	}
	for i := 3; i < len(img.Pix); i += 4 {
		if img.Pix[i] != 0xff {
			t.Fatal("the picture is not opaque")
		}
	}
	return img
}

var (
	white = color.RGBA{255, 255, 255, 255}
	red   = color.RGBA{255, 0, 0, 255}
	blue  = color.RGBA{0, 0, 255, 255}
)

// fill is the content that paints a rectangle red, green or blue.
func fill(colour string, x, y, w, h int) string {
	return fmt.Sprintf("%s rg %d %d %d %d re f\n", map[string]string{"red": "1 0 0", "blue": "0 0 1"}[colour], x, y, w, h)
}

func expect(t *testing.T, img *image.RGBA, points map[image.Point]color.RGBA) {
	t.Helper()
	for at, want := range points {
		if got := img.RGBAAt(at.X, at.Y); got != want {
			t.Errorf("at %v is %v, not %v", at, got, want)
		}
	}
}

func TestTheCaseOfNotesRotationAndMixedSizes(t *testing.T) {
	t.Parallel()
	for name, password := range map[string]string{"deck.pdf": "", "password-secret.pdf": "secret"} {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		d, err := engine.Open(t.Context(), bytes.NewReader(file), int64(len(file)), password)
		if err != nil {
			t.Fatal(name, err)
		}
		want := []pdf.Size{{960, 540}, {540, 960}, {540, 960}, {960, 540}}
		if !slices.Equal(d.Pages(), want) {
			t.Errorf("%s: the pages are %v, not %v", name, d.Pages(), want)
		}
		entries, err := d.Outline(t.Context())
		if err != nil || !slices.Equal(entries, []pdf.Entry{{"Chapter A", 1, 0}, {"Chapter B", 3, 0}}) {
			t.Errorf("%s: the outline is %v, %v", name, entries, err)
		}
		for i, want := range []string{"Speak the first page.", "", "Speak the third page.", ""} {
			if got, err := d.Notes(t.Context(), i+1); got != want || err != nil {
				t.Errorf("%s: the notes of page %d are %q, %v", name, i+1, got, err)
			}
		}
		for i, want := range []string{"Page one", "Page two, upright", "Page three, rotated", ""} {
			if got, err := d.Text(t.Context(), i+1); got != want || err != nil {
				t.Errorf("%s: the text of page %d is %q, %v", name, i+1, got, err)
			}
		}
		d.Close()
	}
}

func TestPagesAreFittedAndCentred(t *testing.T) {
	t.Parallel()
	page := func(w, h float64, more string) pdftest.Page {
		return pdftest.Page{Width: w, Height: h, More: more,
			Content: fill("red", 0, 0, 10, 10) + fill("blue", int(w)-10, int(h)-10, 10, 10)}
	}
	d := open(t, pdftest.Doc{Pages: []pdftest.Page{
		page(160, 90, ""), page(90, 160, ""), page(160, 90, "/Rotate 90"), page(720, 405.014, ""),
		page(300, 200, "/CropBox[0 0 160 90]"), page(160, 90, "/Rotate -90/CropBox[0 0 200 200]"),
	}}.Bytes())
	want := []pdf.Size{{160, 90}, {90, 160}, {90, 160}, {720, 405.014}, {160, 90}, {90, 160}}
	for i, p := range d.Pages() {
		if w := want[i]; p.Width != w.Width || p.Height-w.Height > 0.001 || w.Height-p.Height > 0.001 {
			t.Errorf("page %d is %v, not %v", i+1, p, w)
		}
	}
	expect(t, draw(t, d, 1, 320, 180), map[image.Point]color.RGBA{{2, 177}: red, {317, 2}: blue, {2, 2}: white,
		{160, 90}: white})
	// 101x180 pixels in the middle
	expect(t, draw(t, d, 2, 320, 180), map[image.Point]color.RGBA{{108, 90}: white, {113, 177}: red, {207, 2}: blue,
		{213, 90}: white})
	expect(t, draw(t, d, 3, 90, 160), map[image.Point]color.RGBA{{2, 2}: red, {87, 157}: blue, {87, 2}: white})
	img := draw(t, d, 4, 1920, 1080)
	expect(t, img, map[image.Point]color.RGBA{{0, 1079}: red, {1919, 0}: blue, {0, 0}: white, {1919, 1079}: white})
	expect(t, draw(t, d, 5, 160, 90), map[image.Point]color.RGBA{{2, 87}: red, {157, 2}: white})
	expect(t, draw(t, d, 6, 90, 160), map[image.Point]color.RGBA{{87, 157}: red, {2, 2}: blue, {2, 157}: white})
	for _, size := range [][2]int{{321, 180}, {320, 0}, {-2, 180}, {1 << 20, 1 << 20}} {
		if _, err := d.Draw(t.Context(), 1, size[0], size[1]); err == nil {
			t.Errorf("a picture of %v was drawn", size)
		}
	}
}

func TestTransparencyIsDrawnOverWhite(t *testing.T) {
	t.Parallel()
	d := open(t, pdftest.Doc{Pages: []pdftest.Page{{Width: 100, Height: 100,
		More:      "/Group<</S/Transparency/CS/DeviceRGB/I true>>",
		Resources: "/ExtGState<</G<</ca 0.5>>>>", Content: "/G gs " + fill("red", 0, 0, 50, 100)}}}.Bytes())
	img := draw(t, d, 1, 100, 100)
	expect(t, img, map[image.Point]color.RGBA{{75, 50}: white})
	if c := img.RGBAAt(25, 50); c.R != 255 || c.G < 126 || c.G > 129 || c.B != c.G {
		t.Errorf("half transparent red over white is %v", c)
	}
}

func TestNotesAreReadAndNotDrawn(t *testing.T) {
	t.Parallel()
	d := open(t, pdftest.Doc{Pages: []pdftest.Page{{Width: 100, Height: 100,
		Notes: []string{"First\rline.\r\n\r\nÄö – 𝄞", "  ", "Second."},
		Annotations: []string{
			"<</Type/Annot/Subtype/Text/Rect[0 0 20 20]/Contents(A reply)/IRT 5 0 R>>",
			"<</Type/Annot/Subtype/Text/Rect[0 0 20 20]/Contents(Accepted by me)/StateModel(Review)/State(Accepted)>>",
			"<</Type/Annot/Subtype/Popup/Rect[0 0 90 90]/Open true/Contents(A window)>>",
			"<</Type/Annot/Subtype/Square/Rect[60 60 80 80]/C[1 0 0]/IC[1 0 0]/F 4/Contents(Not a note)>>",
		}}}}.Bytes())
	want := "First\nline.\n\nÄö – 𝄞\n\nSecond."
	if got, err := d.Notes(t.Context(), 1); got != want || err != nil {
		t.Errorf("the notes are %q, %v", got, err)
	}
	img := draw(t, d, 1, 100, 100)
	for y := range 60 {
		for x := range 60 {
			if img.RGBAAt(x, y+40) != white {
				t.Fatalf("there is an icon at %d, %d", x, y+40)
			}
		}
	}
	expect(t, img, map[image.Point]color.RGBA{{70, 30}: red})
	if got, err := d.Notes(t.Context(), 1); got != want || err != nil {
		t.Errorf("the notes after drawing are %q, %v", got, err)
	}
}

func TestOutlineTitleAndLabels(t *testing.T) {
	t.Parallel()
	p := pdftest.Page{Width: 10, Height: 10}
	d := open(t, pdftest.Doc{Title: " Über\ndas Meer ", Pages: []pdftest.Page{p, p, p},
		Labels: "/Nums[0<</S/r>>2<</S/D>>]",
		Outline: []pdftest.Entry{{Title: "One", Page: 1, Inner: []pdftest.Entry{{Title: "One\rpoint one", Page: 2}}},
			{Title: "Nowhere"}, {Title: "", Page: 2}, {Title: "海", Page: 3}}}.Bytes())
	got, err := d.Outline(t.Context())
	if want := []pdf.Entry{{"One", 1, 0}, {"One point one", 2, 1}, {"海", 3, 0}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("the outline is %v, %v", got, err)
	}
	if d.Title() != "Über das Meer" {
		t.Errorf("the title is %q", d.Title())
	}
	for i, want := range []string{"i", "ii", "1"} {
		if l, err := d.Label(t.Context(), i+1); l != want || err != nil {
			t.Errorf("the label of page %d is %q, %v", i+1, l, err)
		}
	}
	none := open(t, pdftest.Doc{Pages: []pdftest.Page{p}}.Bytes())
	if got, err := none.Outline(t.Context()); len(got) > 0 || err != nil {
		t.Errorf("without an outline: %v, %v", got, err)
	}
	if l, err := none.Label(t.Context(), 1); l != "" || err != nil || none.Title() != "" {
		t.Errorf("without labels and title: %q, %v, %q", l, err, none.Title())
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/password-secret.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for password, says := range map[string]string{"": "needs a password", "Secret": "does not open"} {
		_, err := engine.Open(t.Context(), bytes.NewReader(file), int64(len(file)), password)
		if !errors.Is(err, pdf.ErrPassword) || !strings.Contains(err.Error(), says) {
			t.Errorf("with the password %q: %v", password, err)
		}
	}
	owned := pdftest.Doc{Owner: "boss", Pages: []pdftest.Page{{Width: 100, Height: 100,
		Content: fill("red", 0, 0, 100, 100)}}}.Bytes()
	expect(t, draw(t, open(t, owned), 1, 100, 100), map[image.Point]color.RGBA{{50, 50}: red})
}

// A document that is written without its password opens without one and looks the same.
func TestAnUnprotectedCopy(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/password-secret.pdf")
	if err != nil {
		t.Fatal(err)
	}
	d, err := engine.Open(t.Context(), bytes.NewReader(file), int64(len(file)), "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var b bytes.Buffer
	if err := d.Unprotected(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	free := open(t, b.Bytes())
	if free.Count() != d.Count() || bytes.Contains(b.Bytes(), []byte("/Encrypt")) {
		t.Errorf("the copy has %d pages, and %d bytes", free.Count(), b.Len())
	}
	for page := range d.Count() {
		if !bytes.Equal(draw(t, d, page+1, 320, 240).Pix, draw(t, free, page+1, 320, 240).Pix) {
			t.Errorf("page %d looks different", page+1)
		}
	}
	if err := d.Unprotected(t.Context(), full{}); !errors.Is(err, errFull) {
		t.Errorf("on a full disk: %v", err)
	}
}

// full is a disk that takes nothing.
type full struct{}

var errFull = errors.New("the disk is full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestFilesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	good := pdftest.Doc{Pages: []pdftest.Page{{Width: 100, Height: 100}, {Width: 100, Height: 100}}}.Bytes()
	small := pdf.New(pdf.Options{CacheDir: cacheDir(), Pages: 1, Bytes: 5000})
	t.Cleanup(func() { _ = small.Close() })
	noPages := bytes.ReplaceAll(good, []byte("/Count 2/Kids[5 0 R 7 0 R]"), []byte("/Count 0/Kids[]           "))
	lost := bytes.ReplaceAll(good, []byte("7 0 obj\n<</Type/Page"), []byte("7 0 obj\n(/Type/Pages)"))
	for name, c := range map[string]struct {
		engine *pdf.Engine
		file   []byte
		code   lectern.Code
		says   string
	}{
		"empty":         {engine, nil, lectern.CodeInvalidDeck, "not a PDF"},
		"another kind":  {engine, []byte("PK\x03\x04 a zip"), lectern.CodeInvalidDeck, "not a PDF"},
		"only a header": {engine, []byte("%PDF-1.7\n"), lectern.CodeInvalidDeck, "damaged"},
		"noise": {engine, append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("\x00\xfe<</ "), 999)...),
			lectern.CodeInvalidDeck, "damaged"},
		"no pages":       {engine, noPages, lectern.CodeInvalidDeck, "PDF"},
		"a lost page":    {engine, lost, lectern.CodeInvalidDeck, "Page 2 of the PDF is damaged"},
		"too many pages": {small, good, lectern.CodeTooLarge, "has 2 pages; the limit is 1"},
		"too large":      {small, append(good, make([]byte, 5000)...), lectern.CodeTooLarge, "the limit is"},
	} {
		_, err := c.engine.Open(t.Context(), bytes.NewReader(c.file), int64(len(c.file)), "")
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != c.code || !strings.Contains(f.Message, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	d := open(t, good)
	for _, page := range []int{0, -1, 3} {
		_, err1 := d.Draw(t.Context(), page, 100, 100)
		_, err2 := d.Notes(t.Context(), page)
		_, err3 := d.Text(t.Context(), page)
		for _, err := range []error{err1, err2, err3} {
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("has no page %d", page)) {
				t.Errorf("page %d: %v", page, err)
			}
		}
	}
}

func TestBombsEndWithinTheLimits(t *testing.T) {
	t.Parallel()
	short := pdf.New(pdf.Options{CacheDir: cacheDir(), Time: 300 * time.Millisecond, Workers: 1})
	t.Cleanup(func() { _ = short.Close() })
	if err := short.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The limit is so short that it can also end calls that do little, if the machine is busy.
	again := func(call func() error) error {
		err := call()
		for range 100 {
			if err == nil || !strings.Contains(err.Error(), "takes more than") {
				break
			}
			err = call()
		}
		return err
	}
	file := pdftest.Bomb(12, 10)
	var d *pdf.Document
	if err := again(func() (err error) {
		d, err = short.Open(t.Context(), bytes.NewReader(file), int64(len(file)), "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_, err := d.Draw(t.Context(), 1, 100, 100)
	if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != lectern.CodeTooLarge ||
		!strings.Contains(f.Message, "Page 1 of the PDF takes more than 300ms") {
		t.Errorf("drawing a bomb: %v", err)
	}
	var img *image.RGBA
	if err := again(func() (err error) { // other pages work
		img, err = d.Draw(t.Context(), 2, 100, 100)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	expect(t, img, map[image.Point]color.RGBA{{50, 50}: red})
	gone := errors.New("the user left")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if _, err := d.Draw(ctx, 2, 100, 100); !errors.Is(err, gone) {
		t.Errorf("after the end of the context: %v", err)
	}
}
