package tts

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
	"unicode"

	"lectern"
)

// Utterance is one sentence as an engine said it, at the engine's own rate.
type Utterance struct {
	Rate    int       // samples a second
	Samples []float32 // full scale is 1
	// Words has one span for each word of the sentence, in order. A span is empty if the engine does not report the
	// word's time.
	Words    []lectern.Span
	Phonemes []lectern.Span // IPA, in order, without pauses
}

// Limits of one narration.
const (
	MaxText     = 200_000          // bytes
	MaxDuration = 60 * time.Minute // of audio
	MinSpeed    = 0.5              // times the natural speed
	MaxSpeed    = 2.0
)

const (
	edge     = 12 * time.Millisecond // how much of the engine's own silence stays at both ends of a sentence
	fadeTime = 4 * time.Millisecond
	quiet    = 0.0022                // −53 dBFS: below it, an engine is silent
	minHush  = 90 * time.Millisecond // a silence at least this long belongs to no phoneme
)

// Speed returns v's speed within the limits; 1 if v has none.
func Speed(v lectern.Voice) float64 {
	if v.Speed == 0 || math.IsNaN(v.Speed) {
		return 1
	}
	return min(max(v.Speed, MinSpeed), MaxSpeed)
}

// Compose speaks text sentence by sentence with say and joins the results into a narration of voice v. It holds one
// sentence at a time, so memory grows only with the audio. It returns say's errors unchanged; a text over the limits
// fails with lectern.CodeTooLarge.
func Compose(ctx context.Context, text string, v lectern.Voice, sentences []Sentence,
	say func(ctx context.Context, s Sentence) (Utterance, error),
) (lectern.Narration, error) {
	return compose(ctx, text, v, sentences, say, MaxDuration)
}

func compose(ctx context.Context, text string, v lectern.Voice, sentences []Sentence,
	say func(ctx context.Context, s Sentence) (Utterance, error), most time.Duration,
) (lectern.Narration, error) {
	n := lectern.Narration{Voice: v}
	if err := Fits(text); err != nil {
		return n, err
	}
	c := composer{n: &n, speed: Speed(v)}
	for i, s := range sentences {
		if err := c.wait(s.Before, i == 0, most); err != nil {
			return lectern.Narration{Voice: v}, err
		}
		if err := ctx.Err(); err != nil {
			return lectern.Narration{Voice: v}, Canceled(err)
		}
		u, err := say(ctx, s)
		if err != nil {
			return lectern.Narration{Voice: v}, err
		}
		if err := c.add(s, u, i+1 < len(sentences) && sentences[i+1].Before == 0); err != nil {
			return lectern.Narration{Voice: v}, err
		}
		if err := c.wait(s.Ending, true, most); err != nil {
			return lectern.Narration{Voice: v}, err
		}
	}
	c.level()
	return n, nil
}

// wait appends a pause that the script asks for. Between two sentences, their edges count as part of the pause; at an
// end of the narration they do not. It refuses a narration that would last longer than most.
func (c *composer) wait(pause time.Duration, end bool, most time.Duration) error {
	if c.n.Duration()+pause > most {
		return lectern.Fail(lectern.CodeTooLarge, "The narration would last longer than %v. Divide it over several slides.",
			most)
	}
	if pause > 0 && !end {
		pause -= 2 * edge // one of each sentence
	}
	c.n.Samples = append(c.n.Samples, make([]int16, max(0, samplesOf(pause, lectern.SampleRate)))...)
	return nil
}

// Fits fails with lectern.CodeTooLarge for a text over MaxText. Engines call it before they prepare a text.
func Fits(text string) error {
	if len(text) > MaxText {
		return lectern.Fail(lectern.CodeTooLarge, "The narration has %d bytes of text; at most %d can be spoken. Divide it "+
			"over several slides.", len(text), MaxText)
	}
	return nil
}

