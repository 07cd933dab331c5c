package render

import (
	"context"
	"errors"
	"image"
	"lectern/internal/fail"

	"lectern"
)

// ahead draws the frames of a clip while those before them are composed and encoded.
type ahead struct {
	clip  lectern.Clip
	drawn chan drawn
	spare chan *image.RGBA // free frames; the caller of next puts a frame back when it is done with it
	quit  chan struct{}
	ended chan struct{}
}

type drawn struct {
	frame *image.RGBA
	err   error
}

var errClosed = errors.New("the clip is closed")

// depth is how many frames exist: one is composed while the other is drawn.
const depth = 2

// drawAhead begins to draw frames of a clip, each of the size of the window at. The caller must call stop.
func drawAhead(clip lectern.Clip, at lectern.Rect, frames int64) *ahead {
	a := &ahead{clip: clip, drawn: make(chan drawn), spare: make(chan *image.RGBA, depth), quit: make(chan struct{}),
		ended: make(chan struct{})}
	for range depth {
		a.spare <- image.NewRGBA(image.Rect(0, 0, at.Width, at.Height))
	}
	go func() {
		defer close(a.ended)
		for range frames {
			if !a.draw() {
				return
			}
		}
	}()
	return a
}

// draw draws one frame, and reports whether there can be more.
func (a *ahead) draw() bool {
	var d drawn
	select {
	case d.frame = <-a.spare:
	case <-a.quit:
		return false
	}
	d.err = fail.Guard(func() error { return a.clip.Next(d.frame) })
	select {
	case a.drawn <- d:
		return d.err == nil
	case <-a.quit:
		return false
	}
}

// next returns the next frame. It must not be called after an error, nor for more frames than are drawn.
func (a *ahead) next() (*image.RGBA, error) {
	d := <-a.drawn
	return d.frame, d.err
}

// stop ends the drawing and waits for its goroutine. cancel ends the context of the clip.
func (a *ahead) stop(cancel context.CancelCauseFunc) {
	close(a.quit)
	cancel(errClosed)
	<-a.ended
}
