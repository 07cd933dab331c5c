package render

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lectern"
)

// A short presentation that begins while a long one uses all encoders, tabs and voices ends long before it. Requests
// are served in the order in which they came, and the long one never has more of them waiting than there are slots.
func TestAShortPresentationOvertakesALongOne(t *testing.T) {
	t.Parallel()
	const slides = 24
	g := newRig(t)
	g.Pipeline.Resources = NewResources(Slots{Encoders: 1, Tabs: 1, Voices: 1})
	begun, encoded := make(chan struct{}), atomic.Int64{}
	var once sync.Once
	g.ffmpeg.after = func(c Command) {
		if strings.Contains(strings.Join(c.Args, " "), "-frames:v 1 -r") && encoded.Add(1) == 2 {
			once.Do(func() { close(begun) })
		}
	}
	start := func(n int, name string) (done chan error) {
		d := lectern.Deck{Title: name, Size: lectern.Size{Width: 320, Height: 240}, FrameRate: 25,
			Quality: lectern.QualityLow, Layout: lectern.LayoutSlideOnly}
		for i := range n {
			d.Slides = append(d.Slides, lectern.Slide{Template: "content", Props: map[string]any{"title": fmt.Sprint(name, i)},
				Narration: fmt.Sprintf("This is slide %d of the %s talk.", i, name)})
		}
		done = make(chan error, 1)
		scratch := t.TempDir()
		go func() {
			_, err := g.Run(t.Context(), lectern.Job{ID: name, Attempt: 1, Deck: d, Scratch: scratch}, &recorder{})
			done <- err
		}()
		return done
	}
	long := start(slides, "long")
	await := func(ch <-chan struct{}) {
		select {
		case <-ch:
		case err := <-long:
			t.Fatalf("the long one ended first: %v", err)
		}
	}
	await(begun)
	before := encoded.Load()
	short := start(2, "short")
	var err error
	ended := make(chan struct{})
	go func() {
		err = <-short
		close(ended)
	}()
	await(ended)
	if err != nil {
		t.Fatal(err)
	}
	// Two of these are slides of the short one. The others are of the long one: one before each step of the short one,
	// and those that were encoded while the short one was prepared.
	if n := encoded.Load() - before; n > slides/2 {
		t.Errorf("%d slides were encoded until the short one was done", n)
	}
	if err := <-long; err != nil {
		t.Fatal(err)
	}
}
