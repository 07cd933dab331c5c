package pdf

import (
	"context"
	"image"
	"strings"
	"unicode"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// Bounds of what is read from a page and from an outline. More is left out.
const (
	MaxText        = 100_000 // characters of a page's text, and of its notes
	maxAnnotations = 2_000   // of a page
	maxOutline     = 5_000   // entries
	maxDepth       = 16      // of an outline
)

// Entry is an entry of an outline.
type Entry struct {
	Title string
	Page  int // where it leads
	Level int // 0 at the top
}

// Outline returns the entries of the outline that lead to a page, in their order. Entries without a title are left out.
func (d *Document) Outline(ctx context.Context) ([]Entry, error) {
	var all []Entry
	err := d.do(ctx, 0, func() error {
		all = nil
		left := maxOutline
		return d.outline(nil, 0, &left, &all)
	})
	return all, err
}

// outline adds the children of an entry; nil: of the outline. left bounds an outline that has a circle.
func (d *Document) outline(parent *references.FPDF_BOOKMARK, level int, left *int, all *[]Entry) error {
	if level == maxDepth {
		return nil
	}
	first, err := d.inst.FPDFBookmark_GetFirstChild(&requests.FPDFBookmark_GetFirstChild{Document: d.doc,
		Bookmark: parent})
	if err != nil {
		return err
	}
	for at := first.Bookmark; at != nil && *left > 0; {
		*left--
		page, err := d.target(*at)
		if err != nil {
			return err
		}
		// A title that cannot be read is an error; such an entry is left out.
		t, err := d.inst.FPDFBookmark_GetTitle(&requests.FPDFBookmark_GetTitle{Bookmark: *at})
		if err == nil && page > 0 && line(t.Title) != "" {
			*all = append(*all, Entry{Title: line(t.Title), Page: page, Level: level})
		}
		if err := d.outline(at, level+1, left, all); err != nil {
			return err
		}
		next, err := d.inst.FPDFBookmark_GetNextSibling(&requests.FPDFBookmark_GetNextSibling{Document: d.doc,
			Bookmark: *at})
		if err != nil {
			return err
		}
		at = next.Bookmark
	}
	return nil
}

// target is the page of an entry; 0: it leads to none.
func (d *Document) target(at references.FPDF_BOOKMARK) (int, error) {
	p := d.inst
	dest, err := p.FPDFBookmark_GetDest(&requests.FPDFBookmark_GetDest{Document: d.doc, Bookmark: at})
	if err != nil {
		return 0, err
	}
	to := dest.Dest
	if to == nil {
		action, err := p.FPDFBookmark_GetAction(&requests.FPDFBookmark_GetAction{Bookmark: at})
		if err != nil || action.Action == nil {
			return 0, err
		}
		kind, err := p.FPDFAction_GetType(&requests.FPDFAction_GetType{Action: *action.Action})
		if err != nil || kind.Type != enums.FPDF_ACTION_ACTION_GOTO {
			return 0, err
		}
		dest, err := p.FPDFAction_GetDest(&requests.FPDFAction_GetDest{Document: d.doc, Action: *action.Action})
		if err != nil {
			return 0, err
		}
		if to = dest.Dest; to == nil {
			return 0, nil
		}
	}
	page, err := p.FPDFDest_GetDestPageIndex(&requests.FPDFDest_GetDestPageIndex{Document: d.doc, Dest: *to})
	if err != nil || page.Index < 0 || page.Index >= len(d.pages) {
		return 0, nil // PDFium reports a target that does not exist as an error
	}
	return page.Index + 1, nil
}

// Notes returns the texts of the notes of a page, which are its Text annotations, in their order and with a blank line
// between them. Presentation programs write speaker notes so. Replies to notes, and marks of a review, are left out.
func (d *Document) Notes(ctx context.Context, page int) (string, error) {
	if page < 1 || page > len(d.pages) {
		return "", d.missing(page)
	}
	var all []string
	err := d.do(ctx, page, func() error {
		all = nil
		return d.annotations(page, func(a references.FPDF_ANNOTATION, kind enums.FPDF_ANNOTATION_SUBTYPE) error {
			if kind != enums.FPDF_ANNOT_SUBTYPE_TEXT {
				return nil
			}
			for _, key := range []string{"IRT", "StateModel"} {
				if has, err := d.inst.FPDFAnnot_HasKey(&requests.FPDFAnnot_HasKey{Annotation: a, Key: key}); err != nil ||
					has.HasKey {
					return err
				}
			}
			text, err := d.inst.FPDFAnnot_GetStringValue(&requests.FPDFAnnot_GetStringValue{Annotation: a,
				Key: "Contents"})
			if err == nil && clean(text.Value) != "" {
				all = append(all, clean(text.Value))
			}
			return err
		})
	})
	return shorten(strings.Join(all, "\n\n"), MaxText), err
}

// hideNotes keeps the notes of a page and pop-up windows out of its picture.
func (d *Document) hideNotes(page int) error {
	return d.annotations(page, func(a references.FPDF_ANNOTATION, kind enums.FPDF_ANNOTATION_SUBTYPE) error {
		if kind != enums.FPDF_ANNOT_SUBTYPE_TEXT && kind != enums.FPDF_ANNOT_SUBTYPE_POPUP {
			return nil
		}
		_, err := d.inst.FPDFAnnot_SetFlags(&requests.FPDFAnnot_SetFlags{Annotation: a,
			Flags: enums.FPDF_ANNOT_FLAG_HIDDEN})
		return err
	})
}

// annotations calls f with the annotations of a page.
func (d *Document) annotations(page int,
	f func(references.FPDF_ANNOTATION, enums.FPDF_ANNOTATION_SUBTYPE) error) error {
	p, ref := d.inst, d.page(page)
	n, err := p.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: ref})
	if err != nil {
		return err
	}
	for i := range min(n.Count, maxAnnotations) {
		a, err := p.FPDFPage_GetAnnot(&requests.FPDFPage_GetAnnot{Page: ref, Index: i})
		if err != nil {
			continue // not a dictionary
		}
		kind, err := p.FPDFAnnot_GetSubtype(&requests.FPDFAnnot_GetSubtype{Annotation: a.Annotation})
		if err != nil {
			return err
		}
		if err := f(a.Annotation, kind.Subtype); err != nil {
			return err
		}
		if _, err := p.FPDFPage_CloseAnnot(&requests.FPDFPage_CloseAnnot{Annotation: a.Annotation}); err != nil {
			return err
		}
	}
	return nil
}

