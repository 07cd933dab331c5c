package align

import (
	"context"
	"sort"

	"lectern"
)

// rendition is what the reference says: the texts of several slides, one after the other.
type rendition struct {
	levels []float32
	parts  []part
}

// part is the text of one slide in a rendition.
type part struct {
	frame, frames int // where it is in the rendition
	words         []lectern.Span
	phonemes      []lectern.Span
}

// render lets the reference read each script. Samples are not kept.
func render(ctx context.Context, ref Reference, scripts []lectern.Script) (*rendition, error) {
	out := &rendition{}
	for i, s := range scripts {
		p := part{frame: out.frames()}
		if !s.Silent() {
			n, err := ref.Render(ctx, s)
			if err != nil {
				return nil, onSlide(err, i+1, len(scripts))
			}
			r, err := hearAll(ctx, n.Samples)
			if err != nil {
				return nil, onSlide(err, i+1, len(scripts))
			}
			p.frames, p.words, p.phonemes = r.frames(), n.Words, n.Phonemes
			out.levels = append(out.levels, r.levels...)
		}
		if int64(out.frames())*hop > limit {
			return nil, lectern.Fail(lectern.CodeTooLarge, "The text takes longer than %d hours to say. Divide it into parts.",
				maxHours)
		}
		out.parts = append(out.parts, p)
	}
	return out, nil
}

func (r *rendition) frames() int { return len(r.levels) / bands }

// pair is a recording and a rendition as tracks, ready to be aligned.
type pair struct {
	rec, ref track
	still    []stretch // pauses of the recording, the silence at its ends included
	activity []float32 // of the recording, for each frame
	samples  int64     // of the recording
	unit     float32
}

// prepare makes the tracks of both sounds.
func prepare(rec *Recording, ren *rendition) *pair {
	p := &pair{samples: rec.samples}
	heard, read := study(rec.levels), study(ren.levels)
	var readStill []stretch
	p.still, p.activity = heard.pauses(rec.levels)
	readStill, _ = read.pauses(ren.levels)
	heard.speech(rec.levels, p.still)
	read.speech(ren.levels, readStill)

	// What the noise of the recording hides does not count in the reference either.
	var floor [bands]float64
	for b := range floor {
		floor[b] = max(read.noise[b], heard.noise[b]-heard.mean[b]+read.mean[b])
	}
	p.recTrack(features(rec.levels, &heard.noise, p.still), rec.frames())
	feature := features(ren.levels, &floor, readStill)
	for i, part := range ren.parts {
		if i > 0 {
			p.ref.add(make([]float32, dims), boundary, int32(part.frame))
		}
		p.ref.shorten(feature, trim(stretch{part.frame, part.frame + part.frames}, readStill), readStill)
	}
	p.unit = unit(&p.rec, &p.ref)
	return p
}

// recTrack makes the track of the recording. It begins and ends with a pause, because a slide without text may be first
// or last.
func (p *pair) recTrack(feature []float32, frames int) {
	nothing := make([]float32, dims)
	p.rec.add(nothing, pause, 0)
	p.rec.shorten(feature, stretch{0, frames}, p.still)
	p.rec.add(nothing, pause, int32(max(frames-1, 0)))
}

// trim leaves out the pauses at the ends of a stretch.
func trim(s stretch, still []stretch) stretch {
	for _, q := range still {
		if q.start <= s.start && q.end > s.start {
			s.start = min(q.end, s.end)
		}
		if q.end >= s.end && q.start < s.end {
			s.end = max(q.start, s.start)
		}
	}
	return s
}

// shorten adds the frames of a stretch. Of a long pause only its beginning and its end remain.
func (t *track) shorten(feature []float32, s stretch, still []stretch) {
	at := s.start
	for _, q := range append(still[:len(still):len(still)], stretch{s.end, s.end}) {
		q.start, q.end = min(max(q.start, at), s.end), min(q.end, s.end)
		for ; at < q.start; at++ {
			t.add(feature[at*dims:(at+1)*dims], speech, int32(at))
		}
		for ; at < q.end; at++ {
			if at-q.start < kept/2 || q.end-at <= kept/2 {
				t.add(feature[at*dims:(at+1)*dims], pause, int32(at))
			}
		}
	}
}

// pauseAt returns the pause that holds a frame of the recording.
func (p *pair) pauseAt(frame int) (stretch, bool) {
	k := sort.Search(len(p.still), func(k int) bool { return p.still[k].end > frame })
	if k < len(p.still) && p.still[k].start <= frame {
		return p.still[k], true
	}
	return stretch{frame, frame}, false
}

// quality is how well a step of a path fits, from 0 to 1. counts is false if the step says nothing about that.
func (p *pair) quality(s step) (fit float64, counts bool) {
	switch {
	case s.move == extra:
		return 0, false
	case p.ref.kind[s.j] != speech:
		return 0, false
	case s.move == skip:
		return 0, true
	case p.rec.kind[s.i] != speech:
		return 0, true
	}
	d := float64(between(p.rec.row(int(s.i)), p.ref.row(int(s.j))) * p.unit)
	return min(max((worst-d)/(worst-best), 0), 1), true
}

// fit is the mean quality of a part of a path.
func (p *pair) fit(path []step) float64 {
	sum, n := 0.0, 0
	for _, s := range path {
		if q, counts := p.quality(s); counts {
			sum, n = sum+q, n+1
		}
	}
	return sum / float64(max(n, 1))
}
