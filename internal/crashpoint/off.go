//go:build !crashpoints

package crash

// Here is nothing in the program.
func Here(Point) {}
