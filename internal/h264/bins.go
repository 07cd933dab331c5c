package h264

import (
	"encoding/binary"
	"math/bits"
)

// bins decodes CABAC (9.3.1.2, 9.3.3.2). After the end of the data it reads zeros; at then returns a place beyond the
// end.
type bins struct {
	b      []byte
	taken  int    // bytes read, including zeros beyond the end
	offset uint64 // codIOffset, with ahead further bits after its nine
	ahead  int
	rng    uint32     // codIRange
	state  [512]uint8 // of each context: pStateIdx, and valMPS in the lowest bit
}

// begin starts to decode b, with its contexts in the given states.
func (d *bins) begin(b []byte, state *[512]uint8) {
	*d = bins{b: b, rng: 510, ahead: -9, state: *state}
	d.fill()
}

// at returns the position of the decoder, in bits.
func (d *bins) at() int { return 8*d.taken - d.ahead }

// fill reads more data. At least eight bits must be ahead before a bin is decoded; a bin takes at most seven.
func (d *bins) fill() {
	if d.taken+4 <= len(d.b) {
		d.offset = d.offset<<32 | uint64(binary.BigEndian.Uint32(d.b[d.taken:]))
	} else {
		for i := range 4 {
			d.offset <<= 8
			if d.taken+i < len(d.b) {
				d.offset |= uint64(d.b[d.taken+i])
			}
		}
	}
	d.taken += 4
	d.ahead += 32
}

// bin decodes one bin with a context (9.3.3.2.1).
func (d *bins) bin(ctx int) int {
	if d.ahead < 8 {
		d.fill()
	}
	s := d.state[ctx&511]
	lps := uint32(lpsRange[s&^1<<1|uint8(d.rng>>6&3)])
	rng := d.rng - lps
	if limit := uint64(rng) << (d.ahead & 63); d.offset >= limit {
		d.offset -= limit
		n := bits.LeadingZeros32(lps) - (32 - 9)
		d.rng = lps << (n & 31)
		d.ahead -= n
		d.state[ctx&511] = afterLPS[s]
		return int(s&1 ^ 1)
	}
	n := int(^rng >> 8 & 1) // 1 if the range is below 256
	d.rng = rng << (n & 31)
	d.ahead -= n
	d.state[ctx&511] = afterMPS[s]
	return int(s & 1)
}

// bypass decodes a bin whose values are equally likely (9.3.3.2.3).
func (d *bins) bypass() int {
	if d.ahead < 8 {
		d.fill()
	}
	d.ahead--
	if limit := uint64(d.rng) << (d.ahead & 63); d.offset >= limit {
		d.offset -= limit
		return 1
	}
	return 0
}

// end decodes a bin that marks an end (9.3.3.2.2.3). If it is set, the bit before at is the slice's stop bit, which is
// the last of the seven bits of the encoder's flush (9.3.4.5).
func (d *bins) end() bool {
	if d.ahead < 8 {
		d.fill()
	}
	d.rng -= 2
	if d.offset >= uint64(d.rng)<<(d.ahead&63) {
		return true
	}
	n := int(^d.rng >> 8 & 1)
	d.rng <<= n & 31
	d.ahead -= n
	return false
}

// exp decodes a bypassed Exp-Golomb code of order k (9.3.2.3). It stops at a length that no stream of Lectern reaches.
func (d *bins) exp(k int) int {
	n := 0
	for ; k < 24 && d.bypass() == 1; k++ {
		n += 1 << k
	}
	for k--; k >= 0; k-- {
		n += d.bypass() << k
	}
	return n
}

// Tables of bins: rangeTabLPS by state and quarter of the range, and the states that follow (tables 9-44, 9-45), each
// with valMPS in the lowest bit.
var lpsRange, afterMPS, afterLPS = binTables()

func binTables() (lps, mps, other [256]uint8) {
	for s := range 64 {
		copy(lps[4*s:], rangeLPS[s][:])
		for v := range 2 {
			mps[2*s+v] = uint8(2*min(s+1, 62) + v)
			next := v
			if s == 0 {
				next = 1 - v
			}
			other[2*s+v] = uint8(2*int(nextLPS[s]) + next)
		}
	}
	return lps, mps, other
}

// initial returns the states of all contexts at the beginning of a P slice of SliceQPY.
func initial(qp int) (state [512]uint8) {
	for i, c := range contexts {
		s, mps := initialState(int(c[0]), int(c[1]), qp)
		state[i] = uint8(2*s + one(mps))
	}
	return state
}
