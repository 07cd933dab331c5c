//go:build linux

package measure

import (
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lectern/internal/proc"
)

// part is the environment variable that selects what this program does as a child of its tests.
const part = "LECTERN_TEST_PART"

func TestMain(m *testing.M) {
	if p := os.Getenv(part); p != "" {
		play(p)
		return
	}
	goleak.VerifyTestMain(m)
}

func play(p string) {
	switch p {
	case "fail":
		os.Exit(3)
	case "burn":
		burn()
	case "orphan": // starts a child that calls burn, does not wait for it, and ends when that child closes the pipe
		self, _ := os.Executable()
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		_, err = os.StartProcess(self, []string{self}, &os.ProcAttr{
			Env: []string{part + "=burn"}, Files: []*os.File{nil, w, nil}, Sys: &syscall.SysProcAttr{Setsid: true}})
		if err != nil {
			panic(err)
		}
		_ = w.Close()
		_, _ = io.Copy(io.Discard, r)
	}
}

func child(p string) proc.Command {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return proc.Command{Path: self, Env: []string{part + "=" + p, "GOMAXPROCS=2"}}
}

// Run counts the child, and a helper that its parent did not wait for.
func TestRunCountsTheWholeTree(t *testing.T) {
	for _, c := range []struct{ name, part string }{{"itself", "burn"}, {"an orphan", "orphan"}} {
		t.Run(c.name, func(t *testing.T) {
			u, err := Run(t.Context(), child(c.part))
			if err != nil {
				t.Fatal(err)
			}
			if u.CPU() < burning*9/10 || u.Wall < burning*9/10/time.Duration(2) {
				t.Errorf("%s burnt at least %v, but the usage is %+v", c.name, burning, u)
			}
			if u.Peak < burntMemory {
				t.Errorf("%d bytes were written to, but the peak is %d", burntMemory, u.Peak)
			}
		})
	}
	for _, s := range statuses() {
		if s.parent == os.Getpid() {
			t.Errorf("process %d is left", s.pid)
		}
	}
}

func TestRunReturnsFailures(t *testing.T) {
	if _, err := Run(t.Context(), child("fail")); err == nil {
		t.Error("the failure of the child is lost")
	}
	if _, err := Run(t.Context(), proc.Command{Path: "/nowhere/at-all"}); err == nil {
		t.Error("a missing program is measured")
	}
}

func TestUsagesAddUp(t *testing.T) {
	t.Parallel()
	a := Usage{Wall: 2, User: 3, System: 4, Peak: 9}
	if got, want := a.Add(Usage{Wall: 1, User: 1, System: 1, Peak: 7}),
		(Usage{Wall: 3, User: 4, System: 5, Peak: 9}); got != want {
		t.Errorf("%+v, not %+v", got, want)
	}
}

func TestParseStatusReadsAnyProgramName(t *testing.T) {
	t.Parallel()
	line := "42 (a (b) c) S 7 42 42 0 -1 4194560 0 0 0 0 1 2 0 0 20 0 1 0 100 4096 3 0 0"
	s, ok := parseStatus([]byte(line))
	if want := (status{42, 7, 3 * int64(os.Getpagesize())}); !ok || s != want {
		t.Errorf("%+v, %v", s, ok)
	}
	for _, bad := range []string{"", "42", "42 (x", "42 (x) S 7", ") 42 ("} {
		if _, ok := parseStatus([]byte(bad)); ok {
			t.Errorf("%q is accepted", bad)
		}
	}
}

const (
	burning     = 300 * time.Millisecond
	burntMemory = 64 << 20
)

// burn uses processor time and memory.
func burn() {
	memory := make([]byte, burntMemory)
	for used := time.Duration(0); used < burning; {
		for i := 0; i < len(memory); i += 512 {
			memory[i]++
		}
		var ru syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &ru) != nil {
			return
		}
		used = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	}
}
