package tts

import "math"

// Resampler changes the rate of audio by a rational factor: a windowed-sinc low-pass in polyphase form. Its passband is
// flat within 0.1 dB up to 0.88 of the lower Nyquist frequency. From the lower Nyquist frequency on it attenuates by at
// least 75 dB, so images and aliases are inaudible. A Resampler holds no state between calls and is safe for concurrent
// use.
type Resampler struct {
	from, to int
	up, down int         // to/from in lowest terms
	phases   [][]float32 // up filters of taps coefficients
	taps     int         // a multiple of eight; the filter reaches taps/2 input samples to both sides
}

const (
	resampleHalf = 48   // input samples to each side, at the input's rate where it is the lower one
	resampleBeta = 7.86 // of the Kaiser window: 80 dB
)

// NewResampler makes a resampler between two rates in hertz, both positive.
func NewResampler(from, to int) *Resampler {
	g := gcd(from, to)
	r := &Resampler{from: from, to: to, up: to / g, down: from / g}
	if r.up == r.down {
		return r
	}
	cutoff := 1.0 // of the input's Nyquist frequency
	if to < from {
		cutoff = float64(to) / float64(from)
	}
	half := (int(math.Ceil(resampleHalf/cutoff)) + 3) &^ 3
	cutoff *= 0.945 // the middle of the transition band
	r.taps = 2 * half
	r.phases = make([][]float32, r.up)
	norm := 1 / bessel(resampleBeta)
	for p := range r.phases {
		f := make([]float32, r.taps)
		frac := float64(p) / float64(r.up)
		var sum float64
		coef := make([]float64, r.taps)
		for k := range f {
			x := float64(k-half+1) - frac // distance of the input sample from the output's place
			w := x / float64(half)
			if w < -1 || w > 1 {
				continue
			}
			coef[k] = cutoff * sinc(cutoff*x) * bessel(resampleBeta*math.Sqrt(1-w*w)) * norm
			sum += coef[k]
		}
		for k, c := range coef { // every phase passes a constant unchanged
			f[k] = float32(c / sum)
		}
		r.phases[p] = f
	}
	return r
}

// Len is the number of output samples for n input samples.
func (r *Resampler) Len(n int) int { return int(r.Map(int64(n))) }

// Map moves a position in the input to the output, rounded to the nearest sample. It is monotonic: a ≤ b implies Map(a)
// ≤ Map(b).
func (r *Resampler) Map(at int64) int64 {
	return (at*int64(r.up)*2 + int64(r.down)) / (int64(r.down) * 2)
}

// Resample converts in. The output has Len(len(in)) samples and begins at the same instant. Beyond its ends the input
// is taken as silent.
func (r *Resampler) Resample(in []float32) []float32 {
	if r.up == r.down {
		return append([]float32(nil), in...)
	}
	out := make([]float32, r.Len(len(in)))
	half := r.taps / 2
	from := min(r.outputAt(half-1), len(out))
	to := max(from, min(r.outputAt(len(in)-half), len(out)))
	r.portable(out, in, 0, from)
	r.middle(out, in, from, to)
	r.portable(out, in, to, len(out))
	return out
}

// outputAt is the first output sample at or after input sample x, and at least 0.
func (r *Resampler) outputAt(x int) int {
	return int((int64(max(x, 0))*int64(r.up) + int64(r.down) - 1) / int64(r.down))
}

// place returns the first input sample that output i reads, and the index of its phase.
func (r *Resampler) place(i int) (first, phase int) {
	at := int64(i) * int64(r.down)
	return int(at/int64(r.up)) - r.taps/2 + 1, int(at % int64(r.up))
}

// portable makes the outputs from … to-1, which may reach beyond the ends of in.
func (r *Resampler) portable(out, in []float32, from, to int) {
	for i := from; i < to; i++ {
		first, phase := r.place(i)
		lo, hi := max(0, -first), min(r.taps, len(in)-first)
		if lo < hi {
			out[i] = dot(in[first+lo:first+hi], r.phases[phase][lo:hi])
		}
	}
}

// dot sums the products of two slices of one length. It keeps eight running sums, each product rounded before it is
// added (the conversions forbid fused operations), and then adds those by pairs: exactly like the AVX2 kernel, so
// that the sound has the same bits with and without the kernel.
func dot(src, coef []float32) float32 {
	var a, b, c, d, e, f, g, h float32
	for len(src) >= 8 && len(coef) >= 8 {
		x, y := (*[8]float32)(src), (*[8]float32)(coef)
		a += float32(x[0] * y[0])
		b += float32(x[1] * y[1])
		c += float32(x[2] * y[2])
		d += float32(x[3] * y[3])
		e += float32(x[4] * y[4])
		f += float32(x[5] * y[5])
		g += float32(x[6] * y[6])
		h += float32(x[7] * y[7])
		src, coef = src[8:], coef[8:]
	}
	for i, x := range src {
		a += float32(x * coef[i])
	}
	return ((a + b) + (c + d)) + ((e + f) + (g + h))
}

func sinc(x float64) float64 {
	if math.Abs(x) < 1e-12 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x * x / (4 * k * k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
