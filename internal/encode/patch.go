package encode

import (
	"fmt"

	"lectern"
	"lectern/internal/h264"
	"lectern/internal/picture"
)

// Patch is the separately encoded part of a picture in which an avatar moves: its window with a margin of still slide,
// in whole macroblocks. See [h264.Splicer].
type Patch struct {
	Window lectern.Rect // even, inside the picture
	At     lectern.Rect // whole macroblocks; it may extend beyond the picture at the right and below
	Calm   bool         // keep the border still, at a cost in time and quality; for a patch that leaks
}

const (
	block = 16 // a macroblock's side, in pixels
	// patchMargin is the least width of still slide around a window, in pixels, so that motion vectors at the window's
	// edge stay inside the patch. 8 would cover the search and the filters, but with 8 a patch leaks if the avatar moves
	// up to the window's edge.
	patchMargin = 16
	// patchShare is the largest part of the picture for which a patch saves time.
	patchShare = 0.4
)

// Patch returns the patch of a window. ok is false if it would be too large a part of the picture, or if e encodes
// every picture whole.
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

// Place is the position of the patch, in macroblocks.
func (p Patch) Place() h264.Place { return h264.Place{X: p.At.X / block, Y: p.At.Y / block} }

// patchGroup returns the number of patches in a group of GOP pictures. The key picture has none, because it is encoded
// whole.
func (e Encoding) patchGroup() int { return e.GOP() - 1 }

// Groups divides the frames of a segment with a patch into groups of GOP pictures. The last group has two to GOP+1
// pictures, or one if there is only one frame.
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

// Spliced returns the arguments that encode the two sources of spliced groups. The key pictures go to the file keys,
// each coded alone. The patches of all other pictures go to the file small, with one slice for each row and without
// deblocking, because a slice has other neighbours after splicing.
//
// One process encodes both, and a thumbnail if thumb is not nil, because the start of a process costs as much as the
// pictures of two seconds. Standard input has all pictures in the order of the video, a key picture as tiles of the
// patch's size: see [picture.Canvas.Tile].
func (e Encoding) Spliced(p Patch, groups []int64, threads int, keys, small string, thumb *Thumb) []string {
	across, down := picture.Tiles(e.Size, p.At)
	tiles := int64(across * down)
	// The input of each group is tiles and then parts. All groups except the last have the same length.
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

// Thumb selects a key picture that is written as a thumbnail too.
type Thumb struct {
	Group int // the group that the picture begins
	To    string
}

// graph returns the end of the filters of key pictures.
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

// overPatch is the difference between the quantizer of a patch and the constant rate factor of whole pictures. With a
// constant quantizer x264 need not analyse the pictures beforehand, which would take a quarter of its time. x264 then
// also does not refine flat areas at the patch's border with matches from outside the patch, where the whole picture
// differs. Key pictures are quantized much more finely than later pictures (ipratio), and still areas keep their
// quality.
//
// overCalm is the same difference for the constant rate factor of a calm patch, for about as many bits. x264's
// macroblock tree is off there: with it the first key picture ignores ipratio, and its coarser areas stay visible as
// blocks in the avatar's shadow until the next key picture.
const (
	overPatch = 4
	overCalm  = 7
)

// still returns a filter that makes the quantizer of the outermost macroblocks of a calm patch so coarse that the
// encoder skips them.
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
