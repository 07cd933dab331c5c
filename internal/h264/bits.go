package h264

import (
	"bytes"
	"fmt"
	"math/bits"
)

// bitReader reads a raw byte sequence payload, most significant bit first. Past its end it returns zeros and sets
// short.
type bitReader struct {
	b     []byte
	at    int // in bits
	short bool
}

func (r *bitReader) bit() uint32 {
	if r.at >= 8*len(r.b) {
		r.short = true
		return 0
	}
	v := r.b[r.at/8] >> (7 - r.at%8) & 1
	r.at++
	return uint32(v)
}

func (r *bitReader) flag() bool { return r.bit() == 1 }

// u reads n bits, at most 32.
func (r *bitReader) u(n int) uint32 {
	var v uint32
	for range n {
		v = v<<1 | r.bit()
	}
	return v
}

// ue reads an unsigned Exp-Golomb code (9.1).
func (r *bitReader) ue() uint32 {
	zeros := 0
	for r.bit() == 0 {
		zeros++
		if zeros > 31 || r.short {
			r.short = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.u(zeros)
}

// se reads a signed Exp-Golomb code (9.1.1).
func (r *bitReader) se() int32 {
	v := r.ue()
	if v&1 == 1 {
		return int32(v/2 + 1)
	}
	return -int32(v / 2)
}

// bitWriter writes a raw byte sequence payload.
type bitWriter struct {
	b    []byte
	free int // bits of the last byte that are not written yet
}

func (w *bitWriter) bit(v uint32) {
	if w.free == 0 {
		w.b = append(w.b, 0)
		w.free = 8
	}
	w.free--
	w.b[len(w.b)-1] |= byte(v&1) << w.free
}

func (w *bitWriter) flag(v bool) {
	if v {
		w.bit(1)
	} else {
		w.bit(0)
	}
}

func (w *bitWriter) u(n int, v uint32) {
	for i := n - 1; i >= 0; i-- {
		w.bit(v >> i)
	}
}

func (w *bitWriter) ue(v uint32) {
	n := bits.Len32(v + 1)
	w.u(n-1, 0)
	w.u(n, v+1)
}

func (w *bitWriter) se(v int32) {
	if v > 0 {
		w.ue(uint32(2*v - 1))
	} else {
		w.ue(uint32(-2 * v))
	}
}

// trailing ends the payload: a set bit, then zeros up to a whole byte (7.3.2.11).
func (w *bitWriter) trailing() {
	w.bit(1)
	w.free = 0
}

// alignOnes fills the last byte with ones, which CABAC needs before slice data (7.3.4).
func (w *bitWriter) alignOnes() {
	for w.free > 0 {
		w.bit(1)
	}
}

// copyFrom appends the bits of b from bit from to bit end.
func (w *bitWriter) copyFrom(b []byte, from, end int) {
	for from < end && (w.free > 0 || from%8 != 0) && end-from < 8 || from < end && from%8 != 0 {
		w.bit(uint32(b[from/8] >> (7 - from%8)))
		from++
	}
	shift := w.free
	for ; end-from >= 8; from += 8 {
		v := b[from/8]
		if shift == 0 {
			w.b = append(w.b, v)
			continue
		}
		w.b[len(w.b)-1] |= v >> (8 - shift)
		w.b = append(w.b, v<<shift)
	}
	for ; from < end; from++ {
		w.bit(uint32(b[from/8] >> (7 - from%8)))
	}
}

// unescape returns the payload of a NAL unit: the bytes after its header, without emulation prevention bytes (7.4.1).
func unescape(dst, unit []byte) []byte {
	for {
		at := bytes.Index(unit, []byte{0, 0, 3})
		if at < 0 {
			return append(dst, unit...)
		}
		dst = append(dst, unit[:at+2]...)
		unit = unit[at+3:]
	}
}

// escape appends a payload, which ends with its stop bit, with emulation prevention bytes.
func escape(dst, payload []byte) []byte {
	zeros := 0
	for _, v := range payload {
		if zeros >= 2 && v <= 3 {
			dst = append(dst, 3)
			zeros = 0
		}
		dst = append(dst, v)
		if v == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return dst
}

// unit makes a NAL unit of a payload.
func unit(dst []byte, ref, kind byte, payload []byte) []byte {
	return escape(append(dst, ref<<5|kind), payload)
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}
