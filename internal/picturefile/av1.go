package picturefile

// sequences calls its function with the largest frame size that each sequence header in an item's AV1 data allows. It
// returns false if there is no header, the data is not well formed, or a size was refused.
func sequences(b []byte, each func(w, h int) bool) bool {
	found := false
	for len(b) > 0 {
		head := b[0]
		if head&0x80 != 0 {
			return false
		}
		n := 1
		if head&4 != 0 {
			n = 2
		}
		size := uint64(0)
		if head&2 == 0 {
			if n > len(b) {
				return false
			}
			size = uint64(len(b) - n) // the last one may omit its size
		} else {
			shift := 0
			for more := true; more; n++ {
				if n >= len(b) || shift > 56 {
					return false
				}
				size |= uint64(b[n]&0x7f) << shift
				more = b[n]&0x80 != 0
				shift += 7
			}
		}
		if n > len(b) || size > uint64(len(b)-n) {
			return false
		}
		if head>>3&15 == 1 {
			w, h, ok := sequenceHeader(b[n : n+int(size)])
			if !ok || !each(w, h) {
				return false
			}
			found = true
		}
		b = b[n+int(size):]
	}
	return found
}

// bits reads numbers of a few bits; past the end it returns 0 and sets bad.
type bits struct {
	b   []byte
	at  int
	bad bool
}

func (r *bits) get(n int) uint64 {
	var v uint64
	for range n {
		if r.at>>3 >= len(r.b) {
			r.bad = true
			return 0
		}
		v = v<<1 | uint64(r.b[r.at>>3]>>(7-r.at&7)&1)
		r.at++
	}
	return v
}

// uvlc reads a number of variable length.
func (r *bits) uvlc() uint64 {
	zeros := 0
	for r.get(1) == 0 {
		if zeros++; r.bad || zeros >= 32 {
			return 1<<32 - 1
		}
	}
	return r.get(zeros) + 1<<zeros - 1
}

// sequenceHeader reads the largest frame size from a sequence header, in the order of section 5.5 of the AV1
// specification.
func sequenceHeader(d []byte) (w, h int, ok bool) {
	r := &bits{b: d}
	r.get(3) // profile
	r.get(1) // still picture
	if r.get(1) == 1 {
		r.get(5) // reduced header: only the level
		return r.frameSize()
	}
	model, delay := false, 0
	if r.get(1) == 1 { // timing
		r.get(64)
		if r.get(1) == 1 {
			r.uvlc()
		}
		if model = r.get(1) == 1; model {
			delay = int(r.get(5)) + 1
			r.get(32 + 10)
		}
	}
	display := r.get(1) == 1
	points := int(r.get(5)) + 1
	for range points {
		r.get(12)
		if level := r.get(5); level > 7 {
			r.get(1)
		}
		if model && r.get(1) == 1 {
			r.get(2*delay + 1)
		}
		if display && r.get(1) == 1 {
			r.get(4)
		}
	}
	return r.frameSize()
}

func (r *bits) frameSize() (w, h int, ok bool) {
	wide, high := int(r.get(4))+1, int(r.get(4))+1
	w = int(r.get(wide)) + 1
	h = int(r.get(high)) + 1
	return w, h, !r.bad
}
