//go:build !crashpoints

package crashpoint

// Here is nothing in the program.
func Here(Point) {}
