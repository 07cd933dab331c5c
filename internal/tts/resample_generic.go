//go:build !amd64

package tts

// middle is portable: there is a kernel for amd64 only.
func (r *Resampler) middle(out, in []float32, from, to int) { r.portable(out, in, from, to) }
