package encode

import "lectern"

// IsFade reports whether kind is the transition that internal/picture mixes and [Encoding.Faded] encodes.
func IsFade(kind string) bool { return kind == lectern.TransitionFade }

// search is how thoroughly an encoder looks for what moved: for whole pixels a few beside where it expects them. A person who speaks
// moves little and smoothly, and a fade not at all (docs/TUNING.md).
const search = "me=dia:subme=0:partitions=none:merange=4"

// blind is search for a fade, which does not move at all. Nothing in it refers to what comes later than the next
// picture, so x264 need not look ahead for its macroblock tree. withoutBoth is by how much the constant rate factor
// is higher without that and with less adaptive quantization, for about as many bits: a quarter less time and half a
// decibel more. With none of the latter the steps of dark gradients show.
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
