package encode

import "lectern"

// IsFade reports whether kind is the transition that internal/picture mixes and [Encoding.Faded] encodes.
func IsFade(kind string) bool { return kind == lectern.TransitionFade }

// search limits x264's motion search to a few whole pixels around the predicted place. A person who speaks moves little
// and smoothly (docs/TUNING.md).
const search = "me=dia:subme=0:partitions=none:merange=4"

// blind is search for a fade, in which nothing moves. Each picture refers only to the previous one, so x264 need not
// look ahead for its macroblock tree. withoutBoth is added to the constant rate factor to compensate for the missing
// tree and the reduced adaptive quantization: with about the same number of bits, the fade takes a quarter less time
// and is up to 1 dB better. Without any adaptive quantization the steps of dark gradients would be visible.
const (
	blind       = "mbtree=0:rc-lookahead=0:aq-strength=0.5:" + search
	withoutBoth = 6
)

// Faded returns the arguments that encode frames pictures of a fade from standard input.
func (e Encoding) Faded(frames int64, threads int, to string) []string {
	crf := e.effort().crf
	if e.Encoder == Software {
		crf += withoutBoth
	}
	args := append(e.raw(e.Size, "pipe:0"), "-vf", e.graphEnd())
	args = append(args, e.args(factor(crf), e.GOP(), blind)...)
	return append(args, e.count(frames, threads, to)...)
}
