package tts

import (
	"math"

	"lectern"
)

// The loudness of a narration.
const (
	targetRMS = 0.1   // −20 dBFS, over the stretches where somebody speaks
	ceiling   = 0.891 // −1 dBFS: no sample goes beyond
	knee      = 0.6   // from here on peaks are bent towards the ceiling
	gateRMS   = 0.003 // a frame below about −50 dBFS is not speech
)

// speechRMS is the root mean square over the frames in which somebody speaks: those above the gate that are
// at most 20 dB below the mean of all frames above it. It is 0 for silence. full is the value of full scale, a power of
// two.
func speechRMS[S int16 | float32](samples []S, full float64, rate int) float64 {
	n, scale := len(samples), 1/full
	frame := 2 * max(1, rate/100) // 20 ms
	var energies []float64
	var sum float64
	for i := 0; i+frame <= n || (i == 0 && n > 0); i += frame {
		var e float64
		end := min(i+frame, n)
		for _, s := range samples[i:end] {
			v := float64(s) * scale
			e += v * v
		}
		e /= float64(end - i)
		if e > gateRMS*gateRMS {
			energies = append(energies, e)
			sum += e
		}
	}
	if len(energies) == 0 {
		return 0
	}
	floor := sum / float64(len(energies)) / 100
	var kept float64
	count := 0
	for _, e := range energies {
		if e >= floor {
			kept += e
			count++
		}
	}
	return math.Sqrt(kept / float64(count))
}

// soften bends x beyond the knee so that it stays under the ceiling; up to there it is the identity, and it is smooth.
func soften(x float64) float64 {
	a := math.Abs(x)
	if a <= knee {
		return x
	}
	room := ceiling - knee
	return math.Copysign(knee+room*math.Tanh((a-knee)/room), x)
}

// SpeechLevel is the level of the speech in samples in dBFS, without the silences; −Inf for silence. rate is in hertz.
func SpeechLevel(samples []int16, rate int) float64 {
	return 20 * math.Log10(speechRMS(samples, 1<<15, rate))
}

// Loud returns the stretches of samples that are above level (full scale is 1). It joins stretches over gaps shorter
// than hold and drops those shorter than keep, both in samples. The positions are exact to 2 ms.
func Loud(samples []float32, rate int, level float64, hold, keep int) []lectern.Span {
	frame := max(1, rate/500)
	var out []lectern.Span
	for i := 0; i < len(samples); i += frame {
		end := min(i+frame, len(samples))
		var e float64
		for _, v := range samples[i:end] {
			e += float64(v) * float64(v)
		}
		if e/float64(end-i) < level*level {
			continue
		}
		if n := len(out); n > 0 && int64(i)-out[n-1].End < int64(hold) {
			out[n-1].End = int64(end)
		} else {
			out = append(out, lectern.Span{Start: int64(i), End: int64(end)})
		}
	}
	kept := out[:0]
	for _, s := range out {
		if s.End-s.Start >= int64(keep) {
			kept = append(kept, s)
		}
	}
	return kept
}

// peak is the largest magnitude in samples.
func peak(samples []float32) float64 {
	var p float32
	for _, v := range samples {
		p = max(p, v, -v)
	}
	return float64(p)
}

// fade ramps both ends of samples over n samples, so that no joint clicks.
func fade(samples []float32, n int) {
	n = min(n, len(samples)/2)
	for i := range n {
		g := float32(0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/float64(n)))
		samples[i] *= g
		samples[len(samples)-1-i] *= g
	}
}

// highpass removes what is lower than speech (direct current, rumble) with a Butterworth filter of second order at 55
// Hz. It changes samples in place.
func highpass(samples []float32, rate int) {
	w := 2 * math.Pi * 55 / float64(rate)
	alpha := math.Sin(w) / math.Sqrt2
	a0 := 1 + alpha
	b0, b1 := (1+math.Cos(w))/2/a0, -(1+math.Cos(w))/a0
	a1, a2 := -2*math.Cos(w)/a0, (1-alpha)/a0
	var x1, x2, y1, y2 float64
	for i, v := range samples {
		x := float64(v)
		y := b0*x + b1*x1 + b0*x2 - a1*y1 - a2*y2
		x1, x2, y1, y2 = x, x1, y, y1
		samples[i] = float32(y)
	}
}
