package tts

import (
	"math"
	"unicode"

	"lectern"
)

// Weight estimates how long a word is spoken, in letters of an alphabet. Digits and other characters that become more
// sounds count for several letters. It is at least 1.
func Weight(said string) float64 {
	w := 0.0
	for _, r := range said {
		switch {
		case unicode.IsNumber(r):
			w += 4
		case unicode.In(r, unicode.Han):
			w += 3
		case unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			w += 2.2
		case unicode.IsLetter(r):
			w++
		}
	}
	return max(w, 1)
}

// Spread distributes words over the loud stretches of an utterance, for engines that report no times. Each word gets a
// part of the loud samples in proportion to its weight. The spans are in order and do not overlap, and each begins and
// ends in a loud stretch.
func Spread(weights []float64, loud []lectern.Span) []lectern.Span {
	out := make([]lectern.Span, len(weights))
	var total, room float64
	for _, w := range weights {
		total += w
	}
	for _, s := range loud {
		room += float64(s.End - s.Start)
	}
	if total <= 0 || room <= 0 {
		return out
	}
	done := 0.0
	for i, w := range weights {
		from, to := done/total*room, (done+w)/total*room
		out[i].Start, out[i].End = place(loud, from, false), place(loud, to, true)
		done += w
	}
	tidy(out, loud[len(loud)-1].End)
	return out
}

// place finds the position after x loud samples; at the joint of two stretches, the end of the first or the start of
// the second.
func place(loud []lectern.Span, x float64, end bool) int64 {
	for i, s := range loud {
		n := float64(s.End - s.Start)
		const near = 1e-6
		if x < n-near || (end && x <= n+near) || i == len(loud)-1 {
			return s.Start + int64(min(x, n)+0.5)
		}
		x -= n
	}
	return 0
}

// Fill sets the times of words for which the engine reported none (End is not after Start), because engines fold words
// like "of the" into one. A run of such words shares the time of the timed word before it, in proportion to their
// weights. At the beginning, they share the time of the first timed word; if no word is timed, all share the whole
// audio. Words keep their order. n is the length of the audio in samples.
func Fill(words []lectern.Span, weights []float64, n int64) {
	timed := func(i int) bool { return words[i].End > words[i].Start }
	for i := 0; i < len(words); {
		if timed(i) && (i+1 == len(words) || timed(i+1)) {
			i++
			continue
		}
		// i is the timed word whose time is shared, or the first word of an untimed run at the very beginning.
		from, j := i, i+1
		for j < len(words) && !timed(j) {
			j++
		}
		start, end := int64(0), n
		switch {
		case timed(i):
			start, end = words[i].Start, words[i].End
		case j < len(words):
			start, end = words[j].Start, words[j].End
			j++
		}
		var total, done float64
		for k := from; k < j; k++ {
			total += weights[k]
		}
		for k := from; k < j; k++ {
			words[k].Start = start + int64(done/total*float64(end-start))
			done += weights[k]
			words[k].End = start + int64(done/total*float64(end-start))
		}
		i = j
	}
	tidy(words, n)
}

// tidy makes spans ordered, not overlapping and inside [0, n]. It moves them as little as possible.
func tidy(spans []lectern.Span, n int64) {
	at := int64(0)
	for i := range spans {
		s := &spans[i]
		s.Start = min(max(s.Start, at), n)
		s.End = min(max(s.End, s.Start), n)
		at = s.End
	}
	// The loop above took overlaps from the later span. Where that left the later span empty, it gets half of the
	// earlier one.
	for i := 1; i < len(spans); i++ {
		if a, b := &spans[i-1], &spans[i]; b.End == b.Start && a.End == b.Start && a.End-a.Start > 1 {
			mid := (a.Start + a.End) / 2
			b.Start, b.End, a.End = mid, a.End, mid
		}
	}
}

// Match aligns two sequences with the least edits. A substitution costs what differ returns (0 same, 1 wholly
// different), an insertion or a deletion 0.7. Match returns for every boundary in a (0…len(a)) the matching boundary in
// b (0…len(b)). The result never falls, begins with 0 and ends with len(b); for an empty a it is [0].
func Match(a, b []string, differ func(x, y string) float64) []int {
	n, m := len(a), len(b)
	cost := make([]float64, (n+1)*(m+1))
	at := func(i, j int) *float64 { return &cost[i*(m+1)+j] }
	const skip = 0.7
	for i := 0; i <= n; i++ {
		for j := 0; j <= m; j++ {
			if i == 0 || j == 0 {
				*at(i, j) = float64(i+j) * skip
				continue
			}
			*at(i, j) = min(*at(i-1, j-1)+differ(a[i-1], b[j-1]), *at(i-1, j)+skip, *at(i, j-1)+skip)
		}
	}
	out := make([]int, n+1)
	for i, j := n, m; i > 0; {
		along, up, back := math.Inf(1), *at(i-1, j)+skip, math.Inf(1)
		if j > 0 {
			along, back = *at(i-1, j-1)+differ(a[i-1], b[j-1]), *at(i, j-1)+skip
		}
		switch {
		case along <= up && along <= back:
			i, j = i-1, j-1
			out[i] = j
		case up <= back:
			i--
			out[i] = j
		default:
			j--
			out[i] = j
		}
	}
	out[n], out[0] = m, 0 // in this order: if a is empty, both are one element, and b stays unmatched
	return out
}

// Align estimates the times of the words of text in its audio at lectern.SampleRate, for narrations without times; see
// [Spread]. It returns nil if the text has no words or the audio is silent.
func Align(text string, samples []int16) []lectern.Span {
	var words []lectern.Span
	var weights []float64
	for _, s := range Prepare(lectern.Plain(text), Recognise(text), nil) {
		for _, w := range s.Words {
			words, weights = append(words, lectern.Span{Text: w.Text}), append(weights, Weight(s.Text[w.Start:w.End]))
		}
	}
	sound := make([]float32, len(samples))
	for i, v := range samples {
		sound[i] = float32(v) / 32768
	}
	loud := Loud(sound, lectern.SampleRate, 0.003, lectern.SampleRate/10, lectern.SampleRate/100)
	if len(words) == 0 || len(loud) == 0 {
		return nil
	}
	for i, at := range Spread(weights, loud) {
		words[i].Start, words[i].End = at.Start, at.End
	}
	return words
}

// Sentences returns the sentences of text in their spoken form, as [Prepare] makes them.
func Sentences(text string) []string {
	var out []string
	for _, s := range Prepare(lectern.Plain(text), Recognise(text), nil) {
		out = append(out, s.Text)
	}
	return out
}
