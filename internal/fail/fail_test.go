package fail_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"lectern"
	"lectern/internal/fail"
)

func TestOnDistinguishesFailuresFromTheEndOfAContext(t *testing.T) {
	t.Parallel()
	cause := errors.New("the server stops")
	ctx, stop := context.WithCancelCause(t.Context())
	if f := lectern.AsFailure(fail.On(ctx, context.Canceled, 2)); f.Slide != 2 {
		t.Errorf("before ctx ends: %+v", f)
	}
	stop(cause)
	for _, err := range []error{context.Canceled, fmt.Errorf("draw: %w", cause),
		lectern.Fail(lectern.CodeCanceled, "Stopped.")} {
		if got := fail.On(ctx, err, 2); !errors.Is(got, cause) || fail.Is(got) {
			t.Errorf("%v became %v", err, got)
		}
	}
	if f := lectern.AsFailure(fail.On(ctx, lectern.Fail(lectern.CodeEncodeFailed, "No."),
		2)); f.Code != lectern.CodeEncodeFailed || f.Slide != 2 {
		t.Errorf("a failure of its own became %+v", f)
	}
}

func TestAFullDiskIsRetryable(t *testing.T) {
	t.Parallel()
	full := fmt.Errorf("write: %w", syscall.ENOSPC)
	if got := fail.Else(full, lectern.CodeEncodeFailed, "No."); !errors.Is(got, syscall.ENOSPC) || fail.Is(got) {
		t.Errorf("Else gives %v", got)
	}
	if f := lectern.AsFailure(fail.On(t.Context(), full, 3)); f.Code != lectern.CodeDiskFull || !f.Retryable ||
		f.Slide != 3 {
		t.Errorf("On gives %+v", f)
	}
}

func TestElseKeepsFailures(t *testing.T) {
	t.Parallel()
	known := lectern.Fail(lectern.CodeTimeout, "Late.")
	if got := fail.Else(known, lectern.CodeEncodeFailed, "No."); got != error(known) {
		t.Errorf("got %v", got)
	}
	if fail.Else(nil, lectern.CodeEncodeFailed, "No.") != nil {
		t.Error("Else makes a failure of nil")
	}
	f := lectern.AsFailure(fail.Else(errors.New("bits"), lectern.CodeEncodeFailed, "100% no."))
	if f.Code != lectern.CodeEncodeFailed || f.Message != "100% no." || !strings.Contains(f.Detail, "bits") {
		t.Errorf("got %+v", f)
	}
}

// J11: a panic is a failure of its slide, with its stack.
func TestJ11APanicIsAFailure(t *testing.T) {
	t.Parallel()
	f := lectern.AsFailure(fail.GuardOn(4, func() error { panic("oh") }))
	if f.Code != lectern.CodeInternal || f.Slide != 4 || !strings.Contains(f.Detail, "oh") ||
		!strings.Contains(f.Detail, "fail_test.go") {
		t.Errorf("got %+v", f)
	}
	if err := fail.Guard(func() error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestJoinIsBounded(t *testing.T) {
	t.Parallel()
	var list []*lectern.Failure
	for i := range 2 * fail.MaxCauses {
		list = append(list, lectern.Fail(lectern.CodeCaptureFailed, "Slide %d.", i))
	}
	if f := fail.Join(list); f.Message != "Slide 0." || len(f.Causes) != fail.MaxCauses || len(list[0].Causes) != 0 {
		t.Errorf("%q with %d causes, and the first has %d", f.Message, len(f.Causes), len(list[0].Causes))
	}
}
