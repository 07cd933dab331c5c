package compose

import (
	"fmt"

	"lectern"
	"lectern/internal/h264"
)

// Patch is the part of a picture that is encoded by itself where an avatar moves: its window with a margin of still slide,
// in whole macroblocks. See [h264.Splicer].
type Patch struct {
	Window lectern.Rect // even, inside the picture
	At     lectern.Rect // whole macroblocks; it may reach below or beside a picture that has none
}

const (
	block = 16 // a macroblock's side, in pixels
	// patchMargin is the still slide around a window, in pixels, at least: what moves beside it takes its motion from there.
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
	return p, small && !e.Plain
}

// Place is where the patch lies, in macroblocks.
func (p Patch) Place() h264.Place { return h264.Place{X: p.At.X / block, Y: p.At.Y / block} }

// patchGroup is the number of patch pictures in a group: the key picture, with everything on it, is coded whole.
func (e Encoding) patchGroup() int { return e.GOP() - 1 }

// Groups cuts the frames of a segment into groups for a patch: of GOP pictures, but the last, which has at least two unless
// there is only one frame.
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

// Patched are the arguments that encode the pictures of a patch, which arrive on standard input: one slice a row, not
// deblocked, since neighbours across a slice's border are elsewhere when it is spliced.
func (e Encoding) Patched(p Patch, threads int, to string) []string {
	args := append(e.raw(lectern.Size{Width: p.At.Width, Height: p.At.Height}, false, "pipe:0"), "-vf", calm(p.At)+tagged)
	args = append(args, e.args(e.effort().crf, e.patchGroup(), fmt.Sprintf("slice-max-mbs=%d:no-deblock=1:ipratio=2.5", p.At.Width/block))...)
	return append(args, e.tail(threads, to)...)
}

// calm is a filter that has the outermost macroblocks of a patch quantized more coarsely. Nothing moves there, but an encoder
// would go on improving what it has, and look for better matches beyond the border, where the whole picture has something
// else. With key pictures much finer than what follows (ipratio), nothing is left in them that it would find worth a bit.
func calm(at lectern.Rect) string {
	const coarser = 0.25 // of the quantizer's whole range of 51
	graph := ""
	for _, r := range []lectern.Rect{{Width: at.Width, Height: block}, {Y: at.Height - block, Width: at.Width, Height: block},
		{Width: block, Height: at.Height}, {X: at.Width - block, Width: block, Height: at.Height}} {
		graph += fmt.Sprintf("addroi=%d:%d:%d:%d:%g,", r.X, r.Y, r.Width, r.Height, coarser)
	}
	return graph
}

// Keys are the arguments that encode whole pictures from standard input, each by itself.
func (e Encoding) Keys(threads int, to string) []string {
	args := append(e.raw(e.Size, false, "pipe:0"), "-vf", tagged)
	args = append(args, e.args(e.keyFactor(), e.GOP(), "")...)
	args = append(args, "-force_key_frames", "expr:1")
	return append(args, e.tail(threads, to)...)
}

// Sums are the arguments that decode a stream and give a checksum of each picture, on standard output. Of a picture larger
// than at, that part is summed and the first picture left out.
func Sums(stream string, at *lectern.Rect) []string {
	args := []string{"-threads", "1", "-err_detect", "explode", "-xerror", "-f", "h264", "-i", stream}
	if at != nil {
		args = append(args, "-vf", fmt.Sprintf("trim=start_frame=1,setpts=PTS-STARTPTS,crop=%d:%d:%d:%d", at.Width, at.Height, at.X, at.Y))
	}
	return append(args, "-pix_fmt", "yuv420p", "-f", "framecrc", "pipe:1")
}

// Canvas is the picture of a patch, and the whole picture that it is a part of, as their encoders take them.
type Canvas struct {
	patch       Patch
	size        lectern.Size
	Part, Whole []byte
}

// NewCanvas makes the pictures of a slide's plate without its avatar. Where the patch reaches out of the picture, it goes on as
// the picture's border is.
func NewCanvas(p Patch, plate *Planes) *Canvas {
	c := &Canvas{patch: p, size: lectern.Size{Width: plate.Width, Height: plate.Height},
		Part: make([]byte, p.At.Width*p.At.Height*3/2), Whole: append([]byte(nil), plate.Pix...)}
	each(c.size, p.At, func(src, dst []byte, stride, height int, at lectern.Rect) {
		for y := range at.Height {
			row := src[min(at.Y+y, height-1)*stride:][:stride]
			out := dst[y*at.Width:][:at.Width]
			n := copy(out, row[at.X:])
			for x := n; x < len(out); x++ {
				out[x] = row[stride-1]
			}
		}
	}, c.Whole, c.Part)
	return c
}

// each calls do for each plane of a picture of size, and for that of a part of it at at.
func each(size lectern.Size, at lectern.Rect, do func(whole, part []byte, stride, height int, at lectern.Rect), whole, part []byte) {
	w, h := size.Width, size.Height
	do(whole[:w*h], part[:at.Width*at.Height], w, h, at)
	half := lectern.Rect{X: at.X / 2, Y: at.Y / 2, Width: at.Width / 2, Height: at.Height / 2}
	whole, part = whole[w*h:], part[at.Width*at.Height:]
	for range 2 {
		do(whole[:w*h/4], part[:half.Width*half.Height], w/2, h/2, half)
		whole, part = whole[w*h/4:], part[half.Width*half.Height:]
	}
}

// PutPart lays a region of the window's size, as [Region.Compose] gives it, into Part, and PutWhole into Whole.
func (c *Canvas) PutPart(region []byte) {
	at := c.patch.Window
	at.X -= c.patch.At.X
	at.Y -= c.patch.At.Y
	put(lectern.Size{Width: c.patch.At.Width, Height: c.patch.At.Height}, at, c.Part, region)
}

// PutWhole is PutPart for the whole picture.
func (c *Canvas) PutWhole(region []byte) { put(c.size, c.patch.Window, c.Whole, region) }

func put(size lectern.Size, at lectern.Rect, picture, region []byte) {
	each(size, at, func(whole, part []byte, stride, _ int, at lectern.Rect) {
		for y := range at.Height {
			copy(whole[(at.Y+y)*stride+at.X:][:at.Width], part[y*at.Width:])
		}
	}, picture, region)
}
