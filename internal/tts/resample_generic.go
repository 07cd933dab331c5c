//go:build !amd64

package tts

func (r *Resampler) middle(out, in []float32, from, to int) { r.portable(out, in, from, to) }
