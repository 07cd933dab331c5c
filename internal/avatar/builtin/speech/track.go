package speech

import (
	"math"
	"sort"

	"lectern"
)

// Track is the motion of a mouth through a narration. It is immutable and safe for concurrent use.
type Track struct {
	sounds  []Sound
	phrases []Span
}

// Span is a stretch of time in seconds.
type Span struct{ Start, End float64 }

const (
	lead      = 0.045 // seconds by which the mouth is ahead of the sound: 1 to 2 frames
	pause     = 0.120 // a silence longer than this closes the lips
	closing   = 0.130 // seconds of closing for that
	opening   = 0.090 // seconds of opening after it
	minClosed = 0.055 // shortest closure on p, b, m, f, v in seconds: more than a frame at 24 a second
	jawLag    = 0.030 // seconds by which the jaw follows the lips
	jawSlow   = 1.6   // how much slower the jaw is than the lips
)

// NewTrack makes the track of a narration.
func NewTrack(n lectern.Narration) *Track { return newTrack(Sounds(n)) }

func newTrack(sounds []Sound) *Track {
	t := &Track{sounds: sounds}
	for _, s := range sounds {
		if k := len(t.phrases); k > 0 && s.Start-t.phrases[k-1].End <= pause {
			t.phrases[k-1].End = math.Max(t.phrases[k-1].End, s.End)
			continue
		}
		t.phrases = append(t.phrases, Span{s.Start, s.End})
	}
	return t
}

// Phrases are the stretches of speech between silences of more than 120 ms, in order.
func (t *Track) Phrases() []Span { return t.phrases }

// At is the mouth at a time, in seconds from the start of the narration, to be shown at that time: it is already
// ahead of the sound. In silence it is exactly the zero Mouth.
func (t *Track) At(time float64) Mouth {
	now := time + lead
	lips, jaw := t.gate(now, opening, closing), t.gate(now-jawLag/2, opening*1.2, closing*1.15)
	if lips == 0 && jaw == 0 {
		return Mouth{}
	}
	m := t.blend(now, 1)
	m[Jaw] = t.blend(now-jawLag, jawSlow)[Jaw] * jaw
	for i := range Jaw {
		m[i] *= lips
	}
	return t.meet(now, m)
}

// gate is 1 in a phrase and 0 in silence. It rises before the first sound and falls after the last.
func (t *Track) gate(now, up, down float64) float64 {
	i := sort.Search(len(t.phrases), func(i int) bool { return t.phrases[i].End+down > now })
	g := 0.0
	for ; i < len(t.phrases) && t.phrases[i].Start-up < now; i++ {
		p := t.phrases[i]
		g = math.Max(g, Smooth((now-p.Start+up)/up)*(1-Smooth((now-p.End)/down)))
	}
	return g
}

// reach is how long before and after itself a sound influences the mouth at most, in seconds.
const reach = 0.40

// near returns the sounds whose influence reaches now.
func (t *Track) near(now float64) []Sound {
	i := sort.Search(len(t.sounds), func(i int) bool { return t.sounds[i].End > now-reach })
	j := i
	for j < len(t.sounds) && t.sounds[j].Start < now+reach {
		j++
	}
	return t.sounds[i:j]
}

// blend mixes the targets of the sounds around now by their weights. slow stretches the time in which the weights rise
// and fall.
func (t *Track) blend(now, slow float64) Mouth {
	var sum, say Mouth
	for _, s := range t.near(now) {
		sh := &table[s.Viseme]
		d := dominance(s, sh, now, slow)
		if d < 1e-9 {
			continue
		}
		for i := range sum {
			target := sh.target[i]
			if i == Open || i == Jaw || i == Upper || i == Lower {
				target = math.Min(target*s.Loud, 1.15)
			}
			w := d * sh.say[i]
			sum[i], say[i] = sum[i]+w*target, say[i]+w
		}
	}
	for i := range sum {
		// A part without weight goes to rest.
		sum[i] /= say[i] + 0.02
	}
	return sum
}

// dominance is the factor of a sound's weights at now: 1 in its core, less and less around it.
func dominance(s Sound, sh *shape, now, slow float64) float64 {
	// The core is the middle half of the sound.
	core := 0.25 * (s.End - s.Start)
	a, b := s.Start+core, s.End-core
	switch {
	case now < a:
		x := (a - now) / (sh.rise*slow*0.62 + core)
		return math.Exp(-1.6 * x * x)
	case now > b:
		x := (now - b) / (sh.fall*slow*0.62 + core)
		return math.Exp(-1.6 * x * x)
	}
	return 1
}

// meet closes the lips on p, b, m, and brings the lower lip to the teeth on f, v, whatever the neighbouring sounds are,
// and for long enough that a frame shows it.
func (t *Track) meet(now float64, m Mouth) Mouth {
	for _, s := range t.near(now) {
		if s.Viseme != PP && s.Viseme != FF {
			continue
		}
		sh := &table[s.Viseme]
		a, b := s.Start, s.End
		if short := minClosed - (b - a); short > 0 {
			a, b = a-short/2, b+short/2
		} else {
			// The burst belongs to the next sound: lips part within the last fifth of a long closure.
			b -= math.Min(0.2*(b-a), b-a-minClosed)
		}
		k := Smooth((now-a+sh.rise)/sh.rise) * (1 - Smooth((now-b)/(sh.fall*0.9)))
		if k == 0 {
			continue
		}
		for _, i := range [...]int{Open, Upper, Lower, Tuck, Press} {
			m[i] += (sh.target[i] - m[i]) * k
		}
	}
	return m
}

// Smooth eases from 0 to 1 as x goes from 0 to 1, with no speed at either end.
func Smooth(x float64) float64 {
	x = math.Min(math.Max(x, 0), 1)
	return x * x * x * (x*(6*x-15) + 10)
}
