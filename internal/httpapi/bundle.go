package httpapi

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"

	"lectern"
	"lectern/internal/deck"
)

// zipType is the media type of a ZIP file with a deck and the files that the deck names.
const zipType = "application/zip"

// isFile reports whether a body is a ZIP file or a deck that is not text, by its media type or by its first bytes. It
// may replace r.Body; the new body still has all bytes.
func (s *server) isFile(r *http.Request, kind string) bool {
	if kind == zipType || kind == "application/x-zip-compressed" || deck.IsBinary(s.Decks.Kinds(), kind) {
		return true
	}
	head := bufio.NewReaderSize(r.Body, 16)
	magic, err := head.Peek(4)
	r.Body = struct {
		io.Reader
		io.Closer
	}{head, r.Body}
	return err == nil && begins(magic)
}

// begins reports whether a file begins like a ZIP file, such as a PPTX, or like a PDF or a file of an older office
// program.
func begins(magic []byte) bool {
	m := string(magic)
	return m == "PK\x03\x04" || m == "%PDF" || m == "\xd0\xcf\x11\xe0"
}

// readFile reads a deck that is not text, or a ZIP file with a deck or with pictures. name is that of the file, if it
// has one. The files that the deck names become assets, so the request
// needs the scope write.
func (s *server) readFile(r *http.Request, b *submission, name string, body io.Reader, size int64) error {
	if err := may(visitOf(r.Context()), lectern.ScopeWrite); err != nil {
		return err
	}
	bundle, err := s.Assets.Unpack(r.Context(), size, body)
	if err != nil {
		return s.uploadFault(err)
	}
	b.bundle = &bundle
	if bundle.Files != nil || bundle.At != nil {
		b.deck = bundle.Source
		if bundle.At != nil {
			b.deck.Name = name
		}
		return nil
	}
	b.deck = s.source(bundle.Name, "", string(bundle.Bytes))
	b.deck.OpenFile = bundle.Open
	return nil
}

// close releases what a submission holds.
func (b submission) close() {
	if b.bundle != nil {
		_ = b.bundle.Close() // if the temporary file stays, the next start removes it
	}
}

// withFiles replaces the files that a deck names with assets, as far as the request contains the files. Those in a ZIP
// file become assets here.
func (s *server) withFiles(ctx context.Context, q deck.Request, b submission) (deck.Request, error) {
	files := map[string]string{}
	maps.Copy(files, b.files)
	return q.Attach(s.Slides.Files(q.Deck), files, func(u lectern.FileUse) (sum, why string, err error) {
		open := q.Open
		if b.bundle != nil && b.bundle.Open != nil {
			open = b.bundle.Open
		}
		if open == nil {
			return "", "", nil
		}
		sum, err = s.keepMember(ctx, open, u.Path)
		f, ok := errors.AsType[*lectern.Failure](err)
		switch {
		case errors.Is(err, fs.ErrNotExist): // the path stays in the deck, and the check reports it
			return "", "", nil
		case ok && (f.Code.IsFault() || f.Code == codeMedia):
			return "", ": " + f.Message, nil
		}
		return sum, "", err
	})
}

// keepMember stores a file that open finds as an asset, and returns its hash.
func (s *server) keepMember(ctx context.Context, open func(string) (io.ReadCloser, int64, error), name string) (string,
	error) {
	f, size, err := open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	damaged := func(err error) error {
		return lectern.Fail(lectern.CodeAssetRefused, "it cannot be unpacked. Make the ZIP file again.").Because(err)
	}
	if err != nil {
		return "", damaged(err)
	}
	defer f.Close()
	a, _, err := s.Assets.Add(ctx, lectern.Upload{Owner: mine{key: visitOf(ctx).key}.owner(), Name: path.Base(name),
		Size: size, Body: f})
	if _, ok := errors.AsType[*lectern.Failure](err); err != nil && !ok && ctx.Err() == nil {
		return "", damaged(fmt.Errorf("unpack %s: %w", name, err))
	}
	return a.SHA256, err
}
