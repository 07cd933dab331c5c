package align

import (
	"math"
	"slices"
)

const (
	cepstra = 13          // cosine coefficients of a spectrum, the level included
	dims    = 2 * cepstra // a feature: the coefficients and how they change
	reach   = 3           // frames on each side from which the change is computed
	levels  = 256         // steps of half a decibel, in histograms of levels
	quiet   = -100.0      // dB: the lowest level of a histogram
)

// voice describes the levels of one sound, band by band, in dB.
type voice struct {
	noise [bands]float64 // in pauses
	loud  [bands]float64 // the loudest twentieth of the frames
	mean  [bands]float64 // of the frames with speech
}

// study measures the noise and the speech of a sound of at least one frame.
func study(sound []float32) voice {
	var v voice
	var hist [bands][levels]int
	n := len(sound) / bands
	for i := range n {
		for b, x := range sound[i*bands : (i+1)*bands] {
			hist[b][min(max(int(2*(float64(x)-quiet)), 0), levels-1)]++
		}
	}
	for b := range hist {
		v.loud[b] = quantile(&hist[b], n, loudest)
		v.noise[b] = max(quantile(&hist[b], n, quietest), v.loud[b]-depth)
	}
	return v
}

// quantile returns the level that a share of the n counted frames does not exceed.
func quantile(hist *[levels]int, n int, share float64) float64 {
	need, seen := int(share*float64(n)), 0
	for i, c := range hist {
		if seen += c; seen > need {
			return quiet + (float64(i)+0.5)/2
		}
	}
	return quiet + levels/2
}

// stretch is a run of frames. end is after the last.
type stretch struct{ start, end int }

// pauses finds the stretches without speech that last at least shortest frames, in order. It also returns how active
// each frame is: by how much its bands exceed the noise, in dB.
//
// The first look takes the quietest frames for noise, whose level is then too low. The second look takes the noise of
// the pauses that the first one found, and how much it varies.
func (v *voice) pauses(sound []float32) (still []stretch, activity []float32) {
	activity = v.activity(sound)
	if len(activity) == 0 {
		return nil, nil
	}
	still = runs(activity, v.threshold(activity, 0), shortest/2)
	var sum [bands]float64
	n := 0
	for _, s := range still {
		n += s.end - s.start
		for i := s.start; i < s.end; i++ {
			for b, x := range sound[i*bands : (i+1)*bands] {
				sum[b] += float64(x)
			}
		}
	}
	if n > shortest {
		for b := range sum {
			v.noise[b] = max(sum[b]/float64(n), v.loud[b]-depth)
		}
		activity = v.activity(sound)
	}
	mean, square := 0.0, 0.0
	for _, s := range still {
		for i := s.start; i < s.end; i++ {
			a := float64(smooth(activity, i))
			mean, square = mean+a, square+a*a
		}
	}
	mean /= float64(max(n, 1))
	least := mean + speechSpread*math.Sqrt(max(square/float64(max(n, 1))-mean*mean, 0))
	return runs(activity, v.threshold(activity, least), shortest), activity
}

// activity returns for each frame by how much it exceeds the noise: the mean of the bands.
func (v *voice) activity(sound []float32) []float32 {
	out := make([]float32, len(sound)/bands)
	for i := range out {
		sum := 0.0
		for b, x := range sound[i*bands : (i+1)*bands] {
			sum += min(max(float64(x)-v.noise[b], 0), depth)
		}
		out[i] = float32(sum / bands)
	}
	return out
}

// threshold is the activity from which a frame is speech.
func (v *voice) threshold(activity []float32, least float64) float32 {
	var hist [levels]int
	for _, a := range activity {
		hist[min(int(2*a), levels-1)]++
	}
	top := quantile(&hist, len(activity), loudest) - quiet
	return float32(max(least, speechLeast, speechShare*top))
}

