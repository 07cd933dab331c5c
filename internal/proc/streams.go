package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// pipeSize is the capacity of a child's standard input in bytes, if the system allows it: more than most pictures of an
// avatar, so that the next picture can be made while the child reads this one.
const pipeSize = 1 << 20

// streams holds the parent's ends of a child's standard input, output and error.
type streams struct {
	tail    *tail
	stderr  *os.File
	stdout  *os.File       // nil: the child's output is discarded or goes into a file
	stdin   *os.File       // nil: the child reads nothing, or a file
	theirs  []*os.File     // the child's ends; closed here once the child has them
	readers sync.WaitGroup // readers of standard output and error
	fed     chan struct{}  // closed when the writer of standard input has ended; nil: no writer
}

// connect makes the pipes that the command needs.
func (s *streams) connect(cmd *exec.Cmd, c Command) error {
	s.tail = newTail(c.OnStderr)
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	s.stderr, s.theirs, cmd.Stderr = r, append(s.theirs, w), w

	if f, ok := c.Stdout.(*os.File); ok && c.MaxStdout == 0 {
		cmd.Stdout = f
	} else if c.Stdout != nil {
		if r, w, err = os.Pipe(); err != nil {
			return err
		}
		s.stdout, s.theirs, cmd.Stdout = r, append(s.theirs, w), w
	}

	if f, ok := c.Stdin.(*os.File); ok {
		cmd.Stdin = f
	} else if c.Stdin != nil {
		if r, w, err = os.Pipe(); err != nil {
			return err
		}
		widen(w)
		s.stdin, s.theirs, cmd.Stdin = w, append(s.theirs, r), r
		s.fed = make(chan struct{})
	}
	return nil
}

// pump copies bytes between the pipes and the Command's streams, in goroutines. It calls fail with an error of Stdin or
// Stdout.
func (s *streams) pump(c Command, fail func(error)) {
	s.readers.Go(func() {
		_, _ = io.Copy(s.tail, s.stderr)
		s.tail.flush()
	})
	if s.stdout != nil {
		s.readers.Go(func() { s.take(c, fail) })
	}
	if s.stdin != nil {
		go func() {
			defer close(s.fed)
			s.feed(c, fail)
		}()
	}
}

// take copies standard output to c.Stdout.
func (s *streams) take(c Command, fail func(error)) {
	left := c.MaxStdout
	buf := make([]byte, 64<<10)
	for {
		n, err := s.stdout.Read(buf)
		if left -= int64(n); c.MaxStdout > 0 && left < 0 {
			fail(fmt.Errorf("%w: more than %d bytes", ErrOutputLimit, c.MaxStdout))
			return
		}
		if n > 0 {
			if _, err := c.Stdout.Write(buf[:n]); err != nil {
				fail(err)
				return
			}
		}
		if err != nil {
			return // the end, or the pipe of an ended child was closed
		}
	}
}

// feed copies c.Stdin to standard input and closes that at the end.
func (s *streams) feed(c Command, fail func(error)) {
	defer s.stdin.Close()
	if own, ok := c.Stdin.(io.WriterTo); ok {
		to := &childInput{to: s.stdin}
		switch _, err := own.WriteTo(to); {
		case to.gone:
			s.letGo(c)
		case err != nil && !errors.Is(err, io.ErrClosedPipe):
			fail(err)
		}
		return
	}
	buf := make([]byte, pipeSize/4)
	for {
		n, err := c.Stdin.Read(buf)
		if n > 0 {
			if _, err := s.stdin.Write(buf[:n]); err != nil {
				s.letGo(c) // the child has stopped reading; its exit shows whether that is a fault
				return
			}
		}
		if err == io.EOF || errors.Is(err, io.ErrClosedPipe) {
			return
		}
		if err != nil {
			fail(err)
			return
		}
	}
}

// childInput is a child's standard input.
type childInput struct {
	to   *os.File
	gone bool // the child has stopped reading; its exit shows whether that is a fault
}

func (i *childInput) Write(b []byte) (int, error) {
	n, err := i.to.Write(b)
	if err != nil {
		i.gone = true
	}
	return n, err
}

// letGo notifies the writer of the child's standard input that the child does not read it any more.
func (s *streams) letGo(c Command) {
	if r, ok := c.Stdin.(interface{ CloseWithError(error) error }); ok {
		_ = r.CloseWithError(fmt.Errorf("%s has stopped reading: %w", filepath.Base(c.Path), io.ErrClosedPipe))
	}
}

func (s *streams) closeTheirs() {
	for _, f := range s.theirs {
		f.Close()
	}
	s.theirs = nil
}

func (s *streams) closeOurs() {
	for _, f := range []*os.File{s.stderr, s.stdout, s.stdin} {
		if f != nil {
			f.Close()
		}
	}
}

// tail keeps the last TailSize bytes written to it and passes each line to onLine. Writes come from one goroutine;
// String may be called from any.
type tail struct {
	onLine func(string)
	line   []byte

	mu  sync.Mutex
	buf []byte // at most twice TailSize
	cut bool   // whether anything was dropped
}

func newTail(onLine func(string)) *tail { return &tail{onLine: onLine} }

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	if t.buf = append(t.buf, b...); len(t.buf) > 2*TailSize {
		t.buf, t.cut = append(t.buf[:0], t.buf[len(t.buf)-TailSize:]...), true
	}
	t.mu.Unlock()
	if t.onLine != nil {
		t.split(b)
	}
	return len(b), nil
}

func (t *tail) split(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexAny(b, "\r\n")
		part := b
		if i >= 0 {
			part = b[:i]
		}
		for len(t.line)+len(part) > MaxLine {
			n := MaxLine - len(t.line)
			t.line, part = append(t.line, part[:n]...), part[n:]
			t.flush()
		}
		t.line = append(t.line, part...)
		if i < 0 {
			return
		}
		t.flush()
		b = b[i+1:]
	}
}

// flush reports the collected part of a line, unless it is empty.
func (t *tail) flush() {
	if t.onLine != nil && len(t.line) > 0 {
		t.onLine(strings.ToValidUTF8(string(t.line), "\uFFFD"))
	}
	t.line = t.line[:0]
}

// String returns the last TailSize bytes. If earlier bytes were dropped, it begins with a whole line if there is one.
func (t *tail) String() string {
	t.mu.Lock()
	b, cut := t.buf, t.cut
	if len(b) > TailSize {
		b, cut = b[len(b)-TailSize:], true
	}
	if cut {
		if i := bytes.IndexByte(b, '\n'); i >= 0 && i+1 < len(b) {
			b = b[i+1:]
		}
	}
	s := string(b)
	t.mu.Unlock()
	return strings.ToValidUTF8(s, "\uFFFD")
}

func lastLine(s string) string {
	s = strings.TrimRight(s, "\r\n \t")
	if i := strings.LastIndexAny(s, "\r\n"); i >= 0 {
		s = s[i+1:]
	}
	return strings.TrimSpace(s)
}
