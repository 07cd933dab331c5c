//go:build !amd64

package paint

func (t *tools) wide(v []float32, w, h int, r float64, pad int) bool { return false }