// runs finds the stretches of at least length frames below a threshold. Clicks do not end a stretch.
func runs(activity []float32, threshold float32, length int) []stretch {
	var out []stretch
	start := -1
	for i := 0; i <= len(activity); i++ {
		still := i < len(activity) && smooth(activity, i) < threshold
		switch {
		case still && start < 0:
			start = i
			if last := len(out) - 1; last >= 0 && i-out[last].end <= click {
				start, out = out[last].start, out[:last]
			}
		case !still && start >= 0:
			out = append(out, stretch{start, i})
			start = -1
		}
	}
	return slices.DeleteFunc(out, func(s stretch) bool { return s.end-s.start < length })
}

// smooth is the mean of a frame and its neighbours.
func smooth(x []float32, i int) float32 {
	lo, hi := max(i-2, 0), min(i+3, len(x))
	sum := float32(0)
	for _, v := range x[lo:hi] {
		sum += v
	}
	return sum / float32(hi-lo)
}

// speech averages the levels of the frames outside of pauses.
func (v *voice) speech(sound []float32, still []stretch) {
	n := 0
	eachSpeech(len(sound)/bands, still, func(i int) {
		n++
		for b, x := range sound[i*bands : (i+1)*bands] {
			v.mean[b] += float64(x)
		}
	})
	for b := range v.mean {
		v.mean[b] /= float64(max(n, 1))
	}
}

func eachSpeech(n int, still []stretch, do func(i int)) {
	at := 0
	for _, s := range append(still[:len(still):len(still)], stretch{n, n}) {
		for ; at < s.start; at++ {
			do(at)
		}
		at = s.end
	}
}

// features returns dims values for each frame. floor is the level of noise in each band: what is below it does not
// count, so that a clean sound and a noisy one become comparable. The values have mean 0 and variance 1 over speech.
func features(sound []float32, floor *[bands]float64, still []stretch) []float32 {
	n := len(sound) / bands
	out := make([]float32, n*dims)
	var cosine [cepstra][bands]float64
	for c := range cosine {
		for b := range bands {
			cosine[c][b] = math.Cos(math.Pi * float64(c) * (float64(b) + 0.5) / bands)
		}
	}
	var x [bands]float64
	for i := range n {
		for b, level := range sound[i*bands : (i+1)*bands] {
			// The sum of two powers, in dB.
			d := float64(level) - floor[b]
			x[b] = floor[b] + 10*math.Log10(1+math.Pow(10, min(d, 90)/10))
		}
		for c := range cosine {
			sum := 0.0
			for b, v := range x {
				sum += v * cosine[c][b]
			}
			out[i*dims+c] = float32(sum)
		}
	}
	for i := range n {
		for c := range cepstra {
			sum := float32(0)
			for k := 1; k <= reach; k++ {
				after, before := min(i+k, n-1), max(i-k, 0)
				sum += float32(k) * (out[after*dims+c] - out[before*dims+c])
			}
			out[i*dims+cepstra+c] = sum
		}
	}
	normalise(out, still)
	return out
}

// normalise gives each dimension mean 0 and variance 1 over the frames outside of pauses, times its weight.
func normalise(feature []float32, still []stretch) {
	var sum, square [dims]float64
	count := 0
	n := len(feature) / dims
	eachSpeech(n, still, func(i int) {
		count++
		for d, x := range feature[i*dims : (i+1)*dims] {
			sum[d] += float64(x)
			square[d] += float64(x) * float64(x)
		}
	})
	var shift, scale [dims]float32
	for d := range sum {
		mean := sum[d] / float64(max(count, 1))
		variance := square[d]/float64(max(count, 1)) - mean*mean
		shift[d] = float32(mean)
		if variance > 1e-6 {
			scale[d] = float32(weight(d) / math.Sqrt(variance))
		}
	}
	for i := range n {
		row := feature[i*dims : (i+1)*dims]
		for d := range row {
			row[d] = (row[d] - shift[d]) * scale[d]
		}
	}
}

// weight is how much a dimension counts: high coefficients depend more on the speaker than on the sound.
func weight(d int) float64 {
	w := 1.0
	if d >= cepstra {
		d -= cepstra
		w = changeWeight
	}
	if d == 0 {
		return w * levelWeight
	}
	return w * math.Pow(float64(d), -cepstrumFall)
}
