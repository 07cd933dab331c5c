package align

import (
	"context"
	"slices"
	"sort"
	"unicode"

	"lectern"
)

// Alignment is where the words of a text are in a recording. Times are in samples at lectern.SampleRate.
type Alignment struct {
	Words    []lectern.Span // those of the reference, in order, not overlapping; empty where a word is not said
	Phonemes []lectern.Span // likewise; empty if the reference has none, or if Spread
	// Confidence has for each word how well the sound matches it, 0 to 1. It is 0 for all words if Spread.
	Confidence []float64
	Score      float64 // how well the sound matches the whole text, 0 to 1; 0 if Spread
	// Spread is true if the sound does not match the text. The words are then spread over the loud stretches in
	// proportion to their length, so captions keep pace, but no word is exact.
	Spread bool
}

// Prior is what a voice itself reports about its sound: words with times. The zero value is no prior.
type Prior struct {
	Words []lectern.Span
	// how far the times may be from the truth, in samples; 0: 120 ms
	Slack int64
}

// Words finds the words of a script in a recording of it. With a prior only times near the prior's are possible. Its
// words need not be divided like those of the reference.
func Words(ctx context.Context, ref Reference, rec *Recording, script lectern.Script, prior Prior) (Alignment, error) {
	ren, err := render(ctx, ref, []lectern.Script{script})
	if err != nil {
		return Alignment{}, err
	}
	words := ren.parts[0].words
	if len(words) == 0 {
		return Alignment{}, nil
	}
	p := prepare(rec, ren)
	if ratio := float64(spokenFrames(&p.rec)+1) / float64(spokenFrames(&p.ref)+1); ratio < 0.25 || ratio > 4 {
		return p.spread(words), nil
	}
	var path []step
	if len(prior.Words) > 0 {
		path, err = p.follow(ctx, prior, words)
	} else {
		path, err = search(ctx, &p.rec, &p.ref)
	}
	if err != nil {
		return Alignment{}, err
	}
	if err := p.calibrate(ctx); err != nil {
		return Alignment{}, err
	}
	m := newMapping(p, path)
	a := Alignment{Words: m.spans(words), Phonemes: m.spans(ren.parts[0].phonemes), Confidence: m.confidence(words)}
	a.Score = p.fit(path)
	if a.Score < poor {
		return p.spread(words), nil
	}
	return a, nil
}

func spokenFrames(t *track) int { return len(spoken(t)) }

// spread distributes words over the recording without its pauses, in proportion to their length in the reference.
func (p *pair) spread(words []lectern.Span) Alignment {
	a := Alignment{Words: slices.Clone(words), Confidence: make([]float64, len(words)), Spread: true}
	var loud []int32
	for i, k := range p.rec.kind {
		if k == speech {
			loud = append(loud, p.rec.at[i])
		}
	}
	if len(loud) == 0 {
		loud = p.rec.at
	}
	total, done := int64(0), int64(0)
	for _, w := range words {
		total += max(w.End-w.Start, 1)
	}
	n := int64(len(loud))
	for i, w := range words {
		from := done * n / total
		done += max(w.End-w.Start, 1)
		to := max(done*n/total, from+1)
		a.Words[i].Start = int64(loud[min(from, n-1)]) * hop
		a.Words[i].End = int64(loud[min(to, n)-1]+1) * hop
	}
	order(a.Words)
	return a
}

// order takes overlaps from the later span.
func order(spans []lectern.Span) {
	at := int64(0)
	for i := range spans {
		s := &spans[i]
		s.Start = max(s.Start, at)
		s.End = max(s.End, s.Start)
		at = s.End
	}
}

// follow searches a path near the times of a prior.
func (p *pair) follow(ctx context.Context, prior Prior, words []lectern.Span) ([]step, error) {
	slack := prior.Slack
	if slack <= 0 {
		slack = lectern.SampleRate * 120 / 1000
	}
	w := warp{ctx: ctx, rec: &p.rec, ref: &p.ref, size: 1, unit: p.unit}
	n, m := p.rec.len(), p.ref.len()
	w.lo, w.hi = make([]int32, n+1), make([]int32, n+1)
	from, to := common(prior.Words, words)
	for i := range w.lo {
		at := int64(p.rec.at[min(i, n-1)]) * hop
		w.lo[i] = int32(p.ref.find(interpolate(from, to, at-slack)))
		w.hi[i] = int32(min(p.ref.find(interpolate(from, to, at+slack))+1, m))
	}
	w.lo, w.hi = widen(w.lo, w.hi, m)
	return w.path()
}

