//go:build unix && !linux

package proc

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Other systems kill no child of a dead parent, and bound no address space from outside.
func groupAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// awaitEnd returns when the child has ended; reap then returns how. Here it is reaped at once.
func awaitEnd(cmd *exec.Cmd) (reap func() error) {
	err := cmd.Wait()
	return func() error { return err }
}

func limitMemory(int, uint64) error { return errors.ErrUnsupported }

// widen leaves pipes as they are: only Linux lets their size be set.
func widen(*os.File) {}

func signalGroup(pgid int, s syscall.Signal) error { return syscall.Kill(-pgid, s) }

// killEscaped has no list of processes to look through here.
func killEscaped(string) {}
