//go:build !linux

package blob

import (
	"io/fs"
	"time"
)

// lastUse is the modification time: on these systems each process starts with a new order of eviction.
func lastUse(info fs.FileInfo) time.Time { return info.ModTime() }
