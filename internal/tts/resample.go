package tts

import "math"

// Resampler changes the rate of audio by a rational factor: a windowed-sinc low-pass in polyphase form. Its passband is
// flat within 0.1 dB up to 0.88 of the lower Nyquist frequency; images and aliases lie 75 dB down from 1.0 of it on.
// It holds no state between calls and is safe for concurrent use.
type Resampler struct {
	from, to int
	up, down int         // to/from in lowest terms
	phases   [][]float32 // up filters of taps coefficients
	taps     int         // even; the filter reaches taps/2 input samples to both sides
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
	half := int(math.Ceil(resampleHalf / cutoff))
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

// Len is how many samples come out for n samples.
func (r *Resampler) Len(n int) int { return int(r.Map(int64(n))) }

// Map moves a position in the input to the output, rounded to the nearest sample. It never goes back: a ≤ b gives
// Map(a) ≤ Map(b).
func (r *Resampler) Map(at int64) int64 {
	return (at*int64(r.up)*2 + int64(r.down)) / (int64(r.down) * 2)
}

// Resample converts in; the output has Len(len(in)) samples and begins at the same instant. Beyond its ends the input
// is taken as silent.
func (r *Resampler) Resample(in []float32) []float32 {
	if r.up == r.down {
		return append([]float32(nil), in...)
	}
	out := make([]float32, r.Len(len(in)))
	half := r.taps / 2
	for i := range out {
		pos := int64(i) * int64(r.down)
		first := int(pos/int64(r.up)) - half + 1
		f := r.phases[pos%int64(r.up)]
		lo, hi := 0, r.taps
		if first < 0 {
			lo = -first
		}
		if first+hi > len(in) {
			hi = len(in) - first
		}
		if lo >= hi {
			continue
		}
		src, coef := in[first+lo:first+hi], f[lo:hi]
		src = src[:len(coef)]
		var a, b, c, d float32
		for len(coef) >= 4 && len(src) >= 4 {
			a += src[0] * coef[0]
			b += src[1] * coef[1]
			c += src[2] * coef[2]
			d += src[3] * coef[3]
			src, coef = src[4:], coef[4:]
		}
		for k := range coef {
			a += src[k] * coef[k]
		}
		out[i] = a + b + (c + d)
	}
	return out
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
