package align

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math"
	"time"

	"gonum.org/v1/gonum/dsp/fourier"

	"lectern"
)

const (
	hop     = lectern.SampleRate / 100 // samples from one frame to the next: 10 ms
	window  = lectern.SampleRate / 40  // samples that a frame looks at: 25 ms
	margin  = (window - hop) / 2       // samples that it looks at on each side of its hop
	bands   = 24                       // of the mel scale
	lowest  = 100.0                    // hertz, where the bands begin
	highest = 6800.0                   // hertz, where they end; some reference voices have no sound above
	// the energy of a band that counts as silence, relative to full scale: about the noise of 16-bit samples
	silence = 1e-9
)

// limit is MaxLength in samples.
const limit = int64(MaxLength/time.Second) * lectern.SampleRate

// Recording is a sound as short-time spectra. It does not change, so several alignments may use it at once. An hour
// takes about 35 MB.
type Recording struct {
	samples int64
	levels  []float32 // bands values for each frame: energies in dB
}

// Samples is the length of the sound, at lectern.SampleRate.
func (r *Recording) Samples() int64 { return r.samples }

func (r *Recording) frames() int { return len(r.levels) / bands }

// Listen reads a sound to its end: 16-bit little-endian samples, one channel, at lectern.SampleRate. A sound longer
// than [MaxLength] is a failure with lectern.CodeTooLarge.
func Listen(ctx context.Context, sound io.Reader) (*Recording, error) {
	return listen(ctx, sound, limit)
}

func listen(ctx context.Context, sound io.Reader, limit int64) (*Recording, error) {
	in := bufio.NewReaderSize(sound, 1<<16)
	l := newListener()
	chunk, raw := make([]int16, hop), make([]byte, 2*hop)
	for {
		if ctx.Err() != nil {
			return nil, canceled(ctx)
		}
		n, err := io.ReadFull(in, raw)
		for i := range n / 2 {
			chunk[i] = int16(uint16(raw[2*i]) | uint16(raw[2*i+1])<<8)
		}
		l.hear(chunk[:n/2])
		switch {
		case l.samples > limit:
			return nil, tooLong()
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return l.end(), nil
		case err != nil:
			return nil, lectern.Fail(lectern.CodeInvalidDeck, "The recording cannot be read to its end.").Because(err)
		}
	}
}

// hearAll is Listen for samples in memory.
func hearAll(ctx context.Context, samples []int16) (*Recording, error) {
	if int64(len(samples)) > limit {
		return nil, tooLong()
	}
	l := newListener()
	for at := 0; at < len(samples); at += hop {
		if at%(hop<<8) == 0 && ctx.Err() != nil {
			return nil, canceled(ctx)
		}
		l.hear(samples[at:min(at+hop, len(samples))])
	}
	return l.end(), nil
}

func tooLong() error {
	return lectern.Fail(lectern.CodeTooLarge, "The recording is longer than %d hours. Divide it into parts.", maxHours)
}

func canceled(ctx context.Context) error {
	return lectern.Fail(lectern.CodeCanceled, "The alignment was canceled.").Because(context.Cause(ctx))
}

// listener turns samples into spectra. Frame k looks at hop k and at margin samples on both sides of it.
type listener struct {
	fft     *fourier.FFT
	shape   [window]float64 // the window function, scaled to full scale 1
	filters [bands]filter
	recent  [3 * hop]float64 // the last three hops
	frame   [window]float64
	coeffs  []complex128
	power   []float64
	hops    int
	samples int64
	levels  []float32
}

// filter weighs the bins of a spectrum from first on.
type filter struct {
	first   int
	weights []float64
}

func newListener() *listener {
	l := &listener{fft: fourier.NewFFT(window), coeffs: make([]complex128, window/2+1)}
	for i := range l.shape {
		l.shape[i] = (0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/window)) * 2 / window / 32768
	}
	const bin = float64(lectern.SampleRate) / window
	edge := func(i int) float64 {
		from, to := mel(lowest), mel(highest)
		return hertz(from+(to-from)*float64(i)/(bands+1)) / bin
	}
	for b := range l.filters {
		from, top, to := edge(b), edge(b+1), edge(b+2)
		f := &l.filters[b]
		f.first = int(math.Ceil(from))
		for k := f.first; float64(k) < to; k++ {
			x := float64(k)
			f.weights = append(f.weights, min((x-from)/(top-from), (to-x)/(to-top)))
		}
		l.power = make([]float64, f.first+len(f.weights))
	}
	return l
}

func mel(hz float64) float64     { return 1127 * math.Log(1+hz/700) }
func hertz(mels float64) float64 { return 700 * (math.Exp(mels/1127) - 1) }

// hear takes the next hop of samples. Only the last hop may be shorter.
func (l *listener) hear(samples []int16) {
	if len(samples) == 0 {
		return
	}
	l.samples += int64(len(samples))
	l.take(samples)
}

func (l *listener) take(samples []int16) {
	copy(l.recent[:], l.recent[hop:])
	last := l.recent[2*hop:]
	clear(last)
	for i, s := range samples {
		last[i] = float64(s)
	}
	if l.hops++; l.hops > 1 {
		l.analyse()
	}
}

// end returns the recording.
func (l *listener) end() *Recording {
	if l.hops > 0 {
		l.take(nil)
	}
	return &Recording{samples: l.samples, levels: l.levels}
}

// analyse appends the spectrum of the middle one of the recent hops.
func (l *listener) analyse() {
	for i, s := range l.recent[hop-margin : hop-margin+window] {
		l.frame[i] = s * l.shape[i]
	}
	l.fft.Coefficients(l.coeffs, l.frame[:])
	for i := range l.power {
		re, im := real(l.coeffs[i]), imag(l.coeffs[i])
		l.power[i] = re*re + im*im
	}
	for b := range l.filters {
		f := &l.filters[b]
		sum := silence
		for i, w := range f.weights {
			sum += w * l.power[f.first+i]
		}
		l.levels = append(l.levels, float32(10*math.Log10(sum)))
	}
}

// onSlide names the slide of a failure, if there are several.
func onSlide(err error, slide, slides int) error {
	var f *lectern.Failure
	if slides > 1 && errors.As(err, &f) {
		return f.At(slide)
	}
	return err
}
