package retry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lectern/internal/retry"
)

var errBusy = errors.New("busy")

// Attempts are bounded by their number, by time and by the context; the error that is returned has no mark.
func TestAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy   retry.Policy
		fail     error // of each attempt
		attempts int
		least    time.Duration
		most     time.Duration
	}{
		"a number": {retry.Policy{Tries: 3}, retry.Again(errBusy, 7*time.Second), 3, 14 * time.Second,
			14 * time.Second},
		"the default": {retry.Policy{}, retry.Again(errBusy, 0), retry.DefaultTries, 0, 4 * time.Second},
		"time": {retry.Policy{Tries: -1, Patience: time.Minute}, retry.Again(errBusy, 25*time.Second), 3,
			50 * time.Second, 50 * time.Second},
		"the service asks for a longer wait": {retry.Policy{}, retry.Again(errBusy, time.Hour), 1, 0, 0},
		"not worth it":                       {retry.Policy{}, errBusy, 1, 0, 0},
		"wrapped":                            {retry.Policy{}, fmt.Errorf("judged: %w", retry.Again(errBusy, 0)), 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun, n := time.Now(), 0
				err := c.policy.Do(t.Context(), func(context.Context) error { n++; return c.fail })
				if took := time.Since(begun); n != c.attempts || took < c.least || took > c.most || !errors.Is(err, errBusy) {
					t.Errorf("%d attempts in %s: %v", n, took, err)
				}
				if _, marked := retry.Worth(err); marked {
					t.Error("the error still says that it is worth another attempt")
				}
			})
		})
	}
}

// A wait ends with the context, whose cause is the error.
func TestTheContextEndsAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("the user asked for it")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(stop) })
		begun := time.Now()
		err := retry.Policy{}.Do(ctx, func(context.Context) error { return retry.Again(errBusy, time.Minute) })
		if !errors.Is(err, stop) || time.Since(begun) != time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}

// Waits are spread over the whole of their interval, which doubles up to its bound.
func TestWaitsGrowWithFullJitter(t *testing.T) {
	t.Parallel()
	bounds := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}
	low, high := make([]time.Duration, len(bounds)), make([]time.Duration, len(bounds))
	synctest.Test(t, func(t *testing.T) {
		for range 300 {
			i := 0
			p := retry.Policy{Tries: len(bounds) + 1, First: time.Second, Most: 5 * time.Second,
				Notice: func(wait time.Duration, _ error) {
					if low[i] == 0 || wait < low[i] {
						low[i] = wait
					}
					high[i] = max(high[i], wait)
					i++
				}}
			_ = p.Do(t.Context(), func(context.Context) error { return retry.Again(errBusy, 0) })
		}
	})
	for i, bound := range bounds {
		if high[i] > bound+1 || high[i] < bound*8/10 || low[i] > bound*2/10 {
			t.Errorf("wait %d is from %s to %s of %s", i+1, low[i], high[i], bound)
		}
	}
}

func TestProgressMakesTheNextFailureTheFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := retry.Policy{Tries: 2, Patience: 10 * time.Second}.Begin()
		for range 5 {
			if err := pace.Wait(t.Context(), errBusy, 9*time.Second); err != nil {
				t.Fatal(err)
			}
			pace.Reset()
		}
		if err := pace.Wait(t.Context(), errBusy, 0); err != nil {
			t.Error(err)
		}
		if err := pace.Wait(t.Context(), errBusy, 0); !errors.Is(err, errBusy) {
			t.Errorf("a second failure in a row: %v", err)
		}
	})
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	t.Parallel()
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "0": 0, "-3": 0, "soon": 0, "1.5": 0, "99999999999999999999": 0,
		"9223372036854775807":           365 * 24 * time.Hour,
		"Sat, 01 Jan 2000 00:00:30 GMT": 30 * time.Second,
		"Fri, 31 Dec 1999 00:00:00 GMT": 0,
	} {
		if got := retry.After(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q is %s", text, got)
		}
	}
}

func TestWhichFailuresAreRepeatable(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bool{400: false, 401: false, 404: false, 408: false, 422: false, 429: true, 500: false,
		501: false, 502: true, 503: true, 504: true, 505: false} {
		if retry.Status(code) != want {
			t.Errorf("%d: %t", code, !want)
		}
	}
	on := func(err error) error {
		return &url.Error{Op: "Post", URL: "http://x", Err: &net.OpError{Op: "read", Err: os.NewSyscallError("read", err)}}
	}
	for err, want := range map[error]bool{
		on(syscall.ECONNRESET): true, on(syscall.ECONNREFUSED): true, on(syscall.EPIPE): true, on(syscall.EACCES): false,
		fmt.Errorf("body: %w", io.ErrUnexpectedEOF): true, context.DeadlineExceeded: true,
		context.Canceled: false, errBusy: false, &net.DNSError{IsNotFound: true}: false, &net.DNSError{IsTimeout: true}: true,
		os.ErrDeadlineExceeded: true,
	} {
		if retry.Broken(err) != want {
			t.Errorf("%v: %t", err, !want)
		}
	}
}
