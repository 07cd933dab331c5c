package pdf

import (
	"errors"
	"fmt"
	"time"

	"lectern"
)

// ErrPassword is wrapped by the failure of a document that needs a password, or another one.
var ErrPassword = errors.New("the PDF needs a password")

func fault(code lectern.Code, format string, args ...any) *lectern.Failure {
	return lectern.Fail(code, format, args...).On("deck")
}

func passwordFault(given bool) *lectern.Failure {
	f := fault(lectern.CodeInvalidDeck, "The PDF needs a password. Give it with --password-file or the variable "+
		"LECTERN_DECK_PASSWORD; over HTTP, send the PDF as a form with the field \"password\".")
	if given {
		f.Message = "The password does not open the PDF. Check it, capitals too, and try again."
	}
	f.Err = ErrPassword
	return f
}

const repair = "Export it again from the program that made it, or repair it, for example with qpdf in.pdf out.pdf."

func damaged(err error) *lectern.Failure {
	return fault(lectern.CodeInvalidDeck, "The PDF is damaged and cannot be opened. "+repair).Because(err)
}

func damagedPage(page int, err error) *lectern.Failure {
	if page == 0 {
		return damaged(err)
	}
	return fault(lectern.CodeInvalidDeck, "Page %d of the PDF is damaged. "+repair, page).Because(err)
}

func tooSlow(page int, limit time.Duration) *lectern.Failure {
	return fault(lectern.CodeTooLarge, "%s takes more than %s, which is the limit. Simplify it, for example by exporting "+
		"it as a picture.", subject(page), limit)
}

func tooMuchMemory(page int, limit int64) *lectern.Failure {
	return fault(lectern.CodeTooLarge, "%s needs more than %d MiB of memory, which is the limit. Reduce the size of its "+
		"pictures.", subject(page), limit>>20)
}

// subject names what a call is about.
func subject(page int) string {
	if page == 0 {
		return "The PDF"
	}
	return fmt.Sprintf("Page %d of the PDF", page)
}
