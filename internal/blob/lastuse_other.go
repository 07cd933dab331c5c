//go:build !linux

package blob

import (
	"io/fs"
	"time"
)

// lastUse is the modification time, because these systems have no common field for the access time. So a process that
// opens a cache does not know the uses before, and evicts first the files that were made first.
func lastUse(info fs.FileInfo) time.Time { return info.ModTime() }
