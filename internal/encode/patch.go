package encode

import (
	"fmt"

	"lectern"
	"lectern/internal/h264"
	"lectern/internal/picture"
)

// Patch is the part of a picture that is encoded by itself where an avatar moves: its window with a margin of still
// slide, in whole macroblocks. See [h264.Splicer].
type Patch struct {
	Window lectern.Rect // even, inside the picture
	At     lectern.Rect // whole macroblocks; it may reach out of a picture at the right and below
	Calm   bool         // its border is held still at the price of time and looks: what to try where it would not decode as it should
}

const (
	block = 16 // a macroblock's side, in pixels
	// patchMargin is the still slide around a window, in pixels, at least: what moves next to it takes its motion from
	// there. With 8, which is as far as search goes and filters reach, slides leak whose avatar moves up to the
	// window's edge.
	patchMargin = 16
	// patchShare is the largest part of the picture for which a patch is worth its while.
	patchShare = 0.4
)

// Patch gives the patch of a window. There is none where it would be too large a part of the whole.
func (e Encoding) Patch(window lectern.Rect) (Patch, bool) {
	span := func(at, length, side int) (from, n int) {
		from = max(at-patchMargin, 0) / block * block
		to := min((at+length+patchMargin+block-1)/block*block, (side+block-1)/block*block)
		return from, to - from
	}
	p := Patch{Window: window}
	p.At.X, p.At.Width = span(window.X, window.Width, e.Size.Width)
	p.At.Y, p.At.Height = span(window.Y, window.Height, e.Size.Height)
	small := float64(p.At.Width*p.At.Height) <= patchShare*float64(e.Size.Width*e.Size.Height)
	return p, small && !e.Plain && e.Encoder == Software
}

// Place is where the patch is, in macroblocks.
func (p Patch) Place() h264.Place { return h264.Place{X: p.At.X / block, Y: p.At.Y / block} }

// patchGroup is the number of patch pictures in a group: the key picture, with everything on it, is coded whole.
func (e Encoding) patchGroup() int { return e.GOP() - 1 }

// Groups cuts the frames of a segment into groups for a patch: of GOP pictures, but the last, which has at least two
// unless there is only one frame.
func (e Encoding) Groups(frames int64) []int64 {
	gop := int64(e.GOP())
	var groups []int64
	for ; frames > gop+1; frames -= gop {
		groups = append(groups, gop)
	}
	if frames > 0 {
		groups = append(groups, frames)
	}
	return groups
}

// Spliced are the arguments that encode what groups of pictures are spliced of: to keys the ones that begin groups,
// each by itself, and to small the patch in all others, one slice a row and not deblocked, since neighbours across a
// slice's border are elsewhere then.
//
// One process does both, since its start costs as much as two seconds' pictures, and a thumbnail where one is wanted.
// All come on standard input in the order in which they are shown, a key picture as tiles of the patch's size: see
// [picture.Canvas.Tile].
func (e Encoding) Spliced(p Patch, groups []int64, threads int, keys, small string, thumb *Thumb) []string {
	across, down := picture.Tiles(e.Size, p.At)
	tiles := int64(across * down)
	// The frames that come are tiles and then parts, group for group; all groups but the last are as long.
	turn, last := tiles+int64(e.patchGroup()), int64(0)
	if len(groups) > 0 {
		last = int64(len(groups)-1) * turn
	}
	tile := fmt.Sprintf("if(lt(n,%d),lt(mod(n,%d),%d),lt(n-%d,%d))", last, turn, tiles, last, tiles)
	again := fmt.Sprintf("settb=1/%d,setpts=N", e.Rate)
	graph := fmt.Sprintf(
		"[0:v]split[a][b];[a]select='%s',tile=%dx%d,crop=%d:%d:0:0,%s,%s%s;[b]select='not(%s)',%s,%s%s[part]",
		tile, across, down, e.Size.Width, e.Size.Height, again, tagged, thumb.graph(), tile, again, p.still(), tagged)
	args := append(e.raw(lectern.Size{Width: p.At.Width, Height: p.At.Height}, "pipe:0"), "-filter_complex_threads",
		"1", "-filter_complex", graph)
	args = append(append(args, "-map", "[key]"), e.keyArgs()...)
	args = append(append(args, "-force_key_frames", "expr:1"), e.tail(1, keys)...)
	args = append(args, thumb.args()...)
	bits := quantizer(e.effort().crf + overPatch)
	if p.Calm {
		bits = factor(e.effort().crf + overCalm)
	}
	rows := fmt.Sprintf("slice-max-mbs=%d:no-deblock=1:mbtree=0:rc-lookahead=0:ipratio=5:%s", p.At.Width/block, search)
	args = append(append(args, "-map", "[part]"), e.args(bits, e.patchGroup(), rows)...)
	return append(args, e.tail(threads, small)...)
}

// Thumb is a key picture that is wanted as a thumbnail too.
type Thumb struct {
	Group int // that it begins
	To    string
}

// graph ends the filters of key pictures.
func (t *Thumb) graph() string {
	if t == nil {
		return "[key]"
	}
	return fmt.Sprintf(",split[key][all];[all]select='eq(n,%d)',%s[thumb]", t.Group, thumbScale)
}

func (t *Thumb) args() []string {
	if t == nil {
		return nil
	}
	return append([]string{"-map", "[thumb]"}, thumbnail(t.To)...)
}

// overPatch is by how much the quantizer of a patch is above the constant rate factor of whole pictures. x264 need
// not look at the pictures before it encodes them then, which takes it a quarter of its time, and it does not go on
// improving flat ground at the border, for which it would look for matches beyond it, where the whole picture has
// something else. Key pictures are much finer than what follows (ipratio): what stands still stays as they have it.
//
// overCalm is the same for the constant rate factor of a calm patch, for about as many bits. x264's macroblock tree
// is off there: with it the first key picture pays no heed to ipratio, and what is quantized more coarsely there
// stays on the screen, as blocks in the shadow, until the next one comes.
const (
	overPatch = 4
	overCalm  = 7
)

// still is a filter that has the outermost macroblocks of a calm patch quantized so coarsely that an encoder finds
// nothing to do there.
func (p Patch) still() string {
	if !p.Calm {
		return ""
	}
	const coarser = 0.45 // of the quantizer's whole range of 51
	w, h := p.At.Width, p.At.Height
	graph := ""
	for _, r := range []lectern.Rect{{Width: w, Height: block}, {Y: h - block, Width: w, Height: block},
		{Width: block, Height: h}, {X: w - block, Width: block, Height: h}} {
		graph += fmt.Sprintf("addroi=%d:%d:%d:%d:%g,", r.X, r.Y, r.Width, r.Height, coarser)
	}
	return graph
}
