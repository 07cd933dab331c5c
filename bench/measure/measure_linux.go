package measure

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// adoption makes this process the parent of every orphan below it, until release.
type adoption struct {
	others map[int]bool // the children that this process had before
}

func adopt() (*adoption, error) {
	a := &adoption{others: map[int]bool{}}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("adopt orphans: %w", err)
	}
	for _, s := range statuses() {
		if s.parent == os.Getpid() {
			a.others[s.pid] = true
		}
	}
	return a, nil
}

const (
	orphansLate = time.Second     // orphans that live longer are killed
	patience    = 2 * time.Second // how long release waits for those that it killed
)

// release waits for the orphans, returns their processor time, and ends the adoption.
func (a *adoption) release() (user, system time.Duration) {
	for deadline := time.Now().Add(orphansLate); ; time.Sleep(5 * time.Millisecond) {
		found := false // an orphan that ends may leave orphans of its own, so look until there are none
		for _, s := range statuses() {
			if s.parent != os.Getpid() || a.others[s.pid] {
				continue
			}
			found = true
			if time.Now().After(deadline) {
				_ = syscall.Kill(s.pid, syscall.SIGKILL)
			}
			var ru unix.Rusage
			if pid, err := unix.Wait4(s.pid, nil, unix.WNOHANG, &ru); err == nil && pid == s.pid {
				user += time.Duration(ru.Utime.Nano())
				system += time.Duration(ru.Stime.Nano())
			}
		}
		if !found || time.Now().After(deadline.Add(patience)) {
			_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
			return user, system
		}
	}
}

// status is a line of /proc/PID/stat.
type status struct {
	pid, parent int
	resident    int64 // bytes
}

// statuses lists all visible processes.
func statuses() []status {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	list := make([]status, 0, len(files))
	for _, f := range files {
		if line, err := os.ReadFile(f); err == nil {
			if s, ok := parseStatus(line); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

// parseStatus reads the three fields of a status. The program's name, in brackets, may contain any characters.
func parseStatus(line []byte) (status, bool) {
	open, closed := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 1 || closed < open {
		return status{}, false
	}
	rest := bytes.Fields(line[closed+1:])
	const parentField, residentField = 1, 21 // counted from the state, the first after the name
	if len(rest) <= residentField {
		return status{}, false
	}
	pid, err1 := strconv.Atoi(string(bytes.TrimSpace(line[:open])))
	parent, err2 := strconv.Atoi(string(rest[parentField]))
	pages, err3 := strconv.ParseInt(string(rest[residentField]), 10, 64)
	return status{pid, parent, pages * int64(os.Getpagesize())}, err1 == nil && err2 == nil && err3 == nil
}

// resident returns the memory of a process and its descendants, in bytes.
func resident(pid int) int64 {
	children := map[int][]status{}
	var sum int64
	for _, s := range statuses() {
		children[s.parent] = append(children[s.parent], s)
		if s.pid == pid {
			sum += s.resident
		}
	}
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		for _, s := range children[next[0]] {
			sum += s.resident
			next = append(next, s.pid)
		}
	}
	return sum
}
