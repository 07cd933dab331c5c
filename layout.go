package lectern

import "slices"

// Layout says where the avatar is placed.
type Layout string

// The layouts. A deck with the avatar "none" gets LayoutSlideOnly, whatever layout it names.
const (
	LayoutPictureInPicture Layout = "picture_in_picture"
	LayoutSideBySide       Layout = "side_by_side"
	LayoutSplitScreen      Layout = "split_screen"
	LayoutSlideOnly        Layout = "slide_only"
)

// Layouts lists every Layout, in the order in which messages name them.
func Layouts() []Layout {
	return []Layout{LayoutPictureInPicture, LayoutSideBySide, LayoutSplitScreen, LayoutSlideOnly}
}

// Corner is the corner of a slide in which LayoutPictureInPicture places the avatar.
type Corner string

// The corners. The empty Corner is CornerBottomRight.
const (
	CornerAuto        Corner = "auto" // the corner in which the pages of the deck show least, see [Deck.FindsCorner]
	CornerBottomRight Corner = "bottom_right"
	CornerBottomLeft  Corner = "bottom_left"
	CornerTopRight    Corner = "top_right"
	CornerTopLeft     Corner = "top_left"
)

// Corners lists the corners of a slide, the most usual one first. It does not have CornerAuto.
func Corners() []Corner {
	return []Corner{CornerBottomRight, CornerBottomLeft, CornerTopRight, CornerTopLeft}
}

// FindsCorner reports whether a run finds the corner of the avatar by the pages of the deck. Until then, and in a deck
// without pages, CornerAuto is CornerBottomRight.
func (d Deck) FindsCorner() bool {
	return d.Corner == CornerAuto && d.Layout == LayoutPictureInPicture && d.hasPages()
}

// hasPages reports whether a slide shows a page of a file.
func (d Deck) hasPages() bool {
	return slices.ContainsFunc(d.Slides, func(s Slide) bool { return s.Page != nil })
}

// Shape is the outline of the avatar's window.
type Shape string

// The shapes of an avatar's window.
const (
	ShapeCircle  Shape = "circle"
	ShapeRounded Shape = "rounded"
	ShapeSquare  Shape = "square"
)

// Placement says where the content and the avatar of one slide are, in slide pixels: see [Deck.SlideSize].
type Placement struct {
	Content Rect // where the slide's texts and pictures may be
	// the avatar's window; empty: there is none
	Avatar Rect
	Shape  Shape // of the window
	Inset  bool  // the window is drawn over the slide, with a ring and a shadow; otherwise it is next to the slide
}

// Empty reports whether r has no area.
func (r Rect) Empty() bool { return r.Width <= 0 || r.Height <= 0 }

// SlideSize is the size of the page on which slides are designed: the shorter side is always 1080, the other follows
// the video's aspect. Positions in a deck are in these pixels, whatever the resolution of the video.
func (d Deck) SlideSize() Size {
	w, h := d.Size.Width, d.Size.Height
	if w <= 0 || h <= 0 {
		return Size{1920, 1080}
	}
	if w >= h {
		return Size{(w*1080 + h/2) / h, 1080}
	}
	return Size{1080, (h*1080 + w/2) / w}
}

// Scale is the number of video pixels for each slide pixel, along one side.
func (d Deck) Scale() float64 {
	s := d.SlideSize()
	if s.Width >= s.Height {
		return float64(d.Size.Height) / float64(s.Height)
	}
	return float64(d.Size.Width) / float64(s.Width)
}

const (
	pipSize   = 480 // side of the circle in picture-in-picture
	pipMargin = 48  // its distance from the edges of the slide

	// The same in a deck with pages of files, which leave no room for it.
	pipSizeOnPages   = 288
	pipMarginOnPages = 32
)

// inCorner is the place of the circle in the deck's corner.
func (d Deck) inCorner(page Size) Rect {
	size, margin := pipSize, pipMargin
	if d.hasPages() {
		size, margin = pipSizeOnPages, pipMarginOnPages
	}
	r := Rect{page.Width - size - margin, page.Height - size - margin, size, size}
	if d.Corner == CornerBottomLeft || d.Corner == CornerTopLeft {
		r.X = margin
	}
	if d.Corner == CornerTopLeft || d.Corner == CornerTopRight {
		r.Y = margin
	}
	return r
}

// Placement returns the places on slide i by the deck's layout. The slide's AvatarBox, if set, replaces the layout's
// place of the avatar.
func (d Deck) Placement(i int) Placement {
	page := d.SlideSize()
	full := Rect{0, 0, page.Width, page.Height}
	if d.Layout == LayoutSlideOnly {
		return Placement{Content: full}
	}
	var p Placement
	portrait := page.Height > page.Width
	switch d.Layout {
	case LayoutSideBySide:
		p = sideBySide(page, portrait)
	case LayoutSplitScreen:
		p = splitScreen(page, portrait)
	default:
		p = Placement{
			Content: full,
			Avatar:  d.inCorner(page),
			Shape:   ShapeCircle,
			Inset:   true,
		}
	}
	if i >= 0 && i < len(d.Slides) {
		if box := d.Slides[i].AvatarBox; box != nil && !box.Empty() {
			p = Placement{Content: full, Avatar: *box, Shape: p.Shape, Inset: true}
			if box.Width != box.Height && p.Shape == ShapeCircle {
				p.Shape = ShapeRounded
			}
			if p.Shape == ShapeSquare {
				p.Shape = ShapeRounded
			}
		}
	}
	return p
}

func sideBySide(page Size, portrait bool) Placement {
	const gap = 48
	if portrait {
		h := page.Height * 2 / 5
		return Placement{
			Content: Rect{0, 0, page.Width, page.Height - h - gap},
			Avatar:  Rect{gap, page.Height - h - gap, page.Width - 2*gap, h},
			Shape:   ShapeRounded, Inset: true,
		}
	}
	w := page.Width * 3 / 10
	return Placement{
		Content: Rect{0, 0, page.Width - w - gap, page.Height},
		Avatar:  Rect{page.Width - w - gap, gap, w, page.Height - 2*gap},
		Shape:   ShapeRounded, Inset: true,
	}
}

func splitScreen(page Size, portrait bool) Placement {
	if portrait {
		h := page.Height / 2
		return Placement{Content: Rect{0, 0, page.Width, page.Height - h}, Avatar: Rect{0, page.Height - h, page.Width, h},
			Shape: ShapeSquare}
	}
	w := page.Width / 2
	return Placement{Content: Rect{0, 0, page.Width - w, page.Height}, Avatar: Rect{page.Width - w, 0, w, page.Height},
		Shape: ShapeSquare}
}
