package h264

import (
	"fmt"
	"io"
	"testing"

	"lectern"
)

// reach is the largest distance, in macroblocks, that x264's motion vectors can leave a picture: 24 pixels and three
// for the filter (x264, encoder/analyse.c, mb_analyse_init).
const reach = 2

// probe writes a stream that shows whether the small stream decodes to the same pictures when it is spliced. It has the
// small pictures on a background of noise instead of the slide, with reach macroblocks of noise on each side if the
// whole picture has as many. A decoder repeats the border of a small picture outward, but a spliced picture has
// neighbours. A motion vector that points to a neighbour reads noise here, so its block decodes to other pixels. If the
// decoded pictures are the same, no vector points outside, and the small stream can be spliced into any slide.
//
// The first picture is the noise. Each later one has the next small picture at the rectangle that probe returns, in
// pixels.
func (p *Splicer) probe(t testing.TB, to io.Writer, small *Pictures) (at lectern.Rect, err error) {
	left, top := min(p.at.X, reach), min(p.at.Y, reach)
	width := left + p.small.Width + min(p.whole.Width-p.at.X-p.small.Width, reach)
	height := top + p.small.Height + min(p.whole.Height-p.at.Y-p.small.Height, reach)
	noise := p.small.sized(t, width, height)
	w := &writer{w: to}
	w.sets(noise)
	w.noise(noise)
	if err := w.flush(); err != nil {
		return at, err
	}
	probe := &Splicer{whole: noise, small: p.small, at: Place{X: left, Y: top}}
	for n := uint32(1); ; n++ {
		units, err := small.Units()
		if err == io.EOF {
			return lectern.Rect{X: 16 * left, Y: 16 * top, Width: p.small.Size.Width, Height: p.small.Size.Height}, nil
		}
		if err != nil {
			return at, err
		}
		if err := probe.picture(w, units, n); err != nil {
			return at, err
		}
	}
}

// sized returns s for pictures of another size, in macroblocks.
func (s Sets) sized(t testing.TB, width, height int) Sets {
	t.Helper()
	one := ffmpeg(t, nil,
		append([]string{"-f", "lavfi", "-i", fmt.Sprintf("color=gray:s=%dx%d:r=30", 16*width, 16*height),
			"-frames:v", "1"}, append(options(true, ""), "pipe:1")...)...)
	sized, err := ParseSets(setsOf(t, one).SPS, s.PPS)
	if err != nil {
		t.Fatal(err)
	}
	return sized
}

// noise writes a key picture of random samples without compression (I_PCM), with its own picture parameter set without
// CABAC.
func (w *writer) noise(s Sets) {
	id := s.ppsID + 1
	var pps bitWriter
	pps.ue(id)
	pps.ue(s.spsID)
	pps.u(2, 0) // CAVLC, no field order
	pps.ue(0)   // one slice group
	pps.ue(0)   // one reference
	pps.ue(0)
	pps.u(3, 0) // no weighted prediction
	pps.se(0)   // quantizers
	pps.se(0)
	pps.se(0)
	pps.u(3, 0b100) // slice headers set the deblocking
	pps.trailing()
	w.made(func(dst []byte) []byte { return unit(dst, 3, nalPPS, pps.b) })

	plain := s
	plain.ppsID, plain.cabac, plain.deblockFields = id, false, true
	var b bitWriter
	plain.write(&b, header{kind: typeI, key: true, ref: 3, filter: 1})
	v := uint64(0x9e3779b97f4a7c15) // xorshift64 (Marsaglia, 2003)
	const samples = 384             // of a macroblock in 4:2:0
	for range s.Macroblocks() {
		b.ue(25) // I_PCM (table 7-11)
		b.free = 0
		for range samples / 8 {
			v ^= v << 13
			v ^= v >> 7
			v ^= v << 17
			for i := range 8 {
				b.b = append(b.b, byte(v>>(8*i)))
			}
		}
	}
	b.trailing()
	w.made(func(dst []byte) []byte { return unit(dst, 3, nalKeySlice, b.b) })
}
