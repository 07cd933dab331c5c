// Package retry repeats calls to services on a network.
//
// A service is busy, restarts, or its connection breaks: the same call succeeds a moment later. [Policy.Do] repeats it
// with exponential waits and full jitter, so that many clients do not come back at the same time, and waits as long as
// the service asks (Retry-After). It is bounded by a number of attempts, by a time, and by the caller's context.
//
// Only the adapter of a service knows which failures are worth another attempt: it marks them with [Again], and all
// others end the call at once. [Status] and [Broken] judge failures of HTTP in general. The error that Do returns has
// no mark, so that a retry around a retry does not multiply the attempts.
//
// The package holds nothing while it waits. A decorator that limits how many calls a service gets at once takes its
// slot inside the repeated function: a slot is held while a call runs, and is free for others while a call waits.
package retry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"

	"lectern"
)

// Defaults of a Policy.
const (
	DefaultTries    = 4
	DefaultFirst    = 500 * time.Millisecond
	DefaultMost     = 30 * time.Second
	DefaultPatience = 2 * time.Minute
)

// Policy bounds the attempts at a call. Zero fields have the defaults.
type Policy struct {
	Service string        // its name after "the" in messages, such as "voice engine azure"; "": "service"
	Tries   int           // attempts in all; below 0: any number
	First   time.Duration // the bound of the first wait; it doubles with each attempt
	Most    time.Duration // the largest bound of a wait; a wait that the service asks for may be longer
	// Patience is how long after the start an attempt may still begin. If a wait would end later, the error is returned
	// at once. Below 0, this is so for every wait.
	Patience time.Duration
	Notice   func(wait time.Duration, why error)              // called before each wait; nil: none
	Sleep    func(ctx context.Context, d time.Duration) error // nil: the clock's
	// Pause waits after a failed attempt, counted from 1, if the service does not ask for a wait; nil: Sleep does.
	Pause func(ctx context.Context, attempt int) (ended error)
}

// Do calls once until it succeeds, it returns an error without the mark of [Again], or the policy's bounds are reached.
// It returns the last error, without its mark, or the cause of ctx's end.
func (p Policy) Do(ctx context.Context, once func(ctx context.Context) error) error {
	pace := p.Begin()
	for {
		err := once(ctx)
		if err == nil {
			return nil
		}
		m, worth := err.(*mark) //nolint:errorlint // only the outermost error decides: an error that wraps it is final
		if !worth {
			return err
		}
		if err := pace.Wait(ctx, m.err, m.after); err != nil {
			return err
		}
	}
}

// Call is Do for calls whose failure users see. If it gives up on a failure that was worth another attempt, it returns
// a retryable failure with the code and the name of the service.
func (p Policy) Call(ctx context.Context, code lectern.Code, once func(ctx context.Context) error) error {
	attempts, worth, asked := 0, false, time.Duration(0)
	err := p.Do(ctx, func(ctx context.Context) error {
		attempts++
		err := once(ctx)
		asked, worth = Worth(err)
		return err
	})
	if err == nil || !worth || ctx.Err() != nil {
		return err
	}
	f := lectern.Fail(code, "The %s could not be reached or was too busy, %d times in a row. Try again later.",
		p.service(), attempts)
	if asked > 0 {
		f.Message = fmt.Sprintf("The %s is too busy and asks to wait for %s. Try again after that.", p.service(), asked)
	}
	f.Retryable = true
	if cause, ok := errors.AsType[*lectern.Failure](err); ok && cause.Detail != "" {
		f.Detail = cause.Message + " " + cause.Detail
	}
	return f.Because(err)
}

func (p Policy) service() string { return cmp.Or(p.Service, "service") }

// Pace waits between the attempts of a loop that does not fit into Do. It is for one goroutine.
type Pace struct {
	p       Policy
	waits   *backoff.ExponentialBackOff
	begun   time.Time
	attempt int // the last one that failed, counted from 1
}

