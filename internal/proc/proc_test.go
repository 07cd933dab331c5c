//go:build linux

package proc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"lectern/internal/usage"
)

// part is the environment variable that makes the test binary a child and selects its behaviour.
const part = "PROC_TEST_PART"

func TestMain(m *testing.M) {
	if p := os.Getenv(part); p != "" {
		play(p)
		return
	}
	goleak.VerifyTestMain(m)
}

func play(p string) {
	switch p, arg, _ := strings.Cut(p, " "); p {
	case "exit":
		n, _ := strconv.Atoi(arg)
		fmt.Fprintln(os.Stderr, "first words")
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(n)
	case "burn":
		for n := 0; ; n++ {
			var u syscall.Rusage
			if n%1000 == 0 && syscall.Getrusage(syscall.RUSAGE_SELF, &u) == nil && u.Utime.Nano() > int64(50*time.Millisecond) {
				return
			}
		}
	case "hang":
		fmt.Println(os.Getpid())
		forever()
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println(os.Getpid())
		forever()
	case "polite": // ends with status 0 on TERM
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		fmt.Println(os.Getpid())
		<-c
		fmt.Fprintln(os.Stderr, "goodbye")
	case "suicide":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		forever()
	case "flood":
		w := bufio.NewWriter(os.Stderr)
		for i := range 200_000 {
			fmt.Fprintln(w, "line", i)
		}
		w.Flush()
		os.Exit(1)
	case "pour":
		b := make([]byte, 64<<10)
		for {
			if _, err := os.Stdout.Write(b); err != nil {
				os.Exit(9)
			}
		}
	case "echo":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "env":
		for _, e := range os.Environ() {
			fmt.Println(e)
		}
	case "parent", "holder", "deafholder": // starts a child that holds the pipes, and waits for it or leaves it running
		inner := "hang"
		if p == "deafholder" {
			inner = "deaf"
		}
		self, _ := os.Executable()
		proc, err := os.StartProcess(self, []string{self}, &os.ProcAttr{
			// Only this entry: of two entries with one name the first would win, and each child would start another.
			Env: []string{part + "=" + inner}, Files: []*os.File{nil, os.Stdout, os.Stderr}})
		if err != nil {
			panic(err)
		}
		if p == "parent" {
			_, _ = proc.Wait()
		}
	case "runaway": // starts a child with the mark that leaves the group and keeps only the pipe for its output
		self, _ := os.Executable()
		proc, err := os.StartProcess(self, []string{self, arg}, &os.ProcAttr{
			Env: []string{part + "=deaf"}, Files: []*os.File{nil, os.Stdout, nil},
			Sys: &syscall.SysProcAttr{Setsid: true}})
		if err != nil {
			panic(err)
		}
		_, _ = proc.Wait()
	case "runner": // starts a child through this package from short-lived threads, and waits to be killed
		var out io.Writer = os.Stdout
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				runtime.LockOSThread() // the thread ends with this goroutine
				if _, err := Start(context.Background(),
					child("hang", func(c *Command) { c.Stdout = out })); err != nil {
					fmt.Println(err)
				}
			})
		}
		wg.Wait()
		forever()
	}
}

// forever blocks. An empty select would be reported as a deadlock and end the program.
func forever() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	<-c
}

func child(p string, with ...func(*Command)) Command {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	c := Command{Path: self, Env: []string{part + "=" + p, "GOMAXPROCS=2"}}
	for _, f := range with {
		f(&c)
	}
	return c
}

// printedPids is a Stdout that reads the process ids that children print, one on each line.
type printedPids struct{ lines chan string }

func newPrintedPids() *printedPids { return &printedPids{make(chan string, 64)} }

func (s *printedPids) Write(b []byte) (int, error) {
	for l := range strings.Lines(string(b)) {
		s.lines <- strings.TrimSpace(l)
	}
	return len(b), nil
}

func (s *printedPids) pid(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(<-s.lines)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// watch returns a function that waits until the process has ended.
func watch(t *testing.T, pid int) func() {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("process %d: %v", pid, err)
	}
	return func() {
		defer unix.Close(fd)
		for {
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err == nil {
				return
			} else if !errors.Is(err, unix.EINTR) {
				t.Error(err)
				return
			}
		}
	}
}

