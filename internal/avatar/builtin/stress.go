package builtin

import (
	"math"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"lectern"
	"lectern/internal/avatar/builtin/speech"
)

// spoken is a word with its stress.
type spoken struct {
	start, end float64 // seconds into the clip
	peak       float64 // where its loudest moment is
	weight     float64
	asks       bool // a question ends with it
	calls      bool // an exclamation ends with it
}

// plan derives nods, brows, questions and inhales from the narration.
func (p *performance) plan(r *lectern.ClipRequest, d *dice) {
	level := speech.Loudness(r.Narration.Samples)
	words := p.weigh(r, level)
	byWeight := make([]int, len(words))
	for i := range byWeight {
		byWeight[i] = i
	}
	sort.SliceStable(byWeight, func(a, b int) bool { return words[byWeight[a]].weight > words[byWeight[b]].weight })
	// At most about three words in ten carry a nod, never two within a second.
	limit := int(math.Ceil(float64(len(words)) * 0.30))
	taken := map[int]float64{} // key: whole second
	for _, i := range byWeight {
		w := words[i]
		if len(p.accents) >= limit || w.weight < 0.15 {
			break
		}
		free := true
		sec := int(w.peak)
		for s := sec - 2; s <= sec+2; s++ {
			at, ok := taken[s]
			free = free && (!ok || math.Abs(at-w.peak) > 1.05)
		}
		if !free || w.asks {
			continue
		}
		taken[sec] = w.peak
		k := math.Min(w.weight, 1)
		a := accent{at: w.peak - 0.03, nod: (2 + 1.8*k*d.between(0.6, 1)) * degree}
		if k > 0.45 || w.calls || d.roll() < 0.25 {
			a.brow = 0.25 + 0.4*k*d.between(0.6, 1)
		}
		p.accents = append(p.accents, a)
	}
	sort.Slice(p.accents, func(a, b int) bool { return p.accents[a].at < p.accents[b].at })
	for _, w := range words {
		if w.asks {
			p.asks = append(p.asks, w.end)
		}
	}
	last := math.Inf(-1)
	for _, ph := range p.track.Phrases() {
		if ph.Start-last > 0.35 {
			p.inhales = append(p.inhales, p.lead+ph.Start)
		}
		last = ph.End
	}
}

// weigh sets the stress of the narration's words. Without words it uses the longer vowels.
func (p *performance) weigh(r *lectern.ClipRequest, level speech.Level) []spoken {
	var out []spoken
	add := func(a, b float64, letters int) {
		if !(b > a) {
			return
		}
		w := spoken{start: p.lead + a, end: p.lead + b}
		best := -1.0
		for t := a; t < b; t += 0.02 {
			if v := level.Mean(t-0.02, t+0.04); v > best {
				best, w.peak = v, p.lead+t
			}
		}
		w.weight = level.Mean(a, b)*1.6 + math.Min((b-a)/0.6, 1)*0.5
		if letters < 4 {
			w.weight *= 0.5
		}
		out = append(out, w)
	}
	if len(r.Narration.Words) == 0 {
		for _, s := range speech.Sounds(r.Narration) {
			if s.Viseme.Vowel() && s.End-s.Start > 0.08 {
				add(s.Start, s.End, 4)
			}
		}
	}
	ends := punctuation(r.Text, r.Narration.Words)
	for i, w := range r.Narration.Words {
		n := len(out)
		add(float64(w.Start)/lectern.SampleRate, float64(w.End)/lectern.SampleRate, utf8.RuneCountInString(w.Text))
		if len(out) > n {
			out[n].asks, out[n].calls = ends[i] == '?', ends[i] == '!'
		}
	}
	normalise(out)
	return out
}

// normalise brings weights to 0 for the lightest and 1 for the heaviest word.
func normalise(words []spoken) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, w := range words {
		lo, hi = math.Min(lo, w.weight), math.Max(hi, w.weight)
	}
	for i := range words {
		if hi > lo {
			words[i].weight = (words[i].weight - lo) / (hi - lo)
		} else {
			words[i].weight = 0.5
		}
	}
}

// punctuation returns the mark after each word: '?', '!' or 0. The marks are in the words or in text.
func punctuation(text string, words []lectern.Span) []rune {
	out := make([]rune, len(words))
	for i, w := range words {
		out[i] = mark(w.Text)
		at := strings.Index(text, w.Text)
		if at < 0 || w.Text == "" || at > 400 {
			continue // skip a word that text lacks
		}
		text = text[at+len(w.Text):]
		next := strings.IndexFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
		if next < 0 {
			next = len(text)
		}
		if m := mark(text[:next]); m != 0 {
			out[i] = m
		}
	}
	return out
}

func mark(s string) rune {
	switch {
	case strings.ContainsAny(s, "?？؟"):
		return '?'
	case strings.ContainsAny(s, "!！"):
		return '!'
	}
	return 0
}
