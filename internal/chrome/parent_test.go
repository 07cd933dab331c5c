//go:build linux

package chrome

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"lectern/internal/proc"
)

func profiles(dir string) []string {
	found, _ := filepath.Glob(filepath.Join(dir, profilePrefix+"*"))
	return found
}

// using returns the processes with dir in their arguments, or with a working directory below it: not all processes of a
// browser get its profile as an argument, but all start in it.
func using(dir string) []int {
	var pids []int
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range all {
		b, _ := os.ReadFile(f)
		where, _ := os.Readlink(filepath.Join(filepath.Dir(f), "cwd"))
		named := bytes.Contains(b, []byte(dir)) || strings.HasPrefix(where, dir+"/")
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil && pid != os.Getpid() && named {
			pids = append(pids, pid)
		}
	}
	return pids
}

// beParent starts a browser, reports it, and waits to be killed.
func beParent(dir string) {
	b := New(Options{Dir: dir})
	if err := b.Warm(context.Background()); err != nil {
		fmt.Println("failed:", err)
		return
	}
	fmt.Println("warm")
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestBrowserDiesWithItsParent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	said, says := io.Pipe()
	never, hold := io.Pipe()
	defer hold.Close()
	p, err := proc.Start(t.Context(), proc.Command{Path: exe, Env: []string{"CHROME_TEST_PARENT=" + dir}, Stdin: never,
		Stdout: says})
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if strings.TrimSpace(line) != "warm" {
		t.Fatalf("%q %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, said) }()
	defer said.Close()

	pids := using(dir)
	if len(pids) < 3 {
		t.Fatalf("only %d processes: %v", len(pids), pids)
	}
	var fds []unix.PollFd
	for _, pid := range pids {
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue // gone already
		}
		defer unix.Close(fd)
		fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	// Only the parent, not its group: the other processes must end because it died.
	if err := syscall.Kill(p.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for i := range fds { // a descriptor becomes readable when its process ends
		for {
			_, err := unix.Poll(fds[i:i+1], -1)
			if err == nil {
				break
			} else if err != unix.EINTR {
				t.Fatal(err)
			}
		}
	}
	_ = p.Wait()
	if left := profiles(dir); len(left) != 1 {
		t.Fatalf("profiles: %v", left)
	}
	sweep(dir)
	if left := profiles(dir); len(left) != 0 {
		t.Errorf("sweep left %v", left)
	}
}
