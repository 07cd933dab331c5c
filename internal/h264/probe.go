package h264

import (
	"io"

	"lectern"
)

// Reach is how far, in macroblocks, x264's motion vectors can reach out of a picture: 24 pixels and three for the filter
// (x264, encoder/analyse.c, mb_analyse_init).
const Reach = 2

// Probe writes a stream that shows whether the small stream, spliced, decodes to what it decodes to by itself. It has the
// small pictures on a ground of noise instead of the slide, Reach macroblocks of it on each side where the whole picture
// has as many. By itself a small picture goes on behind its border as its border is; spliced, its neighbours are there. A
// motion vector that reads any of them reads noise here, and what it gives is not what the small stream gives by itself.
// Where all is the same, nothing outside was read, whatever the slide looks like.
//
// Behind the first picture, which is the noise, each has the next small one at the rectangle that Probe gives, in pixels.
func (p *Splicer) Probe(to io.Writer, small *Pictures) (at lectern.Rect, err error) {
	left, top := min(p.at.X, Reach), min(p.at.Y, Reach)
	width := left + p.small.Width + min(p.whole.Width-p.at.X-p.small.Width, Reach)
	height := top + p.small.Height + min(p.whole.Height-p.at.Y-p.small.Height, Reach)
	ground, err := p.small.resized(width, height)
	if err != nil {
		return at, err
	}
	w := &writer{w: to}
	w.sets(ground)
	w.noise(ground)
	if err := w.flush(); err != nil {
		return at, err
	}
	probe := &Splicer{whole: ground, small: p.small, at: Place{X: left, Y: top}}
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

// resized gives s for pictures of another size, in macroblocks, of which all is shown.
func (s Sets) resized(width, height int) (Sets, error) {
	payload := unescape(nil, s.SPS[1:])
	var w bitWriter
	w.copyFrom(payload, 0, s.sizeAt)
	w.ue(uint32(width - 1))
	w.ue(uint32(height - 1))
	w.copyFrom(payload, s.sizeEnd, s.cropAt)
	w.flag(false)
	w.copyFrom(payload, s.cropEnd, dataEnd(payload))
	w.trailing()
	return ParseSets(unit(nil, 3, nalSPS, w.b), s.PPS)
}

// noise writes a key picture of random samples, each as it is (I_PCM), under a picture parameter set of its own without
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
	pps.u(3, 0b100) // slices say how to deblock
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
