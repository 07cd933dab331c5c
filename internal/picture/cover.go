package picture

import (
	"image"
	"math"
)

// Cover is how much of a slide a window covers, as shares of the window's area, from 0 to 1.
type Cover struct {
	Ink  float64 `json:"ink"`  // places at which something is drawn: where neighbouring pixels differ
	Text float64 `json:"text"` // places at which text is known to be
}

// Measures of covers, in slide pixels.
const (
	cellSize  = 8.0  // side of the places that are counted
	coverRoom = 12.0 // around the window and its ring, so that nothing touches it
	inkStep   = 24   // a difference of a channel between neighbouring pixels that is more than a gradient
)

// Covers measures what a window covers of a slide's picture. text has the boxes of the slide's text in the pixels of
// the picture. A window without a place covers nothing.
func (w Window) Covers(img *image.RGBA, text []image.Rectangle) Cover {
	room := coverRoom * w.Unit
	if w.Inset {
		room += ringWidth * w.Unit
	}
	side := max(int(math.Round(cellSize*w.Unit)), 1)
	at := image.Rect(w.At.X, w.At.Y, w.At.X+w.At.Width, w.At.Y+w.At.Height).Inset(-int(room)).Intersect(img.Bounds())
	var near []image.Rectangle
	for _, box := range text {
		if box.Overlaps(at) {
			near = append(near, box)
		}
	}
	cells, ink, words := 0, 0, 0
	for y := at.Min.Y; y < at.Max.Y; y += side {
		for x := at.Min.X; x < at.Max.X; x += side {
			if w.distance(float64(x)+float64(side)/2, float64(y)+float64(side)/2, 0) > room {
				continue
			}
			cell := image.Rect(x, y, x+side, y+side).Intersect(at)
			cells++
			if inked(img, cell) {
				ink++
			}
			if overlapsAny(cell, near) {
				words++
			}
		}
	}
	n := float64(max(cells, 1))
	return Cover{float64(ink) / n, float64(words) / n}
}

// inked reports whether something is drawn in a cell: a pixel differs from the one on its left or above it.
func inked(img *image.RGBA, cell image.Rectangle) bool {
	b := img.Bounds()
	for y := cell.Min.Y; y < cell.Max.Y; y++ {
		for x := cell.Min.X; x < cell.Max.X; x++ {
			c := img.Pix[img.PixOffset(x, y):][:3]
			if x > b.Min.X && differ(c, img.Pix[img.PixOffset(x-1, y):]) ||
				y > b.Min.Y && differ(c, img.Pix[img.PixOffset(x, y-1):]) {
				return true
			}
		}
	}
	return false
}

func differ(a, b []uint8) bool {
	for i := range 3 {
		if d := int(a[i]) - int(b[i]); d >= inkStep || d <= -inkStep {
			return true
		}
	}
	return false
}

func overlapsAny(cell image.Rectangle, boxes []image.Rectangle) bool {
	for _, box := range boxes {
		if cell.Overlaps(box) {
			return true
		}
	}
	return false
}

// Weights of covers.
const (
	textWeight = 2.0   // of text, which is ink too
	tieCover   = 0.005 // covers of two places that differ by less on average are equal
)

// Quietest returns the place at which a window covers least over all slides. covers has an element for each slide, with
// a cover for each place. The cover of a slide counts with its square, so the slides on which most is covered decide.
// Of places that are equal, the first one wins; without slides that is 0.
func Quietest(covers [][]Cover) int {
	if len(covers) == 0 {
		return 0
	}
	sums := make([]float64, len(covers[0]))
	least := math.Inf(1)
	for k := range sums {
		for _, slide := range covers {
			c := slide[k].Ink + textWeight*slide[k].Text
			sums[k] += c * c
		}
		least = min(least, sums[k])
	}
	for k, sum := range sums {
		if sum <= least+tieCover*float64(len(covers)) {
			return k
		}
	}
	return 0
}

// legible is the share of a window up to which covered text is not worth a warning: the number of a page, or the end of
// a footer.
const legible = 0.03

// HidesText reports whether a window covers text that viewers would miss.
func (c Cover) HidesText() bool { return c.Text > legible }