func TestRunReportsHowAChildEnded(t *testing.T) {
	t.Parallel()
	if err := Run(t.Context(), child("exit 0")); err != nil {
		t.Errorf("exit 0: %v", err)
	}
	err := Run(t.Context(), child("exit 3"))
	e, ok := errors.AsType[*ExitError](err)
	if !ok || e.ExitCode != 3 || e.Signal != 0 || e.Tail != "first words\nlast words\n" {
		t.Errorf("exit 3: %#v", err)
	}
	if want := "exit status 3: last words"; ok && !strings.HasSuffix(e.Error(), want) {
		t.Errorf("the error is %q, want %q at its end", e, want)
	}
	err = Run(t.Context(), child("suicide"))
	if e, ok := errors.AsType[*ExitError](err); !ok || e.Signal != syscall.SIGKILL || e.ExitCode != -1 {
		t.Errorf("killed: %#v", err)
	}
}

func TestAMissingProgramIsErrNotFound(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"lectern-no-such-program", "/no/such/program", plain, t.TempDir(), ""} {
		if err := Run(t.Context(), Command{Path: path}); !errors.Is(err, ErrNotFound) {
			t.Errorf("Run of %q gives %v, want ErrNotFound", path, err)
		}
		if _, err := Find(path); !errors.Is(err, ErrNotFound) {
			t.Errorf("find %q: %v", path, err)
		}
	}
	if err := Run(t.Context(), child("exit 0", func(c *Command) { c.Dir = "/no/such/folder" })); err == nil ||
		errors.Is(err, ErrNotFound) {
		t.Errorf("working directory that does not exist: %v", err)
	}
	if p, err := Find("lectern-no-such-program", "sh"); err != nil || !filepath.IsAbs(p) {
		t.Errorf("Find of a missing program and sh: %q, %v", p, err)
	}
}

func TestJ10CancelEndsTheWholeGroup(t *testing.T) {
	t.Parallel()
	for _, p := range []string{"hang", "deaf", "parent"} {
		t.Run(p, func(t *testing.T) {
			t.Parallel()
			why := errors.New("the user's wish")
			ctx, cancel := context.WithCancelCause(t.Context())
			out := newPrintedPids()
			pr, err := Start(ctx, child(p, func(c *Command) { c.Stdout, c.Grace = out, 50*time.Millisecond }))
			if err != nil {
				t.Fatal(err)
			}
			gone := watch(t, out.pid(t)) // of the grandchild, if there is one
			cancel(why)
			if err := pr.Wait(); !errors.Is(err, why) {
				t.Errorf("Wait returns %v, want the cause of the cancel", err)
			}
			gone()
			if err := syscall.Kill(pr.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("not reaped: %v", err)
			}
		})
	}
}

func TestTermComesBeforeKill(t *testing.T) {
	t.Parallel()
	out := newPrintedPids()
	p, err := Start(t.Context(), child("polite", func(c *Command) { c.Stdout, c.Grace = out, time.Hour }))
	if err != nil {
		t.Fatal(err)
	}
	out.pid(t)
	p.Stop()
	if p.Tail() != "goodbye\n" {
		t.Errorf("standard error after TERM: %q", p.Tail())
	}
	if err := p.Wait(); !errors.Is(err, errStopped) {
		t.Errorf("after Stop, Wait returns %v", err)
	}
}

func TestGrandchildThatHoldsThePipesIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"holder", "deafholder"} {
		out := newPrintedPids()
		p, err := Start(t.Context(), child(part, func(c *Command) { c.Stdout, c.Linger = out, 300*time.Millisecond }))
		if err != nil {
			t.Fatal(err)
		}
		gone := watch(t, out.pid(t))
		if err := p.Wait(); err != nil {
			t.Errorf("%s: Wait returns %v, want nil", part, err)
		}
		gone()
	}
}

func TestJ10KillEscapedEndsAChildThatLeftTheGroup(t *testing.T) {
	t.Parallel()
	mark := t.TempDir()
	out := newPrintedPids()
	p, err := Start(t.Context(), child("runaway "+mark, func(c *Command) { c.Stdout = out }))
	if err != nil {
		t.Fatal(err)
	}
	pid := out.pid(t)
	gone := watch(t, pid)
	p.Stop()
	if got := marked(mark); !slices.Equal(got, []int{pid}) {
		t.Fatalf("the process that left the group is %d, but marked found %v", pid, got)
	}
	KillEscaped(mark)
	gone()
	if got := marked(mark); len(got) > 0 {
		t.Errorf("still running: %v", got)
	}
}

