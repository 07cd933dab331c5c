package main

import (
	"bytes"
	"testing"
	"time"

	"lectern"
	"lectern/client"
)

// A command that waits for the server shows why and for how long. A refusal shows when to try again.
func TestWaitsAreShown(t *testing.T) {
	t.Parallel()
	full := &client.Error{Status: 429, Failure: &lectern.Failure{Code: lectern.CodeRateLimited,
		Message: "The queue is full.", Retryable: true}}
	var b bytes.Buffer
	io := streams{out: &b, err: &b}
	io.notice(5*time.Second, full)
	if got := b.String(); got != "The queue is full. Trying again in 5 s.\n" {
		t.Errorf("the notice is %q", got)
	}
	for after, want := range map[time.Duration]string{
		0: "  do      It may work when tried again.\n", 90 * time.Second: "  do      Try again in 1 min 30 s.\n",
		86_700 * time.Second: "  do      Try again in about 24 h.\n",
	} {
		b.Reset()
		full.RetryAfter = after
		if code := complain(io, full); code != exitRefused || b.String() != "lectern: The queue is full.\n"+want {
			t.Errorf("with Retry-After %s the code is %d and the text %q", after, code, b.String())
		}
	}
}
