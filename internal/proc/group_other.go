//go:build unix && !linux

package proc

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Other systems do not kill the children of a dead parent, and cannot bound a child's address space from outside.
func groupAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func leaveNetwork(*syscall.SysProcAttr) error { return errors.ErrUnsupported }

// awaitEnd returns when the child has ended and is reaped. reap returns how it ended.
func awaitEnd(cmd *exec.Cmd) (reap func() error) {
	err := cmd.Wait()
	return func() error { return err }
}

func limitMemory(int, uint64) error { return errors.ErrUnsupported }

// widen does nothing: only Linux lets a program set the size of a pipe.
func widen(*os.File) {}

func signalGroup(pgid int, s syscall.Signal) error { return syscall.Kill(-pgid, s) }

// killEscaped does nothing: there is no portable list of processes.
func killEscaped(string) {}
