package compose

import (
	"encoding/binary"
	"math"

	"lectern"
)

// IsFade reports whether kind is the transition that [Mix] makes and [Encoding.Faded] encodes.
func IsFade(kind string) bool { return kind == lectern.TransitionFade }

// search is how thoroughly an encoder looks for what moved: for whole pixels a few beside where it expects them. A person who speaks
// moves little and smoothly, and a fade not at all (docs/PIPELINE.md).
const search = "me=dia:subme=0:partitions=none:merange=4"

// blind is search for a fade, which does not move at all. Nothing in it refers to what comes later than the next picture, so x264
// need not look ahead for its macroblock tree. withoutBoth is by how much the constant rate factor is higher without that and with
// less adaptive quantization, for about as many bits: a quarter less time and half a decibel more. With none of the latter the steps
// of dark gradients show.
const (
	blind       = "mbtree=0:rc-lookahead=0:aq-strength=0.5:" + search
	withoutBoth = 6
)

// Faded gives the arguments that encode frames pictures of a fade from standard input.
func (e Encoding) Faded(frames int64, threads int, to string) []string {
	crf := e.effort().crf
	if e.Encoder == Software {
		crf += withoutBoth
	}
	args := append(e.raw(e.Size, "pipe:0"), "-vf", e.taken())
	args = append(args, e.args(factor(crf), e.GOP(), blind)...)
	return append(args, e.count(frames, threads, to)...)
}

// Mix makes a picture of two of the same size: share of it, from 0 to 1 in steps of 1/256, is coming and the rest leaving.
func Mix(dst, leaving, coming []byte, share float64) {
	const (
		lanes  = 0x00ff00ff_00ff00ff // every other byte, with room for a factor above it
		halves = 0x00800080_00800080
	)
	in := uint64(math.Round(share * 256))
	out := 256 - in
	n := len(dst) &^ 7
	for i := 0; i < n; i += 8 {
		a, b := binary.LittleEndian.Uint64(leaving[i:]), binary.LittleEndian.Uint64(coming[i:])
		even := (a&lanes*out + b&lanes*in + halves) >> 8 & lanes
		odd := (a>>8&lanes*out + b>>8&lanes*in + halves) &^ lanes
		binary.LittleEndian.PutUint64(dst[i:], even|odd)
	}
	for i := n; i < len(dst); i++ {
		dst[i] = byte((uint64(leaving[i])*out + uint64(coming[i])*in + 128) >> 8)
	}
}
