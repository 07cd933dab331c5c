package chrome

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"image/png"
	"os"
	"sync"

	"lectern"
)

// proof records that a program has drawn a picture correctly.
type proof struct {
	mu   sync.Mutex // held during a proof
	of   string     // identity of the program; "": none
	lost int        // Browser.losses at that time
}

// proofPage is a page whose picture is known: a background, a box, an inline picture of one white pixel, and text.
const proofPage = `<!doctype html><html><body style="margin:0;background:#0a84ff"><div style="position:absolute;left:32px;top:0;width:32px;height:36px;background:#34c759"></div>` +
	`<img style="position:absolute;left:0;top:0;width:16px;height:18px" src="data:image/gif;base64,R0lGODlhAQABAPAAAP///wAAACwAAAAAAQABAAACAkQBADs=">` +
	`<p style="position:absolute;left:34px;top:2px;margin:0;font:24px sans-serif;color:#000">M</p>`

// proofPixels are the colours of some pixels of its picture.
var proofPixels = map[[2]int]color.NRGBA{
	{4, 4}: {255, 255, 255, 255}, {4, 30}: {0x0a, 0x84, 0xff, 255}, {24, 18}: {0x0a, 0x84, 0xff, 255},
	{60, 33}: {0x34, 0xc7, 0x59, 255},
}

// Prove takes a picture of a small page whose colours are known, and fails if the picture differs. A success is valid
// while the program is the same file and neither its browser nor a tab crashes during a picture, so later calls cost
// nothing. Failures are those of Capture.
func (b *Browser) Prove(ctx context.Context) error {
	path, err := Find(b.o.Path)
	if err != nil {
		return err
	}
	b.proof.mu.Lock()
	defer b.proof.mu.Unlock()
	program, losses := identity(path), b.losses.Load()
	if program != "" && b.proof.of == program && b.proof.lost == int(losses) {
		return nil
	}
	b.proof.of = ""
	c, err := b.Capture(ctx, lectern.Page{HTML: proofPage, Width: 64, Height: 36}, nil)
	if err != nil {
		return err
	}
	if err := examine(c.PNG); err != nil {
		return lectern.Fail(lectern.CodeCaptureFailed,
			"The browser %s draws wrong pictures: %v. Install another one: %s", path, err, Install).Because(err)
	}
	b.proof.of, b.proof.lost = program, int(losses)
	return nil
}

// examine compares a picture of proofPage with proofPixels.
func examine(picture []byte) error {
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("its picture is not a PNG: %w", err)
	}
	for at, want := range proofPixels {
		if got := color.NRGBAModel.Convert(img.At(at[0], at[1])).(color.NRGBA); got != want {
			return fmt.Errorf("at %d, %d there is %v instead of %v", at[0], at[1], got, want)
		}
	}
	dark := 0
	for x := 34; x < 64; x++ {
		for y := range 36 {
			if c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA); c.R < 30 && c.G < 60 && c.B < 30 {
				dark++
			}
		}
	}
	if dark == 0 {
		return fmt.Errorf("text is not drawn; are there no fonts?")
	}
	return nil
}

// identity identifies a program by its file, so that another version differs.
func identity(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s|%d|%d", path, info.Size(), info.ModTime().UnixNano())
}
