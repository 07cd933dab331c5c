//go:build unix && !linux

package office

import (
	"errors"
	"syscall"
)

// Other systems have neither seccomp nor Landlock, and LibreOffice runs there without a child.
func contain(order) error { return errors.ErrUnsupported }

func restrictFiles(view) error { return errors.ErrUnsupported }

func refuseSockets() error { return errors.ErrUnsupported }

func become(path string, argv, env []string) error { return syscall.Exec(path, argv, env) }