func TestStartFailsAfterTheEndOfItsContext(t *testing.T) {
	t.Parallel()
	why := errors.New("over")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := Run(ctx, child("exit 0")); !errors.Is(err, why) {
		t.Errorf("Run returns %v, want the cause of the context", err)
	}
}

func TestTailKeepsTheEndAndLinesAllComeInOrder(t *testing.T) {
	t.Parallel()
	n := 0
	err := Run(t.Context(), child("flood", func(c *Command) {
		c.OnStderr = func(l string) {
			if l != "line "+strconv.Itoa(n) {
				t.Errorf("line %d is %q", n, l)
			}
			n++
		}
	}))
	e, ok := errors.AsType[*ExitError](err)
	if !ok || n != 200_000 {
		t.Fatalf("%d lines, %v", n, err)
	}
	if len(e.Tail) > TailSize || len(e.Tail) < TailSize-32 || !strings.HasSuffix(e.Tail, "line 199999\n") ||
		!strings.HasPrefix(e.Tail, "line ") {
		t.Errorf("tail of %d bytes: %.40q … ", len(e.Tail), e.Tail)
	}
}

func TestStreamsCopyBytesAndTheirErrorsEndTheChild(t *testing.T) {
	t.Parallel()
	in := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	out, err := Output(t.Context(), child("echo", func(c *Command) { c.Stdin = bytes.NewReader(in) }))
	if err != nil || !bytes.Equal(in, out) {
		t.Errorf("%d bytes of %d, %v", len(out), len(in), err)
	}
	_, err = Output(t.Context(), child("pour", func(c *Command) { c.MaxStdout = 1 << 20 }))
	if !errors.Is(err, ErrOutputLimit) {
		t.Errorf("pour: %v", err)
	}
	broken := errors.New("broken")
	err = Run(t.Context(), child("pour", func(c *Command) { c.Stdout = failing{broken} }))
	if !errors.Is(err, broken) {
		t.Errorf("failing output: %v", err)
	}
	err = Run(t.Context(), child("echo", func(c *Command) {
		c.Stdin = io.MultiReader(strings.NewReader("x"),
			failing{broken})
	}))
	if !errors.Is(err, broken) {
		t.Errorf("failing input: %v", err)
	}
}

// own is a Stdin that is an io.WriterTo.
type own func(w io.Writer) error

func (own) Read([]byte) (int, error)             { return 0, errors.New("Read was called") }
func (o own) WriteTo(w io.Writer) (int64, error) { return 0, o(w) }

// A Stdin that is an io.WriterTo is not read. Its error stops the child. The child may end before it has read
// everything: that is not an error.
func TestStdinThatIsAWriterToIsNotRead(t *testing.T) {
	t.Parallel()
	out, err := Output(t.Context(), child("echo", func(c *Command) {
		c.Stdin = own(func(w io.Writer) error { _, err := io.WriteString(w, "by itself"); return err })
	}))
	if err != nil || string(out) != "by itself" {
		t.Errorf("the child read %q (%v), want \"by itself\"", out, err)
	}
	broken := errors.New("broken")
	if err := Run(t.Context(), child("echo",
		func(c *Command) { c.Stdin = own(func(io.Writer) error { return broken }) })); !errors.Is(err, broken) {
		t.Errorf("failing input: %v", err)
	}
	for range 2 {
		err := Run(t.Context(), child("exit 0", func(c *Command) {
			c.Stdin = own(func(w io.Writer) error {
				for {
					if _, err := w.Write(make([]byte, 1<<20)); err != nil {
						return err
					}
				}
			})
		}))
		if err != nil {
			t.Errorf("a child that reads nothing: %v", err)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestWriterOfStdinFailsWhenTheChildHasEnded(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	fed := make(chan error)
	go func() {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				fed <- err
				return
			}
		}
	}()
	if err := Run(t.Context(), child("exit 0", func(c *Command) { c.Stdin = r })); err != nil {
		t.Error(err)
	}
	if err := <-fed; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the writer of the pipe gets %v, want %v", err, io.ErrClosedPipe)
	}
}