// Text returns the text of a page in the order in which it is drawn.
func (d *Document) Text(ctx context.Context, page int) (string, error) {
	if page < 1 || page > len(d.pages) {
		return "", d.missing(page)
	}
	var text string
	err := d.do(ctx, page, func() error {
		t, err := d.inst.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: d.page(page)})
		if err != nil {
			return err
		}
		n, err := d.inst.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: t.TextPage})
		if err != nil {
			return err
		}
		if text = ""; n.Count > 0 {
			got, err := d.inst.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: t.TextPage,
				Count: min(n.Count, MaxText)})
			if err != nil {
				return err
			}
			text = clean(got.Text)
		}
		_, err = d.inst.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: t.TextPage})
		return err
	})
	return text, err
}

// maxBoxes is how many boxes of a page's text are returned.
const maxBoxes = 5_000

// Boxes returns where the text of a page is in the picture that Draw makes of it in this size: a box for each piece of
// a line. It returns the first maxBoxes.
func (d *Document) Boxes(ctx context.Context, page, width, height int) ([]image.Rectangle, error) {
	if page < 1 || page > len(d.pages) {
		return nil, d.missing(page)
	}
	var boxes []image.Rectangle
	err := d.do(ctx, page, func() error {
		boxes = nil
		p, ref, at := d.inst, d.page(page), d.Place(page, width, height)
		t, err := p.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: ref})
		if err != nil {
			return err
		}
		n, err := p.FPDFText_CountRects(&requests.FPDFText_CountRects{TextPage: t.TextPage, Count: -1})
		if err != nil {
			return err
		}
		for i := range min(n.Count, maxBoxes) {
			r, err := p.FPDFText_GetRect(&requests.FPDFText_GetRect{TextPage: t.TextPage, Index: i})
			if err != nil {
				return err
			}
			var corners [2]image.Point
			for k, c := range [2][2]float64{{r.Left, r.Top}, {r.Right, r.Bottom}} {
				to, err := p.FPDF_PageToDevice(&requests.FPDF_PageToDevice{Page: ref, SizeX: at.Dx(), SizeY: at.Dy(),
					PageX: c[0], PageY: c[1]})
				if err != nil {
					return err
				}
				corners[k] = image.Pt(to.DeviceX, to.DeviceY).Add(at.Min)
			}
			box := image.Rectangle{Min: corners[0], Max: corners[1]}.Canon()
			if box = box.Intersect(image.Rect(0, 0, width, height)); !box.Empty() {
				boxes = append(boxes, box)
			}
		}
		_, err = p.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: t.TextPage})
		return err
	})
	return boxes, err
}

// Label is the number of a page as the document shows it, such as "iv"; "": it has none of its own.
func (d *Document) Label(ctx context.Context, page int) (string, error) {
	if page < 1 || page > len(d.pages) {
		return "", d.missing(page)
	}
	var label string
	err := d.do(ctx, page, func() error {
		l, err := d.inst.FPDF_GetPageLabel(&requests.FPDF_GetPageLabel{Document: d.doc, Page: page - 1})
		if err == nil {
			label = line(l.Label)
		}
		return nil // PDFium reports a missing label as an error
	})
	return label, err
}

// clean returns a text with line feeds as line ends and without other control characters. A hyphen at the end of a
// line, which PDFium marks with U+0002, joins the two parts of its word.
func clean(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x02\r\n", "", "\x02\n", "", "\x02", "", "\v", "\n",
		"\u2028", "\n", "\u2029", "\n").Replace(text)
	text = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || r == '\ufeff' || r == '\ufffe' || r == '\uffff') {
			return -1
		}
		return r
	}, text)
	return strings.TrimSpace(text)
}

// line is clean on one line.
func line(text string) string { return shorten(strings.Join(strings.Fields(clean(text)), " "), 1000) }

// shorten cuts a text to at most n characters.
func shorten(text string, n int) string {
	for i := range text {
		if n--; n < 0 {
			return text[:i]
		}
	}
	return text
}
