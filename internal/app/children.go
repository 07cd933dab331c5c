package app

import (
	"os"
	"slices"

	"lectern/internal/office"
	"lectern/internal/tts/espeak"
)

// Arguments of this program that make it a child of itself. The process in which espeak's library runs has no others;
// the one that becomes LibreOffice has one more.
var (
	espeakChild = []string{"internal-voice", "espeak"}
	officeChild = []string{"internal-office"}
)

// ChildMain is the main function of a child process: this program starts itself with certain arguments as its child.
// Every main function that makes an App calls ChildMain first, with its arguments. If child is true, the process is
// such a child and must exit with code.
func ChildMain(args []string) (code int, child bool) {
	switch {
	case slices.Equal(args, espeakChild):
		return espeak.ChildMain(os.Stdin, os.Stdout), true
	case len(args) == len(officeChild)+1 && slices.Equal(args[:len(officeChild)], officeChild):
		return office.ChildMain(args[len(officeChild)], os.Stdout, os.Stderr), true
	}
	return 0, false
}

// childOf is the command that starts this program as its child.
func childOf(args []string) []string {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return append([]string{self}, args...)
}
