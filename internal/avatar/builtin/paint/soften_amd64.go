package paint

import "golang.org/x/sys/cpu"

// wide is narrow for eight lines at a time: each sample becomes a group of eight, one of each line. It reports whether
// it did the work.
func (t *tools) wide(v []float32, w, h int, r float64, pad int) bool {
	if !cpu.X86.HasAVX2 {
		return false
	}
	a, b := t.lines(eight * (max(w, h) + 2*pad))
	l := bundled(a, b, w, r, pad)
	for y := 0; y < h; y += eight {
		rows := v[y*w : min(y+eight, h)*w]
		enter(l.in, rows, w)
		l.soften()
		leave(rows, l.out, w)
	}
	l = bundled(a, b, h, r, pad)
	for x := 0; x < w; x += eight {
		if x+eight <= w {
			moveAVX2(&l.in[0], &v[x], h, 4*eight, 4*w)
			l.soften()
			moveAVX2(&v[x], &l.out[0], h, 4*w, 4*eight)
			continue
		}
		for y := range h {
			copy(l.in[eight*y:], v[y*w+x:(y+1)*w])
		}
		l.soften()
		for y := range h {
			copy(v[y*w+x:(y+1)*w], l.out[eight*y:])
		}
	}
	return true
}

// enter interleaves the samples of up to eight rows, w wide.
func enter(in, rows []float32, w int) {
	if w >= eight && len(rows) == eight*w {
		for x := 0; x < w; x += eight {
			x := min(x, w-eight) // the last samples, some of them again
			turnAVX2(&in[eight*x:][:eight*eight][0], &rows[x:][:7*w+eight][0], 4*eight, 4*w)
		}
		return
	}
	for l := range len(rows) / w {
		for x, s := range rows[l*w:][:w] {
			in[eight*x+l] = s
		}
	}
}

// leave is the inverse of enter.
func leave(rows, out []float32, w int) {
	if w >= eight && len(rows) == eight*w {
		for x := 0; x < w; x += eight {
			x := min(x, w-eight)
			turnAVX2(&rows[x:][:7*w+eight][0], &out[eight*x:][:eight*eight][0], 4*w, 4*eight)
		}
		return
	}
	for l := range len(rows) / w {
		row := rows[l*w:][:w]
		for x := range row {
			row[x] = out[eight*x+l]
		}
	}
}

// bundle softens eight lines of n samples.
type bundle struct {
	in, out []float32
	n, k    int
	f, norm float32
}

// bundled makes a bundle with lines of n samples in a and b. The samples before and after them are zero.
func bundled(a, b []float32, n int, r float64, pad int) bundle {
	for _, line := range [2][]float32{a, b} {
		clear(line[:eight*pad])
		clear(line[eight*(pad+n):][:eight*pad])
	}
	k := int(r)
	return bundle{in: a[eight*pad:][:eight*n], out: b[eight*pad:][:eight*n], n: n, k: k, f: float32(r - float64(k)),
		norm: float32(1 / (2*r + 1))}
}

// soften makes three box passes over the input and overwrites it.
func (l *bundle) soften() {
	boxAVX2(&l.out[0], &l.in[0], l.n, l.k, l.f, l.norm)
	boxAVX2(&l.in[0], &l.out[0], l.n, l.k, l.f, l.norm)
	boxAVX2(&l.out[0], &l.in[0], l.n, l.k, l.f, l.norm)
}

// boxAVX2 is box for n samples of eight lines, n above 0. src has k+1 more samples before and after them.
//
//go:noescape
func boxAVX2(dst, src *float32, n, k int, f, norm float32)

// turnAVX2 transposes eight rows of eight samples. dstStep and srcStep are the bytes from row to row.
//
//go:noescape
func turnAVX2(dst, src *float32, dstStep, srcStep int)

// moveAVX2 copies n rows of eight samples. dstStep and srcStep are the bytes from row to row.
//
//go:noescape
func moveAVX2(dst, src *float32, n, dstStep, srcStep int)
