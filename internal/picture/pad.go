package picture

import (
	"image"
	"image/color"
	"image/draw"
)

// Measures of padding, in pixels of the picture.
const (
	padDepth  = 6  // from the edge of the page to the pixels that give the colour: hairlines at the edge do not
	padSample = 8  // pixels at a right angle to the edge, whose mean is the colour at a place of the edge
	padStep   = 10 // a difference of a channel between neighbours that is more than a gradient
	padSteps  = 8  // so many steps can be the ends of bars; more are the details of a picture
	padNear   = 12 // by how much a channel of one colour differs
)

// Pad fills the part of img around the page at. Where the edge of the page has one colour, a gradient or a few bars,
// they are continued to the end of the picture. Next to the details of a picture the padding has the colour that most
// of that edge has, or that of the edge on the other side, or else a dark shade of the edge. The pixels of the page do
// not change.
func Pad(img *image.RGBA, at image.Rectangle) {
	b := img.Bounds()
	if at = at.Intersect(b); at.Empty() || at == b {
		return
	}
	sides := [4]padSide{
		{image.Rect(b.Min.X, at.Min.Y, at.Min.X, at.Max.Y), image.Pt(1, 0), image.Pt(0, 1), at.Min, at.Dy(), at.Dx()},
		{image.Rect(at.Max.X, at.Min.Y, b.Max.X, at.Max.Y), image.Pt(-1, 0), image.Pt(0, 1),
			image.Pt(at.Max.X-1, at.Min.Y), at.Dy(), at.Dx()},
		{image.Rect(b.Min.X, b.Min.Y, b.Max.X, at.Min.Y), image.Pt(0, 1), image.Pt(1, 0), at.Min, at.Dx(), at.Dy()},
		{image.Rect(b.Min.X, at.Max.Y, b.Max.X, b.Max.Y), image.Pt(0, -1), image.Pt(1, 0),
			image.Pt(at.Min.X, at.Max.Y-1), at.Dx(), at.Dy()},
	}
	for i := range sides {
		if s, other := sides[i], sides[i^1]; !s.band.Empty() {
			s.fill(img, s.line(img), other.line(img))
		}
	}
}

// padSide is the padding on one side of a page.
type padSide struct {
	band   image.Rectangle // what is filled
	inward image.Point     // a step from the edge into the page
	along  image.Point     // a step along the edge
	from   image.Point     // the first pixel of the edge
	length int             // of the edge
	deep   int             // pixels of the page from this edge to the other
}

// line returns the colours of the edge of the page.
func (s padSide) line(img *image.RGBA) []color.RGBA {
	depth := min(padDepth, s.deep/4)
	n := max(min(padSample, s.deep-2*depth), 1)
	line := make([]color.RGBA, s.length)
	for i := range line {
		var r, g, b int
		for d := depth; d < depth+n; d++ {
			p := s.from.Add(s.along.Mul(i)).Add(s.inward.Mul(d))
			c := img.Pix[img.PixOffset(p.X, p.Y):][:4]
			r, g, b = r+int(c[0]), g+int(c[1]), b+int(c[2])
		}
		line[i] = color.RGBA{uint8((r + n/2) / n), uint8((g + n/2) / n), uint8((b + n/2) / n), 255}
	}
	return line
}

// fill fills the band by the colours of its edge and those of the edge on the other side.
func (s padSide) fill(img *image.RGBA, line, other []color.RGBA) {
	if steps(line) > padSteps {
		draw.Draw(img, s.band, image.NewUniform(padColour(line, other)), image.Point{}, draw.Src)
		return
	}
	for y := s.band.Min.Y; y < s.band.Max.Y; y++ {
		for x := s.band.Min.X; x < s.band.Max.X; x++ {
			i := (x-s.from.X)*s.along.X + (y-s.from.Y)*s.along.Y
			img.SetRGBA(x, y, line[min(max(i, 0), len(line)-1)])
		}
	}
}

// padColour returns the one colour of the padding next to an edge with details.
func padColour(line, other []color.RGBA) color.RGBA {
	for _, edge := range [][]color.RGBA{line, other} {
		if c, share := mainColour(edge); share*2 >= len(edge) {
			return c
		}
	}
	const shade = 4
	m := meanColour(line)
	return color.RGBA{m.R / shade, m.G / shade, m.B / shade, 255}
}

// steps counts the places of an edge where its colour jumps.
func steps(line []color.RGBA) int {
	n := 0
	for i := 1; i < len(line); i++ {
		if apart(line[i-1], line[i]) > padStep {
			n++
		}
	}
	return n
}

// apart is the largest difference of a channel of two colours.
func apart(a, b color.RGBA) int {
	d := 0
	for _, v := range [3]int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B)} {
		d = max(d, v, -v)
	}
	return d
}

// mainColour returns the colour that most of an edge has, and how many of its pixels have it.
func mainColour(line []color.RGBA) (color.RGBA, int) {
	const coarse = 8
	counts, best := map[color.RGBA]int{}, color.RGBA{}
	for _, c := range line {
		k := color.RGBA{c.R / coarse, c.G / coarse, c.B / coarse, 0}
		counts[k]++
		if n := counts[k]; n > counts[best] || n == counts[best] && lower(k, best) {
			best = k
		}
	}
	var in []color.RGBA
	for _, c := range line {
		if c.R/coarse == best.R && c.G/coarse == best.G && c.B/coarse == best.B {
			in = append(in, c)
		}
	}
	m, share := meanColour(in), 0
	for _, c := range line {
		if apart(c, m) <= padNear {
			share++
		}
	}
	return m, share
}

// lower orders colours, so that equal counts have one winner.
func lower(a, b color.RGBA) bool {
	return int(a.R)<<16|int(a.G)<<8|int(a.B) < int(b.R)<<16|int(b.G)<<8|int(b.B)
}

func meanColour(line []color.RGBA) color.RGBA {
	var r, g, b int
	n := max(len(line), 1)
	for _, c := range line {
		r, g, b = r+int(c.R), g+int(c.G), b+int(c.B)
	}
	return color.RGBA{uint8((r + n/2) / n), uint8((g + n/2) / n), uint8((b + n/2) / n), 255}
}
