package slides

import (
	"fmt"
	"strings"

	"lectern"
)

const (
	margin       = 96 // of a page
	marginNarrow = 72 // of a page, or part of one, narrower than narrow
	narrow       = 1200
	gutter       = 72  // between the avatar's window and any text
	headHeight   = 230 // usual height of a title with its subtitle
)

// frame is the area that a template may use, in slide pixels.
type frame struct {
	page    lectern.Size
	content lectern.Rect // of the placement
	stage   lectern.Rect // content less margins: all text stays in it
	keep    lectern.Rect // the avatar's window with its gutter; empty if it is not on the stage or if buried is set
	window  lectern.Rect // the part of the avatar's window on the page; empty if the window is not on the page
	round   bool         // the window is a circle
	// Free space at each side of the stage, next to the body and next to the head above it.
	bodyLeft, bodyRight, headLeft, headRight int
	mode                                     string // see below
	over                                     bool   // the window is on the page, so that the page continues under it
	buried                                   bool   // the window covers so much of the page that it is ignored
}

// newFrame returns the frame of slide i, counted from 0. Its mode, which style sheets see as the class m-MODE, says
// which part of the page the text may use: "full" all of it, "part" the content's part, "corner" all but the corner
// with the avatar's window, and "above" the part above or below the window.
func newFrame(d lectern.Deck, i int) frame { return frameIn(d.SlideSize(), d.Placement(i)) }

// frameIn returns the frame of a slide with a placement, see newFrame.
func frameIn(page lectern.Size, p lectern.Placement) frame {
	f := frame{page: page, content: p.Content, mode: "full", round: p.Shape == lectern.ShapeCircle}
	f.content = intersect(f.content, lectern.Rect{Width: f.page.Width, Height: f.page.Height})
	if f.content.Width < 320 || f.content.Height < 240 {
		f.content = lectern.Rect{Width: f.page.Width, Height: f.page.Height}
	}
	m := margin
	if min(f.content.Width, f.page.Width) < narrow {
		m = marginNarrow
	}
	f.stage = lectern.Rect{X: f.content.X + m, Y: f.content.Y + m, Width: f.content.Width - 2*m,
		Height: f.content.Height - 2*m}
	if f.content.Width < f.page.Width || f.content.Height < f.page.Height {
		f.mode = "part"
	}
	if p.Avatar.Empty() || !p.Inset {
		return f
	}
	f.over = true
	f.window = intersect(p.Avatar, lectern.Rect{Width: f.page.Width, Height: f.page.Height})
	if f.window.Empty() {
		return f
	}
	keep := lectern.Rect{X: f.window.X - gutter, Y: f.window.Y - gutter, Width: f.window.Width + 2*gutter,
		Height: f.window.Height + 2*gutter}
	if intersect(keep, f.stage).Empty() {
		return f
	}
	f.reserve(keep)
	return f
}

// reserve removes keep from the stage: the body goes to the side with the most space below a title, and the head goes
// above keep if it fits.
func (f *frame) reserve(keep lectern.Rect) {
	s := f.stage
	left, right := keep.X-s.X, s.X+s.Width-(keep.X+keep.Width)
	above, below := keep.Y-s.Y, s.Y+s.Height-(keep.Y+keep.Height)
	space := func(w, h int) int { return max(w, 0) * max(h-headHeight, 0) }
	best := max(space(left, s.Height), space(right, s.Height), space(s.Width, above), space(s.Width, below))
	if best*6 < s.Width*s.Height || max(left, right) < 320 && max(above, below) < 260 {
		f.buried = true
		return
	}
	f.mode, f.keep = "corner", keep
	switch best {
	case space(left, s.Height):
		f.bodyRight = s.Width - left
	case space(right, s.Height):
		f.bodyLeft = s.Width - right
	case space(s.Width, above):
		f.stage.Height, f.mode = above, "above"
		return
	default:
		f.stage.Y, f.stage.Height, f.mode = keep.Y+keep.Height, below, "above"
		return
	}
	if above < headHeight {
		f.headLeft, f.headRight = f.bodyLeft, f.bodyRight
	}
}

// classes returns the classes of a frame for style sheets: the mode, the width of the body, and the shape of the stage
// and the page.
func (f frame) classes() string {
	w := f.stage.Width - f.bodyLeft - f.bodyRight
	names := []string{"m-" + f.mode}
	if f.over {
		names = append(names, "over")
	}
	switch {
	case w >= 1500:
		names = append(names, "w-xl")
	case w >= 1000:
		names = append(names, "w-l")
	case w >= 640:
		names = append(names, "w-m")
	default:
		names = append(names, "w-s")
	}
	if f.stage.Height*10 > f.stage.Width*11 {
		names = append(names, "tall")
	}
	if f.page.Height > f.page.Width {
		names = append(names, "portrait")
	}
	if f.stage.Height < 620 {
		names = append(names, "short")
	}
	return strings.Join(names, " ")
}

// css returns the frame as custom properties of a slide.
func (f frame) css() string {
	var b strings.Builder
	set := func(name string, v int) { fmt.Fprintf(&b, "--%s:%dpx;", name, v) }
	set("pw", f.page.Width)
	set("ph", f.page.Height)
	set("cx", f.content.X)
	set("cy", f.content.Y)
	set("cw", f.content.Width)
	set("ch", f.content.Height)
	set("sx", f.stage.X)
	set("sy", f.stage.Y)
	set("sw", f.stage.Width)
	set("sh", f.stage.Height)
	set("bl", f.bodyLeft)
	set("br", f.bodyRight)
	set("bw", f.stage.Width-f.bodyLeft-f.bodyRight)
	set("hl", f.headLeft)
	set("hr", f.headRight)
	if !f.keep.Empty() {
		set("kx", f.keep.X)
		set("ky", f.keep.Y)
		set("kw", f.keep.Width)
		set("kh", f.keep.Height)
	}
	return b.String()
}

func intersect(a, b lectern.Rect) lectern.Rect {
	x, y := max(a.X, b.X), max(a.Y, b.Y)
	r := lectern.Rect{X: x, Y: y, Width: min(a.X+a.Width, b.X+b.Width) - x, Height: min(a.Y+a.Height, b.Y+b.Height) - y}
	if r.Empty() {
		return lectern.Rect{}
	}
	return r
}
