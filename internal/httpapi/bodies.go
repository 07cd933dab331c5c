package httpapi

import (
	"context"
	"io"
	"lectern/internal/deck"
	"net/http"
	"strings"
	"time"

	"lectern"
)

// largeBody is the size in bytes above which a body needs a place in the queue. The number of smaller bodies is not
// bounded.
const largeBody = 1 << 20

// queue hands out the places of large bodies. A request keeps its place until it is answered, since the body stays in
// memory that long. So the memory of all large bodies is bounded by the number of places and the limit of a body.
type queue struct {
	places chan struct{}
	wait   time.Duration // for a place
}

func newQueue(places int, wait time.Duration) *queue {
	return &queue{make(chan struct{}, places), wait}
}

// enter waits for a place. Its error is a *lectern.Failure, or the context's.
func (q *queue) enter(ctx context.Context) error {
	select {
	case q.places <- struct{}{}:
		return nil
	default:
	}
	late := time.NewTimer(q.wait)
	defer late.Stop()
	select {
	case q.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
	}
	f := lectern.Fail(lectern.CodeOverloaded, "This server reads %d bodies of more than 1 MiB at once "+
		"(limits.large_bodies), and none of them ended within %s. Try again in a moment.",
		cap(q.places), q.wait)
	f.Retryable = true
	return f
}

func (q *queue) leave() { <-q.places }

// place is the place of one body in the queue. It is taken when the body is known to be large: from its Content-Length
// before anything is read, or once more than largeBody bytes have come.
type place struct {
	queue *queue
	ctx   context.Context // of the request
	large bool
	read  int64
	taken bool
}

// before is called before more of the body is read. It waits for a place if the body is large and has none.
func (p *place) before() error {
	if p.taken || !p.large && p.read <= largeBody {
		return nil
	}
	if err := p.queue.enter(p.ctx); err != nil {
		return err
	}
	p.taken = true
	return nil
}

// free gives the place back.
func (p *place) free() {
	if p.taken {
		p.taken = false
		p.queue.leave()
	}
}

// readText reads a body to its end. declared is its Content-Length, which the caller has found to be within the limits,
// or -1. It saves memory, since a text of known size is not copied while it grows. The memory is reserved only after
// the first 32 KiB have arrived.
func readText(r io.Reader, declared int64) (string, error) {
	var b strings.Builder
	first := make([]byte, 32<<10)
	n, err := io.ReadFull(r, first)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return string(first[:n]), nil
	}
	if err != nil {
		return "", err
	}
	b.Grow(int(max(declared, int64(n))))
	b.Write(first)
	_, err = io.CopyBuffer(struct{ io.Writer }{&b}, struct{ io.Reader }{r}, first)
	return b.String(), err
}

// takes refuses bodies by their headers alone: those whose Content-Length is too large, and compressed ones, since this
// server decompresses no bodies, and a compressed deck looks like broken JSON.
func (s *server) takes(w http.ResponseWriter, r *http.Request, u rule) error {
	if most := s.mostBytes(u, r); r.ContentLength > most {
		w.Header().Set("Connection", "close") // the body is not read
		if most > s.Limits.BodyBytes {
			return s.tooLong()
		}
		return &http.MaxBytesError{Limit: most}
	}
	coding := strings.ToLower(strings.TrimSpace(strings.Join(r.Header.Values("Content-Encoding"), ", ")))
	if coding == "" || coding == "identity" {
		return nil
	}
	w.Header().Set("Accept-Encoding", "identity")
	w.Header().Set("Connection", "close")
	return blame("Content-Encoding", codeMedia, "The body is compressed (Content-Encoding: %.60s). Send it "+
		"uncompressed, without a Content-Encoding.", coding)
}

// mostBytes is the largest size of a request's body. A form and a ZIP file may contain files besides the deck.
func (s *server) mostBytes(u rule, r *http.Request) int64 {
	kind, _, _ := strings.Cut(strings.ToLower(r.Header.Get("Content-Type")), ";")
	if u.upload || u.files && s.Assets != nil && (kind == "multipart/form-data" || kind == zipType ||
		deck.IsBinary(s.Decks.Kinds(), kind)) {
		return s.Assets.Most() + formRoom
	}
	return s.Limits.BodyBytes
}

// packed names the compression of a body, by its first bytes; "" if it is not compressed.
func packed(body string) string {
	for magic, what := range map[string]string{"\x1f\x8b": "gzip", "\x28\xb5\x2f\xfd": "zstd", "BZh": "bzip2",
		"PK\x03\x04": "a zip archive"} {
		if strings.HasPrefix(body, magic) {
			return what
		}
	}
	return ""
}

func (s *server) refusePacked(body string) error {
	if what := packed(body); what != "" {
		return lectern.Fail(codeMedia, "The body is compressed (%s). This server accepts a deck as %s, "+
			"uncompressed.", what, s.takenDecks())
	}
	return nil
}
