//go:build !amd64

package paint

// wide does nothing: there is a kernel for amd64 only.
func (t *tools) wide(v []float32, w, h int, r float64, pad int) bool { return false }
