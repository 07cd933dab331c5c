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

// isZip reports whether a body is a ZIP file, by its media type or by its first bytes. It may replace r.Body; the new
// body still has all bytes.
func isZip(r *http.Request, kind string) bool {
	if kind == zipType || kind == "application/x-zip-compressed" {
		return true
	}
	head := bufio.NewReaderSize(r.Body, 16)
	magic, err := head.Peek(4)
	r.Body = struct {
		io.Reader
		io.Closer
	}{head, r.Body}
	return err == nil && string(magic) == "PK\x03\x04"
}

// readZip reads a ZIP file with a deck or with pictures. The files that the deck names become assets, so the request
// needs the scope write.
func (s *server) readZip(r *http.Request, b *submission, body io.Reader, size int64) error {
	if err := may(visitOf(r.Context()), lectern.ScopeWrite); err != nil {
		return err
	}
	bundle, err := s.Assets.Unpack(r.Context(), size, body)
	if err != nil {
		return s.uploadFault(err)
	}
	b.bundle = &bundle
	if bundle.Files != nil {
		b.deck = bundle.Source
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
	return q.Attach(s.Slides.Files(q.Deck), files, func(path string) (sum, why string, err error) {
		if b.bundle == nil {
			return "", "", nil
		}
		sum, err = s.keepMember(ctx, b.bundle, path)
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

// keepMember stores a file of a ZIP file as an asset, and returns its hash.
func (s *server) keepMember(ctx context.Context, b *deck.Bundle, name string) (string, error) {
	f, size, err := b.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	damaged := func(err error) error {
		return lectern.Fail(lectern.CodeAssetRefused, "it cannot be unpacked.").Because(err)
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
