package pdf_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/jsondeck"
	deckpdf "lectern/internal/deck/pdf"
	"lectern/internal/pdf"
	"lectern/internal/pdf/pdftest"
)

var engine = pdf.New(pdf.Options{CacheDir: pdftest.CacheDir(pdf.Version)})

var parser = deckpdf.Parser{Form: jsondeck.Parser{}, Engine: engine}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := engine.Close(); err != nil {
		fmt.Println(err)
		code = 1
	}
	os.Exit(code)
}

func parse(t *testing.T, s deck.Source, settings string) deck.Request {
	t.Helper()
	q, err := parser.Parse(t.Context(), s, []byte(settings), lectern.Limits{})
	if err != nil || len(q.Faults) > 0 {
		t.Fatal(err, q.Faults)
	}
	if found := q.Deck.WithDefaults().Validate(lectern.DefaultLimits()); len(found) > 0 {
		t.Fatal(found)
	}
	return q
}

func TestPagesBecomeSlides(t *testing.T) {
	t.Parallel()
	for name, password := range map[string]string{"deck.pdf": "", "password-secret.pdf": "secret"} {
		file, err := os.ReadFile(filepath.Join("..", "..", "pdf", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		q := parse(t, deck.Source{Name: "talks/" + name, Bytes: file, Password: password}, `{"theme":"light-modern"}`)
		if q.Deck.Theme != "light-modern" || q.Deck.Size != (lectern.Size{Width: 1920, Height: 1080}) {
			t.Errorf("%s: the theme is %q, the size %v", name, q.Deck.Theme, q.Deck.Size)
		}
		titles := []any{"Chapter A", nil, "Chapter B", nil}
		notes := []string{"Speak the first page.", "", "Speak the third page.", ""}
		if len(q.Deck.Slides) != 4 || len(q.Report) != 4 {
			t.Fatalf("%s: %d slides, %d reports", name, len(q.Deck.Slides), len(q.Report))
		}
		for i, s := range q.Deck.Slides {
			if s.Template != "" || s.Page == nil || *s.Page != (lectern.PageOf{File: name, Page: i + 1}) || s.ID == "" ||
				s.Props["title"] != titles[i] || s.Narration != notes[i] {
				t.Errorf("%s: slide %d is %+v of %v", name, i+1, s, s.Page)
			}
			r := q.Report[i]
			want := deck.Notes
			if notes[i] == "" {
				want = deck.Nothing
			}
			if other := len(r.Notes) > 0; r.Slide != i+1 || r.Source != i+1 || r.Narration != want || r.Why == "" ||
				other != (i == 1 || i == 2) {
				t.Errorf("%s: the report of slide %d is %+v", name, i+1, r)
			}
		}
		f, size, err := q.File(name)
		if err != nil || size != int64(len(file)) {
			t.Fatal(size, err)
		}
		if b, err := io.ReadAll(f); string(b) != string(file) || err != nil {
			t.Errorf("%s: the source is not its own file: %v", name, err)
		}
		if _, _, err := q.File("other.pdf"); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}
}

func pages(texts ...string) []byte {
	d := pdftest.Doc{}
	for _, text := range texts {
		p := pdftest.Page{Width: 400, Height: 300, Notes: []string{"Note {{x}} of " + text}}
		if text != "" {
			p.Content = pdftest.Say(text, 20, 200, 20)
		}
		d.Pages = append(d.Pages, p)
	}
	return d.Bytes()
}

func TestAFileOfNotesReplacesTheNotes(t *testing.T) {
	t.Parallel()
	file := pages("One", "Two", "Three")
	settings, err := json.Marshal(map[string]any{"notes": "## Slide 3\nLast, {{name}}.\n# 1\nFirst.",
		"variables": map[string]string{"name": "Ada"}})
	if err != nil {
		t.Fatal(err)
	}
	q := parse(t, deck.Source{Name: "x.pdf", Bytes: file}, string(settings))
	for i, want := range []string{"First.", "", "Last, {{name}}."} {
		if got := q.Deck.Slides[i].Narration; got != want {
			t.Errorf("slide %d: %q", i+1, got)
		}
	}
	q = parse(t, deck.Source{Bytes: file}, `{"narration":"none"}`)
	if s := q.Deck.Slides[0]; s.Narration != "" || q.Report[0].Narration != deck.Nothing || s.Page.File != "deck.pdf" {
		t.Errorf("%+v %+v", q.Deck.Slides[0], q.Report[0])
	}
	q = parse(t, deck.Source{Bytes: file}, "")
	if got := q.Deck.Slides[0].Narration; got != `Note \{{x}} of One` {
		t.Errorf("braces in notes: %q", got)
	}
	for settings, says := range map[string]string{
		`{"notes":7}`: "is a text", `{"notes":"# 4\nx"}`: "line 1 names page 4, but the PDF has the pages 1 to 3",
		`{"notes":"a\n---\n---\n\n---\nb"}`: "line 6 begins the notes of page 4", `{"narration":"loud"}`: "narration",
		`[]`: "settings",
	} {
		_, err := parser.Parse(t.Context(), deck.Source{Bytes: file}, []byte(settings), lectern.Limits{})
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || !strings.Contains(f.Message+f.Param, says) {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

func TestSlidesKeepTheirIDs(t *testing.T) {
	t.Parallel()
	ids := func(file []byte) (all []string) {
		for _, s := range parse(t, deck.Source{Bytes: file}, "").Deck.Slides {
			all = append(all, s.ID)
		}
		return all
	}
	before, after := ids(pages("Start 1/4", "", "Twice 3", "Twice 4")),
		ids(pages("Start 1/5", "New 2/5", "", "Twice 4", "Twice 5"))
	if !reflect.DeepEqual(before, append(after[:1:1], after[2:]...)) {
		t.Errorf("before %v, after %v", before, after)
	}
	seen := map[string]bool{}
	for _, id := range after {
		if seen[id] {
			t.Errorf("%q is the ID of two slides", id)
		}
		seen[id] = true
	}
}

func TestTitlesWithoutAnOutlineAreTheFirstLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 30)
	q := parse(t, deck.Source{Bytes: pages("Hello {{you}}", "12", "Hello {{you}}", long)}, "")
	for i, want := range []any{`Hello \{{you}}`, nil, `Hello \{{you}} (2)`, nil} {
		if got := q.Deck.Slides[i].Props["title"]; got != want {
			t.Errorf("the title of slide %d is %v, not %v", i+1, got, want)
		}
	}
}

func TestTheVideoHasTheShapeOfTheFirstPage(t *testing.T) {
	t.Parallel()
	for page, want := range map[[2]float64]lectern.Size{
		{720, 405.014}:     {Width: 1920, Height: 1080},
		{453.54, 255.12}:   {Width: 1920, Height: 1080},
		{720, 540}:         {Width: 1440, Height: 1080},
		{362.835, 272.126}: {Width: 1440, Height: 1080},
		{540, 960}:         {Width: 1080, Height: 1920},
		{841.89, 595.276}:  {Width: 1920, Height: 1358},
		{595.276, 841.89}:  {Width: 1358, Height: 1920},
		{400, 400}:         {Width: 1920, Height: 1920},
		{5000, 10}:         {Width: 1920, Height: 480},
	} {
		file := pdftest.Doc{Pages: []pdftest.Page{{Width: page[0], Height: page[1]}}}.Bytes()
		if got := parse(t, deck.Source{Bytes: file}, "").Deck.Size; got != want {
			t.Errorf("a page of %v has a video of %v, not %v", page, got, want)
		}
	}
}

func TestDecksThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source deck.Source
		lim    lectern.Limits
		code   lectern.Code
	}{
		"not a PDF":      {deck.Source{Bytes: []byte("PK")}, lectern.Limits{}, lectern.CodeInvalidDeck},
		"too many pages": {deck.Source{Bytes: pages("a", "b")}, lectern.Limits{Slides: 1}, lectern.CodeTooLarge},
	} {
		_, err := parser.Parse(t.Context(), c.source, nil, c.lim)
		if f, ok := errors.AsType[*lectern.Failure](err); !ok || f.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	k := parser.Kind()
	if k.Name == "" || !k.Looks(pages("x")) || k.Looks([]byte("PK")) || k.Looks(nil) {
		t.Errorf("%+v", k)
	}
}

func TestTitlesThatProgramsWriteAreLeftOut(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{"Microsoft PowerPoint - Ferry talk.pptx": "Ferry talk",
		"PowerPoint Presentation": "", "untitled": "", "The sea": "The sea", "": ""} {
		file := pdftest.Doc{Title: title, Pages: []pdftest.Page{{Width: 40, Height: 30}}}.Bytes()
		if got := parse(t, deck.Source{Bytes: file}, "").Deck.Title; got != want {
			t.Errorf("%q becomes %q", title, got)
		}
	}
}
