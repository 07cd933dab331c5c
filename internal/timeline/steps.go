package timeline

import "lectern"

// Clicks returns the frames at which a slide goes on, counted from its first one. at are the samples of the clicks,
// from the slide's first one on, in order.
//
// A click happens in the frame in which its sample is, so a picture is never late, and at most a frame early. Clicks
// keep away from the transitions by MinBody frames, so that a transition shows one picture of the slide. Between two
// clicks are no frames or at least MinBody: of clicks that are closer, the earlier one happens together with the later
// one, and the picture between them is not shown. A body that is too short for two pictures has all clicks at its
// first frame.
func (r Rate) Clicks(s Slot, at []int64) []int64 {
	frames := make([]int64, len(at))
	first, last := s.In+MinBody, s.Frames-s.Out-MinBody
	if first > last {
		for i := range frames {
			frames[i] = s.In
		}
		return frames
	}
	before := first
	for i, sample := range at {
		frames[i] = min(max(sample*int64(r)/lectern.SampleRate, before), last)
		before = frames[i]
	}
	for i := len(frames) - 2; i >= 0; i-- {
		if frames[i+1]-frames[i] < MinBody {
			frames[i] = frames[i+1]
		}
	}
	return frames
}