// Begin returns a Pace that counts attempts and time from now.
func (p Policy) Begin() *Pace {
	set := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	set(&p.First, DefaultFirst)
	set(&p.Most, DefaultMost)
	set(&p.Patience, DefaultPatience)
	if p.Tries == 0 {
		p.Tries = DefaultTries
	}
	if p.Sleep == nil {
		p.Sleep = Sleep
	}
	// A factor of 1 spreads each wait from 0 to twice its interval.
	w := &Pace{p: p, waits: &backoff.ExponentialBackOff{
		InitialInterval: p.First / 2, MaxInterval: p.Most / 2, Multiplier: 2, RandomizationFactor: 1,
	}}
	w.Reset()
	return w
}

// Reset makes the next failure the first: the caller has made progress.
func (w *Pace) Reset() {
	w.waits.Reset()
	w.attempt = 0
	w.Answered()
}

// Answered makes the policy's patience count from now, for a service that answers without progress.
func (w *Pace) Answered() { w.begun = time.Now() }

// Wait waits before the next attempt, after one that failed with err: as long as the service asks (after), otherwise by
// the policy. It returns err at once where the bounds allow no further attempt, and the cause of ctx's end.
func (w *Pace) Wait(ctx context.Context, err error, after time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if w.attempt++; w.p.Tries > 0 && w.attempt >= w.p.Tries {
		return err
	}
	wait := after
	if wait <= 0 && w.p.Pause == nil {
		wait = w.waits.NextBackOff()
	}
	if wait > w.p.Patience-time.Since(w.begun) {
		return err
	}
	if watch, ok := ctx.Value(watchKey{}).(Watch); ok {
		defer watch(w.p.service(), wait)()
	}
	if w.p.Notice != nil {
		w.p.Notice(wait, err)
	}
	if after <= 0 && w.p.Pause != nil {
		return w.p.Pause(ctx, w.attempt)
	}
	return w.p.Sleep(ctx, wait)
}

// Watch is called at the start of each wait for a service, with the wait's length; 0: unknown. over is called at its
// end.
type Watch func(service string, wait time.Duration) (over func())

type watchKey struct{}

// WithWatch makes w watch the waits of all calls with the returned context. So a program can show a wait to a user,
// however many packages away the call is.
func WithWatch(ctx context.Context, w Watch) context.Context {
	return context.WithValue(ctx, watchKey{}, w)
}

// Sleep waits for d. If ctx ends before, it returns the cause.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// mark is an error after which the same call may succeed later.
type mark struct {
	err   error
	after time.Duration
}

func (m *mark) Error() string { return m.err.Error() }
func (m *mark) Unwrap() error { return m.err }

// Again marks err: the same call may succeed later, after the wait that the service asks for (after; 0: none). It
// returns nil for nil.
func Again(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &mark{err, after}
}

// Worth reports whether err has the mark of [Again] as its outermost error, and how long the service asks to wait.
func Worth(err error) (after time.Duration, worth bool) {
	m, worth := err.(*mark) //nolint:errorlint // as in Do
	if !worth {
		return 0, false
	}
	return m.after, true
}

// Status reports whether an HTTP status says that the same request may succeed later: too many requests, or a server
// that is not there for now. Every other 4xx or 5xx is final.
func Status(code int) bool {
	return code == http.StatusTooManyRequests || code >= http.StatusBadGateway && code <= http.StatusGatewayTimeout
}

// Broken reports whether err means that a connection could not be made or broke, or that a time limit passed. The
// request may have reached the service all the same. An untrusted certificate and an unknown host do not count.
func Broken(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsTimeout || dns.IsTemporary
	}
	for _, broken := range []error{io.ErrUnexpectedEOF, io.EOF, syscall.ECONNRESET, syscall.ECONNREFUSED,
		syscall.ECONNABORTED, syscall.EPIPE, syscall.EHOSTUNREACH, syscall.ENETUNREACH, context.DeadlineExceeded} {
		if errors.Is(err, broken) {
			return true
		}
	}
	slow, ok := errors.AsType[net.Error](err)
	return ok && slow.Timeout()
}

// longest bounds the wait that a header can ask for.
const longest = 365 * 24 * time.Hour

// After reads the header Retry-After: seconds, or a date. It returns 0 if there is none, if it is invalid, and for
// a time in the past, and at most a year.
func After(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 63); err == nil {
		return time.Duration(min(n, uint64(longest/time.Second))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), longest)
}
