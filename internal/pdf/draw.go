package pdf

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/requests"

	"lectern"
)

// Fit is the largest size inside width and height that has the shape of a page. It is at least 1x1. A side that would
// be less than two pixels short of the box has the whole box, so that a page of 720x405.01 points fills 1920x1080.
func (s Size) Fit(width, height int) (int, int) {
	scale := min(float64(width)/s.Width, float64(height)/s.Height)
	fit := func(side float64, box int) int {
		n := int(math.Round(side * scale))
		if box-n < 2 {
			return box
		}
		return max(n, 1)
	}
	return fit(s.Width, width), fit(s.Height, height)
}

// Draw draws a page over white, as large as it fits into width and height and centred in them. What is left of the box
// is white too. The picture has exactly the size of the box, and no transparent pixels. Both sides of the box must be
// even, because video has half the resolution in colour.
//
// Annotations are drawn as viewers show them, but without notes, see [Document.Notes], and without pop-up windows.
func (d *Document) Draw(ctx context.Context, page, width, height int) (*image.RGBA, error) {
	if page < 1 || page > len(d.pages) {
		return nil, d.missing(page)
	}
	if width < 2 || height < 2 || width%2 != 0 || height%2 != 0 || width > d.engine.opt.Pixels/height {
		return nil, fmt.Errorf("a picture of %dx%d pixels: the sides must be even, and their product at most %d", width,
			height, d.engine.opt.Pixels)
	}
	var img *image.RGBA
	err := d.do(ctx, page, func() (err error) {
		img, err = d.draw(page, width, height)
		return err
	})
	if err != nil {
		return nil, err
	}
	return img, nil
}

// Place is where Draw puts a page of the document in a picture of the size.
func (d *Document) Place(page, width, height int) image.Rectangle {
	w, h := d.pages[page-1].Fit(width, height)
	left, top := (width-w)/2, (height-h)/2
	return image.Rect(left, top, left+w, top+h)
}

func (d *Document) missing(page int) error {
	return fault(lectern.CodeInvalidDeck, "The PDF has no page %d; it has %d.", page, len(d.pages))
}

func (d *Document) draw(page, width, height int) (*image.RGBA, error) {
	p := d.inst
	w, h := d.pages[page-1].Fit(width, height)
	bitmap, err := p.FPDFBitmap_Create(&requests.FPDFBitmap_Create{Width: w, Height: h}) // without alpha
	if err != nil {
		return nil, err
	}
	ref, b := d.page(page), bitmap.Bitmap
	if _, err := p.FPDFBitmap_FillRect(&requests.FPDFBitmap_FillRect{Bitmap: b, Width: w, Height: h,
		Color: 0xffffffff}); err != nil {
		return nil, err
	}
	if err := d.hideNotes(page); err != nil {
		return nil, err
	}
	if _, err := p.FPDF_RenderPageBitmap(&requests.FPDF_RenderPageBitmap{Bitmap: b, Page: ref, SizeX: w, SizeY: h,
		Flags: enums.FPDF_RENDER_FLAG_ANNOT | enums.FPDF_RENDER_FLAG_REVERSE_BYTE_ORDER}); err != nil {
		return nil, err
	}
	stride, err := p.FPDFBitmap_GetStride(&requests.FPDFBitmap_GetStride{Bitmap: b})
	if err != nil {
		return nil, err
	}
	buffer, err := p.FPDFBitmap_GetBuffer(&requests.FPDFBitmap_GetBuffer{Bitmap: b})
	if err != nil {
		return nil, err
	}
	if len(buffer.Buffer) < stride.Stride*h || stride.Stride < 4*w { // PDFium did not get the memory for the bitmap
		return nil, tooMuchMemory(page, d.engine.opt.Memory)
	}
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	if w < width || h < height {
		for i := range img.Pix {
			img.Pix[i] = 0xff
		}
	}
	at := d.Place(page, width, height).Min
	for y := range h { // the fourth byte of a pixel has no meaning
		row := img.Pix[img.PixOffset(at.X, at.Y+y):][:4*w]
		copy(row, buffer.Buffer[y*stride.Stride:][:4*w])
		for x := 3; x < len(row); x += 4 {
			row[x] = 0xff
		}
	}
	_, err = p.FPDFBitmap_Destroy(&requests.FPDFBitmap_Destroy{Bitmap: b})
	return img, err
}

func (d *Document) page(page int) requests.Page {
	return requests.Page{ByIndex: &requests.PageByIndex{Document: d.doc, Index: page - 1}}
}
