package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"syscall"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"lectern"
)

// failure turns err into a failure with a sentence for users. doing completes "The database could not", such as "read
// the deck". A failure and the errors of a context are returned as they are; nil for nil.
func failure(doing string, err error) error {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*lectern.Failure](err); ok {
		return f
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var f *lectern.Failure
	switch {
	case isFull(err):
		f = lectern.Fail(lectern.CodeDiskFull, "The disk is full. Make room, then try again.")
		f.Retryable = true
	case isCode(err, lib.SQLITE_BUSY):
		f = lectern.Fail(lectern.CodeOverloaded, "The database is busy. Try again in a moment.")
		f.Retryable = true
	case isCode(err, lib.SQLITE_CORRUPT), isCode(err, lib.SQLITE_NOTADB):
		f = damaged()
	case errors.Is(err, sql.ErrConnDone):
		f = lectern.Fail(lectern.CodeOverloaded, "Lectern is stopping. Try again when it has started again.")
	default:
		f = lectern.Fail(lectern.CodeInternal, "The database could not %s.", doing)
	}
	return f.Because(err)
}

// isFull reports whether err comes from a full disk. SQLite has a code for it, except for the WAL index, where it only
// reports that it could not enlarge the file.
func isFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == lib.SQLITE_FULL || e.Code() == lib.SQLITE_IOERR_SHMSIZE)
}

func isCode(err error, primary int) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff == primary
}