// Canceled returns the failure for the end of a context: CodeTimeout at its deadline, else CodeCanceled.
func Canceled(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return lectern.Fail(lectern.CodeTimeout, "The narration took too long. Retry, or divide it over "+
			"several slides.").Because(err)
	}
	return lectern.Fail(lectern.CodeCanceled, "The narration was canceled.").Because(err)
}

// composer joins utterances.
type composer struct {
	n         *lectern.Narration
	resampler *Resampler
	speed     float64
	gain      float64 // from the first sentence's level, so that 16 bits are precise enough; level corrects it at the end
}

// add appends one utterance and, if another follows, the pause after it.
func (c *composer) add(s Sentence, u Utterance, more bool) error {
	if u.Rate <= 0 || len(u.Words) != len(s.Words) {
		return lectern.Fail(lectern.CodeInternal, "A voice engine answered with %d word times for %d words at %d Hz.",
			len(u.Words), len(s.Words), u.Rate)
	}
	highpass(u.Samples, u.Rate)
	loud := Loud(u.Samples, u.Rate, c.floor(u), samplesOf(minHush, u.Rate), 0)
	if len(loud) == 0 {
		return lectern.Fail(lectern.CodeVoiceFailed, "The voice %s gave no sound for %q.", c.n.Voice.ID, clip(s.Text))
	}
	trim(&u, loud)
	if c.resampler == nil || c.resampler.from != u.Rate {
		c.resampler = NewResampler(u.Rate, lectern.SampleRate)
	}
	out := c.resampler.Resample(u.Samples)
	fade(out, samplesOf(fadeTime, lectern.SampleRate))
	if c.gain == 0 {
		c.gain = 1
		if r := speechRMS(out, 1, lectern.SampleRate); r > 0 {
			c.gain = min(targetRMS/r, 0.98/max(peak(out), 1e-6), 30)
		}
	}
	offset := len(c.n.Samples)
	c.n.Samples = append(c.n.Samples, make([]int16, len(out))...)
	said := c.n.Samples[offset:][:len(out)]
	for i, x := range out {
		said[i] = rounded(min(max(float64(x)*c.gain, -1), 1) * 32767)
	}
	c.spans(s, u, int64(offset), int64(len(out)))
	if more {
		pause := time.Duration(float64(s.After.Length())/c.speed) - 2*edge
		c.n.Samples = append(c.n.Samples, make([]int16, max(0, samplesOf(pause, lectern.SampleRate)))...)
	}
	return nil
}

// floor is the level below which u is silent: −53 dBFS, lower for a quiet engine, but never below what 16 bits hold.
func (c *composer) floor(u Utterance) float64 {
	return max(min(quiet, peak(u.Samples)/100), 3e-5)
}

// spans adds u's words and phonemes to the narration, with their times in it, and stresses strong words.
func (c *composer) spans(s Sentence, u Utterance, offset, length int64) {
	move := func(in []lectern.Span) {
		for i := range in {
			in[i].Start, in[i].End = c.resampler.Map(in[i].Start), c.resampler.Map(in[i].End)
		}
		tidy(in, length)
	}
	weights := make([]float64, len(s.Words))
	for i, w := range s.Words {
		weights[i] = Weight(s.Text[w.Start:w.End])
	}
	Fill(u.Words, weights, int64(len(u.Samples)))
	move(u.Words)
	move(u.Phonemes)
	for i, w := range u.Words {
		if s.Words[i].Strong {
			stress(c.n.Samples[offset:][w.Start:w.End])
		}
		c.n.Words = append(c.n.Words, lectern.Span{Text: s.Words[i].Text, Start: offset + w.Start, End: offset + w.End})
	}
	for _, p := range u.Phonemes {
		if p.End > p.Start {
			c.n.Phonemes = append(c.n.Phonemes, lectern.Span{Text: p.Text, Start: offset + p.Start, End: offset + p.End})
		}
	}
}

