package render

import (
	"image"

	"lectern"
	"lectern/internal/captions"
	"lectern/internal/picture"
	"lectern/internal/timeline"
)

// view is a picture of a slide: its own, which has everything on it, or that of a step before.
type view struct {
	picture capturedSlide
	yuv     yuvFile
	segment segment // of a slide without an avatar, once it is encoded
}

// part is a stretch of frames in which a slide shows one of its views.
type part struct {
	*view
	from int64 // its first frame, counted from the slide's first
}

// own returns the picture that has everything on it.
func (s *slide) own() *view { return s.views[len(s.views)-1] }

// side returns the view that a transition shows: the last one of a leaving slide, the first one of a coming slide.
func (s *slide) side(leaving bool) *view {
	if leaving {
		return s.parts[len(s.parts)-1].view
	}
	return s.parts[0].view
}

// sideKey is the content key of what a transition shows of a slide.
func (s *slide) sideKey(leaving bool) string {
	if s.window != nil {
		return s.segment.key
	}
	return s.side(leaving).segment.key
}

// frames returns the number of frames of part k in the body of the slide.
func (s *slide) frames(k int) int64 {
	from, to := max(s.parts[k].from, s.in), s.slot.Frames-s.out
	if k+1 < len(s.parts) {
		to = s.parts[k+1].from
	}
	return to - from
}

// arrange sets the parts of a slide whose slot is known. A view between two clicks that happen together has no part.
func (s *slide) arrange(clicks []int64) {
	from := int64(0)
	for k, at := range clicks {
		if at > max(from, s.in) {
			s.parts = append(s.parts, part{s.views[k], from})
			from = at
		}
	}
	s.parts = append(s.parts, part{s.own(), from})
	for k, p := range s.parts {
		p.yuv.uses = 1
		if k == 0 && s.in > 0 {
			p.yuv.uses++
		}
		if k == len(s.parts)-1 && s.out > 0 {
			p.yuv.uses++
		}
	}
}

// clicks returns the frames at which a slide goes on to its next view, see [timeline.Rate.Clicks].
func (u *outline) clicks(s *slide) ([]int64, error) {
	numbers := u.clicksOf(s)
	if len(numbers) == 0 {
		return nil, nil
	}
	last := numbers[len(numbers)-1]
	at := make([]int64, last)
	if places := s.script.PlaceClicks(last); places == nil || s.narration.samples == 0 {
		from, spoken := s.slot.Lead, s.slot.Spoken
		if spoken == 0 {
			from, spoken = u.rules.Rate.Sample(s.in), u.rules.Rate.Sample(s.slot.Body())
		}
		for k := range at {
			at[k] = from + spoken*int64(k+1)/int64(last+1)
		}
	} else if err := s.spokenClicks(places, at); err != nil {
		return nil, err
	}
	ends := make([]int64, len(numbers))
	for i, n := range numbers {
		ends[i] = at[n-1]
	}
	return u.rules.Rate.Clicks(s.slot, ends), nil
}

// spokenClicks sets the samples at which the clicks happen, counted from the slide's first one. A click before a pause
// happens before the pause.
func (s *slide) spokenClicks(places []lectern.Click, at []int64) error {
	n := s.narration // a copy: open sets fields of it, and others read it meanwhile
	a, err := n.open()
	if err != nil {
		return err
	}
	offsets := make([]int, len(places))
	for k, p := range places {
		offsets[k] = p.At
	}
	spoken := captions.Spoken{Text: s.script.Text, Words: a.Words, Samples: n.samples}
	before := int64(0)
	for k, sample := range captions.Places(spoken, offsets) {
		before = max(before, sample-timeline.Samples(places[k].Wait))
		at[k] = s.slot.Lead + before
	}
	return nil
}

// clicksOf returns the numbers of the clicks that end the steps of a slide.
func (u *outline) clicksOf(s *slide) []int {
	d := u.deck.Slides[s.index]
	d.Steps = u.deck.StepsOf(s.index)
	return d.Clicks()
}

// scene is what is behind the avatar while the frames of a slide are composed: its views, one after the other.
type scene struct {
	yuv    yuvFiles
	slide  *slide
	part   int
	layer  layer
	region *picture.Region
}

// layer is a view with the avatar's window drawn in.
type layer struct {
	img *image.RGBA
	yuv *picture.YUV
}

// layerOf draws a view of a slide.
func (u yuvFiles) layerOf(s *slide, v *view) (layer, error) {
	img, err := u.canvas(s, v)
	if err != nil {
		return layer{}, err
	}
	return layer{img, picture.ToYUV(img)}, nil
}

// newScene returns a scene that begins with the slide's first view, which is drawn already.
func (u yuvFiles) newScene(s *slide, first layer) *scene {
	return &scene{yuv: u, slide: s, layer: first, region: s.window.NewRegion(first.img)}
}

// compose composes a frame of the avatar, counted from the slide's first, with the view that is shown then. Frames are
// in order.
func (c *scene) compose(n int64, frame *image.RGBA) ([]byte, error) {
	for c.part+1 < len(c.slide.parts) && c.slide.parts[c.part+1].from <= n {
		c.part++
		var err error
		if c.layer, err = c.yuv.layerOf(c.slide, c.slide.parts[c.part].view); err != nil {
			return nil, err
		}
		c.region = c.slide.window.NewRegion(c.layer.img)
	}
	return c.region.Compose(frame), nil
}
