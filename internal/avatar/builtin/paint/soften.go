package paint

import "math"

// soften blurs v, w wide and h high, by three box passes in each direction. The result is close to a Gaussian of
// standard deviation s.
func (t *tools) soften(v []float32, w, h int, s float64) {
	// Three boxes of (possibly fractional) radius r have the variance r(r+1) in the limit.
	r := (math.Sqrt(1+4*s*s) - 1) / 2
	pad := int(r) + 2 // more than r+1, see box
	if !t.wide(v, w, h, r, pad) {
		t.narrow(v, w, h, r, pad)
	}
}

// lines returns the two lines between which the passes alternate. Each has n samples of undefined value.
func (t *tools) lines(n int) (a, b []float32) {
	if cap(t.line[0]) < n {
		t.line = [2][]float32{make([]float32, n), make([]float32, n)}
	}
	return t.line[0][:n], t.line[1][:n]
}

// narrow processes one line after the other. A kernel that processes several at once must produce the same bits.
func (t *tools) narrow(v []float32, w, h int, r float64, pad int) {
	a, b := t.lines(max(w, h) + 2*pad)
	pass := func(start, step, n int) {
		clear(a[:pad])
		clear(b[:pad])
		clear(a[pad+n:][:pad])
		clear(b[pad+n:][:pad])
		for i, k := pad, start; i < pad+n; i, k = i+1, k+step {
			a[i] = v[k]
		}
		box(b, a, r, pad, n)
		box(a, b, r, pad, n)
		box(b, a, r, pad, n)
		for i, k := pad, start; i < pad+n; i, k = i+1, k+step {
			v[k] = b[i]
		}
	}
	for y := range h {
		pass(y*w, 1, w)
	}
	for x := range w {
		pass(x, w, h)
	}
}

// box averages the n samples of src from pad on over a window of 2r+1, whose outermost samples count in part. Both
// slices hold zeros for pad samples on either side, and pad is more than r+1.
func box(dst, src []float32, r float64, pad, n int) {
	k := int(r)
	f := float32(r - float64(k))
	norm := float32(1 / (2*r + 1))
	sum := float32(0)
	for _, v := range src[pad-k : pad+k+1] {
		sum += v
	}
	low, high, out := src[pad-k-1:][:n+1], src[pad+k+1:][:n], dst[pad:][:n]
	for i := range out {
		e := high[i]
		v := (sum + float32(f*(low[i]+e))) * norm // rounded, not fused, on every processor
		if v < 0 {
			v = 0
		}
		out[i] = v
		sum += e - low[i+1]
	}
}
