package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"lectern"
	"lectern/internal/deck"
	"lectern/internal/deck/all"
	"lectern/internal/httpapi"
)

// slowDecks reads decks until its caller gives up.
type slowDecks struct{ *deck.Catalogue }

func (slowDecks) Parse(ctx context.Context, _ deck.Source, _ []byte, _ lectern.Limits) (deck.Request, error) {
	<-ctx.Done()
	return deck.Request{}, context.Cause(ctx)
}

// A deck whose reading takes too long, such as one that LibreOffice converts first, ends in a sentence.
func TestReadingADeckIsBounded(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *httpapi.Options) {
		o.Decks, o.ParseTime = slowDecks{all.Parsers()}, time.Millisecond
	})
	a := r.post("/v1/presentations", threeSlides)
	if a.status != http.StatusGatewayTimeout || !strings.Contains(a.body, "saved as .pptx") ||
		!strings.Contains(a.body, `"retryable":true`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}
