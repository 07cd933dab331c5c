package pptx

import (
	"bytes"
	"context"
	"io"
	"strings"
)

// The exports of programs whose files cannot be read.
const (
	fromKeynote = "The file is a Keynote deck, which only Keynote can read. Export it there with File, Export To, " +
		"PowerPoint, and use that file."
	fromGoogle = "The file is only a link to Google Slides. Open it there, choose File, Download, Microsoft PowerPoint " +
		"(.pptx), and use that file."
	fromFlat = "The file is a flat ODF deck (.fodp), which is refused because it may load other files. Save it as ODP " +
		"(.odp) or PPTX."
)

// Read reads an office file of size bytes. The error is a *[lectern.Failure] whose message names the part or the slide,
// or the error of ctx. That of a binary PowerPoint file is caused by [ErrOldFormat].
//
// Read checks that all parts which a converter draws are valid XML. It does not check pictures and media.
func Read(ctx context.Context, r io.ReaderAt, size int64, lim Limits) (*Talk, error) {
	_, t, err := load(ctx, r, size, lim)
	return t, err
}

// load is Read that also returns the package.
func load(ctx context.Context, r io.ReaderAt, size int64, lim Limits) (*archive, *Talk, error) {
	a, err := unpacked(r, size, lim.withDefaults())
	if err != nil {
		return nil, nil, err
	}
	var t *Talk
	if a.isODF() {
		t, err = a.odp(ctx)
	} else {
		t, err = a.pptx(ctx)
	}
	return a, t, err
}

// unpacked opens a package, and says what a file is that is none.
func unpacked(r io.ReaderAt, size int64, lim Limits) (*archive, error) {
	head := make([]byte, min(size, 4096))
	if n, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, fault("The deck cannot be read.").Because(err)
	} else {
		head = head[:n]
	}
	text := strings.ToLower(strings.TrimLeft(string(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF"))), " \t\r\n"))
	switch {
	case len(head) == 0:
		return nil, fault("The deck is an empty file.")
	case bytes.HasPrefix(head, []byte(cfbMagic)):
		return nil, old(r, size)
	case strings.HasPrefix(text, "%pdf-"):
		return nil, fault("The file is a PDF, not an office file. Give its name the ending .pdf.")
	case strings.HasPrefix(text, "<") && strings.Contains(text, "opendocument"):
		return nil, fault(fromFlat)
	case strings.Contains(text, "docs.google.com/") || strings.HasPrefix(text, "{") && strings.Contains(text, `"doc_id"`):
		return nil, fault(fromGoogle)
	case !strings.HasPrefix(text, "pk\x03\x04") && !strings.HasPrefix(text, "pk\x05\x06"):
		return nil, fault("The file is not an office file: it does not begin as one. PPTX, PPSX, POTX, PPTM and ODP are " +
			"accepted.")
	}
	a, err := open(r, size, lim)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"Index/Document.iwa", "Index.zip", "index.apxl", "index.apxl.gz"} {
		if _, ok := a.find(name); ok {
			return nil, fault(fromKeynote)
		}
	}
	return a, nil
}

// isODF reports whether a package is one of OpenDocument.
func (a *archive) isODF() bool {
	_, types := a.find("[Content_Types].xml")
	_, content := a.find("content.xml")
	return content && !types
}
