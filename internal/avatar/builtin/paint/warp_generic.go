//go:build !amd64

package paint

// kernel draws nothing: there is a kernel for amd64 only.
func (c corners) kernel(out []byte, stride, nx, ny int, p *Sprite, kind uint8) int { return 0 }
