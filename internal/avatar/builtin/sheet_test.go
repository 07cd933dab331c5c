package builtin_test

import (
	"image"
	"testing"

	"lectern/internal/avatar/builtin"
)

func newFrame(w, h int) *image.RGBA { return image.NewRGBA(image.Rect(0, 0, w, h)) }

func TestVisemeSheetShowsAFaceInEveryTile(t *testing.T) {
	t.Parallel()
	m, err := builtin.VisemeSheet(builtin.New())
	if err != nil {
		t.Fatal(err)
	}
	b := m.Bounds()
	if b.Dx() < 1000 || b.Dy() < 1000 {
		t.Fatalf("the sheet is only %v", b)
	}
	// Every tile shows skin around the mouth, so no tile is empty.
	for row := range 6 {
		for col := range 5 {
			x := 64 + col*312 + 144
			y := 64 + row/3*1140 + 68 + row%3*348 + 120
			r, g, bl, _ := m.At(x, y).RGBA()
			if !(r > g && g > bl && r > 0x8000) {
				t.Errorf("tile %d of row %d shows no face at %d,%d: %x %x %x", col, row, x, y, r>>8, g>>8, bl>>8)
			}
		}
	}
}
