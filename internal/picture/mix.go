package picture

import (
	"encoding/binary"
	"math"
)

// Mix mixes two pictures of the same size into dst: share, from 0 to 1 in steps of 1/256, of coming and the rest of
// leaving.
func Mix(dst, leaving, coming []byte, share float64) {
	const (
		lanes  = 0x00ff00ff_00ff00ff // every other byte, so that a product fits above each
		halves = 0x00800080_00800080
	)
	in := uint64(math.Round(share * 256))
	out := 256 - in
	n := len(dst) &^ 7
	for i := 0; i < n; i += 8 {
		a, b := binary.LittleEndian.Uint64(leaving[i:]), binary.LittleEndian.Uint64(coming[i:])
		even := (a&lanes*out + b&lanes*in + halves) >> 8 & lanes
		odd := (a>>8&lanes*out + b>>8&lanes*in + halves) &^ lanes
		binary.LittleEndian.PutUint64(dst[i:], even|odd)
	}
	for i := n; i < len(dst); i++ {
		dst[i] = byte((uint64(leaving[i])*out + uint64(coming[i])*in + 128) >> 8)
	}
}
