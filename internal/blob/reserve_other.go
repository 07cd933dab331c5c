//go:build unix && !linux

package blob

import "os"

// reserve does nothing: there is no portable way to reserve space.
func reserve(*os.File, int64) error { return nil }
