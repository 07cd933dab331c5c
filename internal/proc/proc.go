// Package proc runs child processes. No other package of Lectern does.
//
// A render is mostly other programs: ffmpeg, Chromium, a speech synthesiser. Their usual faults are around the work
// itself: a cancelled job whose encoder lives on, a helper that keeps a pipe open so that its parent waits for ever, a
// killed server that leaves a browser running, an error message with only the first, useless lines. This package
// prevents each of these once, for all callers:
//
//   - Each child leads its own process group, and the whole group is stopped: TERM, then KILL after Grace.
//   - The kernel kills a child whose parent dies, for whatever reason (only on Linux).
//   - A child that has ended is reaped, even if nobody calls Wait. The rest of its group is killed, helpers that still
//     hold its pipes after Linger.
//   - A child sees PATH, HOME, LANG, TMPDIR and what [Command.Env] adds, and no other variable of this process.
//   - The end of standard error is kept for the error message, and a caller can read every line of it.
//
// There is no registry of children: a child belongs to the context it was started with.
package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Bounds and defaults.
const (
	// DefaultGrace is how long a child may take to end after TERM before it is killed.
	DefaultGrace = 300 * time.Millisecond
	// DefaultLinger is how long helpers of a child that has ended may keep its pipes open.
	DefaultLinger = 2 * time.Second
	// TailSize is how many bytes from the end of standard error are kept, at most.
	TailSize = 16 << 10
	// MaxLine is the longest line given to Command.OnStderr, in bytes. Longer lines arrive in pieces.
	MaxLine = 8 << 10
)

var (
	// ErrNotFound reports that a program does not exist or may not be run.
	ErrNotFound = errors.New("program not found")
	// ErrOutputLimit reports that a child was stopped because it wrote more than Command.MaxStdout bytes.
	ErrOutputLimit = errors.New("too much output")
)

// Command describes a child. Only Path is required.
type Command struct {
	Path string   // a program's name, looked up in PATH, or its path
	Args []string // without the program's own name
	Env  []string // "KEY=value", added to the small environment that every child gets
	Dir  string   // working directory; empty: the one of this process

	// Stdin is the child's standard input; nil: empty. When the child stops reading before Stdin ends, a Stdin with the
	// method CloseWithError (an *io.PipeReader) is closed, so that the writer of the pipe does not wait for ever. An
	// error from Stdin stops the child and is Wait's error. A Stdin that is also an io.WriterTo writes directly,
	// without a copy.
	Stdin io.Reader
	// Stdout receives the child's standard output; nil: discarded. An error from Stdout stops the child and is Wait's
	// error.
	Stdout io.Writer
	// MaxStdout stops a child that writes more bytes than this to Stdout (ErrOutputLimit); 0: no limit.
	MaxStdout int64
	// OnStderr gets each line of standard error that is not empty, without its end, in order, from one goroutine. It
	// should be fast: the child waits for it when the pipe is full. A carriage return ends a line too.
	OnStderr func(line string)
	// Files are further open files of the child, from descriptor 3 on. They stay open in this process; the caller
	// closes them.
	Files []*os.File

	Grace  time.Duration // from TERM to KILL; 0: DefaultGrace
	Linger time.Duration // see DefaultLinger; 0: DefaultLinger
	// Memory bounds the address space of the child and of each of its helpers, in bytes; 0: no bound. It applies a
	// moment after the start: a child that already uses more then gets no further memory. Only Linux can do this;
	// elsewhere Start fails if Memory is set.
	Memory uint64
	// NoNetwork starts the child without privileges in a user namespace and a network namespace of its own: it can reach
	// no address, not even on this machine. Start fails if the system does not allow it. Only Linux can do this.
	NoNetwork bool
}

// ExitError reports a child that ended with an exit code other than zero, or by a signal.
type ExitError struct {
	Path     string         // the program
	ExitCode int            // -1 when a signal ended it
	Signal   syscall.Signal // 0 unless a signal ended it
	Tail     string         // the end of standard error, whole lines where possible, valid UTF-8
}

// Error names the program, how it ended and the last line it wrote.
func (e *ExitError) Error() string {
	how := fmt.Sprintf("exit status %d", e.ExitCode)
	if e.Signal != 0 {
		how = fmt.Sprintf("killed by signal %d (%s)", int(e.Signal), e.Signal)
	}
	if last := lastLine(e.Tail); last != "" {
		how += ": " + last
	}
	return filepath.Base(e.Path) + ": " + how
}

// Run starts the command and waits for it to end. It returns nil after exit status 0, an [*ExitError] after another
// end, an error that wraps [ErrNotFound] if the program does not exist, and an error that wraps ctx's cause if ctx
// ended the child.
func Run(ctx context.Context, c Command) error {
	p, err := Start(ctx, c)
	if err != nil {
		return err
	}
	return p.Wait()
}

// Output runs the command and returns its standard output, at most c.MaxStdout bytes (0: 16 MB). c.Stdout must be nil.
func Output(ctx context.Context, c Command) ([]byte, error) {
	var b strings.Builder
	if c.MaxStdout == 0 {
		c.MaxStdout = 16 << 20
	}
	c.Stdout = &b
	err := Run(ctx, c)
	return []byte(b.String()), err
}

// Find returns the path of the first of the named programs that can be run. A name with a slash is a path. The error
// wraps ErrNotFound and lists the names.
func Find(names ...string) (string, error) {
	for _, n := range names {
		if n == "" {
			continue
		}
		if p, err := lookup(n); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s: %w", strings.Join(names, ", "), ErrNotFound)
}

// KillEscaped kills processes that left their group: all of this user's processes with mark in their command line,
// except this one. It waits until they are gone, for at most two seconds. Only descendants of a child may have the
// mark, for example the path of a folder made for that child. On systems other than Linux it does nothing.
func KillEscaped(mark string) {
	if mark != "" {
		killEscaped(mark)
	}
}

// environment returns the few variables that a child inherits, and those that the command adds. Later entries win.
func environment(extra []string) []string {
	env := make([]string, 0, 4+len(extra))
	for _, k := range [...]string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(k); ok {
			env = append(env, k+"="+v)
		}
	}
	lang := os.Getenv("LANG")
	if lang == "" {
		lang = "C.UTF-8"
	}
	env = append(env, "LANG="+lang)
	return append(env, extra...)
}

// lookup returns the absolute path of a program.
func lookup(path string) (string, error) {
	p, err := exec.LookPath(path)
	if err != nil {
		return "", fmt.Errorf("%s: %w (%w)", path, ErrNotFound, err)
	}
	return filepath.Abs(p)
}
