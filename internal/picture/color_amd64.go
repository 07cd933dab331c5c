package picture

import "golang.org/x/sys/cpu"

// step is the number of pixels of each row that the kernel converts at a time.
const step = 16

// lumas and chromas are threshold in the form that the kernel adds: with the black level, shifted like its sums, and
// each row twice, so that eight values can be read from any place in a row.
var (
	lumas   = doubled(func(t int32) int32 { return t + 16<<16 })
	chromas = doubled(func(t int32) int32 { return t<<2 + 128<<18 })
)

func doubled(f func(int32) int32) (t [8][16]int32) {
	for y := range t {
		for x := range t[y] {
			t[y][x] = f(threshold[y][x&7])
		}
	}
	return t
}

func (s *strip) convert() uint32 {
	if n := len(s.y0); cpu.X86.HasAVX2 && n >= step {
		common := s.kernel(0, n&^(step-1))
		if n%step > 0 { // the last pixels; some are converted twice
			common &= s.kernel(n-step, step)
		}
		return common
	}
	return s.portable()
}

// kernel converts n pixels, beginning at from. n is a multiple of step and above 0.
func (s *strip) kernel(from, n int) uint32 {
	to, x := from+n, s.atX+from
	top, bottom, y0, y1 := s.top[4*from:4*to], s.bottom[4*from:4*to], s.y0[from:to], s.y1[from:to]
	u, v := s.u[from/2:to/2], s.v[from/2:to/2]
	return convertAVX2(&y0[0], &y1[0], &u[0], &v[0], &top[0], &bottom[0],
		&lumas[s.atY&7][x&7], &lumas[(s.atY+1)&7][x&7], &chromas[s.atY>>1&7][x>>1&7], n)
}

// convertAVX2 is strip.portable for n pixels. t0 and t1 point to eight values of lumas, tc to eight of chromas.
//
//go:noescape
func convertAVX2(y0, y1, u, v, top, bottom *byte, t0, t1, tc *int32, n int) (common uint32)
