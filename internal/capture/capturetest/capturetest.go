// Package capturetest has pictures and a fetcher of pictures for tests.
package capturetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/png"

	"lectern"
)

// Tiny is a PNG of one pixel that holds a text.
func Tiny(text string) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	end := b.Bytes()[b.Len()-12:]
	out := append([]byte(nil), b.Bytes()[:b.Len()-12]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(text)))
	out = append(out, "tEXt"+text+"\x00\x00\x00\x00"...) // decoders do not check the checksum of a text
	return append(out, end...)
}

// Given is a fetcher that returns the picture of an address from a map.
type Given map[string]lectern.Picture

// Fetch implements capture.Fetcher.
func (g Given) Fetch(_ context.Context, url string) (lectern.Picture, error) {
	a, ok := g[url]
	if !ok {
		return a, lectern.Fail(lectern.CodeAssetFailed, "The picture %s could not be loaded.", url)
	}
	a.URL = url
	return a, nil
}