func TestChildSeesLittleOfOurEnvironment(t *testing.T) {
	t.Setenv("LECTERN_SECRET", "hush")
	t.Setenv("LANG", "")
	out, err := Output(t.Context(), child("env", func(c *Command) { c.Env = append(c.Env, "MORE=1") }))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for l := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(l, "=")
		names = append(names, name)
	}
	for _, n := range names {
		if !slices.Contains([]string{"PATH", "HOME", "LANG", "TMPDIR", "MORE", part, "GOMAXPROCS"}, n) {
			t.Errorf("the child sees %s", n)
		}
	}
	if !slices.Contains(names, "MORE") || !strings.Contains(string(out), "LANG=C.UTF-8\n") {
		t.Errorf("the child's environment lacks MORE or LANG=C.UTF-8:\n%s", out)
	}
}

func TestAChildFailsBeyondItsMemoryLimit(t *testing.T) {
	t.Parallel()
	// The program tail keeps all its input, and gets it only after the bound applies.
	err := Run(t.Context(), Command{
		Path: "tail", Args: []string{"-c", "1000000000"}, Stdin: io.LimitReader(zeros{}, 400<<20), Memory: 128 << 20,
		Stdout: io.Discard,
	})
	if e, ok := errors.AsType[*ExitError](err); !ok || !strings.Contains(e.Tail, "memory") {
		t.Errorf("Run returns %v, want an ExitError about memory", err)
	}
}

func TestChildrenDieWithAKilledParent(t *testing.T) {
	t.Parallel()
	out := newPrintedPids()
	p, err := Start(t.Context(), child("runner", func(c *Command) { c.Stdout = out }))
	if err != nil {
		t.Fatal(err)
	}
	var gone []func()
	for range 4 {
		pid := out.pid(t)
		if pgid, err := unix.Getpgid(pid); err != nil || pgid != pid {
			t.Errorf("%d is in group %d (%v)", pid, pgid, err)
		}
		gone = append(gone, watch(t, pid))
	}
	if err := syscall.Kill(p.Pid(), syscall.SIGKILL); err != nil { // the process alone, not its group
		t.Fatal(err)
	}
	for _, f := range gone {
		f()
	}
	if e, ok := errors.AsType[*ExitError](p.Wait()); !ok || e.Signal != syscall.SIGKILL {
		t.Errorf("the killed parent ended with %v", p.Wait())
	}
}

func TestTailKeepsTheEndAndAllLinesOfAnyWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom([]rune("abc\r\n")), 0, 9000, -1), 0, 40).
			Draw(t, "pieces")
		var lines []string
		tl := newTail(func(l string) { lines = append(lines, l) })
		for _, p := range pieces {
			if n, err := tl.Write([]byte(p)); n != len(p) || err != nil {
				t.Fatalf("Write returns %d, %v, want %d", n, err, len(p))
			}
		}
		tl.flush()
		all := strings.Join(pieces, "")
		if s := tl.String(); len(s) > TailSize || !strings.HasSuffix(all, s) || len(all) <= TailSize && s != all {
			t.Fatalf("tail of %d of %d bytes", len(s), len(all))
		}
		joined := strings.Join(lines, "")
		if joined != strings.NewReplacer("\r", "", "\n", "").Replace(all) {
			t.Fatal("a line got lost")
		}
		for _, l := range lines {
			if l == "" || len(l) > MaxLine {
				t.Fatalf("line of %d bytes", len(l))
			}
		}
	})
}

// The processor time of a child counts for the meter of its context, and for no other.
func TestTheTimeOfAChildIsCounted(t *testing.T) {
	t.Parallel()
	m, other := usage.NewMeter(nil), usage.NewMeter(nil)
	if err := Run(usage.With(t.Context(), m), child("burn")); err != nil {
		t.Fatal(err)
	}
	if used := m.Read().CPU; used < 50*time.Millisecond || other.Read().CPU != 0 {
		t.Errorf("the child's meter has %s, another meter %s", used, other.Read().CPU)
	}
}
