package office

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lectern"
)

// kind is a kind of office file.
type kind struct {
	extension string
	filter    string // LibreOffice's name of the input filter
	zip       bool   // else a compound file
}

// LibreOffice's input filters. Templates and slide shows have the content of presentations.
const (
	filterPPTX = "Impress MS PowerPoint 2007 XML"
	filterODP  = "impress8"
	filterPPT  = "MS PowerPoint 97"
)

var kinds = []kind{
	{".pptx", filterPPTX, true}, {".pptm", filterPPTX, true}, {".ppsx", filterPPTX, true}, {".ppsm", filterPPTX, true},
	{".potx", filterPPTX, true}, {".potm", filterPPTX, true},
	{".odp", filterODP, true}, {".otp", filterODP, true},
	{".ppt", filterPPT, false}, {".pps", filterPPT, false}, {".pot", filterPPT, false},
}

// target is what a file is converted to.
type target struct {
	extension  string // without the dot, as the argument of --convert-to
	start, end string // what a whole file has at its start and near its end
}

var (
	toPDF  = target{"pdf", "%PDF-", "%%EOF"}
	toPPTX = target{"pptx", "PK\x03\x04", "PK\x05\x06"}
)

// The first bytes of the containers of office files.
var (
	zipMagic      = []byte("PK\x03\x04")
	compoundMagic = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
)

// kindOf finds the kind of a file by its extension and compares it with the file's first bytes: LibreOffice would load
// a file of any other kind too. The kind of a file without an extension is found in its content.
func kindOf(path string) (kind, error) {
	extension := strings.ToLower(filepath.Ext(path))
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.extension == extension })
	if i < 0 && extension != "" {
		return kind{}, invalid("LibreOffice converts only presentations (.pptx, .ppsx, .potx, .pptm, .odp, .ppt), and the "+
			"file's extension is %s. Save the deck as .pptx, or export it as a PDF.", extension)
	}
	f, err := os.Open(path)
	if err != nil {
		return kind{}, fmt.Errorf("open the deck: %w", err)
	}
	defer f.Close()
	head := make([]byte, ends)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return kind{}, fmt.Errorf("read the deck: %w", err)
	}
	head = head[:n]
	zip, compound := bytes.HasPrefix(head, zipMagic), bytes.HasPrefix(head, compoundMagic)
	switch {
	case i < 0 && zip:
		return kindOfZip(f, head), nil
	case i < 0 && compound:
		return kinds[slices.IndexFunc(kinds, func(k kind) bool { return !k.zip })], nil
	case i < 0:
		return kind{}, invalid("The deck is no presentation that LibreOffice converts: neither .pptx nor .odp nor .ppt. " +
			"Save it as .pptx, or export it as a PDF.")
	case kinds[i].zip && zip, !kinds[i].zip && compound:
		return kinds[i], nil
	case kinds[i].zip && compound:
		return kind{}, invalid("The deck is protected by a password, or it is an old PowerPoint file with the wrong "+
			"extension %s. Save it as a .pptx without a password.", extension)
	}
	return kind{}, invalid("The deck is not a %s file, although its extension says so. Export it again from the program "+
		"that it comes from.", extension)
}

// ends is how many bytes at the start and at the end of a ZIP file are searched for the names of its members.
const ends = 64 << 10

// kindOfZip is the kind of an office file that is a ZIP file. LibreOffice refuses the file if it is another one.
func kindOfZip(f *os.File, head []byte) kind {
	end := head
	if info, err := f.Stat(); err == nil && info.Size() > int64(len(head)) {
		end = make([]byte, min(ends, info.Size()))
		if _, err := f.ReadAt(end, info.Size()-int64(len(end))); err != nil {
			end = nil
		}
	}
	named := func(member string) bool {
		return bytes.Contains(head, []byte(member)) || bytes.Contains(end, []byte(member))
	}
	if !named("[Content_Types].xml") && named("META-INF/manifest.xml") {
		return kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.filter == filterODP })]
	}
	return kinds[0]
}

// invalid is a failure for which the deck is to blame.
func invalid(format string, args ...any) *lectern.Failure {
	return lectern.Fail(lectern.CodeInvalidDeck, format, args...)
}

// tail is how many bytes at the end of an output are searched for the mark of its end.
const tail = 1 << 10

// whole reports whether the file at path is a whole file of the target's kind.
func (t target) whole(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() < int64(len(t.start)+len(t.end)) {
		return false
	}
	head := make([]byte, len(t.start))
	if _, err := io.ReadFull(f, head); err != nil || string(head) != t.start {
		return false
	}
	end := make([]byte, min(tail, info.Size()))
	if _, err := f.ReadAt(end, info.Size()-int64(len(end))); err != nil {
		return false
	}
	return bytes.Contains(end, []byte(t.end))
}
