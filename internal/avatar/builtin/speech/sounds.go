package speech

import (
	"math"
	"strings"
	"unicode"

	"lectern"
)

// Sound is a stretch of one mouth shape, in seconds from the start of the narration.
type Sound struct {
	Viseme     Viseme
	Start, End float64
	Loud       float64 // 0.75 to 1.25, relative to the mean of the vowels: scales the opening
}

const (
	rate = float64(lectern.SampleRate)
	hop  = 0.010 // seconds between the values of a Level
)

// Level is the loudness of a narration, one value for every 10 ms: 1 is its loudest value. In a silent narration 1 is
// full scale.
type Level []float64

// Loudness measures samples.
func Loudness(samples []int16) Level {
	const step = int(hop * rate)
	var out Level
	peak := 0.0
	for i := 0; i < len(samples); i += step {
		sum := 0.0
		part := samples[i:min(i+step, len(samples))]
		for _, s := range part {
			sum += float64(s) * float64(s)
		}
		v := math.Sqrt(sum/float64(len(part))) / 32768
		out, peak = append(out, v), math.Max(peak, v)
	}
	if peak < 0.002 { // silence: do not amplify its noise
		peak = 1
	}
	for i := range out {
		out[i] /= peak
	}
	return out
}

// Mean is the mean level from a to b seconds.
func (l Level) Mean(a, b float64) float64 {
	i, j := max(int(a/hop), 0), min(int(b/hop)+1, len(l))
	if i >= j {
		return 0
	}
	sum := 0.0
	for _, v := range l[i:j] {
		sum += v
	}
	return sum / float64(j-i)
}

// Sounds returns the mouth shapes of a narration in order, without overlaps; the gaps between them are silence. It uses
// phonemes where there are any, else words and loudness, else loudness alone.
func Sounds(n lectern.Narration) []Sound {
	level := Loudness(n.Samples)
	var out []Sound
	switch {
	case len(n.Phonemes) > 0:
		for _, p := range n.Phonemes {
			out = spread(out, Read(p.Text), float64(p.Start)/rate, float64(p.End)/rate)
		}
	case len(n.Words) > 0:
		for _, w := range n.Words {
			out = spell(out, w, level)
		}
	default:
		out = babble(level)
	}
	loudness(out, level)
	return out
}

// spread divides the time from a to b between parts.
func spread(out []Sound, parts []Part, a, b float64) []Sound {
	if k := len(out); k > 0 {
		a = math.Max(a, out[k-1].End)
	}
	if !(b-a > 0) || math.IsInf(b, 0) {
		return out
	}
	at := a
	for i, p := range parts {
		end := at + p.Share*(b-a)
		if i == len(parts)-1 {
			end = b
		}
		if p.Viseme != Sil && end > at {
			out = append(out, Sound{Viseme: p.Viseme, Start: at, End: end, Loud: 1})
		}
		at = end
	}
	return out
}

// digraphs are letters that stand for one sound.
const digraphs = "sch ʃ sh ʃ ch ʃ th θ ph f oo u ee i ou ɔu igh aɪ"

// spell reads a word by its letters. Silence at the beginning and the end of its time gets no sound.
func spell(out []Sound, w lectern.Span, level Level) []Sound {
	text := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		if unicode.IsDigit(r) {
			return 'e' // a digit has about one syllable
		}
		return -1
	}, w.Text)
	text = strings.NewReplacer(strings.Fields(digraphs)...).Replace(text)
	if text == "" {
		return out
	}
	a, b := float64(w.Start)/rate, float64(w.End)/rate
	if len(level) > 0 {
		for a < b && level.Mean(a, a+hop) < 0.02 {
			a += hop
		}
		for b > a && level.Mean(b-hop, b) < 0.02 {
			b -= hop
		}
	}
	return spread(out, Read(text), a, b)
}

// babble makes syllables from loudness alone: the louder, the wider the mouth.
func babble(level Level) []Sound {
	var out []Sound
	vowels := [...]Viseme{AA, E, OH, IH, AA, OU, E}
	k := 0
	for i := 0; i < len(level); {
		if level[i] < 0.06 {
			i++
			continue
		}
		j := i
		for j < len(level) && level[j] >= 0.06 && j-i < 18 {
			j++
		}
		if j-i >= 3 {
			a, b := float64(i)*hop, float64(j)*hop
			out = spread(out, []Part{{DD, 0.3}, {vowels[k%len(vowels)], 0.7}}, a, b)
			k++
		}
		i = max(j, i+1)
	}
	return out
}

// loudness sets each sound's loudness relative to the vowels' mean.
func loudness(sounds []Sound, level Level) {
	if len(level) == 0 {
		return
	}
	sum, time := 0.0, 0.0
	for _, s := range sounds {
		if s.Viseme.Vowel() {
			d := s.End - s.Start
			sum, time = sum+d*level.Mean(s.Start, s.End), time+d
		}
	}
	if time == 0 || sum/time < 0.01 {
		return
	}
	for i := range sounds {
		s := &sounds[i]
		s.Loud = 1 + 0.25*math.Tanh(1.2*(level.Mean(s.Start-0.03, s.End+0.03)/(sum/time)-1))
	}
}
