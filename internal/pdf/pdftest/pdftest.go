// Package pdftest writes small PDF files for tests.
package pdftest

import (
	"bytes"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Doc is a PDF file.
type Doc struct {
	Title   string
	Pages   []Page
	Outline []Entry
	// Labels is the dictionary of page labels, such as "/Nums[0<</S/r>>]"; "": none.
	Labels string
	// Owner is a password that only restricts the use of the file. It encrypts the streams, so that a document with an
	// owner has no texts outside them.
	Owner string
}

// Page is a page. Its Content is in the language of content streams; the font /F is Helvetica.
type Page struct {
	Width, Height float64 // of the media box
	More          string  // further entries of its dictionary, such as "/Rotate 90"
	Resources     string  // further entries of its resources, such as "/ExtGState<<…>>"
	Content       string
	Notes         []string // texts of Text annotations
	Annotations   []string // further annotations, as dictionaries
}

// Entry is an entry of the outline.
type Entry struct {
	Title string
	Page  int // from 1; 0: it leads nowhere
	Inner []Entry
}

// Say is the content of a page that shows a text at a place, with letters of a size.
func Say(text string, x, y, size float64) string {
	return fmt.Sprintf("BT /F %v Tf %v %v Td (%s) Tj ET\n", size, x, y, text)
}

// Text is a string of PDF for any text.
func Text(text string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String() + ">"
}

// writer collects the objects of a file. The number of an object is its index plus one.
type writer struct{ dicts, streams []string }

func (w *writer) add(dict, stream string) int {
	w.dicts, w.streams = append(w.dicts, dict), append(w.streams, stream)
	return len(w.dicts)
}

// Bytes writes the file.
func (d Doc) Bytes() []byte {
	w := &writer{}
	catalog, tree := w.add("", ""), w.add("", "")
	font := w.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", "")
	var kids []int
	for _, p := range d.Pages {
		kids = append(kids, w.page(p, tree, font))
	}
	w.dicts[tree-1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(kids), references(kids))
	root := fmt.Sprintf("<</Type/Catalog/Pages %d 0 R", tree)
	if len(d.Outline) > 0 {
		top := w.add("", "")
		first, last := w.outline(d.Outline, top, kids)
		w.dicts[top-1] = fmt.Sprintf("<</Type/Outlines/First %d 0 R/Last %d 0 R>>", first, last)
		root += fmt.Sprintf("/Outlines %d 0 R", top)
	}
	if d.Labels != "" {
		root += "/PageLabels<<" + d.Labels + ">>"
	}
	w.dicts[catalog-1] = root + ">>"
	trailer := fmt.Sprintf("/Root %d 0 R", catalog)
	if d.Title != "" {
		trailer += fmt.Sprintf("/Info %d 0 R", w.add("<</Title"+Text(d.Title)+">>", ""))
	}
	if d.Owner != "" {
		key, dict := encryption(d.Owner)
		for i, s := range w.streams {
			w.streams[i] = encrypted(key, i+1, s)
		}
		trailer += "/ID[<00><00>]/Encrypt " + dict
	}
	return w.bytes(trailer)
}

func (w *writer) page(p Page, tree, font int) int {
	content := w.add("", p.Content)
	var annotations []int
	for _, n := range p.Notes {
		annotations = append(annotations, w.add("<</Type/Annot/Subtype/Text/Rect[0 20 20 40]/F 4/Contents"+Text(n)+">>", ""))
	}
	for _, a := range p.Annotations {
		annotations = append(annotations, w.add(a, ""))
	}
	return w.add(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %v %v]/Contents %d 0 R"+
		"/Resources<</Font<</F %d 0 R>>%s>>/Annots[%s]%s>>", tree, p.Width, p.Height, content, font, p.Resources,
		references(annotations), p.More), "")
}

