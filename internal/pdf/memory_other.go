//go:build !unix

package pdf

// mapped returns size bytes that are zero, and a function that releases them.
func mapped(size int) ([]byte, func()) { return make([]byte, size), func() {} }