// find returns the first frame of a track at or after a sample.
func (t *track) find(sample int64) int {
	return sort.Search(t.len(), func(i int) bool { return int64(t.at[i]) >= sample/hop })
}

// common returns the times at which both lists begin or end a word, after the same characters.
func common(a, b []lectern.Span) (from, to []int64) {
	i, j, left, right := 0, 0, 0, 0 // characters before word i and word j
	for i < len(a) && j < len(b) {
		if left == right {
			from, to = append(from, a[i].Start), append(to, b[j].Start)
		}
		nextLeft, nextRight := left+characters(a[i].Text), right+characters(b[j].Text)
		if nextLeft == nextRight {
			from, to = append(from, a[i].End), append(to, b[j].End)
		}
		if nextLeft <= nextRight {
			i, left = i+1, nextLeft
		}
		if nextRight <= nextLeft {
			j, right = j+1, nextRight
		}
	}
	return from, to
}

func characters(s string) int {
	n := 0
	for _, r := range s {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// interpolate maps x by the points (from, to), with slope 1 beyond them.
func interpolate(from, to []int64, x int64) int64 {
	if len(from) == 0 {
		return x
	}
	k := sort.Search(len(from), func(k int) bool { return from[k] > x })
	switch {
	case k == 0:
		return to[0] - (from[0] - x)
	case k == len(from):
		return to[k-1] + x - from[k-1]
	case from[k] <= from[k-1]:
		return to[k]
	}
	return to[k-1] + (x-from[k-1])*(to[k]-to[k-1])/(from[k]-from[k-1])
}

// mapping finds the moment of the recording that matches a moment of the reference.
type mapping struct {
	p     *pair
	first []int32   // of each frame of the reference's track: the first frame of the recording's track that matches it
	last  []int32   // … and the last one
	off   []float64 // … and the sum of their distances
	count []int     // … and the number of these distances
}

func newMapping(p *pair, path []step) *mapping {
	m := p.ref.len()
	out := &mapping{p: p, first: make([]int32, m), last: make([]int32, m), off: make([]float64, m), count: make([]int, m)}
	seen := make([]bool, m)
	for _, s := range path {
		if s.move == extra {
			continue
		}
		if d, counts := p.off(s); counts {
			out.off[s.j], out.count[s.j] = out.off[s.j]+d, out.count[s.j]+1
		}
		if !seen[s.j] {
			out.first[s.j], seen[s.j] = s.i, true
		}
		out.last[s.j] = s.i
		if s.move == skip {
			out.last[s.j] = s.i - 1 // no frame of the recording matches it
		}
	}
	return out
}

// at returns the sample of the recording for one of the reference.
func (m *mapping) at(sample int64) int64 {
	j := min(m.p.ref.find(sample), m.p.ref.len()-1)
	share := int64(0) // of the frame, in samples
	if int64(m.p.ref.at[j]) == sample/hop {
		share = sample % hop
	}
	from := m.edge(m.first[j])
	to := max(m.edge(m.last[j]+1), from)
	return from + (to-from)*share/hop
}

// edge is where frame i of the recording's track begins.
func (m *mapping) edge(i int32) int64 {
	if int(i) >= m.p.rec.len() {
		return int64(m.p.rec.at[m.p.rec.len()-1]+1) * hop
	}
	if i > 0 && m.p.rec.kind[i] == speech && m.p.rec.kind[i-1] == speech {
		return int64(m.p.rec.at[i-1]+1) * hop
	}
	return int64(m.p.rec.at[i]) * hop
}

// spans maps words or phonemes. An end of one that falls into a pause moves to the edge of the pause.
func (m *mapping) spans(in []lectern.Span) []lectern.Span {
	out := slices.Clone(in)
	for i, s := range in {
		start, end := m.at(s.Start), m.at(s.End)
		if q, ok := m.p.pauseAt(int(start / hop)); ok && int64(q.end)*hop < end {
			start = int64(q.end) * hop
		}
		if q, ok := m.p.pauseAt(int((end - 1) / hop)); ok && int64(q.start)*hop > start {
			end = int64(q.start) * hop
		}
		out[i].Start, out[i].End = start, end
	}
	order(out)
	return out
}

// confidence is how well the sound matches each word and a little of what is around it.
func (m *mapping) confidence(words []lectern.Span) []float64 {
	out := make([]float64, len(words))
	for i, w := range words {
		sum, n := 0.0, 0
		from, to := m.p.ref.find(w.Start)-vicinity, m.p.ref.find(w.End)+vicinity
		for j := max(from, 0); j < min(to, m.p.ref.len()); j++ {
			sum, n = sum+m.off[j], n+m.count[j]
		}
		out[i] = m.p.fitness(sum, n)
	}
	return out
}
