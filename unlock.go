package lectern

import (
	"context"
	"strings"
)

// MaxPassword is how many bytes the password of a deck's file can have.
const MaxPassword = 512

// PasswordIn returns the password in the text of a file: all of it but the end of its line.
func PasswordIn(text string) string { return strings.TrimRight(text, "\r\n") }

// Unlock is what is known of the password of a deck's protected file.
type Unlock struct {
	Password string // "": none is kept
	Opened   bool   // it has opened the deck's files, and was erased then
	Erased   bool   // it was erased before it had opened them
}

// String hides the password in printed values.
func (u Unlock) String() string { return "(password)" }

// GoString hides the password in values that are printed as Go syntax.
func (u Unlock) GoString() string { return "(password)" }

// Unlocker keeps the password of a presentation until its files are open.
type Unlocker interface {
	Unlock(ctx context.Context) (Unlock, error)
	// Unlocked erases the password, because all files are open. It fails with CodeStale for a run that lost its lease
	// (J7).
	Unlocked(ctx context.Context) error
}
