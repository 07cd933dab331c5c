// Package timeline turns durations into the exact plan of a video.
//
// Sound is counted in samples and pictures in frames, and the two seldom divide: a narration of 3.217 s at 30 frames a
// second ends inside a frame. A plan that rounds each slide separately, or adds up seconds as floating-point numbers,
// loses lip sync after an hour. So this package has only integers, and one rule between the two clocks: frame f begins
// with sample ⌊f·48000/rate⌋ ([Rate.Sample]). A slide lasts as many whole frames as its lead, its narration and its
// tail need. Slides and transitions add up exactly to the video, and a narration's place is a number of samples from
// the start of the video, not from a neighbour.
//
// Neighbours overlap by the frames of the transition between them. Lead and tail grow to cover a transition, so there
// is no speech during one, and a slide keeps at least MinBody frames of its own. The parts of one recording of a whole
// talk are an exception: they follow one another without a gap, and the middle of a transition is where two of them
// meet ([Need.Joined]).
package timeline

import (
	"fmt"
	"time"

	"lectern"
)

// MinBody is the least number of frames of a slide outside its transitions. It is two, because with one frame each, two
// key pictures in a row would have the same id (H.264 7.4.3).
const MinBody = 2

// MaxFrames bounds a plan: thirty days at 60 frames a second, far below an overflow.
const MaxFrames = 30 * 24 * 3600 * 60

// Rate is a number of frames a second, above 0.
type Rate int64

// Sample returns the first sample of frame f. It never falls as f rises.
func (r Rate) Sample(f int64) int64 { return f * lectern.SampleRate / int64(r) }

// Frames returns the least number of frames that hold n samples, whichever frame is the first of them.
func (r Rate) Frames(n int64) int64 {
	return (n*int64(r) + lectern.SampleRate - 1) / lectern.SampleRate
}

// Nearest returns d in frames, rounded to the nearest frame.
func (r Rate) Nearest(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	sec, rest := int64(d/time.Second), int64(d%time.Second)
	return sec*int64(r) + (rest*int64(r)+int64(time.Second)/2)/int64(time.Second)
}

// Samples returns d in samples, rounded down. Negative durations give 0.
func Samples(d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	sec, rest := int64(d/time.Second), int64(d%time.Second)
	return sec*lectern.SampleRate + rest*lectern.SampleRate/int64(time.Second)
}

// Rules are the rules that all slides of a deck share. Lead and Tail are the samples of silence before and after a
// narration. A long transition makes them longer.
type Rules struct {
	Rate Rate
	Lead int64
	Tail int64
}

// DefaultRules returns a lead of 300 ms, so that a slide is visible before its narration, and a tail of 500 ms.
func DefaultRules(r Rate) Rules {
	return Rules{Rate: r, Lead: lectern.SampleRate * 3 / 10, Tail: lectern.SampleRate / 2}
}

// Need is the length that one slide needs, in samples: its narration or, without one, its hold.
type Need struct {
	Narration int64
	Hold      int64
	Least     int64 // the shortest a slide with a narration may be; 0: as short as its narration needs
	// Joined says that the narration follows that of the slide before without a gap, and has pauses of its own. There is
	// no lead and no tail but the half of each transition. If the narrations of both slides are whole frames long, the
	// second begins with the sample at which the first ends.
	Joined bool
}

// Slot is the length of one slide and of its parts. It depends only on the slide and its two transitions, so that a
// slide can be encoded before the narrations of later slides exist.
type Slot struct {
	Frames int64 // all of it, both transitions included
	In     int64 // frames shared with the slide before
	Out    int64 // frames shared with the slide after
	Lead   int64 // samples from the slide's first frame to its narration
	Spoken int64 // samples of narration
}

// Body returns the number of frames outside the transitions.
func (s Slot) Body() int64 { return s.Frames - s.In - s.Out }

