package picture

import "lectern"

// Canvas is a slide's whole picture and a part of it, both in 4:2:0 as encoders read them. The pictures of an avatar's
// window are written into them one after the other.
type Canvas struct {
	size        lectern.Size
	part        lectern.Rect
	window      lectern.Rect
	Part, Whole []byte
	tile        []byte
}

// NewCanvas makes the pictures of a slide without its avatar. window is inside part. Where part extends beyond the
// picture, it repeats the picture's border.
func NewCanvas(slide *YUV, part, window lectern.Rect) *Canvas {
	c := &Canvas{size: lectern.Size{Width: slide.Width, Height: slide.Height}, part: part, window: window,
		Part: make([]byte, part.Width*part.Height*3/2), Whole: append([]byte(nil), slide.Pix...)}
	each(c.size, part, func(src, dst []byte, stride, height int, at lectern.Rect) {
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

// each calls do for each plane of a picture of the given size, with the same plane of its part. at is the place of the
// part in the picture.
func each(size lectern.Size, at lectern.Rect, do func(whole, part []byte, stride, height int, at lectern.Rect),
	whole, part []byte) {
	w, h := size.Width, size.Height
	do(whole[:w*h], part[:at.Width*at.Height], w, h, at)
	half := lectern.Rect{X: at.X / 2, Y: at.Y / 2, Width: at.Width / 2, Height: at.Height / 2}
	whole, part = whole[w*h:], part[at.Width*at.Height:]
	for range 2 {
		do(whole[:w*h/4], part[:half.Width*half.Height], w/2, h/2, half)
		whole, part = whole[w*h/4:], part[half.Width*half.Height:]
	}
}

// Tiles returns how many tiles of a part's size cover a picture, across and down. The last ones may extend beyond it.
func Tiles(size lectern.Size, part lectern.Rect) (across, down int) {
	return (size.Width + part.Width - 1) / part.Width, (size.Height + part.Height - 1) / part.Height
}

// Tiles returns how many tiles of the part's size cover the whole picture.
func (c *Canvas) Tiles() int {
	across, down := Tiles(c.size, c.part)
	return across * down
}

// Tile returns the whole picture's n-th tile, row by row from the top. Pixels beyond the picture are undefined. It is
// valid until the next call.
func (c *Canvas) Tile(n int) []byte {
	if c.tile == nil {
		c.tile = make([]byte, len(c.Part))
	}
	across, _ := Tiles(c.size, c.part)
	at := lectern.Rect{X: n % across * c.part.Width, Y: n / across * c.part.Height, Width: c.part.Width,
		Height: c.part.Height}
	each(c.size, at, func(whole, part []byte, stride, height int, at lectern.Rect) {
		for y := range min(at.Height, height-at.Y) {
			copy(part[y*at.Width:][:at.Width], whole[(at.Y+y)*stride+at.X:][:min(at.Width, stride-at.X)])
		}
	}, c.Whole, c.tile)
	return c.tile
}

// PutPart writes a region of the window's size, as [Region.Compose] returns it, into Part.
func (c *Canvas) PutPart(region []byte) {
	at := c.window
	at.X -= c.part.X
	at.Y -= c.part.Y
	Put(lectern.Size{Width: c.part.Width, Height: c.part.Height}, at, c.Part, region)
}

// PutWhole writes a region into Whole.
func (c *Canvas) PutWhole(region []byte) { Put(c.size, c.window, c.Whole, region) }

// Put writes a region, as [Region.Compose] returns it, into a picture of the given size, both in 4:2:0.
func Put(size lectern.Size, at lectern.Rect, picture, region []byte) {
	each(size, at, func(whole, part []byte, stride, _ int, at lectern.Rect) {
		for y := range at.Height {
			copy(whole[(at.Y+y)*stride+at.X:][:at.Width], part[y*at.Width:])
		}
	}, picture, region)
}
