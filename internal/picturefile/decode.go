package picturefile

import (
	"bytes"
	"errors"
	"image/jpeg"

	"golang.org/x/image/webp"
)

// decodeMemory bounds the memory of this package's decoders for one picture. The browser decodes larger ones.
const decodeMemory = 96 << 20

// decodeVisits bounds the coefficients that the scans of a progressive JPEG visit, all scans together. The browser
// decodes larger ones.
const decodeVisits = 200_000_000

// Decode reads and discards all pixels of a picture that Inspect accepted as type media. It returns false if only the
// browser can decode the picture: an AVIF, a JPEG or WebP that needs more than decodeMemory or decodeVisits, a JPEG of
// a kind that image/jpeg does not support, and a WebP whose first frame is smaller than the picture. The error is an
// *Unfit.
func Decode(media string, body []byte) (done bool, err error) {
	var u *Unfit
	switch media {
	case PNG:
		done, u = true, decodePNG(body)
	case GIF:
		done, u = true, decodeGIF(body)
	case JPEG:
		done, u = decodeJPEG(body)
	case WebP:
		done, u = decodeWebP(body)
	case SVG:
		done, u = decodeSVG(body)
	}
	if u != nil {
		return false, u
	}
	return done, nil
}

func decodeJPEG(body []byte) (bool, *Unfit) {
	h, _, u := readJPEG(body, Limits{})
	if u != nil {
		return false, u
	}
	need := h.samples
	if h.progressive {
		need += 4 * h.blocks
	}
	if need > decodeMemory || h.progressive && h.scans*h.blocks > decodeVisits {
		return false, nil
	}
	_, err := jpeg.Decode(bytes.NewReader(body))
	if _, unknown := errors.AsType[jpeg.UnsupportedError](err); unknown {
		return false, nil
	}
	if err != nil {
		return false, damaged("JPEG", "its pixels cannot be read")
	}
	return true, nil
}

func decodeWebP(body []byte) (bool, *Unfit) {
	f, u := readWebP(body, Limits{})
	if u != nil {
		return false, u
	}
	each := 2
	if f.pixels.name == "VP8L" || len(f.alpha) > 0 {
		each = 10
	}
	if f.frame != nil || f.width*f.height*each > decodeMemory {
		return false, nil
	}
	if _, err := webp.Decode(bytes.NewReader(f.plain())); err != nil {
		return false, damaged("WebP", "its pixels cannot be read")
	}
	return true, nil
}
