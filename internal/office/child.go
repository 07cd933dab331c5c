package office

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Exit codes of the child before it becomes LibreOffice. LibreOffice uses none of them.
const (
	exitRequest = 121 // its argument cannot be understood
	exitContain = 122 // a restriction cannot be set
	exitStart   = 123 // LibreOffice cannot be started
)

// order says what the child restricts and which program it becomes.
type order struct {
	Program string   `json:"program"`
	Args    []string `json:"args"`
	Env     []string `json:"env"` // the whole environment

	Filter bool  `json:"filter"` // refuse sockets
	Files  *view `json:"files"`  // nil: all files

	Memory    uint64 `json:"memory"`    // bytes of address space
	Processor uint64 `json:"processor"` // seconds
	Output    uint64 `json:"output"`    // bytes of every file that it writes

	// Probe makes the child print a Containment and exit, instead of becoming a program.
	Probe bool `json:"probe,omitempty"`
}

// view is what a process may see of the files of this machine. Paths that do not exist are left out.
type view struct {
	Run     []string `json:"run"`     // folders: read, and start programs
	Read    []string `json:"read"`    // files and folders
	Write   []string `json:"write"`   // folders
	Sockets []string `json:"sockets"` // folders: make sockets, and nothing else
}

// ChildMain is the main function of the process that becomes LibreOffice: it takes on the restrictions that arg, the
// last argument of the process, describes, and executes the program. It returns only if that fails, with the exit code
// and a line on stderr. The program that contains this package offers it as a hidden command, which [Options.Child]
// names.
func ChildMain(arg string, stdout, stderr io.Writer) int {
	var o order
	if err := json.Unmarshal([]byte(arg), &o); err != nil {
		fmt.Fprintln(stderr, "office child: the order cannot be read:", err)
		return exitRequest
	}
	runtime.LockOSThread() // for ever: the process ends or becomes another program
	if o.Probe {
		if err := json.NewEncoder(stdout).Encode(probe(o)); err != nil {
			return exitRequest
		}
		return 0
	}
	if err := contain(o); err != nil {
		fmt.Fprintln(stderr, "office child: LibreOffice cannot be contained:", err)
		return exitContain
	}
	err := become(o.Program, append([]string{o.Program}, o.Args...), o.Env)
	fmt.Fprintln(stderr, "office child: LibreOffice cannot be started:", err)
	return exitStart
}

// probe tries the restrictions of o.
func probe(o order) Containment {
	var found Containment
	if o.Files != nil {
		found.Files = restrictFiles(*o.Files) == nil
	}
	found.Filter = o.Filter && refuseSockets() == nil
	return found
}

// exists reports whether a path of a view exists.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
