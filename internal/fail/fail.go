// Package fail gives errors of the steps of a presentation their code, their slide and their sentence.
//
// What reports to a user is a [lectern.Failure]. The steps call tools, disks and other code that know neither codes nor
// slides; the functions here add both, and keep apart what failed from what was only stopped.
package fail

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"

	"lectern"
)

// MaxCauses is how many further failures are reported with the first.
const MaxCauses = 20

// Join makes one failure of a list that is not empty: the first, with up to [MaxCauses] others as its causes.
func Join(list []*lectern.Failure) *lectern.Failure {
	first := *list[0]
	for _, f := range list[1:] {
		if len(first.Causes) < MaxCauses {
			first.Causes = append(first.Causes, *f)
		}
	}
	return &first
}

// On names the slide of an error; 0: it has none. An error that only says that ctx has ended becomes the cause of that.
// A full disk becomes a failure that a later attempt may not have.
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

// Else makes err a failure of the given code and sentence. An error that is a failure already, that says that a context
// has ended, or that the disk is full, stays as it is.
func Else(err error, code lectern.Code, sentence string) error {
	if err == nil || Is(err) || errors.Is(err, context.Canceled) || errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return lectern.Fail(code, "%s", sentence).Because(err)
}

// Is reports whether err is a failure already.
func Is(err error) bool {
	_, ok := errors.AsType[*lectern.Failure](err)
	return ok
}

// Canceled reports whether err only says that something else has stopped it.
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
