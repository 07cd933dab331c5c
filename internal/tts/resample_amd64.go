package tts

import "golang.org/x/sys/cpu"

// four is the number of outputs that the kernel makes at a time.
const four = 4

// middle does what portable does, faster, for outputs whose filter does not reach beyond the ends of in.
func (r *Resampler) middle(out, in []float32, from, to int) {
	if cpu.X86.HasAVX2 {
		step, rest := r.down/r.up, r.down%r.up
		first, phase := r.place(from)
		for ; to-from >= four; from += four {
			var src, coef [four]*float32
			for k := range four {
				src[k], coef[k] = &in[first:][:r.taps][0], &r.phases[phase][:r.taps][0]
				if first, phase = first+step, phase+rest; phase >= r.up {
					first, phase = first+1, phase-r.up
				}
			}
			dotsAVX2(&out[from:][:four][0], &src, &coef, r.taps)
		}
	}
	r.portable(out, in, from, to)
}

// dotsAVX2 computes dot for four outputs. n is the number of samples of each, a multiple of eight and above 0.
//
//go:noescape
func dotsAVX2(out *float32, src, coef *[four]*float32, n int)