// stress makes a word louder than those around it, without a step at its edges.
func stress(word []int16) {
	const gain = 1.35 // 2.6 dB: plainly heard, and not shouted
	ramp := min(samplesOf(15*time.Millisecond, lectern.SampleRate), len(word)/2)
	for i, x := range word {
		g := 1 + (gain-1)*min(1, float64(i+1)/float64(ramp+1), float64(len(word)-i)/float64(ramp+1))
		word[i] = rounded(min(max(float64(x)*g, -32767), 32767))
	}
}

// trim cuts silence off both ends of u, moves the times accordingly, and shortens phonemes and words that the engine
// stretched over silences.
func trim(u *Utterance, loud []lectern.Span) {
	margin := int64(samplesOf(edge, u.Rate))
	from := max(0, loud[0].Start-margin)
	to := min(int64(len(u.Samples)), loud[len(loud)-1].End+margin)
	u.Samples = u.Samples[from:to]
	for i := range loud {
		loud[i].Start, loud[i].End = loud[i].Start-from, loud[i].End-from
	}
	n := to - from
	shift := func(in []lectern.Span) {
		for i := range in {
			in[i].Start, in[i].End = min(max(in[i].Start-from, 0), n), min(max(in[i].End-from, 0), n)
		}
	}
	shift(u.Words)
	shift(u.Phonemes)
	hush(u.Phonemes, loud, n)
	hush(u.Words, loud, n)
}

// hush shortens spans that reach into the silences around and between the loud stretches: it keeps the side with more
// sound. A span that is wholly silent becomes empty.
func hush(spans []lectern.Span, loud []lectern.Span, n int64) {
	for g := 0; g <= len(loud); g++ {
		silence := lectern.Span{End: n}
		if g > 0 {
			silence.Start = loud[g-1].End
		}
		if g < len(loud) {
			silence.End = loud[g].Start
		}
		for i := range spans {
			s := &spans[i]
			if s.End <= silence.Start || s.Start >= silence.End {
				continue
			}
			before, after := silence.Start-s.Start, s.End-silence.End
			switch {
			case before <= 0 && after <= 0: // wholly in the silence
				s.End = s.Start
			case before >= after:
				s.End = silence.Start
			default:
				s.Start = silence.End
			}
		}
	}
}

// level brings the narration's speech to the target loudness and bends peaks under the ceiling.
func (c *composer) level() {
	s := c.n.Samples
	rms := speechRMS(s, 1<<15, lectern.SampleRate)
	if rms == 0 {
		return
	}
	g := min(targetRMS/rms, 30)
	for i, v := range s {
		s[i] = rounded(soften(float64(v)/32768*g) * 32767)
	}
}

// rounded is math.Round for values of 16 bits. It does not branch on the sign, which the processor could not predict
// for noise.
func rounded(x float64) int16 {
	i := int(x)
	return int16(i + int(2*(x-float64(i))))
}

func samplesOf(d time.Duration, rate int) int {
	return int(int64(d) * int64(rate) / int64(time.Second))
}

// clip shortens text for a message.
func clip(s string) string {
	const most = 60
	count := 0
	for i := range s {
		if count++; count > most {
			return s[:i] + "…"
		}
	}
	return s
}

// HasSpeech reports whether text has anything to speak: a letter or a number.
func HasSpeech(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return true
		}
	}
	return false
}

// Failed returns the failure of an engine at a sentence. err and detail, the tail of its stderr, become the private
// detail.
func Failed(engine string, s Sentence, detail string, err error) *lectern.Failure {
	f := lectern.Fail(lectern.CodeVoiceFailed, "The voice engine %s failed at %q.", engine, clip(s.Text))
	f.Retryable = true
	f.Detail = detail
	if err != nil {
		if f.Detail != "" {
			f.Detail = fmt.Sprintf("%v: %s", err, detail)
		}
		f = f.Because(err)
	}
	return f
}
