package render

import (
	"context"
	"fmt"
	"image"
	"slices"
	"sync/atomic"

	"lectern"
	"lectern/internal/capture"
	"lectern/internal/fail"
)

// capturedSlide is the picture of a slide: a PNG in the cache.
type capturedSlide struct {
	file
	drawn atomic.Pointer[image.RGBA] // the same picture in memory, until an encoder takes it; nil: read the file
}

// capturer captures slides.
type capturer struct {
	*steps
	*outline
	slides      *capture.Capturer
	resources   *Resources
	pictures    *capture.Pictures // the pictures that pages load, fetched and checked
	backgrounds capture.Backgrounds
	importer    *importer
	placer      *placer
}

// capture makes the picture of a slide, and warns of what does not fit on it.
func (u *capturer) capture(ctx context.Context, s *slide) error {
	u.track.say(lectern.StageCapturing, fmt.Sprintf("Drawing %s.", u.of(s)))
	steps := slices.Concat(u.deck.StepsOf(s.index), []lectern.SlideStep{{}})
	for k, v := range s.views {
		draw := u.sheet
		if u.deck.Slides[s.index].Page != nil {
			draw = u.page
		}
		if err := draw(ctx, s, v, steps[k]); err != nil {
			return err
		}
		u.track.move(taskOf("capture", s), float64(k+1)/float64(len(s.views)))
	}
	close(s.captured)
	return nil
}

// sheet draws a view of a slide with a template.
func (u *capturer) sheet(ctx context.Context, s *slide, v *view, step lectern.SlideStep) error {
	if err := await(ctx, u.placer.placed); err != nil { // the page leaves room in that corner
		return err
	}
	sh, err := u.slides.SheetOf(ctx, u.inCorner(), s.index, step.Hidden, u.pictures)
	if err != nil {
		return fail.On(ctx, err, s.number)
	}
	v.picture.file, err = u.step(ctx, lectern.StepCapture, s.number, sh.Key, ".png", func(path string) error {
		return u.slides.Draw(ctx, u.cache, u.deck.Size, sh, &u.backgrounds, path,
			func(whole *image.RGBA) { u.keep(s, v, whole) })
	})
	if err != nil || v != s.own() {
		return err
	}
	lacking, err := u.slides.Overflow(ctx, u.cache, sh, s.number)
	if err != nil {
		return fail.On(ctx, err, s.number)
	}
	u.warn(lacking)
	return nil
}

// keep keeps the picture of one of the first slides in memory until an encoder takes it, since encoders wait for these.
// Later pictures are read from their files: in a long deck, captures are far ahead of encoders.
func (u *capturer) keep(s *slide, v *view, whole *image.RGBA) {
	most := min(u.resources.slots.Encoders, mostDrawn)
	if s.index >= most || v != s.own() {
		return
	}
	if u.resources.drawn.Add(1) <= int64(most) {
		v.picture.drawn.Store(whole)
	} else {
		u.resources.drawn.Add(-1)
	}
}

// mostDrawn is how many slides the presentations of a process together keep in memory, however many encoders there are.
const mostDrawn = 4
