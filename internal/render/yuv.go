package render

import (
	"fmt"
	"image"
	"image/draw"
	"os"
	"sync"

	"lectern/internal/capture"
	"lectern/internal/picture"
)

// yuvFiles converts the pictures of slides to the form that the encoder reads.
type yuvFiles struct {
	*outline
	scratch   string // the folder that the files are in
	resources *Resources
}

// yuvFile is a picture of a slide, without its avatar, as the encoder takes it, kept as a scratch file for as long as a
// step needs it.
type yuvFile struct {
	mu   sync.Mutex
	path string
	uses int // calls of dropYUV still to come: one by the body of the slide, and one by each transition that shows it
}

// yuvOf returns the path of the YUV file of a slide's view, and makes the file if needed. yuv is its content, or nil if
// the caller does not have it. Each use ends with a call of dropYUV.
func (u yuvFiles) yuvOf(s *slide, v *view, yuv *picture.YUV) (string, error) {
	v.yuv.mu.Lock()
	path := v.yuv.path
	v.yuv.mu.Unlock()
	if path != "" {
		return path, nil
	}
	if yuv == nil {
		img, err := u.canvas(s, v)
		if err != nil {
			return "", err
		}
		yuv = picture.ToYUV(img)
	}
	f, err := os.CreateTemp(u.scratch, fmt.Sprintf("slide-%d-*.yuv", s.number))
	if err != nil {
		return "", err
	}
	_, err = f.Write(yuv.Pix)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return "", err
	}
	v.yuv.mu.Lock()
	defer v.yuv.mu.Unlock()
	if v.yuv.path != "" { // another use made the same file meanwhile, and has its path
		os.Remove(f.Name())
	} else {
		v.yuv.path = f.Name()
	}
	return v.yuv.path, nil
}

// dropYUV ends a use of a view's YUV file; the last use removes the file.
func (u yuvFiles) dropYUV(v *view) {
	v.yuv.mu.Lock()
	v.yuv.uses--
	path := v.yuv.path
	if v.yuv.uses > 0 {
		path = ""
	}
	v.yuv.mu.Unlock()
	if path != "" {
		os.Remove(path)
	}
}

// canvas returns the picture of a slide's view, exactly as large as the video, with the avatar's window drawn in.
func (u yuvFiles) canvas(s *slide, v *view) (*image.RGBA, error) {
	var img image.Image
	if drawn := u.drawn(v); drawn != nil {
		img = drawn
	} else {
		b, err := os.ReadFile(v.picture.path)
		if err != nil {
			return nil, err
		}
		if img, err = capture.Decode(b); err != nil {
			return nil, err
		}
	}
	b := img.Bounds()
	size := u.deck.Size
	exact, ok := img.(*image.RGBA)
	if !ok || b.Dx() != size.Width || b.Dy() != size.Height {
		exact = image.NewRGBA(image.Rect(0, 0, size.Width, size.Height))
		// If the picture is smaller by a pixel, its last row and column are repeated.
		for dx := 0; dx < size.Width; dx += b.Dx() {
			for dy := 0; dy < size.Height; dy += b.Dy() {
				from := image.Pt(b.Min.X, b.Min.Y)
				if dx > 0 {
					from.X = max(b.Min.X, b.Max.X-(size.Width-dx))
				}
				if dy > 0 {
					from.Y = max(b.Min.Y, b.Max.Y-(size.Height-dy))
				}
				draw.Draw(exact, image.Rect(dx, dy, size.Width, size.Height), img, from, draw.Src)
			}
		}
	}
	if s.window != nil {
		s.window.Bake(exact)
	}
	return exact, nil
}

// drawn returns the picture of a view that was kept in memory, once; nil if there is none.
func (u yuvFiles) drawn(v *view) *image.RGBA {
	img := v.picture.drawn.Swap(nil)
	if img != nil {
		u.resources.drawn.Add(-1)
	}
	return img
}
