//go:build !amd64

package paint

func (c corners) kernel(out []byte, stride, nx, ny int, p *Sprite, kind uint8) int { return 0 }
