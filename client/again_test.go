package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lectern"
	"lectern/client"
)

// canned returns the answer to request n, for a server without a network, in a bubble of testing/synctest.
type canned func(n int, r *http.Request) (status int, retryAfter, body string)

type counter struct {
	answer canned
	n      int
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n++
	status, after, body := c.answer(c.n, r)
	h := http.Header{}
	if after != "" {
		h.Set("Retry-After", after)
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Header: h, ContentLength: -1,
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

const (
	full    = `{"code":"rate_limited","detail":"The queue is full (limits.queued).","retryable":true}`
	tooLong = `{"code":"rate_limited","detail":"It never fits.","retryable":false}`
)

// within returns a client of a canned server, and a counter of its requests.
func within(t *testing.T, answer canned, options ...client.Option) (*client.Client, *counter) {
	t.Helper()
	n := &counter{answer: answer}
	c, err := client.New("http://lectern.invalid",
		append([]client.Option{client.WithHTTPClient(&http.Client{Transport: n})}, options...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c, n
}

// A request that may be sent twice waits as long as the server asks, and reports the wait; one that may have changed
// something fails at once.
func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	calls := map[string]struct {
		do    func(context.Context, *client.Client) error
		tries int
	}{
		"list": {func(ctx context.Context, c *client.Client) error {
			_, _, err := c.List(ctx, lectern.Query{})
			return err
		}, 2},
		"get":   {func(ctx context.Context, c *client.Client) error { _, err := c.Get(ctx, "p"); return err }, 2},
		"check": {func(ctx context.Context, c *client.Client) error { _, err := c.Check(ctx, []byte("{}")); return err }, 2},
		"create": {func(ctx context.Context, c *client.Client) error { _, err := c.Create(ctx, []byte("{}")); return err },
			2},
		"upload": {func(ctx context.Context, c *client.Client) error { _, err := c.Upload(ctx, []byte("{}")); return err },
			2},
		"cancel": {func(ctx context.Context, c *client.Client) error { _, err := c.Cancel(ctx, "p"); return err }, 1},
		"retry":  {func(ctx context.Context, c *client.Client) error { _, err := c.Retry(ctx, "p"); return err }, 1},
		"delete": {func(ctx context.Context, c *client.Client) error { return c.Delete(ctx, "p") }, 1},
	}
	for name, call := range calls {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			synctest.Test(t, func(t *testing.T) {
				var notices []string
				c, n := within(t, func(n int, _ *http.Request) (int, string, string) {
					if n == 1 {
						return status, "7", full
					}
					return 200, "", `{"id":"p"}`
				}, client.WithNotice(func(wait time.Duration, why error) { notices = append(notices, fmt.Sprint(wait, " ", why)) }))
				begun := time.Now()
				err := call.do(t.Context(), c)
				took := time.Since(begun)
				if call.tries == 1 {
					e, ok := errors.AsType[*client.Error](err)
					if !ok || e.RetryAfter != 7*time.Second || n.n != 1 || took != 0 || len(notices) > 0 {
						t.Errorf("%s, %d: %v after %d requests and %s, notices %q", name, status, err, n.n, took, notices)
					}
					return
				}
				if err != nil || n.n != 2 || took != 7*time.Second || len(notices) != 1 ||
					notices[0] != "7s The queue is full (limits.queued)." {
					t.Errorf("%s, %d: %v after %d requests and %s, notices %q", name, status, err, n.n, took, notices)
				}
			})
		}
	}
}

// Waiting is bounded: by the number of tries, by the client's patience, by the caller's context. A failure that waiting
// cannot change is returned at once.
func TestWaitingIsBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after, body string
		tries       int
		took        time.Duration
	}{
		"a few tries":          {"7", full, 4, 21 * time.Second},
		"patience":             {"50", full, 3, 100 * time.Second},
		"tomorrow":             {"86400", full, 1, 0},
		"for ever":             {"99999999999999999999", full, 4, 0}, // not a number: as if there were none
		"nearly for ever":      {"9223372036854775807", full, 1, 0},
		"not retryable":        {"7", tooLong, 1, 0},
		"an answer of a proxy": {"7", "<html>busy</html>", 4, 21 * time.Second},
		// a bubble begins at the turn of 2000
		"a date": {"Sat, 01 Jan 2000 00:00:30 GMT", full, 2, 30 * time.Second},
		"a date that is over": {
			"Fri, 31 Dec 1999 00:00:00 GMT", full, 4, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k, n := within(t, func(n int, _ *http.Request) (int, string, string) {
					if name == "a date" && n == 2 {
						return 200, "", `{}`
					}
					return http.StatusTooManyRequests, c.after, c.body
				}, client.WithPause(func(context.Context, int) error { return nil }))
				begun := time.Now()
				_, err := k.Create(t.Context(), []byte("{}"))
				if took := time.Since(begun); n.n != c.tries || took != c.took || (err == nil) != (name == "a date") {
					t.Errorf("%v after %d requests and %s", err, n.n, took)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		k, _ := within(t, func(int, *http.Request) (int, string, string) { return http.StatusServiceUnavailable, "60", full })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		if _, err := k.Create(ctx, []byte("{}")); !errors.Is(err, context.DeadlineExceeded) ||
			time.Since(begun) != time.Second {
			t.Errorf("with a context: %v after %s", err, time.Since(begun))
		}
	})
}

// A watch and a download wait as long as the server asks.
func TestWatchesAndDownloadsObeyRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, n := within(t, func(n int, r *http.Request) (int, string, string) {
			switch {
			case n%2 == 1:
				return http.StatusTooManyRequests, "5", full
			case strings.HasSuffix(r.URL.Path, "/events"):
				return 200, "", event(1, "completed", 100)
			}
			return 200, "", "bytes"
		})
		begun := time.Now()
		for p, err := range c.Watch(t.Context(), "p", 0) {
			if err != nil || p.Status != lectern.StatusCompleted {
				t.Errorf("%v %+v", err, p)
			}
		}
		if took := time.Since(begun); n.n != 2 || took != 5*time.Second {
			t.Errorf("the watch took %s and %d requests", took, n.n)
		}
		var b strings.Builder
		if err := c.Download(t.Context(), "p", client.File{Kind: lectern.ArtifactVideo}, &b, nil); err != nil ||
			b.String() != "bytes" || time.Since(begun) != 10*time.Second {
			t.Errorf("the download: %v %q after %s", err, b.String(), time.Since(begun))
		}
	})
}
