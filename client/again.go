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

// tries is the number of attempts at a request that may be repeated.
const tries = 4

// repeat calls once until it succeeds or returns an error that is not worth another attempt, or until the tries or the
// client's patience are used up. A request that would change something again if it were repeated must use never.
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

// policy returns the waits between attempts: as long as the server asks, otherwise the client's own. If the server asks
// for more than the rest of the client's patience, the failure is returned at once. With anyNumber of tries, the
// client's notice is not called.
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

// anyNumber of tries is for streams and downloads: only the client's patience without progress ends them.
const anyNumber = -1

// never makes every failure final. It is for requests that may have changed something.
func never(error) bool { return false }

// turnedAway reports whether a request was refused for now, before anything was done for it.
func turnedAway(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) && forNow(e)
}

// again reports whether a request that may be repeated (with an Idempotency-Key, or an upload) is worth another
// attempt: the server gave no complete answer, or it refused the request for now.
func again(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch {
	case e.Status == 0, e.Status >= 200 && e.Status < 300: // a status of success in an error: an incomplete answer
		return true
	case e.Status == http.StatusBadGateway, e.Status == http.StatusGatewayTimeout:
		return forNow(e)
	}
	return turnedAway(err) || e.Failure.Code == lectern.CodeKeyInUse
}

// forNow reports whether a refusal is temporary: the server says so, or the answer is a proxy's, without a code of the
// server.
func forNow(e *Error) bool { return e.Failure.Retryable || e.Failure.Code == lectern.CodeInternal }

// retryAfter returns the wait that the server asks for; 0: none.
func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}
