//go:build unix

package pdf

import "golang.org/x/sys/unix"

// mapped returns size bytes that are zero, and a function that releases them. If the system has no room for them, it
// returns nil.
func mapped(size int) ([]byte, func()) {
	bytes, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, func() {}
	}
	return bytes, func() { _ = unix.Munmap(bytes) }
}
