package pdf_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lectern"
	"lectern/internal/pdf"
	"lectern/internal/pdf/pdftest"
)

// Whatever is in a file, every call ends in time, with a result or with a failure for people.
func FuzzDocument(f *testing.F) {
	e := pdf.New(pdf.Options{CacheDir: cacheDir(), Time: 5 * time.Second, Memory: 128 << 20, Pages: 50})
	f.Cleanup(func() { _ = e.Close() })
	for _, name := range []string{"deck.pdf", "password-secret.pdf"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	page := pdftest.Page{Width: 100, Height: 100, More: "/Rotate 90/Group<</S/Transparency>>", Notes: []string{"n"},
		Content:   "/G gs " + fill("red", 0, 0, 50, 100) + pdftest.Say("text", 10, 10, 10),
		Resources: "/ExtGState<</G<</ca 0.5>>>>", Annotations: []string{"<</Type/Annot/Subtype/Square/Rect[0 0 9 9]>>"}}
	f.Add(pdftest.Doc{Title: "t", Pages: []pdftest.Page{page, page}, Labels: "/Nums[0<</S/r>>]",
		Outline: []pdftest.Entry{{Title: "a", Page: 1, Inner: []pdftest.Entry{{Title: "b", Page: 2}}}}}.Bytes())
	f.Add(pdftest.Doc{Owner: "o", Pages: []pdftest.Page{page}}.Bytes())
	f.Add([]byte("%PDF-1.4"))
	f.Fuzz(func(t *testing.T, file []byte) {
		explained := func(err error) {
			if _, ok := errors.AsType[*lectern.Failure](err); err != nil && !ok {
				t.Errorf("%v", err)
			}
		}
		d, err := e.Open(t.Context(), bytes.NewReader(file), int64(len(file)), "")
		explained(err)
		if err != nil {
			return
		}
		defer d.Close()
		_, err = d.Outline(t.Context())
		explained(err)
		for page := 1; page <= min(d.Count(), 3); page++ {
			_, err = d.Notes(t.Context(), page)
			explained(err)
			_, err = d.Text(t.Context(), page)
			explained(err)
			_, err = d.Label(t.Context(), page)
			explained(err)
			_, err = d.Draw(t.Context(), page, 64, 36)
			explained(err)
		}
	})
}
