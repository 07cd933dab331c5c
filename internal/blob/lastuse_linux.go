package blob

import (
	"io/fs"
	"syscall"
	"time"
)

// lastUse is the access time, which Get sets, or the modification time if that is later.
func lastUse(info fs.FileInfo) time.Time {
	used := info.ModTime()
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		if a := time.Unix(st.Atim.Unix()); a.After(used) {
			used = a
		}
	}
	return used
}
