//go:build linux

package proc

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// What a child uses is told, and what it left to a helper that nobody waited for too.
func TestMeasure(t *testing.T) {
	for _, c := range []struct{ name, part string }{{"itself", "burn"}, {"a helper left behind", "orphan"}} {
		t.Run(c.name, func(t *testing.T) {
			u, err := Measure(t.Context(), child(c.part))
			if err != nil {
				t.Fatal(err)
			}
			if u.CPU() < burning*9/10 || u.Wall < burning*9/10/time.Duration(2) {
				t.Errorf("%s burnt at least %v, but %+v is told", c.name, burning, u)
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

func TestMeasureTellsFailures(t *testing.T) {
	if _, err := Measure(t.Context(), child("exit 3")); err == nil {
		t.Error("a failure is not told")
	}
	if _, err := Measure(t.Context(), Command{Path: "/nowhere/at-all"}); err == nil {
		t.Error("what is not there is measured")
	}
}

func TestUsageAdds(t *testing.T) {
	t.Parallel()
	a := Usage{Wall: 2, User: 3, System: 4, Peak: 9}
	if got, want := a.Add(Usage{Wall: 1, User: 1, System: 1, Peak: 7}), (Usage{Wall: 3, User: 4, System: 5, Peak: 9}); got != want {
		t.Errorf("%+v, not %+v", got, want)
	}
}

func TestParseStatus(t *testing.T) {
	t.Parallel()
	line := "42 (a (b) c) S 7 42 42 0 -1 4194560 0 0 0 0 1 2 0 0 20 0 1 0 100 4096 3 0 0"
	s, ok := parseStatus([]byte(line))
	if want := (status{42, 7, 3 * int64(os.Getpagesize())}); !ok || s != want {
		t.Errorf("%+v, %v", s, ok)
	}
	for _, bad := range []string{"", "42", "42 (x", "42 (x) S 7", ") 42 ("} {
		if _, ok := parseStatus([]byte(bad)); ok {
			t.Errorf("%q is taken", bad)
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
