package picture_test

import (
	"image"
	"image/color"
	"image/draw"
	"testing"

	"pgregory.net/rapid"

	"lectern/internal/picture"
)

func filled(b image.Rectangle, c color.RGBA) *image.RGBA {
	img := image.NewRGBA(b)
	draw.Draw(img, b, image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

var (
	white = color.RGBA{255, 255, 255, 255}
	navy  = color.RGBA{20, 30, 90, 255}
	sand  = color.RGBA{230, 220, 190, 255}
)

// A page of one colour, or with a bar from edge to edge, looks as if it had been designed in the shape of the video.
func TestPaddingContinuesBarsAtTheEdge(t *testing.T) {
	t.Parallel()
	img, at := filled(image.Rect(0, 0, 320, 180), white), image.Rect(40, 0, 280, 180)
	draw.Draw(img, at, image.NewUniform(sand), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(40, 0, 280, 30), image.NewUniform(navy), image.Point{}, draw.Src)
	picture.Pad(img, at)
	for _, x := range []int{0, 39, 280, 319} {
		if got := img.RGBAAt(x, 10); got != navy {
			t.Errorf("next to the bar at x=%d: %v", x, got)
		}
		if got := img.RGBAAt(x, 100); got != sand {
			t.Errorf("next to the page at x=%d: %v", x, got)
		}
	}
}

// A hairline around the page does not colour the padding.
func TestPaddingIgnoresAHairline(t *testing.T) {
	t.Parallel()
	img, at := filled(image.Rect(0, 0, 180, 320), white), image.Rect(0, 110, 180, 210)
	draw.Draw(img, at, image.NewUniform(color.RGBA{0, 0, 0, 255}), image.Point{}, draw.Src)
	draw.Draw(img, at.Inset(2), image.NewUniform(sand), image.Point{}, draw.Src)
	picture.Pad(img, at)
	if got := img.RGBAAt(90, 5); got != sand {
		t.Errorf("above the page: %v", got)
	}
}

// The details of a photograph are not drawn out into stripes: the padding has one colour.
func TestPaddingNextToDetailsIsPlain(t *testing.T) {
	t.Parallel()
	for name, right := range map[string]*color.RGBA{"photo on both sides": nil, "photo on one side": &sand} {
		img, at := filled(image.Rect(0, 0, 320, 180), white), image.Rect(40, 0, 280, 180)
		for y := range 180 {
			for x := at.Min.X; x < at.Max.X; x++ {
				img.SetRGBA(x, y, color.RGBA{uint8(y * 40), uint8(y * 77), uint8(y * 23), 255})
			}
		}
		if right != nil {
			draw.Draw(img, image.Rect(200, 0, 280, 180), image.NewUniform(*right), image.Point{}, draw.Src)
		}
		picture.Pad(img, at)
		first := img.RGBAAt(0, 0)
		for y := range 180 {
			if got := img.RGBAAt(20, y); got != first {
				t.Fatalf("%s: row %d is %v, and the first %v", name, y, got, first)
			}
		}
		if right != nil && first != *right {
			t.Errorf("%s: %v, not the colour of the other edge", name, first)
		}
		if right == nil && int(first.R)+int(first.G)+int(first.B) > 200 {
			t.Errorf("%s: %v is not dark", name, first)
		}
	}
}

// Whatever a picture shows, the page stays as it is, and every other pixel is filled.
func TestPaddingLeavesThePage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 40).Draw(t, "w"), rapid.IntRange(1, 40).Draw(t, "h")
		x0, y0 := rapid.IntRange(0, w-1).Draw(t, "x0"), rapid.IntRange(0, h-1).Draw(t, "y0")
		at := image.Rect(x0, y0, rapid.IntRange(x0+1, w).Draw(t, "x1"), rapid.IntRange(y0+1, h).Draw(t, "y1"))
		img := image.NewRGBA(image.Rect(0, 0, w, h))
		pix := rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "pixels")
		for y := at.Min.Y; y < at.Max.Y; y++ {
			for x := at.Min.X; x < at.Max.X; x++ {
				img.SetRGBA(x, y, color.RGBA{pix[(x+y)%8], pix[(x*y)%8], pix[x%8], 255})
			}
		}
		before := image.NewRGBA(img.Bounds())
		copy(before.Pix, img.Pix)
		picture.Pad(img, at)
		for y := range h {
			for x := range w {
				got := img.RGBAAt(x, y)
				if image.Pt(x, y).In(at) && got != before.RGBAAt(x, y) || got.A != 255 {
					t.Fatalf("the pixel at %d, %d is %v", x, y, got)
				}
			}
		}
	})
}
