package asset

import (
	"context"
	"errors"
	"io"
	"os"

	"lectern"
	"lectern/internal/deck"
)

// Unpack writes a ZIP file with one deck or with pictures, or a deck that is not text (PPTX, PPT, ODP, PDF), to the
// disk and opens it. size is that of [lectern.Upload]. The caller closes the bundle, which removes the file.
func (s *Service) Unpack(ctx context.Context, size int64, body io.Reader) (b deck.Bundle, err error) {
	if size > s.o.Most {
		return b, s.tooLarge()
	}
	f, err := s.o.Files.Temp(max(size, 0))
	if err != nil {
		return b, err
	}
	remove := func() error { return errors.Join(f.Close(), os.Remove(f.Name())) }
	defer func() {
		if err != nil {
			_ = remove()
		}
	}()
	sum, n, err := s.receive(f, body)
	if err != nil {
		return b, err
	}
	// judge refuses a large directory, which deck.Unzip reads whole.
	info, err := s.judge(ctx, f, n)
	switch {
	case err != nil:
		return b, err
	case deck.IsBinary(s.o.Texts, info.Type):
		return deck.Bundle{Source: deck.Source{MediaType: info.Type, At: f, Size: n}, SHA256: sum, Close: remove}, nil
	case info.Type != "application/zip":
		return b, lectern.Fail(lectern.CodeUnsupported, "The file must be a deck, or a ZIP file with a deck, but is %s.",
			info.Type).On("deck")
	}
	var endings []string
	for _, k := range s.o.Texts {
		endings = append(endings, k.Endings...)
	}
	b, err = deck.Unzip(f, n, endings, deck.BundleLimits{Members: deck.MaxFiles, Bytes: s.o.Most,
		Deck: s.o.Limits.BodyBytes})
	b.SHA256, b.Close = sum, remove
	return b, err
}
