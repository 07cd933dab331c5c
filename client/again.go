package client

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"lectern"
)

// tries is how often a request that may be repeated is sent before the client returns its failure.
const tries = 4

// repeat sends a request until it is answered, the failure is permanent, or the client's patience is over. It repeats
// only requests that change nothing or have an Idempotency-Key.
func (c *Client) repeat(ctx context.Context, worth func(error) bool,
	once func() (http.Header, error)) (http.Header, error) {
	begun := time.Now()
	for try := 1; ; try++ {
		answer, err := once()
		if err == nil || try == tries || !worth(err) {
			return answer, err
		}
		if wait := retryAfter(err); wait > 0 && wait <= c.patience-time.Since(begun) {
			c.notice(wait, err)
		}
		if err := c.wait(ctx, try, err, begun); err != nil {
			return nil, err
		}
	}
}

// wait pauses after a failed attempt: as long as the server asks, otherwise by the client's own pause. If the server
// asks for more than the rest of the client's patience, wait returns the failure at once.
func (c *Client) wait(ctx context.Context, attempt int, failed error, begun time.Time) error {
	asked := retryAfter(failed)
	switch {
	case asked == 0:
		return c.pause(ctx, attempt)
	case asked > c.patience-time.Since(begun):
		return failed
	}
	return sleep(ctx, asked)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// never is for requests that may have changed something.
func never(error) bool { return false }

// turnedAway reports whether a request was refused for now, before anything was done for it.
func turnedAway(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) && forNow(e)
}

// again reports whether a request with a key is worth another try: no answer came, or one that says so.
func again(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch {
	case e.Status == 0, e.Status >= 200 && e.Status < 300: // the latter: half an answer
		return true
	case e.Status == http.StatusBadGateway, e.Status == http.StatusGatewayTimeout:
		return forNow(e)
	}
	return turnedAway(err) || e.Failure.Code == lectern.CodeKeyInUse
}

// forNow reports whether a refusal may pass: the server says so, or a proxy answered, without a code of the server.
func forNow(e *Error) bool { return e.Failure.Retryable || e.Failure.Code == lectern.CodeInternal }

// retryAfter is the wait that a failure asks for; 0: none.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// longestWait bounds the wait that a header can ask for.
const longestWait = 365 * 24 * time.Hour

// parseRetryAfter reads a Retry-After: seconds, or a date. What makes no sense, or is over, is 0.
func parseRetryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(text, 10, 63); err == nil {
		return time.Duration(min(n, uint64(longestWait/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longestWait)
}
