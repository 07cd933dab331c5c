package builtin

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"lectern"
	"lectern/internal/avatar/builtin/paint"
	"lectern/internal/avatar/builtin/speech"
)

// said lists the sounds of each viseme in plain spelling.
var said = [speech.Count]string{"silence", "p  b  m", "f  v", "th", "t  d", "k  g  h", "ch  j  sh", "s  z", "n  l", "r",
	"ah", "eh", "ee", "oh", "oo"}

// Sizes in pixels.
const (
	tileSide   = 288
	tileGap    = 24
	tileLabel  = 60
	sheetEdge  = 64
	sheetCols  = 5
	sheetTitle = 96
)

// VisemeSheet draws a sheet of mouth shapes for the documentation: all 15 visemes of each of e's characters, with their
// names and sounds. It takes a second or two.
func VisemeSheet(e *Engine) (image.Image, error) {
	rows := (speech.Count + sheetCols - 1) / sheetCols
	block := sheetTitle + rows*(tileSide+tileLabel)
	w := 2*sheetEdge + sheetCols*tileSide + (sheetCols-1)*tileGap
	out := image.NewRGBA(image.Rect(0, 0, w, 2*sheetEdge-16+len(e.cast)*block))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.RGBA{0xf7, 0xf6, 0xf3, 0xff}), image.Point{}, draw.Src)
	title, err := face(gomedium.TTF, 34)
	if err != nil {
		return nil, err
	}
	name, err := face(gomedium.TTF, 21)
	if err != nil {
		return nil, err
	}
	sounds, err := face(goregular.TTF, 19)
	if err != nil {
		return nil, err
	}
	ink, muted := color.RGBA{0x17, 0x16, 0x22, 0xff}, color.RGBA{0x77, 0x74, 0x84, 0xff}
	for i, ch := range e.cast {
		top := sheetEdge + i*block
		write(out, title, ink, sheetEdge, top+36, ch.name)
		for v := range speech.Count {
			x := sheetEdge + v%sheetCols*(tileSide+tileGap)
			y := top + sheetTitle - 28 + v/sheetCols*(tileSide+tileLabel)
			e.tile(out, image.Pt(x, y), ch, speech.Viseme(v))
			write(out, name, ink, x+2, y+tileSide+28, speech.Viseme(v).String())
			write(out, sounds, muted, x+58, y+tileSide+28, said[v])
		}
	}
	return out, nil
}

// tile draws the lower face with one mouth, with round corners.
func (e *Engine) tile(out draw.Image, at image.Point, ch *character, v speech.Viseme) {
	s := lectern.Size{Width: 960, Height: 960}
	m, back := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height)), image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	draw.Draw(back, back.Bounds(), image.NewUniform(color.RGBA{0xe3, 0xe0, 0xee, 0xff}), image.Point{}, draw.Src)
	p := neutral()
	p.mouth = speech.Target(v)
	newEasel(e.figure(ch, &ch.looks[0], s), e.sprites).draw(m, &backdrop{back.Pix}, &p)
	c := paint.NewCanvas(0, 0, tileSide, tileSide, 1)
	c.Fill(rounded(0, 0, tileSide, tileSide, 20), paint.Flat(paint.RGB(0)))
	r := image.Rectangle{at, at.Add(image.Pt(tileSide, tileSide))}
	// The tile shows from the brows to below the chin.
	draw.DrawMask(out, r, m, image.Pt(480-tileSide/2, -int(squareTop)-66), c.Patch().Image(), image.Point{}, draw.Over)
}

func rounded(x0, y0, x1, y1, r float64) *paint.Path {
	k := r * 0.45
	p := (&paint.Path{}).Move(x0+r, y0).Line(x1-r, y0).Curve(x1-k, y0, x1, y0+k, x1, y0+r).Line(x1, y1-r).
		Curve(x1, y1-k,
			x1-k, y1, x1-r, y1)
	return p.Line(x0+r, y1).Curve(x0+k, y1, x0, y1-k, x0, y1-r).Line(x0, y0+r).Curve(x0, y0+k, x0+k, y0, x0+r, y0).
		Close()
}

func face(ttf []byte, size float64) (font.Face, error) {
	f, err := opentype.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("the sheet's font: %w", err)
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
}

func write(out draw.Image, f font.Face, c color.Color, x, y int, text string) {
	d := font.Drawer{Dst: out, Src: image.NewUniform(c), Face: f, Dot: fixed.P(x, y)}
	d.DrawString(text)
}
