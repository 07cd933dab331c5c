package builtin

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"lectern"
	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// A face that is drawn after others shows nothing of them: it is the same as one that is drawn first.
func TestFacesShowNothingOfEarlierOnes(t *testing.T) {
	t.Parallel()
	e := New()
	for _, ch := range e.cast {
		f := e.figure(ch, &ch.looks[0], lectern.Size{Width: 120, Height: 120})
		used := newEasel(f, e.sprites)
		rapid.Check(t, func(t *rapid.T) {
			p := neutral()
			few := rapid.SampledFrom([]float64{0, 0.5, 1}) // so that parts of a face often stay the same
			p.lids = [2]float64{few.Draw(t, "left lid"), few.Draw(t, "right lid")}
			p.brows = [2]float64{few.Draw(t, "left brow"), few.Draw(t, "right brow")}
			p.gaze = paint.P(few.Draw(t, "x"), few.Draw(t, "y"))
			p.mouth[speech.Open], p.mouth[speech.Round] = few.Draw(t, "open"), few.Draw(t, "round")
			show := func(e *easel) []byte {
				e.lay([3]*paint.Sprite{e.sprites.eyes(f, &p), e.sprites.brows(f, &p), e.sprites.mouth(f, &p)})
				return e.face.Image().Pix
			}
			if !bytes.Equal(show(used), show(newEasel(f, e.sprites))) {
				t.Fatal("a face that is drawn after others differs from one that is drawn first")
			}
		})
	}
}
