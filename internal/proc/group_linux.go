package proc

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func groupAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// nobody is the user id that a child of root has in its user namespace. With the id 0 it would keep all capabilities of
// the namespace when it starts the program.
const nobody = 65534

// leaveNetwork gives the child a user namespace, in which its user is the same one, and an empty network namespace.
func leaveNetwork(a *syscall.SysProcAttr) error {
	id := func(host int) []syscall.SysProcIDMap {
		inside := host
		if host == 0 {
			inside = nobody
		}
		return []syscall.SysProcIDMap{{ContainerID: inside, HostID: host, Size: 1}}
	}
	a.Cloneflags |= syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET
	a.UidMappings, a.GidMappings = id(os.Geteuid()), id(os.Getegid())
	return nil
}

// awaitEnd returns when the child has ended, without reaping it. reap reaps it and returns how it ended.
func awaitEnd(cmd *exec.Cmd) (reap func() error) {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			return cmd.Wait
		}
	}
}

func limitMemory(pid int, bytes uint64) error {
	return unix.Prlimit(pid, unix.RLIMIT_AS, &unix.Rlimit{Cur: bytes, Max: bytes}, nil)
}

// widen sets a pipe's capacity to pipeSize bytes. If the system refuses, the capacity does not change.
func widen(pipe *os.File) {
	if raw, err := pipe.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
	}
}

func signalGroup(pgid int, s syscall.Signal) error { return syscall.Kill(-pgid, s) }

// patience is how long KillEscaped waits for the killed processes to be gone.
const patience = 2 * time.Second

func killEscaped(mark string) {
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		pids := marked(mark)
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if len(pids) == 0 || time.Now().After(deadline) {
			return
		}
	}
}

// marked returns the ids of all processes except this one that have mark in their command line. A process that has
// ended has no command line, even before it is reaped.
func marked(mark string) []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		line, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(line, []byte(mark)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}