// Fit makes the slot of one slide between transitions of in and out frames.
func (r Rules) Fit(n Need, in, out int64) Slot {
	s := Slot{In: in, Out: out, Spoken: max(n.Narration, 0)}
	least := in + out + MinBody
	if s.Spoken == 0 {
		s.Frames = max(r.Rate.Frames(n.Hold), least)
		return s
	}
	if n.Joined {
		s.Lead = r.Rate.Sample(in / 2)
		s.Frames = max(r.Rate.Frames(max(s.Lead+s.Spoken+r.Rate.Sample(out-out/2), n.Least)), least)
		return s
	}
	// A transition of in frames is over ⌈in·48000/rate⌉ samples after the slide's first one, or sooner.
	cover := func(frames int64) int64 {
		return (frames*lectern.SampleRate + int64(r.Rate) - 1) / int64(r.Rate)
	}
	s.Lead = max(r.Lead, cover(in))
	s.Frames = max(r.Rate.Frames(max(s.Lead+s.Spoken+max(r.Tail, cover(out)), n.Least)), least)
	return s
}

// Slide is a slot with its place in the video.
type Slide struct {
	Slot
	Start  int64 // the slide's first frame, in which the transition before it begins
	Speech int64 // the sample at which the narration begins
}

// End is the frame after the slide's last one.
func (s Slide) End() int64 { return s.Start + s.Frames }

// BodyStart is the first frame that shows only this slide.
func (s Slide) BodyStart() int64 { return s.Start + s.In }

// Plan is the whole video.
type Plan struct {
	Rate    Rate
	Frames  int64
	Samples int64 // samples of Frames frames
	Slides  []Slide
}

// Duration is how long the frames last, rounded down to a nanosecond.
func (p Plan) Duration() time.Duration {
	return time.Duration(p.Frames * int64(time.Second) / int64(p.Rate))
}

// Piece is a part of the video that is encoded as a unit: the body of a slide, or the transition after it.
type Piece struct {
	Slide      int // counted from 0; for a transition, the slide before it
	Transition bool
	Start      int64
	Frames     int64
}

// Build lays out the slots one after the other. Each slot's Out must equal its successor's In; the first In and the
// last Out must be 0. Build returns an error otherwise, and for an empty list.
func Build(r Rate, slots []Slot) (Plan, error) {
	if r <= 0 || len(slots) == 0 {
		return Plan{}, fmt.Errorf("a plan needs slides and a frame rate, not %d slides at %d frames a second",
			len(slots), r)
	}
	p := Plan{Rate: r, Slides: make([]Slide, len(slots))}
	out := int64(0)
	for i, s := range slots {
		if s.In != out || s.In < 0 || s.Out < 0 || s.Body() < MinBody {
			return Plan{}, fmt.Errorf("slide %d does not fit its neighbours: of its %d frames it shares %d with the "+
				"slide before, which shares %d, and %d with the slide after", i+1, s.Frames, s.In, out, s.Out)
		}
		start := p.Frames - s.In
		p.Slides[i] = Slide{Slot: s, Start: start, Speech: r.Sample(start) + s.Lead}
		p.Frames = start + s.Frames
		if p.Frames > MaxFrames {
			return Plan{}, fmt.Errorf("the video would have more than %d frames", int64(MaxFrames))
		}
		out = s.Out
	}
	if out != 0 {
		return Plan{}, fmt.Errorf("the last slide shares %d frames with a next slide, but there is none", out)
	}
	p.Samples = r.Sample(p.Frames)
	return p, nil
}

// Pieces lists the video from its first to its last frame: each piece begins where the one before ends.
func (p Plan) Pieces() []Piece {
	pieces := make([]Piece, 0, 2*len(p.Slides))
	for i, s := range p.Slides {
		pieces = append(pieces, Piece{Slide: i, Start: s.BodyStart(), Frames: s.Body()})
		if s.Out > 0 {
			pieces = append(pieces, Piece{Slide: i, Transition: true, Start: s.End() - s.Out, Frames: s.Out})
		}
	}
	return pieces
}
