// Package fail turns errors of a presentation's steps into failures with a code, a slide and a message.
//
// Users see a [lectern.Failure]. The steps call tools, disks and other code that know neither codes nor slides. The
// functions here add both, and distinguish an error from the end of a context.
package fail

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"

	"lectern"
)

// MaxCauses is how many further failures are reported with the first one.
const MaxCauses = 20

// Join makes one failure of a list: the first one, with up to [MaxCauses] others as its causes. The list must not be
// empty.
func Join(list []*lectern.Failure) *lectern.Failure {
	first := *list[0]
	for _, f := range list[1:] {
		if len(first.Causes) < MaxCauses {
			first.Causes = append(first.Causes, *f)
		}
	}
	return &first
}

// On makes a failure of err on a slide; 0: no slide. If ctx has ended and err only says so, On returns the cause of
// ctx's end. A full disk becomes a retryable failure.
func On(ctx context.Context, err error, slide int) error {
	if ctx.Err() != nil && (Canceled(err) || errors.Is(err, context.Cause(ctx))) {
		return context.Cause(ctx)
	}
	if !Is(err) && errors.Is(err, syscall.ENOSPC) {
		f := lectern.Fail(lectern.CodeDiskFull,
			"The disk is full. Free some space, or move the data folder to a larger disk.").Because(err)
		f.Retryable = true
		return f.At(slide)
	}
	return lectern.AsFailure(err).At(slide)
}

// Else makes a failure of err with a code and a message. It returns err unchanged if it is nil, already a failure, a
// canceled context or a full disk.
func Else(err error, code lectern.Code, sentence string) error {
	if err == nil || Is(err) || errors.Is(err, context.Canceled) || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return lectern.Fail(code, "%s", sentence).Because(err)
}

// Is reports whether err is a [lectern.Failure].
func Is(err error) bool {
	_, ok := errors.AsType[*lectern.Failure](err)
	return ok
}

// Canceled reports whether err is the result of a cancelation and not a failure of its own.
func Canceled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, &lectern.Failure{Code: lectern.CodeCanceled})
}

// Guard calls f and turns a panic in it into a failure with the stack as its detail.
func Guard(f func() error) error { return GuardOn(0, f) }

// GuardOn is [Guard] for work on a slide.
func GuardOn(slide int, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			fail := lectern.Fail(lectern.CodeInternal, "Something inside Lectern went wrong.").At(slide)
			fail.Detail = fmt.Sprintf("panic: %v\n\n%s", p, debug.Stack())
			err = fail
		}
	}()
	return f()
}
