package asset

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/webp"

	"lectern/internal/egress"
)

// inspect tells what kind of picture body is, by its bytes, and refuses what is none or has too many pixels.
func inspect(body []byte, maxPixels int64) (contentType string, err error) {
	if isAVIF(body) {
		w, h := avifSize(body)
		if w <= 0 || h <= 0 {
			return "", unusablef(false, "it is a broken AVIF picture")
		}
		return "image/avif", checkPixels(w, h, maxPixels)
	}
	if looksLikeSVG(body) {
		return "", &egress.Refused{Why: "SVG pictures are not taken, since they can hold scripts; use PNG, JPEG or WebP"}
	}
	c, format, derr := image.DecodeConfig(bytes.NewReader(body))
	switch {
	case derr == image.ErrFormat:
		return "", unusablef(false, "it is not a picture in PNG, JPEG, GIF, WebP or AVIF format")
	case derr != nil || c.Width <= 0 || c.Height <= 0:
		return "", unusablef(false, "it is a broken picture")
	}
	return "image/" + format, checkPixels(int64(c.Width), int64(c.Height), maxPixels)
}

func checkPixels(w, h, limit int64) error {
	if w > limit || h > limit || w*h > limit {
		return unusablef(false, "it has %d × %d pixels, and at most %d million are taken", w, h, limit/1_000_000)
	}
	return nil
}

// looksLikeSVG looks for the root element near the beginning of a text.
func looksLikeSVG(body []byte) bool {
	head := bytes.ToLower(body[:min(len(body), 4096)])
	return bytes.Contains(head, []byte("<svg")) || bytes.Contains(head, []byte("<!doctype svg"))
}

// isAVIF looks at the brands in the first box.
func isAVIF(b []byte) bool {
	if len(b) < 16 || string(b[4:8]) != "ftyp" {
		return false
	}
	n := int(min(binary.BigEndian.Uint32(b), 256, uint32(len(b))))
	for i := 8; i+4 <= n; i += 4 {
		if brand := string(b[i : i+4]); i != 12 && (brand == "avif" || brand == "avis") {
			return true
		}
	}
	return false
}

// avifSize is the largest size that any "ispe" property near the beginning of the file tells; 0: none does.
func avifSize(b []byte) (w, h int64) {
	head := b[:min(len(b), 64<<10)]
	for {
		i := bytes.Index(head, []byte("ispe"))
		if i < 0 || i+16 > len(head) {
			return w, h
		}
		iw, ih := int64(binary.BigEndian.Uint32(head[i+8:])), int64(binary.BigEndian.Uint32(head[i+12:]))
		if w == 0 || float64(iw)*float64(ih) > float64(w)*float64(h) {
			w, h = iw, ih
		}
		head = head[i+16:]
	}
}
