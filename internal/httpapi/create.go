package httpapi

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strings"

	"lectern"
	"lectern/internal/deck/jsondeck"
)

// readBody reads the whole body; guard has bounded it.
func readBody(r *http.Request) ([]byte, error) {
	if ct := r.Header.Get("Content-Type"); ct != "" {
		// Scripts forget the header, and curl then says "form": only what surely is no JSON is refused.
		kind, _, _ := mime.ParseMediaType(ct)
		if strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "image/") || strings.HasPrefix(kind, "video/") || strings.HasPrefix(kind, "audio/") {
			return nil, lectern.Fail(codeRequest, "The body must be JSON, not %s.", kind)
		}
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		if f := asFailure(err); f.Code != lectern.CodeInternal {
			return nil, f
		}
		return nil, lectern.Fail(codeRequest, "The request's body did not arrive whole.").Because(err)
	}
	return b, nil
}

// accept parses, checks and settles a deck. The warnings are those of both steps.
func (s *server) accept(ctx context.Context, body []byte, change func(*lectern.Deck)) (lectern.Deck, []lectern.Warning, error) {
	d, warnings, err := jsondeck.Parse(body, s.Limits)
	if err != nil {
		return d, nil, err
	}
	if change != nil {
		change(&d)
	}
	d, more, err := s.Check.Check(ctx, d)
	return d, append(warnings, more...), err
}

// create makes a presentation of a request's body.
func (s *server) create(r *http.Request, change func(*lectern.Deck)) (lectern.Presentation, error) {
	body, err := readBody(r)
	if err != nil {
		return lectern.Presentation{}, err
	}
	d, warnings, err := s.accept(r.Context(), body, change)
	if err != nil {
		return lectern.Presentation{}, err
	}
	return s.Jobs.Submit(r.Context(), lectern.Submission{Deck: d, Warnings: warnings})
}
