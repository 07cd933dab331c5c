package client

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"lectern"
	"lectern/internal/retry"
)

// tries is how often a request that may be repeated is sent before the client returns its failure.
const tries = 4

// repeat sends a request until it is answered, the failure is permanent, or the client's patience is over. It repeats
// only requests that change nothing or have an Idempotency-Key.
func (c *Client) repeat(ctx context.Context, worth func(error) bool,
	once func() (http.Header, error)) (answer http.Header, err error) {
	err = c.policy(tries).Do(ctx, func(context.Context) (err error) {
		if answer, err = once(); err != nil && worth(err) {
			return retry.Again(err, retryAfter(err))
		}
		return err
	})
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err()
	}
	return answer, err
}

// policy is how the client waits between attempts: as long as the server asks, otherwise by its own pause. Where the
// server asks for more than the rest of the client's patience, the failure is returned at once.
func (c *Client) policy(tries int) retry.Policy {
	return retry.Policy{
		Tries: tries, First: 400 * time.Millisecond, Most: 5 * time.Second, Patience: cmp.Or(c.patience, -1), Pause: c.pause,
		Notice: func(wait time.Duration, why error) {
			if tries > 0 && retryAfter(why) > 0 {
				c.notice(wait, why)
			}
		},
	}
}

// anyNumber is for streams, which go on as long as they make progress.
const anyNumber = -1

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
