package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/internal/deck"
)

// A request that waits for a place gets it when one is free, ends when its client leaves, and is refused after the
// wait.
func TestH2PlacesOfLargeBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(2, 20*time.Second)
		ctx, leave := context.WithCancel(t.Context())
		for range 2 {
			if err := q.enter(ctx); err != nil {
				t.Fatal(err)
			}
		}
		got := make(chan error, 1)
		enter := func(c context.Context) { got <- q.enter(c) }
		go enter(t.Context())
		synctest.Wait()
		select {
		case err := <-got:
			t.Fatalf("a third body got a place at once: %v", err)
		default:
		}
		q.leave()
		if err := <-got; err != nil {
			t.Errorf("a place is free: %v", err)
		}
		go enter(ctx)
		synctest.Wait()
		leave()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("its client has gone: %v", err)
		}
		began := time.Now()
		err := q.enter(t.Context())
		f, ok := errors.AsType[*lectern.Failure](err)
		if !ok || f.Code != lectern.CodeOverloaded || !f.Retryable || time.Since(began) != 20*time.Second ||
			!strings.Contains(f.Message, "limits.large_bodies") || !strings.Contains(f.Message, "2 bodies") {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// A body is large by its Content-Length or by what has arrived. It takes its place once and frees it once.
func TestPlaceOfOneBody(t *testing.T) {
	t.Parallel()
	q := newQueue(1, time.Nanosecond)
	said := place{queue: q, ctx: t.Context(), large: true}
	if err := said.before(); err != nil || len(q.places) != 1 {
		t.Fatal(err)
	}
	if err := said.before(); err != nil {
		t.Errorf("once more: %v", err)
	}
	grown := place{queue: q, ctx: t.Context(), read: largeBody}
	if err := grown.before(); err != nil {
		t.Errorf("one of exactly the bound: %v", err)
	}
	grown.read++
	if err := grown.before(); !errors.Is(err, &lectern.Failure{Code: lectern.CodeOverloaded}) {
		t.Errorf("beyond it: %v", err)
	}
	grown.free()
	said.free()
	said.free()
	if err := grown.before(); err != nil || len(q.places) != 1 {
		t.Errorf("the place is free: %v", err)
	}
}

func TestReadText(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 32<<10 - 1, 32 << 10, 32<<10 + 1, 200_000} {
		for _, declared := range []int{-1, 0, size, 2 * size} {
			want := strings.Repeat("ab", size)[:size]
			got, err := readText(iotest.HalfReader(strings.NewReader(want)), int64(declared))
			if err != nil || got != want {
				t.Errorf("%d bytes, %d declared: %d, %v", size, declared, len(got), err)
			}
		}
	}
	for _, after := range []int{10, 100_000} {
		broken := iotest.TimeoutReader(strings.NewReader(strings.Repeat("x", after)))
		if _, err := readText(broken, -1); after > 32<<10 && !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("broken off after %d: %v", after, err)
		}
	}
}

// J13: a request that is sent again after an upgrade is the same request. These fingerprints are in the databases of
// earlier versions.
func TestJ13FingerprintsOutliveUpgrades(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/presentations", nil)
	text := deck.Source{Bytes: []byte(`{"slides":[{}]}`)}
	for want, b := range map[string]submission{
		"eb9654c8dab8b16a2065d289d1cfc19db4181a456b26c58988a51277fc89ad8d": {kind: "application/json", deck: text},
		"a60bd987953e2070e895f403319bbe6911ea59923189ee0f5e70d3edbefd788a": {
			kind: "multipart/form-data", deck: text, settings: `{"title":"x"}`, callback: "https://e.example/",
		},
	} {
		if got := b.fingerprint(r); got != want {
			t.Errorf("%+v: %s", b, got)
		}
	}
}
