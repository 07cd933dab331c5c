package audio

import "math"

// Loudness by ITU-R BS.1770-4 and EBU R 128, for one channel at 48 kHz.
//
// A narration is measured once, when it is made, and the power of each of its 400 ms blocks is stored. The gated
// loudness of a whole deck follows from the blocks of its narrations, without reading the samples again.

// Target is the loudness of a video in LUFS, and Ceiling its highest true peak in dBTP. Players and platforms expect
// these values for speech.
const (
	Target  = -16.0
	Ceiling = -1.5
	// MaxGain bounds the gain of a quiet voice, in dB, so that near silence does not become noise.
	MaxGain = 24.0
)

const (
	blockStep = 4800 // samples from one block to the next: 100 ms
	blockLen  = 4    // steps in a block
)

// biquad is a second-order filter in transposed direct form.
type biquad struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *biquad) next(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// Blocks returns the power of each block of samples after the K weighting. Audio shorter than a block is padded with
// silence.
func Blocks(samples []int16) []float64 {
	return blocksOf(len(samples), func(i int) float64 { return float64(samples[i]) / 32768 })
}

func blocksOf(n int, sample func(int) float64) []float64 {
	shelf := biquad{b0: 1.53512485958697, b1: -2.69169618940638, b2: 1.19839281085285, a1: -1.69065929318241,
		a2: 0.73248077421585}
	high := biquad{b0: 1, b1: -2, b2: 1, a1: -1.99004745483398, a2: 0.99007225036621}
	if n == 0 {
		return nil
	}
	steps := make([]float64, max((n+blockStep-1)/blockStep, blockLen))
	for i := range n {
		y := high.next(shelf.next(sample(i)))
		steps[i/blockStep] += y * y
	}
	blocks := make([]float64, len(steps)-blockLen+1)
	for i := range blocks {
		for _, s := range steps[i : i+blockLen] {
			blocks[i] += s
		}
		blocks[i] /= blockStep * blockLen
	}
	return blocks
}

// Loudness is the integrated loudness of blocks, in LUFS, with the absolute and the relative gate. It is −Inf for
// silence.
func Loudness(blocks ...[]float64) float64 {
	gate := math.Pow(10, (-70+0.691)/10)
	mean := gated(blocks, gate)
	if mean == 0 {
		return math.Inf(-1)
	}
	mean = gated(blocks, max(gate, mean/10))
	return -0.691 + 10*math.Log10(mean)
}

// gated returns the mean of all powers above the gate, or 0.
func gated(blocks [][]float64, gate float64) float64 {
	sum, n := 0.0, 0
	for _, list := range blocks {
		for _, p := range list {
			if p > gate {
				sum += p
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// Gain returns the factor that brings audio of a loudness in LUFS to Target, but raises it by at most MaxGain. For
// silence it is 1.
func Gain(loudness float64) float64 {
	if math.IsInf(loudness, 0) || math.IsNaN(loudness) {
		return 1
	}
	return math.Pow(10, min(Target-loudness, MaxGain)/20)
}

// maxMakeUp bounds the gain that MakeUp adds, in dB: more would make a voice audibly flat.
const maxMakeUp = 4.0

// MakeUp raises a gain by the loudness that the limiter will remove, so that a voice with sharp peaks is as loud as
// other voices. It measures the loss on sample, speech of that voice at 48 kHz; 15 seconds are enough.
func MakeUp(gain float64, sample []int16) float64 {
	want := Loudness(Blocks(sample)) + 20*math.Log10(gain)
	if math.IsInf(want, 0) || math.IsNaN(want) {
		return gain
	}
	raised := gain
	for range 4 {
		l := NewLimiter()
		got := Loudness(blocksOf(len(sample),
			func(i int) float64 { return l.Next(float64(sample[i]) / 32768 * raised) }))
		raised = min(raised*math.Pow(10, (want-got)/20), gain*math.Pow(10, maxMakeUp/20))
		if want-got < gainStep/10 { // Stepped rounds more coarsely
			break
		}
	}
	return max(raised, gain)
}

// gainStep is the step of Stepped, in dB.
const gainStep = 0.5

// Stepped rounds a gain to half a decibel. A gain is measured over everything that a voice says, so each edit changes
// it slightly; rounded, it stays the same and so does the sound of unedited slides. A difference of a quarter of a
// decibel is inaudible.
func Stepped(gain float64) float64 {
	return math.Pow(10, math.Round(20*math.Log10(gain)/gainStep)*gainStep/20)
}

// Limiter keeps a stream below Ceiling. It looks ahead, so that the gain falls before a peak. After the peak the gain
// recovers with a time constant of 50 ms. Quieter sound is only delayed, by [Lookahead] samples.
type Limiter struct {
	gain    float64
	release float64
	limit   float64
	delay   [Lookahead]float64
	need    [Lookahead]float64 // the largest gain that each delayed sample allows
	lowest  float64            // the lowest of need
	at      int
	history [taps]float64
	loud    int // how many further samples still have a loud one in history
}

// Lookahead is the limiter's delay, in samples: 5 ms.
const Lookahead = 240

const taps = 12

// NewLimiter returns a limiter with a gain of 1.
func NewLimiter() *Limiter {
	l := &Limiter{gain: 1, lowest: 1, limit: math.Pow(10, Ceiling/20), release: 1 - math.Exp(-1/(0.05*48000))}
	for i := range l.need {
		l.need[i] = 1
	}
	return l
}

// Next takes a sample, with full scale ±1, and returns the limited sample of Lookahead samples before.
func (l *Limiter) Next(x float64) float64 {
	need := 1.0
	if peak := l.peak(x); peak > l.limit {
		need = l.limit / peak
	}
	out, gone := l.delay[l.at], l.need[l.at]
	l.delay[l.at], l.need[l.at] = x, need
	l.at = (l.at + 1) % Lookahead
	switch {
	case need < l.lowest:
		l.lowest = need
	case gone <= l.lowest && need > l.lowest: // the lowest has left; if need is as low, nothing changes
		l.lowest = 1
		for _, n := range l.need {
			l.lowest = min(l.lowest, n)
		}
	}
	// Fast enough to reach 99.9 % of the reduction when its peak is returned; the cut below does the rest.
	if l.lowest < l.gain {
		l.gain += (l.lowest - l.gain) * 7 / Lookahead
	} else {
		l.gain += (l.lowest - l.gain) * l.release
	}
	return out * min(l.gain, gone)
}

// peak takes the next sample and returns the highest of it and of the points between the two samples in the middle of
// the filter, six samples ago (BS.1770-4 annex 2). It skips the points while all samples in the filter are quiet, below
// half of the limit.
func (l *Limiter) peak(x float64) float64 {
	copy(l.history[1:], l.history[:taps-1])
	l.history[0] = x
	highest := math.Abs(x)
	if highest >= l.limit/2 {
		l.loud = taps
	}
	if l.loud == 0 {
		return highest
	}
	l.loud--
	for _, phase := range oversampling {
		sum := 0.0
		for i, c := range phase {
			sum += c * l.history[i]
		}
		highest = max(highest, math.Abs(sum))
	}
	return highest
}

// oversampling are the phases of BS.1770-4's filter for four times the rate.
var oversampling = [4][taps]float64{
	{0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
		0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500},
	{-0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
		0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375},
	{-0.0189208984375, 0.0330810546875, -0.0582275390625, 0.1015625000000, -0.2003173828125, 0.7797851562500,
		0.4650878906250, -0.1665039062500, 0.0891113281250, -0.0517578125000, 0.0292968750000, -0.0291748046875},
	{-0.0083007812500, 0.0148925781250, -0.0266113281250, 0.0476074218750, -0.1022949218750, 0.9721679687500,
		0.1373291015625, -0.0594482421875, 0.0332031250000, -0.0196533203125, 0.0109863281250, 0.0017089843750},
}
