package chrome

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// searchEvery is the number of measurements after which measure looks for new processes.
const searchEvery = 4

// gauge measures a process and its descendants. It is not safe for concurrent use.
type gauge struct {
	root  int
	looks int                   // measurements so far
	pids  map[int]time.Duration // processor time at the last measurement
	ended time.Duration         // processor time of ended processes
}

func newGauge(root int) *gauge { return &gauge{root: root, pids: map[int]time.Duration{}} }

// tick is the unit of times in /proc; the kernel shows them in hundredths of a second on every machine.
const tick = 10 * time.Millisecond

// measure returns the use of the processes.
func (g *gauge) measure() (u usage) {
	if g.looks%searchEvery == 0 {
		for _, pid := range family(g.root) {
			if _, known := g.pids[pid]; !known {
				g.pids[pid] = 0
			}
		}
	}
	g.looks++
	for pid := range g.pids {
		s, ok := readStat(pid)
		if !ok {
			g.ended += g.pids[pid]
			delete(g.pids, pid)
			continue
		}
		g.pids[pid] = s.cpu
		u.cpu += s.cpu
		u.memory += private(pid)
	}
	u.cpu += g.ended
	return u
}

// stat holds values of /proc/PID/stat.
type stat struct {
	parent int
	cpu    time.Duration
	waited time.Duration // processor time of descendants that have ended
}

func readStat(pid int) (stat, bool) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, false
	}
	return parseStat(line)
}

// parseStat reads a line of /proc/PID/stat. It reports false for a zombie and for a line that it cannot read. The name
// of the program, in brackets, may contain any characters, even brackets.
func parseStat(line []byte) (stat, bool) {
	_, rest, ok := bytes.Cut(line[max(0, bytes.LastIndexByte(line, ')')):], []byte(")"))
	f := bytes.Fields(rest)
	const state, parent, user, system, waited = 0, 1, 11, 12, 13 // counted from the state
	if !ok || len(f) <= waited+1 || bytes.Equal(f[state], []byte("Z")) {
		return stat{}, false
	}
	p, err1 := strconv.Atoi(string(f[parent]))
	a, err2 := strconv.ParseInt(string(f[user]), 10, 64)
	b, err3 := strconv.ParseInt(string(f[system]), 10, 64)
	c, err4 := strconv.ParseInt(string(f[waited]), 10, 64)
	d, err5 := strconv.ParseInt(string(f[waited+1]), 10, 64)
	whole := err1 == nil && err2 == nil && err3 == nil && err4 == nil && err5 == nil
	return stat{p, time.Duration(a+b) * tick, time.Duration(c+d) * tick}, whole
}

// spent returns the processor time of a process and its descendants, including those that have ended.
func spent(root int) (sum time.Duration) {
	for _, pid := range family(root) {
		if s, ok := readStat(pid); ok {
			sum += s.cpu + s.waited
		}
	}
	return sum
}

// private returns how much of a process's memory is not backed by files, in bytes: private and shared memory.
func private(pid int) (sum int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if f := bytes.Fields(line); len(f) == 3 && (string(f[0]) == "RssAnon:" || string(f[0]) == "RssShmem:") {
			kb, _ := strconv.ParseInt(string(f[1]), 10, 64)
			sum += kb << 10
		}
	}
	return sum
}

// family returns a process and all its descendants.
func family(root int) []int {
	children := map[int][]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if s, ok := readStat(pid); ok {
			children[s.parent] = append(children[s.parent], pid)
		}
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// killFamily ends a process and its descendants at once.
func killFamily(root int) {
	for _, pid := range family(root) {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
}
