// Package proc runs child processes, and is the only place in Lectern that does.
//
// A render is mostly other programs: ffmpeg, Chromium, a speech synthesiser. Their usual faults are around the work
// itself: a cancelled job whose encoder lives on, a helper that keeps a pipe open so that its parent waits for ever, a
// killed server that leaves a browser running, an error message with only the first, useless lines. This package
// prevents each of these once, for all callers:
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
	// TailSize is how many bytes of the end of standard error are kept, at most.
	TailSize = 16 << 10
	// MaxLine is the longest line given to Command.OnStderr, in bytes; longer ones arrive in pieces.
	MaxLine = 8 << 10
)

var (
	// ErrNotFound says that there is no such program, or that it may not be run.
	ErrNotFound = errors.New("program not found")
	// ErrOutputLimit says that a child was stopped because it wrote more than Command.MaxStdout bytes.
	ErrOutputLimit = errors.New("too much output")
)

// Command says what to run and how. Only Path is needed.
type Command struct {
	Path string   // a program's name, looked up in PATH, or its path
	Args []string // without the program's own name
	Env  []string // "KEY=value", added to the small environment that every child gets
	Dir  string   // working directory; empty: ours

	// Stdin feeds the child; nil: nothing to read. When the child stops reading before Stdin ends, a Stdin with the method
	// CloseWithError (an *io.PipeReader) is closed, so that who writes into the pipe is not left waiting. An error from
	// Stdin stops the child and is Wait's error. A Stdin that is an io.WriterTo too writes by itself, and nothing is
	// copied on the way.
	Stdin io.Reader
	// Stdout takes the child's output; nil: thrown away. An error from Stdout stops the child and is Wait's error.
	Stdout io.Writer
	// MaxStdout stops a child that writes more bytes than this to Stdout (ErrOutputLimit); 0: no limit.
	MaxStdout int64
	// OnStderr gets each line of standard error, without its end, in order, from one goroutine. It should be quick: the
	// child waits for it when the pipe is full. A carriage return ends a line too.
	OnStderr func(line string)
	// Files are further open files of the child, from descriptor 3 on. They stay open here; their owner closes them.
	Files []*os.File

	Grace  time.Duration // from TERM to KILL; 0: DefaultGrace
	Linger time.Duration // see DefaultLinger; 0: DefaultLinger
	// Memory bounds the child's address space, in bytes, and that of each of its helpers; 0: no bound. It stands a moment
	// after the start: memory taken in the very first instructions may lie above it, and nothing more is given then.
	Memory uint64
}

// ExitError says that a child ended badly: with an exit code that is not zero, or by a signal.
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

// Run starts the command and waits for it to end. It gives nil after exit status 0, an [*ExitError] after another
// end, an error that wraps [ErrNotFound] where there is nothing to run, and an error that wraps ctx's cause where ctx
// ended the child.
func Run(ctx context.Context, c Command) error {
	p, err := Start(ctx, c)
	if err != nil {
		return err
	}
	return p.Wait()
}

// Output runs the command and gives what it wrote to standard output, at most c.MaxStdout bytes (0: 16 MB) of it.
// c.Stdout must be nil.
func Output(ctx context.Context, c Command) ([]byte, error) {
	var b strings.Builder
	if c.MaxStdout == 0 {
		c.MaxStdout = 16 << 20
	}
	c.Stdout = &b
	err := Run(ctx, c)
	return []byte(b.String()), err
}

// Find returns the path of the first of the named programs that can be run. A name with a slash is taken as a path. The
// error wraps ErrNotFound and names what was looked for.
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

// KillEscaped kills what left its group: every process of this user that has mark in its command line, ours excepted,
// and waits until it is gone, for two seconds at most. The mark must be something that only a child's children can have
// been given, such as the path of a folder made for that child. It does nothing on systems other than Linux.
func KillEscaped(mark string) {
	if mark != "" {
		killEscaped(mark)
	}
}

// environment is the little that a child sees of ours, and what the command adds; later entries win.
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