func (w *writer) outline(all []Entry, parent int, pages []int) (first, last int) {
	var ids []int
	for range all {
		ids = append(ids, w.add("", ""))
	}
	for i, e := range all {
		dict := fmt.Sprintf("<</Title%s/Parent %d 0 R", Text(e.Title), parent)
		if e.Page > 0 {
			dict += fmt.Sprintf("/Dest[%d 0 R/Fit]", pages[e.Page-1])
		}
		if i > 0 {
			dict += fmt.Sprintf("/Prev %d 0 R", ids[i-1])
		}
		if i < len(all)-1 {
			dict += fmt.Sprintf("/Next %d 0 R", ids[i+1])
		}
		if len(e.Inner) > 0 {
			first, last := w.outline(e.Inner, ids[i], pages)
			dict += fmt.Sprintf("/First %d 0 R/Last %d 0 R", first, last)
		}
		w.dicts[ids[i]-1] = dict + ">>"
	}
	return ids[0], ids[len(ids)-1]
}

// bytes writes objects, table and trailer. An object with an empty dictionary is a stream.
func (w *writer) bytes(trailer string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n%\xff\xff\xff\xff\n")
	var at []int
	for i, dict := range w.dicts {
		at = append(at, b.Len())
		if dict == "" {
			fmt.Fprintf(&b, "%d 0 obj\n<</Length %d>>stream\n%s\nendstream\nendobj\n", i+1, len(w.streams[i]), w.streams[i])
		} else {
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, dict)
		}
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, trailer, table)
	return b.Bytes()
}

func references(ids []int) string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf("%d 0 R", id))
	}
	return strings.Join(all, " ")
}

const padding = "\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
	"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A"

// encryption is the oldest method of the standard, RC4 with 40 bits, with an owner's password and an empty user's.
func encryption(owner string) (key []byte, dict string) {
	sum := md5.Sum([]byte((owner + padding)[:32]))
	o := xor(sum[:5], padding)
	const permissions = -44
	whole := md5.New()
	whole.Write([]byte(padding + o))
	_ = binary.Write(whole, binary.LittleEndian, int32(permissions))
	whole.Write([]byte{0}) // the file's ID
	key = whole.Sum(nil)[:5]
	return key, fmt.Sprintf("<</Filter/Standard/V 1/R 2/O<%x>/U<%x>/P %d>>", o, xor(key, padding), permissions)
}

func encrypted(key []byte, object int, text string) string {
	sum := md5.Sum(append(bytes.Clone(key), byte(object), byte(object>>8), byte(object>>16), 0, 0))
	return xor(sum[:10], text)
}

func xor(key []byte, text string) string {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(text))
	c.XORKeyStream(out, []byte(text))
	return string(out)
}

// Bomb is a file whose first page, with the content /X Do, takes hours: it has levels of forms, each of which draws the
// next one many times. Its second page is red.
func Bomb(levels, times int) []byte {
	w := &writer{}
	catalog, tree := w.add("", ""), w.add("", "")
	form := "<</Type/XObject/Subtype/Form/BBox[0 0 100 100]/Resources<</XObject<</X %d 0 R>>>>/Length %d>>" +
		"stream\n%s\nendstream"
	content := strings.Repeat("/X Do ", times)
	first := len(w.dicts) + 1
	for i := range levels {
		w.add(fmt.Sprintf(form, first+i+1, len(content), content), "")
	}
	leaf := "1 0 0 rg 0 0 100 100 re f"
	w.add(fmt.Sprintf(form, first, len(leaf), leaf), "")
	bad := w.page(Page{Width: 100, Height: 100, Content: "/X Do",
		Resources: fmt.Sprintf("/XObject<</X %d 0 R>>", first)}, tree, 0)
	good := w.page(Page{Width: 100, Height: 100, Content: leaf}, tree, 0)
	w.dicts[catalog-1] = fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", tree)
	w.dicts[tree-1] = fmt.Sprintf("<</Type/Pages/Count 2/Kids[%s]>>", references([]int{bad, good}))
	return w.bytes(fmt.Sprintf("/Root %d 0 R", catalog))
}
