package main

import (
	"testing"
	"testing/fstest"
)

// H2: the limit of the control group is found in both versions, in containers, and in the groups around it.
func TestH2GroupMemory(t *testing.T) {
	t.Parallel()
	const gib = 1 << 30
	for name, c := range map[string]struct {
		files map[string]string
		want  int64 // 0: none
	}{
		"version 2, its own group": {map[string]string{"proc/self/cgroup": "0::/system.slice/lectern.service\n",
			"sys/fs/cgroup/system.slice/lectern.service/memory.max": "2147483648\n"}, 2 * gib},
		"version 2, a group around it": {map[string]string{"proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "1073741824\n"}, gib},
		"version 2, the least counts": {map[string]string{"proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "3221225472\n", "sys/fs/cgroup/a/memory.max": "1073741824\n"}, gib},
		"version 2, in a container": {map[string]string{"proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "1073741824\n"}, gib},
		"version 2, no limit": {map[string]string{"proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "max\n"}, 0},
		"version 1": {map[string]string{"proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n",
			"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "1073741824\n"}, gib},
		"version 1, in a container": {map[string]string{"proc/self/cgroup": "4:memory:/docker/abc\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n"}, gib},
		"version 1, no limit": {map[string]string{"proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0},
		"a path that leads out of the tree": {map[string]string{"proc/self/cgroup": "0::/../../x\n",
			"sys/fs/cgroup/memory.max": "1073741824\n"}, gib},
		"no control groups": {map[string]string{}, 0},
		"nonsense": {map[string]string{"proc/self/cgroup": "hello\n::\n0::\n",
			"sys/fs/cgroup/memory.max": "-1\n"}, 0},
	} {
		root := fstest.MapFS{}
		for path, text := range c.files {
			root[path] = &fstest.MapFile{Data: []byte(text)}
		}
		if got, ok := groupMemory(root); got != c.want || ok != (c.want > 0) {
			t.Errorf("%s: the limit is %d (found: %v), want %d", name, got, ok, c.want)
		}
	}
}
