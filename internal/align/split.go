package align

import (
	"context"

	"lectern"
)

// Cut is where one slide ends and the next one begins.
type Cut struct {
	At int64 // in samples at lectern.SampleRate: the middle of Pause
	// The pause that holds the cut, in samples. It is empty if the recording has no pause near the end of the slide; the
	// cut is then at the quietest moment.
	Start, End int64
	// 0 to 1: how well the recording matches the text on both sides of the cut. Below [Doubtful] a person should listen.
	Confidence float64
}

// Doubtful is the confidence below which a result may be wrong.
const Doubtful = 0.3

// Split finds the cuts between the slides in one recording of a whole talk: one less than there are scripts, in order.
// scripts are the texts of the slides. The recording may say some words differently, skip sentences and add some.
//
// Each cut is inside a pause, so it is never inside a word. A slide without text, or whose text is not in the
// recording, gets a part without sound: the cuts before and after it are equal, or it gets a part of a pause. If the
// recording does not match the texts at all, the failure has lectern.CodeInvalidDeck.
func Split(ctx context.Context, ref Reference, rec *Recording, scripts []lectern.Script) ([]Cut, error) {
	if len(scripts) < 2 {
		return nil, nil
	}
	ren, err := render(ctx, ref, scripts)
	if err != nil {
		return nil, err
	}
	if ren.frames() == 0 {
		return nil, lectern.Fail(lectern.CodeInvalidDeck, "The recording cannot be divided, because no slide has notes to "+
			"compare it with. Give the times at which the slides begin (\"starts\").")
	}
	if rec.frames() == 0 {
		return nil, lectern.Fail(lectern.CodeInvalidDeck, "The recording is empty.")
	}
	p := prepare(rec, ren)
	path, err := search(ctx, &p.rec, &p.ref)
	if err != nil {
		return nil, err
	}
	if err := p.calibrate(ctx); err != nil {
		return nil, err
	}
	if p.fit(path) < hopeless {
		return nil, lectern.Fail(lectern.CodeInvalidDeck, "The recording does not say what the notes of the slides say. "+
			"Check that it belongs to this deck, or give the times at which the slides begin (\"starts\").")
	}
	return p.cuts(path, len(scripts)-1), nil
}

// cuts reads the cuts from a path: a boundary of the reference matches frames of a pause.
func (p *pair) cuts(path []step, n int) []Cut {
	out := make([]Cut, 0, n)
	for k, s := range path {
		if s.move == extra || p.ref.kind[s.j] != boundary || k > 0 && path[k-1].j == s.j && path[k-1].move != extra {
			continue
		}
		last := k // of the steps of this boundary
		for last+1 < len(path) && path[last+1].j == s.j {
			last++
		}
		c := p.cut(int(path[(k+last)/2].i))
		c.Confidence *= p.fit(path[max(k-near, 0):min(last+near, len(path))])
		if len(out) > 0 {
			c.At = max(c.At, out[len(out)-1].At)
		}
		out = append(out, c)
	}
	return out
}

// cut returns the cut at a frame of the track of the recording. Its confidence is 1 if there is a pause.
func (p *pair) cut(i int) Cut {
	i = min(i, p.rec.len()-1)
	frame := int(p.rec.at[i])
	if q, ok := p.pauseAt(frame); ok {
		c := Cut{Start: int64(q.start) * hop, End: min(int64(q.end)*hop, p.samples), Confidence: 1}
		c.At = (c.Start + c.End) / 2
		return c
	}
	switch i { // the recording begins or ends with speech
	case 0:
		return Cut{Confidence: 1}
	case p.rec.len() - 1:
		return Cut{At: p.samples, Start: p.samples, End: p.samples, Confidence: 1}
	}
	lo, hi := max(frame-shortest, 0), min(frame+shortest, len(p.activity)-1)
	at := lo
	for f := lo; f <= hi; f++ {
		if smooth(p.activity, f) < smooth(p.activity, at) {
			at = f
		}
	}
	c := int64(at)*hop + hop/2
	return Cut{At: c, Start: c, End: c, Confidence: 0.5}
}
