//go:build crashpoints

package crashpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Variable is the environment variable that names the point to die at: "POINT", or "POINT#3" for the third time that
// the process reaches it.
const Variable = "CRASH_AT"

var times atomic.Int64

// Here kills the process if [Variable] names p and this is the requested time.
func Here(p Point) {
	at, count, _ := strings.Cut(os.Getenv(Variable), "#")
	if at != string(p) {
		return
	}
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		n = 1
	}
	if times.Add(1) != n {
		return
	}
	fmt.Fprintln(os.Stderr, "CRASH:", p)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the goroutine goes no further, even if the signal takes a moment
}
