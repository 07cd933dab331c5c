package main

import (
	"io/fs"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// boundMemory makes the garbage collector keep the process below half of what its control group may use, unless
// GOMEMLIMIT says something else. The other half is for the children, which are in the same group: the browser and the
// encoders.
func boundMemory(root fs.FS) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit, ok := groupMemory(root); ok {
		debug.SetMemoryLimit(limit / 2)
	}
}

// groupMemory returns the memory that this process's control group may use, in bytes: the least of what the group and
// the groups around it allow, in version 2 or version 1. root is the root of the file system. A container may see its
// own group as the root of the tree, whatever name /proc gives it.
func groupMemory(root fs.FS) (limit int64, ok bool) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		if len(fields) != 3 {
			continue
		}
		tree, file := "sys/fs/cgroup", "memory.max"
		if fields[1] != "" {
			if !strings.Contains(","+fields[1]+",", ",memory,") {
				continue
			}
			tree, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		for group := path.Join(tree, path.Clean("/"+fields[2])); ; group = path.Dir(group) {
			if n, found := readLimit(root, path.Join(group, file)); found && (!ok || n < limit) {
				limit, ok = n, true
			}
			if len(group) <= len(tree) {
				break
			}
		}
	}
	return limit, ok
}

// unlimited is the number from which a limit means none: instead of "max", version 1 has a number near the largest
// int64, rounded to pages.
const unlimited = 1 << 60

func readLimit(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64) // "max" is not a number
	return n, err == nil && n > 0 && n < unlimited
}
