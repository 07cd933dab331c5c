package h264

import "math/bits"

// arithmetic is the encoder of CABAC (9.3.4), with the one context that skipped macroblocks need and the path for the
// end of a slice.
type arithmetic struct {
	w           *bitWriter
	low, rng    uint32 // codILow, codIRange
	outstanding int    // bitsOutstanding
	first       bool   // firstBitFlag
	state       int    // pStateIdx of mb_skip_flag
	mps         bool   // valMPS
}

// skipContext holds m and n of mb_skip_flag's context 11 for each cabac_init_idc (table 9-13). Only the first of the
// flag's three contexts occurs: that of a macroblock whose neighbours are both skipped or absent (9.3.3.1.1.1).
var skipContext = [3][2]int{{23, 33}, {22, 25}, {29, 16}}

// begin starts a P slice with the given cabac_init_idc and SliceQPY (9.3.1.1).
func (a *arithmetic) begin(w *bitWriter, idc uint32, qp int32) {
	*a = arithmetic{w: w, rng: 510, first: true}
	a.state, a.mps = initialState(skipContext[idc][0], skipContext[idc][1], int(qp))
}

// initialState returns pStateIdx and valMPS of a context at the beginning of a slice with SliceQPY qp (9.3.1.1).
func initialState(m, n, qp int) (state int, mps bool) {
	pre := min(max(m*min(max(qp, 0), 51)>>4+n, 1), 126)
	if pre <= 63 {
		return 63 - pre, false
	}
	return pre - 64, true
}

// skipped writes mb_skip_flag = 1 (9.3.4.2).
func (a *arithmetic) skipped() {
	lps := uint32(rangeLPS[a.state][a.rng>>6&3])
	a.rng -= lps
	if !a.mps {
		a.low += a.rng
		a.rng = lps
		if a.state == 0 {
			a.mps = true
		}
		a.state = int(nextLPS[a.state])
	} else {
		a.state = min(a.state+1, 62)
	}
	a.renorm()
}

// terminate writes end_of_slice_flag. If end is set, it also flushes the slice with the stop bit (9.3.4.5).
func (a *arithmetic) terminate(end bool) {
	a.rng -= 2
	if !end {
		a.renorm()
		return
	}
	a.low += a.rng
	a.rng = 2
	a.renorm()
	a.put(a.low >> 9 & 1)
	a.w.u(2, a.low>>7&3|1)
	a.w.free = 0
}

func (a *arithmetic) renorm() {
	for n := max(bits.LeadingZeros32(a.rng)-(32-9), 0); n > 0; n-- { // until the range has nine bits
		switch {
		case a.low < 256:
			a.put(0)
		case a.low >= 512:
			a.low -= 512
			a.put(1)
		default:
			a.low -= 256
			a.outstanding++
		}
		a.rng <<= 1
		a.low <<= 1
	}
}

func (a *arithmetic) put(bit uint32) {
	if a.first {
		a.first = false
	} else {
		a.w.bit(bit)
	}
	for ; a.outstanding > 0; a.outstanding-- {
		a.w.bit(1 - bit)
	}
}
